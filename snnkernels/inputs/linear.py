"""Checks of a product of spikes and weights."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .. import dispatch
from .options import check_backend
from .spikes import check_spike_values
from .tools import is_autocast, quiet_in_a_trace
from .values import check_one_of, check_tensor, is_subclass, name_of, shape_of

PRODUCTS = ("auto", "events", "dense")  # of spikes and weights


def check_product(product: str) -> str:
    """Check which product of spikes and weights is asked for."""
    check_one_of("product", product, PRODUCTS)
    return product


@quiet_in_a_trace
def check_linear(spikes: Any, weight: Tensor, bias: Tensor | None, product: str) -> bool:
    """Check a linear layer of spikes, which are a tensor or can be unpacked. Returns whether to multiply by event.

    Raises RuntimeError if product="events" cannot run.
    """
    check_product(product)
    if isinstance(spikes, Tensor):
        check_spike_values(spikes)
    elif not hasattr(spikes, "unpack"):
        raise TypeError(f"spikes must be a torch.Tensor, PackedSpikes or PoissonSpikes, got {type(spikes).__name__}")
    check_tensor("weight", weight)
    if weight.dim() != 2:
        raise ValueError(f"weight must be [N, K], of two dimensions, got shape {shape_of(weight)}")
    if len(spikes.shape) == 0 or spikes.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"spikes must be [..., {weight.shape[1]}] for a weight of shape {shape_of(weight)}, "
            f"got shape {tuple(spikes.shape)}"
        )
    if bias is not None:
        check_tensor("bias", bias)
        if bias.shape != weight.shape[:1]:
            raise ValueError(
                f"bias must be [{weight.shape[0]}], one for each row of weight, got shape {shape_of(bias)}"
            )
        if bias.dtype != weight.dtype and not is_autocast(weight.device):
            raise TypeError(f"bias must have weight's dtype, {name_of(weight.dtype)}, got {name_of(bias.dtype)}")
    for name, value in (("spikes", spikes), ("bias", bias)):
        if value is not None and value.device != weight.device:
            raise ValueError(f"{name} is on {value.device}, weight on {weight.device}: put both on one device")
    reason = _why_dense(spikes, weight, bias)
    if product == "events" and reason is not None:
        raise RuntimeError(f'product="events" cannot run: {reason}')
    return product != "dense" and reason is None and bool(weight.shape[1] > 0)


def _why_dense(spikes: Any, weight: Tensor, bias: Tensor | None) -> str | None:
    """Why there is no event-driven product of these, or None if there is one."""
    for name, value in (("weight", weight), ("bias", bias), ("spikes", spikes)):
        if is_subclass(value):
            return f'{name} is of the class {type(value).__name__}, which has a dense product alone: product="auto"'
    if weight.device.type != "cpu":
        return f"it is written for the CPU, not for {weight.device.type}"
    if is_autocast(weight.device):
        return "under autocast a linear layer is a dense product"
    engine = check_backend("auto", "cpu")
    if engine != "native":
        return dispatch.unusable_reason("native", "cpu") or f"it is the native engine's, and {engine} was asked for"
    return None


def check_packed_time_first(time_dim: int) -> None:
    """Check that packed spikes have time first."""
    if time_dim != 0:
        raise ValueError(f"SpikingLinear takes spikes time first, got PackedSpikes with time in dimension {time_dim}")


def check_binary(stray: float, product: str) -> bool:
    """Returns whether all values are 0 or 1. stray: the first value that is neither, or 0 if there is none."""
    if stray == 0:
        return True
    if product == "events":
        raise ValueError(f'spikes must be 0 or 1 where product="events", got {stray}')
    return False
