"""sinabs' LIF with single spikes. It takes `[B, T, ...]`, here a view of `[T, B, ...]`, and indexes it in its loop:
quadratic in T where a gradient is to follow. The gradient goes through the reset. Its surrogates are any callable.
"""

from __future__ import annotations

import math

from contenders import Contender, Layer
from torch import Tensor


def _fast_sigmoid(v: Tensor, threshold: Tensor) -> Tensor:
    return 1 / (1 + 25 * (v - threshold).abs()) ** 2


def lif(device: str) -> Layer:
    from sinabs.activation import SingleSpike
    from sinabs.layers import LIF

    tau = -1 / math.log(0.9)
    neuron = LIF(tau, spike_fn=SingleSpike, norm_input=False, surrogate_grad_fn=_fast_sigmoid)
    neuron.requires_grad_(False).to(device)

    def layer(current: Tensor) -> Tensor:
        neuron.reset_states()
        return neuron(current.transpose(0, 1)).transpose(0, 1)

    return layer


PEERS = (Contender("sinabs", lif, options={"detach_reset": False}, requires=("sinabs.layers",)),)
