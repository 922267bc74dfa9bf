"""The Triton engine: its operators, and whether it can run.

How a call becomes a launch is in triton_launch.py, the kernels are in triton_loops.py and triton_poisson.py. All import
Triton, so they are imported when the engine is first used. With TRITON_INTERPRET=1 in the environment by then, Triton's
interpreter runs the same kernels on a CPU, slowly: that is how they are tested without a GPU.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from torch import Tensor

from .. import tuning
from ..ops import LIBRARY

_import_error: str | None = None


def unusable_reason(device: str) -> str | None:
    """Why the Triton engine cannot run on a kind of device, or None where it can."""
    if device not in ("cuda", "cpu"):
        return f"written for cuda, not for {device}"
    if device == "cpu" and os.environ.get("TRITON_INTERPRET") != "1":
        return "on a CPU it is only interpreted, for tests: set TRITON_INTERPRET=1 before Triton is imported"
    if device == "cuda" and not torch.cuda.is_available():
        return "no CUDA device: torch.cuda.is_available() is False"
    return _import_failure()


def _import_failure() -> str | None:
    """Why Triton cannot be imported. What is kept only changes where it cannot, as torch.compile then compiles anew."""
    global _import_error
    if _import_error is None:
        try:
            from . import triton_launch  # noqa: F401
        except ImportError as error:
            _import_error = str(error)
    return _import_error


def forward(
    x: Tensor,
    states: Tensor | None,
    params: Sequence[Tensor],
    numbers: Sequence[float],
    neuron: str,
    strict: bool,
    interval: int,
    time_dim: int,
    steps: int,
    output: str,
) -> tuple[Tensor, ...]:
    """`snnkernels::triton_forward`, as ops.py defines it."""
    from .triton_launch import Scan, forward_launch

    scan = Scan(x, params, numbers, neuron, strict, interval, time_dim, steps)
    return forward_launch(scan, states, output, _processors(x.device), _measured(x, time_dim, steps).forward).run()


def backward(
    x: Tensor,
    checkpoints: Tensor,
    params: Sequence[Tensor],
    numbers: Sequence[float],
    neuron: str,
    strict: bool,
    interval: int,
    time_dim: int,
    steps: int,
    surrogate: str,
    slope: float,
    grad_spikes: Tensor,
    grad_states: Tensor | None,
    param_grads: bool,
) -> tuple[Tensor, ...]:
    """`snnkernels::triton_backward`, as ops.py defines it."""
    from .triton_launch import Scan, backward_launch

    scan = Scan(x, params, numbers, neuron, strict, interval, time_dim, steps)
    rule = (surrogate, slope, (grad_spikes, grad_states), param_grads)
    tiling = _measured(x, time_dim, steps).backward
    return backward_launch(scan, checkpoints, *rule, _processors(x.device), tiling).run()


def poisson(images: Tensor, first: int, steps: int, seed: Tensor, packed: bool) -> Tensor:
    """`snnkernels::triton_poisson`, as ops.py defines it."""
    from .triton_launch import poisson_launch

    return poisson_launch(images, first, steps, seed, packed, _processors(images.device)).run()[0]


def _measured(x: Tensor, time_dim: int, steps: int) -> tuning.Choice:
    """The fastest tilings of a scan over x."""
    return tuning.choice(tuning.Sizes(x.device, x.element_size(), x.numel() // x.shape[time_dim], steps))


def _processors(device: torch.device) -> int:
    """Multiprocessors of a GPU; the interpreter, on a CPU, is one."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).multi_processor_count
    reason = unusable_reason(device.type)
    if reason is not None:
        raise RuntimeError(reason)
    return 1


for _device in ("CUDA", "CPU"):
    LIBRARY.impl("triton_forward", forward, _device)
    LIBRARY.impl("triton_backward", backward, _device)
    LIBRARY.impl("triton_poisson", poisson, _device)
