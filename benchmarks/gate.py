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
from contenders import Contender, Layer, Options, forward, forward_backward, our_layer
from naive import neuron_loop
from torch import Tensor
from workloads import Inputs, Workload

from snnkernels import Neuron
from snnkernels.neurons import NEURONS

# How far another order of arithmetic may take a potential: so many times as far as float32 takes it from float64.
_ROUNDINGS = 8
_RTOL, _ATOL = 1e-3, 1e-4  # relative to the element; to the largest gradient, or output
_MOST_DIFFERING = 0.01  # of all neurons

# A potential kept in a half type moves spikes by itself. These are twice and more what was seen on a CPU, where nothing
# grew beyond 100 steps: in bfloat16, at 500, Norse's spikes differed in 4.4 % as many elements as fired, the torch
# loop's number of them by 0.2 %, its gradient by 15 % of the norm where spikes agreed (those of libraries by 1 %). A
# layer that never fires is off by 100 % in each.
_MOST_MOVED, _RATE_RTOL, _NORM_RTOL = 0.1, 0.02, 0.3


class WrongResult(Exception):
    """A contender does not compute what it must; the text says who, where, and in how many elements."""


class Gate:
    """Checks contenders for one of our neurons on one workload; keeps what the reference engine gave."""

    def __init__(self, workload: Workload, inputs: Inputs, neuron: str = "lif") -> None:
        self.workload, self.inputs, self.neuron = workload, inputs, neuron
        self._expected = forward_backward(our_layer("reference", neuron=neuron), inputs)

    def check(self, contender: Contender, layer: Layer) -> int:
        """Returns in how many neurons spikes differ by rounding, 0 for an engine; raises WrongResult."""
        if contender.gate is None:
            return 0
        what = self.workload if self.neuron == "lif" else f"{self.neuron}, {self.workload}"
        where = f"{contender.name} is not timed on {what}"
        if contender.gate == "exact":
            self._check_exact(layer, where)
            return 0
        in_float32 = _in_float32(self.inputs)
        right = forward_backward(our_layer("reference", contender.options, self.neuron), in_float32)
        differing = self._check_to_rounding(contender, layer, in_float32, right, where)
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

    def _check_to_rounding(
        self, contender: Contender, layer: Layer, inputs: Inputs, right: tuple[Tensor, Tensor], where: str
    ) -> int:
        """Compare a layer with what the reference engine gave; returns in how many neurons spikes differ."""
        right_spikes, right_grad = right
        spikes, grad = forward_backward(layer, inputs)
        if spikes.shape != right_spikes.shape or not torch.isfinite(grad).all():
            raise WrongResult(f"{where}: spikes of shape {tuple(spikes.shape)}, or gradients that are not finite")
        differs = _off(spikes, right_spikes)
        differing = differs.any(0)
        if differing.any():
            self._explain(differs, contender.options, inputs.current, where)
        if not torch.equal(forward(layer, inputs), spikes):
            raise WrongResult(f"{where}: its spikes with and without a gradient differ")
        wrong = _off(grad, right_grad) & ~differing
        if wrong.any():
            raise WrongResult(
                f"{where}: gradients of the current differ from the reference's in {wrong.sum().item()} of "
                f"{wrong.numel()} elements"
            )
        return int(differing.sum())

    def _explain(self, differs: Tensor, options: Options, current: Tensor, where: str) -> None:
        """Raises where spikes differ by more than rounding."""
        neurons = differs.any(0)
        distance, band = _distance_to_threshold(NEURONS[self.neuron], options, current)
        first = differs.to(torch.uint8).argmax(0, keepdim=True)
        unexplained = neurons & (distance.gather(0, first)[0] > band)
        if unexplained.any() or neurons.float().mean() > _MOST_DIFFERING:
            raise WrongResult(
                f"{where}: spikes differ from the reference's in {differs.sum().item()} of {differs.numel()} elements, "
                f"in {unexplained.sum().item()} of {neurons.sum().item()} neurons by more than rounding"
            )


def _off(actual: Tensor, right: Tensor) -> Tensor:
    """Where numbers are not equal to rounding, which of two different spikes holds too."""
    return ~((actual - right).abs() <= _RTOL * right.abs() + _ATOL * right.abs().max())  # NaN is off


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


@torch.no_grad()
def _distance_to_threshold(neuron: Neuron, options: Options, current: Tensor) -> tuple[Tensor, float]:
    """The distance to threshold at every step, `[T, B, ...]`, and how far rounding may move a potential.

    This is a multiple of how far the same step in float64 is from that in float32, as long as their spikes are equal.

    A neuron that does not fire is infinitely far from firing.
    """
    if not neuron.definition.interface.fires:
        return torch.full_like(current, math.inf), 0.0
    (distances, spikes), (exact, exact_spikes) = (_distances(neuron, options, x) for x in (current, current.double()))
    same = (spikes == exact_spikes).cumprod(0).bool()
    error = ((distances - exact).abs() * same).max().item()
    unit = torch.finfo(current.dtype).eps / 2 * distances.max().item()
    return distances, _ROUNDINGS * max(error, unit)


def _distances(neuron: Neuron, options: Options, current: Tensor) -> tuple[Tensor, Tensor]:
    """Of every step, the distance to threshold of the spike that is nearest to it, and the output."""
    found: list[Tensor] = []

    def spike(distance: Tensor) -> Tensor:
        found.append(distance)
        return (distance > 0 if options.get("strict") else distance >= 0).to(distance.dtype)

    output = neuron_loop(neuron, options, spike)(current)
    every = torch.stack(found).unflatten(0, (len(current), -1))  # as many spikes in each step
    return every.abs().amin(1), output


def _in_float32(inputs: Inputs) -> Inputs:
    if inputs.current.dtype.itemsize >= 4:
        return inputs
    return replace(inputs, current=inputs.current.float(), grad_spikes=inputs.grad_spikes.float())
