"""The bars: numbers to reach, the row that each is judged by, and the runs of compare.py that measure these rows.

`python benchmarks/bars.py` runs these one after the other, in minutes, adds their rows to this machine's file in
benchmarks/results/, and prints the bars. --only chooses runs, --list prints their commands.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from any_neuron import BESIDE, work_of
from contenders import COMPILED_ENGINES, ELEMENTWISE, NAIVE, NAIVE_COMPILED
from environment import ROOT, machine_key
from features import COPY, COUNT, LARGEST, LARGEST_BESIDE, READOUT_SHAPE
from features import LINEAR, LINEAR_SHAPE, PRODUCT, USUAL, WEIGHT_GRADIENT, events
from first_use import COMPILES, DERIVED, DERIVES, FIRST_CALL, LOADS, OWN, states_of
from lineup import shown
from measure import Row
from memory import FRESH, WARM
from mnist import MNIST_TO_98, NETWORK
from networks import EVENT_STEP, ITS_ENCODER, NO_NEURONS, TRAINING_STEP
from results import FOLDER, load, rows_of
from workloads import (
    BACKWARD,
    DEEP_SHAPE,
    FORWARD,
    FORWARD_BACKWARD,
    LONG_SHAPE,
    PUBLIC_SHAPE,
    TINY_SHAPE,
    WIDE_SHAPE,
    shape_name,
)

LONG, WIDE, DEEP, TINY, PUBLIC = map(shape_name, (LONG_SHAPE, WIDE_SHAPE, DEEP_SHAPE, TINY_SHAPE, PUBLIC_SHAPE))

# The layers that a GPU is judged by.
GPU_LAYERS = ((PUBLIC, "float16"), (LONG, "float32"))

Run = tuple[str, ...]
Value = Callable[[Sequence[Row]], float | None]
Number = Callable[[Row], float | None]


def _layer(memory: str, shape: str, *more: str) -> Run:
    return ("layers", "--memory", memory, "--only", f"{shape} float32", *more)


_REPEATS = {DEEP: "9", LONG: "15", WIDE: "15"}

# The runs that the README's table needs. They take minutes, two of them for compilers. Each run is a process of its
# own, because memory stays warm or fresh for the whole process.
README_RUNS: tuple[Run, ...] = (
    *(_layer(WARM, shape, "--skip", "compiled", "--repeats", number) for shape, number in _REPEATS.items()),
    *(_layer(WARM, shape, "--contender", NAIVE_COMPILED.name) for shape in (LONG, WIDE)),
)

RUNS: tuple[Run, ...] = (
    *README_RUNS[:3],
    *(_layer(FRESH, shape, "--skip", "compiled", "--repeats", number) for shape, number in _REPEATS.items()),
    *(_layer(WARM, shape, "--contender", "compiled") for shape in (LONG, WIDE)),
    _layer(FRESH, TINY, "--skip", "compiled"),
    ("steps", "--skip", "compiled", "--repeats", "9"),
    ("features",),
    ("neurons", "--memory", WARM, "--skip", "compiled", "--repeats", "9"),
    ("first-use",),
)


@dataclass(frozen=True)
class Bar:
    """A number to reach, or with `at_most` not to exceed, and a better one. Without these, a number that is only shown.

    value: finds the measured number in rows; None if there is no such row.
    """

    work: str
    what: str
    value: Value
    bar: float | None = None
    stretch: float | None = None
    at_most: bool = False
    unit: str = "x"  # or "%", of fractions, or "s"

    def verdict(self, measured: float | None) -> str:
        if measured is None:
            return "not measured"
        if self.bar is None or self.stretch is None:
            return "not a bar"
        sign = -1 if self.at_most else 1
        if sign * measured >= sign * self.stretch:
            return "stretch"
        return "met" if sign * measured >= sign * self.bar else "missed"

    def written(self, number: float | None) -> str:
        if number is None:
            return ""
        return f"{number:.0%}" if self.unit == "%" else f"{number:.3g} {self.unit}"


# dtype, device and memory
Place = tuple[str, str, str]
_FRESH, _WARM, _GPU, _GPU_HALF = (
    ("float32", "cpu", FRESH),
    ("float32", "cpu", WARM),
    ("float32", "cuda", "gpu"),
    ("float16", "cuda", "gpu"),
)


def _of(number: Number, work: str, shape: str, contenders: Sequence[str], place: Place = _FRESH) -> Value:
    """Finds the largest of a number among the rows of some contenders."""

    def value(rows: Sequence[Row]) -> float | None:
        wanted = work, shape, *place
        found = [row for row in rows if (row.work, row.shape, row.dtype, row.device, row.memory) == wanted]
        return max((number(row) or 0 for row in found if row.contender in contenders), default=0) or None

    return value


def _times(work: str, shape: str, contender: str, place: Place = _FRESH) -> Value:
    """Finds how many times as long as ours a contender takes."""
    return _of(lambda row: row.times_ours, work, shape, [contender], place)


def _of_copy(direction: str, shape: str, place: Place) -> Value:
    """Finds the fraction of copy speed of the faster of our engines."""
    return _of(_share, direction, shape, COMPILED_ENGINES, place)


def _ours(row: Row) -> float:
    return 1 / row.times_ours


def _seconds(row: Row) -> float:
    return row.ms / 1e3


def of_lif(neuron: str) -> Value:
    """Finds the share of copy speed of a neuron, as a fraction of LIF's in the same run."""

    def value(rows: Sequence[Row]) -> float | None:
        shares = (_of(_share, work_of(neuron), LONG, names, _WARM)(rows) for names in (COMPILED_ENGINES, [BESIDE]))
        ours, lif = shares
        return ours / lif if ours and lif else None

    return value


