"""Symbols and graphs: what a step computes, recorded one operation after another, and what it cannot compute.

Numbers and conditions (the results of comparisons) are two kinds. What a step cannot do with a symbol raises a
:class:`StepError`, which says what to write instead; trace.py adds the line of the step in which it was raised.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from numbers import Real
from typing import Any, NoReturn

# Operations that take conditions, and operations whose result is a condition. All others take and give numbers.
_OF_CONDITIONS = {"and": "&", "or": "|", "not": "~"}
CONDITIONS = {"gt", "ge", "lt", "le", "eq", "ne", *_OF_CONDITIONS}

_LANGUAGE = (
    "a step has + - * /, comparisons, & | ~ of them, abs, and snnkernels' exp, sqrt, tanh, sigmoid, floor, minimum, "
    "maximum, where and detach"
)
_SQUARE, _CLIP = "write x * x for a square", "write minimum(maximum(x, low), high)"
_SIGN = "write where(x > 0, 1.0, where(x < 0, -1.0, 0.0))"
# What to write in place of a function of another library, by its name.
_INSTEAD = {
    **{name: f"write snnkernels' {name}" for name in ("exp", "sqrt", "tanh", "sigmoid", "floor", "minimum", "maximum")},
    **{name: f"write snnkernels' {name}" for name in ("where", "detach")},
    **{"abs": "write abs(x)", "absolute": "write abs(x)", "fabs": "write abs(x)", "reciprocal": "write 1 / x"},
    **{"pow": _SQUARE, "power": _SQUARE, "square": _SQUARE, "clamp": _CLIP, "clip": _CLIP, "sign": _SIGN},
    **{"relu": "write maximum(x, 0.0)", "heaviside": "write spike(distance), or where(x >= 0, 1.0, 0.0)"},
    **{"round": "write floor(x + 0.5)", "ceil": "write -floor(-x)", "expit": "write snnkernels' sigmoid"},
    **{"min": "write minimum(a, b)", "max": "write maximum(a, b)", "logical_and": "write a & b"},
}
# What NumPy calls where one of its scalars is on an operator's left.
_NUMPY_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "less": operator.lt,
    "less_equal": operator.le,
}


class StepError(TypeError):
    """A step, or a surrogate, that is no arithmetic on its values."""


def _refuse(message: str) -> Callable[..., NoReturn]:
    """A method that says what to write instead."""

    def method(*_: object, **__: object) -> NoReturn:
        raise StepError(message)

    return method


@dataclass(frozen=True)
class Node:
    """One operation. `args` are indices of earlier nodes; `value` is an input's name or a constant's number."""

    op: str
    args: tuple[int, ...] = ()
    value: str | float | None = None


class Graph:
    """A straight-line program: nodes in order of computation, and the names of those that are its results."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.outputs: dict[str, int] = {}

    def append(self, op: str, *args: Symbol | Real | float, value: str | float | None = None) -> Symbol:
        arguments = [self._as_symbol(arg) for arg in args]
        _check_kinds(op, arguments)
        self.nodes.append(Node(op, tuple(argument.index for argument in arguments), value))
        return Symbol(self, len(self.nodes) - 1)

    def input(self, name: str) -> Symbol:
        return self.append("input", value=name)

    def set_output(self, name: str, result: Symbol | Real | float) -> None:
        self.outputs[name] = self._as_symbol(result).index

    def extend(self) -> Graph:
        """A copy that may grow while this graph stays as it is."""
        copy = Graph()
        copy.nodes, copy.outputs = list(self.nodes), dict(self.outputs)
        return copy

    def needed(self, results: Iterable[int] | None = None, known: Set[int] = frozenset()) -> list[int]:
        """The nodes that `results` (default: the outputs) depend on, in order, except through those that are known."""
        found = set(self.outputs.values() if results is None else results) - known
        for index in reversed(range(len(self.nodes))):
            if index in found:
                found.update(set(self.nodes[index].args) - known)
        return sorted(found)

    def content(self) -> tuple[Any, ...]:
        """What the graph computes: the nodes that count, numbered from 0, and the outputs."""
        number = {index: i for i, index in enumerate(self.needed())}
        nodes = [self.nodes[index] for index in number]
        return (
            [(node.op, [number[arg] for arg in node.args], node.value) for node in nodes],
            {name: number[index] for name, index in self.outputs.items()},
        )

    def _as_symbol(self, value: Symbol | Real | float) -> Symbol:
        if isinstance(value, Symbol):
            if value.graph is not self:
                raise StepError("a value of another call: a step keeps nothing between calls but its states")
            return value
        if not isinstance(value, Real):
            raise StepError(f"a step computes with its own values and with numbers, not with a {type(value).__name__}")
        if not math.isfinite(value):
            raise StepError(f"a number in a step is finite, and this is {value}")
        return self.append("constant", value=float(value))


def _check_kinds(op: str, arguments: list[Symbol]) -> None:
    """Numbers where numbers are expected, conditions where conditions are."""
    if op in _OF_CONDITIONS:
        if not all(argument.is_condition for argument in arguments):
            raise StepError(f"{_OF_CONDITIONS[op]} takes conditions: write (a > 0) & (b > 0), each in brackets")
        return
    if op == "where":
        if not arguments[0].is_condition:
            raise StepError("where takes a condition first: write where(x > 0, a, b)")
        arguments = arguments[1:]
    if any(argument.is_condition for argument in arguments):
        numbers = [str(argument.node.value) for argument in arguments if argument.node.op == "constant"]
        value = numbers[0] if op == "mul" and numbers else "1.0"
        raise StepError(f"a condition is no number: write where(condition, {value}, 0.0)")


