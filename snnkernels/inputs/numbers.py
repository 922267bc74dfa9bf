"""Checks of the numbers of a scan: those of parameters, and the slope. Each may be given as a tensor of one element.

If reading such a tensor costs nothing, the number that it holds is used. Otherwise kernels read the tensor: on a GPU,
because the host would have to wait, and under torch.compile, because another Python number would make another graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..interface import SLOPE, ParameterSpec
from ..ops import LIBRARY
from ..scan import Numbers, in_memory, state_dtype
from ..surrogates import find
from .tools import is_recorded
from .values import (
    check_dense,
    check_dtype,
    check_in_range,
    check_number,
    check_one_of,
    check_positive,
    check_values,
    is_number,
    is_transformed,
    kind_of,
    shape_of,
)


def scalar(value: Any) -> Any:
    """Turn a number of numpy's into a tensor while torch.compile traces, which takes it for an array."""
    if torch.compiler.is_compiling() and isinstance(value, np.ndarray) and value.ndim == 0:
        return torch.as_tensor(value)
    return value


def read_number(name: str, spec: ParameterSpec, value: Any, current: Tensor, of: str) -> Any:
    """Read a number. Returns its tensor if that must not be read, and None for a parameter that is a tensor.

    current: the first input; of: its name.
    """
    if not isinstance(value, Tensor):
        return read_plain(name, spec, value)
    check_dense(name, value)
    one, positive = value.numel() == 1, spec.range.positive
    if spec is SLOPE:
        _check_slope(value)
    elif not one or value.requires_grad:
        if _may_be_read(value):
            check_values(name, value, positive=positive)
        return None
    check_dtype(name, value)
    if _may_be_read(value):
        return value.item()
    if value.device != current.device:
        raise ValueError(f"{name} is on {value.device}, {of} on {current.device}: put both on one device")
    return None if spec is not SLOPE and not torch.compiler.is_compiling() else value


def read_plain(name: str, spec: ParameterSpec, value: Any) -> Any:
    """Read a number that is no tensor: itself, or what a word stands for. A slope may be None."""
    return read_word(name, spec, value) if isinstance(value, str) or (value is None and spec is not SLOPE) else value


def _check_slope(value: Tensor) -> None:
    if value.numel() != 1:
        raise ValueError(f"slope must be a number or a tensor of one element, got shape {shape_of(value)}")
    if value.requires_grad:
        raise ValueError("slope must have no gradient, because it only shapes that of the spikes: write slope.detach()")


def _may_be_read(value: Tensor) -> bool:
    """Whether a tensor's value may be read.

    It may not on a GPU, where the host would wait, in a graph, which would keep the value, and in a subclass such as a
    fake tensor, which may have no value.
    """
    return value.is_cpu and type(value) in (Tensor, nn.Parameter) and not is_recorded() and not is_transformed(value)


def read_word(name: str, spec: ParameterSpec, value: Any) -> float:
    """The number that a word stands for, or 0 for a word that chooses a form of the step."""
    words = (*spec.words, *spec.names)
    if not words:
        expected = "a number" if spec is SLOPE else "a number or a torch.Tensor"
        raise TypeError(f"{name} must be {expected}, got {kind_of(value)}")
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a number or one of {', '.join(words)}, got {kind_of(value)}")
    check_one_of(name, value, words, others="a number")
    return spec.names.get(value, 0.0)


def check_numbers(
    dtype: torch.dtype, surrogate: str, specs: Mapping[str, ParameterSpec], given: Any
) -> tuple[Any, ...]:
    """Check the numbers of a scan, except those in tensors. Returns them in order.

    The number of a parameter that is a tensor becomes 0.
    dtype: that of the inputs; specs: those of the parameters and of the slope; given: their numbers, as
    :func:`read_number` returns them.
    """
    *params, slope = given
    if slope is None:
        slope = find(surrogate).default_slope
    numbers = []
    for (name, spec), value in zip(specs.items(), (*params, slope), strict=True):
        if value is None or isinstance(value, Tensor):
            numbers.append(0.0 if value is None else value)
            continue
        if spec.words and not is_number(value):
            read_word(name, spec, value)
        if spec is SLOPE:
            number = check_positive(name, value)
        else:
            number = check_number(name, value, positive=spec.range.positive)
        check_in_range(name, number, state_dtype(dtype))
        numbers.append(float(number))
    return tuple(numbers)


def pack_numbers(current: Tensor, specs: Mapping[str, ParameterSpec], numbers: tuple[Any, ...], given: int) -> Numbers:
    """Return these numbers, or a tensor of all of them on the device of the input, if kernels must read one of them.

    given: a bit for each parameter that is a tensor; its number is not used.
    """
    in_tensors = any([isinstance(number, Tensor) for number in numbers])
    if not in_tensors and (not torch.compiler.is_compiling() or all([_is_static(number) for number in numbers])):
        return numbers
    dtype = state_dtype(current.dtype)
    packed = torch.cat(
        [
            value.detach().to(dtype).reshape(1) if isinstance(value, Tensor) else in_memory(value, current, dtype)
            for value in numbers
        ]
    )
    # Where a parameter is a tensor, its number is 0, which must not be checked for being above 0.
    positive = [spec.range.positive and not given >> i & 1 for i, spec in enumerate(specs.values())]
    return check_when_run(packed, list(specs), positive)


def _is_static(number: float) -> bool:
    """Whether a compiler takes a number for a constant.

    Otherwise the number is an argument that has changed. A graph can compute with it, but a list of numbers would make
    it a constant again.
    """
    from torch.fx.experimental.symbolic_shapes import has_static_value  # slow to import

    return has_static_value(number)


def check_when_run(values: Tensor, names: Sequence[str], positive: Sequence[bool]) -> Tensor:
    """Under torch.compile on a CPU, make the graph check these values when it runs. Otherwise return them unchanged.

    names, positive: one for each value, or one for all. An exported graph checks nothing, because it runs without
    Python. On a GPU nothing is checked, because the host would wait.
    """
    if values.is_cpu and torch.compiler.is_compiling() and not torch.compiler.is_exporting():
        return torch.ops.snnkernels.check_values(values, list(names), list(positive))
    return values


def _check_values(values: Tensor, names: Sequence[str], positive: Sequence[bool]) -> Tensor:
    parts = values.split(1) if len(names) > 1 else (values,)
    for name, part, above_zero in zip(names, parts, positive, strict=True):
        check_values(name, part, positive=above_zero)
    return values.clone()


LIBRARY.impl("check_values", _check_values, "CPU")
torch.library.register_autograd("snnkernels::check_values", lambda _, grad: (grad, None, None), lib=LIBRARY)
