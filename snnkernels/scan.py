"""What every engine is told besides its tensors, and how a user's layout becomes the one that engines know.

Engines see three dimensions: `[outer, T, inner]`, dense, time somewhere in the middle. Time first is outer = 1; a
batch-first tensor has outer = B; channels-last and any other dense order of a step's dimensions is inner's business.
Neurons are elementwise, so any such order is as good as another, and nothing is copied to change it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Plan:
    """A scan but for its tensors: who computes what."""

    engine: str
    neuron: str  # a key of neurons.NEURONS
    surrogate: str  # a key of surrogates.SURROGATES
    slope: float
    strict: bool  # a spike when u > threshold, not >=
    constants: tuple[float, ...]  # of the neuron, in its order
    time_dim: int


def state_dtype(dtype: torch.dtype) -> torch.dtype:
    """States, parameters and all arithmetic: float32 at least."""
    return torch.float64 if dtype == torch.float64 else torch.float32


class Layout:
    """The physical order of a tensor's dimensions, and the way to `[outer, T, inner]` and back, by views alone."""

    def __init__(self, current: Tensor, time_dim: int) -> None:
        self.shape = current.shape
        self.step_shape = current.shape[:time_dim] + current.shape[time_dim + 1 :]
        self.order = _physical_order(current)
        position = self.order.index(time_dim)
        sizes = [current.shape[dim] for dim in self.order]
        self.outer, self.steps = math.prod(sizes[:position]), sizes[position]
        self.inner = math.prod(sizes[position + 1 :])
        self.step_order = [dim - (dim > time_dim) for dim in self.order if dim != time_dim]

    def pack(self, sequence: Tensor) -> Tensor:
        """`[T, ...]` of this layout's shape as `[outer, T, inner]`; copies only what lies in another order."""
        return sequence.permute(self.order).reshape(self.outer, self.steps, self.inner).contiguous()

    def unpack(self, packed: Tensor) -> Tensor:
        return _unpermute(packed, self.shape, self.order)

    def pack_state(self, state: Tensor) -> Tensor:
        """A state of a step's shape, or one that broadcasts to it, as `[1, outer, inner]`."""
        return state.expand(self.step_shape).permute(self.step_order).reshape(1, self.outer, self.inner).contiguous()

    def unpack_state(self, packed: Tensor) -> Tensor:
        return _unpermute(packed, self.step_shape, self.step_order)

    def pack_parameter(self, parameter: Tensor) -> Tensor:
        """A parameter as one number (`[1]`), or as one for each neuron (`[outer, inner]`)."""
        if parameter.numel() == 1:
            return parameter.reshape(1)
        return self.pack_state(parameter)[0].contiguous()


def _physical_order(tensor: Tensor) -> list[int]:
    """The dimensions from the outermost in memory to the innermost; as they are where there are gaps or overlaps."""
    plain = list(range(tensor.dim()))
    if tensor.is_contiguous():
        return plain
    strides = tensor.stride()
    order = sorted(plain, key=lambda dim: strides[dim] if tensor.shape[dim] > 1 else math.inf, reverse=True)
    return order if tensor.permute(order).is_contiguous() else plain


def _unpermute(packed: Tensor, shape: Sequence[int], order: Sequence[int]) -> Tensor:
    inverse = [0] * len(order)
    for position, dim in enumerate(order):
        inverse[dim] = position
    return packed.reshape([shape[dim] for dim in order]).permute(inverse)
