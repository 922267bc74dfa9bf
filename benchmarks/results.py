"""Files of measured rows, benchmarks/results/<machine>.json: runs, each with the machine and versions that it is of."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from environment import ROOT, describe
from measure import Measurement, Row

FOLDER = ROOT / "benchmarks" / "results"


def report(device: str, result: Measurement, repeats: int, **more: Any) -> dict[str, Any]:
    """One run, as it is written to JSON."""
    return {
        "environment": describe(device),
        "repeats": repeats,
        "rows": [asdict(row) for row in result.rows],
        "refused": [asdict(refusal) for refusal in result.refused],
        "skipped": result.skipped,
        **more,
    }


def add_run(path: Path, run: dict[str, Any]) -> None:
    """Add a run to a file of runs, in place of what earlier ones measured of the same rows.

    Rows of what the gate refuses now go, in any memory; a refusal stays until its contender passes.
    """
    runs = load(path) if path.exists() else []
    measured, refused = {_key(row) for row in run["rows"]}, {_place(refusal) for refusal in run["refused"]}
    for earlier in runs:
        earlier["rows"] = [
            row
            for row in earlier["rows"]
            if _key(row) not in measured and not any(_is_of(row, refusal) for refusal in run["refused"])
        ]
        earlier["refused"] = [
            refusal
            for refusal in earlier["refused"]
            if _place(refusal) not in refused and not any(_is_of(row, refusal) for row in run["rows"])
        ]
    runs = [earlier for earlier in runs if earlier["rows"] or earlier["refused"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"runs": [*runs, run]}, indent=1) + "\n")


def load(path: Path) -> list[dict[str, Any]]:
    """The runs of a file, the earliest first."""
    return json.loads(path.read_text())["runs"]


_PLACE = ("work", "shape", "dtype", "device", "contender")


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return *_place(row), row["memory"]


def _place(entry: dict[str, Any]) -> tuple[str, ...]:
    """What a row and a refusal both have."""
    return tuple(entry[name] for name in _PLACE)


def _is_of(row: dict[str, Any], refusal: dict[str, Any]) -> bool:
    """Whether it is a row of what was refused."""
    return all(refusal[name] in (None, row[name]) for name in _PLACE)


def rows_of(runs: list[dict[str, Any]]) -> list[Row]:
    """All rows, as they were measured; what earlier files tell besides is left in them."""
    names = [field.name for field in fields(Row)]
    return [Row(**{name: row[name] for name in names if name in row}) for run in runs for row in run["rows"]]
