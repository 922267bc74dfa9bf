"""Write the tables and figures of benchmarks/results/ into docs/benchmarks.md and the README: `make report`.

`python benchmarks/report.py --measure` first measures what the README shows, on this machine, within ten minutes.

It replaces the text between the markers `<!-- benchmarks: NAME -->` and `<!-- end -->`. --check writes nothing, and
returns 1 if a table does not match the results.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from any_neuron import work_of
from bars import LONG, README_RUNS, bars_of, judged, measure
from contenders import COMPILED_ENGINES, NAIVE, NAIVE_COMPILED
from environment import PEERS, ROOT, machine_key
from judging import of_lif
from lineup import lineup, shown
from measure import Row
from memory import WARM
from neuron_peers import PEERS_OF
from plots import plot_path, write_plot
from results import FOLDER, load, rows_of
from workloads import FORWARD_BACKWARD

from snnkernels.neurons import NEURONS

PAGES = (ROOT / "README.md", ROOT / "docs" / "benchmarks.md")
IMAGES = ROOT / "docs" / "images"
SHOWN = "How many times as long as ours other libraries take for a layer of neurons, forward and backward"

# The fastest form of each library that its users write; docs/benchmarks.md also has them under torch.compile.
_SHORT = (NAIVE.name, NAIVE_COMPILED.name, "snnTorch", "SpikingJelly", "Norse cell, loop", "sinabs, loop")

_SECTION = re.compile(r"(<!-- benchmarks: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

# Runs by the name of their file.
Files = dict[str, list[dict[str, Any]]]


def files() -> Files:
    """All files, the machine that was measured last first. Files without a date come last."""
    found = {path.stem: load(path) for path in sorted(FOLDER.glob("*.json"))}
    return dict(sorted(found.items(), key=lambda item: item[1][-1]["environment"].get("date", ""), reverse=True))


def markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rows = [f"| {' | '.join(cells)} |" for cells in (header, *lines)]
    return "\n".join([rows[0], "|" + " --- |" * len(header), *rows[1:]])


def title(runs: Sequence[dict[str, Any]]) -> str:
    """The exact name of a machine. For older files, which do not record the model, the title says so."""
    last = runs[-1]["environment"]
    if last["gpu"]:
        return last["gpu"]["name"]
    found = last.get("processor")
    if not found:
        return f"{last['cpu']} (model not recorded), {last['threads']} threads"
    return f"{found['name']} (family {found['family']} model {found['model']}), {last['threads']} threads"


def speed(found: Files, page: Path) -> str:
    """The README's table: of each vendor the CPU that was measured last, and the rows that all of these have."""
    vendors = {stem.partition("-")[0]: stem for stem in reversed(found) if not found[stem][-1]["environment"]["gpu"]}
    chosen = {stem: rows_of(runs) for stem, runs in found.items() if stem in vendors.values()}
    lines = [
        _line("speed, as a fraction of a copy's", chosen.values(), COMPILED_ENGINES, lambda row: row.fraction_of_copy),
        _line(f"memory at the peak, {NAIVE.name} / ours", chosen.values(), [NAIVE.name], _peaks, "{:.1f} x"),
        *(
            _line(f"time, {shown(name)} / ours", chosen.values(), [name], lambda row: row.times_ours, "{:.1f} x")
            for name in _SHORT
        ),
    ]
    header = (f"{LONG}, float32, {FORWARD_BACKWARD}", *(title(found[stem]) for stem in chosen))
    table = markdown(header, [line for line in lines if all(line)])
    return "\n\n".join(filter(None, (_image(page, next(iter(chosen), "")), table)))


def _line(
    what: str,
    machines: Sequence[Sequence[Row]],
    contenders: Sequence[str],
    number: Callable[[Row], float | None],
    form: str = "{:.0%}",
) -> list[str]:
    """A line: its first cell, then one cell for each machine, empty if it was not measured there."""
    wanted = FORWARD_BACKWARD, LONG, "float32", WARM
    cells = [what]
    for rows in machines:
        rows = [row for row in rows if (row.work, row.shape, row.dtype, row.memory) == wanted]
        values = [number(row) for row in rows if row.contender in contenders]
        cells.append(form.format(values[0]) if values and values[0] else "")
    return cells


