"""Neurons as a user writes them, with several inputs, states and kinds of output. Tests of any neuron run them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from snnkernels import Neuron, detach, neuron
from snnkernels.language import floor, maximum, minimum, sqrt, where

Spike = Callable[[Any], Any]


@neuron(states=("u", "w"))
def adaptive(x, u, w, *, spike: Spike, alpha=0.9, rho=0.95, a=0.1, b=0.5, threshold=1.0):
    """Adaptive leaky integrate-and-fire (Bittar & Garner 2022, doi:10.3389/fnins.2022.865897)."""
    w = rho * w + a * u
    u = alpha * u + (1 - alpha) * (x - w)
    s = spike(u - threshold)
    return s, u - threshold * detach(s), w + b * s


@neuron(states=("i", "v"))
def current_based(x, i, v, *, spike: Spike, alpha=0.8, beta=0.9, threshold=1.0):
    """Leaky integrate-and-fire with a synaptic current, which decays too."""
    i = alpha * i + x
    v = beta * v + i
    s = spike(v - threshold)
    return s, i, v - threshold * s


@neuron(states=("v",))
def integrator(x, v, *, beta=0.9):
    """A leaky integrator, which does not fire."""
    v = beta * v + x
    return v, v


@neuron(states=("v",))
def ternary(x, v, *, spike: Spike, beta=0.75, threshold=1.0):
    """Fires 1 above the threshold and -1 below its negative."""
    v = beta * v + x
    s = spike(v - threshold) - spike(-v - threshold)
    return s, (1 - detach(abs(s))) * v


@neuron(states=("v",))
def gated(x, gate, v, *, spike: Spike, threshold=1.0):
    """Leaky integrate-and-fire whose second input is the decay of each step."""
    v = gate * v + x
    s = spike(v - threshold)
    return s, v - threshold * s


@neuron(states=("a", "b", "c", "v"))
def cascade(x, a, b, c, v, *, spike: Spike, beta=0.75, threshold=1.0):
    """Three leaky integrators in a chain, which end in a neuron that fires."""
    a = beta * a + x
    b = beta * b + 0.5 * a
    c = beta * c + 0.5 * b
    v = beta * v + 0.5 * c
    s = spike(v - threshold)
    return s, a, b, c, v - threshold * s


@neuron(states=("d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "v"))
def dendrites(x, d0, d1, d2, d3, d4, d5, d6, d7, v, *, spike: Spike, beta=0.5, alpha=0.75, threshold=1.0):
    """Eight branches with one decay, each with its own share of the input, and a soma."""
    branches = [d0, d1, d2, d3, d4, d5, d6, d7]
    branches = [beta * d + (k + 1) / 16 * x for k, d in enumerate(branches)]
    total = branches[0]
    for branch in branches[1:]:
        total = total + branch
    v = alpha * v + 0.25 * total
    s = spike(v - threshold)
    return s, *branches, v - threshold * s


@neuron(states=("v", "a"))
def worded(x, v, a, *, spike: Spike, beta=0.75, threshold=1.0):
    """Every word of the step language whose result is the same on every engine."""
    v = beta * v + x
    a = sqrt(0.25 + 0.5 * (a * a + v * v))
    far = (v > 2) | ~(v >= -2)
    s = spike(minimum(v, 2.0) - maximum(threshold, 0.5 * a))
    return s, where(far & (a != 1), 0.5 * floor(v), v - threshold * detach(s)), where(abs(v) < 1, a, 0.5)


NEURONS: dict[str, Neuron] = {
    function.__name__: function
    for function in (adaptive, current_based, integrator, ternary, gated, cascade, dendrites, worded)
}
