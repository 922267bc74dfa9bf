"""Measures which engine and which of Triton's tilings are the fastest on this machine's GPU: `make gpu-tune`.

Writes snnkernels/tuning.json, from which `backend="auto"` and the Triton engine choose. For every class of sizes that
snnkernels/tuning.py has, the tilings that pass the gate take turns in each direction, by the device's time. Then the
engines take turns, Triton in its fastest tilings, forward and backward together, by the wall clock: launches decide
about small layers. What was measured of the same classes of this GPU, by its name, is replaced; all else stays.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from budget import FAILED, run_in_time
from contenders import COMPILED_ENGINES, engine, our_layer, timed_call
from environment import describe
from gate import Gate, WrongResult
from gpu_report import no_report_reason
from timing import Call, Clock, DeviceClock, call_clock, interleaved
from workloads import BACKWARD, FORWARD, FORWARD_BACKWARD, Workload, random_inputs

from snnkernels import dispatch, tuning
from snnkernels.engines.triton_tiling import VARIATIONS, tile

SECONDS = 480
REPEATS = 15

Row = dict[str, Any]
Times = dict[str, float]

# By bytes of an element.
_DTYPES = {2: torch.bfloat16, 4: torch.float32}


def workloads(device: str) -> list[Workload]:
    """One of each class of sizes, the largest first."""
    return [
        Workload((steps, 1, neurons), _DTYPES[item_bytes], device)
        for neurons in reversed(tuning.NEURONS)
        for steps in reversed(tuning.STEPS)
        for item_bytes in tuning.ITEM_BYTES
    ]


def variations(workload: Workload, processors: int) -> list[str]:
    """The tilings that differ at these sizes; "full" first."""
    steps, _, neurons = workload.shape
    sizes = (1, neurons, (0, neurons), workload.dtype.itemsize, 1, dispatch.checkpoint_interval("cuda"), processors)
    distinct: dict[object, str] = {}
    for name in VARIATIONS:
        distinct.setdefault(tile(*sizes, name), name)
    return list(distinct.values())


def measure(workload: Workload, tilings: Sequence[str], engines: Sequence[str], clocks: Mapping[str, Clock]) -> Row:
    """The row of a class. clocks: "device" for tilings, "call" for engines. Raises WrongResult."""
    steps, _, neurons = workload.shape
    inputs = random_inputs(workload)
    check(Gate(workload, inputs), tilings, engines)
    times = {}
    for direction in (FORWARD, BACKWARD):
        call = timed_call(our_layer("triton"), direction, inputs)
        times[direction] = _medians({name: partial(_cut, name, call) for name in tilings}, clocks["device"])
    with tuning.use_tilings(tuning.fastest(times[FORWARD]), tuning.fastest(times[BACKWARD])):
        calls = {name: timed_call(our_layer(name), FORWARD_BACKWARD, inputs) for name in engines}
        by_engine = _medians(calls, clocks["call"])
    sizes = {"item_bytes": workload.dtype.itemsize, "neurons": neurons, "steps": steps}
    return sizes | {"engines": by_engine} | times


def check(gate: Gate, tilings: Sequence[str], engines: Sequence[str]) -> None:
    """Every tiling and every engine must give the reference's bits. Raises WrongResult."""
    for name, tiling in [("triton", tiling) for tiling in tilings] + [(name, "full") for name in engines]:
        with tuning.use_tilings(tiling, tiling):
            try:
                gate.check(engine(name), our_layer(name))
            except WrongResult as error:
                raise WrongResult(f"{error}, tiling {tiling}") from None


def _cut(tiling: str, call: Call) -> object:
    """Call with Triton cutting its scans so."""
    with tuning.use_tilings(tiling, tiling):
        return call()


def _medians(calls: Mapping[str, Call], clock: Clock) -> Times:
    """Milliseconds."""
    samples = interleaved(calls, REPEATS, clock)
    return {name: round(1e3 * median(seconds), 6) for name, seconds in samples.items()}


def merged(table: Mapping[str, Any], environment: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """A table with what was measured now."""
    gpu = environment["gpu"]
    by_class = {_class(row): row for row in [*table.get(gpu["name"], {"rows": ()})["rows"], *rows]}
    about = {name: environment[name] for name in ("torch", "triton", "commit", "uncommitted_changes")}
    entry = {
        "compute_capability": gpu["compute_capability"],
        "driver": gpu["driver"],
        **about,
        "unit": "ms",
        "rows": [by_class[key] for key in sorted(by_class)],
    }
    return {**table, gpu["name"]: entry}


def _class(row: Row) -> tuple[int, int, int]:
    return row["item_bytes"], row["neurons"], row["steps"]


def written(rows: Sequence[Row]) -> list[str]:
    """What is printed of each row: what is fastest, and all times in those of the first."""
    lines = []
    for row in rows:
        cells = [f"{row['item_bytes']} bytes, {row['steps']:3} steps of {row['neurons']:7} neurons"]
        for kind in ("engines", "forward", "backward"):
            first, *_ = row[kind].values()
            ratios = ", ".join(f"{name} {time / first:.2f}" for name, time in row[kind].items())
            cells.append(f"{kind}: {tuning.fastest(row[kind])} of {ratios} x {first:.4f} ms")
        lines.append("\n  ".join(cells))
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns 2 where there is nothing to measure, 1 where an engine or a tiling failed or was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=tuning.FILE, help="the table (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="no measurement begins later (%(default)s)")
    options = parser.parse_args(arguments)
    reason = no_report_reason() or dispatch.unusable_reason("triton", "cuda")
    if reason is not None:
        print(f"gpu-tune: {reason}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    notes = measure_all("cuda", options.seconds, rows)
    table = merged(tuning.TABLE, describe("cuda"), rows)
    options.out.write_text(json.dumps(table, indent=1) + "\n")
    print("\n".join([*written(rows), *notes, f"written to {options.out}"]))
    return 1 if any(note.startswith(("REFUSED", FAILED)) for note in notes) else 0


def measure_all(device: str, seconds: float, rows: list[Row]) -> list[str]:
    """Fill rows; returns what was left out, and why."""
    engines = [name for name in COMPILED_ENGINES if dispatch.unusable_reason(name, device) is None]
    processors = torch.cuda.get_device_properties(torch.cuda.current_device()).multi_processor_count
    clocks = {"device": DeviceClock(), "call": call_clock(device)}
    refused = []

    def work(workload: Workload) -> None:
        try:
            rows.append(measure(workload, variations(workload, processors), engines, clocks))
        except WrongResult as error:
            refused.append(f"REFUSED: {error}")

    left_out = run_in_time({str(workload): partial(work, workload) for workload in workloads(device)}, seconds)
    return refused + [note if note.startswith(FAILED) else f"left out: {note}" for note in left_out]


if __name__ == "__main__":
    sys.exit(main())
