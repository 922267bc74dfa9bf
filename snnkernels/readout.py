"""Rate readout: loss, accuracy and firing rate from a classifier's output spikes, `[T, B, classes]`, time first."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .encoding import PoissonSpikes
from .inputs import check_dense, check_readout, check_spike_values, check_targets
from .packed import PackedSpikes


def spike_count_loss(spikes: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy on the output spike counts, averaged over the batch (snnTorch's ce_count_loss).

    spikes: `[T, B, classes]`, or their counts `[B, classes]`; targets: class indices, int64 `[B]`, or any other target
    that torch's cross_entropy takes for counts. Returns a scalar, float32 at least.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError if it has fewer than two dimensions.
    """
    counts = _spike_counts(spikes)
    if isinstance(targets, Tensor):
        check_dense("targets", targets)
    return functional.cross_entropy(counts, targets)


def spike_count_accuracy(spikes: Tensor | PackedSpikes, targets: Tensor) -> Tensor:
    """The fraction of samples whose target neuron fired most often. Of equal counts the first is the answer.

    spikes: `[T, B, classes]`, or packed, with time in any dimension, or their counts `[B, classes]`; targets: class
    indices, integers `[B]`. Returns a float32 scalar from 0 to 1.

    Raises what :func:`spike_count_loss` raises, and TypeError or ValueError if targets are not such indices.
    """
    counts = _spike_counts(spikes)
    check_targets(targets, counts.shape[:-1])
    return (counts.argmax(-1) == targets).float().mean()


def firing_rate(spikes: Tensor | PackedSpikes | PoissonSpikes) -> Tensor:
    """Spikes per neuron and time step, averaged: a scalar from 0 (silent) to 1 (saturated), float32 at least.

    Raises TypeError if spikes are not a floating-point or bool tensor, nor packed or drawn.
    """
    if isinstance(spikes, (PackedSpikes, PoissonSpikes)):
        spikes = spikes.unpack()
    check_spike_values(spikes)
    return spikes.mean(dtype=torch.promote_types(spikes.dtype, torch.float32))


def _spike_counts(spikes: Tensor | PackedSpikes) -> Tensor:
    """The spike count of every output neuron, `[B, classes]`, in float32 at least: half types stop at 256 or 2048."""
    time_dim = 0
    if isinstance(spikes, PackedSpikes):
        time_dim = spikes.layout.time_dim
        spikes = spikes.unpack()
    check_readout(spikes)
    dtype = torch.promote_types(spikes.dtype, torch.float32)
    return spikes.to(dtype) if spikes.dim() == 2 else spikes.sum(time_dim, dtype=dtype)