def _peaks(row: Row) -> float | None:
    return row.peak_bytes / row.ours_peak_bytes if row.peak_bytes and row.ours_peak_bytes else None


def bars(found: Files, page: Path) -> str:
    """Every bar, and every number beside them. Each set of machines that measured the same has a table, the largest
    first, and numbers without a bar have one of their own, so that no cell is empty."""
    tables = []
    for gpu in (False, True):
        chosen = {s: rows_of(runs) for s, runs in found.items() if bool(runs[-1]["environment"]["gpu"]) == gpu}
        if not chosen:
            continue
        lines: dict[tuple[bool, tuple[str, ...]], list[list[str]]] = {}
        for bar, *judgements in zip(bars_of(next(iter(chosen.values()))), *map(judged, chosen.values()), strict=True):
            cells = [f"**{line[2]}, missed**" if line[-1] == "missed" else line[2] for line in judgements]
            asked = [f"{'at most ' if bar.at_most else ''}{bar.written(n)}" for n in (bar.bar, bar.stretch) if n]
            there = tuple(stem for stem, cell in zip(chosen, cells, strict=True) if cell)
            if there:
                lines.setdefault((not asked, there), []).append([bar.work, bar.what, *asked, *filter(None, cells)])
        for (plain, there), some in sorted(lines.items(), key=lambda item: (item[0][0], -len(item[0][1]))):
            header = ["work", "number", *(() if plain else ("bar", "better")), *(title(found[s]) for s in there)]
            tables.append(markdown(header, some))
    return "\n\n".join(tables)


def neurons(found: Files, page: Path) -> str:
    """For each machine with such rows a line for each built-in neuron, then one for each of another library's."""
    tables = []
    for runs in found.values():
        rows = [row for row in rows_of(runs) if (row.shape, row.memory) == (LONG, WARM)]
        lines = [line for name in NEURONS if (line := _line_of_neuron(name, rows))]
        if lines:
            header = ["neuron", "states", "ms", "torch loop / ours", "of copy speed", "of LIF's share"]
            tables.append(f"{title(runs)}:\n\n{markdown(header, lines)}")
        times = {(row.work, row.contender): f"{row.times_ours:.1f} x" for row in rows}
        peers = [(name, str(peer)) for name in NEURONS for peer in PEERS_OF.get(name, ())]
        measured = [(f"`{n}`", peer, times[work_of(n), peer]) for n, peer in peers if (work_of(n), peer) in times]
        if measured:
            tables.append(markdown(["neuron", "of another library", "its time / ours"], measured))
    return "\n\n".join(tables)


def _line_of_neuron(name: str, rows: Sequence[Row]) -> list[str]:
    """Its cells, or none if it was not measured."""
    by = {row.contender: row for row in rows if row.work == work_of(name)}
    ours, share = next((by[engine] for engine in COMPILED_ENGINES if engine in by), None), of_lif(name)(rows)
    if ours is None or ours.fraction_of_copy is None or share is None or NAIVE.name not in by:
        return []
    times, states = f"{by[NAIVE.name].times_ours:.1f} x", len(NEURONS[name].definition.interface.states)
    shares = (f"{ours.fraction_of_copy:.0%}", f"{share:.0%}")
    return [f"`{name}`", str(states), f"{ours.ms:.1f}", times, *shares]


def machines(found: Files, page: Path) -> str:
    """The machine and the versions of each file. The file itself has them for each run."""
    parts = []
    for stem, runs in found.items():
        parts.append(f"**{title(runs)}**, [`{stem}.json`](../benchmarks/results/{stem}.json): {versions(runs)}")
        parts.append(_image(page, stem))
    return "\n\n".join(filter(None, parts))


