"""How a module holds a neuron's parameter: as a number, a buffer, an nn.Parameter, or behind a parametrization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from .inputs import Parameter


def tensor_of(module: nn.Module, name: str) -> Tensor | None:
    """The parameter, where it is a tensor: the nn.Parameter or buffer, or what a parametrization makes of it."""
    if is_parametrized(module, name):
        return getattr(module, name)
    held = module._parameters.get(name)
    return module._buffers.get(name) if held is None else held


def parts_of(module: nn.Module, name: str) -> list[Tensor]:
    """The tensors that are stored for a parameter: those that a parametrization computes it of, or itself."""
    if is_parametrized(module, name):
        of = module.get_submodule(f"parametrizations.{name}")
        return [*of.parameters(), *of.buffers()]
    held = tensor_of(module, name)
    return [] if held is None else [held]


def values_of(value: Parameter) -> Parameter | None:
    """A copy of a value, on the CPU; None where it has none."""
    if not isinstance(value, Tensor):
        return value
    return None if value.is_meta else value.detach().to("cpu", copy=True)


@torch.no_grad()
def write(module: nn.Module, name: str, value: Parameter) -> None:
    """Write values that spread over it into a parameter that is a tensor, or through its parametrization."""
    held = tensor_of(module, name)
    assert held is not None
    into: Any = torch.empty_like(held) if is_parametrized(module, name) else held
    if not isinstance(value, Tensor):
        into.fill_(value)
    elif hasattr(into, "device_mesh"):  # a DTensor, of which each process keeps its part
        from torch.distributed.tensor import distribute_tensor  # which takes as long to import as the package does

        whole = value.to(into.device).expand(into.shape)
        into.copy_(distribute_tensor(whole, into.device_mesh, into.placements, src_data_rank=None))
    else:
        into.copy_(value)
    if into is not held:
        nn.Module.__setattr__(module, name, into)


def in_float32(fn: Callable[[Tensor], Tensor], tensor: Tensor) -> Tensor:
    """What `fn` makes of a tensor, but float32 in the place of a half type that the tensor does not have."""
    moved = fn(tensor)
    if not moved.is_floating_point() or moved.dtype.itemsize >= 4 or tensor.dtype.itemsize < 4:
        return moved
    return torch.empty_like(moved, dtype=torch.float32) if tensor.is_meta else tensor.to(moved.device, torch.float32)


def shown(value: Parameter) -> str:
    """A parameter in a printed model: its number, or its shape where it has several."""
    if not isinstance(value, Tensor):
        return f"{value:g}"
    return f"{value.item():g}" if value.numel() == 1 and not value.is_meta else f"tensor{tuple(value.shape)}"
