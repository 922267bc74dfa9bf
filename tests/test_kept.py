"""The adjoint in two parts is the adjoint, and what is kept between them is as little as it can be."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from graphs import FUNCTIONS, evaluate, ties_and_zeros
from support import assert_same_bits

from snnkernels.emit.kept import split_adjoint
from snnkernels.language import detach
from snnkernels.neurons import NEURONS, Neuron
from snnkernels.trace import Graph, adjoint, trace_function, trace_step


def trace(neuron: Neuron) -> Graph:
    return trace_step(neuron.step, neuron.states, neuron.params, neuron.constants)


def inputs_of(graph: Graph) -> set[str]:
    return {str(graph.nodes[index].value) for index in graph.needed() if graph.nodes[index].op == "input"}


@pytest.mark.parametrize("neuron", NEURONS.values(), ids=NEURONS.keys())
def test_two_parts_give_the_gradients_of_the_whole(neuron: Neuron) -> None:
    graph, names = trace(neuron), ("x", *neuron.states, *neuron.params)
    values = {
        name: torch.randn(100, dtype=torch.float64)
        for name in (*names, *neuron.constants, "grad_spike", *(f"grad_next_{state}" for state in neuron.states))
    }
    run = partial(evaluate, spike=lambda d: (d >= 0).double(), surrogate=lambda d: 1 / (1 + d * d))
    split = split_adjoint(graph, neuron.states, neuron.params)
    kept = run(split.keep, values)
    carried = ("x", *neuron.states)
    derived = run(split.adjoint, {**{name: values[name] for name in values if name not in carried}, **kept})
    for name, expected in run(adjoint(graph, names), values).items():
        assert_same_bits(derived[name], expected, name)


@pytest.mark.parametrize("neuron", NEURONS.values(), ids=NEURONS.keys())
def test_gradients_of_input_and_states_need_only_the_first_that_are_kept(neuron: Neuron) -> None:
    split = split_adjoint(trace(neuron), neuron.states, neuron.params)
    rest = split.adjoint.extend()
    rest.outputs = {f"grad_{name}": rest.outputs[f"grad_{name}"] for name in ("x", *neuron.states)}
    assert {name for name in inputs_of(rest) if name.startswith("kept_")} == {f"kept_{i}" for i in range(split.kept)}
    assert len(split.keep.outputs) <= 1 + len(neuron.states)


def test_lif_keeps_the_distance_to_threshold_and_for_beta_the_potential() -> None:
    neuron = NEURONS["lif_subtract_after_detached"]
    split = split_adjoint(trace(neuron), neuron.states, neuron.params)
    distance, potential = (split.keep.nodes[index] for index in split.keep.outputs.values())
    assert split.kept == 1 and distance.op == "sub" and potential.value == "v"
    assert split.keep.nodes[distance.args[1]].value == "threshold"


def test_nothing_is_kept_of_a_step_that_is_linear() -> None:
    graph = trace_step(lambda x, v, *, spike, a: (detach(x), a * v + x), ("v",), ("a",), ())
    split = split_adjoint(graph, ("v",), ())
    assert split.keep.outputs == {} and inputs_of(split.adjoint) == {"a", "grad_next_v"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_two_parts_of_every_operation_give_the_gradients_of_the_whole(name: str) -> None:
    graph, inputs = (
        trace_function(FUNCTIONS[name], ("x", "v"), "result"),
        dict(zip(("x", "v"), ties_and_zeros(), strict=True)),
    )
    gradient = {"grad_result": torch.randn_like(inputs["x"])}
    split = split_adjoint(graph, ("v",), ())
    derived = evaluate(split.adjoint, {**gradient, **evaluate(split.keep, inputs)})
    for result, expected in evaluate(adjoint(graph, ("x", "v")), {**inputs, **gradient}).items():
        assert_same_bits(derived[result], expected, result)
