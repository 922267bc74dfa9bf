"""What the replay of a step keeps for its adjoint, which then neither reads the input nor repeats the step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from ..trace import Graph, Node, adjoint
from .statements import CONDITIONS


@dataclass(frozen=True)
class SplitAdjoint:
    """The adjoint of a step in two graphs: `keep` computes kept_0, kept_1, ... from the inputs of the step, and
    `adjoint` takes these instead of x and the states.

    The first `kept` of them do for the gradients of x and the states, those of the parameters need all.
    """

    keep: Graph
    adjoint: Graph
    kept: int


def split_adjoint(step: Graph, states: Sequence[str], params: Sequence[str]) -> SplitAdjoint:
    """Keep as few values as will do; of several such choices the latest, from which least is left to compute."""
    carried = ("x", *states)
    backward = adjoint(step, (*carried, *params))
    numbers = [index for index, node in enumerate(step.nodes) if node.op not in CONDITIONS]

    def fewest(kept: tuple[int, ...], names: Sequence[str]) -> list[tuple[int, ...]]:
        """Every way to add the fewest numbers to `kept` with which these gradients need no x and no state."""
        results = [backward.outputs[f"grad_{name}"] for name in names]
        for count in range(len(carried) + 1):
            more = combinations(reversed(numbers), count)
            ways = (kept + choice for choice in more)
            found = [way for way in ways if _inputs(backward, results, set(way)).isdisjoint(carried)]
            if found:
                return found
        raise AssertionError("x and the states themselves always do")

    choices = fewest((), carried)
    kept = min((fewest(choice, (*carried, *params))[0] for choice in choices), key=len)
    keep, rest = step.extend(), backward.extend()
    keep.outputs = {f"kept_{i}": index for i, index in enumerate(kept)}
    for name, index in keep.outputs.items():
        rest.nodes[index] = Node("input", value=name)
    return SplitAdjoint(keep, rest, len(choices[0]))


def _inputs(graph: Graph, results: Iterable[int], kept: Set[int]) -> set[str]:
    """The inputs that nodes depend on, except through what is kept."""
    found = set(results) - kept
    for index in reversed(range(len(graph.nodes))):
        if index in found:
            found.update(set(graph.nodes[index].args) - kept)
    return {str(graph.nodes[index].value) for index in found if graph.nodes[index].op == "input"}
