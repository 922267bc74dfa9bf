"""Adaptive exponential integrate-and-fire (AdEx) with a synaptic current.

    j[t] = i[t-1] + x[t]
    u[t] = v[t-1] + rate (rest - v[t-1] + sharpness exp((v[t-1] - threshold) / sharpness) + j[t] - w[t-1])
    s[t] = H(u[t] - threshold)
    v[t] = (1 - s[t]) u[t] + reset s[t]
    i[t] = alpha j[t]
    w[t] = w[t-1] + rate_w (a (v[t-1] - rest) - w[t-1]) + b s[t]

Potentials have the unit of the threshold; rate = dt / tau_mem, rate_w = dt / tau_adapt. Source: Brette & Gerstner
(2005), doi:10.1152/jn.00686.2005. With strict=True and surrogate "fast_sigmoid", slope 1, it is Norse's LIFAdExCell.
"""

from snnkernels import exp, neuron


@neuron(states=("i", "v", "w"))
def adex(
    x,
    i,
    v,
    w,
    *,
    spike,
    alpha=0.8,
    rate=0.1,
    rate_w=0.002,
    a=4.0,
    b=0.02,
    sharpness=0.5,
    rest=0.0,
    threshold=1.0,
    reset=0.0,
):
    j = i + x
    u = v + rate * (rest - v + sharpness * exp((v - threshold) / sharpness) + j - w)
    s = spike(u - threshold)
    return s, alpha * j, (1 - s) * u + reset * s, w + rate_w * (a * (v - rest) - w) + b * s
