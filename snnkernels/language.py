"""The words of a step, besides + - * /, comparisons, & | ~ of them, and abs.

Each takes symbols or tensors, so that one step function is both traced and run. `spike` is not here: a step receives
it as an argument, because what it means (the surrogate, the comparison) is chosen by the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .symbols import StepError, Symbol

Value = Any  # a Symbol while a step is traced, a torch.Tensor while it runs


def detach(value: Value) -> Value:
    """The value itself, through which no gradient flows."""
    return _of_one("detach", Tensor.detach, value)


def exp(value: Value) -> Value:
    """e to the power of value."""
    return _of_one("exp", torch.exp, value)


def sqrt(value: Value) -> Value:
    """The square root, rounded as IEEE 754 says; NaN below 0."""
    return _of_one("sqrt", _square_root, value)


def tanh(value: Value) -> Value:
    """The hyperbolic tangent, from -1 to 1."""
    return _of_one("tanh", torch.tanh, value)


def sigmoid(value: Value) -> Value:
    """1 / (1 + e^-value), from 0 to 1."""
    return _of_one("sigmoid", torch.sigmoid, value)


def floor(value: Value) -> Value:
    """The largest integer that is not above value; its derivative is 0."""
    return _of_one("floor", torch.floor, value)


def where(condition: Value, a: Value, b: Value) -> Value:
    """`a` where the condition holds, else `b`. Two plain numbers must be exact in float32, as 0, 1 and 0.5 are."""
    if isinstance(condition, bool):
        raise StepError("where takes a condition on values: an option is fixed before, so write a if option else b")
    plain = not any(isinstance(value, (Symbol, Tensor)) for value in (a, b))
    if isinstance(condition, Symbol):
        if plain and any(_in_float32(value).item() != value for value in (a, b)):
            raise StepError(f"where({a}, {b}) rounds to float32: give one of them as a parameter")
        return condition.apply("where", a, b)
    if plain:  # in float32, which makes no state wider than it is
        a, b = (_in_float32(value, condition.device) for value in (a, b))
    return torch.where(condition, a, b)


def minimum(a: Value, b: Value) -> Value:
    """The smaller of two values; at least one of the two is no plain number."""
    return _extremum("min", torch.minimum, a, b)


def maximum(a: Value, b: Value) -> Value:
    """The larger of two values; at least one of the two is no plain number."""
    return _extremum("max", torch.maximum, a, b)


class _SquareRoot(torch.autograd.Function):
    """The nearest number to the square root, on a CPU, where torch's own (MKL's) may be its neighbour."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        if x.dtype == torch.float64:  # a complex root is taken by the C library
            return torch.where(x > 0, torch.complex(x, torch.zeros_like(x)).sqrt().real, x.sqrt())
        return x.double().sqrt().to(x.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        ctx.save_for_backward(output)
        ctx.save_for_forward(output)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (root,) = ctx.saved_tensors
        return grad / (2 * root)

    jvp = backward


def _square_root(x: Tensor) -> Tensor:
    in_eager = not torch.compiler.is_compiling() and torch._C._get_tracing_state() is None
    return _SquareRoot.apply(x) if in_eager and x.device.type == "cpu" else torch.sqrt(x)


def _in_float32(number: float, device: torch.device | None = None) -> Tensor:
    return torch.full((), number, dtype=torch.float32, device=device)


def _of_one(op: str, function: Callable[[Tensor], Tensor], value: Value) -> Value:
    if isinstance(value, Symbol):
        return value.apply(op)
    if not isinstance(value, Tensor):
        raise StepError(f"{op} takes a value of the step, not {value!r}: use Python's math for a plain number")
    return function(value)


def _extremum(op: str, function: Callable[[Tensor, Tensor], Tensor], a: Value, b: Value) -> Value:
    if isinstance(a, Symbol) or isinstance(b, Symbol):
        return (a if isinstance(a, Symbol) else b).graph.append(op, a, b)
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        raise StepError(f"{op}imum takes a value of the step, not {a!r} and {b!r}: use Python's {op}")
    like = a if isinstance(a, Tensor) else b
    return function(*(torch.as_tensor(value, dtype=like.dtype, device=like.device) for value in (a, b)))
