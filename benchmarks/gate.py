"""The gate that a contender must pass before it is timed.

Our engines are compared bit for bit with the reference engine. Another library orders its arithmetic otherwise, so its
potential is off by rounding, and where that potential comes within rounding of threshold a spike may fall the other way
and all that follows may differ: rightly so. Then, and only then, spikes may differ: at the first step where a neuron's
spikes differ, its potential must lie as close to threshold as rounding explains. Gradients are compared for all other
neurons.
"""

from __future__ import annotations

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


class WrongResult(Exception):
    """A contender does not compute what it must; the text says who, where, and in how many elements."""


class Gate:
    """Checks contenders on one workload; keeps what the reference engine gave."""

    def __init__(self, workload: Workload, inputs: Inputs) -> None:
        self._workload, self._inputs = workload, inputs
        self._expected = forward_backward(REFERENCE.build(workload.device), inputs)

    def check(self, contender: Contender, layer: Layer) -> int:
        """Returns in how many neurons spikes differ by rounding, 0 for an engine; raises WrongResult."""
        if contender.gate is None:
            return 0
        where = f"{contender.name} is not timed on {self._workload}"
        if contender.gate == "exact":
            self._check_exact(layer, where)
            return 0
        return check_to_rounding(layer, contender.options, _in_float32(self._inputs), where)

    def _check_exact(self, layer: Layer, where: str) -> None:
        right_spikes, right_grad = self._expected
        spikes, grad = forward_backward(layer, self._inputs)
        for what, actual, right in (
            ("spikes of a call without a gradient", forward(layer, self._inputs), right_spikes),
            ("spikes", spikes, right_spikes),
            ("gradients of the current", grad, right_grad),
        ):
            if not torch.equal(actual, right):
                wrong = torch.ne(actual, right).sum().item()
                raise WrongResult(f"{where}: {what} differ from the reference's in {wrong} of {right.numel()} elements")


def check_to_rounding(layer: Layer, options: Options, inputs: Inputs, where: str) -> int:
    """Compare a layer with the reference engine under the same options; returns how many neurons' spikes differ.

    Half types are checked in float32: there, rounding explains anything.
    """
    spikes, grad = forward_backward(layer, inputs)
    right_spikes, right_grad = forward_backward(our_layer("reference", options), inputs)
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
