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

# The upper bits of a word, as many as a float32 has, are compared with the intensity.
_UNUSED_BITS, _LEVELS = 8, float(1 << 24)


@dataclass(frozen=True, eq=False, repr=False)
class PoissonSpikes(SpikeTrain):
    """A Poisson spike train that is never stored. It keeps intensities and a seed, and draws any part when it is used.

    :func:`poisson_spikes` makes it, after it has checked and copied the images; this class itself checks nothing. You
    can save it, move it, pin it, and index it along time. If you choose samples of its batch (`drawn[:, 3:7]`), or a
    DataLoader makes a batch of such samples, the result is :class:`snnkernels.PackedSpikes`. Each sample keeps its
    spikes.

    Attributes:
        images: `[B, ...]`, firing probabilities.
        steps: the number of time steps.
        seed: int64, one element, on the device of the images.
        first: the number of the first step in the stream of random numbers.
        backend: the engine that draws, as in :func:`snnkernels.lif`.
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
        """Save only tensors, numbers and a name, which torch.load takes with weights_only=True."""
        return _of_images, (self.images, self.steps, self.seed, self.first, self.backend)

    def part(self, start: int, steps: int) -> PoissonSpikes:
        start, steps = check_part(start, steps, self.steps)
        return PoissonSpikes(self.images, steps, self.seed, self.first + start, self.backend)

    def unpack(self, dtype: torch.dtype | None = None) -> Tensor:
        """Return the spikes as a tensor of this shape, 0 or 1. The default dtype is that of the images."""
        if dtype is not None:
            check_unpacked(dtype)
        return self._draw(packed=False).reshape(self.shape).to(dtype or self.images.dtype)

    def tensors_and_rebuild(self) -> tuple[tuple[Tensor, ...], Callable[..., PoissonSpikes]]:
        steps, first, backend = self.steps, self.first, self.backend
        return (self.images, self.seed), lambda images, seed: PoissonSpikes(images, steps, seed, first, backend)

    def pack(self) -> PackedSpikes:
        return PackedSpikes(self._draw(packed=True), plain_layout(self.shape, 0))

    def _draw(self, packed: bool) -> Tensor:
        """The spikes, `[1, T, neurons]`, or with `packed` their bits."""
        engine = check_backend(self.backend, self.device)
        images = self.images.flatten()
        if engine == "reference":
            return _poisson(images, self.first, self.steps, self.seed, packed)
        draw = getattr(torch.ops.snnkernels, f"{engine}_poisson")
        return draw(images, self.first, self.steps, self.seed, packed)


def _of_images(images: Tensor, steps: int, seed: Tensor, first: int, backend: str) -> PoissonSpikes:
    """Drawn spikes from what was saved."""
    return PoissonSpikes(images, steps, seed, first, backend)


torch.serialization.add_safe_globals([_of_images])


def _poisson(images: Tensor, first: int, steps: int, seed: Tensor, packed: bool) -> Tensor:
    """The reference for the operators: a neuron fires if its random number from 0 to 1 is below its intensity."""
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
    """Like :func:`poisson_encode`, but stores no spikes: :class:`snnkernels.SpikeLinear` draws them when it runs.

    `poisson_spikes(...).unpack()` equals what poisson_encode returns, bit for bit. The result keeps a copy of the
    images, so you can use their memory again. Arguments and errors are the same.
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

    (This is a Bernoulli trial a step, the discrete form of a Poisson process, as in snnTorch's spikegen.rate.) The
    random numbers come from Philox and have 24 bits, so the probability is rounded to 24 bits.

    Args:
        images: `[B, ...]`, floating point, values in [0, 1].
        steps: the number of time steps.
        generator: on the device of the images. Its next number is the seed of the spikes, so a generator with the same
            seed gives the same spikes.
        seed: a whole number from 0 to 2^63 - 1, instead of a generator. It gives the same spikes on every device and
            engine.
        backend: as in :func:`snnkernels.lif`.

    Returns spikes, 0 or 1, `[steps, B, ...]`, of images' dtype. No gradient flows through them.

    Raises TypeError if images is not a floating-point tensor, or generator not a torch.Generator; ValueError if a value
    lies outside [0, 1] (NaN included), steps is less than 1, or both generator and seed are given.
    """
    return _encoded(images, steps, generator, seed, backend, copy=False).unpack()


def _encoded(
    images: Tensor, steps: int, generator: torch.Generator | None, seed: int | None, backend: str, *, copy: bool
) -> PoissonSpikes:
    """Check the arguments, and make spikes that are drawn later. With `copy` they keep a copy of the images."""
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
