"""The numbers of a scan and their checks. Calls of one plan differ in them. Each may be a tensor of one element.

If reading such a tensor costs nothing, it becomes the number that it holds. Otherwise kernels read it: on a GPU, where
the host would have to wait, and under torch.compile, where another Python number would make another graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..ops import LIBRARY
from ..scan import Numbers, in_memory, state_dtype
from ..surrogates import SURROGATES
from .tools import is_recorded
from .values import (
    check_dense,
    check_dtype,
    check_finite,
    check_in_range,
    check_number,
    check_one_of,
    check_positive,
    check_values,
    is_number,
    is_transformed,
    shape_of,
)

NAMES = ("input_scale", "reset", "beta", "threshold", "slope")  # in the order of scan.Numbers
_RESETS = ("subtract", "zero", "none")
_CONSTANTS, _PARAMETERS = NAMES[:2], NAMES[2:4]
_POSITIVE = ("threshold", "slope")
_NO_GRADIENT = {
    "input_scale": "multiply the current by what is learned",
    "reset": "there is none yet: write reset.detach()",
    "slope": "it shapes the gradient and has none itself: write slope.detach()",
}


def scalar(value: Any) -> Any:
    """A number of numpy's as a tensor while torch.compile traces, for which it is an array. All else as it is."""
    if torch.compiler.is_compiling() and isinstance(value, np.ndarray) and value.ndim == 0:
        return torch.as_tensor(value)
    return value


def read_number(name: str, value: Any, current: Tensor) -> Any:
    """Returns the number, or its tensor of one element if that must not be read, or None for a tensor of parameters."""
    if not isinstance(value, Tensor):
        known = name not in _PARAMETERS or is_number(value)
        return value if known else check_number(name, value)  # which tells of None, too
    check_dense(name, value)
    one = value.numel() == 1
    if name in _PARAMETERS and (not one or value.requires_grad):
        if _may_be_read(value):
            check_values(name, value, positive=name in _POSITIVE)
        return None
    if not one:
        raise ValueError(f"{name} must be a number or a tensor of one element, got shape {shape_of(value)}")
    check_dtype(name, value)
    if name not in _PARAMETERS and value.requires_grad:
        raise ValueError(f"{name} must be without a gradient: {_NO_GRADIENT[name]}")
    if _may_be_read(value):
        return value.item()
    if value.device != current.device:
        raise ValueError(f"{name} is on {value.device}, current on {current.device}: put both on one device")
    return None if name in _PARAMETERS and not torch.compiler.is_compiling() else value


def _may_be_read(value: Tensor) -> bool:
    """Whether a tensor's value may be read. On a GPU the host would wait, a graph would keep the value, and a subclass,
    such as a fake tensor, may have no value."""
    return value.is_cpu and type(value) in (Tensor, nn.Parameter) and not is_recorded() and not is_transformed(value)


def check_reset(reset: Any) -> tuple[str, float]:
    """Check a reset. Returns its kind (subtract, value or none) and its value."""
    if is_number(reset):
        return "value", check_finite("reset", reset)
    if not isinstance(reset, str):
        raise TypeError(f"reset must be a number or one of {', '.join(_RESETS)}, got {type(reset).__name__}")
    check_one_of("reset", reset, _RESETS, others="a number")
    return ("value" if reset == "zero" else reset), 0.0


def check_numbers(dtype: torch.dtype, surrogate: str, given: Mapping[str, Any]) -> tuple[Any, ...]:
    """Check the numbers of a scan, except those in tensors. Returns them in their order.

    dtype: of the current; given: the numbers as :func:`read_number` returns them.
    """
    values = dict(given)
    if values["slope"] is None:
        values["slope"] = SURROGATES[surrogate].default_slope
    for name, value in values.items():
        if value is None or isinstance(value, Tensor):
            continue
        if name in _PARAMETERS:
            number = check_number(name, value, positive=name in _POSITIVE)
        else:
            number = check_positive(name, value) if name in _POSITIVE else check_finite(name, value)
        check_in_range(name, number, state_dtype(dtype))
    if values["beta"] is None or values["threshold"] is None:
        del values["beta"], values["threshold"]
    return tuple([value if isinstance(value, Tensor) else float(value) for value in values.values()])


def pack_numbers(current: Tensor, numbers: tuple[Any, ...]) -> Numbers:
    """These numbers, or, if kernels must read one of them, a tensor of all of them on current's device."""
    given = any([isinstance(number, Tensor) for number in numbers])
    if not given and (not torch.compiler.is_compiling() or all([_is_static(number) for number in numbers])):
        return numbers
    dtype = state_dtype(current.dtype)
    packed = torch.cat(
        [
            value.detach().to(dtype).reshape(1) if isinstance(value, Tensor) else in_memory(value, current, dtype)
            for value in numbers
        ]
    )
    return check_when_run(packed, NAMES if len(numbers) == len(NAMES) else (*_CONSTANTS, NAMES[-1]))


def _is_static(number: float) -> bool:
    """Whether a compiler takes a number for a constant. Otherwise it is an argument that has changed: a graph can
    compute with it, but a list of numbers would make it a constant again."""
    from torch.fx.experimental.symbolic_shapes import has_static_value  # slow to import

    return has_static_value(number)


def check_when_run(values: Tensor, names: Sequence[str]) -> Tensor:
    """Under torch.compile on a CPU, have the graph check these values when it runs; otherwise return them unchanged.

    names: one for each value, or one for all. An exported graph runs without Python, and on a GPU the host would wait,
    so neither checks.
    """
    if values.is_cpu and torch.compiler.is_compiling() and not torch.compiler.is_exporting():
        return torch.ops.snnkernels.check_values(values, list(names))
    return values


def _check_values(values: Tensor, names: Sequence[str]) -> Tensor:
    for name, part in zip(names, values.split(1) if len(names) > 1 else (values,), strict=True):
        check_values(name, part, positive=name in _POSITIVE)
    return values.clone()


LIBRARY.impl("check_values", _check_values, "CPU")
torch.library.register_autograd("snnkernels::check_values", lambda _, grad: (grad, None), lib=LIBRARY)
