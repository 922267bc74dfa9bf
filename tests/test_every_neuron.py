"""What holds for every neuron, built in or of a user: states, chunks, values that are not finite, PyTorch's tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from support import Target, assert_rounded, assert_same_bits, is_exact, nodes, random_current, random_spikes
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only
from user_neurons import NEURONS as USER_NEURONS

from snnkernels import SpikingLinear
from snnkernels.neurons import NEURONS

EVERY = {**NEURONS, **{f"own {name}": neuron for name, neuron in USER_NEURONS.items()}}
STEPS, SHAPE = 19, (2, 37)
INTERPRETED = ["adlif", "current_lif"]  # on Triton's interpreter, which is slow


@contextmanager
def engine_calls() -> Iterator[list[tuple[Any, Any]]]:
    """The operators of engines that are called, with their arguments."""
    calls: list[tuple[Any, Any]] = []

    class Calls(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.namespace == "snnkernels" and func._opname.endswith(("forward", "backward")):
                calls.append((func, args))
            return func(*args, **(kwargs or {}))

    with Calls():
        yield calls


def inputs_of(neuron: Any, target: Target, steps: int = STEPS, shape: tuple[int, ...] = SHAPE) -> list[Tensor]:
    inputs = [random_current(steps, *shape, device=target.device) for _ in neuron.definition.interface.inputs]
    return [inputs[0], *(x.sigmoid() for x in inputs[1:])]  # a second input is a gate


def states_of(neuron: Any, target: Target, shape: tuple[int, ...] = SHAPE) -> tuple[Tensor, ...]:
    return tuple((torch.randn(shape) / 2).to(target.device) for _ in neuron.definition.interface.states)


def run(neuron: Any, inputs: Sequence[Tensor], states: Sequence[Tensor], **options: Any) -> tuple[Any, ...]:
    """The output, the final states as a tuple, and the records."""
    initial = states[0] if len(states) == 1 else tuple(states)
    output, state, *records = neuron(*inputs, initial_state=initial, return_state=True, **options)
    return output, (state,) if isinstance(state, Tensor) else state, records[0] if records else {}


def small(target: Target) -> tuple[int, tuple[int, ...]]:
    return (5, (2, 9)) if target.interpreted else (STEPS, SHAPE)


def require(name: str, target: Target) -> Any:
    if target.engine == "native" and target.device == "cuda" and name != "lif":
        pytest.skip("the CUDA library has LIF alone")
    return EVERY[name]


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # numpy's, of neurons that are not there
@pytest.mark.few_interpreted(name=INTERPRETED)
@pytest.mark.parametrize("name", EVERY)
def test_a_record_is_the_states_of_single_steps(target: Target, name: str) -> None:
    """Bit for bit, and the outputs are theirs too."""
    neuron, (steps, shape) = require(name, target), small(target)
    inputs, states = inputs_of(neuron, target, steps, shape), states_of(neuron, target, shape)
    names = neuron.definition.interface.states
    with engine_calls() as calls:
        output, final, record = run(neuron, inputs, states, record=names, backend=target.engine)
    assert [func._opname for func, _ in calls] == ([] if target.engine == "reference" else [f"{target.engine}_forward"])
    for t in range(steps):
        single, states, _ = run(neuron, [x[t : t + 1] for x in inputs], states, backend=target.engine)
        assert_same_bits(output[t : t + 1], single, f"output of step {t}")
        for state, value in zip(names, states, strict=True):
            assert_same_bits(record[state][t], value, f"{state} of step {t}")
    for value, expected in zip(final, states, strict=True):
        assert_same_bits(value, expected)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.few_interpreted(name=INTERPRETED)
@pytest.mark.parametrize("name", EVERY)
def test_chunks_through_the_initial_state_are_the_whole(target: Target, name: str) -> None:
    """Bit for bit: outputs, every state, and the gradients of inputs and of every initial state.

    Autograd adds the gradient of a record to that of a state in another order where a chunk ends, so the reference's
    records get none.
    """
    neuron, (steps, shape) = require(name, target), small(target)
    names = neuron.definition.interface.states
    given = [*inputs_of(neuron, target, steps, shape), *states_of(neuron, target, shape)]
    count = len(given) - len(names)
    options: dict[str, Any] = {"backend": target.engine, "surrogate": "triangle", "slope": 0.5}
    results = []
    for lengths in ((steps,), (3, steps - 4, 1)):
        leaves = [value.clone().requires_grad_() for value in given]
        states: Sequence[Tensor] = leaves[count:]
        outputs, records = [], []
        for chunk in zip(*(x.split(lengths) for x in leaves[:count]), strict=True):
            output, states, record = run(neuron, chunk, states, record=names, **options)
            outputs.append(output)
            records.append(torch.stack(list(record.values())))
        values = [torch.cat(outputs), *torch.cat(records, 1).unbind(), *states]
        wanted = [values[0], *([] if target.engine == "reference" else values[1 : -len(names)]), *states]
        wanted = [value for value in wanted if value.requires_grad]
        weights = [torch.linspace(-1, 2, v.numel(), device=v.device).view_as(v) for v in wanted]
        grads = torch.autograd.grad(wanted, leaves, weights, materialize_grads=True)
        results.append([*(value.detach() for value in values), *grads])
    assert all(grad.abs().sum() > 0 for grad in results[0][-len(given) : -len(names)])
    for place, (actual, expected) in enumerate(zip(*results, strict=True)):
        assert_same_bits(actual, expected, f"value {place} of {len(results[0])}")


@pytest.mark.filterwarnings("ignore:.* encountered:RuntimeWarning")
@pytest.mark.few_interpreted(name=INTERPRETED)
@pytest.mark.parametrize("name", EVERY)
def test_what_is_not_finite_is_as_the_reference_has_it(compiled: Target, name: str) -> None:
    """NaN and infinities, in an input and in a state. Outputs and states are the same bits, if a step has no exp."""
    neuron, (steps, shape) = require(name, compiled), small(compiled)
    inputs, states = inputs_of(neuron, compiled, steps, shape), states_of(neuron, compiled, shape)
    bad = (torch.nan, torch.inf, -torch.inf)
    for k, value in enumerate(bad):
        inputs[0][2, :, k] = value
    states[-1][0, 3], states[-1][0, 4] = torch.nan, torch.inf
    results = []
    for backend in ("reference", compiled.engine):
        leaves = [value.clone().requires_grad_() for value in (*inputs, *states)]
        names = neuron.definition.interface.states
        output, final, record = run(
            neuron, leaves[: len(inputs)], leaves[len(inputs) :], record=names, backend=backend, surrogate="arctan"
        )
        values = [output, *record.values(), *final]
        wanted = [value for value in values if value.requires_grad]
        grads = torch.autograd.grad(
            wanted, leaves, [torch.ones_like(value) for value in wanted], materialize_grads=True
        )
        results.append([value.detach() for value in (*values, *grads)])
    assert any(value.isnan().any() for value in results[0])
    exact = is_exact(neuron.variant())
    for place, (expected, actual) in enumerate(zip(*results, strict=True)):
        near = 0.0 if exact and place < len(values) else 1e-4
        torch.testing.assert_close(
            actual, expected, rtol=near, atol=near, equal_nan=True, msg=lambda text, place=place: f"{place}: {text}"
        )


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.few_interpreted(name=INTERPRETED)
@pytest.mark.parametrize("name", EVERY)
def test_opcheck(compiled: Target, name: str) -> None:
    """Forward and backward, as a call with records, states and learned parameters calls them."""
    neuron, (steps, shape) = require(name, compiled), small(compiled)
    interface = neuron.definition.interface
    params = {
        key: torch.full((1,), float(spec.default), device=compiled.device, requires_grad=True)
        for key, spec in interface.params.items()
        if not isinstance(spec.default, str)
    }
    inputs = [x.requires_grad_() for x in inputs_of(neuron, compiled, steps, shape)]
    states = [state.requires_grad_() for state in states_of(neuron, compiled, shape)]
    with engine_calls() as calls:
        output, _, record = run(neuron, inputs, states, record=interface.states, backend=compiled.engine, **params)
        torch.stack([output, *record.values()]).sum().backward()
    assert [func._opname for func, _ in calls] == [f"{compiled.engine}_{way}" for way in ("forward", "backward")]
    for func, args in calls:
        detached = tree_map_only(Tensor, lambda x: x.detach().clone(), args)
        torch.library.opcheck(func, detached)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.few_interpreted(name=INTERPRETED[:1])
@pytest.mark.parametrize("name", EVERY)
def test_compiled_to_one_graph_and_exported(compiled: Target, name: str) -> None:
    """A layer that learns all of its numbers, forward and backward, and a program of it for any T and B."""
    neuron, (steps, shape) = require(name, compiled), small(compiled)
    interface = neuron.definition.interface
    learn = tuple(key for key, spec in interface.params.items() if not isinstance(spec.default, str))
    layer = neuron.layer(learn=learn, backend=compiled.engine, return_state=True).to(compiled.device)
    inputs = inputs_of(neuron, compiled, steps, shape)
    results = []
    for call in (layer, torch.compile(layer, fullgraph=True, backend="aot_eager")):
        leaves = [x.clone().requires_grad_() for x in inputs]
        layer.zero_grad()
        output, state = call(*leaves)
        states = (state,) if isinstance(state, Tensor) else state
        sum(value.sum() for value in (output, *states) if value.requires_grad).backward()
        grads = {key: value.grad for key, value in layer.named_parameters() if value.grad is not None}
        results.append([output.detach(), *(s.detach() for s in states), *(x.grad for x in leaves), *grads.values()])
    assert len(results[0]) > len(inputs) + len(states)
    for actual, expected in zip(results[1], results[0], strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-6, atol=1e-6)
    dynamic = {0: torch.export.Dim("T"), 1: torch.export.Dim("B", min=1)}
    program = torch.export.export(layer, tuple(inputs), dynamic_shapes={key: dynamic for key in interface.inputs})
    assert f"{compiled.engine}_forward" in str(program.graph)
    longer = inputs_of(neuron, compiled, steps + 3, (shape[0] + 1, shape[1]))
    for actual, expected in zip(_flat(program.module()(*longer)), _flat(layer(*longer)), strict=True):
        assert_same_bits(actual.detach(), expected.detach())


@pytest.mark.parametrize(
    "name", [name for name, neuron in EVERY.items() if len(neuron.definition.interface.inputs) == 1]
)
def test_a_spiking_linear_of_it_is_the_two_layers(native: None, name: str) -> None:
    """Outputs, states and the gradient of the input spikes bit for bit; that of the weights is a sum by chunks."""
    neuron = EVERY[name]
    fused = SpikingLinear(13, 9, neuron=neuron, product="dense", return_state=True, surrogate="triangle", slope=0.5)
    results = []
    for call in (fused, lambda x: fused.neuron(fused.linear(x))):
        spikes = random_spikes(STEPS, 3, 13, rate=0.5).requires_grad_() if not results else results[0][0]
        fused.zero_grad()
        spikes.grad = None
        with engine_calls() as calls:
            output, state = call(spikes)
            states = (state,) if isinstance(state, Tensor) else state
            sum(value.square().sum() for value in (output, *states) if value.requires_grad).backward()
        assert {func._opname for func, _ in calls} >= {"native_forward", "native_backward"}
        assert ("SpikingLinearFunctionBackward" in nodes(output)) == (call is fused)
        results.append((spikes, output.detach(), *states, spikes.grad.clone(), fused.linear.weight.grad.clone()))
    for actual, expected in zip(results[0][1:-1], results[1][1:-1], strict=True):
        assert_same_bits(actual.detach(), expected.detach())
    assert results[0][-1].any()
    assert_rounded(results[0][-1], results[1][-1], terms=STEPS)


def _flat(returned: Any) -> list[Tensor]:
    return [returned] if isinstance(returned, Tensor) else [tensor for part in returned for tensor in _flat(part)]