def versions(runs: Sequence[dict[str, Any]]) -> str:
    found = [run["environment"] for run in runs]

    def of(name: str, values: Sequence[Any]) -> list[str]:
        known = dict.fromkeys(str(value) for value in values if value)
        return [f"{name} {', '.join(known)}"] if known else []

    commits = [e["commit"][:10] for e in found if e["commit"]]
    changes = " and changes" if any(e["uncommitted_changes"] for e in found) else ""
    dates = [e["date"] for e in found if "date" in e]
    caches = [e["processor"]["caches"] for e in found if "processor" in e and not e["gpu"]]
    parts = [
        *([f"caches {', '.join(f'{size >> 10} KiB {level}' for level, size in caches[-1].items())}"] if caches else []),
        *_copies(runs),
        *of("torch", [e["torch"] for e in found]),
        *(t for peer in PEERS for t in of(peer, [r["environment"]["peers"][peer] for r in runs if _has(r, peer)])),
        *of("commit", [" to ".join(dict.fromkeys((commits[0], commits[-1]))) + changes] if commits else []),
        *of("measured", [" to ".join(dict.fromkeys((min(dates), max(dates))))] if dates else []),
    ]
    return f"{'; '.join(parts)}."


def _copies(runs: Sequence[dict[str, Any]]) -> list[str]:
    """The machine's copy speed, from each run. Older files have it only beside the longest layer."""
    speeds = [run["environment"].get("copy_gb_per_second") for run in runs]
    beside = [row.copy_bytes_per_second for row in rows_of(runs) if row.shape == LONG and row.dtype == "float32"]
    speeds = [one for one in speeds if one] or [one / 1e9 for one in beside if one]
    if not speeds:
        return []
    return [f"a copy moves {' to '.join(dict.fromkeys(f'{one:.0f}' for one in (min(speeds), max(speeds))))} GB/s"]


def _has(run: dict[str, Any], peer: str) -> bool:
    """Whether a library, by its name on PyPI, was measured in a run."""
    return any(row["contender"].lower().startswith(peer) for row in run["rows"])


def _image(page: Path, stem: str) -> str:
    """A link from a page to a machine's figure."""
    path = plot_path(IMAGES, stem)
    up = "" if page.parent in path.parents else "../"
    return f"![{SHOWN}]({up}{path.relative_to(page.parent if not up else ROOT).as_posix()})" if path.exists() else ""


SECTIONS: dict[str, Callable[[Files, Path], str]] = {
    "speed": speed,
    "neurons": neurons,
    "bars": bars,
    "machines": machines,
}


def filled(page: Path, found: Files) -> str:
    """A page with its tables written anew."""
    return _SECTION.sub(lambda match: f"{match[1]}\n{SECTIONS[match[2]](found, page)}\n\n{match[3]}", page.read_text())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="first measure this machine: keep it quiet meanwhile")
    parser.add_argument("--check", action="store_true", help="write nothing; return 1 where a table is stale")
    options = parser.parse_args(arguments)
    if options.measure:
        missing = [str(peer) for peer in lineup("cpu") if peer.name in _SHORT and peer.unusable_reason("cpu", 1)]
        if missing:
            parser.error(f"--measure: {', '.join(missing)} cannot be imported here: `make peers` makes an environment")
    status = measure(README_RUNS, FOLDER / f"{machine_key()}.json") if options.measure else 0
    found = files()
    for stem, runs in () if options.check else found.items():
        if (path := write_plot(rows_of(runs), IMAGES, stem, title(runs))) is not None:
            print(f"{path.relative_to(ROOT)}: drawn")
    stale = {page: text for page in PAGES if page.read_text() != (text := filled(page, found))}
    for page, text in stale.items():
        print(f"{page.relative_to(ROOT)}: {'stale, run `make report`' if options.check else 'written'}")
        if not options.check:
            page.write_text(text)
    return status or (1 if stale and options.check else 0)


if __name__ == "__main__":
    sys.exit(main())
