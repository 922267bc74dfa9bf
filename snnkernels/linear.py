"""A linear layer for spikes: on a CPU, silent inputs cost nothing.

A spike train times a weight matrix is, for every row, the sum of the weights of the inputs that fired; the gradient of
the weights is the same sum the other way round. The native engine adds up just those (csrc/cpu/event_product.cpp).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import handle_torch_function, has_torch_function

from . import flops, ops  # noqa: F401  the operators, and what they count as
from .autograd import graph_of, once_differentiable, wants_graph
from .checked import CheckedModule
from .dispatch import event_limit
from .encoding import PoissonSpikes
from .inputs import check_binary, check_flag, check_linear, check_product, is_recorded, quiet_in_a_trace
from .packed import PackedSpikes

Spikes = Tensor | PackedSpikes | PoissonSpikes


def spike_linear(spikes: Spikes, weight: Tensor, bias: Tensor | None = None, *, product: str = "auto") -> Tensor:
    """`torch.nn.functional.linear` for spikes. On a CPU it spends time and memory only on inputs that fired.

    Args:
        spikes: 0 or 1, `[T, B, K]` or any `[..., K]`: a floating-point or bool tensor,
            :class:`snnkernels.PackedSpikes`, or :class:`snnkernels.PoissonSpikes`, which are drawn again in backward.
            A tensor is cast to the weight's dtype. Backward keeps one bit a spike of a tensor. Under torch.compile it
            keeps the whole tensor, and one bit a spike of PoissonSpikes.
        weight: `[N, K]`, on spikes' device.
        bias: `[N]` or None.
        product: "events" adds up the weights of the inputs that fired, in ascending order, beginning with the bias. So
            it gives the same bits with any number of threads. It needs a CPU, spikes of 0 and 1, and no autocast.
            "dense" is torch's product. "auto" takes the one that was measured to be faster at this firing rate and
            these sizes. It takes the dense product for values other than 0 and 1, and on other devices and engines.

    Returns the current `[..., N]`, of weight's dtype, or autocast's. Gradients flow to weight and bias, and, by a dense
    product, to spikes that need one. Only the dense product has second derivatives and torch.func's transforms.

    Raises TypeError or ValueError on wrong spikes, weight, bias or product, RuntimeError if product="events" cannot
    run.
    """
    if not isinstance(spikes, Tensor) and has_torch_function((spikes,)):  # torch.fx records the call
        return handle_torch_function(spike_linear, (spikes,), spikes, weight, bias, product=product)
    by_event = check_linear(spikes, weight, bias, product)
    if isinstance(spikes, PackedSpikes) and not spikes.layout.plain:
        spikes = spikes.unpack(weight.dtype)
    if not by_event:
        return functional.linear(_values(spikes, weight.dtype), weight, bias)
    return _events(spikes, weight, bias, product).reshape(*spikes.shape[:-1], weight.shape[0])


def goes_by_event(spikes: PackedSpikes, weight: Tensor, bias: Tensor | None, product: str) -> bool:
    """Check a product of plain packed spikes. Returns whether it is by event; else it is dense."""
    if not check_linear(spikes, weight, bias, product):
        return False
    limit = _limit(product, weight)
    return torch.ops.snnkernels.native_by_event(spikes.rows(), _group(spikes), weight.shape[1], limit)


def multiply(spikes: PackedSpikes, weight: Tensor, bias: Tensor | None, by_event: bool) -> Tensor:
    """The product that :func:`goes_by_event` chose, for these spikes or for some of their steps."""
    if not by_event:
        return functional.linear(spikes.unpack(weight.dtype), weight, bias)
    current = _apply(_Plan(_group(spikes), 1.0), weight, bias, None, None, spikes.rows())
    return current.reshape(*spikes.shape[:-1], weight.shape[0])


def _group(spikes: PackedSpikes) -> int:
    """How many rows of spikes one row of bits holds."""
    return spikes.layout.inner // spikes.shape[-1]


@quiet_in_a_trace
def _limit(product: str, weight: Tensor) -> float:
    return event_limit(product, weight.shape[0])


def _values(spikes: Spikes, dtype: torch.dtype) -> Tensor:
    """The spikes as a contiguous tensor: products of other tensors may round differently."""
    return (spikes.to(dtype) if isinstance(spikes, Tensor) else spikes.unpack(dtype)).contiguous()


def _events(spikes: Spikes, weight: Tensor, bias: Tensor | None, product: str) -> Tensor:
    """The native engine's product, `[rows, N]`."""
    limit = _limit(product, weight)
    if isinstance(spikes, PoissonSpikes) and is_recorded():
        spikes = spikes.pack()  # under the compiler a Function cannot draw a symbolic number of steps
    if isinstance(spikes, PackedSpikes):
        return _apply(_Plan(_group(spikes), limit), weight, bias, None, None, spikes.rows())
    if isinstance(spikes, PoissonSpikes):
        tensors, rebuild = spikes.tensors_and_rebuild()
        return _apply(_Plan(math.prod(spikes.shape[1:-1]), limit, rebuild), weight, bias, None, None, *tensors)
    wants_graph(weight, bias, spikes)  # raises under torch.func, where nobody may look at values
    flat = spikes.reshape(-1, weight.shape[1]).contiguous()
    if flat.dtype == torch.bool:
        flat = flat.to(torch.bfloat16)
    bits, stray = torch.ops.snnkernels.native_pack(flat.detach())
    if is_recorded():  # the values are not known yet, so the operators read them
        return _apply(_Plan(1, limit), weight, bias, flat, stray, bits)
    if not check_binary(stray.item(), product):
        return functional.linear(flat.to(weight.dtype), weight, bias)
    return _apply(_Plan(1, limit), weight, bias, flat, None, bits)


