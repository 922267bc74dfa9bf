"""From images to what the network sees over time."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from config import CodingConfig
from torch import Tensor
from torch.nn import functional

from snnkernels import poisson_encode


class Encoder:
    """Called with images, uint8 `[B, pixels]`, it gives the network's input, float32 `[T, B, pixels]`."""

    def __init__(self, config: CodingConfig, time_steps: int | None = None) -> None:
        self.time_steps = time_steps or config.time_steps
        self._encode: Callable[[Tensor, int, torch.Generator | None], Tensor] = ENCODINGS[config.encoding]

    def __call__(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """generator: on the images' device; used by Poisson coding only."""
        return self._encode(images.float() / 255, self.time_steps, generator)


def shift_images(images: Tensor, pixels: int, generator: torch.Generator) -> Tensor:
    """Move each square image by up to so many pixels, down or up and right or left, drawn anew; 0 fills the rim.

    images: `[B, pixels]`; generator: on their device.
    """
    side, device = math.isqrt(images.shape[1]), images.device
    padded = functional.pad(images.view(-1, side, side), 4 * (pixels,))
    moves = torch.randint(2 * pixels + 1, (2, len(images), 1), generator=generator, device=device)
    rows, columns = torch.arange(side, device=device) + moves
    image = torch.arange(len(images), device=device).view(-1, 1, 1)
    return padded[image, rows[:, :, None], columns[:, None, :]].flatten(1)


def latency_encode(intensities: Tensor, steps: int, generator: torch.Generator | None = None) -> Tensor:
    """Time to first spike: 1 fires at the first step, the darkest pixel above 0 near the last, 0 never."""
    time = ((1 - intensities) * (steps - 1)).round()
    time = time.masked_fill(intensities == 0, steps)
    return torch.stack([(time == step).to(intensities.dtype) for step in range(steps)])


def constant_encode(intensities: Tensor, steps: int, generator: torch.Generator | None = None) -> Tensor:
    """No spikes: a current as strong as the pixel is bright, at every step; a view, not a copy."""
    return intensities.expand(steps, *intensities.shape)


ENCODINGS = {"poisson": poisson_encode, "latency": latency_encode, "constant": constant_encode}
