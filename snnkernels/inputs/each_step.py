"""Checks for EachStep: of the layer that runs at every step, and of its input and output."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.utils.parametrize import is_parametrized

from .values import check_dense, check_flag, layer_name, shape_of

_ONE_MASK = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
_TRANSFORMERS = (nn.TransformerEncoder, nn.TransformerEncoderLayer)
_SHAPES = {2: "[T, B, N]", 3: "[T, B, C, L]", 4: "[T, B, C, H, W]", 5: "[T, B, C, D, H, W]"}


def check_layer(layer: nn.Module, with_time: tuple[type[nn.Module], ...]) -> None:
    """Check a layer that is to run at every step. with_time: the classes of layers that know time. So does a module
    that has return_state."""
    if not isinstance(layer, nn.Module):
        made = f": make one, EachStep({layer.__name__}(...))" if isinstance(layer, type) else ""
        raise TypeError(f"layer must be a torch.nn.Module, got {layer_name(layer)}{made}")
    for name, module in layer.named_modules():
        if isinstance(module, with_time) or hasattr(module, "return_state"):
            where = f", in which {name!r} is {layer_name(module)}" if name else ""
            raise TypeError(
                f"layer must know no time, got {layer_name(layer)}{where}: {layer_name(module)} takes [T, B, ...] as "
                "it is, and must not stand within EachStep"
            )
    if isinstance(layer, nn.RNNBase):
        raise TypeError(f"layer must know no time, got {layer_name(layer)}, which takes [T, B, ...] as it is")
    if getattr(layer, "batch_first", True) is False or _attention_is_not_batch_first(layer):
        raise ValueError(f"layer must have the batch first: make the {layer_name(layer)} with batch_first=True")
    reason = _why_not(layer)
    if reason is not None:
        raise TypeError(
            f"layer must be one that computes and copies itself as its class does, got {layer_name(layer)} {reason}: "
            "write EachStep(nn.Sequential(layer)), which calls it as it is; its keys then start with '0.'"
        )


def _attention_is_not_batch_first(layer: nn.Module) -> bool:
    if isinstance(layer, nn.TransformerEncoder):
        layer = layer.layers[0]
    return isinstance(layer, nn.TransformerEncoderLayer) and not layer.self_attn.batch_first


def _why_not(layer: nn.Module) -> str | None:
    """Why EachStep cannot derive a class from that of a layer, or None if it can."""
    cls = type(layer)
    if isinstance(layer, LazyModuleMixin) and layer.has_uninitialized_params():
        return "that learns its sizes from its first input"
    if "forward" in vars(layer) or layer._compiled_call_impl is not None:
        return "that was compiled, or was given another forward"
    copies = cls.__reduce__ is not object.__reduce__ or cls.__reduce_ex__ is not object.__reduce_ex__
    if copies or (hasattr(cls, "__deepcopy__") and not is_parametrized(layer)):
        return "that has its own way of being copied"
    return None


def batch_dims(layer: type[nn.Module]) -> tuple[int, ...]:
    """How many dimensions a batch `[B, ...]` for a class of layers can have; () if the class does not tell.

    Layers whose name ends in 1d, 2d or 3d take a batch or a single sample. So a batch without time could pass for
    single samples with time, and must be refused.
    """
    if issubclass(layer, nn.BatchNorm1d):
        return (2, 3)
    if issubclass(layer, _TRANSFORMERS):
        return (3,)
    for cls in layer.__mro__:
        if cls.__module__.startswith("torch.nn.modules.") and cls.__name__[-2:] in ("1d", "2d", "3d"):
            return (int(cls.__name__[-2]) + 2,)
    return ()


def check_same_mask(layer: nn.Module, same_mask: bool) -> bool:
    """Check whether one mask can serve all steps."""
    check_flag("same_mask", same_mask)
    if same_mask and not isinstance(layer, _ONE_MASK):
        known = ", ".join(cls.__name__ for cls in _ONE_MASK)
        raise TypeError(f"same_mask=True is for {known}, got {layer_name(layer)}")
    return same_mask


def check_all_steps(layer: nn.Module, x: Any, dims: tuple[int, ...]) -> None:
    """Check the input of a layer that runs at every step, `[T, B, ...]`. dims: how many dimensions a batch can have."""
    if not isinstance(x, Tensor):
        unpacked = ": unpack() makes one of it" if hasattr(type(x), "unpack") else ""
        raise TypeError(f"{layer_name(layer)} must be given a torch.Tensor, got {type(x).__name__}{unpacked}")
    check_dense("x", x)
    first = layer
    while isinstance(first, nn.Sequential) and len(first):
        first = first[0]
        dims = batch_dims(type(first))
    given = x.dim() - 1
    if given >= 1 and (not dims or given in dims):
        return
    expected = " or ".join(_SHAPES[count] for count in dims) or "[T, B, ...]"
    if isinstance(first, _TRANSFORMERS):
        expected = "[T, B, S, E]"
    missing = ": x.unsqueeze(0) makes one time step of a batch" if dims and given + 1 in dims else ""
    raise ValueError(f"{layer_name(layer)} must be given {expected}, got shape {shape_of(x)}{missing}")


def check_batch(layer: nn.Module, given: Any, batch: int) -> None:
    """Check that a layer returned an output for each of the `T * B` samples of its batch."""
    if not isinstance(given, Tensor):
        raise TypeError(f"{layer_name(layer)} must give a torch.Tensor, or a tuple of them, got {type(given).__name__}")
    if torch.jit.is_tracing():  # which takes sizes for tensors
        return
    if given.dim() == 0 or given.shape[0] != batch:
        raise ValueError(
            f"{layer_name(layer)} must keep the first dimension of its batch, [T * B, ...], of {batch}, "
            f"got shape {shape_of(given)} from it"
        )
