"""A graph run on torch tensors: an engine of one step, so that a derived adjoint can be tested before it is emitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from snnkernels.trace import Graph

_OPERATIONS: dict[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "neg": torch.neg,
    "abs": torch.abs,
    "exp": torch.exp,
    "min": torch.minimum,
    "max": torch.maximum,
    "gt": torch.gt,
    "ge": torch.ge,
    "lt": torch.lt,
    "le": torch.le,
    "eq": torch.eq,
    "where": torch.where,
    "detach": torch.detach,
}


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
