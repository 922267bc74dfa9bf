"""What a classifier's output says: spike counts, first-spike times, accuracies and firing rates. Time comes first."""

from __future__ import annotations

import torch
from torch import Tensor

from .encoding import PoissonSpikes
from .inputs import (
    check_first_spike,
    check_population,
    check_potential,
    check_readout,
    check_spike_number,
    check_spike_times,
    check_spike_values,
    check_targets,
)
from .packed import PackedSpikes


def spike_count_accuracy(spikes: Tensor | PackedSpikes, targets: Tensor, *, num_classes: int | None = None) -> Tensor:
    """The fraction of samples whose target neuron fired most often. Of equal counts the first is the answer.

    spikes: `[T, B, classes]`, or packed, with time in any dimension, or their counts `[B, classes]`; targets: class
    indices, integers `[B]`. num_classes: for a population code, as in :func:`spike_count_loss`. Returns a float32
    scalar from 0 to 1.

    Raises what :func:`spike_count_loss` raises, and TypeError or ValueError if targets are not such indices.
    """
    return _share(spike_counts(spikes, num_classes), targets)


def max_potential_accuracy(potential: Tensor, targets: Tensor) -> Tensor:
    """The fraction of samples whose target neuron reached the largest potential of all neurons and steps.

    potential: `[T, B, classes]`, or the largest of each neuron, `[B, classes]`; targets: class indices, integers `[B]`.
    Returns a float32 scalar from 0 to 1. Raises what :func:`max_potential_loss` raises, and TypeError or ValueError if
    targets are not such indices.
    """
    return _share(max_potential(potential), targets)


def last_potential_accuracy(potential: Tensor, targets: Tensor) -> Tensor:
    """The fraction of samples whose target neuron has the largest potential after the last step.

    potential: `[T, B, classes]`, or that of the last step, `[B, classes]`; targets: class indices, integers `[B]`.
    Returns a float32 scalar from 0 to 1. Raises what :func:`last_potential_loss` raises, and TypeError or ValueError if
    targets are not such indices.
    """
    return _share(last_potential(potential), targets)


def spike_time_accuracy(spikes: Tensor, targets: Tensor) -> Tensor:
    """The fraction of samples whose target neuron fired first. Of equal times the first neuron is the answer
    (snnTorch's accuracy_temporal).

    spikes: `[T, B, classes]`, or times of first spikes, `[B, classes]`, as :func:`first_spike_time` gives them;
    targets: class indices, integers `[B]`. Returns a float32 scalar from 0 to 1. Raises what :func:`spike_time_loss`
    raises, and TypeError or ValueError if targets are not such indices.
    """
    return _share(-spike_times(spikes), targets)


def first_spike_time(spikes: Tensor, *, count: int | None = None) -> Tensor:
    """The time step of each neuron's first spike, counted from 0; T - 1, the last one, if it does not fire.

    spikes: `[T, B, ...]`, where any value but 0 is a spike; count: of how many first spikes the times are asked for.
    Returns `[B, ...]`, or with count `[count, B, ...]`, float32 at least. The time of a spike that there is not is
    T - 1.

    A spike time has no derivative. The gradient is that of snnTorch's SpikeTime: -1 to the spike at that time, or to
    the last step where there is none; 0 to all others. A stronger input makes a spike earlier.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError if it is not `[T, B, ...]`, T >= 1, or
    count is not from 1 to T.
    """
    check_first_spike(spikes)
    check_spike_number(count, spikes.shape[0])
    last, dtype, fired = spikes.shape[0] - 1, torch.promote_types(spikes.dtype, torch.float32), spikes != 0
    steps = torch.arange(spikes.shape[0], device=spikes.device).reshape(-1, *(1,) * (spikes.dim() - 1))
    if count is None:
        first = torch.where(fired, steps, last).amin(0, keepdim=True)
    else:
        number = torch.where(fired, fired.cumsum(0), 0)
        first = torch.stack([torch.where(number == k + 1, steps, last).amin(0) for k in range(count)])
    time = first.to(dtype)
    if spikes.requires_grad:
        there = spikes.gather(0, first).to(dtype)
        time = time - (there - there.detach())
    return time.squeeze(0) if count is None else time


def firing_rate(spikes: Tensor | PackedSpikes | PoissonSpikes) -> Tensor:
    """Spikes per neuron and time step, averaged: a scalar from 0 (silent) to 1 (saturated), float32 at least.

    Raises TypeError if spikes are not a floating-point or bool tensor, nor packed or drawn.
    """
    if isinstance(spikes, (PackedSpikes, PoissonSpikes)):
        spikes = spikes.unpack()
    check_spike_values(spikes)
    return spikes.mean(dtype=torch.promote_types(spikes.dtype, torch.float32))


def spike_counts(spikes: Tensor | PackedSpikes, num_classes: int | None = None) -> Tensor:
    """The spike count of every output neuron, or of every class, `[B, classes]`, in float32 at least: half types stop
    at 256 or 2048."""
    time_dim = 0
    if isinstance(spikes, PackedSpikes):
        time_dim = spikes.layout.time_dim
        spikes = spikes.unpack()
    check_readout(spikes)
    dtype = torch.promote_types(spikes.dtype, torch.float32)
    counts = spikes.to(dtype) if spikes.dim() == 2 else spikes.sum(time_dim, dtype=dtype)
    if num_classes is None:
        return counts
    return counts.unflatten(-1, (num_classes, check_population(counts.shape[-1], num_classes))).sum(-1)


def max_potential(potential: Tensor) -> Tensor:
    """The largest potential of each neuron, `[B, classes]`, in float32 at least. The gradient goes to the first of
    equal ones, as a layer's output="max" has it."""
    check_potential(potential, "the largest over time")
    return in_float32(potential if potential.dim() == 2 else potential.max(0).values)


def last_potential(potential: Tensor) -> Tensor:
    """The potential after the last step, `[B, classes]`, in float32 at least."""
    check_potential(potential, "that of the last step")
    return in_float32(potential if potential.dim() == 2 else potential[-1])


def spike_times(spikes: Tensor) -> Tensor:
    """The times of first spikes, `[B, classes]`, in float32 at least."""
    check_spike_times(spikes)
    return in_float32(spikes) if spikes.dim() == 2 else first_spike_time(spikes)


def in_float32(values: Tensor) -> Tensor:
    """Values in float32 at least."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _share(scores: Tensor, targets: Tensor) -> Tensor:
    """The fraction of samples whose target has the highest score."""
    check_targets(targets, scores.shape[:-1])
    return (scores.argmax(-1) == targets).float().mean()
