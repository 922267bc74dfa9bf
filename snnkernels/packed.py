"""Spike trains of one bit a spike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from . import ops  # noqa: F401  defines the operators
from .inputs import DTYPES, check_backend, check_part, check_spikes, is_capturing
from .scan import Layout, metadata, pack_bits, unpack_bits


@dataclass(frozen=True, eq=False, repr=False)
class PackedSpikes:
    """A spike train in a thirty-second of float32's memory; it has no gradient.

    bits: uint8 `[outer, T, ceil(inner / 8)]`, the lowest bit of a byte first; layout: how `[outer, T, inner]` is the
    shape that a user sees.
    """

    bits: Tensor
    layout: Layout

    @property
    def shape(self) -> torch.Size:
        """The shape of the spike train, `[T, B, ...]`."""
        return self.layout.shape

    @property
    def device(self) -> torch.device:
        return self.bits.device

    def __repr__(self) -> str:
        return f"PackedSpikes(shape={tuple(self.shape)}, device='{self.device}')"

    def to(self, device: torch.device | str) -> PackedSpikes:
        """These spikes on a device."""
        return PackedSpikes(self.bits.to(device), self.layout)

    def part(self, start: int, steps: int) -> PackedSpikes:
        """`steps` time steps of it, from `start`. Raises ValueError where it does not have them."""
        start, steps = check_part(start, steps, self.bits.shape[1])
        return PackedSpikes(self.bits[:, start : start + steps], self.layout.part(steps))

    def pack(self) -> PackedSpikes:
        """Itself: spikes that are drawn have to be."""
        return self

    def apart(self) -> tuple[tuple[Tensor, ...], Callable[..., PackedSpikes]]:
        """Its tensors, for autograd to keep, and what makes spikes of them again."""
        layout = self.layout
        return (self.bits,), lambda bits: PackedSpikes(bits, layout)

    def rows(self) -> Tensor:
        """The bits of every step of every outer index, `[outer * T, ceil(inner / 8)]`, contiguous."""
        return self.bits.flatten(0, 1).contiguous()

    def unpack(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The spikes, 0 or 1, of this shape and any dtype."""
        inner = self.layout.inner
        if _native(self.device):
            given = dtype if dtype in DTYPES else torch.bfloat16
            rows = torch.ops.snnkernels.native_unpack(self.rows(), inner, given).to(dtype)
            return self.layout.unpack(rows.unflatten(0, self.bits.shape[:2]))
        return self.layout.unpack(unpack_bits(self.bits, inner, dtype))


def _native(device: torch.device) -> bool:
    return device.type == "cpu" and check_backend("auto", "cpu") == "native"


def pack_spikes(spikes: Tensor, time_dim: int = 0) -> PackedSpikes:
    """Pack spikes, 0 or 1, `[T, B, ...]`, of any floating-point dtype or bool; what is not 0 counts as a spike.

    Raises TypeError where spikes is no such tensor, ValueError where it has fewer than two dimensions.
    """
    return _pack(spikes, time_dim)[0]


def pack_binary(spikes: Tensor) -> PackedSpikes | None:
    """Spikes `[T, B, ...]` packed, or None where a value is neither 0 nor 1, or must not be read, as while a CUDA graph
    is recorded; else the host waits for a GPU's values."""
    if is_capturing(spikes):
        return None
    packed, stray = _pack(spikes, 0)
    if stray is None:
        stray = (spikes != (spikes != 0)).any()
    return packed if stray.item() == 0 else None


def _pack(spikes: Tensor, time_dim: int) -> tuple[PackedSpikes, Tensor | None]:
    """Packed spikes, and, where the native engine packs, the first value that is neither 0 nor 1, or 0."""
    time_dim = check_spikes(spikes, time_dim)
    layout = Layout(metadata(spikes), time_dim)
    values = layout.pack(spikes.detach())
    if _native(spikes.device):
        values = values.to(torch.bfloat16) if spikes.dtype == torch.bool else values
        bits, stray = torch.ops.snnkernels.native_pack(values.flatten(0, 1))
        return PackedSpikes(bits.unflatten(0, values.shape[:2]), layout), stray
    return PackedSpikes(pack_bits(values != 0), layout), None
