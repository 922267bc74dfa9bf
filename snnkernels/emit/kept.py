"""What the replay of a step keeps for its adjoint, which then neither reads the inputs nor repeats the step.

To choose it is to cut the adjoint's graph: every path from an input or a state to what the gradients need must pass
through a value that is kept. The fewest are a minimum cut of nodes, found as a maximum flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..trace import CONDITIONS, Graph, Node, adjoint


@dataclass(frozen=True)
class SplitAdjoint:
    """The adjoint of a step in two graphs.

    `keep` takes the inputs of the step. It computes distance_0, distance_1, ...: the distances to threshold at which a
    gradient needs the surrogate derivative. There are `spikes` of them. It also computes other values, kept_0, kept_1,
    .... The first `kept` of these suffice for the gradients of inputs and states. The gradients of the parameters need
    `kept_for_params` more.

    `adjoint` takes all these values instead of the step's inputs and states. It also takes derivative_0, derivative_1,
    ...: the surrogate derivatives at the distances.
    """

    keep: Graph
    adjoint: Graph
    spikes: int
    kept: int
    kept_for_params: int


def split_adjoint(step: Graph, inputs: Sequence[str], states: Sequence[str], params: Sequence[str]) -> SplitAdjoint:
    """Split the adjoint of a step so that as few values as possible are kept.

    First the number of values for the gradients of inputs and states is made as small as possible. Of the choices with
    that number, one is taken to which few values must be added for the gradients of parameters. Of the choices that are
    still equal, the values that are computed last are kept, because then least is left to compute.
    """
    carried = (*inputs, *states)
    rest = adjoint(step, (*carried, *params))
    distances = _take_derivatives_as_inputs(rest)
    first, every = [[rest.outputs[f"grad_{name}"] for name in names] for names in (carried, (*carried, *params))]
    cost = {i: 1 for i, node in enumerate(step.nodes) if node.op not in CONDITIONS and node.op != "detach"}

    def fewest(results: Iterable[int], known: Iterable[int], cost: Mapping[int, int]) -> list[int]:
        return _minimum_cut(rest, _sources(rest, carried), results, {*distances, *known}, cost)

    wanted = set(fewest(every, (), cost))
    # The number of values comes first: one value costs more than all that a choice among equal numbers can save.
    scale = len(rest.nodes) + 1
    kept = fewest(first, (), {index: scale + (index not in wanted) for index in cost})
    more = fewest(every, kept, cost)
    keep = step.extend()
    keep.outputs = {f"distance_{i}": index for i, index in enumerate(distances)}
    keep.outputs |= {f"kept_{i}": index for i, index in enumerate((*kept, *more))}
    for name, index in keep.outputs.items():
        rest.nodes[index] = Node("input", value=name)
    return SplitAdjoint(keep, rest, len(distances), len(kept), len(more))


def _take_derivatives_as_inputs(graph: Graph) -> list[int]:
    """Replace the surrogate derivatives that are needed by inputs. Returns their distances, each once."""
    distances: dict[int, str] = {}
    for index in graph.needed():
        node = graph.nodes[index]
        if node.op == "surrogate":
            name = distances.setdefault(node.args[0], f"derivative_{len(distances)}")
            graph.nodes[index] = Node("input", value=name)
    return list(distances)


def _sources(graph: Graph, names: Sequence[str]) -> list[int]:
    return [index for index, node in enumerate(graph.nodes) if node.op == "input" and node.value in names]


def _minimum_cut(
    graph: Graph, sources: Iterable[int], results: Iterable[int], known: set[int], cost: Mapping[int, int]
) -> list[int]:
    """The cheapest set of nodes, in order, that cuts every path from a source to a result.

    Paths through `known` are cut already. Only nodes that have a cost can be chosen. Of several cheapest sets, this is
    the one nearest to the results. The algorithm is Ford and Fulkerson's with shortest paths. In its network, node i is
    an arc from 2 i to 2 i + 1.
    """
    source, sink = 2 * len(graph.nodes), 2 * len(graph.nodes) + 1
    unlimited = sum(cost.values()) + 1
    residual: list[dict[int, int]] = [{} for _ in range(sink + 1)]

    def connect(start: int, end: int, capacity: int) -> None:
        residual[start][end] = capacity
        residual[end].setdefault(start, 0)

    for index in graph.needed(results, known):
        connect(2 * index, 2 * index + 1, cost.get(index, unlimited))
        for argument in set(graph.nodes[index].args) - known:
            connect(2 * argument + 1, 2 * index, unlimited)
    for start in set(sources) - known:
        connect(source, 2 * start, unlimited)
    for result in set(results) - known:
        connect(2 * result + 1, sink, unlimited)

    while (path := _path(residual, source, sink)) is not None:
        arcs = list(zip(path, path[1:], strict=False))
        flow = min(residual[start][end] for start, end in arcs)
        for start, end in arcs:
            residual[start][end] -= flow
            residual[end][start] += flow
    before = _reaching(residual, sink)
    return [index for index in sorted(cost) if 2 * index + 1 in before and 2 * index not in before]


def _path(residual: list[dict[int, int]], source: int, sink: int) -> list[int] | None:
    """A shortest path along arcs that have capacity left."""
    reached_from, queue = {source: source}, [source]
    for node in queue:  # which grows meanwhile
        for end, capacity in residual[node].items():
            if capacity and end not in reached_from:
                reached_from[end] = node
                queue.append(end)
        if sink in reached_from:
            break
    else:
        return None
    path = [sink]
    while path[-1] != source:
        path.append(reached_from[path[-1]])
    return path[::-1]


def _reaching(residual: list[dict[int, int]], sink: int) -> set[int]:
    """The nodes from which a path with capacity left leads to the sink."""
    reaching, queue = {sink}, [sink]
    for node in queue:
        for start in residual[node]:
            if residual[start][node] and start not in reaching:
                reaching.add(start)
                queue.append(start)
    return reaching
