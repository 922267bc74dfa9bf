"""Neurons of other libraries beside built-in ones of ours, by the name of ours, where the equations are the same.

Two are left out: sinabs' ALIF has another gradient, and Norse's LSNNCell begins with a synaptic current, which is a
layer of its own here.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from contenders import Contender, Layer
from lineup import sinabs_loop, unbound
from torch import Tensor

_ARCTAN = {"surrogate": "arctan", "slope": 2.0}


def _snntorch(device: str, name: str, alpha: float, beta: float, states: int) -> Layer:
    """snnTorch's neurons of several states. They reset in the step after a spike, and fire only above threshold."""
    import snntorch

    neuron = getattr(snntorch, name)(alpha, beta).to(device)

    def step(x: Tensor, state: Any) -> tuple[Tensor, Any]:
        spikes, *state = neuron(x, *state)
        return spikes, state

    return unbound(step, lambda x: [torch.zeros_like(x) for _ in range(states)])


def _spikingjelly(device: str, name: str, loop: bool = False, **options: Any) -> Layer:
    """SpikingJelly's nodes, all steps at once, or in a loop where that call indexes the current: quadratic in T."""
    from spikingjelly.activation_based import functional, neuron, surrogate

    node = getattr(neuron, name)(v_reset=None, surrogate_function=surrogate.ATan(alpha=2.0), **options)
    node.step_mode = "s" if loop else "m"
    node.requires_grad_(False).to(device)

    steps = unbound(lambda x, _: (node(x), None), lambda _: None) if loop else node

    def layer(current: Tensor) -> Tensor:
        spikes = steps(current)
        functional.reset_net(node)
        return spikes

    return layer


def _norse_lif(device: str) -> Layer:
    """Norse's LIF with a synaptic current. A threshold of 0.1 makes up for its factor of the current, dt / tau."""
    from norse.torch import LIFCell, LIFParameters
    from norse.torch.functional.lif import LIFFeedForwardState

    cell = LIFCell(LIFParameters(v_th=torch.as_tensor(0.1)), dt=0.001)
    return unbound(cell, lambda x: LIFFeedForwardState(torch.zeros_like(x), torch.zeros_like(x)))


_SPIKINGJELLY = {"requires": ("spikingjelly.activation_based.neuron",)}

PEERS_OF: dict[str, tuple[Contender, ...]] = {
    "integrate_and_fire": (
        Contender(
            "SpikingJelly IFNode",
            partial(_spikingjelly, name="IFNode", detach_reset=True),
            options=_ARCTAN,
            **_SPIKINGJELLY,
        ),
    ),
    "parametric_lif": (
        Contender(
            "SpikingJelly ParametricLIFNode",
            partial(_spikingjelly, name="ParametricLIFNode", decay_input=False, detach_reset=True),
            options={"decay_input": False, **_ARCTAN},
            **_SPIKINGJELLY,
        ),
    ),
    "current_lif": (
        Contender(
            "snnTorch Synaptic",
            partial(_snntorch, name="Synaptic", alpha=0.8, beta=0.9, states=2),
            options={"order": "delayed", "strict": True, **_ARCTAN},
            requires=("snntorch",),
        ),
        Contender(
            "SpikingJelly CUBALIFNode, loop",
            partial(_spikingjelly, name="CUBALIFNode", loop=True, c_decay=0.8, v_decay=0.9, v_threshold=1.0),
            options={"detach_reset": False, **_ARCTAN},
            **_SPIKINGJELLY,
        ),
        Contender(
            "Norse LIFCell",
            _norse_lif,
            options={"input_scale": 0.1, "threshold": 0.1, "reset": "zero"}
            | {"strict": True, "detach_reset": False, "slope": 1.0},
            requires=("norse.torch",),
        ),
    ),
    "alpha_neuron": (
        Contender(
            "snnTorch Alpha",
            partial(_snntorch, name="Alpha", alpha=0.9, beta=0.8, states=3),
            options={"gain": math.log(0.9) / math.log(0.8 / 0.9) + 1, "strict": True, **_ARCTAN},
            requires=("snntorch",),
        ),
    ),
    "multispike_lif": (
        Contender(
            "sinabs LIF",
            partial(sinabs_loop, activation="MultiSpike"),
            options={"detach_reset": False},
            requires=("sinabs.layers",),
        ),
    ),
}
