"""The LIF module: what it holds, how it is saved and copied, and that it computes what `lif` does."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import pytest
import torch
from support import OPTIONS, Target, assert_same_bits, random_current, random_decay
from torch import nn

from snnkernels import LIF, lif


@pytest.mark.parametrize("learn", [False, True])
def test_layer_is_the_function(target: Target, learn: bool) -> None:
    current = random_current(9, 2, 6, device=target.device)
    state = torch.randn(2, 6, device=target.device)
    beta = random_decay(6)
    for options in OPTIONS[:: 43 if target.interpreted else 5]:
        options = {**options, "surrogate": "arctan", "slope": 3.0, "backend": target.engine}
        layer = LIF(beta, 0.75, learn_beta=learn, learn_threshold=learn, return_state=True, **options)
        spikes, final = layer.to(target.device)(current, state)
        values = {"beta": beta.to(target.device), "threshold": 0.75, "initial_state": state}
        expected = lif(current, **values, return_state=True, **options)
        assert_same_bits(spikes.detach(), expected[0], "spikes")
        assert_same_bits(final.detach(), expected[1], "state")


def test_defaults() -> None:
    current = random_current(9, 2, 6)
    assert_same_bits(LIF()(current), lif(current, beta=0.9, threshold=1.0))


def test_it_keeps_no_state_between_calls() -> None:
    layer, current = LIF(), random_current(9, 2, 6)
    assert_same_bits(layer(current), layer(current))


# What the constructor is given: names of parameters, names of buffers.
HELD: dict[str, tuple[dict[str, Any], set[str], set[str]]] = {
    "numbers": ({"beta": 0.5}, set(), set()),
    "learnable numbers": ({"beta": 0.5, "learn_beta": True, "learn_threshold": True}, {"beta", "threshold"}, set()),
    "tensors": ({"beta": torch.full((3,), 0.5), "threshold": torch.ones(3)}, set(), {"beta", "threshold"}),
    "learnable tensor": ({"beta": torch.full((3,), 0.5), "learn_beta": True}, {"beta"}, set()),
    "one of each": ({"beta": 0.5, "learn_beta": True, "threshold": torch.ones(3)}, {"beta"}, {"threshold"}),
}


@pytest.mark.parametrize("name", HELD)
def test_what_is_held_is_saved_and_copied(name: str) -> None:
    given, parameters, buffers = HELD[name]
    layer, current = LIF(**given), random_current(9, 2, 3)
    assert {name for name, _ in layer.named_parameters()} == parameters
    assert {name for name, _ in layer.named_buffers()} == buffers
    assert layer.state_dict().keys() == parameters | buffers
    spikes = layer(current).detach()
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    loaded = LIF(**{**given, "beta": given["beta"] * 0.25} if "beta" in layer.state_dict() else given)
    loaded.load_state_dict(torch.load(file))
    assert_same_bits(loaded(current).detach(), spikes, "after load_state_dict")
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert_same_bits(other(current).detach(), spikes, "copied")
        for own, copied in zip(layer.state_dict().values(), other.state_dict().values(), strict=True):
            assert torch.equal(own, copied) and own.data_ptr() != copied.data_ptr()


def test_what_it_is_given_stays_the_callers() -> None:
    """The layer has its own copy of a tensor."""
    beta = torch.full((3,), 0.5)
    fixed, learnt = LIF(beta), LIF(beta, learn_beta=True)
    learnt(random_current(4, 2, 3)).sum().backward()
    assert learnt.beta.grad is not None and not beta.requires_grad
    with torch.no_grad():
        learnt.beta.fill_(0.1)
        beta.fill_(0.2)
    assert fixed.beta.tolist() == [0.5] * 3
    copy.deepcopy(fixed)


def test_parameters_move_with_the_module() -> None:
    layer = LIF(torch.full((3,), 0.5), learn_threshold=True).double()
    assert layer.beta.dtype == layer.threshold.dtype == torch.float64
    assert LIF(learn_beta=True).to("meta").beta.device.type == "meta"


@pytest.mark.parametrize("learn", [False, True])
def test_dtype_and_device_of_what_is_given(learn: bool) -> None:
    """A tensor keeps its own, a number has torch's default, unless the layer is told another."""
    given = {"beta": torch.full((3,), 0.9, dtype=torch.float64), "threshold": 0.1}
    kept = LIF(**given, learn_beta=learn, learn_threshold=True)
    assert (kept.beta.dtype, kept.threshold.dtype) == (torch.float64, torch.float32)
    assert kept.beta.tolist() == [0.9] * 3
    told = LIF(**given, learn_beta=learn, learn_threshold=True, device="meta", dtype=torch.bfloat16)
    assert {(t.dtype, t.device.type) for t in told.state_dict().values()} == {(torch.bfloat16, "meta")}
    assert LIF(0.9, learn_beta=True, dtype=torch.float64).beta.item() == 0.9


def test_learning_moves_beta_and_threshold(target: Target) -> None:
    """Gradient descent that asks for more spikes finds a slower decay and a lower threshold, and gets them."""
    layer = LIF(0.5, 1.5, learn_beta=True, learn_threshold=True, surrogate="sigmoid", slope=2.0, backend=target.engine)
    layer.to(target.device)
    current = random_current(9, 2, 6, device=target.device)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.2)
    before = layer(current).mean().item()
    for _ in range(10):
        optimizer.zero_grad()
        (-layer(current).mean()).backward()
        optimizer.step()
    assert layer.beta.item() > 0.5 and layer.threshold.item() < 1.5
    assert layer(current).mean().item() > before + 0.05


def test_it_works_in_a_sequence_of_modules() -> None:
    network = nn.Sequential(nn.Linear(6, 8), LIF(learn_beta=True), nn.Dropout(), nn.Linear(8, 3), LIF(time_dim=-3))
    spikes = network.eval()(random_current(9, 2, 6))
    assert spikes.shape == (9, 2, 3) and set(spikes.unique().tolist()) <= {0.0, 1.0}


SHOWN = {
    "LIF(beta=0.9, threshold=1, input_scale=1, reset=subtract)": {},
    "LIF(beta=0.5, threshold=tensor(3,), input_scale=1, reset=zero, slope=10.0)": {
        "beta": 0.5,
        "threshold": torch.ones(3),
        "reset": "zero",
        "slope": 10.0,
    },
    "LIF(beta=0.75, threshold=2, input_scale=1, reset=subtract, learn_beta=True)": {
        "beta": 0.75,
        "learn_beta": True,
        "threshold": torch.tensor(2.0),
    },
    "LIF(beta=0.9, threshold=1, input_scale=1, reset=subtract, return_state=True, strict=True)": {
        "return_state": True,
        "strict": True,
    },
}


@pytest.mark.parametrize("text", SHOWN)
def test_printed_layer_shows_its_parameters_and_what_is_not_default(text: str) -> None:
    assert repr(LIF(**SHOWN[text])) == text
