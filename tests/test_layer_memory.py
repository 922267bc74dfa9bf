"""What layers hold survives memory without values, files, copies and casts."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import assert_same_bits, random_current
from torch import nn
from torch.nn.utils import prune

from snnkernels import LIF, SpikingLinear, lif

PER_NEURON = torch.linspace(0.1, 0.9, 6)


CURRENT = torch.linspace(-1, 2, 48).view(4, 2, 6)


def reset(model: nn.Module) -> nn.Module:
    """The usual loop after to_empty."""
    for module in model.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    return model


# How a layer is made, on the meta device too.
MADE: dict[str, Callable[[], LIF]] = {
    "numbers": lambda: LIF(0.75, 0.5),
    "learned numbers": lambda: LIF(0.75, 0.5, learn_beta=True, learn_threshold=True),
    "buffers": lambda: LIF(PER_NEURON, PER_NEURON.double()),
    "learned tensors": lambda: LIF(PER_NEURON, 0.5, learn_beta=True),
    "nn.Parameter": lambda: LIF(nn.Parameter(PER_NEURON.clone())),
    "constrained": lambda: LIF(PER_NEURON, 0.5, learn_beta=True, learn_threshold=True, constrain=True),
    "set meanwhile": lambda: changed(LIF(0.25, PER_NEURON, learn_beta=True)),
}


def changed(layer: LIF) -> LIF:
    layer.beta, layer.threshold, layer.slope = 0.75, 0.5, 2
    return layer


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("way", ["made there", "brought there", "never there"])
def test_a_layer_that_gets_new_memory_has_its_values(name: str, way: str) -> None:
    """As it comes from the meta device; and where to_empty is called on any other."""
    with torch.device("meta" if way == "made there" else "cpu"):
        model = nn.Sequential(nn.Linear(6, 6), MADE[name]())
    if way == "brought there":
        model.to("meta")
        assert all(value.is_meta for value in model.state_dict().values())
    expected, layer = MADE[name](), model.to_empty(device="cpu")[1]
    current = random_current(9, 2, 6)
    for _ in range(2):  # at once, and after the loop
        assert repr(layer) == repr(expected)
        assert_same_bits(layer(current).detach(), expected(current).detach(), name)
        for actual, right in zip(layer.state_dict().values(), expected.state_dict().values(), strict=True):
            torch.testing.assert_close(actual, right, rtol=1e-6, atol=0)
            assert actual.dtype == right.dtype
        reset(model)


def test_what_was_set_is_what_it_is_reset_to() -> None:
    layer = LIF(PER_NEURON, PER_NEURON, learn_beta=True)
    layer.beta, layer.threshold = 0.75, 0.5 + PER_NEURON
    with torch.no_grad():
        layer.beta.zero_()
        layer.threshold.zero_()
    layer.reset_parameters()
    assert layer.beta.tolist() == [0.75] * 6
    assert_same_bits(layer.threshold, 0.5 + PER_NEURON)


def test_the_loop_takes_trained_layers_back_to_what_they_were_made_with() -> None:
    model = nn.Sequential(SpikingLinear(6, 6, beta=PER_NEURON, learn_beta=True), LIF(nn.Parameter(PER_NEURON.clone())))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.3)
    reset(model)
    assert_same_bits(model[0].neuron.beta.detach(), PER_NEURON)
    assert_same_bits(model[1].beta.detach(), PER_NEURON)
    assert model[0].linear.weight.std() > 0.1


def test_a_tensor_without_values_cannot_be_reset() -> None:
    with torch.device("meta"):
        layer = LIF(torch.full((6,), 0.9), learn_threshold=True)
    layer.to_empty(device="cpu")
    with pytest.raises(RuntimeError, match="LIF cannot reset beta: it was given on the meta device, without values; "):
        layer.reset_parameters()
    assert layer.threshold.item() == 1.0
    with pytest.raises(ValueError, match="beta must be finite, got nan"):  # what was in that memory would run
        layer(random_current(4, 2, 6))
    layer.load_state_dict(LIF(PER_NEURON, learn_threshold=True).state_dict())
    assert_same_bits(layer(CURRENT).detach(), LIF(PER_NEURON)(CURRENT))


def test_skip_init_and_the_device_of_a_layer() -> None:
    layer = nn.utils.skip_init(SpikingLinear, 6, 3, learn_beta=True, beta=0.75)
    assert layer.neuron.beta.tolist() == [0.75]
    assert LIF(learn_beta=True).to("meta").beta.is_meta
    told = LIF(PER_NEURON, learn_threshold=True, device="meta", dtype=torch.bfloat16)
    assert {(t.dtype, t.device.type) for t in told.state_dict().values()} == {(torch.bfloat16, "meta")}
    assert_same_bits(told.to_empty(device="cpu").beta, PER_NEURON.bfloat16())


@pytest.mark.parametrize("way", ["copied", "assigned", "assigned to a layer without memory"])
@pytest.mark.parametrize("name", ["learned numbers", "buffers", "constrained"])
def test_state_dict_is_loaded(name: str, way: str) -> None:
    assign, meta = way != "copied", way.endswith("memory")
    source, target = MADE[name](), MADE[name]()
    with torch.no_grad():
        for value in source.state_dict().values():
            value.mul_(0.5)
    file = io.BytesIO()
    torch.save({key: value.double() for key, value in source.state_dict().items()}, file)
    file.seek(0)
    target = target.to("meta") if meta else target
    before = {key: value.dtype for key, value in target.state_dict().items()}
    target.load_state_dict(torch.load(file), assign=assign)
    for key, value in target.state_dict().items():
        assert value.dtype == (torch.float64 if assign else before[key])
        torch.testing.assert_close(value.double(), source.state_dict()[key].double(), rtol=1e-6, atol=0)
    torch.testing.assert_close(target(CURRENT), source(CURRENT))


@pytest.mark.parametrize("saved", [(), (1,)])
@pytest.mark.parametrize("given", [0.5, torch.tensor(0.5), nn.Parameter(torch.tensor(0.5))], ids=["[1]", "[]", "own"])
def test_a_learned_number_is_loaded_with_a_dimension_and_without(given: Any, saved: tuple[int, ...]) -> None:
    layer = LIF(copy.deepcopy(given), learn_beta=True)
    shape = layer.beta.shape
    assert shape == ((1,) if isinstance(given, float) else ())
    layer.load_state_dict({"beta": torch.full(saved, 0.75)})
    assert layer.beta.shape == shape and layer.beta.item() == 0.75
    with pytest.raises(RuntimeError, match="size mismatch for beta"):
        layer.load_state_dict({"beta": torch.full((3,), 0.75)})


@pytest.mark.parametrize("name", [name for name in MADE if name != "constrained"])
def test_copies_are_reset_and_set_as_the_layer_is(name: str) -> None:
    layer = MADE[name]()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        other.beta, other.slope = 0.125, 3
        assert (torch.as_tensor(other.beta) == 0.125).all() and layer.slope == MADE[name]().slope
        assert_same_bits(other(CURRENT).detach(), lif(CURRENT, beta=0.125, threshold=layer.threshold, slope=3).detach())
        assert torch.as_tensor(layer.beta).ne(0.125).any()
        layer.reset_parameters()
        assert_same_bits(layer(CURRENT).detach(), MADE[name]()(CURRENT).detach())


HALVES = {
    "bfloat16": nn.Module.bfloat16,
    "half": nn.Module.half,
    "to": lambda module: module.to(torch.float16),
    "to, device": lambda module: module.to("cpu", torch.bfloat16),
    "type": lambda module: module.type(torch.float16),
}


class TestHalves:
    """Parameters of neurons keep float32 at least."""

    @pytest.mark.parametrize("cast", HALVES)
    @pytest.mark.parametrize("learn", [False, True])
    def test_cast(self, learn: bool, cast: str) -> None:
        model = nn.Sequential(nn.Linear(6, 6), LIF(torch.tensor(0.999), torch.tensor(0.1).double(), learn_beta=learn))
        if learn:
            model[1](CURRENT).sum().backward()
        grad = model[1].beta.grad
        expected = None if grad is None else grad.clone()
        HALVES[cast](model)
        layer = model[1]
        assert model[0].weight.dtype.itemsize == 2
        assert (layer.beta.dtype, layer.threshold.dtype) == (torch.float32, torch.float32)
        assert layer.beta.item() == torch.tensor(0.999).item() and layer.threshold.item() == torch.tensor(0.1).item()
        assert (layer.beta.grad is None) == (expected is None)
        if expected is not None:
            assert_same_bits(layer.beta.grad, expected)
        current = CURRENT.to(model[0].weight.dtype)
        assert_same_bits(layer(current), lif(current, beta=layer.beta, threshold=layer.threshold))

    @pytest.mark.parametrize(
        "cast", [*HALVES.values(), nn.Module.double, nn.Module.share_memory, lambda m: m.to("cpu")]
    )
    def test_what_was_learned_stays(self, cast: Any) -> None:
        layer = LIF(PER_NEURON, 0.5, learn_beta=True, learn_threshold=True)
        with torch.no_grad():
            layer.beta.fill_(0.25), layer.threshold.fill_(2)
        cast(layer)
        assert layer.beta.tolist() == [0.25] * 6 and layer.threshold.item() == 2
        assert layer._apply(torch.zeros_like).beta.tolist() == [0] * 6

    def test_what_is_constrained(self) -> None:
        layer = LIF(0.999, learn_beta=True, constrain=True).bfloat16()
        assert layer.beta.dtype == torch.float32
        torch.testing.assert_close(layer.beta.item(), 0.999, rtol=1e-6, atol=0)

    def test_only_neurons_parameters_do(self) -> None:
        fused = SpikingLinear(6, 3, beta=0.999, learn_beta=True).bfloat16()
        assert (fused.linear.weight.dtype, fused.neuron.beta.dtype) == (torch.bfloat16, torch.float32)
        told = SpikingLinear(6, 3, beta=0.999, learn_beta=True, dtype=torch.bfloat16)
        assert (told.linear.weight.dtype, told.neuron.beta.dtype) == (torch.bfloat16, torch.float32)
        layer = LIF(learn_beta=True)
        layer.head = nn.Linear(2, 2)
        assert layer.bfloat16().head.weight.dtype == torch.bfloat16

    def test_a_type_that_is_asked_for_is_given(self) -> None:
        layer = LIF(0.999, learn_beta=True, dtype=torch.bfloat16)
        assert layer.beta.dtype == torch.bfloat16 and layer.half().beta.dtype == torch.float16
        assert LIF(learn_beta=True).double().beta.dtype == torch.float64
        assert LIF(torch.ones(2).half()).beta.dtype == torch.float16

    def test_the_default_type(self) -> None:
        torch.set_default_dtype(torch.bfloat16)
        try:
            assert LIF(0.999, learn_beta=True).beta.dtype == torch.float32
        finally:
            torch.set_default_dtype(torch.float32)


class TestCopies:
    """A copy of a layer shares nothing that changes with it, but for its parameters, as any module."""

    def test_a_shallow_copy_has_numbers_of_its_own(self) -> None:
        layer = LIF(0.9, slope=25.0)
        other = copy.copy(layer)
        other.beta, other.slope = 0.1, 2.0
        for each, beta in ((layer, 0.9), (other, 0.1)):
            torch._dynamo.reset()
            compiled = torch.compile(each, fullgraph=True, backend="eager")
            assert_same_bits(compiled(CURRENT), lif(CURRENT, beta=beta))
        assert (layer._given["beta"], other._given["beta"]) == (0.9, 0.1)

    def test_a_replica_of_data_parallel_takes_the_parts_that_it_is_given(self) -> None:
        layer = LIF(torch.full((6,), 0.9))
        replica = layer._replicate_for_data_parallel()
        moved = torch.full((6,), 0.5)
        replica.beta = moved
        assert replica.beta is moved and layer.beta.tolist() == torch.full((6,), 0.9).tolist()

    def test_a_number_that_is_deleted_is_in_no_graph(self) -> None:
        layer = LIF(0.9)
        del layer.beta
        layer.register_parameter("beta", nn.Parameter(torch.full((6,), 0.2)))
        torch._dynamo.reset()
        compiled = torch.compile(layer, fullgraph=True, backend="eager")
        assert_same_bits(compiled(CURRENT), lif(CURRENT, beta=0.2))


def test_a_parameter_of_another_shape_is_not_reset_to_the_old_one() -> None:
    layer = LIF(torch.full((3,), 0.9))
    layer.beta = nn.Parameter(torch.full((6,), 0.5))
    layer.to_empty(device="cpu")
    assert layer.beta.isnan().all()
    with pytest.raises(RuntimeError, match=r"made with values of shape \(3,\), and an nn.Parameter of shape \(6,\)"):
        layer.reset_parameters()


@pytest.mark.parametrize("cast", ["bfloat16", "half"])
def test_what_pruning_computes_a_parameter_from_keeps_float32(cast: str) -> None:
    layer = LIF(torch.full((6,), 0.999), learn_beta=True)
    prune.identity(layer, "beta")
    getattr(layer, cast)()
    layer(CURRENT.to(torch.bfloat16))
    assert layer.beta[0].item() == torch.tensor(0.999).item()


def test_a_function_that_looks_at_values_can_be_applied() -> None:
    layer = LIF(torch.full((6,), 0.5))
    layer._apply(lambda tensor: tensor * (tensor.max() > 0))
    assert layer.beta.tolist() == [0.5] * 6
