"""The LIF layer: engines and other libraries beside the torch loop, at a few telling shapes or, if asked for, at all.

What is timed is a call from an idle device to an idle device, by the wall clock. The first calls of a contender, which
compile and warm up, are not timed. A contender that does not pass the gate is not timed at all.
"""

from __future__ import annotations

from functools import lru_cache

import pytest
import torch
from contenders import Contender, described, timed_call
from environment import slug
from gate import Gate
from lineup import contenders_for, shown
from measure import Entry, Measurement, admit_one
from tables import MEDIANS
from timing import Call, synchronize
from workloads import (
    FORWARD,
    FORWARD_BACKWARD,
    Workload,
    bytes_moved,
    random_inputs,
    standard_workloads,
    telling_workloads,
)

from snnkernels.dispatch import checkpoint_interval

DEVICES = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize(("workload", "direction", "contender"), cases(metafunc.config.option.all_shapes))


def cases(all_shapes: bool) -> list[object]:
    """Workload by workload, so that one set of inputs is held at a time; the loop first: others are related to it.

    Other libraries under torch.compile, which takes minutes, are left to compare.py.
    """
    return [
        pytest.param(workload, direction, contender, id=case_id(workload, direction, contender))
        for device in DEVICES
        for workload in (standard_workloads if all_shapes else telling_workloads)(device)
        for direction in (FORWARD, FORWARD_BACKWARD)
        for contender in contenders_for(workload, direction)
        if not (contender.compiles and contender.requires) and (all_shapes or not contender.form)
    ]


def case_id(workload: Workload, direction: str, contender: Contender) -> str:
    """A name of characters that -k can parse."""
    sizes = "x".join(map(str, workload.shape))
    return "-".join((direction, sizes, workload.dtype_name, workload.device, slug(contender.name)))


@lru_cache(maxsize=1)
def gate_of(workload: Workload) -> Gate:
    torch.compiler.reset()
    return Gate(workload, random_inputs(workload))


_tried: dict[tuple[str, str, Workload], tuple[Entry | None, Measurement]] = {}


def admit(contender: Contender, gate: Gate) -> Entry:
    """A contender after its first calls; skips the test where it cannot be timed, fails it where the gate refuses."""
    key = contender.name, gate.neuron, gate.workload
    if key not in _tried:
        result = Measurement()
        _tried[key] = admit_one(contender, gate, result, gate.workload.shape_name), result
    entry, result = _tried[key]
    if entry is None:
        if result.skipped:
            pytest.skip(result.skipped[0])
        pytest.fail(str(result.refused[0]), pytrace=False)
    return entry


def timed(benchmark, entry: Entry, call: Call, group: str, device: str) -> float | None:
    """The median seconds of a call; None with --benchmark-disable, which leaves the gate alone."""

    def synchronized_call() -> None:
        call()
        synchronize(device)

    synchronized_call()
    benchmark.name, benchmark.group = entry.contender.name, group
    benchmark(synchronized_call)
    if entry.contender.options:
        benchmark.extra_info["options"] = described(entry.contender.options)
    if entry.compile_seconds:
        benchmark.extra_info["compile_seconds"] = entry.compile_seconds
    return None if benchmark.stats is None else benchmark.stats.stats.median


@pytest.mark.benchmark(min_rounds=5, max_time=0.5)
def test_lif(benchmark, workload: Workload, direction: str, contender: Contender) -> None:
    entry = admit(contender, gate_of(workload))
    call = timed_call(entry.layer, direction, gate_of(workload).inputs)
    seconds = timed(benchmark, entry, call, f"{direction} {workload}", workload.device)
    if seconds is None:
        return
    moved = bytes_moved(workload, direction, checkpoint_interval(workload.device))
    benchmark.extra_info.update(bytes_moved=moved, bytes_per_second=moved / seconds)
    what = f"{direction}, {workload.dtype_name}, {workload.device}"
    MEDIANS.setdefault(what, {})[shown(contender.name), workload.shape_name] = seconds
