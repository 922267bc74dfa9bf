"""How a module holds a parameter of a neuron: as a number, a buffer, an nn.Parameter, or by a parametrization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from .inputs import Parameter


def tensor_of(module: nn.Module, name: str) -> Tensor | None:
    """The nn.Parameter or buffer of this name, or what a parametrization computes; None if it is a number."""
    if is_parametrized(module, name):
        return getattr(module, name)
    held = module._parameters.get(name)
    return module._buffers.get(name) if held is None else held


def parts_of(module: nn.Module, name: str) -> list[Tensor]:
    """The tensors that are stored for a parameter: itself, or those from which a parametrization computes it."""
    if is_parametrized(module, name):
        of = module.get_submodule(f"parametrizations.{name}")
        return [*of.parameters(), *of.buffers()]
    held = tensor_of(module, name)
    return [] if held is None else [held]


def values_of(value: Parameter) -> Parameter | None:
    """A copy of a number or tensor on the CPU, or None for a tensor on the meta device, which has no values."""
    if not isinstance(value, Tensor):
        return value
    return None if value.is_meta else value.detach().to("cpu", copy=True)


@torch.no_grad()
def write(module: nn.Module, name: str, value: Parameter) -> None:
    """Write a value into a parameter that is a tensor, or set it through its parametrization. The value broadcasts."""
    held = tensor_of(module, name)
    assert held is not None
    into: Any = torch.empty_like(held) if is_parametrized(module, name) else held
    if not isinstance(value, Tensor):
        into.fill_(value)
    elif hasattr(into, "device_mesh"):  # a DTensor: each process keeps its part
        from torch.distributed.tensor import distribute_tensor  # takes as long to import as this package does

        whole = value.to(into.device).expand(into.shape)
        into.copy_(distribute_tensor(whole, into.device_mesh, into.placements, src_data_rank=None))
    else:
        into.copy_(value)
    if into is not held:
        nn.Module.__setattr__(module, name, into)


def cast_in_float32(fn: Callable[[Tensor], Tensor], tensor: Tensor) -> Tensor:
    """`fn(tensor)`, but in float32 if `fn` casts to a half type a tensor that is not of one."""
    moved = fn(tensor)
    if not moved.is_floating_point() or moved.dtype.itemsize >= 4 or tensor.dtype.itemsize < 4:
        return moved
    return torch.empty_like(moved, dtype=torch.float32) if tensor.is_meta else tensor.to(moved.device, torch.float32)


def shown(value: Parameter | str) -> str:
    """A parameter in a printed model: its number or word, or its shape if it has several values."""
    if isinstance(value, str):
        return value
    if not isinstance(value, Tensor):
        return f"{value:g}"
    return f"{value.item():g}" if value.numel() == 1 and not value.is_meta else f"tensor{tuple(value.shape)}"
