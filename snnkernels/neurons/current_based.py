"""Neurons with a synaptic current, which decays by itself and drives the potential."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..definition import neuron
from ..language import Value, detach
from ..ranges import Decay, Positive
from .resets import Reset, after_reset


@neuron(states=("i", "v"))
def current_lif(
    x: Value,
    i: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    alpha: Decay = 0.8,
    beta: Decay = 0.9,
    threshold: Positive = 1.0,
    input_scale: Value = 1.0,
    order: Literal["immediate", "delayed", "spike_first"] = "immediate",
    reset: Reset = "subtract",
    detach_reset: bool = True,
) -> tuple[Value, Value, Value]:
    """Current-based LIF: a synaptic current that decays, into a leaky potential that fires.

    order="immediate": the input adds to the current, the current to the potential, the reset follows the spike, and
    the current decays last.

        u[t] = beta v[t-1] + input_scale (i[t-1] + x[t])
        s[t] = H(u[t] - threshold)
        v[t] = u[t] - threshold s[t]   or   (1 - s[t]) u[t]
        i[t] = alpha (i[t-1] + x[t])

    order="delayed": the current decays first, and the reset comes one step after the spike; v is the potential before
    the reset.

        i[t] = alpha i[t-1] + x[t]
        u[t] = beta v[t-1] + input_scale i[t]
        v[t] = u[t] - threshold s[t-1]   or   (1 - s[t-1]) u[t],   s[t-1] = H(v[t-1] - threshold)
        s[t] = H(v[t] - threshold)

    order="spike_first": the spike comes from the potential that the step before left, and the potential takes the
    current of the step before.

        s[t] = H(v[t-1] - threshold)
        u[t] = beta v[t-1] + input_scale i[t-1]
        v[t] = u[t] - threshold s[t]   or   (1 - s[t]) u[t]
        i[t] = alpha i[t-1] + x[t]

    In other libraries: "immediate" is Norse's LIFCell (alpha = 1 - dt tau_syn_inv, beta = 1 - dt tau_mem_inv,
    input_scale = 1 - beta, reset="zero", detach_reset=False, strict=True; surrogate "fast_sigmoid", slope 1), and,
    with a current counted after its decay, SpikingJelly's CUBALIFNode, lava-dl's CUBA without its rounding (it sends
    no gradient through the reset), and the synapse of Rockpool and sinabs. "delayed" is snnTorch's Synaptic
    (strict=True; surrogate "arctan", slope 2). "spike_first" is SpyTorch (Neftci, Mostafa & Zenke 2019,
    doi:10.1109/MSP.2019.2931595; reset="zero", strict=True; surrogate "fast_sigmoid", slope 100) and stork.

    Args:
        x: input to the synapse.
        i: synaptic current, in the unit of the potential.
        v: potential, in the unit of the threshold.
        alpha: decay of the current in one step.
        beta: decay of the potential in one step.
        threshold: potential at which the neuron fires.
        input_scale: factor of the current.
        order: in which order spike, reset, current and potential follow each other, as above.
        reset: what a spike does to the potential: "subtract" the threshold, set it to "zero" or to a number, or "none".
        detach_reset: let no gradient flow through the spike in the reset.
    """
    if order == "delayed":
        last = spike(v - threshold)
        i = alpha * i + x
        u = beta * v + input_scale * i
        u = after_reset(u, last, threshold, reset, detach_reset)
        return spike(u - threshold), i, u
    if order == "spike_first":
        s = spike(v - threshold)
        u = beta * v + input_scale * i
        return s, alpha * i + x, after_reset(u, s, threshold, reset, detach_reset)
    jump = i + x
    u = beta * v + input_scale * jump
    s = spike(u - threshold)
    return s, alpha * jump, after_reset(u, s, threshold, reset, detach_reset)


@neuron(states=("excitation", "inhibition", "v"))
def alpha_neuron(
    x: Value,
    excitation: Value,
    inhibition: Value,
    v: Value,
    *,
    spike: Callable[[Value], Value],
    alpha: Decay = 0.9,
    beta: Decay = 0.8,
    gain: Value = 1.9,
    threshold: Positive = 1.0,
    reset: Literal["zero", "subtract", "none"] = "zero",
) -> tuple[Value, Value, Value, Value]:
    """Alpha neuron: an input pulse makes the potential rise and fall, as the difference of two exponentials.

        e[t] = alpha e[t-1] + x[t]
        i[t] = beta i[t-1] - x[t]
        v[t] = gain (e[t] + i[t])
        s[t] = H(v[t] - threshold)

    The reset comes one step after the spike, without a gradient: where v[t-1] > threshold, "zero" sets e, i and v of
    this step to 0; "subtract" takes the threshold off e, sets i to 0, and adds i[t-1] to v, as snnTorch does.

    Source: Eshraghian et al. (2023), snnTorch, arXiv:2109.12894. In other libraries: snnTorch's Alpha (strict=True;
    surrogate "arctan", slope 2), whose gain is log(alpha) / (log(beta) - log(alpha)) + 1; compute it from learned
    decays with torch, and pass it.

    Args:
        x: input to the synapses.
        excitation: the slow exponential e.
        inhibition: the fast exponential i, which makes the rise.
        v: potential, in the unit of the threshold.
        alpha: decay of e in one step.
        beta: decay of i in one step, below alpha.
        gain: factor of the potential.
        threshold: potential at which the neuron fires.
        reset: "zero", "subtract" or "none", as above.
    """
    last = detach(spike(v - threshold))
    e = alpha * excitation + x
    i = beta * inhibition - x
    u = gain * (e + i)
    if reset == "zero":
        e, i, u = e - e * last, i - i * last, u - u * last
    elif reset == "subtract":
        e, i, u = e - threshold * last, i - i * last, u + inhibition * last
    return spike(u - threshold), e, i, u
