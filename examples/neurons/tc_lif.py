"""Two-compartment LIF (TC-LIF): a dendrite d and a soma v, which feed each other.

    d[t] = e[t] - gamma s[t],       e[t] = d[t-1] - sigmoid(beta1) v[t-1] + x[t]
    v[t] = p[t] - threshold s[t],   p[t] = v[t-1] + sigmoid(beta2) e[t]
    s[t] = H(p[t] - threshold)

With hard_reset=True a spike sets v to 0 and leaves d. Potentials have the unit of the threshold; beta1 and beta2 are
logits, learned. Source: Zhang et al. (2024), arXiv:2308.13250, and their code TC-LIF (detach_reset=False; surrogate
"triangle", slope 1).
"""

from snnkernels import detach, neuron, sigmoid


@neuron(states=("d", "v"))
def tc_lif(
    x,
    d,
    v,
    *,
    spike,
    beta1=0.0,
    beta2=0.0,
    gamma=0.5,
    threshold=1.0,
    hard_reset: bool = False,
    detach_reset: bool = True,
):
    e = d - sigmoid(beta1) * v + x
    p = v + sigmoid(beta2) * e
    s = spike(p - threshold)
    fired = detach(s) if detach_reset else s
    if hard_reset:
        return s, e, (1 - fired) * p
    return s, e - gamma * fired, p - threshold * fired
