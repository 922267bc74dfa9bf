"""A linear layer and its neurons over all time steps as one function, which keeps almost nothing for backward."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .autograd import gradients, likes, once_differentiable, pack_gradients, reduce_to, run
from .dispatch import checkpoint_interval
from .encoding import PoissonSpikes
from .functional import Output, as_output, scan
from .inputs import Parameter, check_lif, check_time_first
from .layers import LIF
from .linear import SpikeLinear, Spikes, spike_linear
from .packed import PackedSpikes, pack_binary
from .scan import Plan, checkpoint_count

# Bytes of current that backward computes again at a time, in whole intervals between checkpoints: few enough for the
# neurons to find them in the last cache.
_CHUNK_BYTES = 1 << 23


class SpikingLinear(nn.Module):
    """`SpikeLinear` followed by `LIF`, with the same results, that keeps one bit an input spike for backward.

    The input current is not kept: backward computes it again, some time steps at a time, from the packed input spikes
    (or from the images and the seed of :class:`snnkernels.PoissonSpikes`) and the weights. Beside those it keeps a
    state every few steps. Spikes and states are those of the two layers bit for bit, gradients too, but for that of the
    weights, which is summed chunk by chunk.

    Under torch.compile and autocast, for values other than 0 and 1, and with the reference engine, it is the two layers
    one after the other.

    Args:
        in_features, out_features, bias, device, dtype, product: as in :class:`snnkernels.SpikeLinear`.
        options: everything that :class:`snnkernels.LIF` takes, by name, but for time_dim and steps.

    Raises TypeError and ValueError on wrong options.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        product: str = "auto",
        **options: Any,
    ) -> None:
        super().__init__()
        check_time_first(options)
        self.linear = SpikeLinear(in_features, out_features, bias, device, dtype, product=product)
        self.neuron = LIF(**options).to(device, dtype)

    def forward(self, spikes: Spikes, initial_state: Tensor | None = None) -> Output | tuple[Output, Tensor]:
        """spikes: `[T, B, in_features]`; initial_state: `[B, out_features]` or None. Returns what LIF does."""
        return _forward(spikes, self.linear, self.neuron, initial_state)


def _forward(
    spikes: Spikes, linear: SpikeLinear, neuron: LIF, initial_state: Tensor | None
) -> Output | tuple[Output, Tensor]:
    packed = _to_keep(spikes, linear.weight)
    with torch.no_grad() if packed is not None else nullcontext():
        current = linear(spikes if packed is None else packed)
    params = neuron.beta, neuron.threshold
    plan = check_lif(current, initial_state, *params, neuron.options)
    if packed is None or plan.engine == "reference":
        return scan(plan, current if packed is None else linear(spikes), initial_state, params, neuron.return_state)
    source = spikes if isinstance(spikes, Tensor) and spikes.requires_grad else None
    call = _Call(plan, packed, linear.product, neuron.return_state)
    outputs = _SpikingLinear.apply(call, current, source, linear.weight, linear.bias, initial_state, *params)
    return as_output(plan, *outputs) if neuron.return_state else as_output(plan, outputs)


def _to_keep(spikes: Spikes, weight: Tensor) -> PackedSpikes | PoissonSpikes | None:
    """What is kept of the input spikes; None where the two layers run one after the other."""
    if not torch.is_grad_enabled() or torch.compiler.is_compiling() or torch.is_autocast_enabled(weight.device.type):
        return None
    return pack_binary(spikes) if isinstance(spikes, Tensor) else spikes


@dataclass(frozen=True)
class _Call:
    """A call but for its tensors that have gradients."""

    plan: Plan
    packed: PackedSpikes | PoissonSpikes  # the input spikes, as they are kept
    product: str
    with_state: bool


