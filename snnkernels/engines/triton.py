"""The Triton engine: whether it can run, and its operators.

The scans are in triton_plan.py, how they launch in triton_launch.py, their kernels in triton_loops.py; Poisson spikes
are in triton_poisson_plan.py and triton_poisson.py. All import Triton, so they are imported when the engine is first
used. With TRITON_INTERPRET=1 in the environment by then, Triton's interpreter runs the same kernels on a CPU, slowly:
that is how they are tested without a GPU.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch

from ..ops import LIBRARY

_import_error: str | None = None


def unusable_reason(device: torch.device) -> str | None:
    """Why the Triton engine cannot run on a device, or None if it can."""
    if device.type not in ("cuda", "cpu"):
        return f"written for cuda, not for {device.type}"
    if device.type == "cpu" and os.environ.get("TRITON_INTERPRET") != "1":
        return "on a CPU it is only interpreted, for tests: set TRITON_INTERPRET=1 before Triton is imported"
    if device.type == "cuda" and not torch.cuda.is_available():
        return "no CUDA device: torch.cuda.is_available() is False"
    return _import_failure()


def _import_failure() -> str | None:
    """Why Triton cannot be imported, or None. The global does not change if it can be imported: torch.compile makes a
    new graph when a global changes."""
    global _import_error
    if _import_error is None:
        try:
            from . import triton_plan  # noqa: F401
        except ImportError as error:
            _import_error = str(error)
    return _import_error


@cache
def _operator(name: str) -> Callable[..., Any]:
    """The function that runs an operator. It is cached, because even an import that is done already takes a while."""
    from . import triton_plan, triton_poisson_plan

    return getattr(triton_poisson_plan if name == "poisson" else triton_plan, name)


def _call(name: str, *arguments: Any) -> Any:
    return _operator(name)(*arguments)


for _name in ("forward", "backward", "poisson"):
    for _device in ("CUDA", "CPU"):
        LIBRARY.impl(f"triton_{_name}", partial(_call, _name), _device)
