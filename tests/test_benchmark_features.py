"""The benchmarks of what saves bytes and operations: equal results or no time, and what memory is held."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from support import Target
from torch import Tensor

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

import features  # noqa: E402
from benchmark_rows import small_features  # noqa: E402
from features import Feature, Pair  # noqa: E402
from measure import Refusal  # noqa: E402


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    small_features(monkeypatch)


@pytest.mark.parametrize("feature", features.features("cpu"), ids=lambda feature: feature.work.replace(" ", "-"))
def test_every_feature_is_measured(small: None, feature: Feature) -> None:
    Target("native", "cpu").require()
    result = features.measure_feature(feature, repeats=2, memory="fresh")
    (row,) = result.rows
    assert not result.refused and row.work == feature.work and row.contender != row.ours
    assert row.ms > 0 and row.ours_ms > 0 and row.fraction_of_copy is None


def test_wrong_counts_are_not_timed(native: None, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are refused as others are, and what else there is to measure goes on."""
    right = features.lif

    def lif(current: Tensor, **options: Any) -> Any:
        return right(1 - current if options else current, **options)

    monkeypatch.setattr(features, "lif", lif)
    (feature,) = (one for one in features.features("cpu") if one.work == features.COUNT)
    result = features.measure_feature(feature, repeats=1, memory="fresh")
    assert result.rows == [] and f'lif(x, output="sum") is not timed on {feature}' in str(result.refused[0])


def pair_of(ours: Tensor, tolerance: float = 0.0) -> Feature:
    usual = torch.tensor([0.0, 1.0, 2.0])
    return Feature(
        "a sum", "N=3", "cpu", lambda device: Pair("usual", "ours", (lambda: usual, lambda: ours), tolerance=tolerance)
    )


def test_a_wrong_result_is_not_timed() -> None:
    wrong = torch.tensor([0.0, 1.0, 2.001])
    result = features.measure_feature(pair_of(wrong), repeats=1, memory="fresh")
    assert result.rows == []
    reason = "ours is not timed on a sum, N=3 float32 cpu: it differs in 1 of 3 elements"
    assert result.refused == [Refusal("a sum", "N=3", "float32", "cpu", "usual", reason)]
    assert len(features.measure_feature(pair_of(wrong, tolerance=1e-3), repeats=1, memory="fresh").rows) == 1
    for other in (torch.tensor([0.0, 1.0, float("nan")]), torch.tensor([[0.0, 1.0, 2.0]])):
        assert features.measure_feature(pair_of(other, tolerance=1e-3), repeats=1, memory="fresh").refused
