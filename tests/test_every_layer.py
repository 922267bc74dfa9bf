"""What holds for the layers of every neuron, built in or a user's: no test names one.

test_layer_memory.py, test_layer_options.py, test_layer_parameters.py and test_tools.py have more cases, of LIF.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import torch
import user_neurons
from support import assert_same_bits, random_current
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend
from torch.export import Dim

from snnkernels import Neuron, Sequential, SpikingLinear
from snnkernels.neuron_layer import NeuronLayer
from snnkernels.neurons import NEURONS

ALL = {**NEURONS, **{f"user's {name}": neuron for name, neuron in user_neurons.NEURONS.items()}}
N = 6

pytestmark = pytest.mark.usefixtures("native")


@pytest.fixture(params=ALL)
def neuron(request: pytest.FixtureRequest) -> Neuron:
    return ALL[request.param]


def params_of(neuron: Neuron) -> tuple[str, ...]:
    return tuple(neuron.definition.interface.params)


def value_of(name: str, neuron: Neuron, step: int = 0) -> float:
    """A value of a parameter, inside its range, which changes from step to step, and is no default."""
    default = neuron.definition.interface.params[name].default
    start = float(default) if isinstance(default, (int, float)) else 0.0
    return start * (1 - (step + 1) / 64) + (step + 1) / 128


def values_of(neuron: Neuron, step: int = 0) -> dict[str, float]:
    return {name: value_of(name, neuron, step) for name in params_of(neuron)}


def currents(neuron: Neuron, steps: int = 7, batch: int = 2, dtype: torch.dtype = torch.float32) -> tuple[Tensor, ...]:
    shape = (len(neuron.definition.interface.inputs), steps, batch, N)
    return tuple((random_current(*shape).abs() * 1.5).to(dtype).unbind(0))


def made(neuron: Neuron, way: str, **options: Any) -> NeuronLayer:
    """A layer that holds tensors: buffers, learned numbers, or learned numbers that are kept in their ranges."""
    values = values_of(neuron)
    if way == "buffers":
        return neuron.layer(**{name: torch.full((N,), value) for name, value in values.items()}, **options)
    return neuron.layer(**values, learn=params_of(neuron), constrain=way == "constrained", **options)


WAYS = ("buffers", "learned", "constrained")


def assert_holds(layer: NeuronLayer, values: dict[str, float], way: str) -> None:
    for name, value in values.items():
        held = getattr(layer, name).detach()
        assert held.dtype == torch.float32, name
        rtol = 2e-6 if way == "constrained" else 0.0
        torch.testing.assert_close(held, torch.full_like(held, value), rtol=rtol, atol=0, msg=name)


def assert_same_outputs(actual: object, expected: object) -> None:
    pairs = zip(torch.utils._pytree.tree_leaves(actual), torch.utils._pytree.tree_leaves(expected), strict=True)
    for one, other in pairs:
        assert_same_bits(one.detach(), other.detach())


@pytest.mark.parametrize("way", WAYS)
def test_new_memory_and_half_types_leave_the_values(neuron: Neuron, way: str) -> None:
    if way == "buffers":  # tensors on the meta device would have no values
        layer = made(neuron, way).to("meta")
    else:
        with torch.device("meta"):
            layer = made(neuron, way)
    assert all(tensor.is_meta for tensor in (*layer.parameters(), *layer.buffers()))
    layer.to_empty(device="cpu")
    assert_holds(layer, values_of(neuron), way)
    with torch.no_grad():
        for tensor in (*layer.parameters(), *layer.buffers()):
            tensor.fill_(0.625)
    layer.reset_parameters()
    assert_holds(layer, values_of(neuron), way)
    for cast, dtype in (("bfloat16", torch.bfloat16), ("half", torch.float16)):
        getattr(layer, cast)()
        assert_holds(layer, values_of(neuron), way)
        x = currents(neuron, dtype=dtype)
        expected = neuron(*x, **{name: getattr(layer, name) for name in params_of(neuron)})
        assert expected.dtype == dtype
        assert_same_bits(layer(*x), expected)


def test_what_is_set_is_used_shown_and_checked(neuron: Neuron) -> None:
    layer, x = neuron.layer(return_state=True), currents(neuron)
    for name, value in values_of(neuron).items():
        setattr(layer, name, value)
        assert f"{name}={value:g}" in repr(layer)
        for wrong in ("nonsense", float("nan"), [0.5]):
            with pytest.raises((TypeError, ValueError), match=name):
                setattr(layer, name, wrong)
    assert_same_outputs(layer(*x), neuron(*x, **values_of(neuron), return_state=True))
    with pytest.raises(AssertionError):
        assert_same_outputs(layer(*x), neuron(*x, return_state=True))
    for name in neuron.definition.interface.choices:
        with pytest.raises((TypeError, ValueError), match=f"{name} must be .*nonsense"):
            setattr(layer, name, "nonsense")
    for name in (*params_of(neuron), *neuron.definition.interface.choices, "surrogate", "backend"):
        wrong = f"{name[:-1]}q{name[-1]}"
        if len(name) < 4 or wrong in params_of(neuron):
            continue
        for build in (neuron.layer, lambda **given: SpikingLinear(3, N, neuron=neuron, **given)):
            if build is neuron.layer or len(x) == 1:
                with pytest.raises(TypeError, match=f"has no option '{wrong}'; did you mean .*'{name}'"):
                    build(**{wrong: 0.5})
        with pytest.raises(AttributeError, match=f"has no attribute '{wrong}'; did you mean .*'{name}'"):
            setattr(layer, wrong, 0.5)


def test_a_parameter_that_is_given_is_the_layers_and_shared(neuron: Neuron) -> None:
    x = currents(neuron)
    for name, value in values_of(neuron).items():
        given = nn.Parameter(torch.full((N,), value))
        layers = [neuron.layer(**{name: given}), neuron.layer(**{name: given, f"learn_{name}": True})]
        if len(x) == 1:
            layers.append(SpikingLinear(3, N, neuron=neuron, **{name: given}).neuron)
        assert all(getattr(layer, name) is given for layer in layers)
        tied = nn.ModuleList(layers)
        assert len(list(tied.parameters())) == 1
        assert_same_bits(layers[0](*x).detach(), neuron(*x, **{name: value}))
        assert layers[0](*x).requires_grad
        with pytest.raises(TypeError, match=f"^{name} must be .* torch.nn.utils.parametrize$"):
            neuron.layer(**{name: given * 1.0})


def test_numbers_that_change_make_one_graph(neuron: Neuron) -> None:
    torch._dynamo.reset()
    layer, x = neuron.layer(), currents(neuron, 3)
    leaves = [current.clone().requires_grad_() for current in x]
    counter, different = CompileCounterWithBackend("aot_eager"), set()
    compiled = torch.compile(layer, fullgraph=True, backend=counter)
    for step in range(11):
        changed: dict[str, Any] = values_of(neuron, step)
        if neuron.definition.interface.fires:
            changed["slope"] = 1.0 + step / 4
        for name, value in changed.items():
            setattr(layer, name, value)
        output, expected = compiled(*leaves), neuron(*leaves, **changed)
        assert_same_bits(output.detach(), expected.detach())
        grads = [torch.autograd.grad(result.sum(), leaves) for result in (output, expected)]
        for grad, right in zip(*grads, strict=True):
            torch.testing.assert_close(grad, right, rtol=2e-6, atol=1e-7)
        different.add(tuple(torch.cat([grad.flatten() for grad in grads[1]]).tolist()))
    assert counter.frame_count == 1
    assert len(different) > 3, "the numbers must make a difference"


def test_a_learned_parameter_that_leaves_its_range_raises_compiled_or_not(neuron: Neuron) -> None:
    x = currents(neuron, 3)
    for name, spec in neuron.definition.interface.params.items():
        if not spec.range.positive:
            continue
        torch._dynamo.reset()
        layer = neuron.layer(**{f"learn_{name}": True})
        compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
        assert_same_bits(compiled(*x), layer(*x))
        with torch.no_grad():
            getattr(layer, name).fill_(-0.25)
        for call in (layer, compiled):
            with pytest.raises(ValueError, match=f"{name} must be positive and finite, got -0.25"):
                call(*x)


def test_numpys_scalars_are_numbers(neuron: Neuron) -> None:
    x = currents(neuron)
    for kind in (np.float32, np.float64):
        given = {name: kind(value) for name, value in values_of(neuron).items()}
        expected = neuron(*x, **{name: float(value) for name, value in given.items()}, steps=None)
        assert_same_bits(neuron(*x, **given), expected)
        assert_same_bits(neuron.layer(**given)(*x), expected)


def test_what_the_compiled_engines_have_no_derivative_of_names_the_engine_that_has(neuron: Neuron) -> None:
    current, *others = currents(neuron, 3)
    message = 'was asked for, which only neurons with backend="reference"'
    layers: list[Any] = [neuron, neuron.layer(learn=()), *([] if others else [SpikingLinear(N, 5, neuron=neuron)])]
    for layer in layers:
        x = (current > 0.7).float() if isinstance(layer, SpikingLinear) else current
        with pytest.raises(RuntimeError, match=message):
            torch.func.grad(lambda x, layer=layer: layer(x, *others).sum())(x)
        with pytest.raises(RuntimeError, match=message):
            torch.func.vmap(lambda x, layer=layer: layer(x, *others))(x.unsqueeze(0))
        leaf = x.clone().requires_grad_()
        (first,) = torch.autograd.grad(layer(leaf, *others).square().sum(), leaf, create_graph=True)
        with pytest.raises(RuntimeError, match=message):
            first.sum().backward()


def networks(neuron: Neuron, learn: bool) -> list[nn.Module]:
    """The layer alone, with all that it returns, and in the layers that take any neuron."""
    options: dict[str, Any] = {**values_of(neuron), "learn": params_of(neuron)} if learn else {}
    given: list[nn.Module] = [neuron.layer(**options, return_state=True, record=neuron.definition.interface.states[:1])]
    if len(neuron.definition.interface.inputs) == 1:
        given.append(SpikingLinear(N, 5, neuron=neuron, **options))
        given.append(Sequential(nn.Linear(N, 5), neuron.layer(**options), return_state=True))
    return given


LATER = ((40, 3), (1, 1), (16, 2))


@pytest.mark.parametrize("learn", [False, True])
def test_exported_for_every_length_and_batch(neuron: Neuron, learn: bool) -> None:
    """With gradients enabled, as they are by default."""
    for network in networks(neuron, learn):
        x = [(current > 0.7).float() for current in currents(neuron)]
        sizes = ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},) * len(x)
        exported = torch.export.export(network, tuple(x), dynamic_shapes=sizes, strict=False).module()
        for steps, batch in LATER:
            later = [(current > 0.7).float() for current in currents(neuron, steps, batch)]
            assert_same_outputs(exported(*later), network(*later))


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated")
def test_traced_saved_and_loaded(neuron: Neuron) -> None:
    for network in networks(neuron, learn=True):
        if isinstance(network, NeuronLayer):
            network.record = ()  # a dict, which a trace returns only if strict=False
        x = [(current > 0.7).float() for current in currents(neuron)]
        file = io.BytesIO()
        torch.jit.save(torch.jit.trace(network, tuple(x), strict=False), file)
        file.seek(0)
        loaded = torch.jit.load(file)
        for steps, batch in LATER:
            later = [(current > 0.7).float() for current in currents(neuron, steps, batch)]
            assert_same_outputs(loaded(*later), network(*later))


def test_currents_of_other_strides_than_the_example_had() -> None:
    """A graph knows the strides of its example alone, and takes any."""
    for neuron in ALL.values():
        count = len(neuron.definition.interface.inputs)
        layer, x = neuron.layer(return_state=True), currents(neuron, 9, 3)
        exported = torch.export.export(layer, x, dynamic_shapes=({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},) * count).module()
        batch_first = [current.transpose(0, 1).contiguous().transpose(0, 1) for current in currents(neuron, 12, 4)]
        every_other = [random_current(12, 4, 2 * N)[..., ::2] for _ in range(count)]
        for later in (batch_first, every_other):
            assert not any(current.is_contiguous() for current in later)
            assert_same_outputs(exported(*later), layer(*later))
