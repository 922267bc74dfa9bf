"""Leaky integrate-and-fire."""

from __future__ import annotations

from collections.abc import Callable

from ..definition import neuron
from ..language import Value
from ..ranges import Decay, Positive
from .resets import Reset, after_reset


@neuron(states=("v",), layer="LIF")
def lif(
    current: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    beta: Decay = 0.9,
    threshold: Positive = 1.0,
    input_scale: Value = 1.0,
    reset: Reset = "subtract",
    delay_reset: bool = False,
    detach_reset: bool = True,
    pre_reset_state: bool = False,
) -> tuple[Value, Value]:
    """Leaky integrate-and-fire: a potential that decays, fires at a threshold and is reset.

    With the defaults:

        u[t] = beta * v[t-1] + input_scale * current[t]
        s[t] = 1 if u[t] >= threshold else 0
        v[t] = u[t] - threshold * s[t]

    The reset is by subtraction, the soft reset of SpikingJelly's LIFNode. A delayed reset is that of snnTorch's Leaky.
    Zenke & Vogels (2021), doi:10.1162/neco_a_01367, argue for a detached reset.

    Args:
        current: input current, in the unit of the threshold.
        v: membrane potential.
        beta: decay of the potential in one step, exp(-dt / tau).
        threshold: membrane potential at which a neuron fires.
        input_scale: factor of the current; 1 - beta makes the potential an average of the current.
        reset: what a spike does to the potential: "subtract" the threshold, set it to "zero" or to a number, or "none".
        delay_reset: reset in the step after the spike. "subtract" then comes after the decay, as in snnTorch's Leaky. A
            value is set before the decay; after it, it would wipe out the new input too.
        detach_reset: let no gradient flow through the spike in the reset.
        pre_reset_state: make the state, in and out, the potential before its reset. With delay_reset it always is.
    """

    def reset_by(potential: Value, s: Value) -> Value:
        return after_reset(potential, s, threshold, reset, detach_reset)

    subtracts_late = delay_reset and reset == "subtract"
    resets_first = (delay_reset or pre_reset_state) and not subtracts_late
    if resets_first:
        v = reset_by(v, spike(v - threshold))
    u = beta * v + input_scale * current
    if subtracts_late:
        u = reset_by(u, spike(v - threshold))
    s = spike(u - threshold)
    return s, u if resets_first or subtracts_late else reset_by(u, s)


LIF = lif.layer