@dataclass(frozen=True, eq=False)
class Symbol:
    """A value of a graph. Its operators record what they are asked to compute."""

    graph: Graph
    index: int

    @property
    def node(self) -> Node:
        return self.graph.nodes[self.index]

    @property
    def is_condition(self) -> bool:
        return self.node.op in CONDITIONS

    def apply(self, op: str, *others: Symbol | float) -> Symbol:
        return self.graph.append(op, self, *others)

    def __add__(self, other: Symbol | float) -> Symbol:
        return self.apply("add", other)

    def __radd__(self, other: float) -> Symbol:
        return self.graph.append("add", other, self)

    def __sub__(self, other: Symbol | float) -> Symbol:
        return self.apply("sub", other)

    def __rsub__(self, other: float) -> Symbol:
        return self.graph.append("sub", other, self)

    def __mul__(self, other: Symbol | float) -> Symbol:
        return self.apply("mul", other)

    def __rmul__(self, other: float) -> Symbol:
        return self.graph.append("mul", other, self)

    def __truediv__(self, other: Symbol | float) -> Symbol:
        return self.apply("div", other)

    def __rtruediv__(self, other: float) -> Symbol:
        return self.graph.append("div", other, self)

    def __neg__(self) -> Symbol:
        return self.apply("neg")

    def __abs__(self) -> Symbol:
        return self.apply("abs")

    def __gt__(self, other: Symbol | float) -> Symbol:
        return self.apply("gt", other)

    def __ge__(self, other: Symbol | float) -> Symbol:
        return self.apply("ge", other)

    def __lt__(self, other: Symbol | float) -> Symbol:
        return self.apply("lt", other)

    def __le__(self, other: Symbol | float) -> Symbol:
        return self.apply("le", other)

    def __eq__(self, other: Symbol | float | str) -> Any:  # type: ignore[override]
        """Compare numbers. A word is never equal to a symbol, so a step can ask whether an argument is a word."""
        return False if isinstance(other, str) else self.apply("eq", other)

    def __ne__(self, other: Symbol | float | str) -> Any:  # type: ignore[override]
        return True if isinstance(other, str) else self.apply("ne", other)

    def __and__(self, other: Symbol) -> Symbol:
        return self.apply("and", other)

    def __or__(self, other: Symbol) -> Symbol:
        return self.apply("or", other)

    def __invert__(self) -> Symbol:
        return self.apply("not")

    __hash__ = None  # type: ignore[assignment]  # a dict could not find a symbol, because == makes a new symbol

    __rand__ = __ror__ = _refuse("& and | take conditions: write (a > 0) & (b > 0), each in brackets")
    __bool__ = _refuse(
        "a step is traced once for all neurons: write where(condition, a, b) instead of if, (a > 0) & (b > 0) instead "
        "of and, | instead of or, ~ instead of not, (0 < x) & (x < 1) instead of 0 < x < 1, and minimum or maximum "
        "instead of min or max"
    )
    __float__ = __int__ = __index__ = __complex__ = __trunc__ = _refuse(
        f"a value of a step is no Python number, which math's functions and int take: {_LANGUAGE}"
    )
    __pow__ = __rpow__ = _refuse(f"a step has no **: {_SQUARE}, sqrt(x) for a root, exp(n * x) for a power of e")
    __matmul__ = __rmatmul__ = _refuse("a step has no matrix product @: apply a linear layer to the input before it")
    __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _refuse("a step has no %: write a - b * floor(a / b)")
    __floordiv__ = __rfloordiv__ = _refuse("a step has no //: write floor(a / b)")
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _refuse("a step has no << and >>: write * or / a power of 2")
    __xor__ = __rxor__ = _refuse("a step has no ^: write (a & ~b) | (b & ~a) of conditions, x * x for a square")
    __round__ = _refuse("a step has no round: write floor(x + 0.5)")
    __floor__ = _refuse("math.floor takes no value of a step: write snnkernels' floor")
    __ceil__ = _refuse("math.ceil takes no value of a step: write -floor(-x)")
    __getitem__ = __len__ = __iter__ = __contains__ = _refuse(
        "a value of a step stands for one number of one neuron: it has no elements"
    )
    __call__ = _refuse("a value of a step is no function: write * for a product")
    __array__ = _refuse(f"NumPy takes no value of a step: {_LANGUAGE}")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # other libraries ask for these to learn what a value is
            raise AttributeError(name)
        raise StepError(f"a value of a step has no .{name}: {_INSTEAD.get(name, _LANGUAGE)}")

    @classmethod
    def __torch_function__(cls, function: Any, *_: object) -> NoReturn:
        name = getattr(function, "__name__", str(function))
        raise StepError(f"torch's {name} takes no value of a step: {_INSTEAD.get(name.strip('_'), _LANGUAGE)}")

    def __array_ufunc__(self, function: Any, method: str, *args: Any, **_: object) -> Symbol:
        operation = _NUMPY_OPERATORS.get(function.__name__)
        if operation is not None and not isinstance(args[0], Symbol) and getattr(args[0], "ndim", 1) == 0:
            return operation(float(args[0]), self)
        raise StepError(
            f"NumPy's {function.__name__} takes no value of a step: {_INSTEAD.get(function.__name__, _LANGUAGE)}"
        )

    def __array_function__(self, function: Any, *_: object) -> NoReturn:
        raise StepError(
            f"NumPy's {function.__name__} takes no value of a step: {_INSTEAD.get(function.__name__, _LANGUAGE)}"
        )
