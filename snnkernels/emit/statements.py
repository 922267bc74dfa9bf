"""What every target language shares: a graph as named assignments, one an operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..trace import CONDITIONS, Graph, Node

# Operations that every target language writes alike, and comparisons, for which only C++ has functions.
ARITHMETIC = {"add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}"}
LOGIC = {"and": "{0} & {1}", "or": "{0} | {1}", "not": "~{0}"}
COMPARISONS = {
    "gt": "{0} > {1}",
    "ge": "{0} >= {1}",
    "lt": "{0} < {1}",
    "le": "{0} <= {1}",
    "eq": "{0} == {1}",
    "ne": "{0} != {1}",
}


@dataclass(frozen=True)
class Statement:
    """An assignment of an expression to a new name. is_condition: whether its value is true or false, not a number."""

    name: str
    expression: str
    is_condition: bool


@dataclass(frozen=True)
class Program:
    """A graph in some language: its assignments, and the expression that holds each output."""

    statements: list[Statement]
    results: dict[str, str]
    used_inputs: set[str]


def program(graph: Graph, operations: Mapping[str, str], constant: Callable[[float], str]) -> Program:
    """Write a graph with a language's table of operations, such as {"add": "{0} + {1}"}."""
    names: dict[int, str] = {}
    used_inputs = set()
    counter: Iterator[int] = iter(range(len(graph.nodes)))
    statements = []
    for index in graph.needed():
        node = graph.nodes[index]
        if node.op == "input":
            names[index] = str(node.value)
            used_inputs.add(str(node.value))
        elif node.op == "constant":
            assert isinstance(node.value, float)
            names[index] = constant(node.value)
        elif node.op == "detach" and "detach" not in operations:  # stops gradients, which the adjoint already knows
            names[index] = names[node.args[0]]
        else:
            names[index] = f"t{next(counter)}"
            expression = operations[node.op].format(*(names[arg] for arg in node.args))
            statements.append(Statement(names[index], expression, node.op in CONDITIONS))
    results = {name: names[index] for name, index in graph.outputs.items()}
    return Program(statements, results, used_inputs)


def own_names(names: Sequence[str]) -> list[str]:
    """A neuron's names as code has them: no keywords, and not the name of anything else."""
    return [f"in_{name}" for name in names]


def with_own_names(graph: Graph) -> Graph:
    """A step whose inputs have the names of :func:`own_names`, and its next states accordingly."""
    renamed = graph.extend()
    for index, node in enumerate(graph.nodes):
        if node.op == "input":
            renamed.nodes[index] = Node("input", value=f"in_{node.value}")
    renamed.outputs = {
        name if name == "output" else f"next_in_{name.removeprefix('next_')}": index
        for name, index in graph.outputs.items()
    }
    return renamed
