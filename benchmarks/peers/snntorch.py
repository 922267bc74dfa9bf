"""snnTorch's Leaky: it resets in the step after the spike, by the whole threshold, and fires above threshold only.

Of half types it makes float32, also where it is moved to one: its spikes and potentials have twice their bytes.
"""

from __future__ import annotations

import torch
from contenders import Contender, Layer, compiled
from torch import Tensor


def leaky(device: str) -> Layer:
    import snntorch

    neuron = snntorch.Leaky(beta=0.9, threshold=1.0, spike_grad=snntorch.surrogate.fast_sigmoid(slope=25))
    neuron.to(device)

    def layer(current: Tensor) -> Tensor:
        membrane = torch.zeros_like(current[0])
        spikes = []
        for x in current.unbind(0):
            spike, membrane = neuron(x, membrane)
            spikes.append(spike)
        return torch.stack(spikes)

    return layer


def rate(images: Tensor, steps: int) -> Tensor:
    from snntorch import spikegen

    return spikegen.rate(images, num_steps=steps)


EAGER = Contender(
    "snnTorch",
    leaky,
    options={"delay_reset": True, "strict": True},
    halves="spikes and states of float32",
    requires=("snntorch",),
    encode=rate,
)

PEERS = (EAGER, compiled(EAGER))
