"""Graphs as Triton: `step` and `adjoint` for a neuron, `derivative` for a surrogate.

They are what the time loops in engines/triton_loops.py call. Nothing is written to a file: the engine asks for the text
of a neuron or a surrogate when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..surrogates import Surrogate
from ..trace import Graph, adjoint, trace_function
from ..variants import Variant
from .statements import ARITHMETIC, COMPARISONS, LOGIC, own_names, program, with_own_names

_HEADER = """import triton
import triton.language as tl

from snnkernels.engines.triton_math import (
    divide, exponential, fires, hyperbolic_tangent, logistic, maximum, minimum, square_root
)
"""

_OPERATIONS = {
    **ARITHMETIC,
    "div": "divide({0}, {1})",
    "neg": "{0} * -1.0",  # Triton 3.6's own negation is 0 - x, which turns 0 into 0 and not -0
    "abs": "tl.abs({0})",
    "exp": "exponential({0})",
    "sqrt": "square_root({0})",
    "tanh": "hyperbolic_tangent({0})",
    "sigmoid": "logistic({0})",
    "floor": "tl.floor({0})",
    "min": "minimum({0}, {1})",
    "max": "maximum({0}, {1})",
    **COMPARISONS,
    **LOGIC,
    "where": "tl.where({0}, {1}, {2})",
    "spike": "fires({0}, STRICT)",
    "surrogate": "DERIVATIVE({0}, slope)",
}


def _constant(like: str) -> Callable[[float], str]:
    """A number in the type and shape of a block. Two bare numbers would become float32, and one alone is no block."""
    return lambda number: f"tl.full({like}.shape, {number!r}, {like}.dtype)"


def _function(
    signature: str,
    graph: Graph,
    arguments: Mapping[str, Sequence[str]],
    results: Sequence[str | Sequence[str]],
    block: str,
) -> str:
    """A jitted function of a graph, of blocks like the one that is called `block`.

    arguments: the arguments that are tuples, each with the graph's names for its elements.
    results: what is returned, in order, by the graph's names; a sequence of names is returned as a tuple.
    """
    written = program(graph, _OPERATIONS, _constant(block))
    element = {name: f"{argument}[{i}]" for argument, names in arguments.items() for i, name in enumerate(names)}
    lines = [f"{name} = {place}" for name, place in element.items() if name in written.used_inputs]
    lines += [f"{statement.name} = {statement.expression}" for statement in written.statements]
    returned = [
        written.results[result]
        if isinstance(result, str)
        else f"({''.join(f'{written.results[name]}, ' for name in result)})"
        for result in results
    ]
    lines.append(f"return {', '.join(returned)}")
    return "\n".join(["@triton.jit", f"def {signature}:", *(f"    {line}" for line in lines), ""])


def neuron_source(variant: Variant) -> str:
    """The Triton module of a neuron, with two functions, whose inputs, states and parameters are tuples:

    `step(input, state, param, STRICT)` returns the output and the next states, `adjoint(input, state, param, slope,
    grad_output, grad_next_state, STRICT, DERIVATIVE)` the gradients of inputs, states and parameters, a tuple each.
    """
    graph = with_own_names(variant.graph)
    groups = {"input": variant.inputs, "state": variant.states, "param": variant.params}
    arguments = {argument: own_names(names) for argument, names in groups.items()}
    next_states = [f"next_{name}" for name in arguments["state"]]
    step = _function(
        "step(input, state, param, STRICT: tl.constexpr)", graph, arguments, ("output", next_states), "input[0]"
    )
    backward = _function(
        "adjoint(input, state, param, slope, grad_output, grad_next_state, STRICT: tl.constexpr, "
        "DERIVATIVE: tl.constexpr)",
        adjoint(graph, [name for names in arguments.values() for name in names]),
        {**arguments, "grad_next_state": [f"grad_{name}" for name in next_states]},
        [[f"grad_{name}" for name in names] for names in arguments.values()],
        "input[0]",
    )
    return "\n\n".join([_HEADER, step, backward])


def surrogate_source(surrogate: Surrogate) -> str:
    """The Triton module of a surrogate: `derivative(x, k)`."""
    graph = trace_function(surrogate.derivative, ("x", "k"), "derivative")
    return "\n\n".join([_HEADER, _function("derivative(x, k)", graph, {}, ("derivative",), "x")])
