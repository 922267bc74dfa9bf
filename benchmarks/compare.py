"""Every engine against the naive loop, interleaved in one process: `python benchmarks/compare.py --help`.

The first ratio to quote: medians of the ratios of paired repeats, with the extremes, and each engine's speed as a
fraction of the copy bandwidth of the same run. Memory is as torch allocates it by default.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import torch
from contenders import NAIVE, REFERENCE, WrongResult, check, engines_for, forward_backward, timed_call, unusable_reason
from environment import describe
from timing import DeviceClock, call_clock, copy_call, interleaved, peak_bytes
from workloads import DIRECTIONS, Inputs, Workload, bytes_moved, random_inputs, standard_workloads

from snnkernels.dispatch import checkpoint_interval

COPY = "copy"

# What the numbers of a file mean, for those who read it without this code.
METHOD = {
    "ms": "median wall-clock time of a call, launches included, what it allocates freed within it",
    "ratio": "median of naive / engine over paired, interleaved repeats; ratio_min and ratio_max are their extremes",
    "device_ms": "median time between CUDA events, second-level cache flushed, launches overlapped; null on a CPU",
    "bytes": "current read, spikes written; with backward: current and their gradients read, gradient written, states",
    "fraction_of_copy": "speed over `bytes` against a torch copy of as many; median over paired repeats, device time",
    "gradient": "dense and random, of the spikes",
}


@dataclass(frozen=True)
class Row:
    """One engine on one workload in one direction, as METHOD says; memory beyond the inputs at its peak."""

    direction: str
    shape: str
    dtype: str
    device: str
    engine: str
    naive_ms: float
    ms: float
    ratio: float
    ratio_min: float
    ratio_max: float
    device_ms: float | None
    bytes: int
    bytes_per_second: float
    copy_bytes_per_second: float
    fraction_of_copy: float
    peak_bytes: int | None
    naive_peak_bytes: int | None


@dataclass
class Measurement:
    """The rows measured, and what the gate refused, in a sentence each."""

    rows: list[Row] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def measure(workload: Workload, engines: Sequence[str], repeats: int) -> Measurement:
    """Measure engines on a workload, those that pass the gate, forward and forward + backward."""
    inputs, result = random_inputs(workload), Measurement()
    expected = forward_backward(REFERENCE, inputs)
    passed = []
    for engine in engines:
        try:
            check(engine, workload, inputs, expected)
            passed.append(engine)
        except WrongResult as error:
            result.refused.append(str(error))
    del expected
    for direction in DIRECTIONS if passed else ():
        result.rows += _measure_direction(workload, direction, passed, inputs, repeats)
    return result


def _measure_direction(
    workload: Workload, direction: str, engines: Sequence[str], inputs: Inputs, repeats: int
) -> list[Row]:
    device = workload.device
    moved = bytes_moved(workload, direction, checkpoint_interval(device))
    calls = {name: timed_call(name, direction, inputs) for name in (NAIVE, *engines)}
    peaks = {name: peak_bytes(call, device) for name, call in calls.items()}
    copy = {COPY: copy_call(moved, device)}
    if device == "cuda":
        seconds = interleaved(calls, repeats, call_clock(device))
        device_calls = {name: calls[name] for name in engines} | copy
        device_seconds = interleaved(device_calls, repeats, DeviceClock())
    else:
        seconds = device_seconds = interleaved(calls | copy, repeats, call_clock(device))
    rows = []
    for engine in engines:
        ratios = paired_ratios(seconds[NAIVE], seconds[engine])
        row = Row(
            direction=direction,
            shape=workload.shape_name,
            dtype=workload.dtype_name,
            device=device,
            engine=engine,
            naive_ms=median(seconds[NAIVE]) * 1e3,
            ms=median(seconds[engine]) * 1e3,
            ratio=median(ratios),
            ratio_min=min(ratios),
            ratio_max=max(ratios),
            device_ms=median(device_seconds[engine]) * 1e3 if device == "cuda" else None,
            bytes=moved,
            bytes_per_second=moved / median(device_seconds[engine]),
            copy_bytes_per_second=moved / median(device_seconds[COPY]),
            fraction_of_copy=median(paired_ratios(device_seconds[COPY], device_seconds[engine])),
            peak_bytes=peaks[engine],
            naive_peak_bytes=peaks[NAIVE],
        )
        rows.append(row)
    return rows


def paired_ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """The ratio of every sample to the one that was taken beside it."""
    return [above / below for above, below in zip(numerators, denominators, strict=True)]


_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("shape", lambda row: row.shape),
    ("dtype", lambda row: row.dtype),
    ("engine", lambda row: row.engine),
    ("naive ms", lambda row: f"{row.naive_ms:.3f}"),
    ("ms", lambda row: f"{row.ms:.3f}"),
    ("ratio", lambda row: f"{row.ratio:.2f}"),
    ("min - max", lambda row: f"{row.ratio_min:.2f} - {row.ratio_max:.2f}"),
    ("device ms", lambda row: "" if row.device_ms is None else f"{row.device_ms:.3f}"),
    ("GB/s", lambda row: f"{row.bytes_per_second / 1e9:.1f}"),
    ("of copy", lambda row: f"{row.fraction_of_copy:.0%}"),
    ("peak MB", lambda row: "" if row.peak_bytes is None else f"{row.peak_bytes / 1e6:.1f}"),
    ("naive peak MB", lambda row: "" if row.naive_peak_bytes is None else f"{row.naive_peak_bytes / 1e6:.1f}"),
)
_TEXT_COLUMNS = ("shape", "dtype", "engine")


def table(rows: Sequence[Row]) -> str:
    """The rows as text, a table for each direction; columns without a single value are left out."""
    tables = []
    for direction in dict.fromkeys(row.direction for row in rows):
        chosen = [row for row in rows if row.direction == direction]
        columns = [(header, [cell(row) for row in chosen]) for header, cell in _COLUMNS]
        columns = [(header, cells) for header, cells in columns if any(cells)]
        padded = []
        for header, cells in columns:
            width = max(map(len, (header, *cells)))
            pad = str.ljust if header in _TEXT_COLUMNS else str.rjust
            padded.append([pad(text, width) for text in (header, *cells)])
        lines = ["  ".join(line).rstrip() for line in zip(*padded, strict=True)]
        tables.append("\n".join([f"{direction}, {chosen[0].device}", *lines]))
    return "\n\n".join(tables)


def report(device: str, result: Measurement, repeats: int, **more: Any) -> dict[str, Any]:
    """What is written as JSON."""
    return {
        "environment": describe(device),
        "method": METHOD,
        "repeats": repeats,
        "rows": [asdict(row) for row in result.rows],
        "refused": result.refused,
        **more,
    }


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows, versions and machine there")
    parser.add_argument("--repeats", type=int, default=15, help="paired repeats (default %(default)s)")
    parser.add_argument("--threads", type=int, help="CPU threads (default: torch's)")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="default: cuda where there is one")
    parser.add_argument("--only", default="", metavar="TEXT", help="workloads whose name has this text: T=25, bfloat16")
    options = parser.parse_args(arguments)
    if options.repeats < 1:
        parser.error(f"--repeats must be 1 or more, got {options.repeats}")
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: there is no CUDA device here")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns 1 where the gate refused an engine."""
    options = parse(arguments)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    engines = [engine for engine in engines_for(device) if unusable_reason(engine, device) is None]
    result = Measurement()
    for workload in standard_workloads(device):
        if options.only in str(workload):
            print(f"measuring {workload}", file=sys.stderr)
            measured = measure(workload, engines, options.repeats)
            result.rows += measured.rows
            result.refused += measured.refused
    print(table(result.rows))
    for sentence in result.refused:
        print(f"REFUSED: {sentence}", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(report(device, result, options.repeats), indent=2) + "\n")
    return 1 if result.refused else 0


if __name__ == "__main__":
    sys.exit(main())