def _share(row: Row) -> float | None:
    return row.fraction_of_copy


def _device_times(row: Row) -> float | None:
    """Times ours by the GPU's own time, because the wall clock includes the host."""
    return row.device_ms / row.ours_device_ms if row.device_ms and row.ours_device_ms else None


def _kept(row: Row) -> float | None:
    return row.kept_bytes / row.ours_kept_bytes if row.kept_bytes and row.ours_kept_bytes else None


def _layers(place: Place, *table: tuple[str, str] | tuple[str, str, float, float]) -> list[Bar]:
    """The bars of layers of neurons, forward and backward."""
    return [
        Bar(_at(shape, place), f"{shown(name)} / ours", _times(FORWARD_BACKWARD, shape, name, place), *bar)
        for shape, name, *bar in table
    ]


def _at(shape: str, place: Place) -> str:
    dtype, device, memory = place
    return f"{shape}, {dtype} {device}" if device == "cuda" else f"{shape}, {memory} memory"


def _bandwidth(place: Place, shape: str, *table: tuple[str, float, float]) -> list[Bar]:
    return [
        Bar(_at(shape, place), f"{direction}, of copy bandwidth", _of_copy(direction, shape, place), *bar, unit="%")
        for direction, *bar in table
    ]


_LOOP, _SNNTORCH, _SPIKINGJELLY = NAIVE.name, "snnTorch", "SpikingJelly"
_COMPILED = tuple(f"{name}, compiled" for name in (_SPIKINGJELLY, _SNNTORCH, "Norse cell, loop"))

CPU_BARS: tuple[Bar, ...] = (
    *_layers(
        _WARM,
        (LONG, _LOOP, 4.5, 6),
        (LONG, NAIVE_COMPILED.name, 3.5, 5),
        (LONG, _SPIKINGJELLY, 6, 8),
        (LONG, _SNNTORCH, 6, 8),
        *((LONG, name) for name in _COMPILED),
        # These bars are for each library's one call for all steps; a loop is the faster form.
        (LONG, "Norse", 40, 60),
        (LONG, "Norse cell, loop"),
        (LONG, "sinabs", 40, 60),
        (LONG, "sinabs, loop"),
        (WIDE, _LOOP, 5, 8),
        (WIDE, NAIVE_COMPILED.name, 1.7, 2.5),
        (WIDE, _SPIKINGJELLY, 9, 14),
        *((WIDE, name) for name in _COMPILED),
        (DEEP, _LOOP, 14, 22),
    ),
    *_layers(_FRESH, (LONG, _LOOP, 3.5, 6), (WIDE, _LOOP, 5, 8), (DEEP, _LOOP, 14, 20)),
    *_bandwidth(_WARM, LONG, (FORWARD, 0.70, 0.90), (BACKWARD, 0.60, 0.80)),
    *(
        Bar(shape, f"{what} / {name}", _of(_ours, work, shape, [name]), *bar, at_most=True)
        for shape, what, work, name, *bar in (
            (TINY, FORWARD, FORWARD, ELEMENTWISE.name, 3, 2),
            (NETWORK, "step", TRAINING_STEP, NO_NEURONS.name, 1.10, 1.05),
            (NETWORK, "event step", EVENT_STEP, NO_NEURONS.name, 0.7, 0.45),
        )
    ),
    *(
        Bar(NETWORK, f"{name}{encoder} / event step", _times(EVENT_STEP, NETWORK, name + encoder), *bar)
        for name, *bar in ((_SNNTORCH, 2, 3.5), (_SPIKINGJELLY, 2.5, 4))
        for encoder in (ITS_ENCODER, "")
    ),
    *(
        Bar(PRODUCT, f"dense / {events(rate, work)}", _times(events(rate, work), PRODUCT, "dense product"), *bar)
        for rate, work, *bar in (
            (0.12, FORWARD, 3, 4.5),
            (0.12, WEIGHT_GRADIENT, 2.5, 4),
            (0.02, FORWARD, 8, 12),
            (0.02, WEIGHT_GRADIENT, 6, 10),
        )
    ),
    Bar(
        LINEAR_SHAPE, "memory kept by Linear, LIF / by SpikingLinear", _of(_kept, LINEAR, LINEAR_SHAPE, [USUAL]), 8, 24
    ),
    *(
        bar
        for name, *loop in (("current_lif", 9, 10), ("adlif", 12, 14))
        for bar in (
            Bar(f"{name}, {LONG}", f"{_LOOP} of its step / ours", _times(work_of(name), LONG, _LOOP, _WARM), *loop),
            Bar(f"{name}, {LONG}", "share of copy bandwidth / LIF's", of_lif(name), 0.95, 1, unit="%"),
        )
    ),
    *(
        Bar(shape, f"{ours} / {name}", _of(_ours, work, shape, [name]), *bar, at_most=True)
        for shape, ours, name, work, *bar in (
            (LONG, "a user's copy", "current_lif(x)", COPY, 1.1, 1),
            (READOUT_SHAPE, "largest potential", "lif(x)", LARGEST_BESIDE, 1.5, 1),
            (READOUT_SHAPE, "largest potential", _LOOP, LARGEST, 0.1, 0.05),
        )
    ),
    *(
        Bar(f"{FIRST_CALL}, {states_of(one)}", what, _of(_seconds, FIRST_CALL, states_of(one), [what]), *bar)
        for one in OWN
        for what, *bar in ((COMPILES, 5, 2.5, True, "s"), (LOADS, 0.3, 0.1, True, "s"))
    ),
    Bar(
        f"{DERIVED}, {states_of(OWN[-1])}",
        DERIVES,
        _of(_seconds, DERIVED, states_of(OWN[-1]), [DERIVES]),
        *(0.05, 0.01),
        at_most=True,
        unit="s",
    ),
)

