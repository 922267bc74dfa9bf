"""A linear layer and its neurons over all time steps as one function, which keeps almost nothing for backward."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from .autograd import gradients, likes, once_differentiable, pack_gradients, reduce_to, run
from .dispatch import checkpoint_interval
from .encoding import PoissonSpikes
from .functional import Output, as_output, scan
from .inputs import Parameter, check_lif
from .layers import LIF
from .linear import SpikeLinear, Spikes, spike_linear
from .packed import PackedSpikes, pack_binary
from .scan import Plan

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
        in_features, out_features, bias, product: as in :class:`snnkernels.SpikeLinear`.
        options: everything that :class:`snnkernels.LIF` takes, by name, but for time_dim and steps.

    Raises TypeError and ValueError on wrong options.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, product: str = "auto", **options: Any
    ) -> None:
        super().__init__()
        for name in ("time_dim", "steps"):
            if name in options:
                raise TypeError(
                    f"SpikingLinear takes spikes time first, one row a time step: it has no option {name!r}"
                )
        self.linear = SpikeLinear(in_features, out_features, bias, product=product)
        self.neuron = LIF(**options)

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
    head = (plan, packed, linear.product, neuron.return_state, current, source, linear.weight, linear.bias)
    outputs = _SpikingLinear.apply(*head, initial_state, *params)
    return as_output(plan, *outputs) if neuron.return_state else as_output(plan, outputs)


def _to_keep(spikes: Spikes, weight: Tensor) -> PackedSpikes | PoissonSpikes | None:
    """What is kept of the input spikes; None where the two layers run one after the other."""
    if not torch.is_grad_enabled() or torch.compiler.is_compiling() or torch.is_autocast_enabled(weight.device.type):
        return None
    return pack_binary(spikes) if isinstance(spikes, Tensor) else spikes


class _SpikingLinear(torch.autograd.Function):
    """`current`, which the linear layer made of `packed`, is not kept. Nor is `source`, of which `packed` was made,
    where that needs a gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        plan: Plan,
        packed: PackedSpikes | PoissonSpikes,
        product: str,
        with_state: bool,
        current: Tensor,
        source: Tensor | None,
        weight: Tensor,
        bias: Tensor | None,
        initial_state: Tensor | None,
        *params: Parameter,
    ) -> Tensor | tuple[Tensor, Tensor]:
        output, final, (_, checkpoints, *values) = run(plan, current, initial_state, params, with_state, keep=True)
        ctx.save_for_backward(weight, bias, checkpoints, *values)
        ctx.set_materialize_grads(False)
        ctx.plan, ctx.packed, ctx.product = plan, packed, product
        ctx.like = likes(initial_state, *params)
        ctx.source_dtype = None if source is None else source.dtype
        ctx.from_zero = initial_state is None
        return (output, plan.layout.unpack_step(final)) if with_state else output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: Tensor | None, grad_final: Tensor | None = None) -> tuple[Tensor | None, ...]:
        weight, bias, checkpoints, *values = ctx.saved_tensors
        plan, layout = ctx.plan, ctx.plan.layout
        needs = ctx.needs_input_grad
        needs_source, needs_state, param_grads = needs[5], needs[8], any(needs[9:])
        grad_spikes, grad_state = pack_gradients(plan, weight, grad_output, grad_final)
        grad_spikes = grad_spikes.reshape(1, layout.steps, layout.inner)
        grad_source = weight.new_empty(ctx.packed.shape) if needs_source else None
        leaves = [tensor.detach().requires_grad_() for tensor in (weight, bias) if tensor is not None]
        sums: list[Tensor] = []
        interval = checkpoint_interval(weight.device.type)
        steps = interval * max(1, _CHUNK_BYTES // max(1, interval * layout.inner * weight.element_size()))
        for start in range((layout.steps - 1) // steps * steps, -1, -steps):
            count = min(steps, layout.steps - start)
            with torch.enable_grad():
                current = spike_linear(ctx.packed.part(start, count), *leaves, product=ctx.product)
            x = current.detach().reshape(1, count, layout.inner)
            before, after = (max(-(-step // interval) - ctx.from_zero, 0) for step in (start, start + count))
            grads, wanted = (grad_spikes[:, start : start + count], grad_state), (start > 0 or needs_state, param_grads)
            kept = checkpoints[before:after]
            grad_x, grad_state, per_neuron = gradients(plan, x, kept, values, 1, count, grads, wanted)
            grad_current = grad_x.view(current.shape)
            terms = [*torch.autograd.grad(current, leaves, grad_current), per_neuron]
            sums = [total.add_(term) for total, term in zip(sums, terms, strict=True)] if sums else terms
            if grad_source is not None:
                grad_source[start : start + count] = grad_current @ weight
        grad_weight, *grad_bias, per_neuron = sums
        grad_state = grad_state if needs_state else None
        per_step = [grad_state, *(per_neuron.unsqueeze(1).unbind(0) if param_grads else [None] * (len(ctx.like) - 1))]
        return (
            *(None, None, None, None, None),
            None if grad_source is None else grad_source.to(ctx.source_dtype),
            grad_weight,
            grad_bias[0] if grad_bias else None,
            *(reduce_to(layout, grad, like) for grad, like in zip(per_step, ctx.like, strict=True)),
        )
