"""The reference engine: the neuron's own step on torch tensors, in a Python loop over time. The truth for the others.

Runs on any device and dtype; autograd differentiates it, twice if asked, and torch.func transforms it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..neurons import NEURONS
from ..scan import Checked, Numbers, Plan, pack_bits
from ..surrogates import SURROGATES, Surrogate


class _Spike(torch.autograd.Function):
    """Heaviside forward, surrogate derivative backward."""

    generate_vmap_rule = True

    @staticmethod
    def forward(distance: Tensor, slope: Tensor, surrogate: Surrogate, strict: bool) -> Tensor:
        return (distance > 0 if strict else distance >= 0).to(distance.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Surrogate, bool], output: Tensor) -> None:
        distance, slope, ctx.surrogate, _ = inputs
        ctx.save_for_backward(distance, slope)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        distance, slope = ctx.saved_tensors
        return grad * ctx.surrogate.derivative(distance, slope), None, None, None


class _SpikeOfBothModes(_Spike):
    """Forward mode too, with which torch.compile would take no Function."""

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Surrogate, bool], output: Tensor) -> None:
        _Spike.setup_context(ctx, inputs, output)
        ctx.save_for_forward(*inputs[:2])

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: None) -> Tensor:
        distance, slope = ctx.saved_tensors
        return tangent * ctx.surrogate.derivative(distance, slope)


def spike_function(surrogate: str, slope: Tensor, strict: bool) -> Callable[[Tensor], Tensor]:
    """The spike that a step receives."""
    rule = SURROGATES[surrogate]
    if torch._C._get_tracing_state() is not None:  # a trace with a Function in it cannot be saved
        return lambda distance: (distance > 0 if strict else distance >= 0).to(distance.dtype)
    function = _Spike if torch.compiler.is_compiling() else _SpikeOfBothModes
    return lambda distance: function.apply(distance, slope, rule, strict)


def scan(plan: Plan, numbers: Numbers, x: Tensor, states: Tensor, params: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Run all time steps.

    x: as the layout hands it to engines; states: `[S, outer, inner]`; params: one number or `[outer, inner]` each, none
    where they are among the numbers. Returns the output, as scan.OUTPUTS says, and the final states.
    """
    neuron, layout = NEURONS[plan.neuron], plan.layout
    if not isinstance(numbers, Tensor):
        *given, slope = [torch.full((), value, dtype=states.dtype, device=states.device) for value in numbers]
    else:
        *given, slope = numbers.unbind()
    named = dict(zip((*neuron.constants, *neuron.params), (*given, *params), strict=True))
    spike = spike_function(plan.surrogate, slope, plan.strict)
    state, spikes = list(states.unbind(0)), []
    rows = x.to(states.dtype).reshape(layout.outer, 1 if layout.constant else layout.steps, layout.inner)
    for x_t in rows.unbind(1) * (layout.steps if layout.constant else 1):
        s, *state = neuron.step(x_t, *state, spike=spike, **named)
        spikes.append(s.to(x.dtype))
    output = torch.stack(spikes, 1)
    if plan.output == "count":
        output = output.sum(1, keepdim=True, dtype=states.dtype)
    elif plan.output == "packed":
        output = pack_bits(output)
    elif layout.direct:
        output = output.reshape(x.shape)
    return output, torch.stack(state)


def gradients(
    checked: Checked,
    x: Tensor,
    states: Tensor,
    params: Sequence[Tensor],
    grad_spikes: Tensor,
    grad_states: Tensor | None,
) -> tuple[Tensor, ...]:
    """The gradients of x, states and each of params, by autograd through :func:`scan`; a parameter's is per neuron."""
    with torch.enable_grad():
        per_neuron = [param.expand(states.shape[1:]) for param in params]
        leaves = [tensor.detach().requires_grad_() for tensor in (x, states, *per_neuron)]
        output, final = scan(*checked, leaves[0], leaves[1], leaves[2:])
        grad_states = torch.zeros_like(final) if grad_states is None else grad_states
        grads = (grad_spikes.reshape(output.shape), grad_states)
        return torch.autograd.grad((output, final), leaves, grads, materialize_grads=True)
