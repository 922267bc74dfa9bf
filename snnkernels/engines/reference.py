"""The reference engine: the operations of the step, on tensors, in a Python loop over time. The truth for the others.

Runs on any device and dtype; autograd differentiates it, twice if asked, and torch.func transforms it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..scan import Numbers, Plan, numbers_of, pack_bits
from ..surrogates import Surrogate, find
from ..variants import VARIANTS


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
    rule = find(surrogate)
    if torch._C._get_tracing_state() is not None:  # a trace with a Function in it cannot be saved
        return lambda distance: (distance > 0 if strict else distance >= 0).to(distance.dtype)
    function = _Spike if torch.compiler.is_compiling() else _SpikeOfBothModes
    return lambda distance: function.apply(distance, slope, rule, strict)


class Scanned(NamedTuple):
    """What a scan gives, as ops.py has it."""

    output: Tensor
    records: Tensor
    final: Tensor


def scan(plan: Plan, numbers: Numbers, inputs: Sequence[Tensor], states: Tensor, tensors: Sequence[Tensor]) -> Scanned:
    """Run all time steps.

    inputs: as the layout hands them to engines; states: `[S, outer, inner]`; tensors: the parameters that are tensors,
    one number or `[outer, inner]` each.
    """
    variant, layout, recorded = VARIANTS[plan.neuron], plan.layout, numbers_of(plan.record)
    *params, slope = _numbers(numbers, states)
    for number, tensor in zip(numbers_of(plan.given), tensors, strict=True):
        params[number] = tensor
    spike = spike_function(plan.surrogate, slope, plan.strict)
    state, outputs = list(states.unbind(0)), []
    records: list[list[Tensor]] = [[] for _ in recorded]
    rows = [_steps(x.to(states.dtype), plan) for x in inputs]
    for inputs_t in zip(*rows, strict=True):
        output, *state = variant.run(inputs_t, state, spike, params)
        state = [_filled(value, states[0]) for value in state]
        outputs.append(_filled(output, states[0]))
        for k, record in zip(recorded, records, strict=True):
            record.append(state[k])
    kept = torch.stack([torch.stack(record, 1) for record in records]) if recorded else states.new_empty(0)
    output = _over_time(outputs, plan.output, inputs[0].dtype)
    if plan.output == "all" and layout.direct:
        output = output.reshape(inputs[0].shape)
    return Scanned(output, kept, torch.stack(state))


def _filled(value: Tensor | float, like: Tensor) -> Tensor:
    """What a step returned, for every neuron. It may be a number."""
    return value.expand_as(like) if isinstance(value, Tensor) else torch.full_like(like, value)


def _numbers(numbers: Numbers, like: Tensor) -> list[Tensor]:
    if isinstance(numbers, Tensor):
        return list(numbers.unbind())
    return [torch.full((), value, dtype=like.dtype, device=like.device) for value in numbers]


def _steps(x: Tensor, plan: Plan) -> Sequence[Tensor]:
    layout = plan.layout
    rows = x.reshape(layout.outer, 1 if layout.constant else layout.steps, layout.inner).unbind(1)
    return rows * layout.steps if layout.constant else rows


def _over_time(outputs: list[Tensor], kind: str, dtype: torch.dtype) -> Tensor:
    """What scan.OUTPUTS says of the outputs `[outer, inner]` of all steps."""
    if kind == "all":
        return torch.stack([output.to(dtype) for output in outputs], 1)
    if kind == "packed":
        return pack_bits(torch.stack(outputs, 1))
    outputs = [_with_gradient_of(output, dtype) for output in outputs]
    total = outputs[0]
    for output in outputs[1:]:
        if kind == "sum":
            total = total + output
        elif kind == "last":
            total = output
        else:
            total = torch.where((output > total) | ((output != output) & (total == total)), output, total)
    return total.unsqueeze(1)


def _with_gradient_of(output: Tensor, dtype: torch.dtype) -> Tensor:
    """The same values, whose gradient is rounded to the dtype of the inputs, as that of every output is."""
    if output.dtype == dtype or not output.requires_grad:
        return output
    rounded = output.to(dtype).to(output.dtype)
    return output.detach() + (rounded - rounded.detach())


def gradients(
    plan: Plan,
    numbers: Numbers,
    inputs: Sequence[Tensor],
    states: Tensor,
    tensors: Sequence[Tensor],
    grads: Sequence[Tensor | None],
) -> tuple[Tensor, ...]:
    """The gradients of inputs, states and each tensor of parameters, by autograd through :func:`scan`; a parameter's is
    per neuron.

    grads: those of what a scan gives.
    """
    with torch.enable_grad():
        per_neuron = [param.expand(states.shape[1:]) for param in tensors]
        leaves = [tensor.detach().requires_grad_() for tensor in (*inputs, states, *per_neuron)]
        count = len(inputs)
        scanned = scan(plan, numbers, leaves[:count], leaves[count], leaves[count + 1 :])
        pairs = [
            (made, grad.reshape(made.shape)) for made, grad in zip(scanned, grads, strict=True) if grad is not None
        ]
        pairs = [(made, grad) for made, grad in pairs if made.requires_grad]
        results, of_results = zip(*pairs, strict=True)
        return torch.autograd.grad(results, leaves, of_results, materialize_grads=True)
