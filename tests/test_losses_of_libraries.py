"""Losses beside those of snnTorch and SpikingJelly: the rows of docs/coming-from.md, at edges too, and others."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import torch
from pages import section
from support import assert_rounded, random_spikes, skip_or_fail
from torch import Tensor

import snnkernels
from snnkernels import spike_rate_loss, spike_time_mse

ROWS = [
    [cell.strip().strip("`") for cell in line.strip("|").split("|")]
    for line in section("docs/coming-from.md", "Losses").splitlines()
    if line.startswith("| `")
]


def snntorch_functional() -> Any:
    """snnTorch's functions; skip where it is not installed, or fail where SNNKERNELS_REQUIRE names it."""
    try:
        return importlib.import_module("snntorch.functional")
    except ImportError as error:
        skip_or_fail("snntorch", f"snnTorch cannot be imported: {error}")


def test_the_page_has_every_loss_of_snntorch() -> None:
    module = snntorch_functional()
    names = {name for name in vars(module) if name.endswith("_loss") or name.startswith(("l1_", "accuracy_"))}
    assert names and all(any(theirs.startswith(f"SF.{name}(") for theirs, _ in ROWS) for name in names)


@pytest.mark.filterwarnings("ignore")  # its warnings are not ours to heed
@pytest.mark.parametrize(("theirs", "ours"), ROWS)
def test_rows_of_the_page(theirs: str, ours: str) -> None:
    """Values and, of losses, gradients."""
    module = snntorch_functional()
    spikes, y = random_spikes(8, 60, 10), torch.randint(5, (60,))
    xs = [spikes.clone().requires_grad_("acc" not in ours) for _ in range(2)]
    expected = torch.as_tensor(eval(theirs, {"SF": module, "x": xs[0], "y": y.clone()})).squeeze()
    result = eval(ours, {**vars(snnkernels), "x": xs[1], "y": y})
    assert_rounded(result.detach(), expected.detach().to(result.dtype), "value")
    assert result > 0
    if result.requires_grad:
        expected.backward()
        result.backward()
        assert_rounded(xs[1].grad, xs[0].grad, "gradient", terms=8)
        assert xs[1].grad.any()


EDGES: dict[str, Tensor] = {
    "silent": torch.zeros(8, 4, 10),
    "saturated": torch.ones(8, 4, 10),
    "first step": torch.cat([torch.ones(1, 4, 10), torch.zeros(7, 4, 10)]),
    "last step": torch.cat([torch.zeros(7, 4, 10), torch.ones(1, 4, 10)]),
    "one neuron": torch.eye(10)[torch.tensor([0, 3, 9, 5])].expand(8, 4, 10).contiguous(),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize(("theirs", "ours"), ROWS)
def test_rows_of_the_page_at_their_edges(theirs: str, ours: str, edge: str) -> None:
    """Spikes of which counts, times and potentials are equal, or none."""
    module, y = snntorch_functional(), torch.tensor([0, 3, 4, 1])
    xs = [EDGES[edge].clone().requires_grad_("acc" not in ours) for _ in range(2)]
    expected = torch.as_tensor(eval(theirs, {"SF": module, "x": xs[0], "y": y.clone()})).squeeze()
    result = eval(ours, {**vars(snnkernels), "x": xs[1], "y": y})
    assert_rounded(result.detach(), expected.detach().to(result.dtype), "value")
    if result.requires_grad:
        expected.backward()
        result.backward()
        assert_rounded(xs[1].grad, xs[0].grad, "gradient", terms=8)


def test_the_times_of_several_spikes_are_snntorch_s() -> None:
    """Of one neuron and sample at a time, since there snnTorch erases the spikes of others. Each fires once or more."""
    module = snntorch_functional()
    spikes = random_spikes(9, 20, 3, rate=0.3)
    spikes[4] = 1
    wanted = torch.randint(9, (2, 20, 3))
    theirs, mine = spikes.clone().requires_grad_(), spikes.clone().requires_grad_()
    loss = module.mse_temporal_loss(target_is_time=True, multi_spike=True, tolerance=2)
    single = [
        loss(theirs[:, b : b + 1, n : n + 1], wanted[:, b : b + 1, n : n + 1].float())
        for b in range(20)
        for n in range(3)
    ]
    expected, result = torch.stack(single).mean(), spike_time_mse(mine, wanted, tolerance=2)
    assert_rounded(result.detach(), expected.detach(), "value", terms=8)
    expected.backward()
    result.backward()
    assert_rounded(mine.grad, theirs.grad, "gradient", terms=8)
    assert mine.grad.any()
    labels = module.mse_temporal_loss(on_target=torch.tensor([1, 4]), off_target=torch.tensor([5, 7]), multi_spike=True)
    one, y = spikes[:, :1, :1], torch.zeros(1, dtype=torch.int64)
    assert_rounded(spike_time_mse(one, y, on_target=(1, 4), off_target=(5, 7)), labels(one, y))


def test_temporal_efficient_training_of_spikingjelly() -> None:
    try:
        module = importlib.import_module("spikingjelly.activation_based.functional")
    except ImportError as error:
        skip_or_fail("spikingjelly", f"SpikingJelly cannot be imported: {error}")
    potential, targets = torch.randn(8, 6, 5), torch.randint(5, (6,))
    theirs = module.temporal_efficient_training_cross_entropy(potential, targets)
    assert_rounded(spike_rate_loss(potential, targets), theirs, terms=8)
