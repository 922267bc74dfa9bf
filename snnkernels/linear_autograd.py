"""The autograd.Function of SpikingLinear, which computes the current of its neurons again in backward.

The time steps are taken in chunks, from the last to the first, and the current of a chunk is dropped after its use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .autograd import bits_of_wanted, likes, once_differentiable, reduce_steps, rows_of, with_graph
from .dispatch import checkpoint_interval
from .encoding import PoissonSpikes
from .inputs import Asked
from .linear import multiply
from .packed import PackedSpikes
from .run import Grads, gradients, pack_gradients, returned, run, split_returned
from .scan import Checked, Plan, checkpoint_count

# How many bytes of current backward computes again at a time, in whole intervals between checkpoints: few enough to be
# in the last-level cache when the neurons read them.
_CHUNK_BYTES = 1 << 23


@dataclass(frozen=True)
class SpikingLinearCall:
    """A call of SpikingLinear without its tensors."""

    checked: Checked
    shape: torch.Size  # of the input spikes
    rebuild: Callable[..., PackedSpikes | PoissonSpikes]
    by_event: bool
    asked: Asked
    states: int  # how many states the neurons have


class SpikingLinearFunction(torch.autograd.Function):
    """The neurons of a SpikingLinear, whose backward also computes the gradients of the linear layer.

    For backward it keeps `tensors`, of which the input spikes are made. It does not keep `current`, which the linear
    layer computed from them, nor `source`, the tensor from which the spikes were packed. `source` is given if it needs
    a gradient. Returns a tuple: the output, then the final states and the records if they are asked for.
    """

    @staticmethod
    def forward(
        ctx: Any,
        call: SpikingLinearCall,
        tensors: tuple[Tensor, ...],
        current: Tensor,
        source: Tensor | None,
        origin: Tensor | None,
        weight: Tensor,
        bias: Tensor | None,
        *values: Any,
    ) -> tuple[Tensor, ...]:
        states, params = values[: call.states], values[call.states :]
        ran = run(call.checked, (current,), states, params, call.asked.state, keep=True)
        held = (*tensors, weight, bias, *ran[-1])
        ctx.save_for_backward(*held, *with_graph(origin, *values))
        ctx.set_materialize_grads(False)
        ctx.call, ctx.like, ctx.from_zero = call, likes(*values), all(state is None for state in states)
        ctx.source_dtype = None if source is None else source.dtype
        ctx.tensors, ctx.held = len(tensors), len(held)
        return returned(ran, call.checked.plan, call.asked.state)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, saved: Sequence[Any], *received: Tensor | None) -> tuple[Any, ...]:
        call, plan = ctx.call, ctx.call.checked.plan
        _, _, _, source, _, weight, bias, *needs = ctx.needs_input_grad
        params = bits_of_wanted(plan, needs[call.states :])
        wanted = _Wanted(source, weight, bias, any(needs[: call.states]), params)
        spikes, kept = call.rebuild(*saved[: ctx.tensors]), saved[ctx.tensors : ctx.held]
        grads = split_returned(plan, call.asked.state, received)
        found = _gradients(call, spikes, kept, ctx.from_zero, grads, wanted)
        of_params = rows_of(found.per_neuron) if params else []
        reduced = reduce_steps(plan.layout, ctx.like, needs, rows_of(found.state), of_params)
        source_grad = None if found.source is None else found.source.to(ctx.source_dtype)
        return None, None, None, source_grad, None, found.weight, found.bias, *reduced


@dataclass(frozen=True)
class _Wanted:
    """Which gradients are asked for. `params` has a bit for each parameter of the neurons."""

    source: bool
    weight: bool
    bias: bool
    state: bool
    params: int


@dataclass(frozen=True)
class _Gradients:
    source: Tensor | None
    weight: Tensor | None
    bias: Tensor | None
    state: Tensor
    per_neuron: Tensor  # the gradients of the neurons' parameters, one for each neuron


def _gradients(
    call: SpikingLinearCall,
    spikes: PackedSpikes | PoissonSpikes,
    saved: Sequence[Any],
    from_zero: bool,
    grads: Grads,
    wanted: _Wanted,
) -> _Gradients:
    """Go through chunks of time steps from the last to the first; compute the current of a chunk again, and drop it.

    saved: weight, bias, and what :func:`run` kept.
    """
    weight, bias, checkpoints, *rest = saved
    plan, layout = call.checked.plan, call.checked.plan.layout
    params, index = rest[: plan.given.bit_count()], rest[-1] if plan.output == "max" else None
    of_output, of_records, of_state = pack_gradients(plan, weight, (1, layout.steps, layout.inner), grads)
    assert of_output is not None
    grad_source = weight.new_empty(call.shape) if wanted.source else None
    leaf_weight = weight.detach().requires_grad_(wanted.weight)
    leaf_bias = None if bias is None else bias.detach().requires_grad_(wanted.bias)
    leaves = [leaf for leaf in (leaf_weight, leaf_bias) if leaf is not None and leaf.requires_grad]
    sums: list[Tensor] = []
    interval = checkpoint_interval(weight.device.type)
    steps = interval * max(1, _CHUNK_BYTES // max(1, interval * layout.inner * weight.element_size()))
    for start in range((layout.steps - 1) // steps * steps, -1, -steps):
        count = min(steps, layout.steps - start)
        with torch.enable_grad(), torch.autocast(weight.device.type, enabled=False):
            current = multiply(spikes.part(start, count).pack(), leaf_weight, leaf_bias, call.by_event)
        x = current.detach().reshape(1, count, layout.inner)
        before, after = (checkpoint_count(step, interval, from_zero and step > 0) for step in (start, start + count))
        part = (*_of_chunk(plan, of_output, of_records, start, count), of_state)
        kept = ((x,), checkpoints[before:after], params, None if index is None else index - start)
        grad_x, of_state, per_neuron = gradients(
            call.checked, kept, 1, count, part, start > 0 or wanted.state, wanted.params
        )
        grad_current = grad_x.view(current.shape)
        terms = [*(torch.autograd.grad(current, leaves, grad_current) if leaves else ()), per_neuron]
        sums = [total.add_(term) for total, term in zip(sums, terms, strict=True)] if sums else terms
        if grad_source is not None:
            grad_source[start : start + count] = grad_current @ weight
    assert of_state is not None  # it is now the gradient of the initial state
    *found, per_neuron = sums
    grad_weight = found[0] if wanted.weight else None
    grad_bias = found[-1] if wanted.bias else None
    return _Gradients(grad_source, grad_weight, grad_bias, of_state, per_neuron)


def _of_chunk(
    plan: Plan, of_output: Tensor, of_records: Tensor | None, start: int, count: int
) -> tuple[Tensor, Tensor | None]:
    """The gradients of the output and of the records in the `count` steps from `start` on."""
    if plan.output == "last":
        part = of_output if start + count == plan.layout.steps else torch.zeros_like(of_output)
    elif plan.output == "max":  # the index of the largest is counted from the chunk's first step
        part = of_output
    else:
        part = of_output.reshape(1, plan.layout.steps, plan.layout.inner)[:, start : start + count]
    return part, None if of_records is None else of_records[:, :, start : start + count].contiguous()
