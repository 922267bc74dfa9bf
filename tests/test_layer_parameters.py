"""What layers hold: parameters that are shared, set and replaced, in every layer that derives from the base."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from pages import code
from support import assert_same_bits
from torch import Tensor, nn
from torch.nn.utils import prune

from snnkernels import LIF, SpikingLinear, lif, neuron
from snnkernels.ranges import Decay

PER_NEURON = torch.linspace(0.1, 0.9, 6)


CURRENT = torch.linspace(-1, 2, 48).view(4, 2, 6)


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
        layer.learn = ("threshold", "input_scale")
        assert layer.learn == ("threshold", "input_scale") == tuple(dict(LIF(learn=layer.learn).named_parameters()))
        layer.learn = ()
        assert layer.learn == () and not layer.learn_threshold and not list(layer.parameters())
        for wrong, message in (("beta", "learn must be a tuple"), (("beta", "bta"), "learn must be one of .*'bta'")):
            with pytest.raises((TypeError, ValueError), match=message):
                layer.learn = wrong
        layer.reset = "none"
        with pytest.raises(ValueError, match="reset must be a number or a tensor to be learned, got 'none'"):
            layer.learn = ("beta", "reset")
        assert layer.learn == ()
        layer = LIF(1, constrain=True)
        with pytest.raises(ValueError, match=r"beta must be in \(0, 1\)"):
            layer.learn_beta = True
        assert (
            layer.beta == 1.0
            and repr(layer) == "LIF(beta=1, threshold=1, input_scale=1, reset=subtract, constrain=True)"
        )


class TestWords:
    """A word that stands for a number is one in a tensor. Another word chooses a form of the step without a tensor."""

    def test_a_learned_one_is_its_number(self) -> None:
        switched = LIF(reset="zero")
        switched.learn_reset = True
        for layer in (LIF(reset="zero", learn_reset=True), switched):
            assert layer.reset.tolist() == [0.0] and layer.learn_reset
            layer.reset = 0.25
            layer.reset = "zero"
            assert layer.reset.tolist() == [0.0]
            layer(CURRENT).sum().backward()
            assert layer.reset.grad.any()
            assert_same_bits(layer(CURRENT).detach(), lif(CURRENT, reset=0.0))
        layer = LIF(reset="zero", learn_reset=True)
        layer.reset = 0.25
        layer.reset_parameters()
        assert layer.reset.tolist() == [0.25]

    def test_it_takes_the_place_of_a_buffer(self) -> None:
        layer = LIF(reset=PER_NEURON)
        layer.reset = "zero"
        assert layer.reset.tolist() == [0.0] * 6
        layer.reset = "subtract"
        assert layer.reset == "subtract" and not layer.state_dict()
        assert_same_bits(layer(CURRENT), lif(CURRENT, reset="subtract"))
        layer.reset = PER_NEURON
        assert_same_bits(layer(CURRENT), lif(CURRENT, reset=PER_NEURON))

    def test_it_cannot_be_learned(self) -> None:
        layer, message = LIF(reset=0.5, learn_reset=True), "reset must be a number or a tensor to be learned, got 'sub"
        with pytest.raises(ValueError, match=message):
            layer.reset = "subtract"
        assert layer.reset.tolist() == [0.5]
        layer = LIF(reset="subtract")
        with pytest.raises(ValueError, match=message):
            layer.learn_reset = True
        assert layer.reset == "subtract"


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


@neuron(states=("total",))
def offset_sum(x, total, *, alpha: Decay = 0.5, offset=0.0, upside_down: bool = False):
    """A neuron of other names: what LIF can do, it can."""
    total = alpha * total + offset + (-x if upside_down else x)
    return total, total


def test_a_layer_of_any_neuron() -> None:
    torch._dynamo.reset()
    with torch.device("meta"):
        layer = offset_sum.layer(learn=("alpha", "offset"), constrain=True)
    layer.to_empty(device="cpu").bfloat16()
    assert repr(layer).startswith(
        "Parametrizedoffset_sum(\n  alpha=0.5, offset=0, learn_alpha=True, learn_offset=True, constrain=True\n"
    )
    assert layer.state_dict().keys() == {"parametrizations.alpha.original", "offset"}  # which has no range
    layer = offset_sum.layer(alpha=torch.full((6,), 0.5), backend="reference")
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    for offset in range(12):
        layer.offset = offset
        assert_same_bits(compiled(CURRENT), offset_sum(CURRENT, alpha=0.5, offset=offset, backend="reference"))
    layer.learn_offset, layer.upside_down = True, True
    assert len(list(layer.parameters())) == 1
    assert_same_bits(layer(-CURRENT).detach(), offset_sum(CURRENT, alpha=0.5, offset=11.0, backend="reference"))
    with pytest.raises(AttributeError, match="offset_sum has no attribute 'upside_dwn'; did you mean 'upside_down'"):
        layer.upside_dwn = True


def test_code_on_the_page_runs() -> None:
    names: dict[str, Any] = {}
    for heading in ("Layers and their parameters", "FSDP"):
        for block in code("docs/pytorch.md", heading):
            exec(block, names)
    assert callable(names["shard"])
