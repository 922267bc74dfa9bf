"""The LIF layer: engines and other libraries beside the torch loop, in groups of direction, shape, dtype and device.

What is timed is a call from an idle device to an idle device, by the wall clock. The first calls of a contender, which
compile and warm up, are not timed; how long they took stands in extra_info where anything was compiled. A contender
that does not pass the gate is not timed at all.
"""

from __future__ import annotations

from functools import lru_cache

import pytest
import torch
from contenders import NAIVE, Contender, described, timed_call
from environment import slug
from gate import Gate
from lineup import contenders_for
from measure import Entry, Measurement, admit_one
from timing import synchronize
from workloads import FORWARD, FORWARD_BACKWARD, Workload, bytes_moved, random_inputs, standard_workloads

from snnkernels.dispatch import checkpoint_interval

DEVICES = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)

# Beyond it a loop under torch.compile takes a minute and more to compile: compare.py measures that, to COMPILED_STEPS.
_QUICKLY_COMPILED_STEPS = 32


def cases() -> list[object]:
    """Workload by workload, so that one set of inputs is held at a time; the loop first: others are related to it."""
    return [
        pytest.param(workload, direction, contender, id=case_id(workload, direction, contender))
        for device in DEVICES
        for workload in standard_workloads(device)
        for direction in (FORWARD, FORWARD_BACKWARD)
        for contender in contenders_for(workload, direction)
    ]


def case_id(workload: Workload, direction: str, contender: Contender) -> str:
    """A name of characters that -k can parse."""
    sizes = "x".join(map(str, workload.shape))
    return "-".join((direction, sizes, workload.dtype_name, workload.device, slug(contender.name)))


@lru_cache(maxsize=1)
def gate_of(workload: Workload) -> Gate:
    torch.compiler.reset()
    return Gate(workload, random_inputs(workload))


_tried: dict[tuple[str, Workload], tuple[Entry | None, Measurement]] = {}


def admit(contender: Contender, workload: Workload) -> Entry:
    """A contender after its first calls; skips the test where it cannot be timed, fails it where the gate refuses."""
    if contender.compiles and workload.steps > _QUICKLY_COMPILED_STEPS:
        pytest.skip(f"{contender.name}: compiles {workload.steps} time steps, a minute or more: measured by compare.py")
    if (contender.name, workload) not in _tried:
        result = Measurement()
        entry = admit_one(contender, gate_of(workload), result, workload.shape_name)
        _tried[contender.name, workload] = entry, result
    entry, result = _tried[contender.name, workload]
    if entry is None:
        if result.skipped:
            pytest.skip(result.skipped[0])
        pytest.fail(str(result.refused[0]), pytrace=False)
    return entry


@pytest.fixture(scope="session")
def loop_medians() -> dict[str, float]:
    """Seconds of the torch loop, by group."""
    return {}


@pytest.mark.benchmark(min_rounds=5, max_time=0.5)
@pytest.mark.parametrize(("workload", "direction", "contender"), cases())
def test_lif(
    benchmark, loop_medians: dict[str, float], workload: Workload, direction: str, contender: Contender
) -> None:
    entry = admit(contender, workload)
    call = timed_call(entry.layer, direction, gate_of(workload).inputs)

    def synchronized_call() -> None:
        call()
        synchronize(workload.device)

    synchronized_call()
    benchmark.name, benchmark.group = contender.name, f"{direction} {workload}"
    benchmark(synchronized_call)
    if benchmark.stats is None:  # --benchmark-disable: the gate alone
        return
    seconds = benchmark.stats.stats.median
    moved = bytes_moved(workload, direction, checkpoint_interval(workload.device))
    benchmark.extra_info.update(bytes_moved=moved, bytes_per_second=moved / seconds)
    if contender.options:
        benchmark.extra_info["options"] = described(contender.options)
    if entry.compiled.number:
        benchmark.extra_info.update(compilations=entry.compiled.number, compile_seconds=entry.compiled.seconds)
    if contender.name == NAIVE.name:
        loop_medians[benchmark.group] = seconds
    elif benchmark.group in loop_medians:
        benchmark.extra_info["ratio_to_loop"] = loop_medians[benchmark.group] / seconds
