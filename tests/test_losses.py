"""Losses and penalties: numbers worked out by hand, and snnTorch's functions beside ours."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import assert_rounded, assert_same_bits, random_spikes
from torch import Tensor

from snnkernels import (
    LIF,
    activity_penalty,
    first_spike_time,
    last_potential_accuracy,
    last_potential_loss,
    lif,
    max_potential_accuracy,
    max_potential_loss,
    pack_spikes,
    potential_mse,
    silence_penalty,
    spike_count_accuracy,
    spike_count_loss,
    spike_count_mse,
    spike_rate_loss,
    spike_time_accuracy,
    spike_time_loss,
    spike_time_mse,
)

# Three time steps, two samples, three classes: counts are (3, 1, 0) and (1, 1, 2), first spikes at (0, 1, 2 for none)
# and (1, 0, 0).
SPIKES = torch.tensor(
    [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]],
        [[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]],
        [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
    ]
)
TARGETS = torch.tensor([1, 2])
# Two time steps, two samples, two neurons. Largest: (3, 1) and (0, 2); last: (-1, 1) and (0, -2).
POTENTIAL = torch.tensor([[[3.0, 0.0], [-1.0, 2.0]], [[-1.0, 1.0], [0.0, -2.0]]])


def nll(scores: list[float], target: int) -> float:
    """The cross-entropy of a sample."""
    return math.log(sum(math.exp(score) for score in scores)) - scores[target]


def test_spike_rate_loss_is_cross_entropy_of_every_step() -> None:
    first = (nll([1, 0, 0], 1) + nll([1, 1, 0], 1) + nll([1, 0, 0], 1)) / 3
    second = (nll([0, 1, 1], 2) + nll([1, 0, 1], 2) + nll([0, 0, 0], 2)) / 3
    each = spike_rate_loss(SPIKES, TARGETS, reduction="none")
    assert each.tolist() == pytest.approx([first, second], rel=1e-6)
    assert spike_rate_loss(SPIKES, TARGETS).item() == pytest.approx((first + second) / 2, rel=1e-6)
    assert spike_rate_loss(SPIKES, TARGETS, reduction="sum").item() == pytest.approx(first + second, rel=1e-6)
    assert spike_rate_loss(SPIKES.bool(), TARGETS) == spike_rate_loss(SPIKES, TARGETS)
    hard = torch.nn.functional.one_hot(TARGETS, 3).float()
    assert spike_rate_loss(SPIKES, hard).item() == pytest.approx((first + second) / 2, rel=1e-6)


def test_losses_of_the_largest_and_the_last_potential() -> None:
    targets = torch.tensor([0, 0])
    largest, last = (nll([3, 1], 0) + nll([0, 2], 0)) / 2, (nll([-1, 1], 0) + nll([0, -2], 0)) / 2
    assert max_potential_loss(POTENTIAL, targets).item() == pytest.approx(largest, rel=1e-6)
    assert max_potential_loss(POTENTIAL.amax(0), targets).item() == pytest.approx(largest, rel=1e-6)
    assert last_potential_loss(POTENTIAL, targets).item() == pytest.approx(last, rel=1e-6)
    assert last_potential_loss(POTENTIAL[-1], targets).item() == pytest.approx(last, rel=1e-6)
    assert max_potential_accuracy(POTENTIAL, targets) == max_potential_accuracy(POTENTIAL.amax(0), targets) == 0.5
    assert last_potential_accuracy(POTENTIAL, targets) == last_potential_accuracy(POTENTIAL[-1], targets) == 0.5
    assert last_potential_accuracy(POTENTIAL, torch.tensor([1, 0])) == 1.0
    assert max_potential_accuracy(POTENTIAL, torch.tensor([0, 1])) == 1.0


def test_gradient_of_the_largest_potential_goes_to_the_first_of_equals() -> None:
    potential = torch.tensor([[[1.0, 0.0]], [[2.0, 3.0]], [[2.0, 1.0]]], requires_grad=True)
    max_potential_loss(potential, torch.tensor([0])).backward()
    p = math.exp(2) / (math.exp(2) + math.exp(3))
    expected = torch.tensor([[[0.0, 0.0]], [[p - 1, 1 - p]], [[0.0, 0.0]]])
    torch.testing.assert_close(potential.grad, expected)


def test_final_state_of_a_layer_is_its_last_potential() -> None:
    current, targets = torch.randn(7, 4, 3), torch.randint(3, (4,))
    layer = LIF(reset="none", return_state=True)
    _, state = layer(current)
    potential = torch.stack([layer(current[: t + 1])[1] for t in range(7)])
    assert last_potential_loss(state, targets) == last_potential_loss(potential, targets)


def test_options_of_cross_entropy() -> None:
    weight = torch.tensor([1.0, 2.0, 5.0])
    counts = SPIKES.sum(0)
    options: dict[str, Any] = {"weight": weight, "label_smoothing": 0.1}
    expected = torch.nn.functional.cross_entropy(counts, TARGETS, **options)
    assert spike_count_loss(SPIKES, TARGETS, **options) == expected
    assert max_potential_loss(counts, TARGETS, **options) == expected
    assert last_potential_loss(counts, TARGETS, **options) == expected
    assert spike_rate_loss(counts.unsqueeze(0), TARGETS, **options) == expected
    assert spike_time_loss(-counts, TARGETS, **options) == expected
    assert spike_count_loss(SPIKES, TARGETS, reduction="none").tolist() == pytest.approx(
        [nll([3, 1, 0], 1), nll([1, 1, 2], 2)], rel=1e-6
    )


def test_population_code() -> None:
    """Four neurons, two for each class."""
    spikes = torch.tensor([[[1.0, 0.0, 1.0, 1.0]], [[0.0, 0.0, 1.0, 0.0]]])  # counts 1, 0, 2, 1: 1 and 3 a class
    target = torch.tensor([0])
    assert spike_count_loss(spikes, target, num_classes=2).item() == pytest.approx(nll([1, 3], 0), rel=1e-6)
    assert spike_count_loss(spikes.sum(0), target, num_classes=2).item() == pytest.approx(nll([1, 3], 0), rel=1e-6)
    assert spike_count_accuracy(spikes, target, num_classes=2) == 0.0
    assert spike_count_accuracy(pack_spikes(spikes), torch.tensor([1]), num_classes=2) == 1.0
    # 2 steps of 2 neurons a class: 4 * 0.75 = 3 spikes for class 0, 1 for class 1
    loss = spike_count_mse(spikes, target, correct_rate=0.75, incorrect_rate=0.25, num_classes=2)
    assert loss.item() == ((1 - 3) ** 2 + (3 - 1) ** 2) / 2 / 2


def test_spike_count_mse() -> None:
    assert spike_count_mse(SPIKES, TARGETS).item() == pytest.approx((9 + 4 + 0 + 1 + 1 + 1) / 6 / 3, rel=1e-6)
    # targets are 1.5 spikes, which need not be whole, and 0.75
    loss = spike_count_mse(SPIKES, TARGETS, correct_rate=0.5, incorrect_rate=0.25)
    squares = 2.25**2 + 0.5**2 + 0.75**2 + 0.25**2 + 0.25**2 + 0.5**2
    assert loss.item() == pytest.approx(squares / 6 / 3, rel=1e-6)
    assert spike_count_mse(SPIKES.sum(0), TARGETS, correct_rate=0.5, incorrect_rate=0.25, steps=3) == loss


def test_potential_mse() -> None:
    # y is (1, 0) and (0, 1)
    squares = [2, 0, -1, 1, -2, 1, 0, -3]
    expected = sum(square**2 for square in squares) / 8
    assert potential_mse(POTENTIAL, torch.tensor([0, 1])).item() == expected
    assert potential_mse(POTENTIAL, torch.tensor([[1.0, 0.0], [0.0, 1.0]])).item() == expected
    assert potential_mse(POTENTIAL, POTENTIAL - 0.5).item() == 0.25
    wide = potential_mse(POTENTIAL.double(), torch.tensor([0, 1]), on_target=0.1, off_target=0.1)
    assert wide.item() == pytest.approx((POTENTIAL.double() - 0.1).square().mean().item(), rel=1e-14)


def test_first_spike_time_and_its_gradient() -> None:
    spikes = SPIKES.clone().requires_grad_()
    times = first_spike_time(spikes)
    assert times.tolist() == [[0, 1, 2], [1, 0, 0]]
    grad = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    times.backward(grad)
    expected = torch.zeros(3, 2, 3)
    expected[0, 0, 0], expected[1, 0, 1], expected[2, 0, 2] = -1, -2, -3  # the last step of the one that is silent
    expected[1, 1, 0], expected[0, 1, 1], expected[0, 1, 2] = -4, -5, -6
    assert_same_bits(spikes.grad, expected)


@pytest.mark.parametrize("dtype", [torch.bool, torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_first_spike_time_in_every_dtype(dtype: torch.dtype) -> None:
    """Of 4097 steps bfloat16 and float16 count neither."""
    spikes = torch.zeros(4097, 2, dtype=dtype)
    spikes[4095:, 0] = 1
    times = first_spike_time(spikes)
    assert times.tolist() == [4095, 4096]
    assert times.dtype == torch.promote_types(dtype, torch.float32)


def test_spike_time_losses() -> None:
    first, second = nll([0, -1, -2], 1), nll([-1, 0, 0], 2)
    assert spike_time_loss(SPIKES, TARGETS).item() == pytest.approx((first + second) / 2, rel=1e-6)
    assert spike_time_loss(first_spike_time(SPIKES), TARGETS) == spike_time_loss(SPIKES, TARGETS)
    first, second = nll([1, 1 / 2, 1 / 3], 1), nll([1 / 2, 1, 1], 2)
    loss = spike_time_loss(SPIKES, TARGETS, inverse="reciprocal")
    assert loss.item() == pytest.approx((first + second) / 2, rel=1e-6)
    # times (0, 1, 2), (1, 0, 0); wanted (2, 0, 2), (2, 2, 0)
    loss = spike_time_mse(SPIKES, TARGETS)
    assert loss.item() == pytest.approx((4 + 1 + 0 + 1 + 4 + 0) / 9 / 6, rel=1e-6)
    assert spike_time_mse(SPIKES, TARGETS, tolerance=2).item() == pytest.approx((4 + 4) / 9 / 6, rel=1e-6)
    wanted = torch.tensor([[2, 0, 2], [2, 2, 0]])
    assert spike_time_mse(SPIKES, wanted, tolerance=2) == spike_time_mse(SPIKES, TARGETS, tolerance=2)
    assert spike_time_accuracy(SPIKES, torch.tensor([0, 1])) == 1.0
    assert spike_time_accuracy(SPIKES, torch.tensor([0, 2])) == 0.5  # of equal times the first is the answer


def test_the_times_of_several_first_spikes() -> None:
    """Spikes at (0, 1, 2), (1) and (2) of the first sample, (1), (0) and (0, 1) of the second."""
    spikes = SPIKES.clone()
    spikes[1, 0, 1], spikes[2, 0, 2] = 1, 1
    spikes.requires_grad_()
    times = first_spike_time(spikes, count=2)
    assert times.tolist() == [[[0, 1, 2], [1, 0, 0]], [[1, 2, 2], [2, 2, 1]]]
    assert first_spike_time(spikes, count=1).tolist() == [first_spike_time(spikes).tolist()]
    times.backward(torch.arange(1.0, 13.0).view(2, 2, 3))
    expected = torch.zeros(3, 2, 3)
    expected[0, 0, 0], expected[1, 0, 1], expected[2, 0, 2] = -1, -2, -3 - 9  # the last step stands for what is not
    expected[1, 1, 0], expected[0, 1, 1], expected[0, 1, 2] = -4, -5, -6
    expected[1, 0, 0], expected[2, 0, 1] = -7, -8
    expected[2, 1, 0], expected[2, 1, 1], expected[1, 1, 2] = -10, -11, -12
    assert_same_bits(spikes.grad, expected)
    # wanted of class 1 and 2: (0, 1), of others (1, 2), of 3 steps
    squares = [1, 1, 1, 0, 1, 0] + [1, 1, 0, 0, 0, 0]
    loss = spike_time_mse(spikes, TARGETS, on_target=(0, 1), off_target=torch.tensor([1, -1]))
    wanted = torch.tensor([[[1, 0, 1], [1, 1, 0]], [[2, 1, 2], [2, 2, 1]]])
    expected_loss = ((times.detach() - wanted) / 3).square().mean().item()
    assert loss.item() == pytest.approx(expected_loss, rel=1e-6)
    assert spike_time_mse(spikes, wanted).item() == loss.item()
    assert expected_loss == pytest.approx(sum(squares) / 9 / 12, rel=1e-6)


def test_what_a_tolerance_forgives_has_no_gradient() -> None:
    spikes = SPIKES.clone().requires_grad_()
    spike_time_mse(spikes, TARGETS, tolerance=2).backward()
    assert spikes.grad.nonzero().tolist() == [[0, 0, 0], [0, 1, 1]]
    assert spikes.grad[0, 0, 0].item() == pytest.approx(2 * 2 / 9 / 6, rel=1e-6)  # later, so a weaker input


def test_penalties() -> None:
    """Counts (3, 1, 0) and (1, 1, 2)."""
    assert activity_penalty(SPIKES).item() == pytest.approx(8 / 6)
    assert activity_penalty(SPIKES, 1.0).item() == pytest.approx(3 / 6)
    assert activity_penalty(SPIKES, 1.0, order=2).item() == pytest.approx(5 / 6)
    assert activity_penalty(SPIKES, 1.25, over="layer").item() == pytest.approx((1 / 12 + 1 / 12) / 2, rel=1e-5)
    assert activity_penalty(SPIKES, 1.5, over="batch", order=2).item() == pytest.approx(0.25 / 3)
    assert silence_penalty(SPIKES).item() == pytest.approx(1 / 6)
    assert silence_penalty(SPIKES, 2.0).item() == pytest.approx((1 + 4 + 1 + 1) / 6)
    assert silence_penalty(SPIKES, 2.0, order=1).item() == pytest.approx(5 / 6)
    assert silence_penalty(SPIKES, 1.5, over="batch", order=1).item() == pytest.approx(1.0 / 3)
    assert silence_penalty(SPIKES.sum(0), 2.0) == silence_penalty(SPIKES, 2.0)
    assert activity_penalty(pack_spikes(SPIKES)) == activity_penalty(SPIKES)
    images = SPIKES.reshape(3, 2, 3, 1, 1).expand(3, 2, 3, 2, 2)
    assert activity_penalty(images, 1.25, over="layer") == activity_penalty(SPIKES, 1.25, over="layer")


def test_penalty_of_spytorch() -> None:
    spikes = random_spikes(9, 4, 5)
    theirs = spikes.sum(0).sum(0).square().mean()  # L2 loss on spikes per neuron
    assert_rounded(activity_penalty(spikes, order=2, over="batch") * 4**2, theirs)


def test_a_neuron_at_its_bound_pays_as_one_above_it() -> None:
    """Counts (3, 1, 0) and (1, 1, 2)."""
    for upper, paying in ((0.0, [[1, 1, 1], [1, 1, 1]]), (1.0, [[1, 1, 0], [1, 1, 1]]), (2.0, [[1, 0, 0], [0, 0, 1]])):
        spikes = SPIKES.clone().requires_grad_()
        activity_penalty(spikes, upper).backward()
        assert_rounded(spikes.grad, torch.tensor(paying).expand(3, 2, 3) / 6)


def test_a_silent_neuron_is_woken() -> None:
    current = torch.full((10, 2, 3), 0.01, requires_grad=True)
    silence_penalty(lif(current, surrogate="arctan")).backward()
    assert (current.grad < 0).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: spike_rate_loss(SPIKES.sum(0), TARGETS), ValueError, r"of every step, \[T, B, classes\], got shape"),
        (lambda: spike_count_loss(SPIKES, TARGETS, num_classes=2), ValueError, "must divide .* 3, got 2"),
        (lambda: max_potential_loss(SPIKES.bool(), TARGETS), TypeError, "floating-point tensor, got bool"),
        (lambda: max_potential_loss(SPIKES[0, 0], TARGETS), ValueError, r"or the largest over time, \[B, classes\]"),
        (lambda: last_potential_loss([1.0], TARGETS), TypeError, "potential must be a .* got list"),
        (lambda: potential_mse(SPIKES.sum(0), TARGETS), ValueError, r"every step, \[T, B, classes\], got shape"),
        (lambda: potential_mse(SPIKES, TARGETS.float()), TypeError, "class indices, of integers, got float32"),
        (lambda: potential_mse(SPIKES, torch.ones(2, 2)), ValueError, r"broadcast to \(3, 2, 3\), got shape \(2, 2\)"),
        (lambda: potential_mse(SPIKES, 1), TypeError, "class indices, or of potentials, got int"),
        (lambda: spike_count_mse(SPIKES.sum(0), TARGETS), ValueError, "steps must be given with counts"),
        (lambda: spike_count_mse(SPIKES, TARGETS, steps=3), ValueError, "have 3 time steps"),
        (lambda: spike_count_mse(SPIKES, TARGETS, correct_rate=-1), ValueError, "correct_rate must be 0 or more"),
        (lambda: spike_count_mse(pack_spikes(SPIKES), TARGETS), TypeError, "floating-point or bool tensor"),
        (lambda: spike_count_mse(SPIKES, TARGETS[:1]), ValueError, "one a sample, of shape"),
        (lambda: spike_time_mse(SPIKES, TARGETS, off_target=3), ValueError, "one of 3 time steps, from -3 to 2, got 3"),
        (lambda: spike_time_mse(SPIKES, TARGETS, on_target=(0, 1)), ValueError, "must have as many time steps, got"),
        (lambda: spike_time_mse(SPIKES, torch.zeros(4, 2, 3)), ValueError, "must be from 1 to 3 time steps, got 4"),
        (lambda: first_spike_time(SPIKES, count=0), ValueError, "count, the number of spikes of a neuron, must be"),
        (lambda: first_spike_time(SPIKES, count=1.5), TypeError, "count must be a whole number, got 1.5"),
        (lambda: spike_time_loss(SPIKES, TARGETS, inverse="negative"), ValueError, "did you mean 'negate'"),
        (lambda: spike_time_loss(SPIKES[0, 0], TARGETS), ValueError, r"or times of first spikes, \[B, classes\]"),
        (lambda: first_spike_time(torch.zeros(0, 3)), ValueError, "with one time step or more"),
        (lambda: activity_penalty(SPIKES, order=3), ValueError, "order must be 1"),
        (lambda: activity_penalty(SPIKES, over="neurons"), ValueError, "did you mean 'neuron'"),
        (lambda: silence_penalty(SPIKES, -1.0), ValueError, "lower must be 0 or more"),
    ],
)
def test_wrong_input(call: Callable[[], Tensor], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_losses_compile_to_one_graph() -> None:
    spikes, targets = random_spikes(6, 4, 10), torch.randint(5, (4,))

    def losses(spikes: Tensor) -> Tensor:
        two = spikes[..., :5]
        return torch.stack(
            [
                spike_count_loss(spikes, targets, num_classes=5),
                spike_rate_loss(two, targets),
                max_potential_loss(two, targets),
                spike_count_mse(spikes, targets, num_classes=5),
                potential_mse(two, targets),
                spike_time_loss(two, targets),
                spike_time_mse(two, targets),
                spike_time_mse(two, targets, on_target=(0, 1), off_target=(4, 5)),
                activity_penalty(spikes),
                silence_penalty(spikes),
            ]
        )

    given = [spikes.clone().requires_grad_() for _ in range(2)]
    results = [losses(given[0]), torch.compile(losses, fullgraph=True, backend="aot_eager")(given[1])]
    for result in results:
        result.sum().backward()
    torch.testing.assert_close(results[1], results[0])
    torch.testing.assert_close(given[1].grad, given[0].grad)
