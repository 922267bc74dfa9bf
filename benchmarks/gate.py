"""The gate that a contender must pass before it is timed.

Our engines are compared bit for bit with the reference engine. Another library orders its arithmetic otherwise, so its
potential is off by rounding, and where that potential comes within rounding of threshold a spike may fall the other way
and all that follows may differ: rightly so. Then, and only then, spikes may differ: at the first step where a neuron's
spikes differ, its potential must lie as close to threshold as rounding explains. Gradients are compared for all other
neurons.

Roundings of a half type explain anything, so of a workload in half types that is checked in float32. What is timed may
be another kernel, though: it is then run in the half type too, and must stay as near to float32 as such a state does.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from contenders import REFERENCE, Contender, Layer, Options, forward, forward_backward, our_layer
from torch import Tensor
from workloads import Inputs, Workload

import snnkernels

# Roundings of a step, each half a unit in the last place of the potential at most; decay by beta sums them up.
_ROUNDINGS = 8
_GRADIENT_RTOL, _GRADIENT_ATOL = 1e-3, 1e-4  # relative to the element; to the largest gradient
_MOST_DIFFERING = 0.01  # of all neurons

# A potential kept in a half type moves spikes by itself. These are twice and more what was seen on a CPU, where nothing
# grew beyond 100 steps: in bfloat16, at 500, Norse's spikes differed in 4.4 % as many elements as fired, the torch
# loop's number of them by 0.2 %, its gradient by 15 % of the norm where spikes agreed (those of libraries by 1 %). A
# layer that never fires is off by 100 % in each.
_MOST_MOVED, _RATE_RTOL, _NORM_RTOL = 0.1, 0.02, 0.3


class WrongResult(Exception):
    """A contender does not compute what it must; the text says who, where, and in how many elements."""


class Gate:
    """Checks contenders on one workload; keeps what the reference engine gave."""

    def __init__(self, workload: Workload, inputs: Inputs) -> None:
        self.workload, self.inputs = workload, inputs
        self._expected = forward_backward(REFERENCE.build(workload.device), inputs)

    def check(self, contender: Contender, layer: Layer) -> int:
        """Returns in how many neurons spikes differ by rounding, 0 for an engine; raises WrongResult."""
        if contender.gate is None:
            return 0
        where = f"{contender.name} is not timed on {self.workload}"
        if contender.gate == "exact":
            self._check_exact(layer, where)
            return 0
        in_float32 = _in_float32(self.inputs)
        right = forward_backward(our_layer("reference", contender.options), in_float32)
        differing = _check_to_rounding(layer, contender.options, in_float32, right, where)
        if in_float32 is not self.inputs:
            _check_half(layer, self.inputs, right, where)
        return differing

    def _check_exact(self, layer: Layer, where: str) -> None:
        right_spikes, right_grad = self._expected
        spikes, grad = forward_backward(layer, self.inputs)
        for what, actual, right in (
            ("spikes of a call without a gradient", forward(layer, self.inputs), right_spikes),
            ("spikes", spikes, right_spikes),
            ("gradients of the current", grad, right_grad),
        ):
            if not torch.equal(actual, right):
                wrong = torch.ne(actual, right).sum().item()
                raise WrongResult(f"{where}: {what} differ from the reference's in {wrong} of {right.numel()} elements")


def _check_to_rounding(layer: Layer, options: Options, inputs: Inputs, right: tuple[Tensor, Tensor], where: str) -> int:
    """Compare a layer with what the reference engine gave; returns in how many neurons spikes differ."""
    right_spikes, right_grad = right
    spikes, grad = forward_backward(layer, inputs)
    if spikes.shape != right_spikes.shape or not torch.isfinite(grad).all():
        raise WrongResult(f"{where}: spikes of shape {tuple(spikes.shape)}, or gradients that are not finite")
    differing = _explained_by_rounding(spikes, right_spikes, inputs.current, options, where)
    if not torch.equal(forward(layer, inputs), spikes):
        raise WrongResult(f"{where}: its spikes with and without a gradient differ")
    tolerance = _GRADIENT_RTOL * right_grad.abs() + _GRADIENT_ATOL * right_grad.abs().max()
    wrong = ((grad - right_grad).abs() > tolerance) & ~differing
    if wrong.any():
        raise WrongResult(
            f"{where}: gradients of the current differ from the reference's in {wrong.sum().item()} of "
            f"{wrong.numel()} elements"
        )
    return int(differing.sum())


def _check_half(layer: Layer, inputs: Inputs, right: tuple[Tensor, Tensor], where: str) -> None:
    """Compare what a layer computes in a half type with float32 arithmetic on the same numbers; raises WrongResult."""
    right_spikes, right_grad = right
    fired = right_spikes.sum().item()
    spikes, grad = forward_backward(layer, inputs)
    for kind, actual in (("spikes", spikes), ("spikes of a call without a gradient", forward(layer, inputs))):
        moved = (actual != right_spikes).sum().item() if actual.shape == right_spikes.shape else math.inf
        change = abs(actual.float().sum().item() - fired)
        one_neuron = len(inputs.current)  # all of whose spikes may move, however small the layer
        if moved > max(_MOST_MOVED * fired, one_neuron) or not change <= max(_RATE_RTOL * fired, one_neuron):
            raise WrongResult(
                f"{where}: in its half type {kind} differ from float32's in {moved} of {right_spikes.numel()} "
                f"elements, of which {fired:.0f} fire, and their number by {change:.0f}"
            )
    agree = (spikes == right_spikes).all(0)
    error, norm = (_norm(tensor[:, agree]) for tensor in (grad - right_grad, right_grad))
    if not error <= _NORM_RTOL * norm or not torch.isfinite(grad).all():
        raise WrongResult(
            f"{where}: in its half type gradients of the current differ from float32's by a norm of {error:.3g}, "
            f"which is {norm:.3g} there"
        )


def _norm(tensor: Tensor) -> float:
    return torch.linalg.vector_norm(tensor, dtype=torch.float32).item()


def _explained_by_rounding(spikes: Tensor, right: Tensor, current: Tensor, options: Options, where: str) -> Tensor:
    """Which neurons' spikes differ, `[B, ...]`; raises where that is more than rounding."""
    differs = spikes != right
    neurons = differs.any(0)
    if not neurons.any():
        return neurons
    distance, band = _distance_to_threshold(current, options)
    first = differs.to(torch.uint8).argmax(0, keepdim=True)
    unexplained = neurons & (distance.gather(0, first)[0] > band)
    if unexplained.any() or neurons.float().mean() > _MOST_DIFFERING:
        raise WrongResult(
            f"{where}: spikes differ from the reference's in {differs.sum().item()} of {differs.numel()} elements, "
            f"in {unexplained.sum().item()} of {neurons.sum().item()} neurons by more than rounding"
        )
    return neurons


@torch.no_grad()
def _distance_to_threshold(current: Tensor, options: Options) -> tuple[Tensor, float]:
    """|potential - threshold| at every step, `[T, B, ...]`, and how far rounding may have moved the potential."""
    options = {"beta": 0.9, "threshold": 1.0, **options}
    potentials, potential = [], None
    for step in current.split(1):
        _, potential = snnkernels.lif(
            step, initial_state=potential, return_state=True, pre_reset_state=True, backend="reference", **options
        )
        potentials.append(potential)
    stacked = torch.stack(potentials)
    unit = torch.finfo(stacked.dtype).eps / 2 * stacked.abs().max().item()
    return (stacked - options["threshold"]).abs(), _ROUNDINGS * unit / (1 - options["beta"])


def _in_float32(inputs: Inputs) -> Inputs:
    if inputs.current.dtype.itemsize >= 4:
        return inputs
    return replace(inputs, current=inputs.current.float(), grad_spikes=inputs.grad_spikes.float())
