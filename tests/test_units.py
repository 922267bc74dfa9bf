"""Physical units: the two conventions, in numbers worked out by hand, and as other libraries have them."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import assert_rounded, skip_or_fail

from snnkernels import LIF, decay_from_tau, steps_from_duration, tau_from_decay


def test_decay_of_a_time_constant() -> None:
    assert decay_from_tau(10e-3, 1e-3) == math.exp(-0.1)
    assert decay_from_tau(10e-3, 1e-3, method="euler") == pytest.approx(0.9, rel=1e-15)
    assert decay_from_tau(2, 1) == pytest.approx(0.6065306597126334, rel=1e-15)
    assert decay_from_tau(2, 1, method="euler") == 0.5
    assert decay_from_tau(1.0, 1.0, method="euler") == 0.0


def test_time_constant_of_a_decay() -> None:
    assert tau_from_decay(0.9, 1e-3) == pytest.approx(9.491221581029903e-3, rel=1e-14)
    assert tau_from_decay(0.9, 1e-3, method="euler") == pytest.approx(10e-3, rel=1e-14)
    assert tau_from_decay(0.0, 1e-3, method="euler") == 1e-3


@pytest.mark.parametrize("method", ["exponential", "euler"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_there_and_back(method: str, dtype: torch.dtype) -> None:
    tau = torch.tensor([[2e-3, 5e-3], [20e-3, 0.1]], dtype=dtype)
    decay = decay_from_tau(tau, 1e-3, method=method)
    assert decay.dtype == dtype and decay.shape == tau.shape
    torch.testing.assert_close(tau_from_decay(decay, 1e-3, method=method), tau, rtol=1e-5, atol=0)
    numbers = [decay_from_tau(value, 1e-3, method=method) for value in tau.flatten().tolist()]
    assert_rounded(decay.flatten(), torch.tensor(numbers, dtype=dtype))


@pytest.mark.parametrize("method", ["exponential", "euler"])
def test_gradients(method: str) -> None:
    tau = torch.tensor([2.0, 5.0, 30.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda tau: decay_from_tau(tau, 1.5, method=method), tau)
    decay = torch.tensor([0.1, 0.5, 0.9], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda decay: tau_from_decay(decay, 1.5, method=method), decay)
    decay_from_tau(tau, 1.5, method=method).sum().backward()
    expected = 1.5 / tau.detach() ** 2
    if method == "exponential":
        expected *= torch.exp(-1.5 / tau.detach())
    torch.testing.assert_close(tau.grad, expected)


def test_a_potential_falls_to_1_over_e_in_a_time_constant() -> None:
    """20 ms in steps of 0.5 ms: without input the potential falls to 1 / e, with Euler's method a little further."""
    silence = torch.zeros(40, 1, 1, dtype=torch.float64)
    for method, expected in (("exponential", math.exp(-1)), ("euler", (1 - 1 / 40) ** 40)):
        layer = LIF(decay_from_tau(20e-3, 0.5e-3, method=method), return_state=True)
        _, v = layer(silence, torch.full((1, 1), 0.99, dtype=torch.float64))
        assert v.item() == pytest.approx(0.99 * expected, rel=1e-12)


def test_steps_of_a_duration() -> None:
    assert steps_from_duration(2e-3, 1e-3) == 2
    assert steps_from_duration(0.3, 0.1) == 3  # 2.9999999999999996 in floating point
    assert steps_from_duration(0, 1e-3) == 0
    assert steps_from_duration(2.4e-3, 1e-3) == 2
    assert isinstance(steps_from_duration(5.0, 1.0), int)


