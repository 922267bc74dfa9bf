"""Poisson coding: spikes with a probability equal to intensity, the same from the same generator."""

from __future__ import annotations

import pytest
import torch

from snnkernels import poisson_encode


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_firing_rate_is_the_intensity(dtype: torch.dtype) -> None:
    intensities = torch.tensor([0.0, 1 / 256, 0.25, 0.5, 0.9, 1.0], dtype=dtype)
    steps, batch = 200, 200
    spikes = poisson_encode(intensities.expand(batch, -1), steps)
    assert spikes.shape == (steps, batch, 6) and spikes.dtype == dtype
    assert set(spikes.unique().tolist()) == {0.0, 1.0}
    exact = intensities.double()
    error = spikes.double().mean((0, 1)) - exact
    five_sigma = 5 * (exact * (1 - exact) / (steps * batch)).sqrt()
    assert (error.abs() <= five_sigma).all(), "never at 0, always at 1, and as often as asked between"


def test_spikes_are_independent_from_step_to_step_and_neuron_to_neuron() -> None:
    spikes = poisson_encode(torch.full((500,), 0.5, dtype=torch.float64), 500) - 0.5
    noise = 5 / 500  # five sigma of a mean of 250,000 products of +-1
    assert abs((4 * spikes[1:] * spikes[:-1]).mean()) < noise
    assert abs((4 * spikes[:, 1:] * spikes[:, :-1]).mean()) < noise


def test_same_generator_same_spikes() -> None:
    images = torch.rand(3, 2, 4, 4)
    first, again, other = (poisson_encode(images, 7, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert first.shape == (7, 3, 2, 4, 4)
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_generator_advances_and_leaves_the_global_one_alone() -> None:
    images, generator = torch.full((100,), 0.5), torch.Generator().manual_seed(1)
    state = torch.get_rng_state()
    assert not torch.equal(poisson_encode(images, 9, generator), poisson_encode(images, 9, generator))
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(poisson_encode(images, 9), poisson_encode(images, 9))
    assert not torch.equal(torch.get_rng_state(), state)


def test_half_types_fire_with_their_own_intensity() -> None:
    """The comparison is in float32: in bfloat16 noise rounds up to 1, and 255/256 would fire too seldom."""
    images = torch.full((40_000,), 255 / 256, dtype=torch.bfloat16)
    silent = 40_000 * 25 - poisson_encode(images, 25).float().sum().item()
    assert silent == pytest.approx(40_000 * 25 / 256, rel=0.1)


def test_no_gradient_and_no_graph() -> None:
    assert not poisson_encode(torch.rand(2, 3).requires_grad_(), 4).requires_grad


def test_empty_batch() -> None:
    assert poisson_encode(torch.zeros(0, 5), 3).shape == (3, 0, 5)


@pytest.mark.gpu
def test_on_a_gpu() -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    images = torch.rand(3, 5, device="cuda")
    first, again = (poisson_encode(images, 7, torch.Generator("cuda").manual_seed(5)) for _ in range(2))
    assert first.device.type == "cuda" and torch.equal(first, again)
