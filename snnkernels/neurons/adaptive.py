"""Adaptive neurons: what they fire makes them fire less, through a current or through a threshold that moves."""

from __future__ import annotations

from collections.abc import Callable

from ..definition import neuron
from ..language import Value
from ..ranges import Decay, Positive
from .resets import SubtractOrSet, after_reset, resetting


@neuron(states=("u", "w"))
def adlif(
    x: Value,
    u: Value,
    w: Value,
    *,
    spike: Callable[[Value], Value],
    alpha: Decay = 0.9,
    rho: Decay = 0.95,
    a: Value = 0.1,
    b: Value = 0.5,
    threshold: Positive = 1.0,
    detach_reset: bool = True,
) -> tuple[Value, Value, Value]:
    """Adaptive LIF: potential and spikes drive an adaptation current, which is subtracted from the input.

        p[t] = alpha u[t-1] + (1 - alpha) (x[t] - w[t-1])
        s[t] = H(p[t] - threshold)
        u[t] = p[t] - threshold s[t]
        w[t] = rho w[t-1] + a p[t] + b s[t]

    Source: Bittar & Garner (2022), doi:10.3389/fnins.2022.865897, and their library sparch, whose adLIF this is with
    detach_reset=False, strict=True, surrogate "rectangle" and slope 1. sparch counts from the potential before the
    reset: u here is its u - s, and w here its w of the next step. It learns alpha in [exp(-1/5), exp(-1/25)], rho in
    [exp(-1/30), exp(-1/120)], a in [-1, 1] and b in [0, 2].

    Args:
        x: input current, in the unit of the threshold.
        u: potential after the reset.
        w: adaptation current of the next step.
        alpha: decay of the potential in one step.
        rho: decay of w in one step.
        a: what the potential adds to w.
        b: what a spike adds to w.
        threshold: potential at which the neuron fires.
        detach_reset: let no gradient flow through the spike in the reset.
    """
    p = alpha * u + (1 - alpha) * (x - w)
    s = spike(p - threshold)
    return s, p - threshold * resetting(s, detach_reset), rho * w + a * p + b * s


@neuron(states=("u", "w"))
def symplectic_adlif(
    x: Value,
    u: Value,
    w: Value,
    *,
    spike: Callable[[Value], Value],
    alpha: Decay = 0.9,
    rho: Decay = 0.95,
    a: Value = 0.5,
    b: Value = 1.0,
    q: Value = 1.0,
    threshold: Positive = 1.0,
    detach_reset: bool = True,
) -> tuple[Value, Value, Value]:
    """Adaptive LIF in symplectic Euler steps (SE-adLIF): the adaptation takes the potential of the same step.

        p[t] = alpha u[t-1] + (1 - alpha) (x[t] - w[t-1])
        s[t] = H(p[t] - threshold)
        u[t] = (1 - s[t]) p[t]
        w[t] = rho w[t-1] + (1 - rho) (a u[t] + b s[t]) q

    It stays stable where `adlif`, an explicit Euler step, does not.

    Source: Baronig et al. (2025), "Advancing spatio-temporal processing through adaptation in spiking neural networks",
    arXiv:2408.07517, and their code SE-adlif (q = 120; the surrogate is c k / 2 exp(-k |distance|), with c = 0.4 and
    k = 5).

    Args:
        x: input current, in the unit of the threshold.
        u: potential after the reset.
        w: adaptation current.
        alpha: decay of the potential in one step.
        rho: decay of w in one step.
        a: how much the potential drives w.
        b: how much a spike drives w.
        q: factor of both.
        threshold: potential at which the neuron fires.
        detach_reset: let no gradient flow through the spike in the reset.
    """
    p = alpha * u + (1 - alpha) * (x - w)
    s = spike(p - threshold)
    u = p * (1 - resetting(s, detach_reset))
    return s, u, rho * w + (1 - rho) * (a * u + b * s) * q


@neuron(states=("v", "b"))
def alif(
    x: Value,
    v: Value,
    b: Value,
    *,
    spike: Callable[[Value], Value],
    beta: Decay = 0.9,
    rho: Decay = 0.95,
    adaptation: Value = 1.8,
    threshold: Positive = 1.0,
    input_scale: Value = 1.0,
    reset: SubtractOrSet = "subtract",
    detach_reset: bool = True,
) -> tuple[Value, Value, Value]:
    """Adaptive LIF with a moving threshold: every spike raises it, and it decays back.

        u[t] = beta v[t-1] + input_scale x[t]
        theta[t] = threshold + adaptation b[t-1]
        s[t] = H(u[t] - theta[t])
        v[t] = u[t] - theta[t] s[t]   or   (1 - s[t]) u[t]
        b[t] = rho b[t-1] + (1 - rho) s[t]

    Source: Bellec et al. (2018), arXiv:1803.09574 (surrogate "triangle" times 0.3). In other libraries: sinabs' ALIF
    with SingleSpike (adaptation = adapt_scale, input_scale = 1 - beta, detach_reset=False; it sends no gradient through
    theta where theta is compared, and its surrogate is as wide as theta is high); Norse's LSNNCell
    (reset="zero", detach_reset=False, strict=True, rho = 1 - dt tau_adapt_inv; Norse adds its beta to the threshold at
    a spike, which decays before it is used: adaptation = rho beta / (1 - rho); its input is the synaptic current of the
    step before, which `leaky_integrator` gives). The code of LSNN subtracts the threshold one step later:
    examples/neurons/lsnn.py.

    Args:
        x: input current, in the unit of the threshold.
        v: potential after the reset.
        b: trace of the spikes, from 0 to 1.
        beta: decay of the potential in one step.
        rho: decay of b in one step.
        adaptation: by how much b raises the threshold.
        threshold: the threshold without adaptation.
        input_scale: factor of the input.
        reset: what a spike does to the potential: "subtract" theta, or set it to "zero" or to a number.
        detach_reset: let no gradient flow through the spike in the reset.
    """
    u = beta * v + input_scale * x
    theta = threshold + adaptation * b
    s = spike(u - theta)
    return s, after_reset(u, s, theta, reset, detach_reset), rho * b + (1 - rho) * s
