"""Checks of single values: their types, sizes and ranges."""

from __future__ import annotations

import difflib
import math
import sys
from collections.abc import Iterable

import torch
from torch import Tensor

from ..scan import Metadata

Parameter = float | Tensor
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
_LARGEST = sys.float_info.max  # a whole number beyond it is no float


def check_number(name: str, value: float, *, positive: bool = False) -> float:
    """Check a parameter that is a plain number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number or a torch.Tensor, got {type(value).__name__}")
    return check_positive(name, value) if positive else check_finite(name, value)


def check_in_range(name: str, value: float, dtype: torch.dtype) -> None:
    """Check that a number is finite in the dtype of states, where infinity times zero would make NaN of them."""
    if abs(value) > torch.finfo(dtype).max:
        raise ValueError(f"{name} must be finite in {name_of(dtype)}, the dtype of states, got {value}")


def check_values(name: str, value: Tensor, *, positive: bool = False) -> None:
    """Check the numbers in a parameter, where it has them and they may be looked at."""
    check_dtype(name, value)
    if value.is_meta or is_transformed(value):
        return
    values = value.detach()
    if values.numel():
        low, high = (end.item() for end in values.aminmax())  # NaN where there is one: no other way is as fast
        if low > (0 if positive else -math.inf) and high < math.inf:
            return
    wrong = ~torch.isfinite(values) | (values <= 0) if positive else ~torch.isfinite(values)
    if wrong.any():
        expected = "positive and finite" if positive else "finite"
        raise ValueError(f"{name} must be {expected}, got {values[wrong].flatten()[0].item()}")


def check_on_step(name: str, value: Metadata, current: Metadata, step_shape: torch.Size) -> None:
    """Check a tensor that broadcasts to one step of current, on its device."""
    if not isinstance(value, Metadata):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(value).__name__}")
    check_dtype(name, value)
    if value.device != current.device:
        raise ValueError(f"{name} is on {value.device}, current on {current.device}: put both on one device")
    dims, step_dims = len(value.shape), len(step_shape)
    trailing = step_shape[step_dims - dims :] if dims <= step_dims else None
    if trailing is None or any(size != 1 and size != whole for size, whole in zip(value.shape, trailing, strict=True)):
        raise ValueError(
            f"{name} must broadcast to the shape of one time step, {tuple(step_shape)}, got {shape_of(value)}"
        )


def check_tensor(name: str, value: Tensor) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(value).__name__}")
    check_dtype(name, value)


def check_dense(name: str, value: Tensor) -> None:
    if value.layout != torch.strided:
        raise TypeError(f"{name} must be a dense tensor, got layout {value.layout}: to_dense() makes one of it")


def check_dtype(name: str, value: Tensor | Metadata) -> None:
    if value.dtype not in DTYPES:
        raise TypeError(f"{name} must be float64, float32, bfloat16 or float16, got {name_of(value.dtype)}")


def is_transformed(value: object) -> bool:
    """Whether torch.func is at work, which lets nobody look at values."""
    if torch.compiler.is_compiling() or not isinstance(value, Tensor):
        return False
    return torch._C._functorch.is_functorch_wrapped_tensor(value)


def check_whole(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {value!r}")


def check_flag(name: str, value: bool) -> None:
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")


def check_finite(name: str, value: float) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if not -_LARGEST <= value <= _LARGEST:  # math.isfinite takes no symbolic float of torch.compile
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)


def check_positive(name: str, value: float) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if not 0 < value <= _LARGEST:
        raise ValueError(f"{name} must be positive and finite, got {value}")
    return float(value)


def check_one_of(name: str, value: str, choices: Iterable[str], others: str = "") -> None:
    if isinstance(value, str) and value in choices:
        return
    known = ", ".join(map(repr, choices)) + (f" or {others}" if others else "")
    raise ValueError(f"{name} must be one of {known}, got {value!r}{near(value, choices)}")


def near(value: str, choices: Iterable[str], cutoff: float = 0.6) -> str:
    """The question after a misspelt name; "" where none of the choices is as near as cutoff says."""
    near = difflib.get_close_matches(str(value), list(choices), n=2, cutoff=cutoff)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def shape_of(tensor: Tensor | Metadata) -> tuple[int, ...]:
    return tuple(tensor.shape)


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
