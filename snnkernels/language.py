"""The words of a step, besides + - * / abs and comparisons.

Each takes symbols or tensors, so that one step function is both traced and run. `spike` is not here: a step receives
it as an argument, because what it means (the surrogate, the comparison) is chosen by the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .trace import Symbol

Value = Any  # a Symbol while a step is traced, a torch.Tensor while it runs


def detach(value: Value) -> Value:
    """The value itself, through which no gradient flows."""
    return value.apply("detach") if isinstance(value, Symbol) else value.detach()


def exp(value: Value) -> Value:
    """e to the power of value."""
    return value.apply("exp") if isinstance(value, Symbol) else value.exp()


def where(condition: Value, a: Value, b: Value) -> Value:
    """`a` where the condition holds, else `b`; at least one of the two is no plain number."""
    return condition.apply("where", a, b) if isinstance(condition, Symbol) else torch.where(condition, a, b)


def minimum(a: Value, b: Value) -> Value:
    """The smaller of two values; at least one of the two is no plain number."""
    return _extremum("min", torch.minimum, a, b)


def maximum(a: Value, b: Value) -> Value:
    """The larger of two values; at least one of the two is no plain number."""
    return _extremum("max", torch.maximum, a, b)


def _extremum(op: str, function: Callable[[Tensor, Tensor], Tensor], a: Value, b: Value) -> Value:
    if isinstance(a, Symbol) or isinstance(b, Symbol):
        return (a if isinstance(a, Symbol) else b).graph.append(op, a, b)
    like = a if isinstance(a, Tensor) else b
    return function(*(torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in (a, b)))
