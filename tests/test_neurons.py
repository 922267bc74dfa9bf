"""What a neuron computes: traces worked out by hand, and the equations of the field's libraries written out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import Target, assert_rounded, assert_same_bits, random_current, random_decay, run
from torch import Tensor

from snnkernels import lif
from snnkernels.interface import VALUE

# beta 0.5, threshold 1, unless the options say otherwise: every number below is exact in binary.
CURRENT = (1.5, 0.75, 0.75, 0.5, -0.25, 2.0)
TRACES: dict[str, tuple[dict[str, Any], tuple[int, ...], tuple[float, ...]]] = {
    # name: (options, spikes, state after each step)
    "subtract": ({}, (1, 1, 0, 0, 0, 1), (0.5, 0.0, 0.75, 0.875, 0.1875, 1.09375)),
    "subtract, strict": ({"strict": True}, (1, 0, 1, 0, 0, 1), (0.5, 1.0, 0.25, 0.625, 0.0625, 1.03125)),
    "zero": ({"reset": "zero"}, (1, 0, 1, 0, 0, 1), (0.0, 0.75, 0.0, 0.5, 0.0, 0.0)),
    "value": ({"reset": -0.5}, (1, 0, 1, 0, 0, 1), (-0.5, 0.5, -0.5, 0.25, -0.125, -0.5)),
    "none": ({"reset": "none"}, (1, 1, 1, 1, 0, 1), (1.5, 1.5, 1.5, 1.25, 0.375, 2.1875)),
    "subtract, delayed": ({"delay_reset": True}, (1, 0, 1, 0, 0, 1), (1.5, 0.5, 1.0, 0.0, -0.25, 1.875)),
    "subtract, delayed, strict": (
        {"delay_reset": True, "strict": True},
        (1, 0, 0, 0, 0, 1),
        (1.5, 0.5, 1.0, 1.0, 0.25, 2.125),
    ),
    "zero, delayed": ({"reset": "zero", "delay_reset": True}, (1, 0, 1, 0, 0, 1), (1.5, 0.75, 1.125, 0.5, 0.0, 2.0)),
    "value, delayed": ({"reset": -0.5, "delay_reset": True}, (1, 0, 1, 0, 0, 1), (1.5, 0.5, 1.0, 0.25, -0.125, 1.9375)),
    "subtract, state before": (
        {"pre_reset_state": True},
        (1, 1, 0, 0, 0, 1),
        (1.5, 1.0, 0.75, 0.875, 0.1875, 2.09375),
    ),
    "zero, state before": (
        {"reset": "zero", "pre_reset_state": True},
        (1, 0, 1, 0, 0, 1),
        (1.5, 0.75, 1.125, 0.5, 0.0, 2.0),
    ),
    "input scaled": ({"input_scale": 0.5}, (0, 0, 0, 0, 0, 1), (0.75, 0.75, 0.75, 0.625, 0.1875, 0.09375)),
    "threshold": ({"threshold": 0.5}, (1, 1, 1, 1, 0, 1), (1.0, 0.75, 0.625, 0.3125, -0.09375, 1.453125)),
    "initial state": (
        {"initial_state": 2.5},
        (1, 1, 1, 0, 0, 1),
        (1.75, 0.625, 0.0625, 0.53125, 0.015625, 1.0078125),
    ),
    "initial state, delayed": (
        {"initial_state": 2.5, "delay_reset": True},
        (1, 0, 1, 0, 0, 1),
        (1.75, 0.625, 1.0625, 0.03125, -0.234375, 1.8828125),
    ),
}


def tensors_of(options: dict[str, Any], device: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the options of a trace; beta, threshold and initial state are tensors, to have gradients."""
    options = {"beta": 0.5, "threshold": 1.0, "initial_state": 0.0, **options}
    tensors = {
        name: torch.tensor([options.pop(name)], device=device) for name in ("beta", "threshold", "initial_state")
    }
    return tensors, options


@pytest.mark.parametrize("name", TRACES)
def test_trace_worked_out_by_hand(target: Target, name: str) -> None:
    options, spikes, states = TRACES[name]
    tensors, options = tensors_of(options, target.device)
    current = torch.tensor(CURRENT, device=target.device)[:, None]
    for steps in range(1, len(CURRENT) + 1):
        grads = (torch.zeros_like(current[:steps]), torch.zeros(1, device=target.device))
        result = run(target.engine, current[:steps], tensors, grads, **options)
        assert result.spikes.flatten().tolist() == list(spikes[:steps])
        assert result.state.tolist() == [states[steps - 1]]


