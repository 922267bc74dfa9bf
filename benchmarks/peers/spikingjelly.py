"""SpikingJelly's LIFNode, all time steps at once; on a GPU it picks CUDA, Triton or torch by itself.

SJ_LIF_CUDA_IMPLEMENTATION in the environment names one of them for a whole run. It has no fast sigmoid of slope 25
that is 1 at threshold, so its arc tangent is taken. It decays by v - v / tau, which rounds otherwise than 0.9 * v.
"""

from __future__ import annotations

from contenders import Contender, Layer, compiled
from torch import Tensor


def _layer(wrap: bool) -> Layer:
    import torch
    from spikingjelly.activation_based import functional, neuron, surrogate

    node = neuron.LIFNode(
        tau=10.0,
        decay_input=False,
        v_reset=None,
        surrogate_function=surrogate.ATan(alpha=2.0),
        detach_reset=True,
        step_mode="m",
    )
    # The state is a buffer that the next call would continue from; clearing it is no work for the compiler.
    call = torch.compile(node, fullgraph=True) if wrap else node

    def layer(current: Tensor) -> Tensor:
        spikes = call(current)
        functional.reset_net(node)
        return spikes

    return layer


def poisson(images: Tensor, steps: int) -> Tensor:
    from spikingjelly.activation_based import encoding

    return encoding.PoissonEncoder(step_mode="m")(images.expand(steps, *images.shape))


EAGER = Contender(
    "SpikingJelly",
    lambda device: _layer(wrap=False),
    options={"surrogate": "arctan", "slope": 2.0},
    difference="decay as v - v / 10",
    requires=("spikingjelly.activation_based.neuron",),
    encode=poisson,
)

PEERS = (EAGER, compiled(EAGER, lambda device: _layer(wrap=True)))
