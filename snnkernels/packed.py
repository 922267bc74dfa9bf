"""Spike trains of one bit a spike."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .inputs import check_spikes
from .scan import Layout, pack_bits, unpack_bits


@dataclass(frozen=True)
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

    def unpack(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The spikes, 0 or 1, of this shape."""
        return self.layout.unpack(unpack_bits(self.bits, self.layout.inner, dtype))


def pack_spikes(spikes: Tensor, time_dim: int = 0) -> PackedSpikes:
    """Pack spikes, 0 or 1, `[T, B, ...]`, of any floating-point dtype or bool; what is not 0 counts as a spike.

    Raises TypeError where spikes is no such tensor, ValueError where it has fewer than two dimensions.
    """
    time_dim = check_spikes(spikes, time_dim)
    layout = Layout(spikes, time_dim)
    return PackedSpikes(pack_bits(layout.pack(spikes) != 0), layout)
