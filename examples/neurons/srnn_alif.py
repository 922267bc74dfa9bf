"""The adaptive LIF of SRNN: the threshold moves with a trace of the spikes, and is subtracted one step later.

    b[t] = rho b[t-1] + (1 - rho) s[t-1]
    theta[t] = base + adaptation b[t]
    u[t] = alpha u[t-1] + (1 - alpha) x[t] - theta[t] s[t-1]
    s[t] = H(u[t] - theta[t])

The last spike is a state, since the code of the paper starts from random potentials and no spikes. Nothing is
detached. Source: Yin, Corradi & Bohte (2021), doi:10.1038/s42256-021-00397-w, and their code
Efficient-spiking-networks (alpha = exp(-1 / tau_m), rho = exp(-1 / tau_adp); strict=True; surrogate `multi_gaussian` of
own_surrogates.py, slope 0.5).
"""

from snnkernels import neuron


@neuron(states=("u", "b", "s"))
def srnn_alif(x, u, b, s, *, spike, alpha=0.95, rho=0.99, base=0.01, adaptation=1.8):
    b = rho * b + (1 - rho) * s
    theta = base + adaptation * b
    u = alpha * u + (1 - alpha) * x - theta * s
    s = spike(u - theta)
    return s, u, b, s
