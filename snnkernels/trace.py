"""Steps as graphs, and their adjoints.

A step function is run once on :class:`Symbol` arguments. What it computes is recorded as a :class:`Graph`, one
:class:`Node` an operation, in the order in which it was written. :func:`adjoint` differentiates such a graph in
reverse. It accumulates gradients in the order in which torch's autograd engine does (the consumer that was created
last comes first), so that a derived backward gives the same bits as autograd through the same step.
"""

from __future__ import annotations

import inspect
import linecache
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from numbers import Real
from types import CodeType, TracebackType
from typing import Any

from . import symbols
from .symbols import CONDITIONS, Graph, Node, StepError, Symbol

__all__ = ["CONDITIONS", "Graph", "Node", "StepError", "Symbol", "adjoint", "trace_function", "trace_step"]

_OWN_MODULES = {__name__, symbols.__name__, "snnkernels.language"}
_LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


def trace_step(step: Callable[..., Any], inputs: Sequence[str], states: Sequence[str], params: Sequence[str]) -> Graph:
    """Record one time step. Inputs: its inputs, states and parameters by name. Outputs: output, next_<state>.

    `spike` is passed to a step that has an argument of this name. Raises a StepError, which shows the line, where the
    step does something else than arithmetic on its values, or returns something else than its output and next states.
    """
    graph = Graph()
    positional = [graph.input(name) for name in (*inputs, *states)]
    named: dict[str, Any] = {name: graph.input(name) for name in params}
    if "spike" in inspect.signature(step).parameters:
        named["spike"] = partial(_spike, graph)
    returned = _call(step, positional, named)
    expected = f"the output, then the next {', '.join(states)}" if states else "the output"
    if not isinstance(returned, (tuple, list)) or len(returned) != 1 + len(states):
        count = "None" if returned is None else "a value that is in no tuple"
        if isinstance(returned, (tuple, list)):
            count = f"{len(returned)} value{'s' * (len(returned) != 1)}"
        raise StepError(f"{_described(step)} returns {count}, expected {1 + len(states)}: {expected}")
    names = ("output", *(f"next_{name}" for name in states))
    for name, result in zip(names, returned, strict=True):
        _set_output(graph, name, result, step)
    return graph


def _spike(graph: Graph, *distance: Symbol, **options: Any) -> Symbol:
    if len(distance) != 1 or options:
        raise StepError("spike takes one value, which is 0 or above where it fires: write spike(v - threshold)")
    return graph.append("spike", *distance)


def trace_function(function: Callable[..., Any], inputs: Sequence[str], output: str) -> Graph:
    """Record an elementwise function of named inputs, such as a surrogate derivative. Raises as :func:`trace_step`."""
    graph = Graph()
    _set_output(graph, output, _call(function, [graph.input(name) for name in inputs], {}), function)
    return graph


def _set_output(graph: Graph, name: str, result: Any, step: Callable[..., Any]) -> None:
    if isinstance(result, Symbol) and result.is_condition:
        raise StepError(f"{_described(step)} returns a condition as {name}: write where(condition, 1.0, 0.0)")
    if not isinstance(result, (Symbol, Real)):
        raise StepError(f"{_described(step)} returns a {type(result).__name__} as {name}, expected a number")
    graph.set_output(name, result)


def _call(step: Callable[..., Any], positional: Sequence[Symbol], named: Mapping[str, Any]) -> Any:
    """Run a step on symbols; an error of theirs is raised again with the line of the step that it comes from."""
    try:
        return step(*positional, **named)
    except Exception as error:
        if isinstance(error, StepError):
            message = str(error)
        elif Symbol.__name__ in str(error):  # of a function that was given one
            message = f"a step is arithmetic on its values, and here {type(error).__name__} was raised: {error}"
        else:
            raise
        raise StepError(message + _line_of_step(error.__traceback__)).with_traceback(error.__traceback__) from None


def _line_of_step(traceback: TracebackType | None) -> str:
    """The innermost line in the step, or in what it calls that belongs to no library."""
    step_file, line = None, ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if traceback.tb_frame.f_globals.get("__name__") not in _OWN_MODULES:
            step_file = step_file or code.co_filename
            if code.co_filename == step_file or not code.co_filename.startswith(_LIBRARIES):
                line = _shown(code, traceback.tb_lineno)
        traceback = traceback.tb_next
    return line


def _shown(code: CodeType, line: int) -> str:
    """A line as a traceback shows it."""
    text = linecache.getline(code.co_filename, line).strip()
    return f'\n  File "{code.co_filename}", line {line}, in {code.co_name}' + (f"\n    {text}" if text else "")


def _described(step: Callable[..., Any]) -> str:
    """A step by its name and where it is defined."""
    while hasattr(step, "func"):  # a functools.partial
        step = step.func
    code = getattr(inspect.unwrap(step), "__code__", None)
    name = getattr(step, "__name__", type(step).__name__)
    return name if code is None else f'{name} (File "{code.co_filename}", line {code.co_firstlineno})'


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


def _where(condition: Symbol, a: Symbol | float, b: Symbol | float) -> Symbol:
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
    "sqrt": (lambda g, out, a: g / (2 * out),),
    "tanh": (lambda g, out, a: g * (1 - out * out),),
    "sigmoid": (lambda g, out, a: g * (1 - out) * out,),
    "floor": (None,),
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
