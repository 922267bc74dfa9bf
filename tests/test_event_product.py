"""The product of spikes and weights: event-driven sums against sums in the order that they promise, and torch's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from support import assert_rounded, assert_same_bits, random_layer, random_spikes
from torch import Tensor, nn

from snnkernels import (
    PackedSpikes,
    pack_spikes,
    poisson_spikes,
    spike_linear,
)
from snnkernels.linear import Spikes

DTYPES = (torch.float32, torch.float64)

# Time, batch, inputs and outputs: one of each, less and more than a panel and than a block of one, none at all.
SIZES = ((1, 1, 1, 1), (3, 5, 7, 9), (2, 3, 64, 32), (4, 60, 200, 33), (9, 250, 17, 70), (1, 2, 401, 130))
EMPTY = ((2, 0, 5, 3), (2, 3, 0, 3), (2, 3, 5, 0))


def sum_in_order(spikes: Tensor, rows: Tensor, first: Tensor) -> Tensor:
    """`first`, plus the rows that spikes `[M, K]` select from rows `[K, N]`, in ascending order of K."""
    total = first.expand(len(spikes), -1).clone()
    for spike, row in zip(spikes.unbind(1), rows, strict=True):
        total = torch.where(spike.unsqueeze(1) != 0, total + row, total)
    return total


def gradients(product: Callable[..., Tensor], grad: Tensor, *leaves: Tensor) -> tuple[Tensor, ...]:
    """What a product gives, and the gradients of what it is given."""
    leaves = tuple(leaf.detach().requires_grad_() for leaf in leaves)
    current = product(*leaves)
    return current.detach(), *torch.autograd.grad(current, leaves, grad)


def as_dense(spikes: Tensor) -> Tensor:
    return spikes


def as_bool(spikes: Tensor) -> Tensor:
    return spikes.bool()


def as_gaps(spikes: Tensor) -> Tensor:
    return torch.stack((spikes, 1 - spikes), -1)[..., 0]


def as_packed(spikes: Tensor) -> PackedSpikes:
    return pack_spikes(spikes)


def as_packed_by_sample(spikes: Tensor) -> PackedSpikes:
    """`[T, B, K]`, packed as if the first dimension were not time."""
    return pack_spikes(spikes, time_dim=1)


def as_packed_in_another_order(spikes: Tensor) -> PackedSpikes:
    """Time lies second in memory."""
    return pack_spikes(spikes.transpose(0, 1).contiguous().transpose(0, 1))


FORMS = (as_dense, as_bool, as_gaps, as_packed, as_packed_by_sample, as_packed_in_another_order)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.usefixtures("native")
def test_events_are_summed_in_their_order(
    size: tuple[int, ...], dtype: torch.dtype, form: Callable[[Tensor], Spikes]
) -> None:
    """Current and weight gradient, bit for bit; the other gradients are torch's."""
    steps, batch, inputs, outputs = size
    spikes, (weight, bias) = random_spikes(steps, batch, inputs), random_layer(inputs, outputs, dtype)
    grad, flat = torch.randn(steps, batch, outputs, dtype=dtype), spikes.flatten(0, 1)
    current, grad_weight, grad_bias = gradients(
        lambda *layer: spike_linear(form(spikes), *layer, product="events"), grad, weight, bias
    )
    assert_same_bits(current.flatten(0, 1), sum_in_order(flat, weight.T, bias), "current")
    zero = torch.zeros(outputs, dtype=dtype)
    assert_same_bits(grad_weight.T, sum_in_order(flat.T, grad.flatten(0, 1), zero), "weight")
    assert_same_bits(grad_bias, grad.flatten(0, 1).sum(0), "bias")


@pytest.mark.parametrize("product", ["auto", "events", "dense"])
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.5, 1.0])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.usefixtures("native")
def test_every_product_is_torchs(dtype: torch.dtype, rate: float, product: str) -> None:
    spikes, (weight, bias) = random_spikes(5, 40, 300, rate=rate, dtype=dtype), random_layer(300, 50, dtype)
    grad = torch.randn(5, 40, 50, dtype=dtype)
    actual = gradients(lambda *leaves: spike_linear(*leaves, product=product), grad, spikes, weight, bias)
    expected = gradients(nn.functional.linear, grad, spikes, weight, bias)
    for what, ours, theirs in zip(("current", "spikes", "weight", "bias"), actual, expected, strict=True):
        assert_rounded(ours, theirs, what, terms=4)


