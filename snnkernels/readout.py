"""Rate readout: what a classifier makes of its output spikes, `[T, B, classes]`, time first."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .inputs import check_readout
from .packed import PackedSpikes


def spike_count_loss(spikes: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy on the output spike counts, averaged over the batch (snnTorch's ce_count_loss).

    spikes: `[T, B, classes]`, or their counts `[B, classes]`; targets: class indices, int64 `[B]`. Returns a scalar,
    float32 at least.

    Raises TypeError where spikes is no floating-point or bool tensor, ValueError where it has fewer dimensions.
    """
    return functional.cross_entropy(_spike_counts(spikes), targets)


def spike_count_accuracy(spikes: Tensor | PackedSpikes, targets: Tensor) -> Tensor:
    """The fraction of samples whose target neuron fired most often; the first of equal counts is the answer.

    spikes: `[T, B, classes]`, packed or not, or their counts `[B, classes]`; targets: int64 `[B]`. Returns a float32
    scalar from 0 to 1. Raises what :func:`spike_count_loss` does.
    """
    if isinstance(spikes, PackedSpikes):
        spikes = spikes.unpack()
    return (_spike_counts(spikes).argmax(-1) == targets).float().mean()


def firing_rate(spikes: Tensor | PackedSpikes) -> Tensor:
    """Spikes per neuron and time step, averaged: a scalar from 0 (silent) to 1 (saturated), float32 at least."""
    if isinstance(spikes, PackedSpikes):
        spikes = spikes.unpack()
    return spikes.mean(dtype=torch.promote_types(spikes.dtype, torch.float32))


def _spike_counts(spikes: Tensor) -> Tensor:
    """Spikes of every output neuron over all time steps, `[B, classes]`; half types cannot count past 256 or 2048."""
    check_readout(spikes)
    if spikes.dim() == 2:
        return spikes
    return spikes.sum(0, dtype=torch.promote_types(spikes.dtype, torch.float32))
