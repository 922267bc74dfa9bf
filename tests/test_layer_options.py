"""What layers are told: each option is an attribute that is checked when it is set, and signatures name them all."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest
import torch
from support import assert_same_bits, random_current, skip_or_fail
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend

from snnkernels import LIF, SpikeLinear, SpikingLinear, lif, use_backend
from snnkernels.neurons import NEURONS

# Of every option, and of numbers: another value than the default, the name of what it is, and a wrong value.
SETTINGS: dict[str, tuple[Any, Any]] = {
    "beta": (0.5, "0.5"),
    "threshold": (0.75, 0),
    "return_state": (True, 1),
    "record": (("v",), "v"),
    "reset": ("zero", "hard"),
    "delay_reset": (True, None),
    "detach_reset": (False, 0),
    "strict": (True, "yes"),
    "input_scale": (0.375, float("nan")),
    "surrogate": ("arctan", "atan"),
    "slope": (2.0, -1.0),
    "time_dim": (1, 1.5),
    "pre_reset_state": (True, 1),
    "steps": (5, 0),
    "output": ("sum", "som"),
    "backend": ("reference", "cuda"),
}


def result(layer: Any, current: Tensor, **options: Any) -> tuple[Tensor, ...]:
    """The output or outputs, and the gradient of the current."""
    leaf = current.clone().requires_grad_()
    outputs = layer(leaf, **options)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    if isinstance(outputs[-1], dict):
        outputs = (*outputs[:-1], *outputs[-1].values())
    sum(out.sum() for out in outputs).backward()
    return (*(out.detach() for out in outputs), leaf.grad)


def test_the_table_has_every_option() -> None:
    names = inspect.signature(LIF).parameters.keys()
    fixed = {"learn", "constrain", "device", "dtype", *(name for name in names if name.startswith("learn_"))}
    assert SETTINGS.keys() == names - fixed


@pytest.mark.parametrize("name", SETTINGS)
def test_an_option_that_is_set_is_used_shown_and_copied(name: str) -> None:
    value, wrong = SETTINGS[name]
    layer, current = LIF(), random_current(9, 9, 6)
    setattr(layer, name, value)
    assert getattr(layer, name) == value
    assert repr(layer) == repr(LIF(**{name: value}))
    assert repr(layer) != repr(LIF())
    expected = result(lif, current, **{name: value})
    for one in (layer, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        for actual, right in zip(result(one, current), expected, strict=True):
            assert_same_bits(actual, right, name)
    with pytest.raises((ValueError, TypeError)) as of_the_constructor:
        LIF(**{name: wrong})
    with pytest.raises(of_the_constructor.type) as of_the_attribute:
        setattr(layer, name, wrong)
    assert str(of_the_attribute.value) == str(of_the_constructor.value)
    assert getattr(layer, name) == value and repr(layer) == repr(LIF(**{name: value}))


def test_options_are_shown_together() -> None:
    layer = LIF(slope=25)
    layer.slope, layer.reset = 2, -0.5
    assert layer.arguments == {**LIF().arguments, "slope": 2.0, "reset": -0.5}
    assert repr(layer) == "LIF(beta=0.9, threshold=1, input_scale=1, reset=-0.5, slope=2.0)"
    with pytest.raises(AttributeError, match="LIF's arguments cannot be set: set each by its name"):
        layer.arguments = {}


class Slow(LIF):
    """With a constructor of its own."""

    def __init__(self) -> None:
        super().__init__(0.99)


MISSPELT = {
    "subclass": (Slow, "slop", "Slow has no attribute 'slop'; did you mean 'slope'?"),
    "LIF": (LIF, "slop", "LIF has no attribute 'slop'; did you mean 'slope'?"),
    "LIF, parameter": (LIF, "treshold", "LIF has no attribute 'treshold'; did you mean 'threshold'?"),
    "LIF, state": (
        LIF,
        "initial_state",
        "LIF holds no state: give initial_state at the call, layer(current, initial_state)",
    ),
    "SpikeLinear": (
        lambda: SpikeLinear(3, 2),
        "prodct",
        "SpikeLinear has no attribute 'prodct'; did you mean 'product'?",
    ),
    "SpikingLinear": (
        lambda: SpikingLinear(3, 2),
        "slope",
        "SpikingLinear has no attribute 'slope' of its own: set layer.neuron.slope",
    ),
    "SpikingLinear, product": (
        lambda: SpikingLinear(3, 2),
        "product",
        "SpikingLinear has no attribute 'product' of its own: set layer.linear.product",
    ),
    "SpikingLinear, time": (
        lambda: SpikingLinear(3, 2),
        "time_dim",
        "SpikingLinear takes spikes time first, one row a time step: it has no option 'time_dim'",
    ),
}


@pytest.mark.parametrize("case", MISSPELT)
def test_a_misspelt_attribute_is_an_error(case: str) -> None:
    make, name, message = MISSPELT[case]
    layer = make()
    with pytest.raises(AttributeError) as error:
        setattr(layer, name, 2)
    assert str(error.value) == message
    assert not hasattr(layer, name)


@pytest.mark.parametrize("make", [LIF, lambda: SpikeLinear(3, 2), lambda: SpikingLinear(3, 2)])
def test_other_attributes_are_anybodys(make: Any) -> None:
    layer = make()
    layer.rate, layer._slop, layer.head, layer.device = 0.5, 3, nn.Linear(2, 2), "here"
    layer.rate = 0.25
    assert (layer.rate, layer._slop, layer.device) == (0.25, 3, "here") and "head" in dict(layer.named_children())


def test_options_of_spiking_linear_are_its_parts() -> None:
    fused, spikes = SpikingLinear(6, 3, learn_beta=True), (torch.rand(9, 2, 6) < 0.4).float()
    fused.neuron.slope, fused.neuron.threshold, fused.linear.product = 2, 0.125, "dense"
    expected = LIF(threshold=0.125, slope=2)(fused.linear(spikes))
    output = fused(spikes)
    assert_same_bits(output.detach(), expected.detach())
    gradients = [torch.autograd.grad(out.sum(), fused.linear.weight)[0] for out in (output, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-6)
    assert "product='dense'" in repr(fused) and "slope=2.0" in repr(fused)
    with pytest.raises(ValueError, match="product must be one of 'auto', 'events', 'dense', got 'event'"):
        fused.linear.product = "event"
    with pytest.raises(TypeError, match="SpikeLinear has no option 'prodct'; did you mean 'product'"):
        SpikeLinear(3, 2, prodct="dense")


# Twelve values of each number: more than the eight graphs that torch.compile makes of one function.
NUMBERS: dict[str, Any] = {
    "beta": lambda step: 0.25 + step / 16,
    "threshold": lambda step: 0.5 + step / 8,
    "slope": lambda step: 1.0 + step,
    "input_scale": lambda step: 0.5 + step / 16,
    "reset": lambda step: -0.25 * step,
}


@pytest.mark.parametrize("held", [*NUMBERS, "buffer", "parameter"])
@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_another_number_makes_no_other_graph(engine: str, held: str) -> None:
    torch._dynamo.reset()
    name = held if held in NUMBERS else "beta"
    layer = LIF(torch.full((6,), 0.5), learn_beta=held == "parameter") if held != name else LIF()
    counter = CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(layer, fullgraph=True, backend=counter)
    current, different = random_current(3, 2, 6), set()
    with use_backend(engine):
        for step in range(12):
            setattr(layer, name, NUMBERS[name](step))
            expected = result(lif, current, **{name: NUMBERS[name](step)})
            for actual, right in zip(result(compiled, current), expected, strict=True):
                torch.testing.assert_close(actual, right, rtol=1e-6, atol=0)
            different.add(tuple(torch.cat([part.flatten() for part in expected]).tolist()))
    assert counter.frame_count == 1
    assert len(different) > 3, "the numbers must make a difference"


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", ["beta", "slope"])
def test_a_number_set_before_backward_is_of_the_next_call(name: str, compiled: bool) -> None:
    torch._dynamo.reset()
    layer, current = LIF(0.75, slope=2), random_current(9, 2, 6)
    call, before = (
        (torch.compile(layer, fullgraph=True, backend="aot_eager") if compiled else layer),
        getattr(layer, name),
    )
    expected = result(layer, current)[-1]
    leaf = current.clone().requires_grad_()
    spikes = call(leaf)
    setattr(layer, name, before / 2)
    spikes.sum().backward()
    assert_same_bits(leaf.grad, expected)
    assert_same_bits(result(call, current)[-1], result(layer, current)[-1])
    assert not torch.equal(result(call, current)[-1], expected)


def test_another_kind_of_number_makes_another_graph() -> None:
    """Which is right too: a slope after the default, a reset to a number after one to zero, a beta for each neuron."""
    torch._dynamo.reset()
    layer, current = LIF(reset="zero"), random_current(9, 2, 6)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    for name, value in (("slope", 2.0), ("reset", -0.5), ("beta", torch.full((6,), 0.75)), ("slope", None)):
        setattr(layer, name, value)
        for actual, right in zip(result(compiled, current), result(layer, current), strict=True):
            assert_same_bits(actual, right, name)


def test_signatures_agree() -> None:
    """One truth: what `lif` takes, LIF takes, and SpikingLinear, with the same defaults."""
    function, layer, fused = (inspect.signature(one).parameters for one in (lif, LIF, SpikingLinear))
    of_a_call, learned = {"current", "initial_state"}, {f"learn_{name}" for name in lif.definition.interface.params}
    assert layer.keys() == function.keys() - of_a_call | learned | {"learn", "constrain", "device", "dtype"}
    own = inspect.signature(SpikeLinear).parameters.keys() | {"neuron"}
    assert fused.keys() - {"options"} == layer.keys() - {"time_dim", "steps"} | own
    for name in function.keys() & layer.keys():
        assert function[name].default == layer[name].default, name
    for name in layer.keys() & fused.keys():
        assert layer[name].default == fused[name].default, name
    kinds = {parameter.kind for one in (function, layer) for parameter in one.values()}
    assert inspect.Parameter.VAR_KEYWORD not in kinds


def test_a_configuration_tool_fills_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        from jsonargparse import ArgumentParser
    except ImportError as error:
        skip_or_fail("jsonargparse", str(error))
    parser = ArgumentParser()
    parser.add_class_arguments(SpikingLinear, "layer")
    parser.add_class_arguments(LIF, "neuron")
    given = ["--layer.in_features=6", "--layer.out_features=3", "--layer.slope=2", "--layer.reset=zero"]
    made = parser.instantiate(parser.parse_args([*given, "--neuron.beta=0.5", "--neuron.reset=-0.5"]))
    assert (made.layer.neuron.slope, made.layer.neuron.reset) == (2.0, "zero")
    assert (made.neuron.beta, made.neuron.reset) == (0.5, -0.5)
    with pytest.raises(SystemExit):
        parser.parse_args([*given, "--layer.slopp=2"])
    assert "--layer.slopp=2" in capsys.readouterr().err


def test_a_configuration_tool_fills_the_options_of_every_neuron() -> None:
    try:
        from jsonargparse import ArgumentError, ArgumentParser
    except ImportError as error:
        skip_or_fail("jsonargparse", str(error))
    for neuron in NEURONS.values():
        name = next(iter(neuron.definition.interface.params))
        parser = ArgumentParser(exit_on_error=False)
        parser.add_class_arguments(neuron.layer, "layer")
        made = parser.instantiate(parser.parse_args([f"--layer.{name}=0.5", f"--layer.learn_{name}=true"])).layer
        assert type(made) is neuron.layer and getattr(made, name).item() == 0.5
        with pytest.raises(ArgumentError):
            parser.parse_args([f"--layer.{name}q=0.5"])
