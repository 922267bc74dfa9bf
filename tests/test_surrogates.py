"""Surrogate derivatives: literal values, derivatives of their antiderivatives, finite everywhere, on every engine."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from graphs import EVERY_VARIANT, evaluate
from support import WITHOUT_EXP, Target, assert_same_bits, random_current, run
from torch import Tensor

from snnkernels import lif
from snnkernels.engines import reference
from snnkernels.scan import Layout, Plan, metadata, state_dtype
from snnkernels.surrogates import SURROGATES
from snnkernels.trace import adjoint
from snnkernels.variants import Variant

# The derivative at a distance of 0, 1/4, 1/2, 3/4 and 2 from the threshold, with a slope of 2.
DISTANCES = (0.0, 0.25, 0.5, 0.75, 2.0)
VALUES = {
    "fast_sigmoid": (1.0, 0.4444444444444444, 0.25, 0.16, 0.04),
    "arctan": (1.0, 0.6184864581588363, 0.2884004391420010, 0.1526332484395812, 0.0247045230318576),
    "sigmoid": (0.5, 0.4700074244031890, 0.3932238664829637, 0.2982929041406657, 0.0353254124265822),
    "triangle": (2.0, 1.0, 0.0, 0.0, 0.0),
    "rectangle": (2.0, 0.0, 0.0, 0.0, 0.0),
    "gaussian": (1.1283791670955126, 0.8787825789354449, 0.4151074974205947, 0.1189302892236293, 0.0000001269823467187),
    "straight_through": (2.0, 2.0, 2.0, 2.0, 2.0),
}
# What the smooth spike goes from and to, where it is a step from 0 to 1.
STEPS_FROM_0_TO_1 = ("arctan", "sigmoid", "triangle", "rectangle", "gaussian")


def derivative(name: str, distance: Tensor, slope: float) -> Tensor:
    rule = SURROGATES[name].derivative
    return rule(distance, torch.tensor(slope, dtype=distance.dtype)).expand_as(distance)


def test_every_surrogate_has_literal_values() -> None:
    assert VALUES.keys() == SURROGATES.keys()


@pytest.mark.parametrize("name", SURROGATES)
def test_derivative_has_its_literal_values_on_both_sides(name: str) -> None:
    distances = torch.tensor(DISTANCES, dtype=torch.float64)
    for side in (distances, -distances):
        torch.testing.assert_close(
            derivative(name, side, 2.0), torch.tensor(VALUES[name], dtype=torch.float64), rtol=0, atol=1e-15
        )


@pytest.mark.parametrize("slope", [0.5, 1.0, 2.0, 25.0])
@pytest.mark.parametrize("name", SURROGATES)
def test_derivative_is_that_of_the_antiderivative(name: str, slope: float) -> None:
    x = torch.linspace(-3.01, 3.02, 777, dtype=torch.float64, requires_grad=True)  # misses 0 and every kink
    smooth = SURROGATES[name].antiderivative(x, torch.tensor(slope, dtype=torch.float64))
    (expected,) = torch.autograd.grad(smooth.sum(), x)
    torch.testing.assert_close(derivative(name, x.detach(), slope), expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", STEPS_FROM_0_TO_1)
def test_antiderivative_goes_from_0_to_1(name: str) -> None:
    far = torch.tensor([-1e9, 1e9], dtype=torch.float64)
    ends = SURROGATES[name].antiderivative(far, torch.tensor(2.0, dtype=torch.float64))
    torch.testing.assert_close(ends, torch.tensor([0.0, 1.0], dtype=torch.float64), rtol=0, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", SURROGATES)
def test_derivative_is_finite_at_any_input(name: str, dtype: torch.dtype) -> None:
    large = torch.tensor([3.6, 89.0, 1e3, 1e30, math.inf, torch.finfo(dtype).max], dtype=dtype)
    values = derivative(name, torch.cat([large, -large]), 25.0)
    assert values.isfinite().all() and (values >= 0).all()
    if name != "straight_through":
        assert values[[3, 4, 5, 9, 10, 11]].max() <= 1e-37


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # numpy's, of Triton's interpreter
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("surrogate", SURROGATES)
def test_gradient_is_finite_at_any_current(compiled: Target, surrogate: str, dtype: torch.dtype) -> None:
    current = torch.tensor([[-1e30, -3.7, 0.0, 1.0, 90.0, 1e30]], dtype=dtype, device=compiled.device)
    spikes = torch.tensor([[0, 0, 0, 1, 1, 1]], dtype=dtype, device=compiled.device)
    grads = (torch.ones_like(current), torch.zeros(6, dtype=state_dtype(dtype), device=compiled.device))
    result = run(compiled.engine, current, {}, grads, surrogate=surrogate, slope=25.0)
    assert_same_bits(result.spikes, spikes)
    assert result.grads["current"].isfinite().all()
    if surrogate != "straight_through":
        assert result.grads["current"][0, [0, 5]].max() <= 1e-37


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # numpy's, of Triton's interpreter
@pytest.mark.parametrize("slope", [25.0, 1e-30, 1e30])
@pytest.mark.parametrize("surrogate", WITHOUT_EXP)
def test_gradient_equals_the_references_at_any_magnitude(compiled: Target, surrogate: str, slope: float) -> None:
    """Division is IEEE's wherever the exponents lie, whichever neurons are computed side by side."""
    magnitudes = torch.linspace(-149, 127.99, 2048, dtype=torch.float64).exp2().float()
    current = torch.cat([magnitudes, -magnitudes]).to(compiled.device)
    current = torch.stack([current, current.flip(0), current[torch.randperm(len(current))]])
    grads = (torch.ones_like(current), torch.zeros_like(current[0]))
    actual, expected = (
        run(engine, current, {"beta": 0.0}, grads, surrogate=surrogate, slope=slope).grads["current"]
        for engine in (compiled.engine, "reference")
    )
    assert_same_bits(actual, expected)


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_slope_reaches_the_gradient(target: Target, surrogate: str) -> None:
    """Of one time step from rest, the gradient of the current is the derivative at current - 1, and nothing else."""
    distances = torch.tensor([*DISTANCES, *(-d for d in DISTANCES)], dtype=torch.float64)
    current = (1 + distances)[None].to(target.device)
    for slope in (2.0, 0.5, None):
        grads = (torch.ones_like(current), torch.zeros_like(current[0]))
        result = run(target.engine, current, {}, grads, surrogate=surrogate, slope=slope)
        expected = derivative(surrogate, distances, slope or SURROGATES[surrogate].default_slope)
        torch.testing.assert_close(result.grads["current"][0].cpu(), expected, rtol=1e-12, atol=0)


