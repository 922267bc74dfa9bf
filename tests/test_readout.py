"""Losses and rates of output spikes, in literal numbers."""

from __future__ import annotations

import math

import pytest
import torch

from snnkernels import firing_rate, lif, pack_spikes, poisson_spikes, spike_count_accuracy, spike_count_loss

# Three time steps, two samples, three classes: counts are (3, 1, 0) and (1, 1, 2).
SPIKES = torch.tensor(
    [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]],
        [[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]],
        [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
    ]
)


def test_spike_count_loss_is_cross_entropy_on_counts() -> None:
    expected = (
        -math.log(math.exp(1) / (math.exp(3) + math.exp(1) + 1))
        - math.log(math.exp(2) / (math.exp(2) + 2 * math.exp(1)))
    ) / 2
    assert spike_count_loss(SPIKES, torch.tensor([1, 2])).item() == pytest.approx(expected, rel=1e-6)


def test_spike_count_loss_has_the_same_gradient_at_every_step() -> None:
    spikes = SPIKES.clone().requires_grad_()
    spike_count_loss(spikes, torch.tensor([0, 0])).backward()
    probability = torch.softmax(torch.tensor([[3.0, 1.0, 0.0], [1.0, 1.0, 2.0]]), 1)
    expected = (probability - torch.tensor([1.0, 0.0, 0.0])) / 2
    for step in spikes.grad:
        torch.testing.assert_close(step, expected)


def test_spike_count_accuracy() -> None:
    assert spike_count_accuracy(SPIKES, torch.tensor([0, 2])).item() == 1.0
    assert spike_count_accuracy(SPIKES, torch.tensor([0, 1])).item() == 0.5
    assert spike_count_accuracy(SPIKES, torch.tensor([2, 1])).item() == 0.0


def test_first_of_equal_counts_is_the_answer() -> None:
    tied = torch.zeros(4, 1, 3)
    assert spike_count_accuracy(tied, torch.tensor([0])).item() == 1.0
    assert spike_count_accuracy(tied, torch.tensor([1])).item() == 0.0


def test_packed_spikes_are_read_too() -> None:
    packed, targets = pack_spikes(SPIKES), torch.tensor([0, 1])
    assert spike_count_accuracy(packed, targets) == spike_count_accuracy(SPIKES, targets)
    assert firing_rate(packed) == firing_rate(SPIKES)


@pytest.mark.parametrize("steps", [2, 3])
def test_packed_spikes_are_counted_over_their_own_time(steps: int) -> None:
    """With as many steps as samples, nothing else tells the two dimensions apart."""
    batch_first = SPIKES[:steps].transpose(0, 1).contiguous()
    for targets in (torch.tensor([0, 2]), torch.tensor([0, 1])):
        expected = spike_count_accuracy(SPIKES[:steps], targets)
        assert spike_count_accuracy(pack_spikes(batch_first, time_dim=1), targets) == expected


def test_firing_rate_of_spikes_that_are_drawn() -> None:
    drawn = poisson_spikes(torch.rand(2, 30), 7, seed=1)
    assert firing_rate(drawn) == firing_rate(drawn.unpack())


def test_firing_rate() -> None:
    assert firing_rate(SPIKES).item() == pytest.approx(8 / 18)
    assert firing_rate(torch.zeros(5, 2, 3)).item() == 0.0
    assert firing_rate(torch.ones(5, 2, 3)).item() == 1.0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_types_are_counted_in_float32(dtype: torch.dtype) -> None:
    """bfloat16 counts no further than 256, float16 no further than 2048."""
    spikes = torch.zeros(4000, 1, 2, dtype=dtype)
    spikes[:, :, 1], spikes[:3001, :, 0] = 1, 1
    assert spike_count_accuracy(spikes, torch.tensor([1])).item() == 1.0
    assert spike_count_loss(spikes, torch.tensor([0])).item() == 999.0
    assert firing_rate(spikes).item() == pytest.approx(7001 / 8000, rel=1e-6)
    assert firing_rate(spikes).dtype == spike_count_loss(spikes, torch.tensor([0])).dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.bool, torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_counts_are_taken_as_their_own_sum(dtype: torch.dtype) -> None:
    counts = torch.tensor([[1, 0, 0], [0, 0, 1]]).to(dtype)
    loss = spike_count_loss(counts, torch.tensor([0, 2]))
    assert loss.dtype == torch.promote_types(dtype, torch.float32)
    assert loss.item() == pytest.approx(math.log(math.e + 2) - 1, rel=1e-6)
    assert spike_count_accuracy(counts, torch.tensor([0, 2])).item() == 1.0


def test_gradient_reaches_the_neurons() -> None:
    """A target of the class that fires least: its current must rise, that of the others fall."""
    current = (torch.rand(10, 4, 3) + torch.tensor([0.0, 0.2, 0.4])).requires_grad_()
    spike_count_loss(lif(current, surrogate="arctan"), torch.zeros(4, dtype=torch.int64)).backward()
    assert (current.grad[..., 0] < 0).all() and (current.grad[..., 1:] > 0).all()
