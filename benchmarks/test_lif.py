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
from timing import synchronize
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


_tried: dict[tuple[str, Workload], tuple[Entry | None, Measurement]] = {}


def admit(contender: Contender, workload: Workload) -> Entry:
    """A contender after its first calls; skips the test where it cannot be timed, fails it where the gate refuses."""
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


@pytest.mark.benchmark(min_rounds=5, max_time=0.5)
def test_lif(benchmark, workload: Workload, direction: str, contender: Contender) -> None:
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
    if entry.compile_seconds:
        benchmark.extra_info["compile_seconds"] = entry.compile_seconds
    what = f"{direction}, {workload.dtype_name}, {workload.device}"
    MEDIANS.setdefault(what, {})[shown(contender.name), workload.shape_name] = seconds
