"""Plain torch loops of neurons' equations, written from the sources that their docstrings name.

Each takes the inputs, [T, ...], the initial states and the parameters `p` of the neuron that it is compared with, and
`fire`, the spike of a distance to threshold with its surrogate. It yields, for every step, the output and the states
as the package's neuron counts them. Where a source counts otherwise, the loop keeps the source's own states, and
converts them. No loop calls a step of the package.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace as Parameters

import torch
from torch import Tensor

Fire = Callable[[Tensor], Tensor]
Step = Iterator[tuple[Tensor, ...]]


def _reset(h: Tensor, s: Tensor, threshold: Tensor, reset: object) -> Tensor:
    if reset == "none":
        return h
    return h - s * threshold if reset == "subtract" else s * (0.0 if reset == "zero" else reset) + (1.0 - s) * h


def _maybe(s: Tensor, detach: bool) -> Tensor:
    return s.detach() if detach else s


# --- without a spike


def exp_leak(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """sinabs' ExpLeak; with scale 1 - beta the readout of sparch."""
    for x_t in x:
        v = p.beta * v + p.input_scale * x_t
        yield v, v


def norse_li(x: Tensor, i: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """Norse's li_feed_forward_step, with dt tau_syn_inv = 1 - alpha and dt tau_mem_inv = 1 - beta = input_scale."""
    for x_t in x:
        i_jump = i + x_t
        v = v + (p.input_scale * i_jump - (1 - p.beta) * v)
        i = i_jump - (1 - p.alpha) * i_jump
        yield v, i, v


def spytorch_readout(x: Tensor, i: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        new_flt = p.alpha * i + x_t
        new_out = p.beta * v + p.input_scale * i
        i, v = new_flt, new_out
        yield v, i, v


# --- one potential


def spikingjelly_if(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        h = v + x_t
        s = fire(h - p.threshold)
        v = _reset(h, _maybe(s, p.detach_reset), p.threshold, p.reset)
        yield s, v


def spikingjelly_plif(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """plif_step, with v_reset = 0 in the charge."""
    r_tau = 1 / (1 + torch.exp(-p.w))
    for x_t in x:
        h = v + (x_t - v) * r_tau if p.decay_input else v + x_t - v * r_tau
        s = fire(h - p.threshold)
        v = _reset(h, _maybe(s, p.detach_reset), p.threshold, p.reset)
        yield s, v


def norse_refractory(x: Tensor, v: Tensor, r: Tensor, p: Parameters, fire: Fire) -> Step:
    """lif_refrac_feed_forward_step of a current x; no gradient through the counter."""
    for x_t in x:
        h = v - (1 - p.beta) * v + p.input_scale * x_t
        mask = (r > 0).to(x.dtype)
        z = fire(h - p.threshold) * (1 - mask)
        reset = _reset(h, _maybe(fire(h - p.threshold), p.detach_reset), p.threshold, p.reset)
        v = (1 - mask) * reset + mask * v
        fired = z.detach()
        r = (1 - fired) * torch.relu(r - mask) + fired * p.refractory
        yield z, v, r


def bindsnet_refractory(x: Tensor, v: Tensor, r: Tensor, p: Parameters, fire: Fire) -> Step:
    """LIFNodes: the potential decays, and takes no input during the refractory period."""
    for x_t in x:
        ready = (r <= 0).to(x.dtype)
        h = p.beta * v + ready * p.input_scale * x_t
        s = fire(h - p.threshold) * ready
        v = _reset(h, _maybe(s, p.detach_reset), p.threshold, p.reset)
        r = s.detach() * p.refractory + (1 - s.detach()) * torch.relu(r - 1)
        yield s, v, r


def integrating_refractory(x: Tensor, v: Tensor, r: Tensor, p: Parameters, fire: Fire) -> Step:
    """The potential goes on, only the spike is held back."""
    for x_t in x:
        h = p.beta * v + p.input_scale * x_t
        s = torch.where(r > 0, torch.zeros_like(h), fire(h - p.threshold))
        v = _reset(h, _maybe(s, p.detach_reset), p.threshold, p.reset)
        r = torch.where(s > 0, p.refractory.expand_as(r), torch.relu(r - 1))
        yield s, v, r


def spikingjelly_eif(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        h = v + (x_t + p.rest - v + p.sharpness * torch.exp((v - p.rheobase) / p.sharpness)) / p.tau
        s = fire(h - p.threshold)
        v = _reset(h, _maybe(s, p.detach_reset), p.threshold, p.reset)
        yield s, v


# --- a current


def norse_lif(x: Tensor, i: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """lif_feed_forward_step, with dt tau_syn_inv = 1 - alpha and dt tau_mem_inv = 1 - beta."""
    for x_t in x:
        i_jump = i + x_t
        h = v + (p.input_scale * i_jump - (1 - p.beta) * v)
        i = i_jump - (1 - p.alpha) * i_jump
        z = fire(h - p.threshold)
        v = _reset(h, _maybe(z, p.detach_reset), p.threshold, p.reset)
        yield z, i, v


def snntorch_synaptic(x: Tensor, i: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        reset = _maybe(fire(v - p.threshold), p.detach_reset)
        i = p.alpha * i + x_t
        base = p.beta * v + p.input_scale * i
        v = {"subtract": base - reset * p.threshold, "zero": base - base * reset, "none": base}[p.reset]
        yield fire(v - p.threshold), i, v


def spytorch(x: Tensor, i: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        out = fire(v - p.threshold)
        rst = _maybe(out, p.detach_reset)
        new_syn = p.alpha * i + x_t
        new_mem = p.beta * v + p.input_scale * i
        v = {"subtract": new_mem - rst * p.threshold, "zero": new_mem * (1.0 - rst), "none": new_mem}[p.reset]
        i = new_syn
        yield out, i, v


def snntorch_alpha(x: Tensor, e: Tensor, i: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """`gain` is tau_alpha."""
    for x_t in x:
        reset = fire(v - p.threshold).detach()
        new_e, new_i = p.alpha * e + x_t, p.beta * i - x_t
        v = p.gain * (new_e + new_i)
        if p.reset == "subtract":
            e, i, v = new_e - p.threshold * reset, new_i - new_i * reset, v + i * reset
        elif p.reset == "zero":
            e, i, v = new_e * (1 - reset), new_i * (1 - reset), v * (1 - reset)
        else:
            e, i = new_e, new_i
        yield fire(v - p.threshold), e, i, v


# --- adaptation


def sparch_adlif(x: Tensor, u: Tensor, w: Tensor, p: Parameters, fire: Fire) -> Step:
    """Its states are u and s before the reset, and the w of this step. u - s and w of the next step are ours."""
    first = True
    ut = st = wt = torch.zeros_like(u)
    for x_t in x:
        w_next = w if first else p.rho * wt + p.a * ut + p.b * st
        kept = u if first else ut - p.threshold * _maybe(st, p.detach_reset)
        wt, first = w_next, False
        ut = p.alpha * kept + (1 - p.alpha) * (x_t - wt)
        st = fire(ut - p.threshold)
        yield st, ut - p.threshold * _maybe(st, p.detach_reset), p.rho * wt + p.a * ut + p.b * st


def se_adlif(x: Tensor, u: Tensor, w: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        u = p.alpha * u + (1.0 - p.alpha) * (x_t - w)
        z = fire(u - p.threshold)
        u = u * (1 - _maybe(z, p.detach_reset))
        w = p.rho * w + (1.0 - p.rho) * (p.a * u + p.b * z) * p.q
        yield z, u, w


def sinabs_alif(x: Tensor, v: Tensor, b: Tensor, p: Parameters, fire: Fire) -> Step:
    """alif_forward_single, but for the gradient of the threshold, which sinabs cuts where it is compared."""
    for x_t in x:
        v = p.beta * v + p.input_scale * x_t
        spike_threshold = p.threshold + p.adaptation * b
        spikes = fire(v - spike_threshold)
        v = _reset(v, _maybe(spikes, p.detach_reset), spike_threshold, p.reset)
        b = p.rho * b + (1 - p.rho) * spikes
        yield spikes, v, b


def norse_lsnn(x: Tensor, v: Tensor, b: Tensor, p: Parameters, fire: Fire) -> Step:
    """lsnn_feed_forward_step of a current x. Its b decays to the threshold; what it adds decays before it is used."""
    norse_b, norse_beta = p.threshold + p.adaptation * b / p.rho, p.adaptation * (1 - p.rho) / p.rho
    for x_t in x:
        v_decayed = v + (p.input_scale * x_t - (1 - p.beta) * v)
        b_decayed = norse_b + (1 - p.rho) * (p.threshold - norse_b)
        z = fire(v_decayed - b_decayed)
        v = (1 - z) * v_decayed
        norse_b = b_decayed + z * norse_beta
        yield z, v, p.rho * (norse_b - p.threshold) / p.adaptation


# --- several spikes, negative spikes


class _Counted(torch.autograd.Function):
    """Rockpool's StepPWL, and sinabs' MultiSpike, which has no gradient of the threshold: how often it is reached."""

    @staticmethod
    def forward(ctx, v, threshold, most, surrogate):
        ctx.save_for_backward(v, threshold)
        ctx.surrogate = surrogate
        return ((v > 0) * torch.div(v, threshold, rounding_mode="trunc")).clamp(max=most)

    @staticmethod
    def backward(ctx, grad):
        v, threshold = ctx.saved_tensors
        slope = ctx.surrogate(v / threshold - 1)
        along = -(grad * slope * v / threshold**2)
        return grad * slope / threshold, along.sum_to_size(threshold.shape), None, None


def sinabs_multispike(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        v = p.beta * v + p.input_scale * x_t
        n = _Counted.apply(v, p.threshold, p.max_spikes.item(), fire.derivative)
        v = v - _maybe(n, p.detach_reset) * p.threshold if p.reset == "subtract" else v * (n == 0).to(v.dtype)
        if not isinstance(p.min_v, str):
            v = torch.relu(v - p.min_v) + p.min_v
        yield n, v


def exodus(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """Its state is the potential before the subtraction, which comes with the next decay."""
    act = torch.zeros_like(v)
    for x_t in x:
        v = p.beta * (v - _maybe(act, p.detach_reset) * p.threshold) + p.input_scale * x_t
        act = _Counted.apply(v, p.threshold, p.max_spikes.item(), fire.derivative)
        yield act, v - _maybe(act, p.detach_reset) * p.threshold


class _Rounded(torch.autograd.Function):
    """SpikeYOLO's MultiSpike4, for any number of levels."""

    @staticmethod
    def forward(ctx, u, levels):
        ctx.save_for_backward(u)
        ctx.levels = levels
        return torch.round(torch.clamp(u, 0, levels))

    @staticmethod
    def backward(ctx, grad):
        (u,) = ctx.saved_tensors
        return grad * ((u >= 0) & (u <= ctx.levels)), None


def spikeyolo(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """`v` is mem - spike; SpikeYOLO's threshold is 1, SpikingJelly's ILIFNode divides by it."""
    mem_minus_spike = v
    for x_t in x:
        mem = mem_minus_spike * p.beta + x_t
        spike = _Rounded.apply(mem / p.threshold, p.levels)
        mem_minus_spike = mem - p.threshold * _maybe(spike, p.detach_reset)
        yield spike, mem_minus_spike


def ternary_spike(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    """mem_update with V_th = 1 and spike_activation: sign where |mem| is at least 1/2, with the gradient of a clamp."""
    for x_t in x:
        mem = v * p.beta + p.input_scale * x_t
        out = torch.where(mem.abs() < 0.5, torch.zeros_like(mem), torch.sign(mem))
        clamped = torch.clamp(mem, -1, 1)
        s = (out - clamped).detach() + clamped
        v = mem * (1 - torch.abs(_maybe(s, p.detach_reset)))
        yield s, v


def spikingjelly_ternary(x: Tensor, v: Tensor, p: Parameters, fire: Fire) -> Step:
    for x_t in x:
        h = p.beta * v + p.input_scale * x_t
        positive, negative = fire(h - p.threshold), fire(-h - p.threshold)
        s = positive - negative
        event = _maybe(s if p.reset == "subtract" else positive + negative, p.detach_reset)
        v = _reset(h, event, p.threshold, p.reset)
        yield s, v
