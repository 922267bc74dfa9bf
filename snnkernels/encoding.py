"""Encoders: from intensities to spike trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from . import ops  # noqa: F401  defines the operators
from .inputs import check_backend, check_generator, check_intensities, check_part, check_seed, check_steps
from .packed import PackedSpikes
from .philox import philox
from .scan import Layout, metadata, pack_bits

# A word's upper bits, as many as a float32 can tell apart, are compared with the intensity.
_UNUSED_BITS, _LEVELS = 8, float(1 << 24)


@dataclass(frozen=True, eq=False, repr=False)
class PoissonSpikes:
    """A Poisson spike train that is never stored: the intensities, and the seed from which any part is drawn anew.

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
        """The shape of the spike train, `[T, B, ...]`."""
        return torch.Size((self.steps, *self.images.shape))

    @property
    def device(self) -> torch.device:
        return self.images.device

    def __repr__(self) -> str:
        return f"PoissonSpikes(shape={tuple(self.shape)}, device='{self.device}')"

    def to(self, device: torch.device | str) -> PoissonSpikes:
        """These spikes, the same, on a device."""
        return replace(self, images=self.images.to(device), seed=self.seed.to(device))

    def part(self, start: int, steps: int) -> PoissonSpikes:
        """`steps` time steps of it, from `start`. Raises ValueError where it does not have them."""
        start, steps = check_part(start, steps, self.steps)
        return PoissonSpikes(self.images, steps, self.seed, self.first + start, self.backend)

    def unpack(self, dtype: torch.dtype | None = None) -> Tensor:
        """The spikes, 0 or 1, of this shape; of images' dtype where none is given."""
        return self._draw(packed=False).reshape(self.shape).to(dtype or self.images.dtype)

    def apart(self) -> tuple[tuple[Tensor, ...], Callable[..., PoissonSpikes]]:
        """Its tensors, for autograd to keep, and what makes spikes of them again."""
        steps, first, backend = self.steps, self.first, self.backend
        tensors = (self.images.detach(), self.seed)
        return tensors, lambda images, seed: PoissonSpikes(images, steps, seed, first, backend)

    def pack(self) -> PackedSpikes:
        """The spikes, one bit each."""
        like = torch.empty(self.shape, device="meta")
        return PackedSpikes(self._draw(packed=True), Layout(metadata(like), 0))

    def _draw(self, packed: bool) -> Tensor:
        """`[1, T, neurons]`, or as many bits."""
        engine = check_backend(self.backend, self.device)
        images = self.images.detach().flatten().contiguous()
        if engine == "reference":
            return _poisson(images, self.first, self.steps, self.seed, packed)
        draw = getattr(torch.ops.snnkernels, f"{engine}_poisson")
        return draw(images, self.first, self.steps, self.seed, packed)


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

    `poisson_spikes(...).unpack()` is what poisson_encode returns, bit for bit. Arguments and errors are the same.
    """
    check_intensities(images)
    check_steps(steps)
    check_generator(generator)
    check_backend(backend, images.device)
    if seed is None:
        drawn = torch.randint(2**63 - 1, (1,), generator=generator, device=images.device)
    else:
        drawn = torch.full((1,), check_seed(seed, generator), device=images.device)
    return PoissonSpikes(images, steps, drawn, backend=backend)


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
    return poisson_spikes(images, steps, generator, seed=seed, backend=backend).unpack()
