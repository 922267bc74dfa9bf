"""How many outputs of a layer each of its inputs reaches, at its edges too: as many as the weights that it meets."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.conv import _ConvNd


def outputs_of_each(layer: nn.Linear | _ConvNd, shape: tuple[int, ...], reached: tuple[int, ...]) -> Tensor:
    """How many outputs an input at each position reaches, int64, of the shape `shape`.

    shape: the positions of the layer's input, () for a linear layer; reached: those of its output.
    """
    if isinstance(layer, nn.Linear):
        return torch.tensor(layer.out_features)
    counts = torch.tensor(layer.out_channels // layer.groups)
    for along in _along_each(layer, shape, reached):
        counts = counts.unsqueeze(-1) * along
    return counts


def _along_each(layer: _ConvNd, shape: tuple[int, ...], reached: tuple[int, ...]) -> list[Tensor]:
    """How many places of the kernel meet each position, along each dimension."""
    found = []
    for dim, (size, out) in enumerate(zip(shape, reached, strict=True)):
        kernel, stride, dilation = layer.kernel_size[dim], layer.stride[dim], layer.dilation[dim]
        before, after = _padding(layer, dim)
        outputs, places = torch.arange(out).unsqueeze(1) * stride, torch.arange(kernel) * dilation
        if layer.transposed:
            position = torch.arange(size).unsqueeze(1) * stride + places - before
            found.append(((position >= 0) & (position < out)).sum(1))
            continue
        met = _padded(size, before, after, layer.padding_mode)[outputs + places].flatten()
        found.append(torch.bincount(met[met >= 0], minlength=size))
    return found


def _padding(layer: _ConvNd, dim: int) -> tuple[int, int]:
    if layer.padding == "same":
        total = layer.dilation[dim] * (layer.kernel_size[dim] - 1)
        return total // 2, total - total // 2
    around = 0 if isinstance(layer.padding, str) else int(layer.padding[dim])
    return around, around


def _padded(size: int, before: int, after: int, mode: str) -> Tensor:
    """The position of the input that each position of the padded input shows, -1 for a zero."""
    positions = torch.arange(size, dtype=torch.float64).reshape(1, 1, size)
    pads = (before, after)
    padded = functional.pad(positions, pads, value=-1.0) if mode == "zeros" else functional.pad(positions, pads, mode)
    return padded.flatten().long()
