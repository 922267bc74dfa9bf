"""The bars: numbers to reach, the row that each is judged by, and the runs of compare.py that measure these rows.

`python benchmarks/bars.py` runs these one after the other, in minutes, adds their rows to this machine's file in
benchmarks/results/, and prints the bars. --only chooses runs, --list prints their commands.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from any_neuron import work_of
from contenders import COMPILED_ENGINES, ELEMENTWISE, NAIVE, NAIVE_COMPILED
from environment import ROOT, machine_key
from features import (
    COPY,
    COUNT,
    LARGEST,
    LARGEST_BESIDE,
    LINEAR,
    LINEAR_SHAPE,
    PRODUCT,
    READOUT_SHAPE,
    USUAL,
    WEIGHT_GRADIENT,
    events,
)
from first_use import COMPILES, DERIVED, DERIVES, FIRST_CALL, LOADS, OWN, states_of
from judging import (
    ON_FRESH,
    ON_GPU,
    ON_GPU_HALF,
    ON_WARM,
    Bar,
    Place,
    device_times,
    kept,
    largest,
    of_copy,
    of_lif,
    ours_per_theirs,
    seconds,
    times_ours,
)
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


def _layers(place: Place, *table: tuple[str, str] | tuple[str, str, float, float]) -> list[Bar]:
    """The bars of layers of neurons, forward and backward."""
    return [
        Bar(_at(shape, place), f"{shown(name)} / ours", times_ours(FORWARD_BACKWARD, shape, name, place), *bar)
        for shape, name, *bar in table
    ]


def _at(shape: str, place: Place) -> str:
    dtype, device, memory = place
    return f"{shape}, {dtype} {device}" if device == "cuda" else f"{shape}, {memory} memory"


def _bandwidth(place: Place, shape: str, *table: tuple[str, float, float]) -> list[Bar]:
    return [
        Bar(_at(shape, place), f"{direction}, of copy bandwidth", of_copy(direction, shape, place), *bar, unit="%")
        for direction, *bar in table
    ]


_LOOP, _SNNTORCH, _SPIKINGJELLY = NAIVE.name, "snnTorch", "SpikingJelly"
_COMPILED = tuple(f"{name}, compiled" for name in (_SPIKINGJELLY, _SNNTORCH, "Norse cell, loop"))

CPU_BARS: tuple[Bar, ...] = (
    *_layers(
        ON_WARM,
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
    *_layers(ON_FRESH, (LONG, _LOOP, 3.5, 6), (WIDE, _LOOP, 5, 8), (DEEP, _LOOP, 14, 20)),
    *_bandwidth(ON_WARM, LONG, (FORWARD, 0.70, 0.90), (BACKWARD, 0.60, 0.80)),
    *(
        Bar(shape, f"{what} / {name}", largest(ours_per_theirs, work, shape, [name]), *bar, at_most=True)
        for shape, what, work, name, *bar in (
            (TINY, FORWARD, FORWARD, ELEMENTWISE.name, 3, 2),
            (NETWORK, "step", TRAINING_STEP, NO_NEURONS.name, 1.10, 1.05),
            (NETWORK, "event step", EVENT_STEP, NO_NEURONS.name, 0.7, 0.45),
        )
    ),
    *(
        Bar(NETWORK, f"{name}{encoder} / event step", times_ours(EVENT_STEP, NETWORK, name + encoder), *bar)
        for name, *bar in ((_SNNTORCH, 2, 3.5), (_SPIKINGJELLY, 2.5, 4))
        for encoder in (ITS_ENCODER, "")
    ),
    *(
        Bar(PRODUCT, f"dense / {events(rate, work)}", times_ours(events(rate, work), PRODUCT, "dense product"), *bar)
        for rate, work, *bar in (
            (0.12, FORWARD, 3, 4.5),
            (0.12, WEIGHT_GRADIENT, 2.5, 4),
            (0.02, FORWARD, 8, 12),
            (0.02, WEIGHT_GRADIENT, 6, 10),
        )
    ),
    Bar(
        LINEAR_SHAPE,
        "memory kept by Linear, LIF / by SpikingLinear",
        largest(kept, LINEAR, LINEAR_SHAPE, [USUAL]),
        8,
        24,
    ),
    *(
        bar
        for name, *loop in (("current_lif", 9, 10), ("adlif", 12, 14))
        for bar in (
            Bar(name, f"{_LOOP} of its step / ours", times_ours(work_of(name), LONG, _LOOP, ON_WARM), *loop),
            Bar(name, "share of copy bandwidth / LIF's", of_lif(name), 0.95, 1, unit="%"),
        )
    ),
    *(
        Bar(shape, f"{ours} / {name}", largest(ours_per_theirs, work, shape, [name]), *bar, at_most=True)
        for shape, ours, name, work, *bar in (
            (LONG, "a user's copy", "current_lif(x)", COPY, 1.1, 1),
            (READOUT_SHAPE, "largest potential", "lif(x)", LARGEST_BESIDE, 1.5, 1),
            (READOUT_SHAPE, "largest potential", _LOOP, LARGEST, 0.1, 0.05),
        )
    ),
    *(
        Bar(f"{FIRST_CALL}, {states_of(one)}", what, largest(seconds, FIRST_CALL, states_of(one), [what]), *bar)
        for one in OWN
        for what, *bar in ((COMPILES, 5, 2.5, True, "s"), (LOADS, 0.3, 0.1, True, "s"))
    ),
    Bar(
        f"{DERIVED}, {states_of(OWN[-1])}",
        DERIVES,
        largest(seconds, DERIVED, states_of(OWN[-1]), [DERIVES]),
        *(0.05, 0.01),
        at_most=True,
        unit="s",
    ),
)

GPU_BARS: tuple[Bar, ...] = (
    *_layers(ON_GPU_HALF, (PUBLIC, _SPIKINGJELLY, 1.4, 1.7)),
    Bar(
        _at(PUBLIC, ON_GPU_HALF),
        f"{_SPIKINGJELLY} / ours, device time",
        largest(device_times, FORWARD_BACKWARD, PUBLIC, [_SPIKINGJELLY], ON_GPU_HALF),
        *(1.4, 1.7),
    ),
    *_bandwidth(ON_GPU_HALF, PUBLIC, (FORWARD, 0.85, 0.92), (BACKWARD, 0.80, 0.90)),
    *_layers(ON_GPU, (LONG, _LOOP, 30, 60), (LONG, _SNNTORCH, 40, 80)),
    *(
        Bar(
            _at(shape, ON_GPU),
            f"full output / count{by}",
            largest(number, COUNT, shape, ["lif(x).sum(0)"], ON_GPU),
            *bar,
        )
        for shape in (LONG, PUBLIC)
        for by, number, *bar in ((", device time", device_times, 1.6, 1.8), ("", lambda row: row.times_ours))
    ),
    Bar(
        NETWORK,
        f"{MNIST_TO_98}, wall time",
        largest(seconds, MNIST_TO_98, NETWORK, COMPILED_ENGINES, ON_GPU),  # one engine trains
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
            print("  ".join(text.ljust(width) for text, width in zip(line, (48, 46, 8, 6, 6, 0), strict=True)))
    return status


if __name__ == "__main__":
    sys.exit(main())
