"""Elastic bi-directional spikes (SpikeLM): ternary spikes with an amplitude for each step.

    u[t] = v[t-1] + x[t]
    s[t] = H(u[t] / c[t] - 1/2) - H(-u[t] / c[t] - 1/2)
    output[t] = c[t] s[t]
    v[t] = beta u[t] (c[t] - output[t])

The amplitude c is a second input, [T, 1, 1] or one for each neuron. No gradient flows through the reset. Source: Xing
et al. (2024), arXiv:2406.03287, and their code SpikeLM (surrogate "rectangle", slope 1).
"""

from snnkernels import detach, neuron


@neuron(states=("v",))
def spike_lm(x, c, v, *, spike, beta=0.25):
    u = v + x
    y = c * (spike(u / c - 0.5) - spike(-u / c - 0.5))
    return y, beta * u * detach(c - y)
