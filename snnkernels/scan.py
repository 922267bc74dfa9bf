"""What every engine is told besides its tensors, and how a user's layout becomes the one that engines know.

Engines see three dimensions: `[outer, T, inner]`, dense, time somewhere in the middle. Time first is outer = 1; a
batch-first tensor has outer = B; channels-last and any other dense order of a step's dimensions is inner's business.
Neurons are elementwise, so any such order is as good as another, and nothing is copied to change it.
"""

from __future__ import annotations

import math
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
        order = _physical_order(current)
        sizes = [current.shape[dim] for dim in order]
        position = order.index(time_dim)
        self.outer, self.steps = math.prod(sizes[:position]), sizes[position]
        self.inner = math.prod(sizes[position + 1 :])
        self.step_shape = current.shape[:time_dim] + current.shape[time_dim + 1 :]
        self._sequence = _Order(current.shape, order)
        self._step = _Order(self.step_shape, [dim - (dim > time_dim) for dim in order if dim != time_dim])

    def pack(self, sequence: Tensor) -> Tensor:
        """`[T, ...]` of this layout's shape as `[outer, T, inner]`; copies only what lies in another order."""
        return self._sequence.flatten(sequence, (self.outer, self.steps, self.inner)).contiguous()

    def pack_gradient(self, sequence: Tensor) -> Tensor:
        """The same for a gradient, which is left as it is where it was expanded over time or over all of a step.

        A loss on spike counts or on their sum expands it: to write that out would cost more than the neurons do.
        """
        packed = self._sequence.flatten(sequence, (self.outer, self.steps, self.inner))
        return packed if packed.stride(2) in (0, 1) else packed.contiguous()

    def unpack(self, packed: Tensor) -> Tensor:
        return self._sequence.restore(packed)

    def pack_state(self, state: Tensor) -> Tensor:
        """A state of a step's shape, or one that broadcasts to it, as `[1, outer, inner]`."""
        return self._step.flatten(state.expand(self.step_shape), (1, self.outer, self.inner)).contiguous()

    def unpack_state(self, packed: Tensor) -> Tensor:
        return self._step.restore(packed)

    def pack_parameter(self, parameter: Tensor) -> Tensor:
        """A parameter as one number (`[1]`), or as one for each neuron (`[outer, inner]`)."""
        return parameter.reshape(1) if parameter.numel() == 1 else self.pack_state(parameter)[0]


class _Order:
    """A shape, and its dimensions from the outermost in memory to the innermost."""

    def __init__(self, shape: torch.Size, order: list[int]) -> None:
        self.shape = shape
        self.order = None if order == list(range(len(order))) else order  # None where there is nothing to permute

    def flatten(self, tensor: Tensor, sizes: tuple[int, ...]) -> Tensor:
        return (tensor if self.order is None else tensor.permute(self.order)).reshape(sizes)

    def restore(self, packed: Tensor) -> Tensor:
        if self.order is None:
            return packed.reshape(self.shape)
        inverse = sorted(range(len(self.order)), key=self.order.__getitem__)
        return packed.reshape([self.shape[dim] for dim in self.order]).permute(inverse)


def _physical_order(tensor: Tensor) -> list[int]:
    """The dimensions from the outermost in memory to the innermost; as they are where there are gaps or overlaps."""
    plain = list(range(tensor.dim()))
    if tensor.is_contiguous():
        return plain
    strides = tensor.stride()
    order = sorted(plain, key=lambda dim: strides[dim] if tensor.shape[dim] > 1 else math.inf, reverse=True)
    return order if tensor.permute(order).is_contiguous() else plain
