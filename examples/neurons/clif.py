"""Complementary LIF (CLIF): a second potential m records the leak of the first, and deepens the reset.

    u[t] = v[t-1] - v[t-1] / tau + x[t]
    s[t] = H(u[t] - threshold)
    m[t] = m[t-1] sigmoid(u[t] / tau) + s[t]
    v[t] = u[t] - s[t] (threshold + sigmoid(m[t]))

Potentials have the unit of the threshold, tau is in steps. Nothing is detached. Source: Huang et al. (2024),
arXiv:2402.04663 (surrogate "rectangle", slope 1); in SpikingJelly it is ComplementaryLIFNode.
"""

from snnkernels import neuron, sigmoid


@neuron(states=("v", "m"))
def clif(x, v, m, *, spike, tau=2.0, threshold=1.0):
    u = v - v / tau + x
    s = spike(u - threshold)
    m = m * sigmoid(u / tau) + s
    return s, u - s * (threshold + sigmoid(m)), m
