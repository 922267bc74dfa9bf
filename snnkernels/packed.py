"""Spike trains of one bit a spike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data._utils.collate import default_collate_fn_map

from . import ops  # noqa: F401  defines the operators
from .inputs import (
    DTYPES,
    check_alike,
    check_backend,
    check_part,
    check_spikes,
    check_unpacked,
    is_capturing,
    is_subclass,
)
from .scan import Layout, Metadata, metadata, pack_bits, unpack_bits
from .spike_train import SpikeTrain


@dataclass(frozen=True, eq=False, repr=False)
class PackedSpikes(SpikeTrain):
    """A spike train of one bit a spike, a thirty-second of float32's memory. It has no gradient.

    :func:`pack_spikes` and :func:`snnkernels.lif` with `output="packed"` return it. You can index it along time and the
    batch (`packed[10:20, 3:7]`), save it, move it and pin it. A DataLoader makes a batch of packed samples.

    Attributes:
        bits: uint8 `[outer, T, ceil(inner / 8)]`, the lowest bit of a byte first.
        layout: maps `[outer, T, inner]` to the shape that a user sees.
    """

    bits: Tensor
    layout: Layout

    @property
    def shape(self) -> torch.Size:
        return self.layout.shape

    @property
    def time_dim(self) -> int:
        return self.layout.time_dim

    def __reduce__(self) -> tuple[Any, ...]:
        """Save only a tensor and numbers, which torch.load takes with weights_only=True."""
        return _of_bits, (self.bits, tuple(self.shape), tuple(self.layout.order), self.time_dim)

    def part(self, start: int, steps: int) -> PackedSpikes:
        start, steps = check_part(start, steps, self.bits.shape[1])
        return PackedSpikes(self.bits[:, start : start + steps], self.layout.part(steps))

    def pack(self) -> PackedSpikes:
        """Return itself: it is packed already."""
        return self

    def tensors_and_rebuild(self) -> tuple[tuple[Tensor, ...], Callable[..., PackedSpikes]]:
        layout = self.layout
        return (self.bits,), lambda bits: PackedSpikes(bits, layout)

    def rows(self) -> Tensor:
        """The bits of every step of every outer index, `[outer * T, ceil(inner / 8)]`, contiguous."""
        return self.bits.flatten(0, 1).contiguous()

    def unpack(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """Return the spikes as a tensor of this shape, 0 or 1, of any dtype."""
        check_unpacked(dtype)
        inner = self.layout.inner
        if _native(self.device):
            given = dtype if dtype in DTYPES else torch.bfloat16
            rows = torch.ops.snnkernels.native_unpack(self.rows(), inner, given).to(dtype)
            return self.layout.unpack(rows.unflatten(0, self.bits.shape[:2]))
        return self.layout.unpack(unpack_bits(self.bits, inner, dtype))

    def samples(self, chosen: Tensor) -> PackedSpikes:
        """The samples with these numbers, `[B']`. For one number, `[]`, the result has no dimension of the batch."""
        chosen, time_dim = chosen.to(self.device), self.time_dim
        if not self.layout.plain:
            values = self.unpack(torch.bool)
            return pack_spikes(
                *((values[:, chosen], 0) if time_dim == 0 else (values[chosen], time_dim - 1 + chosen.dim()))
            )
        if time_dim > 0:
            bits = self.bits.unflatten(0, (self.shape[0], -1))[chosen].reshape(-1, *self.bits.shape[1:])
            return PackedSpikes(bits, plain_layout((*chosen.shape, *self.shape[1:]), time_dim - 1 + chosen.dim()))
        size = math.prod(self.shape[2:])  # of a sample
        neurons = (chosen.reshape(-1, 1) * size + torch.arange(size, device=self.device)).flatten()
        bits = pack_bits(self.bits[:, :, neurons // 8] >> (neurons % 8) & 1)
        return PackedSpikes(bits, plain_layout((self.shape[0], *chosen.shape, *self.shape[2:]), 0))


def plain_layout(shape: Sequence[int], time_dim: int) -> Layout:
    """The layout of a contiguous tensor."""
    return Layout(metadata(torch.empty(*shape, device="meta")), time_dim)


def _of_bits(bits: Tensor, shape: tuple[int, ...], order: tuple[int, ...], time_dim: int) -> PackedSpikes:
    """Packed spikes from what was saved. order: the dimensions as they lie in memory, the outermost first."""
    strides, neighbours = [0] * len(shape), 1
    for dim in reversed(order):
        strides[dim], neighbours = neighbours, neighbours * shape[dim]
    return PackedSpikes(bits, Layout(Metadata(torch.Size(shape), tuple(strides), bits.dtype, bits.device), time_dim))


torch.serialization.add_safe_globals([_of_bits])


def _collate(samples: list[SpikeTrain], *, collate_fn_map: object = None) -> PackedSpikes:
    """Samples as one packed batch. The dimension of the batch is the first, or the second after time."""
    packed = [sample.pack() for sample in samples]
    first = check_alike(packed)
    time_dim, size = first.time_dim, math.prod(first.shape[1:])
    if time_dim == 0 and size % 8 == 0 and all(sample.layout.plain for sample in packed):
        bits = torch.cat([sample.bits for sample in packed], 2)
        return PackedSpikes(bits, plain_layout((first.shape[0], len(packed), *first.shape[1:]), 0))
    values = [sample.unpack(torch.bool) for sample in packed]
    return pack_spikes(torch.stack(values, 1)) if time_dim == 0 else pack_spikes(torch.stack(values), time_dim + 1)


default_collate_fn_map[SpikeTrain] = _collate


def _native(device: torch.device) -> bool:
    return device.type == "cpu" and check_backend("auto", "cpu") == "native"


def pack_spikes(spikes: Tensor, time_dim: int = 0) -> PackedSpikes:
    """Pack spikes `[T, B, ...]` into one bit each. Every value other than 0 counts as a spike.

    time_dim: the dimension of time in spikes.

    Raises TypeError if spikes is not a floating-point or bool tensor, ValueError if it has fewer than two dimensions.
    """
    return _pack(spikes, time_dim)[0]


def pack_binary(spikes: Tensor) -> PackedSpikes | None:
    """Pack spikes `[T, B, ...]`, and wait for their values on a GPU.

    Returns None if a value is neither 0 nor 1, or if a CUDA graph is being recorded, in which values must not be read.
    """
    if is_capturing(spikes):
        return None
    packed, stray = _pack(spikes, 0)
    if stray is None:
        stray = (spikes != (spikes != 0)).any()
    return packed if stray.item() == 0 else None


def _pack(spikes: Tensor, time_dim: int) -> tuple[PackedSpikes, Tensor | None]:
    """Packed spikes and, if the native engine packs, the first value that is neither 0 nor 1, or 0 if all are."""
    time_dim = check_spikes(spikes, time_dim)
    layout = Layout(metadata(spikes), time_dim)
    values = layout.pack(spikes.detach())
    if _native(spikes.device) and not is_subclass(spikes):
        values = values.to(torch.bfloat16) if spikes.dtype == torch.bool else values
        bits, stray = torch.ops.snnkernels.native_pack(values.flatten(0, 1))
        return PackedSpikes(bits.unflatten(0, values.shape[:2]), layout), stray
    return PackedSpikes(pack_bits(values != 0), layout), None
