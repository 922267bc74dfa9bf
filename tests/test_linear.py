"""The linear layer for spikes within torch: strides, torch.compile, autocast, engines, operators, wrong input."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import Target, assert_raises, assert_rounded, assert_same_bits, random_layer, random_spikes
from torch import Tensor, nn

from snnkernels import (
    LIF,
    SpikeLinear,
    SpikingLinear,
    adlif,
    pack_spikes,
    poisson_spikes,
    spike_linear,
    use_backend,
)
from snnkernels.linear import Spikes


class Network(nn.Module):
    def __init__(self, product: str) -> None:
        super().__init__()
        self.hidden, self.first = SpikeLinear(20, 16, product=product), LIF(slope=2.0)
        self.output, self.second = SpikeLinear(16, 5, product=product), LIF(slope=2.0)

    def forward(self, spikes: Spikes) -> Tensor:
        return self.second(self.output(self.first(self.hidden(spikes))))


@pytest.mark.usefixtures("native")
def test_a_bias_may_have_any_strides() -> None:
    spikes, weight, bias = random_spikes(4, 3, 6), torch.randn(5, 6), torch.randn(10)[::2]
    for given in (bias, torch.tensor([0.5]).expand(5)):
        assert_rounded(
            spike_linear(spikes, weight, given, product="events"), nn.functional.linear(spikes, weight, given)
        )


@pytest.mark.usefixtures("native")
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # torch's own forward mode uses it
def test_forward_mode_is_refused() -> None:
    spikes, weight = random_spikes(4, 3, 6), torch.randn(5, 6)
    with pytest.raises(RuntimeError, match="transform of torch.func was asked for"):
        torch.func.jvp(lambda weight: spike_linear(spikes, weight, product="events"), (weight,), (weight,))


def test_vmap_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transform of torch.func was asked for"):
        torch.func.vmap(SpikeLinear(6, 5))(random_spikes(2, 4, 3, 6))


def train(network: nn.Module, module: nn.Module, spikes: Spikes) -> list[Tensor]:
    module.zero_grad()
    out = network(spikes)
    (out.sum(0) * torch.arange(5.0)).sum().backward()
    return [out.detach(), *(parameter.grad.clone() for parameter in module.parameters())]


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
@pytest.mark.parametrize("product", ["auto", "events"])
@pytest.mark.usefixtures("native")
def test_layer_compiles_whole_and_equals_eager(product: str, backend: str) -> None:
    """At several lengths with one graph; values that are no spikes are told from spikes inside it."""
    torch._dynamo.reset()
    network = Network(product)
    whole = torch.compile(network, fullgraph=True, dynamic=True, backend=backend)
    for steps, batch in ((12, 4), (20, 7)):
        spikes = random_spikes(steps, batch, 20, rate=0.5)
        for actual, expected in zip(train(whole, network, spikes), train(network, network, spikes), strict=True):
            assert_rounded(actual, expected, terms=4)
    spikes[3, 1, 6] = 0.5
    if product == "events":
        with pytest.raises(RuntimeError, match='spikes must be 0 or 1 where product="events", got 0.5'):
            train(whole, network, spikes)
        return
    for actual, expected in zip(train(whole, network, spikes), train(network, network, spikes), strict=True):
        assert_rounded(actual, expected, terms=4)


@pytest.mark.usefixtures("native")
def test_drawn_and_packed_spikes_compile_whole() -> None:
    torch._dynamo.reset()
    layer, images = SpikeLinear(20, 6, product="events"), torch.rand(3, 20)

    def drawn(images: Tensor) -> Tensor:
        return layer(poisson_spikes(images, 7, seed=2))

    def packed(images: Tensor) -> Tensor:
        return layer(pack_spikes((images > torch.linspace(0, 1, 7).reshape(7, 1, 1)).float()))

    for function in (drawn, packed):
        results = []
        for call in (function, torch.compile(function, fullgraph=True, backend="aot_eager")):
            layer.zero_grad()
            current = call(images)
            current.square().sum().backward()
            results.append((current.detach(), layer.weight.grad.clone()))
        for actual, expected in zip(results[1], results[0], strict=True):
            assert_same_bits(actual, expected, function.__name__)


@pytest.mark.parametrize("product", ["auto", "dense"])
def test_autocast_is_that_of_linear(product: str) -> None:
    layer, spikes = SpikeLinear(12, 5, product=product), random_spikes(3, 4, 12)
    linear = nn.Linear(12, 5)
    linear.load_state_dict(layer.state_dict())
    with torch.autocast("cpu", torch.bfloat16):
        assert_same_bits(layer(spikes), linear(spikes))
        assert_same_bits(layer(pack_spikes(spikes)), linear(spikes))


def test_what_is_given_as_bias_is_not_taken_for_true() -> None:
    """Neurons by position are not left out without a word."""
    for make in (SpikeLinear, SpikingLinear):
        for given in (adlif.layer(), adlif, None, 1):
            with pytest.raises(TypeError, match=f"bias must be True or False, got {re.escape(repr(given))}"):
                make(2, 1, given)


def test_layer_is_a_linear_layer() -> None:
    layer, linear = SpikeLinear(12, 5, bias=False, dtype=torch.float64), nn.Linear(12, 5, bias=False)
    layer.load_state_dict(linear.state_dict())
    linear.load_state_dict(layer.state_dict())
    assert isinstance(layer, nn.Linear)
    assert repr(layer) == "SpikeLinear(in_features=12, out_features=5, bias=False)"
    assert repr(SpikeLinear(2, 1, product="events")) == (
        "SpikeLinear(in_features=2, out_features=1, bias=True, product='events')"
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("engine", ["reference", "native"])
def test_any_engine_and_dtype(engine: str, dtype: torch.dtype) -> None:
    Target(engine, "cpu").require()
    spikes, (weight, bias) = random_spikes(3, 4, 12, dtype=dtype), random_layer(12, 5)
    with use_backend(engine):
        packed = pack_spikes(spikes)
        assert_same_bits(packed.unpack(dtype), spikes)
        current = spike_linear(packed, weight.to(dtype), bias.to(dtype))
    expected = spikes.double() @ weight.to(dtype).double().T + bias.to(dtype).double()
    assert current.dtype == dtype
    tolerance = 8 * torch.finfo(dtype).eps
    torch.testing.assert_close(current.double(), expected, rtol=tolerance, atol=tolerance * 4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.bool], ids=str)
@pytest.mark.parametrize("inner", [1, 8, 13, 1031])
@pytest.mark.usefixtures("native")
def test_native_packing_is_the_references(inner: int, dtype: torch.dtype) -> None:
    spikes = torch.randint(-1, 2, (3, 2, inner)).to(dtype)
    packed = {}
    for engine in ("reference", "native"):
        with use_backend(engine):
            packed[engine] = pack_spikes(spikes, time_dim=1)
            assert_same_bits(packed[engine].unpack(), (spikes != 0).float(), engine)
    assert_same_bits(packed["native"].bits, packed["reference"].bits)


OPERATORS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "pack": lambda: (random_spikes(6, 21),),
    "unpack": lambda: (torch.randint(256, (6, 3), dtype=torch.uint8), 21, torch.bfloat16),
    "event_linear": lambda: (
        pack_spikes(random_spikes(2, 3, 21)).bits[0],
        3,
        *random_layer(21, 5),
        None,
        None,
        1.0,
    ),
    "event_weight_grad": lambda: (
        torch.randn(6, 5),
        pack_spikes(random_spikes(2, 3, 21)).bits[0],
        3,
        21,
        random_spikes(6, 21),
        torch.full((1,), 0.5, dtype=torch.float64),
        0.5,
    ),
}


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.usefixtures("native")
def test_opcheck(name: str) -> None:
    torch.library.opcheck(getattr(torch.ops.snnkernels, f"native_{name}").default, OPERATORS[name]())


WEIGHT = torch.ones(3, 5)
SPIKES = torch.ones(2, 4, 5)

CASES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "spikes are a list": (
        lambda: spike_linear([1.0], WEIGHT),
        TypeError,
        "spikes must be a torch.Tensor, PackedSpikes or PoissonSpikes, got list",
    ),
    "spikes are integers": (
        lambda: spike_linear(SPIKES.long(), WEIGHT),
        TypeError,
        "spikes must be a floating-point or bool tensor, got int64",
    ),
    "other inputs": (
        lambda: spike_linear(SPIKES[..., :4], WEIGHT),
        ValueError,
        "spikes must be [..., 5] for a weight of shape (3, 5), got shape (2, 4, 4)",
    ),
    "packed, other inputs": (
        lambda: spike_linear(pack_spikes(SPIKES[..., :4]), WEIGHT),
        ValueError,
        "spikes must be [..., 5] for a weight of shape (3, 5), got shape (2, 4, 4)",
    ),
    "no dimensions": (
        lambda: spike_linear(torch.ones(()), WEIGHT),
        ValueError,
        "spikes must be [..., 5] for a weight of shape (3, 5), got shape ()",
    ),
    "weight is an array": (
        lambda: spike_linear(SPIKES, WEIGHT.numpy()),
        TypeError,
        "weight must be a torch.Tensor, got a numpy array: torch.as_tensor makes a tensor of it",
    ),
    "integer weight": (
        lambda: spike_linear(SPIKES, WEIGHT.int()),
        TypeError,
        "weight must be float64, float32, bfloat16 or float16, got int32",
    ),
    "flat weight": (
        lambda: spike_linear(SPIKES, WEIGHT[0]),
        ValueError,
        "weight must be [N, K], of two dimensions, got shape (5,)",
    ),
    "bias of another size": (
        lambda: spike_linear(SPIKES, WEIGHT, torch.ones(5)),
        ValueError,
        "bias must be [3], one for each row of weight, got shape (5,)",
    ),
    "bias of another dtype": (
        lambda: spike_linear(SPIKES, WEIGHT, torch.ones(3).double()),
        TypeError,
        "bias must have weight's dtype, float32, got float64",
    ),
    "spikes elsewhere": (
        lambda: spike_linear(SPIKES.to("meta"), WEIGHT),
        ValueError,
        "spikes is on meta, weight on cpu: put both on one device",
    ),
    "product misspelt": (
        lambda: SpikeLinear(2, 1, product="event"),
        ValueError,
        "product must be one of 'auto', 'events', 'dense', got 'event'; did you mean 'events'?",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), CASES.values(), ids=CASES.keys())
def test_message(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    assert_raises(call, error, message)


@pytest.mark.usefixtures("native")
def test_events_run_or_say_why_not() -> None:
    with (
        pytest.raises(
            RuntimeError, match='^product="events" cannot run: it is the native engine\'s, and reference was'
        ),
        use_backend("reference"),
    ):
        spike_linear(SPIKES, WEIGHT, product="events")
    with (
        pytest.raises(RuntimeError, match='^product="events" cannot run: under autocast'),
        torch.autocast("cpu", torch.bfloat16),
    ):
        spike_linear(SPIKES, WEIGHT, product="events")
    meta = torch.empty(3, 5, device="meta")
    with pytest.raises(RuntimeError, match='^product="events" cannot run: it is written for the CPU, not for meta$'):
        spike_linear(SPIKES.to("meta"), meta, product="events")
