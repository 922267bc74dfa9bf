"""Tables and plots of benchmarks/results/, for docs/benchmarks.md and the README: `make report`.

What stands between the markers `<!-- benchmarks: NAME -->` and `<!-- end -->` is written anew. --check writes nothing,
and returns 1 where a table is not that of the results.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from bars import DEEP, LONG, WIDE, judged
from contenders import COMPILED_ENGINES
from environment import PEERS, ROOT
from features import features
from lineup import in_halves, shown
from measure import Row
from memory import FRESH, WARM
from networks import EVENT_STEP, TRAINING_STEP
from plots import STYLES, plot_path, write_plots
from results import FOLDER, load, rows_of
from workloads import (
    DIRECTIONS,
    FORWARD_BACKWARD,
    HALVES,
    Workload,
    gpu_workloads,
    public_workloads,
    scaling_workloads,
    standard_workloads,
)

from snnkernels.dispatch import ENGINES

PAGES = (ROOT / "README.md", ROOT / "docs" / "benchmarks.md")
IMAGES = ROOT / "docs" / "images"

_NOTHING = "Not measured."
_SECTION = re.compile(r"(<!-- benchmarks: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table; a column without a single value is left out."""
    columns = [column for column in zip(header, *lines, strict=True) if any(column[1:])]
    rows = [f"| {' | '.join(cells)} |" for cells in zip(*columns, strict=True)]
    return "\n".join([rows[0], "|" + " --- |" * len(columns), *rows[1:]]) if lines else _NOTHING


def machine(runs: Sequence[dict[str, Any]]) -> str:
    """What the rows were measured on, and the libraries that have one; the file says it of each run."""
    found = [run["environment"] for run in runs]

    def of(name: str, values: Sequence[Any]) -> list[str]:
        known = dict.fromkeys(str(value) for value in values if value)
        return [f"{name} {', '.join(known)}"] if known else []

    commits = [e["commit"][:10] for e in found if e["commit"]]
    changes = " and changes" if any(e["uncommitted_changes"] for e in found) else ""
    parts = [
        *dict.fromkeys(e["gpu"]["name"] if e["gpu"] else f"{e['cpu']}, {e['threads']} threads" for e in found),
        *of("torch", [e["torch"] for e in found]),
        *(
            text
            for peer in PEERS
            for text in of(peer, [r["environment"]["peers"][peer] for r in runs if _has(r, peer)])
        ),
        *of("commit", [" to ".join(dict.fromkeys((commits[0], commits[-1]))) + changes] if commits else []),
    ]
    return f"{'; '.join(parts)}."


def _has(run: dict[str, Any], peer: str) -> bool:
    """Whether a library, by its name on PyPI, was measured in a run."""
    return any(row["contender"].lower().startswith(peer) for row in run["rows"])


def bars(rows: Sequence[Row]) -> str:
    return markdown(("work", "ratio", "measured", "bar", "stretch", ""), judged(rows))


def layers(rows: Sequence[Row]) -> str:
    return _tables(_of(rows, standard_workloads))


def bandwidth(rows: Sequence[Row]) -> str:
    """Our engines, direction by direction."""
    chosen = [row for row in _of(rows, _all_layers, DIRECTIONS) if row.contender in COMPILED_ENGINES]
    lines = [
        (
            r.shape,
            r.dtype,
            r.memory,
            r.contender,
            r.work,
            f"{r.device_ms or r.ms:.3f}",
            _rate(r),
            _percent(r.fraction_of_copy),
        )
        for r in chosen
    ]
    return markdown(("shape", "dtype", "memory", "engine", "direction", "ms", "GB/s", "of copy"), lines)


def scaling(rows: Sequence[Row]) -> str:
    return _tables(_of(rows, scaling_workloads))


def public(rows: Sequence[Row]) -> str:
    return _tables(_of(rows, _large))


def steps(rows: Sequence[Row]) -> str:
    return _tables([row for row in rows if row.work in (TRAINING_STEP, EVENT_STEP)])


def saved(rows: Sequence[Row]) -> str:
    works = {feature.work for device in ("cpu", "cuda") for feature in features(device)}
    lines = [
        (
            r.work,
            r.shape,
            r.contender,
            r.ours,
            f"{r.ms:.2f}",
            f"{r.ours_ms:.2f}",
            _ratio(r),
            _milliseconds(r.device_ms),
            _milliseconds(r.ours_device_ms),
            _mega(r.peak_bytes),
            _mega(r.ours_peak_bytes),
            _mega(r.kept_bytes),
            _mega(r.ours_kept_bytes),
        )
        for r in rows
        if r.work in works
    ]
    header = ("work", "shape", "usual", "ours", "ms", "ours ms", "x ours")
    header += ("device ms", "ours", "peak MB", "ours", "kept MB", "ours")
    return markdown(header, lines)


