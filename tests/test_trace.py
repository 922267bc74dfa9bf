"""The derived adjoint is torch's autograd, bit for bit, for every operation of the step language and every neuron."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from graphs import EVERY_VARIANT, FUNCTIONS, evaluate, ties_and_zeros
from support import assert_rounded, assert_same_bits

from snnkernels.engines import reference
from snnkernels.language import detach, exp, where
from snnkernels.surrogates import SURROGATES
from snnkernels.trace import Graph, adjoint, trace_function, trace_step
from snnkernels.variants import Variant


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derived_adjoint_of_every_operation_is_autograd(name: str) -> None:
    function = FUNCTIONS[name]
    a, b = ties_and_zeros()
    leaves = [a.clone().requires_grad_(), b.clone().requires_grad_()]
    result, gradient = function(*leaves), torch.randn_like(a)
    expected = torch.autograd.grad(result, leaves, gradient, materialize_grads=True)

    graph = trace_function(function, ("a", "b"), "result")
    assert_same_bits(evaluate(graph, {"a": a, "b": b})["result"], result.detach(), "forward")
    derived = evaluate(adjoint(graph, ("a", "b")), {"a": a, "b": b, "grad_result": gradient})
    # torch takes 1 - y * y of tanh's derivative with one rounding, where its processor can.
    compare = assert_rounded if any(node.op == "tanh" for node in graph.nodes) else assert_same_bits
    for leaf, grad in zip(("a", "b"), expected, strict=True):
        compare(derived[f"grad_{leaf}"].expand_as(grad), grad, f"gradient of {leaf}")


def test_number_divided_is_autograd_to_rounding() -> None:
    """torch takes 3 / a as the reciprocal of a, times 3: two roundings where the graph has one."""
    a = torch.randn(50, dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad((3 / a).sum(), a)
    graph = trace_function(lambda a: 3 / a, ("a",), "result")
    inputs = {"a": a.detach(), "grad_result": torch.ones(50, dtype=torch.float64)}
    assert_rounded(evaluate(graph, inputs)["result"], (3 / a).detach())
    assert_rounded(evaluate(adjoint(graph, ("a",)), inputs)["grad_a"], expected)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("variant", EVERY_VARIANT.values(), ids=EVERY_VARIANT.keys())
def test_derived_adjoint_of_every_neuron_is_autograd(variant: Variant, surrogate: str, strict: bool) -> None:
    names = (*variant.inputs, *variant.states, *variant.params)
    values = {name: torch.randn(400, dtype=torch.float64) for name in names}
    for name, value in values.items():  # half of them such that some potentials are at the threshold
        on_grid = torch.randint(-8, 16, (200,)) / 8
        value[:200] = on_grid if name not in variant.params else 1.0 if name == "threshold" else 0.5
    leaves = [value.clone().requires_grad_() for value in values.values()]
    spike = reference.spike_function(surrogate, torch.tensor(3.0, dtype=torch.float64), strict)
    count, first = len(variant.inputs), len(variant.inputs) + len(variant.states)
    outputs = variant.run(leaves[:count], leaves[count:first], spike, leaves[first:])
    results = ("output", *(f"next_{name}" for name in variant.states))
    gradients = {f"grad_{name}": torch.randn(400, dtype=torch.float64) for name in results}
    expected = torch.autograd.grad(outputs, leaves, tuple(gradients.values()), materialize_grads=True)

    slope, rule = torch.tensor(3.0).double(), SURROGATES[surrogate].derivative
    run = partial(evaluate, spike=lambda d: (d > 0 if strict else d >= 0).double(), surrogate=lambda d: rule(d, slope))
    forward = run(variant.graph, values)
    assert not variant.gives_spikes or 20 < forward["output"].sum() < 380, "the test must see spikes and silence"
    for name, output in zip(results, outputs, strict=True):
        assert_same_bits(forward[name], output.detach(), name)
    derived = run(adjoint(variant.graph, names), {**values, **gradients})
    for name, grad in zip(names, expected, strict=True):
        assert_same_bits(derived[f"grad_{name}"].expand_as(grad), grad, f"gradient of {name}")


@pytest.mark.parametrize("name", SURROGATES)
def test_traced_surrogate_is_the_function_on_tensors(name: str) -> None:
    x, k = torch.randn(200, dtype=torch.float64), torch.tensor(2.5).double()
    graph = trace_function(SURROGATES[name].derivative, ("x", "k"), "derivative")
    traced = evaluate(graph, {"x": x, "k": k})["derivative"]
    assert_same_bits(traced.expand_as(x), SURROGATES[name].derivative(x, k).expand_as(x))


def test_where_on_tensors_and_symbols_means_the_same() -> None:
    graph = trace_function(lambda a: where(a > 0, 1.0, a), ("a",), "out")
    a = torch.tensor([-2.0, 0.0, 3.0])
    assert evaluate(graph, {"a": a})["out"].tolist() == [-2.0, 0.0, 1.0]
    assert where(a > 0, 1.0, a).tolist() == [-2.0, 0.0, 1.0]


def test_adjoint_gives_zero_where_nothing_depends() -> None:
    graph = trace_function(lambda a, b: a * 2 + detach(b), ("a", "b"), "out")
    gradients = evaluate(adjoint(graph, ("a", "b")), {name: torch.ones(3) for name in ("a", "b", "grad_out")})
    assert gradients["grad_a"].tolist() == [2.0, 2.0, 2.0]
    assert gradients["grad_b"].tolist() == 0.0


def test_adjoint_leaves_the_graph_as_it_was() -> None:
    graph = trace_function(lambda a: a * a, ("a",), "out")
    nodes, outputs = list(graph.nodes), dict(graph.outputs)
    adjoint(graph, ("a",))
    assert (graph.nodes, graph.outputs) == (nodes, outputs)


def test_needed_leaves_out_what_no_output_depends_on() -> None:
    graph = Graph()
    a, b = graph.input("a"), graph.input("b")
    exp(b)
    graph.set_output("out", a + 1)
    assert [graph.nodes[index].op for index in graph.needed()] == ["input", "constant", "add"]


def test_output_may_be_a_number() -> None:
    graph = trace_function(lambda a: 3, ("a",), "out")
    assert evaluate(graph, {"a": torch.zeros(2)})["out"].item() == 3.0


def test_inputs_states_and_parameters_come_by_name_and_spike_where_it_is_asked_for() -> None:
    graph = trace_step(lambda x, y, v, *, a: (x * a - y, v + y), ("x", "y"), ("v",), ("a",))
    values = {name: torch.tensor(number) for name, number in (("x", 2.0), ("y", 3.0), ("v", 5.0), ("a", 7.0))}
    assert {name: value.item() for name, value in evaluate(graph, values).items()} == {"output": 11.0, "next_v": 8.0}
    fires = trace_step(lambda x, *, spike: [spike(x - 1)], ("x",), (), ())
    assert [node.op for node in fires.nodes] == ["input", "constant", "sub", "spike"]
    assert list(fires.outputs) == ["output"]


def test_ten_thousand_operations_are_traced_and_differentiated() -> None:
    def step(x, v, *, a):
        for _ in range(10_000):
            v = v * a
        return x, v

    graph = trace_step(step, ("x",), ("v",), ("a",))
    one = torch.ones((), dtype=torch.float64)
    inputs = {"x": one, "v": one, "a": one, "grad_output": one, "grad_next_v": one}
    gradients = evaluate(adjoint(graph, ("v", "a")), inputs)
    assert (gradients["grad_v"].item(), gradients["grad_a"].item()) == (1.0, 10_000.0)
