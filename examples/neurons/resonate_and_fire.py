"""Resonate-and-fire: a damped oscillator whose second part fires.

    a[t] = c u[t-1] - d v[t-1] + x[t]
    p[t] = d u[t-1] + c v[t-1]
    s[t] = H(p[t] - threshold)
    u[t] = a[t],   v[t] = (1 - s[t]) p[t] + reset s[t]

One step turns (u, v) by the angle omega dt and shrinks it by exp(b dt): c = exp(b dt) cos(omega dt) and
d = exp(b dt) sin(omega dt), which torch computes from a learned b and omega. Source: Izhikevich (2001),
doi:10.1016/S0893-6080(01)00078-8. With detach_reset=False, surrogate "sigmoid" and slope 4 it is SpikingJelly's
RAFNode (b = -0.2 and omega = 1 are the numbers below).
"""

from snnkernels import detach, neuron


@neuron(states=("u", "v"))
def resonate_and_fire(
    x,
    u,
    v,
    *,
    spike,
    c=0.4424,
    d=0.6889,
    threshold=1.0,
    reset=0.0,
    detach_reset: bool = True,
):
    a, p = c * u - d * v + x, d * u + c * v
    s = spike(p - threshold)
    fired = detach(s) if detach_reset else s
    return s, a, (1 - fired) * p + reset * fired