@dataclass(frozen=True)
class _Plan:
    """A product without its tensors."""

    group: int  # how many rows of spikes one row of bits holds
    limit: float  # above this firing rate the product is dense
    rebuild: Callable[..., PoissonSpikes] | None = None  # makes drawn spikes from their tensors

    def bits(self, *tensors: Tensor) -> Tensor:
        """The bits of the spikes: the given tensor, or drawn from the given tensors."""
        return tensors[0] if self.rebuild is None else self.rebuild(*tensors).pack().rows()


def _apply(
    plan: _Plan, weight: Tensor, bias: Tensor | None, spikes: Tensor | None, stray: Tensor | None, *tensors: Tensor
) -> Tensor:
    """spikes: the values from which the bits were made. Backward keeps them if `stray` is given."""
    if wants_graph(weight, bias, spikes):
        return _EventLinear.apply(plan, weight, bias, spikes, stray, graph_of(spikes), *tensors)
    return _forward(plan, weight, bias, spikes, stray, *tensors)


def _forward(
    plan: _Plan, weight: Tensor, bias: Tensor | None, spikes: Tensor | None, stray: Tensor | None, *tensors: Tensor
) -> Tensor:
    bits, bias = plan.bits(*tensors), None if bias is None else bias.contiguous()
    return torch.ops.snnkernels.native_event_linear(
        bits, plan.group, weight.contiguous(), bias, spikes, stray, plan.limit
    )


class _EventLinear(torch.autograd.Function):
    """The event-driven product. For backward it keeps the bits, or the tensors that they are drawn from."""

    @staticmethod
    def forward(
        ctx: Any,
        plan: _Plan,
        weight: Tensor,
        bias: Tensor | None,
        spikes: Tensor | None,
        stray: Tensor | None,
        origin: Tensor | None,
        *tensors: Tensor,
    ) -> Tensor:
        ctx.plan = plan
        ctx.dtype = None if spikes is None else spikes.dtype
        ctx.save_for_backward(weight, origin, None if stray is None else spikes, stray, *tensors)
        return _forward(plan, weight, bias, spikes, stray, *tensors)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, saved: Sequence[Any], grad: Tensor) -> tuple[Tensor | None, ...]:
        weight, _, spikes, stray, *tensors = saved
        _, needs_weight, needs_bias, needs_spikes, *rest = ctx.needs_input_grad
        grad = grad.contiguous()
        grad_weight = None
        if needs_weight:
            head = (grad, ctx.plan.bits(*tensors), ctx.plan.group, weight.shape[1])
            grad_weight = torch.ops.snnkernels.native_event_weight_grad(*head, spikes, stray, ctx.plan.limit)
        return (
            None,
            grad_weight,
            grad.sum(0) if needs_bias else None,
            (grad @ weight).to(ctx.dtype) if needs_spikes else None,
            *(None for _ in rest),
        )


class SpikeLinear(CheckedModule, nn.Linear):
    """`torch.nn.Linear` for spikes: :func:`spike_linear` with its parameters, and nn.Linear's state_dict.

    Its input is `[T, B, K]` or any `[..., K]`, 0 or 1: a tensor, :class:`snnkernels.PackedSpikes` or
    :class:`snnkernels.PoissonSpikes`.

    Args:
        in_features, out_features, bias, device, dtype: as in nn.Linear.
        product: "auto", "events" or "dense", as in :func:`spike_linear`. You can set it later as an attribute.
    """

    _checks: ClassVar = {"product": lambda _, product: check_product(product)}

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        product: str = "auto",
    ) -> None:
        check_flag("bias", bias)  # nn.Linear takes anything for True, such as neurons that are given in its place
        super().__init__(in_features, out_features, bias, device, dtype)
        self.product = product

    def forward(self, spikes: Spikes) -> Tensor:
        """spikes: `[..., K]`. Returns `[..., N]`. Raises what :func:`spike_linear` raises."""
        return spike_linear(spikes, self.weight, self.bias, product=self.product)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.product == "auto" else f", product={self.product!r}")
