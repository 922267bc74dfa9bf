"""Parametrizations of what layers learn, and those that keep it in its range."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from support import assert_same_bits
from torch import Tensor, nn
from torch.nn.utils import parametrize

from snnkernels import LIF, SpikingLinear, lif
from snnkernels.ranges import InRange, Range

PER_NEURON = torch.linspace(0.1, 0.9, 6)


CURRENT = torch.linspace(-1, 2, 48).view(4, 2, 6)


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
        assert "beta=0.25, threshold=1, input_scale=1, reset=subtract, learn_beta=True, constrain=True" in repr(layer)
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
