"""Files of measured rows, benchmarks/results/<machine>.json: runs, each with the machine and versions that it is of."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from environment import ROOT, describe
from measure import METHOD, Measurement, Row

FOLDER = ROOT / "benchmarks" / "results"


def report(device: str, result: Measurement, repeats: int, **more: Any) -> dict[str, Any]:
    """One run, as it is written to JSON."""
    return {
        "environment": describe(device),
        "method": METHOD,
        "repeats": repeats,
        "rows": [asdict(row) for row in result.rows],
        "refused": result.refused,
        "skipped": result.skipped,
        **more,
    }


def add_run(path: Path, run: dict[str, Any]) -> None:
    """Add a run to a file of runs, in place of what earlier ones measured of the same rows."""
    runs = load(path) if path.exists() else []
    measured = {_key(row) for row in run["rows"]}
    for earlier in runs:
        earlier["rows"] = [row for row in earlier["rows"] if _key(row) not in measured]
    runs = [earlier for earlier in runs if earlier["rows"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"runs": [*runs, run]}, indent=1) + "\n")


def load(path: Path) -> list[dict[str, Any]]:
    """The runs of a file, the earliest first."""
    return json.loads(path.read_text())["runs"]


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("work", "shape", "dtype", "device", "memory", "contender"))


def rows_of(runs: list[dict[str, Any]]) -> list[Row]:
    """All rows, as they were measured."""
    return [Row(**row) for run in runs for row in run["rows"]]