def short(rows: Sequence[Row]) -> str:
    """Times that of ours, warm | fresh memory of a CPU; everyone has a row, whoever is missing on a machine, too."""
    found = {(r.contender, r.shape, r.memory): r for r in rows if r.work == FORWARD_BACKWARD and r.dtype == "float32"}
    shapes = [shape for shape in (WIDE, LONG, DEEP) if any(key[1] == shape for key in found)]
    memories = (WARM, FRESH) if any(row.device == "cpu" for row in rows) else ("gpu",)

    def cell(contender: str, shape: str) -> str:
        several = [found.get((contender, shape, memory)) for memory in memories]
        return " \\| ".join(f"{row.times_ours:.1f}" if row else "-" for row in several) if any(several) else "-"

    names = [name for name in STYLES if name not in ENGINES]
    lines = [(shown(name), *(cell(name, shape) for shape in shapes)) for name in names]
    return markdown(("", *shapes), lines) if shapes else _NOTHING


SECTIONS: dict[str, Callable[[Sequence[Row]], str]] = {
    function.__name__: function for function in (bars, layers, bandwidth, scaling, public, steps, saved, short)
}

# Which plots stand above a section's table, and what they show.
PLOTS = {"layers": ("layers", "memory"), "scaling": ("scaling",), "short": ("layers",)}
_SHOWN = {
    "layers": "How many times as long as ours other libraries take for a layer of neurons, forward and backward",
    "memory": "Memory at the peak of forward and backward",
    "scaling": "Time of forward and backward over the number of time steps, and of neurons",
}


def _all_layers(device: str) -> list[Workload]:
    """Those of which our engines are measured direction by direction; a CPU's large ones are not."""
    return standard_workloads(device) + (_large(device) if device == "cuda" else [])


def _large(device: str) -> list[Workload]:
    """Those that others have published; on a GPU in more dtypes."""
    if device == "cpu":
        return public_workloads(device)
    standard = standard_workloads(device)
    return [workload for workload in gpu_workloads() if workload not in standard]


def _of(
    rows: Sequence[Row], workloads: Callable[[str], list[Workload]], works: Sequence[str] = (FORWARD_BACKWARD,)
) -> list[Row]:
    """Those of some workloads, in their order, warm memory first."""
    table = workloads(rows[0].device) if rows else []
    order = {(workload.shape_name, workload.dtype_name): i for i, workload in enumerate(table)}
    chosen = [row for row in rows if row.work in works and (row.shape, row.dtype) in order]
    return sorted(chosen, key=lambda row: (order[row.shape, row.dtype], row.memory != WARM))


def _tables(rows: Sequence[Row]) -> str:
    """A table for each piece of work, the fastest first."""
    tables = []
    for work in dict.fromkeys((row.work, row.shape, row.dtype, row.memory) for row in rows):
        chosen = [row for row in rows if (row.work, row.shape, row.dtype, row.memory) == work]
        lines = [
            (
                shown(r.contender),
                f"{r.ms:.3f}",
                _ratio(r),
                _milliseconds(r.device_ms),
                _percent(r.fraction_of_copy),
                _mega(r.peak_bytes),
                _compiled(r),
                _note(r),
            )
            for r in sorted(chosen, key=lambda row: row.times_ours)
        ]
        table = markdown(("", "ms", "x ours", "device ms", "of copy", "peak MB", "compiled", "its equations"), lines)
        tables.append(f"**{', '.join(work)} memory**\n\n{table}")
    return "\n\n".join(tables) or _NOTHING


def _ratio(row: Row) -> str:
    return f"{row.times_ours:.2f} ({row.times_ours_min:.2f} - {row.times_ours_max:.2f})"


def _note(row: Row) -> str:
    halves = in_halves(row.contender) if getattr(torch, row.dtype) in HALVES else ""
    return "; ".join(filter(None, (row.options, row.difference, halves)))


def _rate(row: Row) -> str:
    return f"{row.bytes_per_second / 1e9:.1f}" if row.bytes_per_second else ""


def _percent(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction:.0%}"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _mega(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:.1f}"


def _compiled(row: Row) -> str:
    return f"{row.compilations} in {row.compile_seconds:.0f} s" if row.compile_seconds else ""


def filled(page: Path, files: dict[str, list[dict[str, Any]]]) -> str:
    """A page with its tables written anew, each from every file that has something to say, and its plots."""

    def section(match: re.Match[str]) -> str:
        opening, name, end = match.groups()
        parts = []
        for stem, runs in files.items():
            table = SECTIONS[name](rows_of(runs))
            if table != _NOTHING:
                parts += [*_images(page, stem, name), table, machine(runs)]
        return "\n\n".join([opening.rstrip(), *(parts or [_NOTHING]), end])

    return _SECTION.sub(section, page.read_text())


def _images(page: Path, stem: str, section: str) -> list[str]:
    paths = {plot: plot_path(IMAGES, stem, plot) for plot in PLOTS.get(section, ())}
    return [
        f"![{_SHOWN[plot]}]({path.relative_to(page.parent).as_posix()})"
        for plot, path in paths.items()
        if path.exists()
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; return 1 where a table is stale")
    options = parser.parse_args(arguments)
    files = {path.stem: load(path) for path in sorted(FOLDER.glob("*.json"))}
    for stem, runs in () if options.check else files.items():
        for path in write_plots(rows_of(runs), IMAGES, stem):
            print(f"{path.relative_to(ROOT)}: drawn")
    stale = {page: text for page in PAGES if page.read_text() != (text := filled(page, files))}
    for page, text in stale.items():
        print(f"{page.relative_to(ROOT)}: {'stale, run `make report`' if options.check else 'written'}")
        if not options.check:
            page.write_text(text)
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
