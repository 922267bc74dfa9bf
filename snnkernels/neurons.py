"""Every neuron, each as one forward step of plain arithmetic. Everything else is derived from it.

A step takes the input `x` of one time step, the states that the step before left, `spike` (the Heaviside function of
the distance to threshold, whose derivative is the surrogate), and by name its parameters (differentiable, one for all
or one for each neuron) and constants (one number for the layer). It returns the spikes and the next states.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from .language import Value, detach


@dataclass(frozen=True)
class Neuron:
    """A step with every option fixed, and the names of what it takes.

    `key` names it in the generated code and between the engines.
    """

    key: str
    step: Callable[..., tuple[Any, ...]]
    states: tuple[str, ...]
    params: tuple[str, ...]
    constants: tuple[str, ...]


def lif(
    x: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    beta: Value,
    threshold: Value,
    input_scale: Value,
    reset_value: Value,
    reset: str,
    reset_time: str,
    detach_reset: bool,
) -> tuple[Value, Value]:
    """Leaky integrate-and-fire, x: input current, v: membrane potential.

    `reset_time` is when a spike's reset happens, and with it what the state is:
    "after" the spike (the state is the potential after the reset), "before" the next decay (the state is the
    potential before the reset), or "delayed" (the same state; the reset comes after the next decay).

    Sources: subtraction after the spike is the soft reset of SpikingJelly's LIFNode; "delayed" is snnTorch's Leaky
    with reset_mechanism="subtract", and "before" its "zero"; a detached reset is argued for by Zenke & Vogels (2021),
    doi:10.1162/neco_a_01367.
    """

    def previous_spike() -> Value:
        return after_detach(spike(v - threshold))

    def after_detach(s: Value) -> Value:
        return detach(s) if detach_reset else s

    def after_reset(potential: Value, s: Value) -> Value:
        if reset == "subtract":
            return potential - threshold * s
        if reset == "value":
            return (1 - s) * potential + reset_value * s
        return potential

    if reset_time == "before":
        v = after_reset(v, previous_spike())
    u = beta * v + input_scale * x
    if reset_time == "delayed":
        u = after_reset(u, previous_spike())
    s = spike(u - threshold)
    return s, after_reset(u, after_detach(s)) if reset_time == "after" else u


def lif_key(reset: str, *, delay_reset: bool = False, detach_reset: bool = True, pre_reset_state: bool = False) -> str:
    """The key of the LIF neuron with these options; `reset` is "subtract", "value" or "none".

    Options that make no difference are folded. Without a reset nothing is left of the others. A delayed reset to a
    value comes before the next decay, as snnTorch's does: after it, it would wipe out the new input too.
    """
    if reset == "none":
        return "lif_none"
    if delay_reset and reset == "subtract":
        reset_time = "delayed"
    else:
        reset_time = "before" if delay_reset or pre_reset_state else "after"
    return f"lif_{reset}_{reset_time}_{'detached' if detach_reset else 'attached'}"


def _lif_neurons() -> dict[str, Neuron]:
    neurons: dict[str, Neuron] = {}
    options = itertools.product(("none", "subtract", "value"), (False, True), (True, False), (False, True))
    for reset, delay_reset, detach_reset, pre_reset_state in options:
        key = lif_key(reset, delay_reset=delay_reset, detach_reset=detach_reset, pre_reset_state=pre_reset_state)
        reset_time = key.split("_")[2] if reset != "none" else "after"
        step = partial(lif, reset=reset, reset_time=reset_time, detach_reset=detach_reset)
        neurons.setdefault(key, Neuron(key, step, ("v",), ("beta", "threshold"), ("input_scale", "reset_value")))
    return neurons


NEURONS: dict[str, Neuron] = _lif_neurons()
