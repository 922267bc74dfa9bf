"""Plain torch loops of the equations of examples/neurons, as equation_loops.py has them for the built-in neurons."""

from __future__ import annotations

from types import SimpleNamespace as Parameters

import torch
from equation_loops import Fire, Step, _maybe, _reset
from torch import Tensor


def spikingjelly_qif(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        h = v + (x_t + p.a * (v - p.rest) * (v - p.critical)) / p.tau
        s = fire(h - p.threshold)
        v = _reset(h, _maybe(s, p.detach_reset), p.threshold, p.reset)
        yield s, v


def spikingjelly_izhikevich(x: Tensor, v: Tensor, w: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        h = v + (x_t + p.a0 * (v - p.rest) * (v - p.critical) - w) / p.tau
        s = fire(h - p.threshold)
        w = w + (p.a * (h - p.rest) - w) / p.tau_w + p.b * s
        v = _reset(h, _maybe(s, p.detach_reset), p.threshold, p.reset)
        yield s, v, w


def norse_izhikevich(x: Tensor, v: Tensor, u: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        v_ = v + p.dt * (0.04 * v**2 + 5 * v + 140 - u + x_t)
        u_ = u + p.dt * p.a * (p.b * v - u)
        z = fire(v_ - p.threshold)
        v = (1 - z) * v_ + z * p.c
        u = (1 - z) * u_ + z * (u_ + p.d)
        yield z, v, u


def norse_adex(x: Tensor, i: Tensor, v: Tensor, a: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        i_jump = i + x_t
        dv_exp = p.sharpness * torch.exp((v - p.threshold) / p.sharpness)
        decayed = v + p.rate * ((p.rest - v) + dv_exp + i_jump - a)
        i = i_jump - (1 - p.alpha) * i_jump
        a_decayed = a + p.rate_w * (p.a * (v - p.rest) - a)
        z = fire(decayed - p.threshold)
        v = (1 - z) * decayed + z * p.reset
        a = a_decayed + z * p.b
        yield z, i, v, a


def brf(x: Tensor, u: Tensor, v: Tensor, q: Tensor, p: Parameters, fire: Fire) -> Step:
    """BRFCell and brf_update."""
    omega = torch.abs(p.omega)
    p_omega = (-1 + torch.sqrt(1 - torch.square(p.dt * omega))) / p.dt
    for x_t in x:
        b = p_omega - torch.abs(p.offset) - q
        u_ = u + b * u * p.dt - omega * v * p.dt + x_t * p.dt
        v = v + omega * u * p.dt + b * v * p.dt
        z = fire(u_ - p.threshold - q)
        q = q * p.decay + z
        u = u_
        yield z, u, v, q


def spikingjelly_raf(x: Tensor, u: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """raf_step, with c = exp(b dt) cos(omega dt) and d = exp(b dt) sin(omega dt)."""
    for x_t in x:
        u, charged = u * p.c - v * p.d + x_t, u * p.d + v * p.c
        s = fire(charged - p.threshold)
        v = _reset(charged, _maybe(s, p.detach_reset), p.threshold, p.reset)
        yield s, u, v


def spikingjelly_klif(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        h = torch.relu(p.k * (v + (x_t - v) / p.tau))
        s = fire(h - p.threshold)
        kept = _maybe(s, p.detach_reset)
        v = _reset(h / p.k if p.scale_reset else h, kept, p.threshold, "zero")
        yield s, v


def gated_lif(x: Tensor, conduct: Tensor, u: Tensor, o: Tensor, p: Parameters, fire: Fire) -> Step:
    """LIFSpike_CW's extended_state_update with soft gates; all parameters are logits."""
    al, be, ga, tau, leak, re_vth, vth = (
        torch.sigmoid(value) for value in (p.alpha, p.beta, p.gamma, p.decay, p.linear_decay, p.subtract, p.threshold)
    )
    for x_t, c in zip(x, conduct, strict=True):
        i_t = x_t * (1 - be * (1 - torch.sigmoid(c)))
        u = ((1 - al * (1 - tau)) * u * (1 - ga * o) - (1 - al) * leak) + i_t - (1 - ga) * re_vth * o
        o = fire(u - vth)
        yield o, u, o


def complementary_lif(x: Tensor, v: Tensor, m: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        u = (1 - 1 / p.tau) * v + x_t
        s = fire(u - p.threshold)
        m = m * torch.sigmoid((1 / p.tau) * u) + s
        v = u - s * (p.threshold + torch.sigmoid(m))
        yield s, v, m


def two_compartments(x: Tensor, v1: Tensor, v2: Tensor, p: Parameters, fire: Fire) -> Step:
    """TCLIFNode: v1 is the dendrite, v2 the soma."""
    for x_t in x:
        v1 = v1 - torch.sigmoid(p.beta1) * v2 + x_t
        v2 = v2 + torch.sigmoid(p.beta2) * v1
        s = fire(v2 - p.threshold)
        spike_d = _maybe(s, p.detach_reset)
        if p.hard_reset:
            v2 = (1.0 - spike_d) * v2
        else:
            v1, v2 = v1 - spike_d * p.gamma, v2 - spike_d * p.threshold
        yield s, v1, v2


def dendrites(*tensors_p_fire) -> Step:
    """spike_dense_test_denri_wotanh_R and mem_update_pra, for four branches."""
    *tensors, p, fire = tensors_p_fire
    x, d, (mem, spike) = torch.stack(tensors[:4], -1), torch.stack(tensors[4:8], -1), tensors[8:]
    beta = torch.stack([torch.sigmoid(n) * torch.ones_like(mem[0]) for n in (p.n1, p.n2, p.n3, p.n4)], -1)
    alpha = torch.sigmoid(p.m)
    for x_t in x:
        d = beta * d + (1 - beta) * x_t
        mem = mem * alpha + (1 - alpha) * d.sum(-1) - p.threshold * spike
        spike = fire(mem - p.threshold)
        yield spike, *d.unbind(-1), mem, spike


def srnn(x: Tensor, mem: Tensor, b: Tensor, spike: Tensor, p: Parameters, fire: Fire) -> Step:
    """mem_update_adp."""
    for x_t in x:
        b = p.rho * b + (1 - p.rho) * spike
        big_b = p.base + p.adaptation * b
        mem = mem * p.alpha + (1 - p.alpha) * x_t - big_b * spike
        spike = fire(mem - big_b)
        yield spike, mem, b, spike


def lsnn(x: Tensor, v: Tensor, b: Tensor, z: Tensor, r: Tensor, p: Parameters, fire: Fire) -> Step:
    """ALIF's __call__ and LIF_dynamic, with a buffer of the last spikes; the counter is read from it."""
    length = int(p.refractory.item())
    buffer = [(r == k + 1).to(x.dtype) for k in range(length)]  # a spike length - k - 1 steps ago
    for x_t in x:
        b = p.rho * b + (1.0 - p.rho) * z
        thr = p.threshold + b * p.adaptation
        v = p.beta * v + (1 - p.beta) * x_t - z * thr
        z = fire((v - thr) / thr)
        is_ref = torch.stack(buffer).amax(0) > 0
        z = torch.where(is_ref, torch.zeros_like(z), z)
        buffer = [*buffer[1:], z.detach()]
        yield z, v, b, z, torch.stack([spiked * (k + 1) for k, spiked in enumerate(buffer)]).amax(0)


def spikingjelly_liaf(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        h = p.beta * v + p.input_scale * x_t
        y = torch.relu(h - p.threshold if p.above_threshold else h)
        v = _reset(h, _maybe(fire(h - p.threshold), p.detach_reset), p.threshold, "zero")
        yield y, v


class _Elastic(torch.autograd.Function):
    """ElasticBiSpiking with 2 bits, without the gradient scale of the amplitude."""

    @staticmethod
    def forward(ctx, u, amplitude):
        ctx.save_for_backward(u, amplitude)
        return (u / amplitude).round().clamp(-1, 1) * amplitude

    @staticmethod
    def backward(ctx, grad):
        u, amplitude = ctx.saved_tensors
        q = u / amplitude
        small, big = (q < -1).to(q.dtype), (q > 1).to(q.dtype)
        middle = 1.0 - small - big
        return grad * middle, (-small + big + middle * (-q + q.round())) * grad


def spikelm(x: Tensor, amplitude: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """SpikeLinear's loop; its state is mem, ours what is left of it for the next step."""
    left = v
    for x_t, c in zip(x, amplitude, strict=True):
        mem = left + x_t
        output = _Elastic.apply(mem, c)
        left = mem * p.beta * (c.detach() - output.detach())
        yield output, left
