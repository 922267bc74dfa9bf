"""Neurons as a user writes them: a copy of a built-in one, and one of nine states."""

from __future__ import annotations

from snnkernels import detach, neuron


@neuron(states=("i", "v"))
def own_current_lif(x, i, v, *, spike, alpha=0.8, beta=0.9, threshold=1.0, input_scale=1.0):
    """The step of `snnkernels.current_lif` with its default options."""
    jump = i + x
    u = beta * v + input_scale * jump
    s = spike(u - threshold)
    return s, alpha * jump, u - threshold * detach(s)


@neuron(states=("a", "b", "c", "d", "e", "f", "g", "h", "v"))
def own_cascade(x, a, b, c, d, e, f, g, h, v, *, spike, beta=0.9, gain=0.1, threshold=1.0):
    """Eight traces in a chain, each driven by the one before and gated by the last, which end in a potential."""
    a = beta * a + gain * x * (1 - h)
    b = beta * b + gain * a * (1 - h)
    c = beta * c + gain * b * (1 - a)
    d = beta * d + gain * c * (1 - b)
    e = beta * e + gain * d * (1 - c)
    f = beta * f + gain * e * (1 - d)
    g = beta * g + gain * f * (1 - e)
    h = beta * h + gain * g * (1 - f)
    u = beta * v + x + h
    s = spike(u - threshold)
    return s, a, b, c, d, e, f, g, h, u - threshold * detach(s)
