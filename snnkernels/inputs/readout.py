"""Checks of what readouts and losses take: outputs of a classifier, targets, rates and bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .spikes import check_spike_values, check_steps
from .values import (
    DTYPES,
    broadcasts,
    check_dense,
    check_finite,
    check_one_of,
    check_whole,
    is_number,
    name_of,
    shape_of,
)


def check_readout(spikes: Any) -> None:
    """Check the output spikes of a classifier, or their counts."""
    check_spike_values(spikes)
    if spikes.dim() < 2:
        raise ValueError(f"spikes must be [T, B, classes], or counts, [B, classes], got shape {shape_of(spikes)}")


def check_every_step(spikes: Any) -> None:
    """Check the output spikes of a classifier at every step: sums over time will not do."""
    check_spike_values(spikes)
    if spikes.dim() != 3 or spikes.shape[0] == 0:
        raise ValueError(f"spikes must be of every step, [T, B, classes], got shape {shape_of(spikes)}")


def check_potential(potential: Any, reduced: str = "") -> None:
    """Check the potentials of output neurons. reduced: what `[B, classes]` is, "" if every step is asked for."""
    if not isinstance(potential, Tensor) or potential.dtype not in DTYPES:
        got = name_of(potential.dtype) if isinstance(potential, Tensor) else type(potential).__name__
        raise TypeError(f"potential must be a floating-point tensor, got {got}")
    check_dense("potential", potential)
    if potential.dim() == 3 and potential.shape[0] > 0 or (reduced and potential.dim() == 2):
        return
    expected = f"[T, B, classes], or {reduced}, [B, classes]" if reduced else "of every step, [T, B, classes]"
    raise ValueError(f"potential must be {expected}, got shape {shape_of(potential)}")


def check_spike_times(spikes: Any) -> None:
    """Check the output spikes of a classifier at every step, or the times of first spikes."""
    check_spike_values(spikes)
    if spikes.dim() not in (2, 3) or spikes.shape[0] == 0:
        raise ValueError(
            f"spikes must be [T, B, classes], or times of first spikes, [B, classes], got shape {shape_of(spikes)}"
        )


def check_first_spike(spikes: Any) -> None:
    """Check spikes of which the first is asked for."""
    check_spike_values(spikes)
    if spikes.dim() < 2 or spikes.shape[0] == 0:
        raise ValueError(f"spikes must be [T, B, ...], with one time step or more, got shape {shape_of(spikes)}")


def check_targets(targets: Any, shape: torch.Size) -> None:
    """Check class indices, one for each sample. Another shape would broadcast against the answers."""
    if not isinstance(targets, Tensor) or targets.is_floating_point() or targets.is_complex():
        got = name_of(targets.dtype) if isinstance(targets, Tensor) else type(targets).__name__
        raise TypeError(f"targets must be a tensor of class indices, of integers, got {got}")
    check_dense("targets", targets)
    if targets.shape != shape:
        raise ValueError(
            f"targets must be class indices, one a sample, of shape {tuple(shape)}, got {shape_of(targets)}"
        )


def check_values_or_targets(targets: Any, outputs: Tensor, of: str) -> bool:
    """Check targets that are class indices `[B]`, or values that broadcast to outputs. Returns whether they are the
    latter. of: what the values are."""
    if not isinstance(targets, Tensor):
        raise TypeError(f"targets must be a tensor of class indices, or of {of}, got {type(targets).__name__}")
    check_dense("targets", targets)
    if targets.dim() < 2:
        check_targets(targets, outputs.shape[-2:-1])
        return False
    if not broadcasts(targets, outputs.shape):
        raise ValueError(
            f"targets must be class indices, of shape {tuple(outputs.shape[-2:-1])}, or {of} that broadcast to "
            f"{tuple(outputs.shape)}, got shape {shape_of(targets)}"
        )
    return True


def check_population(outputs: int, num_classes: Any) -> int:
    """Check how many classes output neurons vote for. Returns how many neurons each class has."""
    num_classes = check_whole("num_classes", num_classes)
    if num_classes < 1 or outputs % num_classes:
        raise ValueError(f"num_classes must divide the number of output neurons, {outputs}, got {num_classes}")
    return outputs // num_classes


def check_rate(name: str, rate: Any) -> float:
    """Check a firing rate, in spikes per time step. Returns it as a Python float."""
    rate = check_finite(name, rate)
    if rate < 0:
        raise ValueError(f"{name} must be 0 or more, got {rate}")
    return rate


def check_time_steps(spikes: Tensor, steps: Any) -> int:
    """Check the number of time steps that spike counts are of. Returns it."""
    if spikes.dim() == 2:
        if steps is None:
            raise ValueError("steps must be given with counts, [B, classes]: the number of time steps that they are of")
        return check_steps(steps)
    if steps is not None:
        raise ValueError(
            f"steps is for counts, [B, classes]; spikes of shape {shape_of(spikes)} have {spikes.shape[0]} time steps"
        )
    return spikes.shape[0]


def check_time(name: str, time: Any, steps: int) -> int:
    """Check a time step of a sequence. Returns it, counted from the first step."""
    time = check_whole(name, time, "a time step, a whole number")
    if not -steps <= time < steps:
        raise ValueError(f"{name} must be one of {steps} time steps, from {-steps} to {steps - 1}, got {time}")
    return time % steps


def check_target_times(on: Any, off: Any, targets: Any, steps: int) -> tuple[Any, Any, int | None]:
    """Check the time steps of target neurons and of others. Returns them, counted from the first step, and how many
    spikes of a neuron they are for: None for one step each."""
    several = [isinstance(times, (Sequence, Tensor)) for times in (on, off)]
    if not any(several):
        count = targets.shape[0] if isinstance(targets, Tensor) and targets.dim() == 3 else None
        check_spike_number(count, steps)
        return check_time("on_target", on, steps), check_time("off_target", off, steps), count
    if not all(several) or len(on) != len(off):
        raise ValueError(f"on_target and off_target must have as many time steps, got {on} and {off}")
    check_spike_number(len(on), steps)
    ons, offs = (
        [check_time(name, time, steps) for time in (times.tolist() if isinstance(times, Tensor) else times)]
        for name, times in (("on_target", on), ("off_target", off))
    )
    return ons, offs, len(on)


def check_spike_number(count: Any, steps: int) -> None:
    """Check how many spikes of a neuron are asked for, or None for the first alone."""
    if count is not None and not 1 <= check_whole("count", count) <= steps:
        raise ValueError(f"count, the number of spikes of a neuron, must be from 1 to {steps} time steps, got {count}")


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Check a word."""
    check_one_of(name, value, choices)
    return str(value)


def check_order(order: Any) -> int:
    """Check the power that a penalty is raised to."""
    if not is_number(order) or order not in (1, 2):
        raise ValueError(f"order must be 1 (proportional to the excess) or 2 (to its square), got {order!r}")
    return int(order)
