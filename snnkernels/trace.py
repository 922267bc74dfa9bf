"""Symbols, graphs and their adjoints: a neuron's step as straight-line arithmetic.

A step function is run once on :class:`Symbol` arguments. What it computes is recorded as a :class:`Graph`, one
:class:`Node` an operation, in the order in which it was written. :func:`adjoint` differentiates such a graph in
reverse. It accumulates gradients in the order in which torch's autograd engine does (the consumer that was created
last comes first), so that a derived backward gives the same bits as autograd through the same step.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any

Number = int | float

# Operations whose result is no number.
CONDITIONS = {"gt", "ge", "lt", "le", "eq", "ne"}


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

    def append(self, op: str, *args: Symbol | Number, value: str | float | None = None) -> Symbol:
        indices = tuple(self._as_symbol(arg).index for arg in args)
        self.nodes.append(Node(op, indices, value))
        return Symbol(self, len(self.nodes) - 1)

    def input(self, name: str) -> Symbol:
        return self.append("input", value=name)

    def set_output(self, name: str, result: Symbol | Number) -> None:
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

    def _as_symbol(self, value: Symbol | Number) -> Symbol:
        return value if isinstance(value, Symbol) else self.append("constant", value=float(value))


@dataclass(frozen=True, eq=False)
class Symbol:
    """A value of a graph. Its operators record what they are asked to compute."""

    graph: Graph
    index: int

    def apply(self, op: str, *others: Symbol | Number) -> Symbol:
        return self.graph.append(op, self, *others)

    def __add__(self, other: Symbol | Number) -> Symbol:
        return self.apply("add", other)

    def __radd__(self, other: Number) -> Symbol:
        return self.graph.append("add", other, self)

    def __sub__(self, other: Symbol | Number) -> Symbol:
        return self.apply("sub", other)

    def __rsub__(self, other: Number) -> Symbol:
        return self.graph.append("sub", other, self)

    def __mul__(self, other: Symbol | Number) -> Symbol:
        return self.apply("mul", other)

    def __rmul__(self, other: Number) -> Symbol:
        return self.graph.append("mul", other, self)

    def __truediv__(self, other: Symbol | Number) -> Symbol:
        return self.apply("div", other)

    def __rtruediv__(self, other: Number) -> Symbol:
        return self.graph.append("div", other, self)

    def __neg__(self) -> Symbol:
        return self.apply("neg")

    def __abs__(self) -> Symbol:
        return self.apply("abs")

    def __gt__(self, other: Symbol | Number) -> Symbol:
        return self.apply("gt", other)

    def __ge__(self, other: Symbol | Number) -> Symbol:
        return self.apply("ge", other)

    def __lt__(self, other: Symbol | Number) -> Symbol:
        return self.apply("lt", other)

    def __le__(self, other: Symbol | Number) -> Symbol:
        return self.apply("le", other)

    def __eq__(self, other: Symbol | Number | str) -> Any:
        """A number is no word: a step asks so whether an argument is a word or a parameter."""
        return False if isinstance(other, str) else self.apply("eq", other)

    def __ne__(self, other: Symbol | Number | str) -> Any:
        return True if isinstance(other, str) else self.apply("ne", other)

    __hash__ = None  # type: ignore[assignment]  # to be found again a symbol would have to be equal to itself

    def __bool__(self) -> bool:
        raise TypeError("a step is traced once for all neurons: write where(condition, a, b) instead of if or and/or")


def trace_step(
    step: Callable[..., tuple[Symbol, ...]], inputs: Sequence[str], states: Sequence[str], params: Sequence[str]
) -> Graph:
    """Record one time step. Inputs: its inputs, states and parameters by name. Outputs: output, next_<state>.

    `spike` is passed to a step that has an argument of this name.
    """
    graph = Graph()
    positional = [graph.input(name) for name in (*inputs, *states)]
    named: dict[str, object] = {name: graph.input(name) for name in params}
    if "spike" in inspect.signature(step).parameters:
        named["spike"] = lambda distance: distance.apply("spike")
    output, *next_states = step(*positional, **named)
    graph.set_output("output", output)
    for name, result in zip(states, next_states, strict=True):
        graph.set_output(f"next_{name}", result)
    return graph


def trace_function(function: Callable[..., Symbol], inputs: Sequence[str], output: str) -> Graph:
    """Record an elementwise function of named inputs, such as a surrogate derivative."""
    graph = Graph()
    graph.set_output(output, function(*(graph.input(name) for name in inputs)))
    return graph


def adjoint(graph: Graph, wrt: Sequence[str]) -> Graph:
    """The reverse-mode derivative of a graph.

    The result recomputes what it needs of `graph` and has one more input for each of its outputs, `grad_<output>`.
    Its outputs are `grad_<name>` for every input in `wrt`; an input that the outputs do not depend on gets a zero.
    """
    result = graph.extend()
    result.outputs = {}
    gradients: dict[int, Symbol] = {}

    def accumulate(index: int, gradient: Symbol) -> None:
        gradients[index] = gradients[index] + gradient if index in gradients else gradient

    for name, index in graph.outputs.items():
        accumulate(index, result.input(f"grad_{name}"))
    active = _active_nodes(graph, wrt)
    for index in reversed(range(len(graph.nodes))):
        node = graph.nodes[index]
        if index not in gradients or index not in active or node.op not in _DERIVATIVES:
            continue
        out, arguments = Symbol(result, index), [Symbol(result, arg) for arg in node.args]
        for position, derivative in enumerate(_DERIVATIVES[node.op]):
            if derivative is not None and node.args[position] in active:
                accumulate(node.args[position], derivative(gradients[index], out, *arguments))
    for index, node in enumerate(graph.nodes):
        if node.op == "input" and node.value in wrt:
            result.set_output(f"grad_{node.value}", gradients.get(index, 0.0))
    return result


def _active_nodes(graph: Graph, wrt: Sequence[str]) -> set[int]:
    """The nodes through which a gradient can reach an input in `wrt`."""
    active: set[int] = set()
    for index, node in enumerate(graph.nodes):
        derivatives = _DERIVATIVES.get(node.op, ())
        reached = any(d is not None and arg in active for d, arg in zip(derivatives, node.args, strict=False))
        if reached or (node.op == "input" and node.value in wrt):
            active.add(index)
    return active


def _where(condition: Symbol, a: Symbol | Number, b: Symbol | Number) -> Symbol:
    return condition.apply("where", a, b)


def _sign(a: Symbol) -> Symbol:
    return _where(a > 0, 1.0, _where(a < 0, -1.0, 0.0))


def _extremum(g: Symbol, loses: Symbol, a: Symbol, b: Symbol) -> Symbol:
    """Gradient of min or max for one argument: none where it loses, half of it where both are equal."""
    return _where(loses, 0.0, _where(a == b, g / 2, g))


# For each operation, the gradient of every argument as a function of (g, out, *arguments): torch's own expressions,
# term by term, since another association would round differently.
_DERIVATIVES: dict[str, tuple[Callable[..., Symbol] | None, ...]] = {
    "add": (lambda g, out, a, b: g, lambda g, out, a, b: g),
    "sub": (lambda g, out, a, b: g, lambda g, out, a, b: -g),
    "mul": (lambda g, out, a, b: g * b, lambda g, out, a, b: g * a),
    "div": (lambda g, out, a, b: g / b, lambda g, out, a, b: -g * ((a / b) / b)),
    "neg": (lambda g, out, a: -g,),
    "abs": (lambda g, out, a: g * _sign(a),),
    "exp": (lambda g, out, a: g * out,),
    "min": (
        lambda g, out, a, b: _extremum(g, a > b, a, b),
        lambda g, out, a, b: _extremum(g, a < b, a, b),
    ),
    "max": (
        lambda g, out, a, b: _extremum(g, a < b, a, b),
        lambda g, out, a, b: _extremum(g, a > b, a, b),
    ),
    "where": (None, lambda g, out, c, a, b: _where(c, g, 0.0), lambda g, out, c, a, b: _where(c, 0.0, g)),
    "spike": (lambda g, out, a: g * a.apply("surrogate"),),
}
