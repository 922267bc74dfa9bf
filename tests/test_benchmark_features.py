"""The benchmarks of what saves bytes and operations: equal results or no time, and what memory is held."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support import Target
from torch import Tensor

from snnkernels import lif

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

import features  # noqa: E402
import memory  # noqa: E402
import networks  # noqa: E402
from contenders import NAIVE, REFERENCE  # noqa: E402
from features import Feature, Pair  # noqa: E402

LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone tells a process's memory")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers of a size that takes no time."""
    sizes = {"_LAYER": (20, 3, 40), "_INPUTS": 50, "_OUTPUTS": 30, "_STEPS": 5, "_BATCH": 4, "_ROWS": 20}
    for name, size in sizes.items():
        monkeypatch.setattr(features, name, size)


@pytest.mark.parametrize("feature", features.features("cpu"), ids=lambda feature: feature.work.replace(" ", "-"))
def test_every_feature_is_measured(small: None, feature: Feature) -> None:
    Target("native", "cpu").require()
    result = features.measure_feature(feature, repeats=2, memory="fresh")
    (row,) = result.rows
    assert not result.refused and row.work == feature.work and row.contender != row.ours
    assert row.ms > 0 and row.ours_ms > 0 and row.fraction_of_copy is None


def pair_of(ours: Tensor, tolerance: float = 0.0) -> Feature:
    usual = torch.tensor([0.0, 1.0, 2.0])
    return Feature(
        "a sum", "N=3", "cpu", lambda device: Pair("usual", "ours", (lambda: usual, lambda: ours), None, tolerance)
    )


def test_a_wrong_result_is_not_timed() -> None:
    wrong = torch.tensor([0.0, 1.0, 2.001])
    result = features.measure_feature(pair_of(wrong), repeats=1, memory="fresh")
    assert result.rows == []
    assert result.refused == ["ours is not timed on a sum, N=3 float32 cpu: it differs in 1 of 3 elements"]
    assert len(features.measure_feature(pair_of(wrong, tolerance=1e-3), repeats=1, memory="fresh").rows) == 1
    for other in (torch.tensor([0.0, 1.0, float("nan")]), torch.tensor([[0.0, 1.0, 2.0]])):
        assert features.measure_feature(pair_of(other, tolerance=1e-3), repeats=1, memory="fresh").refused


def test_the_event_driven_step_has_the_losses_of_the_dense_one() -> None:
    """From the same seed it draws the same spikes; its sums round otherwise."""
    Target("native", "cpu").require()
    network = networks.Network((30, 40, 5), steps=6, batch=16, device="cpu", encoded=True)
    losses = {}
    for events in (False, True):
        step = networks.step_call(network, REFERENCE.build("cpu"), events=events)
        torch.manual_seed(1)
        losses[events] = [step().item() for _ in range(5)]
    assert losses[True] == pytest.approx(losses[False], rel=1e-2)
    assert losses[True][0] == pytest.approx(losses[False][0], rel=1e-5)


def test_both_steps_are_measured() -> None:
    Target("native", "cpu").require()
    network = networks.Network((12, 20, 5), steps=4, batch=3, device="cpu", encoded=True)
    result = networks.measure_step(network, lambda *work: [REFERENCE], repeats=2, memory="fresh")
    assert [(row.work, row.contender, row.ours) for row in result.rows] == [
        (work, contender, ours)
        for work, ours in ((networks.TRAINING_STEP, "native"), (networks.EVENT_STEP, "native, events"))
        for contender in ("reference", "neurons left out")
    ]
    one = networks.measure_step(replace(network, encoded=False), lambda *work: [REFERENCE], repeats=2, memory="fresh")
    assert {row.work for row in one.rows} == {networks.TRAINING_STEP}


def test_a_library_is_also_measured_with_its_encoder() -> None:
    network = networks.Network((12, 20, 5), steps=4, batch=3, device="cpu", encoded=True)
    asked: list[tuple[int, ...]] = []

    def encode(images: Tensor, steps: int) -> Tensor:
        asked.append((steps, *images.shape))
        return torch.ones(steps, *images.shape)

    library = replace(NAIVE, name="library", encode=encode)
    result = networks.measure_step(network, lambda *work: [library], repeats=2, memory="fresh")
    names = ["library", "neurons left out", "library, its encoder"]
    assert [row.contender for row in result.rows if row.work == networks.TRAINING_STEP] == names
    assert set(asked) == {(4, 3, 12)}


@LINUX
def test_kept_memory_is_that_of_the_graph() -> None:
    """What a call frees is not kept; what its result needs is."""

    def call() -> Tensor:
        torch.ones(2**22)
        x = torch.ones(2**22, requires_grad=True)  # 16 MiB, kept twice: itself, and its exponential
        return x.exp()

    kept = memory.kept_bytes(call, "cpu")
    assert kept is not None and abs(kept - 2**25) < 2**21


@LINUX
def test_blocks_that_the_native_engine_keeps_are_seen() -> None:
    """An output of 32 MiB counts even where one of its size was freed before."""
    Target("native", "cpu").require()
    current = torch.ones(8, 1, 2**20)

    def call() -> Tensor:
        with torch.no_grad():
            return lif(current, backend="native")

    for _ in range(2):
        call()
        peak = memory.peak_bytes(call, "cpu")
        assert peak is not None and 2**25 - 2**20 <= peak < 2**25 + 2**23
