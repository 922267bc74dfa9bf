"""Losses on output spikes and potentials, `[T, B, classes]`, time first, and penalties on hidden spikes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .inputs import (
    check_choice,
    check_dense,
    check_every_step,
    check_finite,
    check_order,
    check_potential,
    check_rate,
    check_readout,
    check_time,
    check_time_steps,
    check_values_or_targets,
)
from .packed import PackedSpikes
from .readout import first_spike_time, in_float32, last_potential, max_potential, spike_counts, spike_times


def spike_count_loss(
    spikes: Tensor,
    targets: Tensor,
    *,
    num_classes: int | None = None,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy on the output spike counts, averaged over the batch (snnTorch's ce_count_loss).

        loss = cross_entropy(sum over t of s[t], targets)

    Args:
        spikes: `[T, B, classes]`, or their counts `[B, classes]`, which a layer's output over time may have given. Of
            potentials it takes the sum over time.
        targets: class indices, int64 `[B]`, or any other target that torch's cross_entropy takes for counts.
        num_classes: for a population code: of N output neurons the first N / num_classes vote for class 0, the next for
            class 1, and so on; their counts are added. Default: one neuron a class.
        weight, label_smoothing, reduction: as in torch.nn.functional.cross_entropy.

    Returns a scalar, float32 at least; with reduction="none" `[B]`.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError if it has fewer than two dimensions,
    or if num_classes does not divide N.
    """
    return _cross_entropy(spike_counts(spikes, num_classes), targets, weight, label_smoothing, reduction)


