"""KLIF: a LIF whose potential goes through ReLU with a learned gain k.

    h[t] = v[t-1] + (x[t] - v[t-1]) / tau
    u[t] = max(k h[t], 0)
    s[t] = H(u[t] - threshold)
    v[t] = (1 - s[t]) u[t]

With scale_reset=True the state is divided by k again: v[t] = (1 - s[t]) u[t] / k. Potentials have the unit of the
threshold, tau is in steps. Source: Jiang & Zhang (2023), arXiv:2302.09238. With detach_reset=False, surrogate "sigmoid"
and slope 4 it is SpikingJelly's KLIFNode.
"""

from snnkernels import detach, neuron, where


@neuron(states=("v",))
def klif(x, v, *, spike, k=1.0, tau=2.0, threshold=1.0, scale_reset: bool = False, detach_reset: bool = True):
    u = k * (v + (x - v) / tau)
    u = where(u > 0, u, 0.0)
    s = spike(u - threshold)
    return s, (1 - (detach(s) if detach_reset else s)) * (u / k if scale_reset else u)
