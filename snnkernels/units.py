"""Time constants in seconds to decays per time step, and back."""

from __future__ import annotations

import math
from typing import overload

import torch
from torch import Tensor

from .inputs import Parameter, check_conversion, check_decay, check_duration, check_positive, check_tau


@overload
def decay_from_tau(tau: float, dt: float, *, method: str = ...) -> float: ...
@overload
def decay_from_tau(tau: Tensor, dt: float, *, method: str = ...) -> Tensor: ...
def decay_from_tau(tau: Parameter, dt: float, *, method: str = "exponential") -> Parameter:
    """The decay per time step, such as :func:`snnkernels.lif`'s beta, of a time constant.

    A potential with du/dt = -u / tau and no input decays in a step of dt by

        exp(-dt / tau)   method="exponential", the exact solution. SpyTorch, Rockpool, snnTorch's tutorials, and sinabs,
                         whose tau is in time steps (dt = 1), use it.
        1 - dt / tau     method="euler", its first two terms. Norse, whose parameters are 1 / tau, and SpikingJelly,
                         whose tau is in time steps (dt = 1), use it.

    The two differ by about (dt / tau)^2 / 2.

    tau: a positive number, or a tensor of them of any shape and floating-point dtype, to which gradients flow; dt: the
    length of a time step, a positive number in the unit of tau. Returns a number, or a tensor like tau.

    Raises TypeError on a value of another type. Raises ValueError if tau or dt is not positive and finite, if dt > tau
    in Euler's method, and on another method. On a GPU, under torch.func and in a graph of torch.compile, the values of
    a tensor are not read.
    """
    dt, euler = check_conversion(dt, method)
    tau = check_tau(tau, dt, euler)
    if euler:
        return 1 - dt / tau
    return torch.exp(-dt / tau) if isinstance(tau, Tensor) else math.exp(-dt / tau)


@overload
def tau_from_decay(decay: float, dt: float, *, method: str = ...) -> float: ...
@overload
def tau_from_decay(decay: Tensor, dt: float, *, method: str = ...) -> Tensor: ...
def tau_from_decay(decay: Parameter, dt: float, *, method: str = "exponential") -> Parameter:
    """The time constant, in the unit of dt, of a decay per time step: the inverse of :func:`decay_from_tau`.

        -dt / log(decay)    method="exponential"
        dt / (1 - decay)    method="euler"

    decay: a number in (0, 1), with Euler's method in [0, 1), or a tensor of them, to which gradients flow; dt: the
    length of a time step, a positive number. Returns a number, or a tensor like decay.

    Raises TypeError on a value of another type, ValueError on a value outside of these ranges, and on another method.
    On a GPU, under torch.func and in a graph of torch.compile, the values of a tensor are not read.
    """
    dt, euler = check_conversion(dt, method)
    decay = check_decay(decay, euler)
    if euler:
        return dt / (1 - decay)
    return -dt / (torch.log(decay) if isinstance(decay, Tensor) else math.log(decay))


def steps_from_duration(duration: float, dt: float) -> int:
    """How many time steps a span of time is, such as a refractory period or a delay: duration / dt, rounded to the
    nearest whole number, of two equally near ones to the even one.

    duration: a number, 0 or more; dt: the length of a time step, a positive number in the same unit.

    Raises TypeError if one is not a number, ValueError if it is out of range.
    """
    return round(check_duration(duration) / check_positive("dt", dt))
