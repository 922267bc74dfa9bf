"""Every surrogate: the derivative that backward uses in place of the Heaviside function's; and those of a user's own.

A derivative is written in the step language, as a function of x, the distance of the membrane potential to threshold,
and of k, the slope. Its antiderivative is the smooth spike with which it is exact: tests replace the spike by it and
check gradients against finite differences. It runs on tensors only.
"""

from __future__ import annotations

import hashlib
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .emit.python import function_of
from .language import Value, exp, where
from .trace import trace_function
from .tuning import constant


@dataclass(frozen=True)
class Surrogate:
    """A surrogate derivative, its antiderivative if it is known, and the slope that is used where none is given."""

    derivative: Callable[[Value, Value], Value]
    antiderivative: Callable[[Tensor, Tensor], Tensor] | None
    default_slope: float
    source: str


def fast_sigmoid(x: Value, k: Value) -> Value:
    d = 1 + k * abs(x)
    return 1 / (d * d)


def fast_sigmoid_antiderivative(x: Tensor, k: Tensor) -> Tensor:
    return x / (1 + k * x.abs())


def arctan(x: Value, k: Value) -> Value:
    y = (math.pi / 2 * k) * x
    return (k / 2) / (1 + y * y)


def arctan_antiderivative(x: Tensor, k: Tensor) -> Tensor:
    return torch.atan(math.pi / 2 * k * x) / math.pi + 0.5


def sigmoid(x: Value, k: Value) -> Value:
    e = exp(-(k * abs(x)))  # at most 1 at any input: the usual form overflows to inf / inf
    d = 1 + e
    return k * e / (d * d)


def sigmoid_antiderivative(x: Tensor, k: Tensor) -> Tensor:
    return torch.sigmoid(k * x)


def triangle(x: Value, k: Value) -> Value:
    y = 1 - k * abs(x)
    return k * where(y > 0, y, 0.0)


def triangle_antiderivative(x: Tensor, k: Tensor) -> Tensor:
    y = (k * x).clamp(-1, 1)
    return 0.5 + y - y * y.abs() / 2


def rectangle(x: Value, k: Value) -> Value:
    return where(k * abs(x) < 0.5, k, 0.0)


def rectangle_antiderivative(x: Tensor, k: Tensor) -> Tensor:
    return (k * x).clamp(-0.5, 0.5) + 0.5


def gaussian(x: Value, k: Value) -> Value:
    y = k * x
    return (k / math.sqrt(math.pi)) * exp(-(y * y))


def gaussian_antiderivative(x: Tensor, k: Tensor) -> Tensor:
    return torch.erf(k * x) / 2 + 0.5


def straight_through(x: Value, k: Value) -> Value:
    return k


def straight_through_antiderivative(x: Tensor, k: Tensor) -> Tensor:
    return k * x


SURROGATES: dict[str, Surrogate] = {
    "fast_sigmoid": Surrogate(
        fast_sigmoid, fast_sigmoid_antiderivative, 25.0, "Zenke & Ganguli (2018), doi:10.1162/neco_a_01086"
    ),
    "arctan": Surrogate(arctan, arctan_antiderivative, 2.0, "Fang et al. (2021), arXiv:2007.05785"),
    "sigmoid": Surrogate(sigmoid, sigmoid_antiderivative, 4.0, "SpikingJelly's Sigmoid, with its default slope"),
    "triangle": Surrogate(triangle, triangle_antiderivative, 1.0, "Bellec et al. (2018), arXiv:1803.09574"),
    "rectangle": Surrogate(rectangle, rectangle_antiderivative, 1.0, "Wu et al. (2018), doi:10.3389/fnins.2018.00331"),
    "gaussian": Surrogate(gaussian, gaussian_antiderivative, 2.0, "SpikingJelly's Erf, with its default slope"),
    "straight_through": Surrogate(
        straight_through, straight_through_antiderivative, 1.0, "Bengio et al. (2013), arXiv:1308.3432"
    ),
}

_OWN: dict[str, Surrogate] = {}
_NAMES: dict[Callable[[Value, Value], Value], str] = {}


def find(name: str) -> Surrogate:
    """The surrogate of a name: a built-in one, or what :func:`register` named so."""
    return SURROGATES[name] if name in SURROGATES else _OWN[name]


@constant
def register(function: Callable[[Value, Value], Value]) -> str:
    """Name a surrogate of a user's own, a function of the distance to threshold and of the slope.

    The name tells the content, because what a compiler has cached may outlive the code. The default of the second
    argument is the default slope, else that is 1. A function that is not one of the step language raises StepError.
    """
    if function not in _NAMES:
        graph = trace_function(function, ("x", "k"), "derivative")
        words = "".join(letter if letter.isalnum() else "_" for letter in getattr(function, "__name__", "own"))
        arguments = list(inspect.signature(function).parameters.values())
        given: Any = arguments[1].default if len(arguments) > 1 else inspect.Parameter.empty
        default = 1.0 if given is inspect.Parameter.empty else float(given)
        content = repr((graph.content(), default))
        name = f"{words}_{hashlib.sha256(content.encode()).hexdigest()[:8]}"
        traced = function_of(graph, name, ("x", "k"))  # with the numbers that other engines have
        _OWN.setdefault(name, Surrogate(lambda x, k: traced(x, k)[0], None, default, "a user's own"))
        _NAMES[function] = name
    return _NAMES[function]
