"""Neurons of public code bases that are neither built in nor an example, as a user would write them."""

from __future__ import annotations

from snnkernels import neuron
from snnkernels.language import detach, exp, where


@neuron(states=("v",))
def dsr(x, v, *, beta=0.95, vth=1.0, alpha=0.5, delta_t=0.05):
    """Its gradient is one of rates, by a torch.autograd.Function around the neuron, so that no spike is needed."""
    u = beta * v + (1 - beta) * x
    s = where(u >= alpha * vth, vth, 0.0)
    return s / delta_t, u - s


@neuron(states=("v",))
def sltt(x, v, *, spike, tau=1.1, threshold=1.0):
    u = detach(v) * (1 - 1 / tau) + x
    s = spike(u - threshold)
    return s, u - s * threshold


@neuron(states=("v", "a"))
def ottt(x, v, a, *, spike, tau=2.0, threshold=1.0):
    u = detach(v) * (1 - 1 / tau) + x
    s = spike(u - threshold)
    return s, u - detach(s) * threshold, detach(a) * (1 - 1 / tau) + s


@neuron(states=("v", "age"))
def stdb(x, v, age, *, leak=0.99, threshold=1.0, alpha=0.3, beta=0.01):
    """A surrogate that no function of the distance says, as it takes the time since the last spike."""
    distance = v / threshold - 1
    fired = where(distance > 0, 1.0, 0.0)
    along = detach(alpha * exp(-beta * age)) * distance
    s = fired + (along - detach(along))
    return s, leak * v + x - threshold * fired, where(fired > 0, 0.0, age) + 1


@neuron(states=("v",))
def spyx(x, v, *, spike, beta=0.9, threshold=1.0):
    s = spike(v - threshold)
    return s, beta * v + x - s * threshold
