"""sinabs' LIF with single spikes, called once for all time steps and step by step.

It takes `[B, T, ...]`, here a view of `[T, B, ...]`, and indexes it in its own loop: quadratic in T where a gradient is
to follow, which a loop over `current.unbind(0)` is not. The gradient goes through the reset. Its surrogates are any
callable.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from contenders import Contender, Layer
from torch import Tensor


def _fast_sigmoid(v: Tensor, threshold: Tensor) -> Tensor:
    return 1 / (1 + 25 * (v - threshold).abs()) ** 2


def _neuron(device: str) -> Any:
    from sinabs.activation import SingleSpike
    from sinabs.layers import LIF

    tau = -1 / math.log(0.9)
    neuron = LIF(tau, spike_fn=SingleSpike, norm_input=False, surrogate_grad_fn=_fast_sigmoid)
    return neuron.requires_grad_(False).to(device)


def one_call(device: str) -> Layer:
    neuron = _neuron(device)

    def layer(current: Tensor) -> Tensor:
        neuron.reset_states()
        return neuron(current.transpose(0, 1)).transpose(0, 1)

    return layer


def unbound(device: str) -> Layer:
    """Each call goes on from the state that the last one left in the neuron."""
    neuron = _neuron(device)

    def layer(current: Tensor) -> Tensor:
        neuron.reset_states()
        return torch.stack([neuron(x.unsqueeze(1)).squeeze(1) for x in current.unbind(0)])

    return layer


_COMMON = {
    "options": {"detach_reset": False},
    "halves": "spikes and states of float32",
    "requires": ("sinabs.layers",),
}

PEERS = (Contender("sinabs", one_call, form="one call", **_COMMON), Contender("sinabs, loop", unbound, **_COMMON))
