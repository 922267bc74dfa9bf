"""Checks of times and decays in physical units."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from .values import Parameter, check_dense, check_dtype, check_finite, check_one_of, check_positive, is_transformed

_METHODS = ("exponential", "euler")


def check_conversion(dt: Any, method: Any) -> tuple[float, bool]:
    """Check a time step and the name of a method. Returns the step as a Python float, and whether it is Euler's."""
    check_one_of("method", method, _METHODS)
    return check_positive("dt", dt), method == "euler"


def check_tau(tau: Any, dt: float, euler: bool) -> Parameter:
    """Check time constants: above 0, and in Euler's method no shorter than a time step."""
    if not isinstance(tau, Tensor):
        tau = check_positive("tau", tau)
    for end in _ends("tau", tau):
        if not 0 < end < math.inf:
            raise ValueError(f"tau must be positive and finite, got {end}")
        if euler and end < dt:
            raise ValueError(
                f'tau must be dt, {dt}, or longer with method="euler", whose decay would be negative, got {end}: '
                'write a shorter dt, or method="exponential"'
            )
    return tau


def check_decay(decay: Any, euler: bool) -> Parameter:
    """Check decays: in (0, 1), or in [0, 1) in Euler's method."""
    if not isinstance(decay, Tensor):
        decay = check_finite("decay", decay)
    for end in _ends("decay", decay):
        if not (0 < end < 1 or (euler and end == 0)):
            raise ValueError(f"decay must be in {'[0' if euler else '(0'}, 1), got {end}")
    return decay


def check_duration(duration: Any) -> float:
    """Check a span of time. Returns it as a Python float."""
    duration = check_finite("duration", duration)
    if duration < 0:
        raise ValueError(f"duration must be 0 or more, got {duration}")
    return duration


def _ends(name: str, value: Parameter) -> tuple[float, ...]:
    """The lowest and the highest value, both NaN if there is one; none where values must not be read: in a graph, under
    torch.func, and on a GPU, for which the host would have to wait."""
    if not isinstance(value, Tensor):
        return (value,)
    check_dense(name, value)
    check_dtype(name, value)
    if torch.compiler.is_compiling() or value.device.type != "cpu" or is_transformed(value) or not value.numel():
        return ()
    return tuple(end.item() for end in value.detach().aminmax())