def test_one_graph() -> None:
    tau = torch.tensor([2.0, 5.0], requires_grad=True)
    compiled = torch.compile(lambda tau: decay_from_tau(tau, 1.0), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(tau), decay_from_tau(tau, 1.0))
    torch.testing.assert_close(torch.func.vmap(lambda tau: decay_from_tau(tau, 1.0))(tau), decay_from_tau(tau, 1.0))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: decay_from_tau(0.0, 1.0), ValueError, "tau must be positive and finite, got 0.0"),
        (lambda: decay_from_tau(math.inf, 1.0), ValueError, "tau must be positive and finite, got inf"),
        (lambda: decay_from_tau("2", 1.0), TypeError, "tau must be a number, got str"),
        (lambda: decay_from_tau(torch.tensor([1.0, -2.0]), 1.0), ValueError, "tau must be positive .*, got -2.0"),
        (lambda: decay_from_tau(torch.tensor([1.0, math.nan]), 1.0), ValueError, "tau must be positive .*, got nan"),
        (lambda: decay_from_tau(torch.tensor([2]), 1.0), TypeError, "tau must be float64, .* got int64"),
        (lambda: decay_from_tau(1.0, 0.0), ValueError, "dt must be positive and finite, got 0.0"),
        (lambda: decay_from_tau(1.0, -1.0), ValueError, "dt must be positive"),
        (lambda: decay_from_tau(1.0, torch.ones(1)), TypeError, "dt must be a number, got Tensor"),
        (lambda: decay_from_tau(1.0, 2.0, method="euler"), ValueError, "tau must be dt, 2.0, or longer .* got 1.0"),
        (lambda: decay_from_tau(torch.tensor([1.0, 3.0]), 2.0, method="euler"), ValueError, "write a shorter dt"),
        (lambda: decay_from_tau(1.0, 1.0, method="exact"), ValueError, "must be one of 'exponential', 'euler'"),
        (lambda: tau_from_decay(1.0, 1.0), ValueError, r"decay must be in \(0, 1\), got 1.0"),
        (lambda: tau_from_decay(0.0, 1.0), ValueError, r"decay must be in \(0, 1\), got 0.0"),
        (lambda: tau_from_decay(torch.tensor(-0.5), 1.0, method="euler"), ValueError, r"in \[0, 1\), got -0.5"),
        (lambda: steps_from_duration(-1.0, 1.0), ValueError, "duration must be 0 or more, got -1.0"),
        (lambda: steps_from_duration(1.0, 0), ValueError, "dt must be positive"),
    ],
)
def test_wrong_input(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.filterwarnings("ignore")  # their warnings are not ours to heed
@pytest.mark.parametrize("library", ["spikingjelly", "norse", "sinabs"])
def test_conventions_of_other_libraries(library: str) -> None:
    """What is left of a potential of 1/2 after a step without input."""
    try:
        importlib.import_module(library)
    except ImportError as error:
        skip_or_fail(library, f"{library} cannot be imported: {error}")
    silence = torch.zeros(1, 1)
    if library == "spikingjelly":
        from spikingjelly.activation_based import neuron

        node = neuron.LIFNode(tau=5.0)
        node(silence)
        node.v = torch.full((1, 1), 0.5)
        node(silence)
        left, expected = node.v, decay_from_tau(5.0, 1.0, method="euler")
    elif library == "norse":
        from norse.torch import LIFBoxCell, LIFBoxParameters
        from norse.torch.functional.lif_box import LIFBoxFeedForwardState

        cell = LIFBoxCell(LIFBoxParameters(tau_mem_inv=torch.tensor(1 / 5e-3)), dt=1e-3)
        left = cell(silence, LIFBoxFeedForwardState(v=torch.full((1, 1), 0.5)))[1].v
        expected = decay_from_tau(5e-3, 1e-3, method="euler")
    else:
        from sinabs import layers

        layer = layers.LIF(tau_mem=5.0)
        layer(silence.reshape(1, 1, 1))
        layer.v_mem = torch.full((1, 1), 0.5)
        layer(silence.reshape(1, 1, 1))
        left, expected = layer.v_mem, decay_from_tau(5.0, 1.0)
    assert left.item() == pytest.approx(0.5 * expected, rel=1e-6)
