"""The autograd.Function of leaky integrate-and-fire neurons alone, for those who want one to apply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .autograd import backward_of, forward_of, in_forward_mode, once_differentiable, wants_graph
from .functional import given_tensors
from .inputs import Parameter, check_call, find_call, is_recorded, read_call
from .neurons import lif
from .scan import numbers_of


class FusedLIF(torch.autograd.Function):
    """A leaky integrate-and-fire layer over all time steps, as one kernel forward and one backward.

    `FusedLIF.apply(current, initial_state=None, beta=0.9, threshold=1.0, slope=25.0)` returns the spikes and the final
    membrane potential:

        u[t] = beta * v[t-1] + current[t]
        s[t] = u[t] >= threshold, with the derivative 1 / (1 + slope * |u - threshold|)^2 in backward
        v[t] = u[t] - threshold * s[t], no gradient through s

    current: `[T, B, ...]`, float64, float32, bfloat16 or float16; spikes have its shape and dtype.
    initial_state: a tensor that broadcasts to `[B, ...]`. Default: zeros.
    beta, threshold: numbers, or tensors that broadcast to `[B, ...]`; each tensor gets a gradient.
    slope: a number, or a tensor of one element. Its gradient is zero, because no spike depends on it.
    The final state is `[B, ...]`, float32 at least. It may be a view, and so may the spikes if current is not
    contiguous. Torch does not allow in-place changes of such a view; the results of :func:`snnkernels.lif` can be
    changed.

    Raises TypeError and ValueError on wrong input. :func:`snnkernels.lif` has all other options.
    The surrogate is that of Zenke & Ganguli (2018), doi:10.1162/neco_a_01086.
    """

    def __new__(cls, *args: object, **kwargs: object) -> FusedLIF:
        raise TypeError(
            "FusedLIF is an autograd.Function, not a layer: "
            "write FusedLIF.apply(current), or snnkernels.LIF(...)(current)"
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        if torch._C._are_functorch_transforms_active() or in_forward_mode():
            wants_graph(*args)  # raises, where torch's own error would not say which engine has such a derivative
        return super().apply(*args)

    @staticmethod
    def forward(
        ctx: Any,
        current: Tensor,
        initial_state: Tensor | None = None,
        beta: Parameter = 0.9,
        threshold: Parameter = 1.0,
        slope: Parameter = 25.0,
    ) -> tuple[Tensor, Tensor]:
        ctx.slope_like = None
        if isinstance(slope, Tensor):
            slope = slope.detach()
            ctx.slope_like = {"size": slope.shape, "dtype": slope.dtype, "device": slope.device}
        read = read_call if is_recorded() else find_call
        call, tensors = read(lif.definition, {"beta": beta, "threshold": threshold, "slope": slope})
        checked = check_call(call, (current,), (initial_state,), tensors)
        given, layout = given_tensors(call, checked.plan, tensors), checked.plan.layout
        spikes, _, final, _ = forward_of(ctx, checked, (current,), (initial_state,), given, with_state=True)
        return layout.from_engine(spikes), layout.unpack_step(final)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, saved: Sequence[Tensor], grad_spikes: Tensor | None, grad_final: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        plan, layout = ctx.checked.plan, ctx.checked.plan.layout
        _, state, *params = (*ctx.needs_input_grad, *[False] * 4)[:4]
        given = numbers_of(plan.given)  # of beta and threshold
        grad_spikes = None if grad_spikes is None else layout.gradient_to_engine(grad_spikes)
        grad_final = None if grad_final is None else layout.pack_state(grad_final)
        needs = (state, *[params[number] for number in given])
        grad_current, grad_state, *grads = backward_of(ctx, saved, (grad_spikes, None, grad_final), needs)
        of_params = dict(zip(given, grads, strict=True))
        slope = None if ctx.slope_like is None else torch.zeros(**ctx.slope_like)
        return grad_current, grad_state, of_params.get(0), of_params.get(1), slope
