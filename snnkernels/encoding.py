"""Encoders: from intensities to spike trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from . import ops  # noqa: F401  defines the operators
from .inputs import (
    check_backend,
    check_generator,
    check_intensities,
    check_part,
    check_seed,
    check_steps,
    check_unpacked,
)
from .packed import PackedSpikes, plain_layout
from .philox import philox
from .scan import pack_bits
from .spike_train import SpikeTrain

# A word's upper bits, as many as a float32 can tell apart, are compared with the intensity.
_UNUSED_BITS, _LEVELS = 8, float(1 << 24)


@dataclass(frozen=True, eq=False, repr=False)
class PoissonSpikes(SpikeTrain):
    """A Poisson spike train that is never stored: the intensities, and the seed from which any part is drawn anew.

    :func:`poisson_spikes` makes it, which checks what this class takes as it is, and copies the images. It can be
    saved, moved and pinned, and indexed along time. Some samples of its batch (`drawn[:, 3:7]`), and a batch that a
    DataLoader makes of drawn samples, are :class:`snnkernels.PackedSpikes`: of each the random numbers are its own.

    images: `[B, ...]`, firing probabilities; seed: int64, one element, on their device; `steps` time steps from number
    `first` of the stream.
    """

    images: Tensor
    steps: int
    seed: Tensor
    first: int = 0
    backend: str = "auto"

    @property
    def shape(self) -> torch.Size:
        return torch.Size((self.steps, *self.images.shape))

    @property
    def time_dim(self) -> int:
        return 0

    def __reduce__(self) -> tuple[Any, ...]:
        """Of tensors, numbers and a name alone, which torch.load takes with weights_only=True."""
        return _of_images, (self.images, self.steps, self.seed, self.first, self.backend)

    def part(self, start: int, steps: int) -> PoissonSpikes:
        start, steps = check_part(start, steps, self.steps)
        return PoissonSpikes(self.images, steps, self.seed, self.first + start, self.backend)

    def unpack(self, dtype: torch.dtype | None = None) -> Tensor:
        """The spikes, 0 or 1, of this shape; of images' dtype where none is given."""
        if dtype is not None:
            check_unpacked(dtype)
        return self._draw(packed=False).reshape(self.shape).to(dtype or self.images.dtype)

    def apart(self) -> tuple[tuple[Tensor, ...], Callable[..., PoissonSpikes]]:
        steps, first, backend = self.steps, self.first, self.backend
        return (self.images, self.seed), lambda images, seed: PoissonSpikes(images, steps, seed, first, backend)

    def pack(self) -> PackedSpikes:
        return PackedSpikes(self._draw(packed=True), plain_layout(self.shape, 0))

    def _draw(self, packed: bool) -> Tensor:
        """`[1, T, neurons]`, or as many bits."""
        engine = check_backend(self.backend, self.device)
        images = self.images.flatten()
        if engine == "reference":
            return _poisson(images, self.first, self.steps, self.seed, packed)
        draw = getattr(torch.ops.snnkernels, f"{engine}_poisson")
        return draw(images, self.first, self.steps, self.seed, packed)


def _of_images(images: Tensor, steps: int, seed: Tensor, first: int, backend: str) -> PoissonSpikes:
    """What was saved."""
    return PoissonSpikes(images, steps, seed, first, backend)


torch.serialization.add_safe_globals([_of_images])


def _poisson(images: Tensor, first: int, steps: int, seed: Tensor, packed: bool) -> Tensor:
    """The reference of the operators: a neuron fires where its random number from 0 to 1 is below its intensity."""
    words = philox(seed, first * images.numel(), steps * images.numel())
    numbers = (words >> _UNUSED_BITS).to(torch.promote_types(images.dtype, torch.float32))
    spikes = (numbers.reshape(1, steps, -1) < images.to(numbers.dtype) * _LEVELS).to(images.dtype)
    return pack_bits(spikes) if packed else spikes


def poisson_spikes(
    images: Tensor,
    steps: int,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    backend: str = "auto",
) -> PoissonSpikes:
    """:func:`poisson_encode` without the spikes: what :class:`snnkernels.SpikeLinear` draws them from, step by step.

    `poisson_spikes(...).unpack()` is what poisson_encode returns, bit for bit. It keeps a copy of the images, so that
    their memory can be used again. Arguments and errors are the same.
    """
    return _encoded(images, steps, generator, seed, backend, copy=True)


def poisson_encode(
    images: Tensor,
    steps: int,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    backend: str = "auto",
) -> Tensor:
    """Poisson rate coding: at every time step each input fires with a probability equal to its intensity.

    (A Bernoulli trial a step: the discrete form of a Poisson process, as in snnTorch's spikegen.rate.) The random
    numbers are Philox's, of 24 bits, by which the probability is rounded.

    images: `[B, ...]`, floating point, values in [0, 1]. Returns spikes, 0 or 1, `[steps, B, ...]`, of images' dtype,
    through which no gradient flows.
    generator: on images' device; its next number is the seed. With the same seed it gives the same spikes.
    seed: a whole number from 0 to 2^63 - 1 instead: the same spikes on every device and engine.
    backend: as in :func:`snnkernels.lif`.

    Raises TypeError where images is no floating-point tensor, or generator no torch.Generator; ValueError where a value
    lies outside [0, 1] (NaN included), steps is less than 1, or both generator and seed are given.
    """
    return _encoded(images, steps, generator, seed, backend, copy=False).unpack()


def _encoded(
    images: Tensor, steps: int, generator: torch.Generator | None, seed: int | None, backend: str, *, copy: bool
) -> PoissonSpikes:
    """Spikes that are yet to be drawn, from a contiguous copy of the images, or where it is asked for no copy."""
    check_intensities(images)
    steps = check_steps(steps)
    check_generator(generator)
    check_backend(backend, images.device)
    if seed is None:
        drawn = torch.randint(2**63 - 1, (1,), generator=generator, device=images.device)
    else:
        drawn = torch.full((1,), check_seed(seed, generator), device=images.device)
    images = images.detach()
    images = images.clone(memory_format=torch.contiguous_format) if copy else images.contiguous()
    return PoissonSpikes(images, steps, drawn, backend=backend)
