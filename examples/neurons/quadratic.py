"""Quadratic integrate-and-fire: between rest and the critical potential it decays, beyond it grows by itself.

    u[t] = v[t-1] + (x[t] + a (v[t-1] - rest) (v[t-1] - critical)) / tau
    s[t] = H(u[t] - threshold)
    v[t] = (1 - s[t]) u[t] + reset s[t]

Potentials have the unit of the threshold, tau is in steps. Source: Latham et al. (2000),
doi:10.1152/jn.2000.83.2.808. With detach_reset=False, surrogate "sigmoid" and slope 4 it is SpikingJelly's QIFNode.
"""

from snnkernels import detach, neuron


@neuron(states=("v",))
def quadratic(
    x, v, *, spike, tau=2.0, a=1.0, rest=0.0, critical=0.8, threshold=1.0, reset=-0.1, detach_reset: bool = True
):
    u = v + (x + a * (v - rest) * (v - critical)) / tau
    s = spike(u - threshold)
    fired = detach(s) if detach_reset else s
    return s, (1 - fired) * u + reset * fired