class _SpikingLinear(torch.autograd.Function):
    """`current`, which the linear layer made of the packed spikes, is not kept. Nor is `source`, of which those were
    made, where that needs a gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        call: _Call,
        current: Tensor,
        source: Tensor | None,
        weight: Tensor,
        bias: Tensor | None,
        initial_state: Tensor | None,
        *params: Parameter,
    ) -> Tensor | tuple[Tensor, Tensor]:
        plan = call.plan
        output, final, (_, checkpoints, *values) = run(plan, current, initial_state, params, call.with_state, keep=True)
        ctx.save_for_backward(weight, bias, checkpoints, *values)
        ctx.set_materialize_grads(False)
        ctx.call, ctx.like, ctx.from_zero = call, likes(initial_state, *params), initial_state is None
        ctx.source_dtype = None if source is None else source.dtype
        return (output, plan.layout.unpack_step(final)) if call.with_state else output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: Tensor | None, grad_final: Tensor | None = None) -> tuple[Tensor | None, ...]:
        _, _, needs_source, _, _, needs_state, *needs_params = ctx.needs_input_grad
        wanted = _Wanted(needs_source, needs_state, any(needs_params))
        found = _gradients(ctx.call, ctx.saved_tensors, ctx.from_zero, (grad_output, grad_final), wanted)
        grad_params = found.per_neuron.unsqueeze(1).unbind(0) if wanted.params else [None] * len(needs_params)
        per_step = [found.state if wanted.state else None, *grad_params]
        layout = ctx.call.plan.layout
        return (
            None,
            None,
            None if found.source is None else found.source.to(ctx.source_dtype),
            found.weight,
            found.bias,
            *(reduce_to(layout, grad, like) for grad, like in zip(per_step, ctx.like, strict=True)),
        )


@dataclass(frozen=True)
class _Wanted:
    """Which gradients are asked for besides those of weight and bias."""

    source: bool
    state: bool
    params: bool


@dataclass(frozen=True)
class _Gradients:
    source: Tensor | None
    weight: Tensor
    bias: Tensor | None
    state: Tensor | None
    per_neuron: Tensor  # of the parameters


def _gradients(
    call: _Call,
    saved: Sequence[Any],
    from_zero: bool,
    grads: tuple[Tensor | None, Tensor | None],
    wanted: _Wanted,
) -> _Gradients:
    """Some time steps after the other, from the last: their current is computed again, and forgotten.

    saved: weight, bias, checkpoints, and the neurons' parameters; grads: those of the output and of the final state.
    """
    weight, bias, checkpoints, *values = saved
    plan, layout = call.plan, call.plan.layout
    grad_spikes, grad_state = pack_gradients(plan, weight, *grads)
    grad_spikes = grad_spikes.reshape(1, layout.steps, layout.inner)
    grad_source = weight.new_empty(call.packed.shape) if wanted.source else None
    leaves = [tensor.detach().requires_grad_() for tensor in (weight, bias) if tensor is not None]
    sums: list[Tensor] = []
    interval = checkpoint_interval(weight.device.type)
    steps = interval * max(1, _CHUNK_BYTES // max(1, interval * layout.inner * weight.element_size()))
    for start in range((layout.steps - 1) // steps * steps, -1, -steps):
        count = min(steps, layout.steps - start)
        with torch.enable_grad():
            current = spike_linear(call.packed.part(start, count), *leaves, product=call.product)
        x = current.detach().reshape(1, count, layout.inner)
        before, after = (checkpoint_count(step, interval, from_zero and step > 0) for step in (start, start + count))
        pair, asked = (grad_spikes[:, start : start + count], grad_state), (start > 0 or wanted.state, wanted.params)
        kept = checkpoints[before:after]
        grad_x, grad_state, per_neuron = gradients(plan, x, kept, values, 1, count, pair, asked)
        grad_current = grad_x.view(current.shape)
        terms = [*torch.autograd.grad(current, leaves, grad_current), per_neuron]
        sums = [total.add_(term) for total, term in zip(sums, terms, strict=True)] if sums else terms
        if grad_source is not None:
            grad_source[start : start + count] = grad_current @ weight
    grad_weight, *grad_bias, per_neuron = sums
    return _Gradients(grad_source, grad_weight, grad_bias[0] if grad_bias else None, grad_state, per_neuron)
