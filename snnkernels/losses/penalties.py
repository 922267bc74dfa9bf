"""Penalties on hidden spikes."""

from __future__ import annotations

import torch
from torch import Tensor

from ..inputs import check_choice, check_order, check_rate
from ..packed import PackedSpikes
from ..readout import spike_counts


def silence_penalty(
    spikes: Tensor | PackedSpikes, lower: float = 1.0, *, order: int = 2, over: str = "neuron"
) -> Tensor:
    """What a hidden layer pays for neurons that fire too seldom (the lower bound of Zenke & Vogels 2021,
    doi:10.1162/neco_a_01367).

        penalty = mean of max(0, lower - n)^order,    n = sum over t of s[t]

    lower: the count below which a neuron pays, in spikes per sample. All else is as in :func:`activity_penalty`.
    Multiply it by its strength, and add it to the loss.
    """
    return _power((check_rate("lower", lower) - _averaged(spikes, over)).relu(), order)


def activity_penalty(
    spikes: Tensor | PackedSpikes, upper: float = 0.0, *, order: int = 1, over: str = "neuron"
) -> Tensor:
    """What a hidden layer pays for neurons that fire too often (the upper bound of Zenke & Vogels 2021,
    doi:10.1162/neco_a_01367, with over="layer").

        penalty = mean of max(0, n - upper)^order,    n = sum over t of s[t]

    With the defaults it is the mean spike count: times B * N, snnTorch's l1_rate_sparsity. As there, a neuron at its
    bound, such as a silent one at 0, gets the gradient of one above it. SpyTorch's penalty on spikes per neuron is that
    of order=2 and over="batch", times B^2.

    Args:
        spikes: `[T, B, ...]`, or counts `[B, N]`.
        upper: the count above which a neuron pays, in spikes per sample.
        order: 1, or 2 for the square.
        over: whose count n is: "neuron", of each neuron and sample; "layer", averaged over the neurons of a sample;
            "batch", averaged over the samples.

    Returns a scalar, float32 at least. Multiply it by its strength, and add it to the loss.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError on another shape, bound, order or
    over.
    """
    excess = _averaged(spikes, over) - check_rate("upper", upper)
    return _power(torch.where(excess >= 0, excess, 0.0), order)  # clamp's gradient at 0 is another in each torch


def _averaged(spikes: Tensor | PackedSpikes, over: str) -> Tensor:
    counts = spike_counts(spikes)
    over = check_choice("over", over, ("neuron", "layer", "batch"))
    if over == "neuron":
        return counts
    return counts.mean(0) if over == "batch" else counts.flatten(1).mean(1)


def _power(excess: Tensor, order: int) -> Tensor:
    return (excess.square() if check_order(order) == 2 else excess).mean()