@pytest.mark.parametrize("product", ["auto", "events", "dense"])
@pytest.mark.usefixtures("native")
def test_packed_and_drawn_spikes_are_their_values(product: str) -> None:
    images, (weight, bias) = torch.rand(6, 21), random_layer(21, 13)
    drawn = poisson_spikes(images, 5, seed=3).part(1, 4)
    grad = torch.randn(4, 6, 13)

    def run(spikes: Spikes) -> tuple[Tensor, ...]:
        return gradients(lambda *layer: spike_linear(spikes, *layer, product=product), grad, weight, bias)

    expected = run(drawn.unpack())
    for spikes in (drawn, drawn.pack(), pack_spikes(drawn.unpack())):
        for ours, theirs in zip(run(spikes), expected, strict=True):
            assert_same_bits(ours, theirs, type(spikes).__name__)


@pytest.mark.usefixtures("native")
def test_threads_do_not_change_a_bit() -> None:
    spikes, (weight, bias) = random_spikes(25, 100, 300), random_layer(300, 200)
    grad = torch.randn(25, 100, 200)
    threads, results = torch.get_num_threads(), []
    try:
        for count in (1, 2, 5):
            torch.set_num_threads(count)
            results.append(
                gradients(lambda *layer: spike_linear(spikes, *layer, product="events"), grad, weight, bias)[:2]
            )
    finally:
        torch.set_num_threads(threads)
    for result in results[1:]:
        for actual, expected in zip(result, results[0], strict=True):
            assert_same_bits(actual, expected)


@pytest.mark.parametrize("size", EMPTY, ids=str)
@pytest.mark.usefixtures("native")
def test_nothing_gives_nothing(size: tuple[int, ...]) -> None:
    steps, batch, inputs, outputs = size
    (weight, bias), grad = random_layer(inputs, outputs), torch.ones(steps, batch, outputs)
    spikes = random_spikes(steps, batch, inputs)
    actual = gradients(lambda *layer: spike_linear(spikes, *layer, product="events"), grad, weight, bias)
    expected = gradients(lambda *layer: nn.functional.linear(spikes, *layer), grad, weight, bias)
    for ours, theirs in zip(actual, expected, strict=True):
        assert_same_bits(ours, theirs)


@pytest.mark.parametrize("value", [0.5, -1.0, 2.0, float("inf"), float("nan")])
@pytest.mark.usefixtures("native")
def test_values_other_than_0_and_1_go_the_dense_way(value: float) -> None:
    """By themselves, and with gradients: a sum over events would take each of them for a spike."""
    spikes, (weight, bias) = random_spikes(3, 4, 30), random_layer(30, 8)
    spikes[1, 2, 29] = value
    grad = torch.randn(3, 4, 8)
    actual = gradients(spike_linear, grad, spikes, weight, bias)
    expected = gradients(nn.functional.linear, grad, spikes, weight, bias)
    for ours, theirs in zip(actual, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0, equal_nan=True)
    with pytest.raises(ValueError, match=rf'^spikes must be 0 or 1 where product="events", got {value}$'):
        spike_linear(spikes, weight, bias, product="events")


@pytest.mark.usefixtures("native")
def test_the_first_other_value_is_named() -> None:
    """Whichever thread is the first to find one."""
    spikes = random_spikes(500, 40, 30)
    spikes[100:, :, 7], spikes[99, 3, 4] = 3.0, 0.25
    for _ in range(20):
        assert torch.ops.snnkernels.native_pack(spikes.flatten(0, 1))[1].item() == 0.25


@pytest.mark.usefixtures("native")
def test_backward_keeps_one_bit_a_spike() -> None:
    weight, bias = (leaf.requires_grad_() for leaf in random_layer(64, 16))
    kept: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        spike_linear(random_spikes(5, 8, 64), weight, bias, product="events")
        spike_linear(poisson_spikes(torch.rand(8, 64), 5), weight, bias, product="events")
    sizes = [tensor.numel() * tensor.element_size() for tensor in kept if tensor is not weight]
    assert sizes == [5 * 8 * 64 // 8, 8 * 64 * 4, 8], "bits; images and a seed"


@pytest.mark.usefixtures("native")
def test_second_derivative_is_the_dense_products() -> None:
    weight, bias = (leaf.requires_grad_() for leaf in random_layer(6, 4))
    spikes = random_spikes(2, 3, 6).requires_grad_()
    current = spike_linear(spikes, weight, bias, product="events")
    (grad,) = torch.autograd.grad(current.square().sum(), spikes, create_graph=True)
    for leaf in (spikes, weight):
        with pytest.raises(RuntimeError, match=r'second derivative .* spike_linear\(..., product="dense"\)'):
            torch.autograd.grad(grad.sum() + leaf.sum(), leaf, retain_graph=True)
    torch.autograd.gradgradcheck(
        lambda w: spike_linear(spikes.double(), w, product="dense").square(), weight.detach().double().requires_grad_()
    )
