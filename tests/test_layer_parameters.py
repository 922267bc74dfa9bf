"""What layers hold: parameters that are shared, kept in range, cast, and that survive memory without values."""

from __future__ import annotations

import copy
import io
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from support import assert_same_bits, random_current
from torch import Tensor, nn
from torch.nn.utils import parametrize, prune

from snnkernels import LIF, SpikingLinear, lif
from snnkernels.inputs import check_flag
from snnkernels.neuron_layer import NeuronLayer
from snnkernels.ranges import InRange, Range

PER_NEURON = torch.linspace(0.1, 0.9, 6)


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


CURRENT = torch.linspace(-1, 2, 48).view(4, 2, 6)


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


class TestShared:
    """An nn.Parameter that is given is used as it is."""

    @pytest.mark.parametrize("learn", [False, True])
    def test_it_is_trained_whatever_learn_beta_says(self, learn: bool) -> None:
        beta = nn.Parameter(PER_NEURON.clone())
        layer, fused = LIF(beta, learn_beta=learn), SpikingLinear(6, 6, beta=beta, learn_beta=learn)
        assert layer.beta is beta and fused.neuron.beta is beta and layer.learn_beta
        assert "learn_beta=True" in repr(layer)
        layer(CURRENT).sum().backward()
        assert beta.grad.abs().sum() > 0

    def test_two_layers_are_tied(self) -> None:
        beta = nn.Parameter(PER_NEURON.clone())
        model = nn.Sequential(LIF(beta, learn_beta=True), LIF(beta))
        assert len(list(model.parameters())) == 1
        model(CURRENT).sum().backward()
        with torch.no_grad():
            beta.sub_(0.1 * beta.grad)
        assert_same_bits(model[0].beta, model[1].beta)
        copied = copy.deepcopy(model).half().double()
        assert copied[0].beta is copied[1].beta and copied[0].beta.dtype == torch.float64

    def test_a_parameter_that_is_frozen_stays_frozen(self) -> None:
        beta = nn.Parameter(PER_NEURON.clone(), requires_grad=False)
        assert LIF(beta, learn_beta=True).beta is beta and not LIF(beta)(CURRENT).requires_grad

    @pytest.mark.parametrize("make", [LIF, lambda beta: SpikingLinear(6, 6, beta=beta), lambda b: set_beta(b)])
    @pytest.mark.parametrize("kind", ["leaf", "computed"])
    def test_another_tensor_with_a_gradient_is_refused(self, make: Callable[[Tensor], Any], kind: str) -> None:
        leaf = PER_NEURON.clone().requires_grad_()
        with pytest.raises(TypeError, match=r"beta must be a number, an nn.Parameter .* wrap it in nn.Parameter"):
            make(leaf if kind == "leaf" else leaf.sigmoid())
        with torch.no_grad():
            make(leaf.sigmoid())

    @pytest.mark.parametrize(
        "options, message",
        [
            ({"dtype": torch.float64}, "beta is an nn.Parameter of float32, which is used as it is: got dtype=float64"),
            ({"device": "meta"}, "beta is an nn.Parameter on cpu, which is used as it is: got device=meta"),
            ({"constrain": True}, "beta is an nn.Parameter, which is used as it is, where constrain=True learns"),
        ],
    )
    def test_what_contradicts_it_is_an_error(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            LIF(nn.Parameter(PER_NEURON.clone()), **options)
        LIF(nn.Parameter(PER_NEURON.clone()), device="cpu", dtype=torch.float32)


def set_beta(beta: Tensor) -> None:
    layer = LIF()
    layer.beta = beta


class TestSet:
    """Parameters are set as one would think."""

    def test_a_number_fills_what_is_learned(self) -> None:
        layer = LIF(PER_NEURON, learn_beta=True)
        held = layer.beta
        layer.beta = 0.25
        assert layer.beta is held and held.requires_grad and held.tolist() == [0.25] * 6
        layer.beta = PER_NEURON[:1]
        assert held.tolist() == [PER_NEURON[0].item()] * 6
        with pytest.raises(ValueError, match=r"beta is a parameter of shape \(6,\): a tensor that it is set to must"):
            layer.beta = torch.ones(5)

    def test_a_parameter_takes_the_place_of_what_there_is(self) -> None:
        for layer in (LIF(), LIF(PER_NEURON), LIF(learn_beta=True)):
            beta = nn.Parameter(PER_NEURON.clone())
            layer.beta = beta
            assert layer.beta is beta and dict(layer.named_parameters()) == {"beta": beta} and not [*layer.buffers()]
            assert_same_bits(layer(CURRENT).detach(), lif(CURRENT, beta=PER_NEURON))

    def test_a_tensor_is_copied_into_a_buffer(self) -> None:
        layer, values = LIF(torch.zeros(6)), PER_NEURON.double()
        held = layer.beta
        layer.beta = values
        values.zero_()
        assert layer.beta is held and held.dtype == torch.float32
        assert_same_bits(held, PER_NEURON)
        layer.beta = torch.full((3, 1), 0.5)
        assert layer.beta.shape == (3, 1)
        layer.threshold = PER_NEURON  # which was a number
        assert layer.state_dict().keys() == {"beta", "threshold"}

    @pytest.mark.parametrize("learn", [False, True])
    @pytest.mark.parametrize("given", [1.0, PER_NEURON], ids=["number", "tensor"])
    def test_what_is_set_is_checked(self, given: Any, learn: bool) -> None:
        layer = LIF(threshold=given, learn_threshold=learn)
        for wrong in (0, -1.0, float("nan"), torch.zeros(1), "high", None, torch.ones(1, dtype=torch.int64)):
            with pytest.raises((ValueError, TypeError), match="threshold must be"):
                layer.threshold = wrong
        assert torch.equal(torch.as_tensor(layer.threshold), torch.as_tensor(LIF(threshold=given).threshold).expand(
            torch.as_tensor(layer.threshold).shape
        ))  # fmt: skip

    def test_learning_can_be_switched(self) -> None:
        layer = LIF(0.5, PER_NEURON, constrain=True)
        layer.learn_beta = layer.learn_threshold = True
        assert layer.learn_beta and len(list(layer.parameters())) == 2
        torch.testing.assert_close(layer.threshold.detach(), PER_NEURON)
        layer.learn_beta = layer.learn_threshold = False
        assert not layer.learn_beta and not list(layer.parameters()) and len(list(layer.buffers())) == 2
        torch.testing.assert_close(layer.threshold, PER_NEURON)
        with pytest.raises(TypeError, match="learn_beta must be True or False, got 1"):
            layer.learn_beta = 1


def test_what_torch_puts_in_the_place_of_a_parameter_is_used() -> None:
    """functional_call, pruning and FSDP do: a tensor with a graph, which a user could not set."""
    layer, beta = LIF(PER_NEURON, learn_beta=True), (PER_NEURON / 2).requires_grad_()
    torch.func.functional_call(layer, {"beta": beta}, (CURRENT,)).sum().backward()
    assert beta.grad.abs().sum() > 0 and layer.beta.grad is None
    prune.l1_unstructured(layer, "beta", 2)
    assert_same_bits(layer(CURRENT).detach(), lif(CURRENT, beta=PER_NEURON * (PER_NEURON > 0.3)))
    layer(CURRENT).sum().backward()
    assert layer.beta_orig.grad[:2].tolist() == [0, 0] and layer.beta_orig.grad.abs().sum() > 0
    layer = LIF(PER_NEURON, learn_beta=True)
    del layer.beta
    layer.beta = beta.sigmoid()
    layer(CURRENT).sum().backward()
    assert_same_bits(layer(CURRENT).detach(), lif(CURRENT, beta=beta.detach().sigmoid()))


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


class TestConstrained:
    """constrain=True keeps what is learned in its range."""

    @pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam])
    @pytest.mark.parametrize("sign", [1, -1])
    def test_an_optimizer_that_pushes_hard_leaves_no_range(self, sign: int, optimizer: Any) -> None:
        layer = LIF(PER_NEURON, 0.5, learn_beta=True, learn_threshold=True, constrain=True, surrogate="sigmoid")
        push = optimizer(layer.parameters(), lr=10.0)
        for _ in range(50):
            push.zero_grad()
            (sign * (1000 * layer.beta.sum() + 1000 * layer.threshold.sum() + layer(CURRENT).sum())).backward()
            push.step()
            assert layer.beta.min() >= 0 and layer.beta.max() <= 1
            assert layer.threshold.min() > 0 and layer.threshold.isfinite().all()
        assert (layer.beta.mean() < 0.3 and layer.threshold.item() < 0.1) == (sign == 1)
        assert layer(CURRENT).isfinite().all()

    def test_values_and_gradients_are_those_of_the_function(self) -> None:
        layer = LIF(PER_NEURON, 0.5, learn_beta=True, learn_threshold=True, constrain=True, slope=2)
        torch.testing.assert_close(layer.beta.detach(), PER_NEURON, rtol=1e-6, atol=0)
        beta, threshold = (value.detach().requires_grad_() for value in (layer.beta, layer.threshold))
        spikes = layer(CURRENT)
        assert_same_bits(spikes.detach(), lif(CURRENT, beta=beta, threshold=threshold, slope=2).detach())
        spikes.sum().backward()
        lif(CURRENT, beta=beta, threshold=threshold, slope=2).sum().backward()
        free = layer.parametrizations.beta.original
        torch.testing.assert_close(free.grad, beta.grad * beta.detach() * (1 - beta.detach()))

    def test_it_is_set_and_shown(self) -> None:
        layer = LIF(0.5, learn_beta=True, constrain=True)
        original = layer.parametrizations.beta.original
        layer.beta = 0.25
        torch.testing.assert_close(layer.beta.item(), 0.25)
        assert layer.parametrizations.beta.original is original and original.requires_grad
        assert "beta=0.25, threshold=1, learn_beta=True, constrain=True" in repr(layer)
        for wrong in (0, 1.0, 2, -0.5, torch.ones(1)):
            with pytest.raises(ValueError, match=r"beta must be in \(0, 1\), where constrain=True keeps it, got"):
                layer.beta = wrong
        with pytest.raises(AttributeError, match="constrain cannot be set"):
            layer.constrain = False

    @pytest.mark.parametrize("beta", [0, 1, 1.5, torch.tensor([0.5, 1.0])])
    def test_it_begins_inside(self, beta: Any) -> None:
        with pytest.raises(ValueError, match=r"beta must be in \(0, 1\), where constrain=True keeps it, got"):
            LIF(beta, learn_beta=True, constrain=True)
        LIF(beta, constrain=True)  # nothing is learned

    def test_copied_saved_and_compiled(self) -> None:
        torch._dynamo.reset()
        layer = LIF(PER_NEURON, 0.5, learn_beta=True, learn_threshold=True, constrain=True)
        other = LIF(0.5 * PER_NEURON, 0.25, learn_beta=True, learn_threshold=True, constrain=True)
        other.load_state_dict(layer.state_dict())
        compiled = torch.compile(copy.deepcopy(layer), fullgraph=True, backend="aot_eager")
        for one in (other, copy.deepcopy(layer), compiled):
            one.zero_grad(), layer.zero_grad()
            for call in (one, layer):
                call(CURRENT).sum().backward()
            for actual, right in zip(one.parameters(), layer.parameters(), strict=True):
                torch.testing.assert_close(actual.grad, right.grad)