# Gradients of 1 s[0] + 2 s[1] + 3 s[2] + 4 v[2], with a surrogate derivative of 1 unless the options say otherwise:
# name: (options, current, gradients of current, initial state, beta, threshold)
GRADIENTS: dict[str, tuple[dict[str, Any], tuple[float, ...], tuple[float, ...], float, float, float]] = {
    "subtract": ({}, (1.5, 0.75, 0.75), (3.75, 5.5, 7.0), 1.875, 2.75, -12.25),
    "subtract, attached": ({"detach_reset": False}, (1.5, 0.75, 0.75), (1.0, 2.0, 3.0), 0.5, 1.0, -2.0),
    "subtract, attached, threshold": (
        {"detach_reset": False, "threshold": 0.5},
        (1.5, 0.75, 0.75),
        (1.8125, 3.25, 5.0),
        0.90625,
        7.0,
        -10.0625,
    ),
    "zero": ({"reset": "zero"}, (1.5, 0.75, 0.75), (1.0, 3.5, 3.0), 0.5, 2.25, -6.0),
    "zero, attached": (
        {"reset": "zero", "detach_reset": False},
        (1.5, 0.75, 0.75),
        (-0.359375, 1.8125, -1.5),
        -0.1796875,
        -1.125,
        -0.703125,
    ),
    "value": ({"reset": -0.5}, (1.5, 1.25, 0.75), (1.0, 2.0, 7.0), 0.5, -4.5, -6.0),
    "none": ({"reset": "none"}, (1.5, 0.75, 0.75), (3.75, 5.5, 7.0), 1.875, 18.75, -6.0),
    "delayed": ({"delay_reset": True}, (1.5, 0.75, 0.75), (3.75, 5.5, 7.0), 1.875, 11.75, -11.5),
    "delayed, attached": (
        {"delay_reset": True, "detach_reset": False},
        (1.5, 0.75, 0.75),
        (1.75, -1.5, 7.0),
        -0.875,
        1.25,
        2.75,
    ),
    "input scaled": ({"input_scale": 0.5}, (3.0, 1.5, 1.5), (1.875, 2.75, 3.5), 1.875, 2.75, -12.25),
    "fast sigmoid, slope 1": (
        {"surrogate": "fast_sigmoid"},
        (2.0, 0.5, 0.0),
        (2.4375, 4.375, 4.75),
        1.21875,
        4.375,
        -7.5625,
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_worked_out_by_hand(target: Target, name: str) -> None:
    options, current, grad_current, grad_state, grad_beta, grad_threshold = GRADIENTS[name]
    tensors, options = tensors_of({"surrogate": "straight_through", "slope": 1.0, **options}, target.device)
    grads = (torch.tensor([1.0, 2.0, 3.0], device=target.device)[:, None], torch.tensor([4.0], device=target.device))
    result = run(target.engine, torch.tensor(current, device=target.device)[:, None], tensors, grads, **options)
    assert result.grads["current"].flatten().tolist() == list(grad_current)
    assert {name: grad.item() for name, grad in result.grads.items() if name != "current"} == {
        "initial_state": grad_state,
        "beta": grad_beta,
        "threshold": grad_threshold,
    }


class Arctan(torch.autograd.Function):
    """The libraries' common surrogate with alpha = 2: H(x), or H(x) with H(0) = 1, and 1 / (1 + (pi x)^2) backward."""

    @staticmethod
    def forward(ctx, x: Tensor, strict: bool) -> Tensor:
        ctx.save_for_backward(x)
        return (x > 0 if strict else x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad: Tensor):
        (x,) = ctx.saved_tensors
        return grad / (1 + (math.pi * x) ** 2), None


def snntorch_leaky(mechanism: str) -> Callable[..., tuple[Tensor, Tensor]]:
    """snnTorch's Leaky with reset_delay=True: the reset is by the spike of the step before, and detached."""

    def step(x: Tensor, mem: Tensor) -> tuple[Tensor, Tensor]:
        reset = Arctan.apply(mem - 1.0, True).detach()
        if mechanism == "subtract":
            mem = 0.75 * mem + x - reset * 1.0
        elif mechanism == "zero":
            mem = 0.75 * ((1 - reset) * mem) + x
        else:
            mem = 0.75 * mem + x
        return Arctan.apply(mem - 1.0, True), mem

    return step


def spikingjelly_lif(
    decay_input: bool, v_reset: float | None, detach_reset: bool
) -> Callable[..., tuple[Tensor, Tensor]]:
    """SpikingJelly's LIFNode with tau = 4 (v_reset None or 0, as LIF's leak is to 0)."""

    def step(x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        h = v + (x - v) / 4 if decay_input else v - v / 4 + x
        s = Arctan.apply(h - 1.0, False)
        reset_by = s.detach() if detach_reset else s
        return s, h - reset_by * 1.0 if v_reset is None else reset_by * v_reset + (1 - reset_by) * h

    return step


def norse_lif_box(subtract: bool) -> Callable[..., tuple[Tensor, Tensor]]:
    """Norse's LIFBox with dt * tau_mem_inv = 1/4 and no leak potential: strict, its reset not detached."""

    def step(x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        v = v + 0.25 * (0.0 + x - v)
        z = Arctan.apply(v - 1.0, True)
        return z, (1 - z) * v + z * (v - 1.0 if subtract else 0.0)

    return step


def sinabs_lif(alpha: float, norm_input: bool) -> Callable[..., tuple[Tensor, Tensor]]:
    """sinabs' LIF (alpha 1: IAF) with single spikes, subtracting, not detached."""

    def step(x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        v = alpha * v + ((1 - alpha) * x if norm_input else x)
        s = Arctan.apply(v - 1.0, False)
        return s, v - s * 1.0

    return step


LIBRARIES: dict[str, tuple[Callable[..., tuple[Tensor, Tensor]], dict[str, Any]]] = {
    "snnTorch Leaky, subtract": (snntorch_leaky("subtract"), {"delay_reset": True, "strict": True}),
    "snnTorch Leaky, zero": (snntorch_leaky("zero"), {"reset": "zero", "delay_reset": True, "strict": True}),
    "snnTorch Leaky, none": (snntorch_leaky("none"), {"reset": "none", "strict": True}),
    "SpikingJelly LIFNode, default": (
        spikingjelly_lif(True, 0.0, False),
        {"reset": "zero", "detach_reset": False, "input_scale": 0.25},
    ),
    "SpikingJelly LIFNode, soft reset": (spikingjelly_lif(False, None, True), {}),
    "SpikingJelly LIFNode, to a value": (spikingjelly_lif(False, -0.5, True), {"reset": -0.5}),
    "Norse LIFBox, value": (
        norse_lif_box(False),
        {"reset": "zero", "strict": True, "detach_reset": False, "input_scale": 0.25},
    ),
    "Norse LIFBox, subtract": (norse_lif_box(True), {"strict": True, "detach_reset": False, "input_scale": 0.25}),
    "sinabs LIF": (sinabs_lif(0.75, True), {"detach_reset": False, "input_scale": 0.25}),
    "sinabs IAF": (sinabs_lif(1.0, False), {"detach_reset": False, "beta": 1.0}),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_equations_of_other_libraries(target: Target, name: str) -> None:
    """Forward exactly, as all numbers are multiples of small powers of two; gradients to rounding."""
    step, options = LIBRARIES[name]
    current = torch.randint(-8, 24, (12, 3, 40)).double() / 8 / options.get("input_scale", 1.0)
    grads = (torch.randn(12, 3, 40).double(), torch.randn(3, 40).double())
    x, v = current.requires_grad_(), torch.zeros(3, 40, dtype=torch.float64)
    spikes = []
    for x_t in x.unbind(0):
        s, v = step(x_t, v)
        spikes.append(s)
    torch.autograd.backward((torch.stack(spikes), v), grads)
    assert 0.05 < torch.stack(spikes).mean() < 0.95

    tensors = {"beta": options.get("beta", 0.75), "threshold": 1.0, "initial_state": None}
    options = {key: value for key, value in options.items() if key != "beta"}
    on_device = (current.detach().to(target.device), tensors, [grad.to(target.device) for grad in grads])
    result = run(target.engine, *on_device, surrogate="arctan", slope=2.0, **options)
    assert_same_bits(result.spikes.cpu(), torch.stack(spikes).detach(), "spikes")
    assert_same_bits(result.state.cpu(), v.detach(), "state")
    assert_rounded(result.grads["current"].cpu(), x.grad, "gradient")


def test_options_that_make_no_difference_are_one_neuron() -> None:
    def key(reset: str, **options: bool) -> str:
        return lif.variant(reset=reset, **options).key

    assert key("none", delay_reset=True, detach_reset=False, pre_reset_state=True) == key("none")
    assert key("subtract", delay_reset=True, pre_reset_state=True) == key("subtract", delay_reset=True)
    assert key(VALUE, delay_reset=True) == key(VALUE, pre_reset_state=True)
    assert len(list(lif.definition.variants())) == 11


def test_random_current_reaches_the_threshold_exactly() -> None:
    """Without such ties no test could tell >= from >, or a delayed reset's comparison from the spike's."""
    current = random_current(9, 4, 30)
    tensors = {"beta": random_decay(30)}
    grads = (torch.zeros_like(current), torch.zeros(4, 30))
    loose, strict = (run("reference", current, tensors, grads, strict=strict) for strict in (False, True))
    assert (loose.spikes != strict.spikes).sum() > 20 and 0.1 < loose.spikes.mean() < 0.6
