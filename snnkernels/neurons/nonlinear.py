"""Neurons whose potential drives itself nonlinearly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from ..definition import neuron
from ..language import Value, exp
from ..ranges import Named, Positive
from .resets import after_reset


@neuron(states=("v",))
def exponential_if(
    x: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    tau: Positive = 2.0,
    sharpness: Positive = 1.0,
    rheobase: Value = 0.8,
    rest: Value = 0.0,
    threshold: Positive = 1.0,
    reset: Annotated[Value, Named(zero=0.0)] = "zero",
    detach_reset: bool = True,
) -> tuple[Value, Value]:
    """Exponential integrate-and-fire: beyond the rheobase the potential grows by itself, until it fires.

        u[t] = v[t-1] + (x[t] + rest - v[t-1] + sharpness exp((v[t-1] - rheobase) / sharpness)) / tau
        s[t] = H(u[t] - threshold)
        v[t] = (1 - s[t]) u[t] + reset s[t]

    Source: Fourcaud-Trocme et al. (2003), doi:10.1523/JNEUROSCI.23-37-11628.2003. In other libraries: SpikingJelly's
    EIFNode (sharpness = delta_T, rheobase = theta_rh, rest = v_rest, reset = v_reset = -0.1, detach_reset=False;
    surrogate "sigmoid", slope 4).

    Args:
        x: input current, in the unit of the threshold.
        v: potential after the reset.
        tau: time constant in steps.
        sharpness: how far the exponential reaches; the smaller, the more sudden the spike.
        rheobase: potential from which the exponential takes over.
        rest: potential to which the neuron decays.
        threshold: potential at which the neuron fires.
        reset: potential after a spike, "zero" or a number. Less than a full reset would let the exponential run away.
        detach_reset: let no gradient flow through the spike in the reset.
    """
    u = v + (x + rest - v + sharpness * exp((v - rheobase) / sharpness)) / tau
    s = spike(u - threshold)
    return s, after_reset(u, s, threshold, reset, detach_reset)
