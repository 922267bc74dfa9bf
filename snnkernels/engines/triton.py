"""The Triton engine: its operators, and whether it can run.

How a scan becomes a launch is in triton_launch.py, the kernels are in triton_loops.py. Both import Triton, so they are
imported when the engine is first used. With TRITON_INTERPRET=1 in the environment before Python starts, Triton's
interpreter runs the same kernels on a CPU, slowly: that is how they are tested without a GPU.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from ..ops import LIBRARY

_INTERPRETED = os.environ.get("TRITON_INTERPRET", "").lower() in ("1", "true", "yes", "on", "y")


def unusable_reason(device: str) -> str | None:
    """Why the Triton engine cannot run on a kind of device, or None where it can."""
    if device not in ("cuda", "cpu"):
        return f"written for cuda, not for {device}"
    if device == "cpu" and not _INTERPRETED:
        return "on a CPU it is only interpreted, for tests: set TRITON_INTERPRET=1 before Python starts"
    if device == "cuda" and not torch.cuda.is_available():
        return "no CUDA device: torch.cuda.is_available() is False"
    return _import_error()


@cache
def _import_error() -> str | None:
    try:
        from . import triton_launch  # noqa: F401
    except ImportError as error:
        return str(error)
    return None


def forward(
    x: Tensor,
    states: Tensor,
    params: Sequence[Tensor],
    constants: Sequence[float],
    neuron: str,
    strict: bool,
    interval: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """`snnkernels::triton_forward`, as ops.py defines it."""
    from .triton_launch import forward_launch

    return forward_launch(x, states, params, constants, neuron, strict, interval, _processors(x.device)).run()


def backward(
    x: Tensor,
    checkpoints: Tensor,
    params: Sequence[Tensor],
    constants: Sequence[float],
    neuron: str,
    strict: bool,
    interval: int,
    surrogate: str,
    slope: float,
    grad_spikes: Tensor,
    grad_states: Tensor,
    param_grads: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """`snnkernels::triton_backward`, as ops.py defines it."""
    from .triton_launch import Spike, backward_launch

    spike = Spike(strict, surrogate, slope)
    grads = (grad_spikes, grad_states)
    scan = (x, checkpoints, params, constants, neuron, spike, interval)
    return backward_launch(*scan, grads, param_grads, _processors(x.device)).run()


def _processors(device: torch.device) -> int:
    """Multiprocessors of a GPU; the interpreter is one."""
    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 1


for _device in ("CUDA", "CPU") if _INTERPRETED else ("CUDA",):
    LIBRARY.impl("triton_forward", forward, _device)
    LIBRARY.impl("triton_backward", backward, _device)