def test_default_is_fast_sigmoid_with_slope_25() -> None:
    current = torch.tensor([[1.04, 0.92, 1.0]], dtype=torch.float64, requires_grad=True)
    lif(current, backend="reference").sum().backward()
    torch.testing.assert_close(
        current.grad, torch.tensor([[0.25, 1 / 9, 1.0]], dtype=torch.float64), rtol=1e-12, atol=0
    )


class SmoothStep(torch.autograd.Function):
    """A step with the antiderivative for its spike forward, its derived adjoint with the surrogate backward."""

    @staticmethod
    def forward(ctx, variant: Variant, surrogate: str, *inputs: Tensor) -> tuple[Tensor, ...]:
        ctx.variant, ctx.surrogate = variant, surrogate
        ctx.save_for_backward(*inputs)
        named = dict(zip(SmoothStep.names(variant), inputs, strict=True))
        outputs = evaluate(variant.graph, named, *SmoothStep.spikes(surrogate))
        return tuple(output.clone() for output in outputs.values())

    @staticmethod
    def backward(ctx, *grads: Tensor):
        names = SmoothStep.names(ctx.variant)
        graph = adjoint(ctx.variant.graph, names)
        given = dict(zip((f"grad_{name}" for name in ctx.variant.graph.outputs), grads, strict=True))
        values = dict(zip(names, ctx.saved_tensors, strict=True))
        derived = evaluate(graph, values | given, *SmoothStep.spikes(ctx.surrogate))
        return None, None, *(derived[f"grad_{name}"].expand_as(grads[0]) for name in names)

    @staticmethod
    def names(variant: Variant) -> tuple[str, ...]:
        return (*variant.inputs, *variant.states, *variant.params)

    @staticmethod
    def spikes(surrogate: str):
        rule, slope = SURROGATES[surrogate], torch.tensor(1.5, dtype=torch.float64)
        return (lambda d: rule.antiderivative(d, slope)), (lambda d: rule.derivative(d, slope))


# What is detached is no derivative of the forward pass: finite differences see it, backward on purpose does not.
ATTACHED = [key for key, variant in EVERY_VARIANT.items() if not any(n.op == "detach" for n in variant.graph.nodes)]


@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("key", ATTACHED)
def test_derived_adjoint_is_the_gradient_of_the_smooth_step(key: str, surrogate: str) -> None:
    variant = EVERY_VARIANT[key]
    scales = {**dict.fromkeys(variant.inputs, 3.0), **dict.fromkeys(variant.states, 2.0)}
    inputs = [
        (torch.rand(12, dtype=torch.float64) * scales.get(name, 1.0) + 0.1).requires_grad_()
        for name in SmoothStep.names(variant)
    ]
    assert torch.autograd.gradcheck(lambda *inputs: SmoothStep.apply(variant, surrogate, *inputs), inputs)


@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("key", ATTACHED)
def test_smooth_relaxation_passes_gradcheck(key: str, surrogate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variant = EVERY_VARIANT[key]
    count, first = len(variant.inputs), len(variant.inputs) + 1
    xs = [random_current(1, 3, 6, dtype=torch.float64) / 2 + 0.15 for _ in variant.inputs]  # no potential may explode
    plan = Plan("reference", key, surrogate, False, (1 << len(variant.params)) - 1, Layout(metadata(xs[0]), 1))
    states = torch.rand(len(variant.states), 1, 6, dtype=torch.float64)
    params = [torch.rand(1, 6, dtype=torch.float64) * 0.3 + 0.6 for _ in variant.params]
    inputs = [tensor.detach().requires_grad_() for tensor in (*xs, states, *params)]

    def smooth_spike(surrogate: str, slope: Tensor, strict: bool) -> Callable[[Tensor], Tensor]:
        return lambda distance: SURROGATES[surrogate].antiderivative(distance, slope)

    monkeypatch.setattr(reference, "spike_function", smooth_spike)
    numbers = (*(0.0 for _ in variant.params), 1.5)

    def output_and_states(*tensors: Tensor) -> tuple[Tensor, Tensor]:
        scanned = reference.scan(plan, numbers, tensors[:count], tensors[count], tensors[first:])
        return scanned.output, scanned.final

    assert torch.autograd.gradcheck(output_and_states, inputs)
