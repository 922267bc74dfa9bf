"""Balanced resonate-and-fire (BRF): an oscillator that fires, and is damped more for a while after each spike.

    b[t] = (sqrt(1 - (dt omega)^2) - 1) / dt - |offset| - q[t-1]
    u[t] = u[t-1] + dt (b[t] u[t-1] - omega v[t-1] + x[t])
    v[t] = v[t-1] + dt (omega u[t-1] + b[t] v[t-1])
    s[t] = H(u[t] - threshold - q[t-1])
    q[t] = decay q[t-1] + s[t]

u and v are the real and the imaginary part of the potential, q is the refractory trace, omega is the angular frequency
in radians per second, dt the step in seconds. Source: Higuchi et al. (2024), arXiv:2402.14603, and their code
brf-neurons (strict=True; surrogate `double_gaussian` of own_surrogates.py, slope 1).
"""

from snnkernels import neuron, sqrt


@neuron(states=("u", "v", "q"))
def balanced_resonate_and_fire(x, u, v, q, *, spike, omega=10.0, offset=1.0, dt=0.01, decay=0.9, threshold=1.0):
    omega = abs(omega)
    b = (sqrt(1 - (dt * omega) * (dt * omega)) - 1) / dt - abs(offset) - q
    real = u + b * u * dt - omega * v * dt + x * dt
    imaginary = v + omega * u * dt + b * v * dt
    s = spike(real - threshold - q)
    return s, real, imaginary, decay * q + s
