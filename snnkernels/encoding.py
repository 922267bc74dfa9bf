"""Encoders: from intensities to spike trains."""

from __future__ import annotations

import torch
from torch import Tensor

from .inputs import check_intensities, check_steps


def poisson_encode(images: Tensor, steps: int, generator: torch.Generator | None = None) -> Tensor:
    """Poisson rate coding: at every time step each input fires with a probability equal to its intensity.

    (A Bernoulli trial a step: the discrete form of a Poisson process, as in snnTorch's spikegen.rate.)

    images: `[B, ...]`, floating point, values in [0, 1]. Returns spikes, 0 or 1, `[steps, B, ...]`, of images' dtype.
    generator: on images' device; with the same seed it gives the same spikes.

    Raises TypeError where images is no floating-point tensor, ValueError where a value lies outside [0, 1] (NaN
    included) or steps is less than 1.
    """
    check_intensities(images)
    check_steps(steps)
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    noise = torch.rand((steps, *images.shape), generator=generator, dtype=dtype, device=images.device)
    return (noise < images).to(images.dtype)
