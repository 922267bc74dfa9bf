"""SpikingJelly's LIFNode, all time steps at once; on a GPU it picks CUDA, Triton or torch by itself.

CUDA it has only where it was built from its sources for that (SJ_BUILD_NATIVE_CUDA=1), which its wheel is not.
SJ_LIF_CUDA_IMPLEMENTATION in the environment names one of them for a whole run. Half types it would compute step by
step in torch; its Triton kernels take them from a neuron that is prepared for a precision, with states of that type. It
has no fast sigmoid of slope 25 that is 1 at threshold, so its arc tangent is taken. It decays by v - v / tau, which
rounds otherwise than 0.9 * v.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from contenders import Contender, Layer, compiled
from torch import Tensor

# By SpikingJelly's names of precisions.
_HALVES = {torch.float16: "fp16", torch.bfloat16: "bf16"}


def _node(device: str, dtype: torch.dtype) -> Any:
    from spikingjelly.activation_based import neuron, precision, surrogate

    node = neuron.LIFNode(
        tau=10.0,
        decay_input=False,
        v_reset=None,
        surrogate_function=surrogate.ATan(alpha=2.0),
        detach_reset=True,
        step_mode="m",
    )
    if device == "cuda" and dtype in _HALVES:
        precision.prepare_model_for_precision(node, device, {"neuron_storage": _HALVES[dtype]})
    return node


def _layer(device: str, wrap: bool) -> Layer:
    from spikingjelly.activation_based import functional

    @cache
    def nodes(dtype: torch.dtype) -> tuple[Any, Any]:
        node = _node(device, dtype)
        # The state is a buffer that the next call would continue from; clearing it is no work for the compiler.
        return node, torch.compile(node, fullgraph=True) if wrap else node

    def layer(current: Tensor) -> Tensor:
        node, call = nodes(current.dtype)
        spikes = call(current)
        functional.reset_net(node)
        return spikes

    return layer


def poisson(images: Tensor, steps: int) -> Tensor:
    from spikingjelly.activation_based import encoding

    return encoding.PoissonEncoder(step_mode="m")(images.expand(steps, *images.shape))


EAGER = Contender(
    "SpikingJelly",
    lambda device: _layer(device, wrap=False),
    options={"surrogate": "arctan", "slope": 2.0},
    difference="decay as v - v / 10",
    halves="states of the half type",
    requires=("spikingjelly.activation_based.neuron",),
    encode=poisson,
)

PEERS = (EAGER, compiled(EAGER, lambda device: _layer(device, wrap=True)))
