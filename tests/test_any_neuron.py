"""Every engine runs neurons of any number of inputs and states, with any output, as the reference does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from support import Target, assert_rounded, assert_same_bits, random_current, random_decay
from torch import Tensor
from user_neurons import NEURONS

from snnkernels import Neuron, lif, neuron

NAMES = ("lif", *NEURONS)


def neuron_of(name: str) -> Neuron:
    return lif if name == "lif" else NEURONS[name]


def sizes(target: Target) -> tuple[int, int, int]:
    """T, B and N: steps that do not fill the last of a few intervals, neurons that do not fill the last strip."""
    return (9, 1, 11) if target.interpreted else (35, 3, 70)


def arguments(neuron: Neuron, target: Target, dtype: torch.dtype, tensors: bool) -> dict[str, Any]:
    """Inputs, states and parameters of a call; parameters are tensors, one of them for each neuron, or numbers."""
    interface = neuron.definition.interface
    steps, batch, count = sizes(target)
    state_dtype = torch.float64 if dtype == torch.float64 else torch.float32
    given: dict[str, Any] = {
        name: random_current(steps, batch, count, dtype=dtype, device=target.device) for name in interface.inputs
    }
    if "gate" in given:
        given["gate"] = torch.rand_like(given["gate"])
    for name in interface.states:
        given[name] = torch.randn(batch, count, dtype=state_dtype).to(target.device)
    for place, (name, spec) in enumerate(interface.params.items()):
        if not isinstance(spec.default, str):
            number = torch.full((1,), spec.default + 0.05 * place - 0.1, dtype=state_dtype, device=target.device)
            per_neuron = random_decay(count, dtype=state_dtype, device=target.device)
            given[name] = (per_neuron if place == 0 else number) if tensors else number.item()
    return given


class Results:
    """What a call returns, and the gradient of every tensor that it took."""

    def __init__(self, neuron: Neuron, given: dict[str, Any], wanted: Sequence[str], **options: Any) -> None:
        interface = neuron.definition.interface
        leaves = {
            name: value.detach().clone().requires_grad_(name in wanted) if isinstance(value, Tensor) else value
            for name, value in given.items()
        }
        named = {name: leaves.pop(name) for name in interface.params if name in leaves}
        inputs = [leaves[name] for name in interface.inputs]
        states = tuple(leaves[name] for name in interface.states)
        initial = states[0] if len(states) == 1 else states
        output, state, *recorded = neuron(*inputs, **named, initial_state=initial, return_state=True, **options)
        states = (state,) if isinstance(state, Tensor) else state
        self.values = {"output": output, **dict(zip(interface.states, states, strict=True))}
        self.values |= {f"record of {name}": record for each in recorded for name, record in each.items()}
        self.leaves = {name: leaf for name, leaf in {**leaves, **named}.items() if name in wanted}

    def grads(self, of: dict[str, Tensor]) -> dict[str, Tensor]:
        outputs = [self.values[name] for name in of]
        found = torch.autograd.grad(outputs, list(self.leaves.values()), list(of.values()), materialize_grads=True)
        return dict(zip(self.leaves, found, strict=True))


def assert_as_reference(
    neuron: Neuron, target: Target, given: dict[str, Any], wanted: Sequence[str], **options: Any
) -> None:
    """Forward bit for bit, and gradients to rounding."""
    expected = Results(neuron, given, wanted, **options, backend="reference")
    actual = Results(neuron, given, wanted, **options, backend=target.engine)
    assert actual.values.keys() == expected.values.keys()
    for name, value in expected.values.items():
        assert_same_bits(actual.values[name].detach(), value.detach(), name)
    grads = {name: torch.randn_like(value) for name, value in expected.values.items() if value.requires_grad}
    wanted_grads = expected.grads(grads)
    for name, grad in actual.grads(grads).items():
        assert grad.isfinite().all() and wanted_grads[name].abs().max() > 0, name
        assert_rounded(grad, wanted_grads[name], f"gradient of {name}", terms=20)


@pytest.mark.few_interpreted(dtype=[torch.float32], output=["all"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("output", ["all", "sum", "last", "max"])
@pytest.mark.parametrize("name", NAMES)
def test_every_output_and_every_gradient_are_the_reference_s(
    compiled: Target, name: str, output: str, dtype: torch.dtype
) -> None:
    neuron = neuron_of(name)
    given = arguments(neuron, compiled, dtype, tensors=True)
    states = neuron.definition.interface.states
    assert_as_reference(neuron, compiled, given, list(given), output=output, record=states[-2:])


@pytest.mark.few_interpreted(name=["adaptive"])
@pytest.mark.parametrize("name", NAMES)
def test_parameters_that_are_numbers_give_the_same(compiled: Target, name: str) -> None:
    neuron = neuron_of(name)
    given = arguments(neuron, compiled, torch.float32, tensors=False)
    wanted = [name for name, value in given.items() if isinstance(value, Tensor)]
    assert_as_reference(neuron, compiled, given, wanted)


@pytest.mark.few_interpreted(wanted=["rho"])
@pytest.mark.parametrize("wanted", ["alpha", "rho", "a", "b", "threshold"])
def test_the_gradient_of_one_parameter_alone_is_the_same(compiled: Target, wanted: str) -> None:
    neuron = NEURONS["adaptive"]
    given = arguments(neuron, compiled, torch.float32, tensors=True)
    assert_as_reference(neuron, compiled, given, [wanted, "x"])


@pytest.mark.few_interpreted(name=["gated"])
@pytest.mark.parametrize("name", NAMES)
def test_inputs_that_are_the_same_at_all_steps(compiled: Target, name: str) -> None:
    neuron = neuron_of(name)
    given = arguments(neuron, compiled, torch.float32, tensors=True)
    given |= {name: given[name][0] for name in neuron.definition.interface.inputs}
    assert_as_reference(neuron, compiled, given, list(given), steps=sizes(compiled)[0])


@pytest.mark.few_interpreted(name=["current_based"])
@pytest.mark.parametrize("name", NAMES)
def test_time_in_the_middle_and_no_state_in(compiled: Target, name: str) -> None:
    neuron = neuron_of(name)
    given = arguments(neuron, compiled, torch.float32, tensors=True)
    inputs = neuron.definition.interface.inputs
    results = []
    for backend in ("reference", compiled.engine):
        torch.manual_seed(1)
        leaves = [given[name].detach().transpose(0, 1).contiguous().requires_grad_() for name in inputs]
        output = neuron(*leaves, time_dim=1, backend=backend)
        results.append((output.detach(), torch.autograd.grad(output, leaves, torch.randn_like(output))))
    (expected, wanted), (actual, grads) = results
    assert_same_bits(actual, expected)
    for grad, other in zip(grads, wanted, strict=True):
        assert_rounded(grad, other, terms=20)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # numpy's, of Triton's interpreter
def test_the_first_of_the_largest_outputs_counts_and_a_nan_is_the_largest(compiled: Target) -> None:
    """Outputs are the input, since the integrator forgets at once."""
    x = torch.zeros(6, 1, 5, device=compiled.device)
    x[1, 0, 0] = x[4, 0, 0] = 2.0
    x[:, 0, 1] = -torch.inf
    x[2, 0, 2] = x[4, 0, 2] = torch.nan
    x[:, 0, 3] = torch.tensor([-3.0, -1.0, -2.0, -1.0, -1.5, -4.0])
    x[5, 0, 4] = torch.inf
    x.requires_grad_()
    largest = NEURONS["integrator"](x, beta=0.0, output="max", backend=compiled.engine)
    torch.testing.assert_close(
        largest.detach().cpu(), torch.tensor([[2.0, torch.nan, torch.nan, -1.0, torch.inf]]), equal_nan=True
    )
    (grad,) = torch.autograd.grad(largest, x, torch.ones_like(largest))
    assert [grad[:, 0, k].nonzero().flatten().tolist() for k in (0, 3, 4)] == [[1], [1], [5]]


def test_a_step_that_has_no_name(native: None) -> None:
    decaying = neuron(states=("v",))(lambda x, v, *, beta=0.5: (beta * v + x, beta * v + x))
    assert decaying(torch.ones(3, 1, 5), backend="native")[:, 0, 0].tolist() == [1.0, 1.5, 1.75]


@pytest.mark.parametrize("backend", ["reference", "native"])
def test_a_step_that_returns_plain_numbers(native: None, backend: str) -> None:
    constant = neuron(states=("v", "w"))(lambda x, v, w: (0.5, v + w * x, 0.25))
    x = torch.ones(4, 1, 3, requires_grad=True)
    output, (v, w) = constant(x, backend=backend, return_state=True)
    assert output.shape == x.shape and output.unique().tolist() == [0.5]
    assert v.unique().tolist() == [0.75] and w.unique().tolist() == [0.25]
    (grad,) = torch.autograd.grad(v.sum(), x)
    assert grad[:, 0, 0].tolist() == [0.0, 0.25, 0.25, 0.25]


def test_as_many_parameters_as_operators_have_bits_for(native: None) -> None:
    def summing(count: int) -> Neuron:
        names: dict[str, Any] = {}
        parameters = [f"p{k}" for k in range(count)]
        arguments = ", ".join(f"{name}=0.25" for name in parameters)
        exec(f"def step(x, v, *, {arguments}): return x + {' + '.join(parameters)}, v", names)
        return neuron(states=("v",))(names["step"])

    last = torch.tensor(0.5, requires_grad=True)
    output = summing(62)(torch.ones(2, 1, 3), p61=last, backend="native")
    assert output.unique().tolist() == [1 + 61 / 4 + 0.5]
    assert torch.autograd.grad(output.sum(), last)[0].item() == 6.0
    with pytest.raises(TypeError, match="step has 63 parameters and 1 states, expected at most 62 of each"):
        summing(63)
