"""Adaptive quadratic integrate-and-fire: a quadratic neuron with an adaptation current w.

    u[t] = v[t-1] + (x[t] + a0 (v[t-1] - rest) (v[t-1] - critical) - w[t-1]) / tau
    s[t] = H(u[t] - threshold)
    w[t] = w[t-1] + (a (u[t] - rest) - w[t-1]) / tau_w + b s[t]
    v[t] = (1 - s[t]) u[t] + reset s[t]

Potentials have the unit of the threshold, tau and tau_w are in steps. Source: Izhikevich (2003),
doi:10.1109/TNN.2003.820440, in the form of SpikingJelly's IzhikevichNode (detach_reset=False, surrogate "sigmoid",
slope 4).
"""

from snnkernels import detach, neuron


@neuron(states=("v", "w"))
def adaptive_quadratic(
    x,
    v,
    w,
    *,
    spike,
    tau=2.0,
    tau_w=2.0,
    a0=1.0,
    a=0.1,
    b=0.2,
    rest=-0.1,
    critical=0.8,
    threshold=1.0,
    reset=0.0,
    detach_reset: bool = True,
):
    u = v + (x + a0 * (v - rest) * (v - critical) - w) / tau
    s = spike(u - threshold)
    w = w + (a * (u - rest) - w) / tau_w + b * s
    fired = detach(s) if detach_reset else s
    return s, (1 - fired) * u + reset * fired, w
