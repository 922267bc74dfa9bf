"""All contenders, among them layers of other libraries, set to the equations of `snnkernels.lif` as far as they can be.

A library is imported only when it is measured: by its one call for all time steps if it has one, else in a loop over
`current.unbind(0)`. Norse's `Lift` and sinabs' call index the current in loops of their own, which makes them quadratic
in T. So both are also measured in a loop over `unbind`. torch.compile compiles all but sinabs as one graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from contenders import ELEMENTWISE, NAIVE, NAIVE_COMPILED, Contender, Layer, compiled, engines_for
from torch import Tensor
from workloads import BACKWARD, FORWARD, HALVES, Workload


def unbound(step: Callable[[Tensor, Any], tuple[Tensor, Any]], start: Callable[[Tensor], Any]) -> Layer:
    """A layer that loops over time. step: takes an input and a state; start: makes the first state from an input."""

    def layer(current: Tensor) -> Tensor:
        state, spikes = start(current[0]), []
        for x in current.unbind(0):
            spike, state = step(x, state)
            spikes.append(spike)
        return torch.stack(spikes)

    return layer


def _snntorch(device: str) -> Layer:
    """snnTorch's Leaky. It resets in the step after a spike, by the whole threshold, and fires only above threshold."""
    import snntorch

    neuron = snntorch.Leaky(beta=0.9, threshold=1.0, spike_grad=snntorch.surrogate.fast_sigmoid(slope=25))
    return unbound(neuron.to(device), torch.zeros_like)


def _snntorch_rate(images: Tensor, steps: int) -> Tensor:
    from snntorch import spikegen

    return spikegen.rate(images, num_steps=steps)


_SNNTORCH = Contender(
    "snnTorch",
    _snntorch,
    options={"delay_reset": True, "strict": True},
    requires=("snntorch",),
    encode=_snntorch_rate,
)


def _spikingjelly(device: str, wrap: bool = False) -> Layer:
    """SpikingJelly's LIFNode, all steps at once. On a GPU it picks Triton by itself: CUDA is not in its wheel.

    Its Triton kernels take half types only from a neuron that is prepared for this precision; its states then have that
    type. It has no fast sigmoid that is 1 at threshold, so we use its arc tangent. It decays by v - v / tau.
    """
    from spikingjelly.activation_based import functional, neuron, precision, surrogate

    options: dict[str, Any] = {
        "tau": 10.0,
        "decay_input": False,
        "v_reset": None,
        "detach_reset": True,
        "step_mode": "m",
    }

    @cache
    def nodes(dtype: torch.dtype) -> tuple[Any, Any]:
        node = neuron.LIFNode(surrogate_function=surrogate.ATan(alpha=2.0), **options)
        if device == "cuda" and dtype in HALVES:
            storage = "fp16" if dtype == torch.float16 else "bf16"
            precision.prepare_model_for_precision(node, device, {"neuron_storage": storage})
        # The state is a buffer from which the next call would continue. It is cleared outside the compiled part.
        return node, torch.compile(node, fullgraph=True) if wrap else node

    def layer(current: Tensor) -> Tensor:
        node, call = nodes(current.dtype)
        spikes = call(current)
        functional.reset_net(node)
        return spikes

    return layer


def _spikingjelly_poisson(images: Tensor, steps: int) -> Tensor:
    from spikingjelly.activation_based import encoding

    return encoding.PoissonEncoder(step_mode="m")(images.expand(steps, *images.shape))


_SPIKINGJELLY = Contender(
    "SpikingJelly",
    _spikingjelly,
    options={"surrogate": "arctan", "slope": 2.0},
    difference="decay as v - v / 10",
    requires=("spikingjelly.activation_based.neuron",),
    encode=_spikingjelly_poisson,
)


