"""Neurons that give more than one kind of spike in a step: several at once, or negative ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from ..definition import neuron
from ..language import Value, detach, floor, minimum, where
from ..ranges import Decay, Positive, Range
from .resets import SubtractOrSet, resetting


@neuron(states=("v",))
def multispike_lif(
    x: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    beta: Decay = 0.9,
    threshold: Positive = 1.0,
    input_scale: Value = 1.0,
    max_spikes: Positive = 65536.0,
    min_v: Literal["none"] | Value = "none",
    reset: SubtractOrSet = "subtract",
    detach_reset: bool = True,
) -> tuple[Value, Value]:
    """Multi-spike LIF: in one step it fires once for every threshold that its potential has reached.

        u[t] = beta v[t-1] + input_scale x[t]
        n[t] = min(floor(u[t] / threshold), max_spikes)   where u[t] >= threshold, else 0
        v[t] = u[t] - threshold n[t]   or   0 where n[t] > 0
        v[t] = max(v[t], min_v)                           unless min_v is "none"

    The output n is a whole number of spikes. Its gradient is that of one spike: the surrogate of the distance
    u / threshold - 1, in thresholds. Where v is at the lower bound, the gradient goes to min_v.

    Source: Bauer et al. (2023), EXODUS, doi:10.3389/fnins.2023.1110444. In other libraries: sinabs' IAF and LIF with
    MultiSpike or MaxSpike (beta = exp(-1 / tau_mem), input_scale = 1 - beta with norm_input, min_v = min_v_mem,
    detach_reset=False; its MembraneReset is reset="zero", detached; surrogate 1 / w exp(-|distance| / w), w = 0.5) and
    EXODUS; Rockpool's LIFTorch (detach_reset=False; surrogate 1 where the distance is at least -0.5).

    Args:
        x: input current, in the unit of the threshold.
        v: potential after the reset.
        beta: decay of the potential in one step.
        threshold: potential of one spike.
        input_scale: factor of the input.
        max_spikes: the most spikes of one step.
        min_v: lower bound of the potential, or "none".
        reset: what spikes do to the potential: "subtract" the threshold for each, or set it to "zero" or to a number.
        detach_reset: let no gradient flow through the spikes that are subtracted.
    """
    u = beta * v + input_scale * x
    whole = where(u >= threshold, minimum(floor(u / threshold), max_spikes), 0.0)
    fires = spike(u / threshold - 1)
    n = detach(whole) + (fires - detach(fires))
    resets = resetting(n, detach_reset)
    u = u - threshold * resets if reset == "subtract" else where(resets > 0, reset, u)
    return n, u if isinstance(min_v, str) else where(u > min_v, u, min_v)


@neuron(states=("v",))
def integer_lif(
    x: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    beta: Decay = 0.25,
    threshold: Positive = 1.0,
    levels: Annotated[int, Range(1, 255)] = 4,
    detach_reset: bool = True,
) -> tuple[Value, Value]:
    """Integer LIF: its spike is the potential rounded to a whole number from 0 to `levels`.

        u[t] = beta v[t-1] + x[t]
        n[t] = sum over k = 1 ... levels of H(u[t] / threshold - k + 1/2)
        v[t] = u[t] - threshold n[t]

    With surrogate "rectangle" and slope 1 the gradient of n is that of clamp(u / threshold, 0, levels). At inference an
    n of k is k binary spikes in k finer steps.

    Source: Luo et al. (2024), SpikeYOLO, arXiv:2407.20708 (surrogate "rectangle", slope 1). In other libraries:
    SpikingJelly's ILIFNode (tau = 1 / (1 - beta)), and the spike of Spike-driven Transformer V3, which divides n by
    `levels`.

    Args:
        x: input current, in the unit of the threshold.
        v: potential after the reset.
        beta: decay of the potential in one step.
        threshold: potential of one spike.
        levels: the largest output.
        detach_reset: let no gradient flow through the spike in the reset.
    """
    u = beta * v + x
    potential = u / threshold
    n = spike(potential - 0.5)
    for k in range(1, levels):
        n = n + spike(potential - (k + 0.5))
    return n, u - threshold * resetting(n, detach_reset)


@neuron(states=("v",))
def ternary_lif(
    x: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    beta: Decay = 0.25,
    threshold: Positive = 0.5,
    input_scale: Value = 1.0,
    reset: SubtractOrSet = "zero",
    detach_reset: bool = True,
) -> tuple[Value, Value]:
    """Ternary LIF: its spike is -1, 0 or 1.

        u[t] = beta v[t-1] + input_scale x[t]
        s[t] = H(u[t] - threshold) - H(-u[t] - threshold)
        v[t] = (1 - |s[t]|) u[t]   or   u[t] - threshold s[t]

    Source: Guo et al. (2024), Ternary Spike, arXiv:2312.06372 (threshold 0.5, detach_reset=False). Its gradient of a
    spike is that of clamp(u, -1, 1): surrogate "rectangle" with slope 1. In other libraries: SpikingJelly's
    TernaryLIFNode (threshold 1, beta = 1 - 1 / tau, input_scale = 1 / tau).

    Args:
        x: input current, in the unit of the threshold.
        v: potential after the reset.
        beta: decay of the potential in one step.
        threshold: distance from 0 at which the neuron fires.
        input_scale: factor of the input.
        reset: what a spike does to the potential: take the threshold off ("subtract"), or set it to "zero" or a number.
        detach_reset: let no gradient flow through the spike in the reset.
    """
    u = beta * v + input_scale * x
    s = spike(u - threshold) - spike(-u - threshold)
    resets = resetting(s, detach_reset)
    fired = abs(resets)
    return s, u - threshold * resets if reset == "subtract" else (1 - fired) * u + reset * fired
