"""Scans for Triton's operators, on a GPU or else under Triton's interpreter, and the same by the reference engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
import user_neurons
from support import WITH_EXP, Target, assert_rounded, assert_same_bits, is_exact
from torch import Tensor

from snnkernels import lif
from snnkernels.emit.triton import neuron_source
from snnkernels.engines import reference
from snnkernels.scan import Checked, Layout, Plan, bits, metadata, numbers_of, state_dtype
from snnkernels.variants import Variant

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
TARGET = Target("triton", DEVICE)
INTERVAL = 8
FLOATS = (torch.float32, torch.float64)
HALVES = (torch.bfloat16, torch.float16)
LIF = lif.variant(detach_reset=False)
LIF_VARIANTS = [variant.key for variant in lif.definition.variants()]
OUTPUTS = ("all", "sum", "last", "max", "packed")
MARKS = [pytest.mark.gpu] if DEVICE == "cuda" else []


def most_of(function: Any) -> Variant:
    """The variant of a neuron that computes most."""
    return max(function.definition.variants(), key=lambda variant: len(neuron_source(variant)))


USERS = {name: most_of(function) for name, function in user_neurons.NEURONS.items()}


def require_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip a test where Triton cannot run. Make the reference engine take x as operators do."""
    TARGET.require()
    monkeypatch.setattr("snnkernels.scan._FEW", 0)


@dataclass(frozen=True)
class Gradients:
    """Those of what a scan gives, as operators take them."""

    output: Tensor
    states: Tensor
    records: Tensor | None


