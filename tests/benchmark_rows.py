"""A row of a benchmark's results, for the tests of what is made of rows; and layers that take no time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

import features  # noqa: E402
from measure import Row  # noqa: E402


def result_row(work: str, shape: str, **changes: Any) -> Row:
    """The torch loop beside our native engine on a CPU, but for what is changed or added."""
    values: dict[str, Any] = {
        "dtype": "float32",
        "device": "cpu",
        "memory": "warm",
        "contender": "torch loop",
        "options": "",
        "difference": "",
        "ms": 12.0,
        "ours": "native",
        "ours_ms": 1.5,
        "times_ours": 8.0,
        "times_ours_min": 7.25,
        "times_ours_max": 9.0,
    }
    return Row(**{"work": work, "shape": shape} | values | changes)


def small_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features of a size that takes no time; those of a list made before keep their names."""
    sizes = {"_LAYER": (20, 3, 40), "_INPUTS": 50, "_OUTPUTS": 30, "_ROWS": 20}
    for name, size in sizes.items():
        monkeypatch.setattr(features, name, size)
