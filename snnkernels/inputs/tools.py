"""What PyTorch's tools ask of checks: no warnings in a trace, no torch.jit.script, dtypes under autocast."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import torch
from torch import nn

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def quiet_in_a_trace(check: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorates a check that compares sizes. torch.jit.trace warns of each comparison, because every later call gets
    the same result. This is intended: a trace is of one layout."""

    @wraps(check)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if not torch.jit.is_tracing():
            return check(*args, **kwargs)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", torch.jit.TracerWarning)
            return check(*args, **kwargs)

    return wrapper


def is_recorded() -> bool:
    """Whether torch.compile or torch.jit.trace makes a graph of this call. Values are then not known yet."""
    return torch.compiler.is_compiling() or torch._C._get_tracing_state() is not None


def is_autocast(device: torch.device) -> bool:
    """Whether torch.autocast is enabled for this kind of device."""
    return torch.amp.is_autocast_available(device.type) and torch.is_autocast_enabled(device.type)


def refuse_scripting(module: nn.Module) -> NoReturn:
    """The `__prepare_scriptable__` of every layer: torch.jit.script calls it first."""
    raise RuntimeError(
        f"torch.jit.script cannot compile {type(module).__name__}: "
        "write torch.jit.trace(module, example), torch.export.export or torch.compile instead"
    )