GPU_BARS: tuple[Bar, ...] = (
    *_layers(_GPU_HALF, (PUBLIC, _SPIKINGJELLY, 1.4, 1.7)),
    Bar(
        _at(PUBLIC, _GPU_HALF),
        f"{_SPIKINGJELLY} / ours, device time",
        _of(_device_times, FORWARD_BACKWARD, PUBLIC, [_SPIKINGJELLY], _GPU_HALF),
        *(1.4, 1.7),
    ),
    *_bandwidth(_GPU_HALF, PUBLIC, (FORWARD, 0.85, 0.92), (BACKWARD, 0.80, 0.90)),
    *_layers(_GPU, (LONG, _LOOP, 30, 60), (LONG, _SNNTORCH, 40, 80)),
    *(
        Bar(_at(shape, _GPU), f"full output / count{by}", _of(number, COUNT, shape, ["lif(x).sum(0)"], _GPU), *bar)
        for shape in (LONG, PUBLIC)
        for by, number, *bar in ((", device time", _device_times, 1.6, 1.8), ("", lambda row: row.times_ours))
    ),
    Bar(
        NETWORK,
        f"{MNIST_TO_98}, wall time",
        _of(_seconds, MNIST_TO_98, NETWORK, COMPILED_ENGINES, _GPU),  # one engine trains
        *(10, 3),
        at_most=True,
        unit="s",
    ),
)


def bars_of(rows: Sequence[Row]) -> tuple[Bar, ...]:
    """The bars that a machine is judged by."""
    return GPU_BARS if any(row.device == "cuda" for row in rows) else CPU_BARS


def judged(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """A line for each bar: work, what, measured, bar, stretch, verdict."""
    lines = []
    for bar in bars_of(rows):
        measured = bar.value(rows)
        numbers = [bar.written(number) for number in (measured, bar.bar, bar.stretch)]
        lines.append((bar.work, bar.what, *numbers, bar.verdict(measured)))
    return lines


def measure(runs: Sequence[Run], path: Path) -> int:
    """Do the runs one after the other, and add their rows to a file. Returns 1 if one of them failed."""
    status = 0
    for run in runs:
        command = _command(run, path)
        print(shlex.join(["python", *command]), flush=True)
        status |= subprocess.run([sys.executable, *command], cwd=ROOT, check=False).returncode
    return status


def _command(run: Run, path: Path) -> list[str]:
    return ["benchmarks/compare.py", *run, "--device", "cpu", "--json", str(path)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="TEXT", help="runs whose command has this text: steps, T=25")
    parser.add_argument("--list", action="store_true", help="print the commands and run none")
    parser.add_argument("--json", type=Path, default=FOLDER / f"{machine_key()}.json", help="default: %(default)s")
    options = parser.parse_args(arguments)
    chosen = [run for run in RUNS if options.only in shlex.join(_command(run, options.json))]
    if options.list:
        print("\n".join(shlex.join(["python", *_command(run, options.json)]) for run in chosen))
        return 0
    status = measure(chosen, options.json)
    if options.json.exists():
        for line in judged(rows_of(load(options.json))):
            print("  ".join(text.ljust(width) for text, width in zip(line, (34, 46, 8, 6, 6, 0), strict=True)))
    return status


if __name__ == "__main__":
    sys.exit(main())
