"""The benchmarks of whole training steps."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support import Target
from torch import Tensor

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import networks  # noqa: E402
from contenders import NAIVE, REFERENCE  # noqa: E402
from naive import lif_loop  # noqa: E402

SMALL_NETWORK = networks.Network((12, 20, 5), steps=4, batch=3, device="cpu")


def test_a_training_step_is_measured() -> None:
    result = networks.measure_step(SMALL_NETWORK, lambda *work: [NAIVE, REFERENCE], repeats=2, memory="fresh")
    rows = [row for row in result.rows if row.work == networks.TRAINING_STEP]
    assert [row.contender for row in rows] == ["torch loop", "reference", "neurons left out"]
    assert {row.shape for row in rows} == {"12-20-5,T=4,B=3"}
    assert all(row.ms > 0 and row.bytes is None and row.fraction_of_copy is None for row in rows)


def test_everyone_trains_on_the_same_steps() -> None:
    """The same weights, spikes and labels: equal losses from equal neurons, which fall as the network learns."""
    losses = {}
    for contender in (NAIVE, REFERENCE):
        step = networks.step_call(replace(SMALL_NETWORK, batch=64), contender.build("cpu"))
        losses[contender.name] = [step().item() for _ in range(60)]
    assert losses["torch loop"][0] == losses["reference"][0]
    assert sum(losses["reference"][-10:]) < sum(losses["reference"][:10])


def test_images_are_as_bright_as_digits() -> None:
    network = replace(SMALL_NETWORK, sizes=(784, 20, 5), batch=128)
    torch.manual_seed(0)
    images, targets = networks._digits(network)
    assert 0.10 < images.mean() < 0.14 and targets.shape == (128,)


def test_the_event_driven_step_has_the_losses_of_the_dense_one() -> None:
    """From the same seed it draws the same spikes; its sums round otherwise."""
    Target("native", "cpu").require()
    network = networks.Network((30, 40, 5), steps=6, batch=16, device="cpu")
    losses = {}
    for events in (False, True):
        step = networks.step_call(network, REFERENCE.build("cpu"), events=events)
        torch.manual_seed(1)
        losses[events] = [step().item() for _ in range(5)]
    assert losses[True] == pytest.approx(losses[False], rel=1e-2)
    assert losses[True][0] == pytest.approx(losses[False][0], rel=1e-5)


def test_both_steps_are_measured() -> None:
    Target("native", "cpu").require()
    network = networks.Network((12, 20, 5), steps=4, batch=3, device="cpu")
    result = networks.measure_step(network, lambda *work: [REFERENCE], repeats=2, memory="fresh")
    assert [(row.work, row.contender, row.ours) for row in result.rows] == [
        (work, contender, ours)
        for work, ours in ((networks.TRAINING_STEP, "native"), (networks.EVENT_STEP, "native, events"))
        for contender in ("reference", "neurons left out")
    ]


def test_a_library_is_also_measured_with_its_encoder() -> None:
    network = networks.Network((12, 20, 5), steps=4, batch=3, device="cpu")
    asked: list[tuple[int, ...]] = []

    def encode(images: Tensor, steps: int) -> Tensor:
        asked.append((steps, *images.shape))
        return torch.ones(steps, *images.shape)

    library = replace(NAIVE, name="library", encode=encode)
    result = networks.measure_step(network, lambda *work: [library], repeats=2, memory="fresh")
    names = ["library", "neurons left out", "library, its encoder"]
    assert [row.contender for row in result.rows if row.work == networks.TRAINING_STEP] == names
    assert set(asked) == {(4, 3, 12)}


def test_a_refused_library_has_no_row_of_a_step() -> None:
    """Nor with its encoder: the refusal names the rows that it would have."""
    network = networks.Network((12, 20, 5), steps=4, batch=3, device="cpu")
    wrong = replace(NAIVE, name="wrong", build=lambda device: lambda current: 1 - lif_loop(current), encode=torch.rand)
    result = networks.measure_step(network, lambda *work: [NAIVE, wrong], repeats=2, memory="fresh")
    assert {row.contender for row in result.rows} == {"torch loop", "neurons left out"}
    assert [(one.work, one.shape, one.contender) for one in result.refused] == [
        (None, network.shape_name, name) for name in ("wrong", "wrong, its encoder")
    ]
