"""A graph run on torch tensors, to test a derived adjoint by itself; functions that use all of the step language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from support import BUILT_IN
from torch import Tensor
from user_neurons import NEURONS as USER_NEURONS

from snnkernels.language import detach, exp, floor, maximum, minimum, sigmoid, sqrt, tanh, where
from snnkernels.trace import Graph, trace_step
from snnkernels.variants import Variant

# Of every built-in neuron and of those that a user might write, by their keys.
EVERY_VARIANT = BUILT_IN | {v.key: v for neuron in USER_NEURONS.values() for v in neuron.definition.variants()}

# Of two values, by the operation that each is about.
FUNCTIONS: dict[str, Callable] = {
    "add": lambda a, b: a + b,
    "add a number": lambda a, b: 2 + a + 0.5 + b,
    "sub": lambda a, b: a - b,
    "sub a number": lambda a, b: (3 - a) * (b - 1.5),
    "mul": lambda a, b: a * b,
    "mul by a number": lambda a, b: 0.3 * a * 7 - b,
    "div": lambda a, b: a / b,
    "div by a number": lambda a, b: a / 3 + b,
    "neg": lambda a, b: -a * b,
    "abs": lambda a, b: abs(a) * b,
    "exp": lambda a, b: exp(a) * exp(b * 0.5),
    "sqrt": lambda a, b: sqrt(abs(a) + 0.5) * b,
    "tanh": lambda a, b: tanh(a) * b + tanh(b),
    "sigmoid": lambda a, b: sigmoid(a) * b + sigmoid(b),
    "floor": lambda a, b: floor(a) * b + floor(b * 3) * a,
    "minimum": lambda a, b: minimum(a, b),
    "maximum": lambda a, b: maximum(a, b),
    "minimum with a number": lambda a, b: minimum(a, 0.5) * minimum(0.25, b),
    "maximum with a number": lambda a, b: maximum(a, 0.5) * maximum(0.25, b),
    "where >": lambda a, b: where(a > b, a * a, b),
    "where >=": lambda a, b: where(a >= b, a * a, b),
    "where <": lambda a, b: where(a < 0.5, a * b, b),
    "where <=": lambda a, b: where(a <= 0.5, a * b, 2.0),
    "where ==": lambda a, b: where(a == b, a * a, b),
    "where !=": lambda a, b: where(a != 0.5, a * b, b),
    "where number": lambda a, b: where(a > b, 1.0, a) * where(a > b, b, 0.0),
    "where two numbers": lambda a, b: where(a > b, 2.0, 0.5) * a + b,
    "where &": lambda a, b: where((a > 0) & (b > 0), a * b, b),
    "where |": lambda a, b: where((a > 0.5) | (b < 0), a * b, b),
    "where ~": lambda a, b: where(~(a > b), a * b, b) * where(~((a > 0) | (b > 0)) & (a != b), a, 1.0),
    "detach": lambda a, b: a * detach(a * b) + b,
    "every use adds up": lambda a, b: a * b + a / b - a * a * b + exp(a) * a - abs(b) * a,
    "long chain": lambda a, b: exp(-(a * b) / (1 + abs(a - b))) * where(a > b, a, -b) / (2 + a * a),
}

_OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "neg": torch.neg,
    "abs": torch.abs,
    "exp": torch.exp,
    "sqrt": sqrt,  # which is exact where torch's is not
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "floor": torch.floor,
    "min": torch.minimum,
    "max": torch.maximum,
    "gt": torch.gt,
    "ge": torch.ge,
    "lt": torch.lt,
    "le": torch.le,
    "eq": torch.eq,
    "ne": torch.ne,
    "and": torch.logical_and,
    "or": torch.logical_or,
    "not": torch.logical_not,
    "where": torch.where,
    "detach": torch.detach,
}


def variant_of_step(key: str, step: Callable, inputs: tuple[str, ...], states: tuple[str, ...]) -> Variant:
    """A step without spikes, parameters and options, as the emitters take it."""
    graph = trace_step(step, inputs, states, ())
    return Variant(key, inputs, states, (), False, graph)


def evaluate(
    graph: Graph,
    inputs: Mapping[str, Tensor],
    spike: Callable[[Tensor], Tensor] | None = None,
    surrogate: Callable[[Tensor], Tensor] | None = None,
) -> dict[str, Tensor]:
    """The outputs of a graph; `spike` and `surrogate` are functions of the distance to threshold."""
    operations = {**_OPERATIONS, "spike": spike, "surrogate": surrogate}
    like = next(iter(inputs.values()))
    values: dict[int, Tensor] = {}
    for index in graph.needed():
        node = graph.nodes[index]
        if node.op == "input":
            values[index] = inputs[str(node.value)]
        elif node.op == "constant":
            values[index] = torch.full((), node.value, dtype=like.dtype, device=like.device)
        else:
            operation = operations[node.op]
            assert operation is not None, f"the graph has a {node.op}, which the caller did not expect"
            values[index] = operation(*(values[arg] for arg in node.args))
    return {name: values[index] for name, index in graph.outputs.items()}


def ties_and_zeros() -> tuple[Tensor, Tensor]:
    """Pairs of numbers, some equal, some zero, none of them a divisor that is zero."""
    a = torch.cat([torch.randn(50), torch.tensor([0.5, -1.0, 0.0, 0.5, 0.25, 2.0])]).double()
    b = torch.cat([torch.randn(50), torch.tensor([0.5, -1.0, 0.5, 1.0, 0.25, -2.0])]).double()
    return a, b
