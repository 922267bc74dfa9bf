"""Integrate-and-fire neurons of one potential, near to LIF: without a leak, with a learned leak, with a refractory
period."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..definition import neuron
from ..language import Value, sigmoid, where
from ..ranges import Decay, Positive
from .resets import Reset, SubtractOrSet, after_reset


@neuron(states=("v",))
def integrate_and_fire(
    x: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    threshold: Positive = 1.0,
    reset: Reset = "subtract",
    detach_reset: bool = True,
) -> tuple[Value, Value]:
    """Integrate-and-fire: a potential without a leak.

        u[t] = v[t-1] + x[t]
        s[t] = H(u[t] - threshold)
        v[t] = u[t] - threshold s[t]            reset="subtract"
        v[t] = (1 - s[t]) u[t]                  reset="zero"
        v[t] = (1 - s[t]) u[t] + reset s[t]     reset is a number or a tensor

    Source: Lapicque (1907); Abbott (1999), doi:10.1016/S0361-9230(99)00161-6. In other libraries: SpikingJelly's
    IFNode (surrogate "sigmoid", slope 4; reset="zero", detach_reset=False), Norse's IAFCell, sinabs' IAF with
    SingleSpike.

    Args:
        x: input current of one step, in the unit of the threshold.
        v: potential after the reset.
        threshold: potential at which the neuron fires.
        reset: what a spike does to the potential: "subtract" the threshold, set it to "zero" or to a number, or "none".
        detach_reset: let no gradient flow through the spike in the reset.
    """
    u = v + x
    s = spike(u - threshold)
    return s, after_reset(u, s, threshold, reset, detach_reset)


@neuron(states=("v",))
def parametric_lif(
    x: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    w: Value = 0.0,
    threshold: Positive = 1.0,
    decay_input: bool = True,
    reset: Reset = "subtract",
    detach_reset: bool = True,
) -> tuple[Value, Value]:
    """Parametric LIF: the time constant tau is learned as 1 / tau = sigmoid(w), and so stays above one step.

        u[t] = v[t-1] + sigmoid(w) (x[t] - v[t-1])         decay_input=True
        u[t] = v[t-1] - sigmoid(w) v[t-1] + x[t]           decay_input=False
        s[t] = H(u[t] - threshold)
        v[t] = u[t] after the reset, as in `integrate_and_fire`

    Source: Fang et al. (2021), arXiv:2007.05785, whose surrogate is "arctan" with slope 2. In other libraries:
    SpikingJelly's ParametricLIFNode (reset="zero", detach_reset=False; surrogate "sigmoid", slope 4).

    Args:
        x: input current, in the unit of the threshold.
        v: potential after the reset.
        w: logit of 1 / tau, without a unit; -log(tau - 1) for a time constant of tau steps, 0 for one of 2.
        threshold: potential at which the neuron fires.
        decay_input: scale the input by 1 / tau, so that the potential is an average of it.
        reset: what a spike does to the potential: "subtract" the threshold, set it to "zero" or to a number, or "none".
        detach_reset: let no gradient flow through the spike in the reset.
    """
    rate = sigmoid(w)
    u = v + rate * (x - v) if decay_input else v - rate * v + x
    s = spike(u - threshold)
    return s, after_reset(u, s, threshold, reset, detach_reset)


@neuron(states=("v", "r"))
def refractory_lif(
    x: Value,
    v: Value,
    r: Value,
    *,
    spike: Callable[[Value], Value],
    beta: Decay = 0.9,
    threshold: Positive = 1.0,
    input_scale: Value = 1.0,
    refractory: Value = 2.0,
    during: Literal["hold", "leak", "integrate"] = "hold",
    reset: SubtractOrSet = "subtract",
    detach_reset: bool = True,
) -> tuple[Value, Value, Value]:
    """LIF with a refractory period: after a spike it does not fire for `refractory` steps.

        u[t] = beta v[t-1] + input_scale x[t]
        s[t] = H(u[t] - threshold)              where r[t-1] = 0, else 0
        v[t] = u[t] after the reset             where r[t-1] = 0
        r[t] = refractory                       where s[t] = 1, else max(r[t-1] - 1, 0)

    `during` says what the potential does while r[t-1] > 0: "hold" keeps v[t-1], "leak" decays without input, and
    "integrate" goes on as u[t].

    In other libraries: "hold" is Norse's LIFRefracCell (refractory = rho_reset, reset="zero", surrogate
    "fast_sigmoid" with slope 1; its input is a current, which `leaky_integrator` gives; it also sends a surrogate
    gradient through the counter, which this neuron does not); "leak" is BindsNET's LIFNodes; "integrate" is the
    refractory period of LSNN (Bellec et al. 2018, arXiv:1803.09574).

    Args:
        x: input current, in the unit of the threshold.
        v: potential after the reset.
        r: refractory steps that are left. No gradient flows through its comparison with 0.
        beta: decay of the potential in one step.
        threshold: potential at which the neuron fires.
        input_scale: factor of the input.
        refractory: steps after a spike in which the neuron does not fire.
        during: what the potential does meanwhile.
        reset: what a spike does to the potential: "subtract" the threshold, or set it to "zero" or to a number.
        detach_reset: let no gradient flow through the spike in the reset.
    """
    resting = r > 0
    u = beta * v + (input_scale * where(resting, 0.0, x) if during == "leak" else input_scale * x)
    s = spike(where(resting, -1.0, u - threshold))
    after = after_reset(u, s, threshold, reset, detach_reset)
    if during == "hold":
        after = where(resting, v, after)
    return s, after, where(s > 0, refractory, where(r > 1, r - 1, 0.0))