@pytest.mark.parametrize("range", [Range(0.0, 1.0), Range(-2.0, 0.5), Range(0.0), Range(1.0)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_a_parametrization_reaches_its_whole_range_and_no_more(range: Range, dtype: torch.dtype) -> None:
    keep, low, top = InRange(range), range.low, min(range.high, range.low + 30)
    values = torch.linspace(low, top, 17, dtype=torch.float64)[1:-1].to(dtype)
    tolerance = 8 * torch.finfo(dtype).eps
    torch.testing.assert_close(keep(keep.right_inverse(values)), values, rtol=tolerance, atol=tolerance)
    far = keep(torch.tensor([-1e4, -50.0, 0.0, 50.0, 1e4]).to(dtype))
    assert (far >= low).all() and (far <= range.high).all() and far.isfinite().all()
    assert not range.positive or (far > 0).all()
    smooth = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(keep, smooth)


class _Sigmoid(nn.Module):
    def forward(self, free: Tensor) -> Tensor:
        return free.sigmoid()

    def right_inverse(self, value: Tensor) -> Tensor:
        return value.logit()


@pytest.mark.parametrize("fused", [False, True])
def test_a_parametrization_of_ones_own(fused: bool) -> None:
    """torch.nn.utils.parametrize works on a learned beta, in training and afterwards."""
    spikes = (torch.rand(9, 2, 6) < 0.4).float()
    model = SpikingLinear(6, 6, learn_beta=True) if fused else LIF(learn_beta=True)
    neuron = model.neuron if fused else model
    parametrize.register_parametrization(neuron, "beta", _Sigmoid())
    assert neuron.learn_beta and "learn_beta=True" in repr(neuron)
    neuron.beta = 0.75
    torch.testing.assert_close(neuron.beta.item(), 0.75)
    output = model(spikes)
    output.sum().backward()
    free = neuron.parametrizations.beta.original
    beta = neuron.beta.detach().requires_grad_()
    current = model.linear(spikes).detach() if fused else spikes
    lif(current, beta=beta).sum().backward()
    torch.testing.assert_close(free.grad, beta.grad * 0.75 * 0.25)
    parametrize.remove_parametrizations(neuron, "beta")
    assert neuron.beta.item() == beta.item() and isinstance(neuron.beta, nn.Parameter)


class _Options(NamedTuple):
    gain: float = 2.0
    upside_down: bool = False


def _flag(name: str, value: bool) -> bool:
    check_flag(name, value)
    return value


class Decay(NeuronLayer):
    """A layer of other names: what LIF can do, it can."""

    _ranges = {"alpha": Range(0.0, 1.0), "offset": Range()}
    _checks = {"return_state": _flag, "gain": lambda _, value: float(value), "upside_down": _flag}
    _as_options = _Options

    def __init__(
        self,
        alpha: Any = 0.5,
        offset: Any = 0.0,
        *,
        learn_alpha: bool = False,
        learn_offset: bool = False,
        constrain: bool = False,
        return_state: bool = False,
        gain: float = 2.0,
        upside_down: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(locals())

    def forward(self, current: Tensor) -> Tensor:
        (alpha, offset), options = self._values(current)
        gain = torch.as_tensor(options.gain, dtype=current.dtype)
        return (alpha * current + offset) * gain * (-1 if options.upside_down else 1)


def test_the_base_knows_no_neuron() -> None:
    torch._dynamo.reset()
    with torch.device("meta"):
        layer = Decay(learn_alpha=True, learn_offset=True, constrain=True)
    layer.to_empty(device="cpu").bfloat16()
    assert repr(layer).startswith(
        "ParametrizedDecay(\n  alpha=0.5, offset=0, learn_alpha=True, learn_offset=True, constrain=True\n"
    )
    assert layer.state_dict().keys() == {"parametrizations.alpha.original", "offset"}  # which has no range
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    for gain in range(12):
        layer.gain, layer.offset = gain, -gain
        torch.testing.assert_close(compiled(CURRENT), (0.5 * CURRENT - gain) * gain)
    layer.learn_offset = False
    assert len(list(layer.parameters())) == 1
    with pytest.raises(AttributeError, match="Decay has no attribute 'upside_dwn'; did you mean 'upside_down'"):
        layer.upside_dwn = True


@pytest.mark.parametrize("heading", ["Layers and their parameters", "FSDP"])
def test_code_on_the_page_runs(heading: str) -> None:
    page = (Path(__file__).resolve().parents[1] / "docs/pytorch.md").read_text()
    names: dict[str, Any] = {}
    for section in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", page, re.M | re.S):
        if section[0] in ("Layers and their parameters", heading):  # later sections import what the first does
            for block in re.findall(r"```python\n(.*?)```", section[1], re.S):
                exec(block, names)
    assert heading != "FSDP" or callable(names["shard"])