@dataclass(frozen=True)
class Scan:
    """What the operators take: inputs `[outer, T, inner]`, states `[S, outer, inner]`, and each parameter of the
    neuron, a number or `[1]` or `[outer, inner]`.

    `repeats` is None, or how many steps there are of inputs that are one step for all, `[outer, 1, inner]`.
    """

    inputs: Sequence[Tensor]
    states: Tensor
    params: Sequence[Tensor | float]
    neuron: Variant = LIF
    strict: bool = False
    surrogate: str = "fast_sigmoid"
    slope: float = 3.0
    repeats: int | None = None
    output: str = "all"
    record: int = 0

    @property
    def x(self) -> Tensor:
        return self.inputs[0]

    @property
    def steps(self) -> int:
        return self.x.shape[1] if self.repeats is None else self.repeats

    @property
    def tensors(self) -> list[Tensor]:
        """The parameters that are tensors."""
        return [param for param in self.params if isinstance(param, Tensor)]

    @property
    def given(self) -> int:
        return bits(number for number, param in enumerate(self.params) if isinstance(param, Tensor))

    @property
    def numbers(self) -> tuple[float, ...]:
        return (*(0.0 if isinstance(param, Tensor) else param for param in self.params), self.slope)

    def rule(self, interval: int) -> tuple[Any, ...]:
        key, record = self.neuron.key, self.record
        return None, self.numbers, self.given, key, self.strict, interval, 1, self.steps, self.output, record

    def forward(self, interval: int = INTERVAL) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        return torch.ops.snnkernels.triton_forward(
            [*self.inputs, *self.tensors], self.states, *self.rule(interval), True
        )

    def backward(
        self,
        index: Tensor,
        checkpoints: Tensor,
        grads: Gradients,
        interval: int = INTERVAL,
        wanted: int | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        return torch.ops.snnkernels.triton_backward(
            [*self.inputs, *self.tensors],
            checkpoints,
            *self.rule(interval),
            self.surrogate,
            grads.output,
            index if self.output == "max" else None,
            grads.records,
            grads.states,
            True,
            self.given if wanted is None else wanted,
        )

    @property
    def checked(self) -> Checked:
        x = self.x if self.repeats is None else self.x[:, 0]
        rule = (self.neuron.key, self.surrogate, self.strict, self.given)
        layout = Layout(metadata(x.contiguous()), 1, self.repeats)
        return Checked(Plan("reference", *rule, layout, self.output, self.record), self.numbers)


def random_scan(
    shape: tuple[int, int, int], dtype: torch.dtype = torch.float32, per_neuron: bool = False, neuron: Variant = LIF
) -> Scan:
    """Inputs on a grid for every other neuron: with a beta of 0.5 these meet a threshold of 1 exactly.

    Every third parameter is a number, the others are tensors.
    """
    outer, _, inner = shape
    compute = state_dtype(dtype)

    def random_input() -> Tensor:
        x = torch.randn(shape, dtype=compute) * 0.7 + 0.3
        x[..., ::2] = torch.randint(-1, 4, shape)[..., ::2].to(compute) / 2
        return x.to(dtype).to(DEVICE)

    def random_param(number: int) -> Tensor | float:
        usual = {"beta": 0.5, "threshold": 1.0, "reset": 0.1}.get(neuron.params[number], 0.75)
        if number % 3 == 2:
            return usual
        param = torch.full((1,), usual, dtype=compute)
        if per_neuron:
            others = usual * (0.5 + torch.rand(outer, inner, dtype=compute))
            param = torch.where(torch.rand(outer, inner) < 0.5, param, others)
        return param.to(DEVICE)

    inputs = [random_input() for _ in neuron.inputs]
    states = torch.randn(len(neuron.states), outer, inner, dtype=compute).to(DEVICE)
    return Scan(inputs, states, [random_param(number) for number in range(len(neuron.params))], neuron)


def random_gradients(scan: Scan) -> Gradients:
    """Of the output, that of a sum the same at all steps; of the final states; of records."""
    outer, _, inner = scan.x.shape
    grad = torch.randn(outer, 1 if scan.output in ("sum", "last", "max") else scan.steps, inner).to(scan.x)
    if scan.output == "sum":
        grad = grad.expand(outer, scan.steps, inner)
    records = torch.randn(scan.record.bit_count(), outer, scan.steps, inner).to(scan.states) if scan.record else None
    return Gradients(grad, torch.randn_like(scan.states), records)


def check(
    scan: Scan, grads: Gradients | None = None, interval: int = INTERVAL, wanted: int | None = None, exact: bool = True
) -> None:
    """Forward and backward equal the reference: the same bits, but for steps with exp, gradients through exp, sums over
    time, and where not `exact`."""
    compute = [x.to(scan.states.dtype) for x in scan.inputs]
    output, index, records, final_states, checkpoints = scan.forward(interval)
    expected = reference.scan(*scan.checked, compute, scan.states, scan.tensors)
    assert output.is_contiguous() and output.min() < output.max()
    assert_same_bits(output, TARGET.rounded(expected.output, output.dtype), scan.output)
    same = assert_same_bits if is_exact(scan.neuron) else assert_rounded
    same(final_states, expected.final, "final states")
    same(records, expected.records.view_as(records), "records")
    if scan.output == "max" and interval:
        assert_same_bits(index, first_largest(scan), "the step of the largest")

    grads = grads or random_gradients(scan)
    wanted = scan.given if wanted is None else wanted
    grad_inputs, grad_states, grad_params = scan.backward(index, checkpoints, grads, interval, wanted)
    # The gradient of a sum comes as that of each of its terms, and spikes as bits are spikes.
    checked = scan.checked if scan.output in ("last", "max") else replace(scan, output="all").checked
    found = reference.gradients(
        *checked, compute, scan.states, scan.tensors, (grads.output.to(compute[0].dtype), grads.records, grads.states)
    )
    exact = exact and scan.neuron.key in LIF_VARIANTS and scan.surrogate not in WITH_EXP and not scan.record
    same = assert_same_bits if exact else assert_rounded
    for actual, expected_x in zip(grad_inputs.view(len(compute), *scan.x.shape), found, strict=False):
        if exact or scan.x.dtype in FLOATS:
            same(actual, TARGET.rounded(expected_x, scan.x.dtype), "gradient of an input")
        else:
            torch.testing.assert_close(actual, expected_x.to(scan.x.dtype), rtol=2**-7, atol=1e-6)
    same(grad_states, found[len(compute)], "gradient of the states")
    by_number = dict(zip(numbers_of(scan.given), found[len(compute) + 1 :], strict=True))
    assert len(grad_params) == wanted.bit_count()
    for number, actual in zip(numbers_of(wanted), grad_params, strict=True):
        assert_rounded(actual, by_number[number], f"gradient of {scan.neuron.params[number]}")


def first_largest(scan: Scan) -> Tensor:
    """The step of the largest output, of which the first counts, `[outer, 1, inner]`."""
    compute = [x.to(scan.states.dtype) for x in scan.inputs]
    every = reference.scan(*replace(scan, output="all").checked, compute, scan.states, scan.tensors).output
    return every.view(scan.x.shape[0], scan.steps, -1).argmax(1, keepdim=True).to(torch.int32)
