"""The adjoint in two parts is the adjoint, and what is kept between them is as little as it can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import pytest
import torch
from graphs import EVERY_VARIANT, FUNCTIONS, evaluate, ties_and_zeros
from support import assert_same_bits, variant_of

from snnkernels.emit.kept import SplitAdjoint, split_adjoint
from snnkernels.language import detach, exp
from snnkernels.trace import CONDITIONS, Graph, adjoint, trace_function, trace_step
from snnkernels.variants import Variant


def surrogate(distance: torch.Tensor) -> torch.Tensor:
    return 1 / (1 + distance * distance)


run = partial(evaluate, spike=lambda d: (d >= 0).double(), surrogate=surrogate)


def split_of(variant: Variant, params: Sequence[str] | None = None) -> SplitAdjoint:
    return split_adjoint(variant.graph, variant.inputs, variant.states, variant.params if params is None else params)


def inputs_of(graph: Graph) -> set[str]:
    return {str(graph.nodes[index].value) for index in graph.needed() if graph.nodes[index].op == "input"}


def kept_values(split: SplitAdjoint) -> list[str]:
    """What is kept besides distances: the names of inputs, and the operations whose results are kept."""
    indices = (index for name, index in split.keep.outputs.items() if name.startswith("kept_"))
    nodes = (split.keep.nodes[index] for index in indices)
    return [str(node.value) if node.op == "input" else node.op for node in nodes]


def assert_two_parts_are_the_whole(
    graph: Graph, inputs: Sequence[str], states: Sequence[str], params: Sequence[str]
) -> SplitAdjoint:
    """Both ways to the gradients, at random numbers: the same bits."""
    split, names = split_adjoint(graph, inputs, states, params), (*inputs, *states, *params)
    every = {*names, *(name for name in inputs_of(graph))}
    values = {name: torch.randn(100, dtype=torch.float64) for name in sorted(every)}
    gradients = {f"grad_{name}": torch.randn(100, dtype=torch.float64) for name in graph.outputs}
    kept = run(split.keep, values)
    derivatives = {f"derivative_{j}": surrogate(kept[f"distance_{j}"]) for j in range(split.spikes)}
    constants = {name: value for name, value in values.items() if name not in (*inputs, *states)}
    derived = run(split.adjoint, {**constants, **gradients, **kept, **derivatives})
    for name, expected in run(adjoint(graph, names), {**values, **gradients}).items():
        assert_same_bits(derived[name], expected, name)
    distances = [f"distance_{j}" for j in range(split.spikes)]
    assert list(split.keep.outputs) == distances + [f"kept_{i}" for i in range(split.kept + split.kept_for_params)]
    return split


@pytest.mark.parametrize("variant", EVERY_VARIANT.values(), ids=EVERY_VARIANT.keys())
def test_two_parts_give_the_gradients_of_the_whole(variant: Variant) -> None:
    assert_two_parts_are_the_whole(variant.graph, variant.inputs, variant.states, variant.params)


@pytest.mark.parametrize("variant", EVERY_VARIANT.values(), ids=EVERY_VARIANT.keys())
def test_gradients_of_inputs_and_states_need_only_the_first_that_are_kept(variant: Variant) -> None:
    split = split_of(variant)
    rest = split.adjoint.extend()
    rest.outputs = {f"grad_{name}": rest.outputs[f"grad_{name}"] for name in (*variant.inputs, *variant.states)}
    assert {name for name in inputs_of(rest) if name.startswith("kept_")} == {f"kept_{i}" for i in range(split.kept)}


def test_lif_keeps_the_distance_to_threshold_and_for_beta_the_potential() -> None:
    split = split_of(variant_of(), ("beta", "threshold"))
    distance, potential = (split.keep.nodes[index] for index in split.keep.outputs.values())
    assert (split.spikes, split.kept, split.kept_for_params) == (1, 0, 1)
    assert distance.op == "sub" and split.keep.nodes[distance.args[1]].value == "threshold"
    assert potential.value == "v"
    assert kept_values(split_of(variant_of())) == ["current", "v"]  # the current for its scale


# Options of LIF; how many distances are kept, what else for current and state, and what more for beta and threshold.
BEFORE, DELAYED, ATTACHED = {"pre_reset_state": True}, {"delay_reset": True}, {"detach_reset": False}
KEPT_OF_LIF: list[tuple[dict[str, Any], int, list[str], list[str]]] = [
    ({"reset": "none"}, 1, [], ["v"]),
    ({}, 1, [], ["v"]),
    (BEFORE, 1, [], ["v"]),
    (ATTACHED, 1, [], ["v"]),
    ({**BEFORE, **ATTACHED}, 2, [], ["sub"]),  # the potential after the reset, by which beta is multiplied
    (DELAYED, 1, [], ["v"]),
    ({**DELAYED, **ATTACHED}, 2, [], ["v"]),
    ({"reset": 0.5}, 1, [], ["v"]),
    ({"reset": 0.5, **BEFORE}, 1, ["v"], []),  # it says too whether the neuron fired, which would do for v alone
    ({"reset": 0.5, **ATTACHED}, 1, ["add"], ["v"]),  # the potential, by which the reset's gradient is multiplied
    ({"reset": 0.5, **BEFORE, **ATTACHED}, 2, ["v"], []),
]


@pytest.mark.parametrize("options, spikes, kept, more", KEPT_OF_LIF, ids=str)
def test_what_every_lif_keeps(options: dict[str, Any], spikes: int, kept: list[str], more: list[str]) -> None:
    split = split_of(variant_of(**options), ("beta", "threshold"))
    assert (split.spikes, split.kept, kept_values(split)) == (spikes, len(kept), kept + more)


def dendritic(count: int) -> Callable:
    """A soma and `count` dendrites, each with its own decay, as in DH-SNN (Zheng et al. 2024)."""

    def step(x, *dendrites, spike, beta, threshold, **decays):
        *dendrites, soma = dendrites
        following = [decay * d + (1 - decay) * x for decay, d in zip(decays.values(), dendrites, strict=True)]
        total = following[0]
        for dendrite in following[1:]:
            total = total + dendrite
        u = beta * soma + (1 - beta) * total
        s = spike(u - threshold)
        return (s, *following, u - threshold * detach(s))

    return step


def test_soma_with_eight_dendrites() -> None:
    """One distance does for the states; decays' gradients need d and x, beta's the soma."""
    dendrites, decays = [f"d{i}" for i in range(8)], [f"decay{i}" for i in range(8)]
    states, params = (*dendrites, "soma"), ("beta", "threshold", *decays)
    graph = trace_step(dendritic(8), ("x",), states, params)
    split = assert_two_parts_are_the_whole(graph, ("x",), states, params)
    assert (split.spikes, split.kept, split.kept_for_params) == (1, 0, 10)
    assert sorted(kept_values(split)) == sorted([*dendrites, "soma", "x"])
    without_decays = split_adjoint(graph, ("x",), states, ("threshold", "beta"))
    assert sorted(kept_values(without_decays)) == ["add", "soma"]


def test_forty_states_and_a_thousand_operations() -> None:
    dendrites, decays = [f"d{i}" for i in range(39)], [f"decay{i}" for i in range(39)]

    def step(x, *states, spike, beta, threshold, **named):
        s, *following = dendritic(39)(x, *states, spike=spike, beta=beta, threshold=threshold, **named)
        for _ in range(1000):
            following[0] = following[0] * beta + s
        return (s, *following)

    states, params = (*dendrites, "soma"), ("beta", "threshold", *decays)
    graph = trace_step(step, ("x",), states, params)
    split = split_adjoint(graph, ("x",), states, params)
    assert (split.spikes, split.kept, split.kept_for_params) == (1, 0, 41)


def test_several_inputs_and_spikes_of_which_two_share_a_distance() -> None:
    """The second distance is needed by b's gradient alone, the detached spike's by nothing."""

    def step(x, y, v, w, *, spike, a, b):
        u, distance = a * v + x * y, v - w
        s = spike(u - 1) + spike(distance) * w - spike(distance)
        return s + detach(spike(x - y)), u - s, w * exp(y) + spike(b)

    graph = trace_step(step, ("x", "y"), ("v", "w"), ("a", "b"))
    split = assert_two_parts_are_the_whole(graph, ("x", "y"), ("v", "w"), ("a", "b"))
    assert split.spikes == 3
    assert not {"x", "y", "v", "w"} & inputs_of(split.adjoint)


def test_steps_of_two_inputs_keep_what_is_multiplied() -> None:
    """Each factor is kept for the other's gradient, where their product would not do."""
    graph = trace_step(lambda x, y, v: (x * y + v, v), ("x", "y"), ("v",), ())
    split = assert_two_parts_are_the_whole(graph, ("x", "y"), ("v",), ())
    assert (split.spikes, split.kept, kept_values(split)) == (0, 2, ["x", "y"])