def spike_rate_loss(
    spikes: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy at every time step, averaged over steps and the batch (snnTorch's ce_rate_loss; on currents, Deng
    et al. 2022, arXiv:2202.11946, TET without its regulariser).

        loss = 1 / T * sum over t of cross_entropy(s[t], targets)

    spikes: `[T, B, classes]`, spikes or potentials; targets: class indices, int64 `[B]`, or probabilities
    `[B, classes]`. weight, label_smoothing, reduction: as in torch.nn.functional.cross_entropy. Returns a scalar,
    float32 at least; with reduction="none" `[B]`.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError if it is not `[T, B, classes]`.
    """
    check_every_step(spikes)
    scores, steps = in_float32(spikes), spikes.shape[0]
    if isinstance(targets, Tensor):
        check_dense("targets", targets)
        targets = targets.expand(steps, *targets.shape).flatten(0, 1)
    loss = _cross_entropy(scores.flatten(0, 1), targets, weight, label_smoothing, reduction)
    if reduction == "none":
        return loss.unflatten(0, (steps, -1)).mean(0)
    return loss / steps if reduction == "sum" else loss


def max_potential_loss(
    potential: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy on the largest potential of each output neuron (snnTorch's ce_max_membrane_loss; SpyTorch's
    readout, Neftci, Mostafa & Zenke 2019, doi:10.1109/MSP.2019.2931595).

        loss = cross_entropy(max over t of u[t], targets)

    potential: `[T, B, classes]`, or the largest of each neuron, `[B, classes]`, which a layer with output="max" gives;
    targets: class indices, int64 `[B]`, or probabilities `[B, classes]`. weight, label_smoothing, reduction: as in
    torch.nn.functional.cross_entropy. The gradient goes to the first step with the largest potential. Returns a scalar,
    float32 at least; with reduction="none" `[B]`.

    Raises TypeError if potential is not a floating-point tensor, ValueError if it has another shape.
    """
    return _cross_entropy(max_potential(potential), targets, weight, label_smoothing, reduction)


def last_potential_loss(
    potential: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy on the potential of each output neuron after the last step.

        loss = cross_entropy(u[T - 1], targets)

    potential: `[T, B, classes]`, or that of the last step, `[B, classes]`, as a layer's final state or output="last"
    gives it. All else is as in :func:`max_potential_loss`.
    """
    return _cross_entropy(last_potential(potential), targets, weight, label_smoothing, reduction)


def spike_time_loss(
    spikes: Tensor,
    targets: Tensor,
    *,
    inverse: str = "negate",
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Cross-entropy on the times of first spikes: the target neuron is to fire first (snnTorch's ce_temporal_loss).

        loss = cross_entropy(-t, targets), or cross_entropy(1 / (t + 1), targets) with inverse="reciprocal"

    spikes: `[T, B, classes]`, or times of first spikes `[B, classes]`, as :func:`first_spike_time` gives them, which
    says what the gradient is; targets: class indices, int64 `[B]`, or probabilities `[B, classes]`. inverse: "negate"
    or "reciprocal". weight, label_smoothing, reduction: as in torch.nn.functional.cross_entropy. Returns a scalar,
    float32 at least; with reduction="none" `[B]`.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError if it has another shape, or on another
    inverse.
    """
    times = spike_times(spikes)
    negate = check_choice("inverse", inverse, ("negate", "reciprocal")) == "negate"
    return _cross_entropy(-times if negate else 1 / (times + 1), targets, weight, label_smoothing, reduction)


def spike_count_mse(
    spikes: Tensor,
    targets: Tensor,
    *,
    correct_rate: float = 1.0,
    incorrect_rate: float = 0.0,
    num_classes: int | None = None,
    steps: int | None = None,
) -> Tensor:
    """Mean squared error of the output spike counts, divided by T (snnTorch's mse_count_loss; Shrestha & Orchard 2018,
    arXiv:1810.08646, SLAYER).

        loss = 1 / T * mean over samples and classes of (sum over t of s[t] - T * rate)^2

    Args:
        spikes: `[T, B, classes]`, or their counts `[B, classes]`.
        targets: class indices, integers `[B]`.
        correct_rate, incorrect_rate: the rate, in spikes per neuron and time step, of the target class and of the
            others. T * rate need not be whole. (snnTorch drops what is behind the point.)
        num_classes: for a population code, as in :func:`spike_count_loss`; T * rate is then times the neurons a class.
        steps: T, where counts are given.

    Returns a scalar, float32 at least.

    Raises TypeError or ValueError on spikes, targets, rates or steps that are not as above.
    """
    check_readout(spikes)
    counts = spike_counts(spikes, num_classes)
    steps = check_time_steps(spikes, steps)
    neurons = spikes.shape[-1] // counts.shape[-1]
    rates = check_rate("correct_rate", correct_rate), check_rate("incorrect_rate", incorrect_rate)
    on, off = (steps * neurons * rate for rate in rates)
    return (counts - _on_and_off(counts, targets, on, off, "counts")).square().mean() / steps


def potential_mse(potential: Tensor, targets: Tensor, *, on_target: float = 1.0, off_target: float = 0.0) -> Tensor:
    """Mean squared error of the potentials at every step (snnTorch's mse_membrane_loss).

        loss = mean over steps, samples and neurons of (u[t] - y)^2

    potential: `[T, B, neurons]`; targets: class indices, integers `[B]`, for which y is on_target for the target neuron
    and off_target for the others; or y itself, which broadcasts to potential: `[B, neurons]`, or `[T, B, neurons]` for
    other values at each step. Returns a scalar, float32 at least.

    Raises TypeError or ValueError on a potential or targets that are not as above.
    """
    check_potential(potential)
    on, off = check_finite("on_target", on_target), check_finite("off_target", off_target)
    return (in_float32(potential) - _on_and_off(potential, targets, on, off, "potentials")).square().mean()


def spike_time_mse(
    spikes: Tensor, targets: Tensor, *, on_target: int = 0, off_target: int = -1, tolerance: float = 0.0
) -> Tensor:
    """Mean squared error of the times of first spikes, in parts of T (snnTorch's mse_temporal_loss).

        loss = mean over samples and neurons of ((t - y) / T)^2, where |t - y| >= tolerance; else 0

    Args:
        spikes: `[T, B, neurons]`. :func:`first_spike_time` says what t and its gradient are.
        targets: class indices, integers `[B]`, for which y is on_target for the target neuron and off_target for the
            others; or y itself, the time steps, `[B, neurons]`.
        on_target, off_target: time steps from 0; negative ones count from the end, as an index does. (snnTorch 1.0
            reads a negative off_target as 0.)
        tolerance: an error of fewer steps than this costs nothing.

    Returns a scalar, float32 at least.

    Raises TypeError or ValueError on values that are not as above.
    """
    check_every_step(spikes)
    steps, times = spikes.shape[0], first_spike_time(spikes)
    on, off = check_time("on_target", on_target, steps), check_time("off_target", off_target, steps)
    error = times - _on_and_off(times, targets, on, off, "time steps")
    near = error.detach().abs() < check_rate("tolerance", tolerance)
    return (error / steps).masked_fill(near, 0.0).square().mean()


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


def _on_and_off(outputs: Tensor, targets: Tensor, on: float, off: float, of: str) -> Tensor:
    """The value that each output is to have: `on` for the target, `off` for the others, or targets themselves."""
    dtype = torch.promote_types(outputs.dtype, torch.float32)
    if check_values_or_targets(targets, outputs, of):
        return targets.to(dtype)
    classes = torch.arange(outputs.shape[-1], device=outputs.device)
    first, second = outputs.new_full((), on, dtype=dtype), outputs.new_full((), off, dtype=dtype)
    return torch.where(targets.unsqueeze(-1) == classes, first, second)


def _cross_entropy(
    scores: Tensor, targets: Tensor, weight: Tensor | None, label_smoothing: float, reduction: str
) -> Tensor:
    if isinstance(targets, Tensor):
        check_dense("targets", targets)
    return functional.cross_entropy(scores, targets, weight, label_smoothing=label_smoothing, reduction=reduction)
