"""Dendritic heterogeneity (DH-SNN): four dendritic branches, each with its own decay, add up to the input of a soma.

    d_k[t] = sigmoid(n_k) d_k[t-1] + (1 - sigmoid(n_k)) x_k[t]      for each branch k
    u[t] = sigmoid(m) u[t-1] + (1 - sigmoid(m)) (d_1[t] + d_2[t] + d_3[t] + d_4[t]) - threshold s[t-1]
    s[t] = H(u[t] - threshold)

x_k is the current of a branch: a linear layer with four times the neurons, split in four. n_k and m are logits,
learned. The last spike is a state, since the code of the paper starts from random ones. Nothing is detached. Source:
Zheng et al. (2024), doi:10.1038/s41467-023-44614-z, and their code DH-SNN (strict=True; surrogate `multi_gaussian` of
own_surrogates.py, slope 0.5).
"""

from snnkernels import neuron, sigmoid


@neuron(states=("d1", "d2", "d3", "d4", "u", "s"))
def dh_lif(
    x1,
    x2,
    x3,
    x4,
    d1,
    d2,
    d3,
    d4,
    u,
    s,
    *,
    spike,
    n1=0.0,
    n2=1.0,
    n3=2.0,
    n4=3.0,
    m=2.0,
    threshold=0.5,
):
    d1 = sigmoid(n1) * d1 + (1 - sigmoid(n1)) * x1
    d2 = sigmoid(n2) * d2 + (1 - sigmoid(n2)) * x2
    d3 = sigmoid(n3) * d3 + (1 - sigmoid(n3)) * x3
    d4 = sigmoid(n4) * d4 + (1 - sigmoid(n4)) * x4
    u = sigmoid(m) * u + (1 - sigmoid(m)) * (d1 + d2 + d3 + d4) - threshold * s
    s = spike(u - threshold)
    return s, d1, d2, d3, d4, u, s
