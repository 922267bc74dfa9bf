"""Izhikevich's neuron in millivolts: many firing patterns from two variables.

    p[t] = v[t-1] + dt (0.04 v[t-1]^2 + 5 v[t-1] + 140 - u[t-1] + x[t])
    q[t] = u[t-1] + dt a (b v[t-1] - u[t-1])
    s[t] = H(p[t] - threshold)
    v[t] = (1 - s[t]) p[t] + c s[t]
    u[t] = q[t] + d s[t]

v is the potential in mV, u the recovery, dt the step in ms. Start from v = -65 and u = b v:
`initial_state=(torch.full_like(x[0], -65), torch.full_like(x[0], -13))`. Source: Izhikevich (2003),
doi:10.1109/TNN.2003.820440. With strict=True and surrogate "fast_sigmoid", slope 1, it is Norse's IzhikevichCell
(dt = 0.25: its tau_inv 250 times its dt 0.001).
"""

from snnkernels import neuron


@neuron(states=("v", "u"))
def izhikevich(x, v, u, *, spike, a=0.02, b=0.2, c=-65.0, d=8.0, dt=0.25, threshold=30.0):
    p = v + dt * (0.04 * v * v + 5 * v + 140 - u + x)
    q = u + dt * a * (b * v - u)
    s = spike(p - threshold)
    return s, (1 - s) * p + c * s, q + d * s
