"""Checks of single values: their types, sizes and ranges."""

from __future__ import annotations

import difflib
import math
import operator
import sys
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensor

from ..scan import Metadata

Parameter = float | Tensor
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
_STAND_INS = (FakeTensor, FunctionalTensor)
_LARGEST = sys.float_info.max  # a whole number beyond it does not fit a float


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a real number: Python's, numpy's, or a symbol of a compiler. A bool or an array is not."""
    return isinstance(value, (int, float, torch.SymInt, torch.SymFloat, Real)) and not isinstance(value, bool)


def check_number(name: str, value: Any, *, positive: bool = False) -> float:
    """Check a parameter that is a plain number."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number or a torch.Tensor, got {kind_of(value)}")
    return check_positive(name, value) if positive else check_finite(name, value)


def check_in_range(name: str, value: float, dtype: torch.dtype) -> None:
    """Check that a number is finite in the dtype of states, where infinity times zero would make NaN of them."""
    if abs(value) > torch.finfo(dtype).max:
        raise ValueError(f"{name} must be finite in {name_of(dtype)}, the dtype of states, got {value}")


def check_values(name: str, value: Tensor, *, positive: bool = False) -> None:
    """Check the values of a parameter, if it has values that may be read."""
    check_dense(name, value)
    check_dtype(name, value)
    if value.is_meta or is_transformed(value):
        return
    values = value.detach()
    if values.numel():
        # NaN if there is one; no other way is as fast.
        low, high = [values.item()] * 2 if values.numel() == 1 else [end.item() for end in values.aminmax()]
        if low > (0 if positive else -math.inf) and high < math.inf:
            return
    wrong = ~torch.isfinite(values) | (values <= 0) if positive else ~torch.isfinite(values)
    if wrong.any():
        expected = "positive and finite" if positive else "finite"
        raise ValueError(f"{name} must be {expected}, got {values[wrong].flatten()[0].item()}")


def check_on_step(name: str, value: Metadata, current: Metadata, step_shape: torch.Size, of: str = "current") -> None:
    """Check a tensor that broadcasts to one step of the input `of`, on its device."""
    if not isinstance(value, Metadata):
        raise TypeError(f"{name} must be a torch.Tensor, got {kind_of(value)}")
    check_dtype(name, value)
    if value.device != current.device:
        raise ValueError(f"{name} is on {value.device}, {of} on {current.device}: put both on one device")
    dims, step_dims = len(value.shape), len(step_shape)
    trailing = step_shape[step_dims - dims :] if dims <= step_dims else None
    if trailing is None or any(size != 1 and size != whole for size, whole in zip(value.shape, trailing, strict=True)):
        raise ValueError(
            f"{name} must broadcast to the shape of one time step, {tuple(step_shape)}, got {shape_of(value)}"
        )


def check_tensor(name: str, value: Tensor) -> None:
    """Check a dense tensor of a floating-point dtype."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {kind_of(value)}")
    check_dense(name, value)
    check_dtype(name, value)


def check_dense(name: str, value: Tensor) -> None:
    """Check that a tensor has a shape and strides. Call this before you ask for either."""
    if value.is_nested:
        raise TypeError(
            f"{name} must be a dense tensor, got a nested one: torch.nested.to_padded_tensor({name}, 0.0) pads it"
        )
    if value.layout != torch.strided:
        raise TypeError(f"{name} must be a dense tensor, got layout {value.layout}: to_dense() makes one of it")


def check_dtype(name: str, value: Tensor | Metadata) -> None:
    if value.dtype not in DTYPES:
        raise TypeError(f"{name} must be float64, float32, bfloat16 or float16, got {name_of(value.dtype)}")


def is_subclass(value: object) -> bool:
    """Whether a value is a tensor of a class with its own arithmetic, such as quantised weights or a DTensor. Such a
    class knows only torch's operators. Stand-ins for tensors while a graph is made do not count."""
    own = (Tensor, nn.Parameter)
    return isinstance(value, Tensor) and type(value) not in own and not isinstance(value, _STAND_INS)


def is_transformed(value: object) -> bool:
    """Whether a transform of torch.func is at work, in which values cannot be read."""
    if torch.compiler.is_compiling() or not isinstance(value, Tensor):
        return False
    return torch._C._functorch.is_functorch_wrapped_tensor(value)


def check_whole(name: str, value: int, of: str = "a whole number") -> int:
    """Check a whole number. Returns it as a Python int, or unchanged if it is a symbol."""
    if isinstance(value, bool) or not isinstance(value, (int, torch.SymInt, Integral)):
        raise TypeError(f"{name} must be {of}, got {value!r}")
    return value if isinstance(value, (int, torch.SymInt)) else operator.index(value)


def check_flag(name: str, value: bool) -> None:
    """Check that a value is True or False, and not another value that counts as one of them."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")


def check_finite(name: str, value: float) -> float:
    """Check a finite number. Returns it as a Python float."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    value = _as_python(value)
    if not -_LARGEST <= value <= _LARGEST:  # math.isfinite takes no symbolic float of torch.compile
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)


def check_positive(name: str, value: float) -> float:
    """Check a finite number above 0. Returns it as a Python float."""
    if not is_number(value):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    value = _as_python(value)
    if not 0 < value <= _LARGEST:
        raise ValueError(f"{name} must be positive and finite, got {value}")
    return float(value)


def _as_python(value: float) -> float:
    """A number of another library as a Python float, which compares with the largest float without overflow."""
    return value if isinstance(value, (int, float, torch.SymInt, torch.SymFloat)) else float(value)


def check_one_of(name: str, value: str, choices: Iterable[str], others: str = "") -> None:
    """Check a word. others: what the argument may be besides these words, for the message."""
    if isinstance(value, str) and value in choices:
        return
    known = ", ".join(map(repr, choices)) + (f" or {others}" if others else "")
    raise ValueError(f"{name} must be one of {known}, got {value!r}{near(value, choices)}")


def near(value: str, choices: Iterable[str], cutoff: float = 0.6) -> str:
    """The question "did you mean ...?" after a misspelt name, or "" if no choice is as near as cutoff asks."""
    near = difflib.get_close_matches(str(value), list(choices), n=2, cutoff=cutoff)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def kind_of(value: object) -> str:
    """The type of a value that should be a tensor. For an array it says how to make one of it."""
    kind = type(value).__name__
    return "a numpy array: torch.as_tensor makes a tensor of it" if kind == "ndarray" else kind


def layer_name(layer: object) -> str:
    """The name of a layer's class as a message shows it."""
    return layer._get_name() if isinstance(layer, nn.Module) else type(layer).__name__


def broadcasts(value: Tensor, shape: torch.Size) -> bool:
    """Whether a tensor broadcasts to a shape without making it larger."""
    sizes = zip(reversed(value.shape), reversed(shape), strict=False)
    return value.dim() <= len(shape) and all(size in (1, whole) for size, whole in sizes)


def shape_of(tensor: Tensor | Metadata) -> tuple[int, ...]:
    """The shape as a message shows it."""
    return tuple(tensor.shape)


def name_of(dtype: torch.dtype) -> str:
    """The name of a dtype as a message shows it, such as float32."""
    return str(dtype).removeprefix("torch.")
