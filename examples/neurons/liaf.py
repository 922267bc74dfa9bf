"""LIAF: a LIF that hands on its potential through ReLU; the spike is only for the reset.

    u[t] = beta v[t-1] + input_scale x[t]
    s[t] = H(u[t] - threshold)
    v[t] = (1 - s[t]) u[t]
    output[t] = max(u[t], 0), or max(u[t] - threshold, 0) with above_threshold=True

Potentials have the unit of the threshold. Source: Wu et al. (2021), doi:10.1109/TNNLS.2021.3073016, and TA-SNN; in
SpikingJelly it is LIAFNode (beta = 1 - 1 / tau, input_scale = 1 / tau, detach_reset=False).
"""

from snnkernels import detach, neuron, where


@neuron(states=("v",))
def liaf(
    x,
    v,
    *,
    spike,
    beta=0.5,
    input_scale=0.5,
    threshold=1.0,
    above_threshold: bool = False,
    detach_reset: bool = True,
):
    u = beta * v + input_scale * x
    s = spike(u - threshold)
    y = u - threshold if above_threshold else u
    return where(y > 0, y, 0.0), (1 - (detach(s) if detach_reset else s)) * u
