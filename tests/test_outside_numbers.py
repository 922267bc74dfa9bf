"""What a step or a surrogate reads from outside has one value on every engine: that of its definition."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from example_neurons import example, load
from support import assert_same_bits
from torch import Tensor
from user_neurons import NEURONS as USER_NEURONS

from snnkernels import lif, neuron
from snnkernels.engines import reference
from snnkernels.interface import VALUE
from snnkernels.neurons import NEURONS
from snnkernels.variants import VARIANTS

LEAK = 0.5
SETTINGS = SimpleNamespace(gain=0.5)
HEIGHT = 1.0


def leaked(v: Any) -> Any:
    return LEAK * v


def outside(offset: float) -> Any:
    """A neuron that reads a global number in a function that it calls, an attribute, and a variable around it."""

    def step(x, v, *, spike, threshold=1.0):
        v = leaked(v) + SETTINGS.gain * x + offset
        s = spike(v - threshold)
        return s, v - s

    made = neuron(states=("v",))(step)
    offset = 100.0
    return made


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> Any:
    def change() -> None:
        monkeypatch.setitem(globals(), "LEAK", 0.25)
        monkeypatch.setitem(globals(), "HEIGHT", 3.0)
        monkeypatch.setattr(SETTINGS, "gain", 7.0)

    return change


def gradients(function: Any, backend: str, **options: Any) -> tuple[Tensor, Tensor]:
    x = torch.linspace(-1, 6, 60).view(6, 2, 5).requires_grad_()
    output, state = function(x, return_state=True, backend=backend, **options)
    (grad,) = torch.autograd.grad((output.cumsum(0).sum(), state.sum()), x)
    return state.detach(), grad


@pytest.mark.parametrize("backend", ["native", "reference"])
@pytest.mark.parametrize("called_before", [False, True])
def test_a_step_keeps_the_numbers_of_its_definition(
    native: None, changes: Any, backend: str, called_before: bool
) -> None:
    made = outside(0.125)
    if called_before:
        gradients(made, backend)
    changes()
    x = torch.tensor([1.0, 2.0]).view(2, 1, 1)
    output, v = made(x, return_state=True, backend=backend)
    # 0.5 * 1 + 0.125 = 0.625; 0.5 * 0.625 + 0.5 * 2 + 0.125 = 1.4375, which fires
    assert output.flatten().tolist() == [0.0, 1.0] and v.item() == 0.4375


def test_engines_agree_after_a_change(native: None, changes: Any) -> None:
    made = outside(0.0)
    changes()
    state, grad = gradients(made, "reference", surrogate="triangle")
    assert grad.any()
    for actual, expected in zip(gradients(made, "native", surrogate="triangle"), (state, grad), strict=True):
        assert_same_bits(actual, expected)
    again = outside(0.0)  # which has the new numbers
    assert again.variant().key != made.variant().key
    assert_same_bits(gradients(again, "native")[0], gradients(again, "reference")[0])
    assert not torch.equal(gradients(again, "native")[0], state)


def test_a_compiled_graph_of_the_reference_has_them_too(changes: Any) -> None:
    made = outside(0.125)
    changes()
    x = torch.linspace(-1, 6, 60).view(6, 2, 5)
    compiled = torch.compile(partial(made, backend="reference"), fullgraph=True, backend="aot_eager")
    assert_same_bits(compiled(x), made(x, backend="reference"))


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_a_surrogate_keeps_the_numbers_of_its_first_use(native: None, changes: Any, backend: str) -> None:
    def constant(distance: Any, slope: Any) -> Any:
        return HEIGHT * slope + 0.0 * distance

    assert_same_bits(*(gradients(lif, engine, surrogate=constant)[1] for engine in ("reference", "native")))
    before = gradients(lif, backend, surrogate=constant, reset="none")[1]
    changes()
    assert_same_bits(gradients(lif, backend, surrogate=constant, reset="none")[1], before)
    assert before.any()


def choices() -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Each variant of every neuron that is built in, an example, or of a test, once, by the choices that give it."""
    found = set()
    for made in (*NEURONS.values(), *map(example, load("train").SETTINGS), *USER_NEURONS.values()):
        options = made.definition.interface.options
        for chosen in itertools.product(*(spec.choices or (spec.default,) for spec in options.values())):
            key = made.definition.variant(chosen).key
            if key not in found:
                found.add(key)
                yield made, chosen


CHOICES = list(choices())


@pytest.mark.parametrize(("made", "chosen"), CHOICES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_what_the_reference_runs_is_the_step(made: Any, chosen: tuple[Any, ...]) -> None:
    """Outputs and gradients are those of the step itself on tensors, bit for bit."""
    interface = made.definition.interface
    variant = made.definition.variant(chosen)
    assert VARIANTS[variant.key] is variant
    spike = reference.spike_function("arctan", torch.tensor(3.0).double(), False)
    params = {name: spec.default for name, spec in interface.params.items()}
    values = [torch.randn(200).double() for _ in (*interface.inputs, *interface.states)]
    values += [torch.full((), -0.5 if isinstance(value, str) else value).double() for value in params.values()]
    results = []
    for traced in (False, True):
        leaves = [value.clone().requires_grad_() for value in values]
        count, first = len(interface.inputs), len(interface.inputs) + len(interface.states)
        if traced:
            returned = variant.run(leaves[:count], leaves[count:first], spike, leaves[first:])
        else:
            options = dict(zip(interface.options, chosen, strict=True))
            named = dict(zip(params, leaves[first:], strict=True))
            named |= {name: choice for name, choice in options.items() if choice != VALUE or name not in params}
            returned = made.definition.step(*leaves[:first], **named, **({"spike": spike} if interface.fires else {}))
        tensors = [value for value in returned if isinstance(value, Tensor) and value.requires_grad]
        weights = [torch.linspace(-1, 2, value.numel()).double().view_as(value) for value in tensors]
        grads = torch.autograd.grad(tensors, leaves, weights, materialize_grads=True)
        results.append((*(torch.as_tensor(value).detach() for value in returned), *grads))
    assert len(results[0]) == len(results[1]) and any(grad.any() for grad in results[0][len(returned) :])
    for actual, expected in zip(results[1], results[0], strict=True):
        torch.testing.assert_close(actual, expected, rtol=0, atol=0, equal_nan=True)
