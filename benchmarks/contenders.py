"""Who is measured: the naive loop and the engines, each called the same way; and the gate that an engine must pass."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch
from naive import lif_loop
from torch import Tensor
from workloads import FORWARD, FORWARD_BACKWARD, Inputs, Workload

import snnkernels
from snnkernels import dispatch

NAIVE, REFERENCE = "naive", "reference"


class WrongResult(Exception):
    """An engine does not compute what the reference engine does; the text says which and where."""


def engines_for(device: str) -> tuple[str, ...]:
    """The engines that are written for a kind of device. Triton's interpreter, on a CPU, is there for tests alone."""
    return tuple(engine for engine in dispatch.ENGINES if device != "cpu" or engine != "triton")


def unusable_reason(engine: str, device: str) -> str | None:
    """Why an engine cannot be timed on a kind of device, or None where it can."""
    if engine == "triton" and os.environ.get("TRITON_INTERPRET", "0") not in ("", "0"):
        return "TRITON_INTERPRET is set: the interpreter is never timed"
    return dispatch.unusable_reason(engine, device)


def forward(contender: str, inputs: Inputs) -> Tensor:
    """The spikes, no gradient to follow."""
    with torch.no_grad():
        return _spikes(contender, inputs.current)


def forward_backward(contender: str, inputs: Inputs) -> tuple[Tensor, Tensor]:
    """The spikes, and the gradient of the current: a leaf made for this call, so that no gradient accumulates."""
    current = inputs.current.detach().requires_grad_()
    spikes = _spikes(contender, current)
    (grad,) = torch.autograd.grad(spikes, current, inputs.grad_spikes)
    return spikes.detach(), grad


def timed_call(contender: str, direction: str, inputs: Inputs) -> Callable[[], None]:
    """What is timed. What a call allocates is freed within its time, for every contender alike."""
    function = {FORWARD: forward, FORWARD_BACKWARD: forward_backward}[direction]

    def call() -> None:
        function(contender, inputs)

    return call


def check(engine: str, workload: Workload, inputs: Inputs, expected: tuple[Tensor, Tensor]) -> None:
    """The gate: an engine's spikes, without and with a gradient to follow, and the gradient of the current.

    expected: the reference engine's spikes and gradient. Raises WrongResult unless all are equal to the last bit.
    """
    right_spikes, right_grad = expected
    spikes, grad = forward_backward(engine, inputs)
    for what, actual, right in (
        ("spikes of a call without a gradient", forward(engine, inputs), right_spikes),
        ("spikes", spikes, right_spikes),
        ("gradients of the current", grad, right_grad),
    ):
        if not torch.equal(actual, right):
            wrong = torch.ne(actual, right).sum().item()
            raise WrongResult(
                f"{engine} is not timed on {workload}: {what} differ from the reference's in {wrong} of "
                f"{right.numel()} elements"
            )


def _spikes(contender: str, current: Tensor) -> Tensor:
    return lif_loop(current) if contender == NAIVE else snnkernels.lif(current, backend=contender)
