"""What the tests share: engines to test, options to combine, one call forward and backward, exact comparison."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from torch import Tensor

import snnkernels
from snnkernels import lif
from snnkernels.dispatch import unusable_reason
from snnkernels.interface import VALUE
from snnkernels.neurons import NEURONS
from snnkernels.surrogates import SURROGATES
from snnkernels.variants import Variant

STEPS = (1, 2, 7, 8, 9, 64, 257)
WITH_EXP = ("sigmoid", "gaussian")  # whose rounding differs between exp implementations
WITHOUT_EXP = tuple(name for name in SURROGATES if name not in WITH_EXP)

# Every variant of every built-in neuron, by its key.
BUILT_IN = {variant.key: variant for neuron in NEURONS.values() for variant in neuron.definition.variants()}

OPTIONS: list[dict[str, Any]] = [
    dict(
        zip(
            ("reset", "delay_reset", "detach_reset", "strict", "input_scale", "pre_reset_state"),
            values,
            strict=True,
        )
    )
    for values in itertools.product(
        ("subtract", "zero", -0.5, "none"), (False, True), (True, False), (False, True), (1.0, 0.375), (False, True)
    )
]


def variant_of(**options: Any) -> Variant:
    """LIF's variant with these options, of which some may be numbers."""
    given = {name: value for name, value in options.items() if name in lif.definition.interface.options}
    if given.get("reset", "subtract") not in ("subtract", "none"):
        given["reset"] = VALUE
    return lif.variant(**given)


# One of each group of options that compute the same, but for numbers.
DIFFERENT_OPTIONS = list({(variant_of(**options).key, options["strict"]): options for options in OPTIONS}.values())


# What a test may need that not every machine has.
REQUIRABLE = ("native", "triton", "nvcc", "gloo", "jsonargparse", "onnx", "tensorboard", "torchao")
REQUIRABLE += ("snntorch", "spikingjelly", "norse", "sinabs")


def required() -> set[str]:
    """What SNNKERNELS_REQUIRE names. A name that no test knows is an error, because it would require nothing."""
    names = {name.strip() for name in os.environ.get("SNNKERNELS_REQUIRE", "").split(",")} - {""}
    if unknown := names - set(REQUIRABLE):
        raise pytest.UsageError(f"SNNKERNELS_REQUIRE must name {', '.join(REQUIRABLE)}, got {', '.join(unknown)}")
    return names


def skip_or_fail(name: str, reason: str) -> NoReturn:
    """Skip the test for lack of what has this name; fail it where SNNKERNELS_REQUIRE says that it is here."""
    assert name in REQUIRABLE
    if name in required():
        pytest.fail(f"SNNKERNELS_REQUIRE names {name}: {reason}")
    pytest.skip(reason)


@dataclass(frozen=True)
class Target:
    """An engine on a kind of device."""

    engine: str
    device: str

    def __str__(self) -> str:
        return f"{self.engine}-{self.device}"

    @property
    def interpreted(self) -> bool:
        """Triton's interpreter: some thousand times slower, so that it gets the smaller tests."""
        return self.engine == "triton" and self.device == "cpu"

    def rounded(self, tensor: Tensor, dtype: torch.dtype) -> Tensor:
        """A float32 tensor as the engine rounds it: to nearest, but that Triton's interpreter truncates to bfloat16."""
        if self.interpreted and dtype == torch.bfloat16:
            tensor = (tensor.view(torch.int32) & -(1 << 16)).view(torch.float32)
        return tensor.to(dtype)

    def require(self) -> None:
        """Skip the test where this engine cannot run here; fail it if this machine is said to have the engine.

        SNNKERNELS_REQUIRE, such as "native,triton", names the engines that must run: native on the CPU, and all of
        them on a GPU if there is one; without one, Triton under its interpreter.
        """
        has_gpu = torch.cuda.is_available()
        if self.device == "cuda" and not has_gpu:
            pytest.skip("there is no GPU here")
        if self.interpreted and has_gpu:
            pytest.skip("there is a GPU here, on which Triton is tested without its interpreter")
        reason = unusable_reason(self.engine, self.device)
        if reason is None:
            return
        skip_or_fail(self.engine, f"{self.engine} cannot run on {self.device}: {reason}")


COMPILED = tuple(Target(engine, device) for device in ("cpu", "cuda") for engine in ("native", "triton"))
TARGETS = (Target("reference", "cpu"), Target("reference", "cuda"), *COMPILED)


