"""Gated LIF (GLIF): learned gates choose between exponential and linear leak, soft and hard reset, and two inputs.

    al, be, ga, tau, leak, step, theta, c[t] = sigmoid of alpha, beta, gamma, decay, linear_decay, subtract, threshold,
                                               conduct[t]
    u[t] = (1 - al (1 - tau)) u[t-1] (1 - ga s[t-1]) - (1 - al) leak + (1 - be (1 - c[t])) x[t]
           - (1 - ga) step s[t-1]
    s[t] = H(u[t] - theta)

All parameters are logits. `conduct` has a value for each step, so it is a second input, [T, 1, N] or [T, 1, 1, ...].
Source: Yao et al. (2022), arXiv:2210.13768, and their code Gated-LIF (strict=True; surrogate "rectangle", slope 1); in
SpikingJelly it is GatedLIFNode.
"""

from snnkernels import neuron, sigmoid


@neuron(states=("u", "s"))
def glif(
    x,
    conduct,
    u,
    s,
    *,
    spike,
    alpha=0.0,
    beta=0.0,
    gamma=0.0,
    decay=-1.1,
    linear_decay=-2.7,
    subtract=0.0,
    threshold=0.0,
):
    al, be, ga = sigmoid(alpha), sigmoid(beta), sigmoid(gamma)
    leaked = (1 - al * (1 - sigmoid(decay))) * u * (1 - ga * s) - (1 - al) * sigmoid(linear_decay)
    u = leaked + x * (1 - be * (1 - sigmoid(conduct))) - (1 - ga) * sigmoid(subtract) * s
    s = spike(u - sigmoid(threshold))
    return s, u, s
