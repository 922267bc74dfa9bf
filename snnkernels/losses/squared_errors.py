"""Mean squared errors of output spikes and potentials, `[T, B, classes]`, time first."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..inputs import (
    check_every_step,
    check_finite,
    check_potential,
    check_rate,
    check_readout,
    check_target_times,
    check_time_steps,
    check_values_or_targets,
)
from ..readout import first_spike_time, in_float32, spike_counts


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
    spikes: Tensor,
    targets: Tensor,
    *,
    on_target: int | Sequence[int] | Tensor = 0,
    off_target: int | Sequence[int] | Tensor = -1,
    tolerance: float = 0.0,
) -> Tensor:
    """Mean squared error of the times of first spikes, in parts of T (snnTorch's mse_temporal_loss).

        loss = mean over samples and neurons of ((t - y) / T)^2, where |t - y| >= tolerance; else 0

    Args:
        spikes: `[T, B, neurons]`. :func:`first_spike_time` says what t and its gradient are.
        targets: class indices, integers `[B]`, for which y is on_target for the target neuron and off_target for the
            others; or y itself, the time steps, `[B, neurons]`; or `[count, B, neurons]` for the first spikes, count of
            them, of each neuron.
        on_target, off_target: time steps from 0; negative ones count from the end, as an index does. (snnTorch 1.0
            reads a negative off_target as 0.) Or as many time steps in both, such as (5, 10) and (100, 105), for the
            first spikes of a neuron; the mean is over them too. (This is snnTorch's multi_spike=True for one neuron.
            Of several, snnTorch 1.0 erases the spikes of all where one has fired.)
        tolerance: an error of fewer steps than this costs nothing.

    Returns a scalar, float32 at least.

    Raises TypeError or ValueError on values that are not as above.
    """
    check_every_step(spikes)
    steps = spikes.shape[0]
    on, off, count = check_target_times(on_target, off_target, targets, steps)
    times = first_spike_time(spikes, count=count)
    error = times - _on_and_off(times, targets, on, off, "time steps")
    near = error.detach().abs() < check_rate("tolerance", tolerance)
    return (error / steps).masked_fill(near, 0.0).square().mean()


def _on_and_off(
    outputs: Tensor, targets: Tensor, on: float | Sequence[int], off: float | Sequence[int], of: str
) -> Tensor:
    """The value that each output is to have: `on` for the target, `off` for the others, or targets themselves.

    Where outputs are `[count, B, neurons]`, on and off are as many values.
    """
    dtype = torch.promote_types(outputs.dtype, torch.float32)
    if check_values_or_targets(targets, outputs, of):
        return targets.to(dtype)
    classes = torch.arange(outputs.shape[-1], device=outputs.device)
    first, second = (_filled(value, outputs, dtype) for value in (on, off))
    return torch.where(targets.unsqueeze(-1) == classes, first, second)


def _filled(value: float | Sequence[int], like: Tensor, dtype: torch.dtype) -> Tensor:
    if isinstance(value, Sequence):
        return torch.stack([like.new_full((1, 1), one, dtype=dtype) for one in value])
    return like.new_full((), value, dtype=dtype)
