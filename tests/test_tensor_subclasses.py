"""Weights and spikes of a class of their own take torch's dense product: quantised weights, shards of a DTensor."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pages import code, section
from support import assert_same_bits, random_spikes, skip_or_fail
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.utils._pytree import tree_map

from snnkernels import LIF, SpikeLinear, SpikingLinear, lif, pack_spikes, poisson_spikes, spike_linear
from snnkernels.linear import Spikes

pytestmark = pytest.mark.usefixtures("native")

T, B, INPUTS, OUTPUTS = 6, 3, 40, 128  # so many outputs that few spikes go by event
PAGE = "Quantisation and tensor parallel"


class Eighths(Tensor):
    """Whole multiples of 1/8, each in 8 bits, which know torch's operators alone, as other libraries' tensors do."""

    numbers: Tensor

    @staticmethod
    def __new__(cls, numbers: Tensor) -> Eighths:
        return Tensor._make_wrapper_subclass(cls, numbers.shape, dtype=torch.float32)

    def __init__(self, numbers: Tensor) -> None:
        self.numbers = numbers

    def values(self) -> Tensor:
        return self.numbers.float() / 8

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.namespace != "aten":
            raise NotImplementedError(f"Eighths knows no {func}")
        if func is torch.ops.aten.detach.default:
            return cls(args[0].numbers)
        return func(*tree_map(lambda value: value.values() if isinstance(value, cls) else value, args), **kwargs or {})


def eighths(*shape: int) -> Eighths:
    return Eighths(torch.randint(-20, 20, shape, dtype=torch.int8))


def sparse_spikes() -> Tensor:
    return random_spikes(T, B, INPUTS, rate=0.02)


FORMS: dict[str, Callable[[], Spikes]] = {
    "tensor": sparse_spikes,
    "packed": lambda: pack_spikes(sparse_spikes()),
    "drawn": lambda: poisson_spikes(torch.full((B, INPUTS), 0.02), T, seed=3),
}


def values(spikes: Spikes) -> Tensor:
    return spikes if isinstance(spikes, Tensor) else spikes.unpack()


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("product", ["auto", "dense"])
def test_a_subclass_takes_the_dense_product(form: Callable[[], Spikes], product: str) -> None:
    spikes, weight, bias = form(), eighths(OUTPUTS, INPUTS), eighths(OUTPUTS)
    expected = nn.functional.linear(values(spikes), weight.values(), bias.values())
    assert_same_bits(spike_linear(spikes, weight, bias, product=product), expected)
    assert_same_bits(spike_linear(spikes, weight.values(), bias, product=product), expected)


@pytest.mark.parametrize("name", ["weight", "bias", "spikes"])
def test_events_of_a_subclass_are_refused(name: str) -> None:
    given = {"spikes": sparse_spikes(), "weight": torch.ones(OUTPUTS, INPUTS), "bias": torch.ones(OUTPUTS)}
    given[name] = eighths(*given[name].shape)
    message = (
        f'product="events" cannot run: {name} is of the class Eighths, which has a dense product alone: product="auto"'
    )
    with pytest.raises(RuntimeError, match=f"^{re.escape(message)}"):
        spike_linear(**given, product="events")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_spiking_linear_of_a_subclass_is_its_two_layers(form: Callable[[], Spikes]) -> None:
    """Also where it trains what is left to train."""
    layer = SpikingLinear(INPUTS, OUTPUTS, learn_beta=True, slope=2.0)
    weight = eighths(OUTPUTS, INPUTS)
    layer.linear.weight = nn.Parameter(weight, requires_grad=False)
    assert type(layer.linear.weight) is Eighths
    spikes, grads, results = form(), [], []
    neuron, bias = layer.neuron, layer.linear.bias
    for call in (layer, lambda x: neuron(nn.functional.linear(values(x), weight.values(), bias))):
        layer.zero_grad()
        result = call(spikes)
        result.sum().backward()
        results.append(result.detach())
        grads.append((bias.grad.clone(), neuron.beta.grad.clone()))
    assert_same_bits(results[0], results[1])
    for actual, expected in zip(*grads, strict=True):
        assert_same_bits(actual, expected)


def test_spikes_of_a_subclass() -> None:
    """Of a sum of eighths no rounding can be told."""
    spikes = Eighths((sparse_spikes() * 8).to(torch.int8))
    layer = SpikeLinear(INPUTS, OUTPUTS)
    with torch.no_grad():
        layer.weight.copy_(eighths(OUTPUTS, INPUTS).values())
        layer.bias.copy_(eighths(OUTPUTS).values())
    assert_same_bits(layer(spikes), layer(spikes.values()))


def test_plain_tensors_still_go_by_event() -> None:
    class Named(nn.Parameter):
        pass

    spikes, weight = sparse_spikes(), torch.randn(OUTPUTS, INPUTS)
    with torch.profiler.profile() as profile:
        for plain in (weight, nn.Parameter(weight)):
            spike_linear(spikes, plain)
    assert [event.name for event in profile.events()].count("snnkernels::native_event_linear") == 2
    assert_same_bits(spike_linear(spikes, Named(weight)), nn.functional.linear(spikes, weight))


def _torchao() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import torchao.quantization
    except ImportError as error:
        skip_or_fail("torchao", f"torchao cannot be imported: {error}")
    return torchao.quantization


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_torchao_quantises_the_layers(form: Callable[[], Spikes]) -> None:
    ao = _torchao()
    for layer in (nn.Sequential(SpikeLinear(INPUTS, OUTPUTS), LIF()), SpikingLinear(INPUTS, OUTPUTS)):
        ao.quantize_(layer, ao.Int8WeightOnlyConfig())
        linear, neuron = layer.children()
        assert type(linear.weight) is not nn.Parameter
        spikes = form()
        expected = neuron(nn.functional.linear(values(spikes), linear.weight, linear.bias))
        assert_same_bits(layer(spikes), expected)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")  # of torch's older tools
def test_what_the_page_says_of_quantisation() -> None:
    text = section("docs/pytorch.md", PAGE)
    assert (
        "`torch.ao.quantization.quantize_dynamic` and the eager\n`prepare_qat` leave a `SpikeLinear` as it is" in text
    )
    model = nn.Sequential(SpikeLinear(INPUTS, OUTPUTS), LIF())
    left = torch.ao.quantization.quantize_dynamic(model, {nn.Linear})
    model.qconfig = torch.ao.quantization.get_default_qat_qconfig("fbgemm")
    prepared = torch.ao.quantization.prepare_qat(model.train())
    assert type(left[0]) is SpikeLinear and type(prepared[0]) is SpikeLinear
    instead = nn.Sequential(nn.Linear(INPUTS, OUTPUTS), LIF())
    instead.load_state_dict(model.state_dict())
    assert type(torch.ao.quantization.quantize_dynamic(instead, {nn.Linear})[0]) is not nn.Linear


def test_code_of_the_page_runs() -> None:
    _torchao()
    names = {"recordings": random_spikes(5, 4, 700, rate=0.05)}
    for block in code("docs/pytorch.md", PAGE):
        exec(block, names)
    assert names["spikes"].shape == (5, 4, 20)


def test_neurons_of_a_subclass_are_the_references() -> None:
    """Which "auto" takes; an engine that is asked for by name runs or raises."""
    current = Eighths(torch.randint(-20, 20, (T, B, OUTPUTS), dtype=torch.int8))
    assert_same_bits(lif(current), lif(current.values()))
    assert_same_bits(LIF()(current), lif(current.values()))
    assert_same_bits(pack_spikes(lif(current) * current).bits, pack_spikes(lif(current) * current.values()).bits)
    with pytest.raises(NotImplementedError, match="Eighths knows no snnkernels.native_forward"):
        lif(current, backend="native")


@pytest.fixture
def mesh(tmp_path: Path) -> Iterator[Any]:
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        yield init_device_mesh("cpu", (1,))
    finally:
        torch.distributed.destroy_process_group()


def test_tensor_parallel(mesh: Any) -> None:
    """Through two layers, the first sharded by outputs, the second by inputs, as they come."""
    torch.manual_seed(3)
    model = nn.Sequential(SpikeLinear(INPUTS, OUTPUTS), LIF(slope=2.0), SpikingLinear(OUTPUTS, 5, slope=2.0))
    sharded = nn.Sequential(SpikeLinear(INPUTS, OUTPUTS), LIF(slope=2.0), SpikingLinear(OUTPUTS, 5, slope=2.0))
    sharded.load_state_dict(model.state_dict())
    parallelize_module(sharded, mesh, {"0": ColwiseParallel(), "2.linear": RowwiseParallel()})
    spikes = sparse_spikes()
    results = []
    for network in (model, sharded):
        out = network(spikes)
        out.sum().backward()
        results.append((out.detach(), *(parameter.grad for parameter in network.parameters())))
    current = distribute_tensor(torch.randn(T, B, OUTPUTS), mesh, [Shard(2)]).requires_grad_()
    local = current.to_local().detach().requires_grad_()
    for leaf in (current, local):
        lif(leaf, slope=2.0).sum().backward()
    torch.testing.assert_close(current.grad.to_local(), local.grad, rtol=1e-6, atol=1e-6)
    assert {type(parameter).__name__ for parameter in sharded.parameters()} == {"DTensor"}
    assert_same_bits(results[1][0], results[0][0], "spikes")
    for actual, expected in zip(results[1][1:], results[0][1:], strict=True):
        torch.testing.assert_close(actual.full_tensor(), expected, rtol=1e-5, atol=1e-6)
