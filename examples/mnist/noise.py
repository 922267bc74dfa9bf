"""Images that a network was not trained on: the test images, with noise."""

from __future__ import annotations

from collections.abc import Callable

import torch
from data import Split
from torch import Tensor

_SEED = 0


def add_gaussian(images: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """level: standard deviation, where 1 is the way from black to white; what leaves that range is cut off."""
    noise = torch.randn(images.shape, generator=generator, device=images.device)
    return (images + 255 * level * noise).round().clamp(0, 255).byte()


def add_salt_and_pepper(images: Tensor, level: float, generator: torch.Generator) -> Tensor:
    """level: the fraction of pixels that turn black or white, at random."""
    chance = torch.rand(images.shape, generator=generator, device=images.device)
    return images.masked_fill(chance < level / 2, 0).masked_fill(chance > 1 - level / 2, 255)


NOISES: dict[str, Callable[[Tensor, float, torch.Generator], Tensor]] = {
    "Gaussian": add_gaussian,
    "salt and pepper": add_salt_and_pepper,
}


def noisy(split: Split, kind: str, level: float) -> Split:
    """The same noise every time, for every network."""
    generator = torch.Generator(split.labels.device).manual_seed(_SEED)
    return Split(NOISES[kind](split.images, level, generator), split.labels)
