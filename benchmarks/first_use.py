"""What a neuron of a user's own costs before it runs: to derive its adjoint, to compile it, to load it again."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from measure import Measurement, row_by_itself
from memory import FRESH
from own import own_cascade, own_current_lif

from snnkernels import Neuron
from snnkernels.emit.kept import split_adjoint

FIRST_CALL, DERIVED = "first call of a user's neuron", "derive the adjoint of a user's neuron"
COMPILES, LOADS, DERIVES = "first process, which compiles", "second process", "adjoint"
OWN = (own_current_lif, own_cascade)

# Every compilation takes seconds of a processor.
_MOST_COMPILED = 3

# A process of its own, because a neuron is compiled or loaded once in a process. Prints the seconds of the first call,
# and fails unless this gives what the reference engine gives.
_CALL = """
import sys, time
import torch
import own
neuron, x = getattr(own, sys.argv[1]), torch.randn(16, 2, 64)
start = time.perf_counter()
spikes = neuron(x, backend="native")
print(time.perf_counter() - start)
assert spikes.any() and torch.equal(spikes, neuron(x, backend="reference"))
"""


def states_of(neuron: Neuron) -> str:
    return f"{len(neuron.definition.interface.states)} states"


def measure_first_use(neuron: Neuron, repeats: int) -> Measurement:
    """Rows of the adjoint, of the call that compiles, and of that in the next process."""
    shape = states_of(neuron)
    compiles, loads = zip(*(_seconds_of_processes(neuron) for _ in range(min(repeats, _MOST_COMPILED))), strict=True)
    table = (
        (DERIVED, DERIVES, [_seconds_to_derive(neuron) for _ in range(repeats)]),
        (FIRST_CALL, COMPILES, compiles),
        (FIRST_CALL, LOADS, loads),
    )
    return Measurement(
        [row_by_itself(work, shape, "cpu", FRESH, what, 1e3 * median(seconds)) for work, what, seconds in table]
    )


def _seconds_to_derive(neuron: Neuron) -> float:
    variant = neuron.variant()
    start = time.perf_counter()
    split_adjoint(variant.graph, variant.inputs, variant.states, variant.params)
    return time.perf_counter() - start


def _seconds_of_processes(neuron: Neuron) -> tuple[float, float]:
    """Of the first call in two processes, one after the other, with an empty cache before the first."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        environment = {**os.environ, "SNNKERNELS_CACHE": folder, "PYTHONPATH": path}
        command = [sys.executable, "-W", "error", "-c", _CALL, neuron.__name__]
        first, second = (
            float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
            for _ in range(2)
        )
    return first, second
