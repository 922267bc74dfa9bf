"""Plain torch loops of the neurons of public code bases, as equation_loops.py has them for other sources."""

from __future__ import annotations

from types import SimpleNamespace as Parameters

import torch
from equation_loops import Fire, Step, _maybe
from torch import Tensor


def spikingjelly_lif(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """LIFNode with v_reset = 0; 1 / tau is 1 - beta, and input_scale is that too with decay_input."""
    for x_t in x:
        h = v + p.input_scale * x_t - v * (1 - p.beta)
        s = fire(h - p.threshold)
        v = (1.0 - _maybe(s, p.detach_reset)) * h
        yield s, v


def spiking_bert(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """u += x; s = H(u - vth); u = (u - vth s) leak. Ours is the potential before the leak."""
    u = v * p.beta
    for x_t in x:
        u = u + p.input_scale * x_t
        s = fire(u - p.threshold)
        left = u - p.threshold * _maybe(s, p.detach_reset)
        u = left * p.beta
        yield s, left


def tet(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """LIFSpike: mem = mem tau + x, spike = act(mem - thresh), mem = (1 - spike) mem; TEBN likewise."""
    mem = v
    for x_t in x:
        mem = mem * p.beta + p.input_scale * x_t
        spike = fire(mem - p.threshold)
        mem = (1 - spike) * mem
        yield spike, mem


def stbp(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """mem_update: mem = mem decay (1 - spike) + x; the state is the potential before its reset."""
    mem = v
    for x_t in x:
        spike = fire(mem - p.threshold)
        mem = mem * p.beta * (1.0 - spike) + p.input_scale * x_t
        yield fire(mem - p.threshold), mem


def ta_snn(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """LIF: u = h + x; s; h = alpha (s threshold + (1 - s) u) + beta, with its beta 0. Ours is h before alpha."""
    h = p.beta * v
    for x_t in x:
        u = h + p.input_scale * x_t
        s = fire(u - p.threshold)
        left = s * p.reset + (1.0 - s) * u
        h = p.beta * left
        yield s, left


def snntorch_leaky(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    mem = v
    for x_t in x:
        reset = _maybe(fire(mem - p.threshold), p.detach_reset)
        mem = p.beta * mem + p.input_scale * x_t - reset * p.threshold
        yield fire(mem - p.threshold), mem


def sparch_lif(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """_lif_cell: ut = alpha (ut - st) + (1 - alpha) Wx. Ours is ut - st."""
    kept = v
    for x_t in x:
        ut = p.beta * kept + p.input_scale * x_t
        st = fire(ut - p.threshold)
        kept = ut - p.threshold * st
        yield st, kept


def bntt(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """x is after the normalisation of the step; the reset has no gradient."""
    mem = v
    for x_t in x:
        mem = p.beta * mem + p.input_scale * x_t
        out = fire(mem - p.threshold)
        mem = mem - p.threshold * out.detach()
        yield out, mem


def parallel(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """PSN's fire, after its product over time: x is b + W x."""
    for x_t in x:
        u = p.beta * v + p.input_scale * x_t
        v = u
        yield fire(u - p.threshold), v


def dsr(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """LIFFunction's forward: it fires at alpha Vth, subtracts Vth, and its spike is Vth / delta_t high."""
    for x_t in x:
        v = p.beta * v + (1 - p.beta) * x_t
        spike = (v >= p.alpha * p.vth).to(x.dtype) * p.vth
        v = v - spike
        yield spike / p.delta_t, v


def sltt(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """SLTTNeuron: neuronal_charge detaches the potential; soft reset, attached."""
    for x_t in x:
        h = v.detach() * (1 - 1.0 / p.tau) + x_t
        s = fire(h - p.threshold)
        v = h - s * p.threshold
        yield s, v


def ottt(x: Tensor, v: Tensor, a: Tensor, p: Parameters, fire: Fire) -> Step:
    """OnlineLIFNode: the same, and a trace of the spikes."""
    for x_t in x:
        h = v.detach() * (1 - 1.0 / p.tau) + x_t
        s = fire(h - p.threshold)
        v = h - s.detach() * p.threshold
        a = a.detach() * (1 - 1.0 / p.tau) + s
        yield s, v, a


class _StdbSpike(torch.autograd.Function):
    """STDB: the gradient falls with the time since the last spike."""

    @staticmethod
    def forward(ctx, distance, last_spike, alpha, beta):
        ctx.save_for_backward(last_spike)
        ctx.numbers = alpha, beta
        return (distance > 0).to(distance.dtype)

    @staticmethod
    def backward(ctx, grad):
        (last_spike,) = ctx.saved_tensors
        alpha, beta = ctx.numbers
        return alpha * torch.exp(-1 * last_spike) ** beta * grad, None, None, None


def stdb(x: Tensor, v: Tensor, age: Tensor, p: Parameters, fire: Fire) -> Step:
    """The spike comes from the old potential, and its reset has no gradient."""
    for x_t in x:
        mem_thr = v / p.threshold - 1.0
        out = _StdbSpike.apply(mem_thr, age.detach(), p.alpha.detach(), p.beta.detach())
        rst = p.threshold * (mem_thr > 0).to(x.dtype)
        v = p.leak * v + x_t - rst
        age = torch.where(out > 0, torch.zeros_like(age), age) + 1
        yield out, v, age


def spyx(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """LIF: the spike comes from the old potential."""
    for x_t in x:
        spikes = fire(v - p.threshold)
        v = p.beta * v + x_t - spikes * p.threshold
        yield spikes, v
