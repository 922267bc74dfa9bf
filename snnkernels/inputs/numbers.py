"""The numbers of a scan, in which calls of one plan differ, and their checks. Each may be a tensor of one element.

Such a tensor is read where that costs nothing, and is the number that it holds. Else kernels read it: on a GPU, where
the host would wait, and under torch.compile, where a Python number that is another makes another graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn

from ..ops import LIBRARY
from ..scan import Numbers, state_dtype
from .tools import is_recorded
from .values import (
    Parameter,
    check_dtype,
    check_finite,
    check_in_range,
    check_number,
    check_positive,
    check_values,
    is_transformed,
    shape_of,
)

NAMES = ("input_scale", "reset", "beta", "threshold", "slope")  # in the order of scan.Numbers
_CONSTANTS, _PARAMETERS = NAMES[:2], NAMES[2:4]
_POSITIVE = ("threshold", "slope")
_NO_GRADIENT = {
    "input_scale": "multiply the current by what is learned",
    "reset": "there is none yet: write reset.detach()",
    "slope": "it shapes the gradient and has none itself: write slope.detach()",
}


def read_number(name: str, value: Any, current: Tensor) -> Any:
    """A number, or the tensor of one element that holds it and must not be read; None for a tensor of parameters."""
    if not isinstance(value, Tensor):
        return value
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
    """A GPU would make the host wait; a graph would keep what was read; a subclass, as FakeTensor, may have no values.
    """
    return (
        value.is_cpu
        and type(value) in (Tensor, nn.Parameter)
        and not is_recorded()
        and not is_transformed(value)
    )


def check_numbers(current: Tensor, *given: Any) -> Numbers:
    """The numbers of a scan: `given` are those that :data:`NAMES` says, as :func:`read_number` gave them."""
    dtype = state_dtype(current.dtype)
    plain = tuple([None if isinstance(value, Tensor) else value for value in given])
    numbers = given if given[2] is not None and given[3] is not None else (*given[:2], given[4])
    if torch.compiler.is_compiling():
        _check_plain(dtype, *plain)
        if any(isinstance(value, Tensor) or not _is_static(value) for value in numbers):
            return _pack(current, dtype, numbers)
    else:
        try:
            _known_plain(dtype, *plain)
        except TypeError:  # what cannot be hashed is wrong: that is to be told by its check, alone
            _check_plain(dtype, *plain)
        if None in plain and any(isinstance(value, Tensor) for value in numbers):
            return _pack(current, dtype, numbers)
    return tuple([float(value) for value in numbers])


def _check_plain(dtype: torch.dtype, *values: Any) -> None:
    """Check those that are no tensors."""
    for name, value in zip(NAMES, values, strict=True):
        if value is None:
            continue
        if name in _PARAMETERS:
            check_number(name, value, positive=name in _POSITIVE)
        elif name in _POSITIVE:
            check_positive(name, value)
        else:
            check_finite(name, value)
        check_in_range(name, value, dtype)


_known_plain = lru_cache(maxsize=1024, typed=True)(_check_plain)  # a small layer would notice


def _is_static(number: float) -> bool:
    """Whether a compiler takes a number for a constant. Else it is an argument that has changed, from which a graph can
    compute, but which a list of numbers would fix again."""
    from torch.fx.experimental.symbolic_shapes import has_static_value  # slow to import

    return has_static_value(number)


def _pack(current: Tensor, dtype: torch.dtype, numbers: Sequence[Parameter]) -> Tensor:
    """Numbers as a tensor on current's device."""
    zero = current.new_zeros((1,), dtype=dtype)
    packed = torch.cat(
        [value.detach().to(dtype).reshape(1) if isinstance(value, Tensor) else zero + value for value in numbers]
    )
    names = NAMES if len(numbers) == len(NAMES) else (*_CONSTANTS, NAMES[-1])
    return check_when_run(packed, names)


def check_when_run(values: Tensor, names: Sequence[str]) -> Tensor:
    """Within a graph of torch.compile on a CPU: these values, checked when it runs; else the values as they are.

    names: of each, or one for all. An exported graph runs without Python, and on a GPU the host would wait.
    """
    if values.is_cpu and torch.compiler.is_compiling() and not torch.compiler.is_exporting():
        return torch.ops.snnkernels.check_values(values, list(names))
    return values


def _check_values(values: Tensor, names: Sequence[str]) -> Tensor:
    for name, part in zip(names, values.split(1) if len(names) > 1 else (values,), strict=True):
        check_values(name, part, positive=name in _POSITIVE)
    return values.clone()


LIBRARY.impl("check_values", _check_values, "CPU")