@dataclass(frozen=True)
class Run:
    """What a scan gives, and the gradient of every tensor that it took."""

    spikes: Tensor
    state: Tensor
    grads: dict[str, Tensor]


def run(engine: str, current: Tensor, tensors: Mapping[str, Any], grads: Sequence[Tensor], **options: Any) -> Run:
    """`lif` forward and backward: `tensors` are its beta, threshold and initial_state, `grads` those of the outputs.

    Every tensor is a leaf that needs a gradient; numbers and None go as they are.
    """
    leaves = {
        name: _leaf(value) if isinstance(value, Tensor) else value
        for name, value in {"current": current, **tensors}.items()
    }
    spikes, state = lif(**leaves, return_state=True, backend=engine, **options)
    torch.autograd.backward((spikes, state), tuple(grads))
    return Run(
        spikes.detach(),
        state.detach(),
        {name: leaf.grad for name, leaf in leaves.items() if isinstance(leaf, Tensor) and leaf.grad is not None},
    )


def _leaf(tensor: Tensor) -> Tensor:
    """The same values in the same memory: the layout is part of what is tested."""
    return tensor.detach().requires_grad_()


def random_current(*shape: int, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Tensor:
    """Input current that makes neurons fire now and then.

    Every other neuron of the last dimension gets multiples of 1/2: with a beta of 0.5 its potential meets a threshold
    of 1 exactly, which tells >= from > .
    """
    current = torch.randn(shape, dtype=dtype) * 0.7 + 0.3
    current[..., ::2] = torch.randint(-1, 4, shape)[..., ::2].to(dtype) / 2
    return current.to(device)


def random_decay(*shape: int, dtype: torch.dtype = torch.float32, device: str = "cpu") -> Tensor:
    """A beta for each neuron: 1 or 0.5 for those that :func:`random_current` puts on a grid, else from 0.5 to 1."""
    beta = torch.rand(shape, dtype=dtype) / 2 + 0.5
    beta[..., ::4], beta[..., 2::4] = 1.0, 0.5
    return beta.to(device)


def random_spikes(*shape: int, rate: float = 0.2, dtype: torch.dtype = torch.float32) -> Tensor:
    """A spike train, 0 or 1."""
    return (torch.rand(shape) < rate).to(dtype)


def random_layer(inputs: int, outputs: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """A weight and a bias of a linear layer."""
    return torch.randn(outputs, inputs, dtype=dtype), torch.randn(outputs, dtype=dtype)


def random_gradients(spikes: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of the outputs for backward to start from."""
    return torch.randn_like(spikes), torch.randn_like(state)


def nodes(tensor: Tensor) -> set[str]:
    """The names of the nodes of autograd's graph from which a tensor comes."""
    found, left = {}, [tensor.grad_fn]
    while left:
        node = left.pop()
        if node is not None and node not in found:
            found[node] = type(node).__name__
            left += [before for before, _ in node.next_functions]
    return set(found.values())


def python(code: str, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """A fresh Python with this package on its path, and these variables in its environment, or without those that are
    None. It imports torch for seconds: one runs what goes together."""
    path = os.pathsep.join([str(Path(snnkernels.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    changed = {**os.environ, "PYTHONPATH": path, **variables}
    environment = {name: value for name, value in changed.items() if value is not None}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def printed(code: str, **variables: str | None) -> str:
    """What a fresh Python prints, which must end well."""
    result = python(code, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout


def assert_raises(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    """A call raises an error with this whole message."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


def is_exact(variant: Variant) -> bool:
    """Whether every engine gives the same bits: no operation of the step is one that they round differently."""
    graph = variant.graph
    return not {"exp", "tanh", "sigmoid"} & {graph.nodes[index].op for index in graph.needed()}


def assert_same_bits(actual: Tensor, expected: Tensor, what: str = "") -> None:
    """Equal in every element, dtype and shape; NaN is never right."""
    torch.testing.assert_close(actual, expected, rtol=0, atol=0, msg=lambda text: f"{what}: {text}")


def assert_rounded(actual: Tensor, expected: Tensor, what: str = "", *, terms: int = 1) -> None:
    """Equal to rounding: 1e-6 in float32, 1e-12 in float64, relative to the largest element where sums cancel."""
    relative = 1e-12 if expected.dtype == torch.float64 else 1e-6
    scale = expected.abs().max().item() if expected.numel() else 0.0
    torch.testing.assert_close(
        actual, expected, rtol=relative, atol=relative * scale * terms, msg=lambda text: f"{what}: {text}"
    )
