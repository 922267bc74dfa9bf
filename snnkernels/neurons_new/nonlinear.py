"""Neurons whose potential drives itself nonlinearly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..definition import neuron
from ..language import Value, detach, exp
from ..ranges import Positive
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
    reset: Literal["subtract", "zero"] | Value = "zero",
    detach_reset: bool = True,
) -> tuple[Value, Value]:
    """Exponential integrate-and-fire: beyond the rheobase the potential grows by itself, until it fires.

        u[t] = v[t-1] + (x[t] + rest - v[t-1] + sharpness exp((v[t-1] - rheobase) / sharpness)) / tau
        s[t] = H(u[t] - threshold)
        v[t] = u[t] after the reset, as in `integrate_and_fire`

    x, v, rheobase, rest and sharpness have the unit of the threshold; tau is the time constant in steps. The smaller
    the sharpness, the more sudden the spike. A potential far above the threshold overflows: the reset keeps it away.

    Source: Fourcaud-Trocme et al. (2003), doi:10.1523/JNEUROSCI.23-37-11628.2003. In other libraries: SpikingJelly's
    EIFNode (sharpness = delta_T, rheobase = theta_rh, rest = v_rest, reset = v_reset = -0.1, detach_reset=False;
    surrogate "sigmoid", slope 4).
    """
    u = v + (x + rest - v + sharpness * exp((v - rheobase) / sharpness)) / tau
    s = spike(u - threshold)
    return s, after_reset(u, detach(s) if detach_reset else s, threshold, reset)