def test_of_several_minimum_cuts_the_latest_is_taken() -> None:
    """v, 2 v and e^(2 v) would all do."""
    graph = trace_step(lambda x, v: (x, exp(2 * v)), ("x",), ("v",), ())
    assert kept_values(split_adjoint(graph, ("x",), ("v",), ())) == ["exp"]


def test_nothing_is_kept_of_a_step_that_is_linear() -> None:
    graph = trace_step(lambda x, v, *, a: (detach(x), a * v + x), ("x",), ("v",), ("a",))
    split = split_adjoint(graph, ("x",), ("v",), ())
    assert split.keep.outputs == {} and inputs_of(split.adjoint) == {"a", "grad_next_v"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_two_parts_of_every_operation_give_the_gradients_of_the_whole(name: str) -> None:
    graph, inputs = (
        trace_function(FUNCTIONS[name], ("x", "v"), "result"),
        dict(zip(("x", "v"), ties_and_zeros(), strict=True)),
    )
    gradient = {"grad_result": torch.randn_like(inputs["x"])}
    split = split_adjoint(graph, ("x",), ("v",), ())
    derived = evaluate(split.adjoint, {**gradient, **evaluate(split.keep, inputs)})
    for result, expected in evaluate(adjoint(graph, ("x", "v")), {**inputs, **gradient}).items():
        assert_same_bits(derived[result], expected, result)
    assert split.kept == fewest_by_trying(graph, ("x", "v"))


def fewest_by_trying(graph: Graph, carried: Sequence[str]) -> int:
    """How many numbers must be kept: every choice of one, then of two."""
    backward = adjoint(graph, carried)
    numbers = [index for index, node in enumerate(graph.nodes) if node.op not in CONDITIONS]
    for count in range(3):
        for kept in combinations(numbers, count):
            left = backward.needed(known=set(kept))
            if not any(backward.nodes[index].value in carried for index in left):
                return count
    raise AssertionError("both inputs would do")