def _norse_cell() -> Any:
    """Norse's cell. It scales the input by dt / tau = 0.1, for which a threshold of 0.1 makes up. It fires only above
    threshold, and lets the gradient through the reset. Its "super" surrogate in 1.1 always has slope 1."""
    from norse.torch import LIFBoxCell, LIFBoxParameters
    from norse.torch.functional.reset import reset_subtract

    return LIFBoxCell(LIFBoxParameters(v_th=torch.as_tensor(0.1), reset_method=reset_subtract), dt=0.001)


def _norse_lift(device: str) -> Layer:
    from norse.torch import Lift

    lifted = Lift(_norse_cell())
    return lambda current: lifted(current)[0]


def _norse_loop(device: str) -> Layer:
    from norse.torch.functional.lif_box import LIFBoxFeedForwardState

    # The cell's own first state is a leaf that needs a gradient, with which torch.compile cannot make one graph.
    return unbound(_norse_cell(), lambda x: LIFBoxFeedForwardState(torch.zeros_like(x)))


_NORSE: dict[str, Any] = {
    "options": {"input_scale": 0.1, "threshold": 0.1, "strict": True, "detach_reset": False, "slope": 1.0},
    "requires": ("norse.torch",),
}
_NORSE_LOOP = Contender("Norse cell, loop", _norse_loop, **_NORSE)


def _sinabs_neuron(device: str, activation: str = "SingleSpike") -> Any:
    """sinabs' LIF. The gradient goes through the reset. A surrogate can be any callable."""
    from sinabs import activation as activations
    from sinabs.layers import LIF

    def fast_sigmoid(v: Tensor, threshold: Tensor) -> Tensor:
        return 1 / (1 + 25 * (v - threshold).abs()) ** 2

    tau = -1 / math.log(0.9)
    spike = getattr(activations, activation)
    neuron = LIF(tau, spike_fn=spike, norm_input=False, surrogate_grad_fn=fast_sigmoid)
    return neuron.requires_grad_(False).to(device)


def _sinabs_call(device: str) -> Layer:
    neuron = _sinabs_neuron(device)

    def layer(current: Tensor) -> Tensor:
        neuron.reset_states()
        return neuron(current.transpose(0, 1)).transpose(0, 1)

    return layer


def sinabs_loop(device: str, activation: str = "SingleSpike") -> Layer:
    """sinabs step by step: each call continues from the state that the last one left in the neuron."""
    neuron = _sinabs_neuron(device, activation)
    return unbound(lambda x, _: (neuron(x.unsqueeze(1)).squeeze(1), None), lambda _: neuron.reset_states())


_SINABS: dict[str, Any] = {
    "options": {"detach_reset": False},
    "requires": ("sinabs.layers",),
}

PEERS = (
    _SNNTORCH,
    compiled(_SNNTORCH),
    _SPIKINGJELLY,
    compiled(_SPIKINGJELLY, lambda device: _spikingjelly(device, wrap=True)),
    Contender("Norse", _norse_lift, form="one call (Lift)", **_NORSE),
    _NORSE_LOOP,
    compiled(_NORSE_LOOP),
    Contender("sinabs", _sinabs_call, form="one call", **_SINABS),
    Contender("sinabs, loop", sinabs_loop, **_SINABS),
)

# Up to so many elements a layer measures the overhead of a call, and is compared with an elementwise operator.
_TINY = 1024


def lineup(device: str) -> list[Contender]:
    """All contenders in the order of the tables. The torch loop comes first, because others are compared with it."""
    return [NAIVE, NAIVE_COMPILED, *engines_for(device), *PEERS]


def shown(name: str) -> str:
    """The name of a contender on the pages."""
    form = next((contender.form for contender in PEERS if contender.name == name), "")
    return f"{name}, {form}" if form else name


def contenders_for(workload: Workload, direction: str) -> list[Contender]:
    """The line-up of one measurement. Backward alone tells how near our engines are to the memory's speed."""
    if direction == BACKWARD:
        return list(engines_for(workload.device))
    tiny = workload.elements <= _TINY and direction == FORWARD
    return lineup(workload.device) + ([ELEMENTWISE] if tiny else [])
