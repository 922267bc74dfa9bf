"""The adaptive LIF of LSNN: a moving threshold, a reset one step later, and a refractory period.

    b[t] = rho b[t-1] + (1 - rho) s[t-1]
    theta[t] = threshold + adaptation b[t]
    v[t] = beta v[t-1] + (1 - beta) x[t] - theta[t] s[t-1]
    s[t] = H((v[t] - theta[t]) / theta[t])      where r[t-1] = 0, else 0
    r[t] = refractory                           where s[t] = 1, else max(r[t-1] - 1, 0)

The surrogate takes the distance relative to the threshold. r counts the refractory steps that are left. Nothing is
detached. Source: Bellec et al. (2018), arXiv:1803.09574, and their code LSNN-official and that of e-prop (strict=True;
surrogate `damped_triangle` of own_surrogates.py, slope 0.3).
"""

from snnkernels import neuron, where


@neuron(states=("v", "b", "s", "r"))
def lsnn(x, v, b, s, r, *, spike, beta=0.95, rho=0.995, adaptation=1.6, threshold=1.0, refractory=2.0):
    b = rho * b + (1 - rho) * s
    theta = threshold + adaptation * b
    v = beta * v + (1 - beta) * x - theta * s
    s = spike(where(r > 0, -1.0, (v - theta) / theta))
    return s, v, b, s, where(s > 0, refractory, where(r > 1, r - 1, 0.0))
