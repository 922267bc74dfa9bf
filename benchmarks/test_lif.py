"""The LIF layer: every engine beside the naive loop, in groups of direction, shape, dtype and device.

What is timed is a call from an idle device to an idle device, by the wall clock. The first call of every contender,
which compiles and warms up, is not timed. An engine that does not give the reference's bits is not timed at all.
"""

from __future__ import annotations

from functools import lru_cache

import pytest
import torch
from contenders import (
    NAIVE,
    REFERENCE,
    WrongResult,
    check,
    engines_for,
    forward_backward,
    timed_call,
    unusable_reason,
)
from timing import synchronize
from torch import Tensor
from workloads import DIRECTIONS, Inputs, Workload, bytes_moved, random_inputs, standard_workloads

from snnkernels.dispatch import checkpoint_interval

DEVICES = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def cases() -> list[object]:
    """Workload by workload, so that one set of inputs is held at a time; naive first, as others are related to it."""
    return [
        pytest.param(workload, direction, contender, id=case_id(workload, direction, contender))
        for device in DEVICES
        for workload in standard_workloads(device)
        for direction in DIRECTIONS
        for contender in (NAIVE, *engines_for(device))
    ]


def case_id(workload: Workload, direction: str, contender: str) -> str:
    """A name of characters that -k can parse."""
    sizes = "x".join(map(str, workload.shape))
    return "-".join((direction, sizes, workload.dtype_name, workload.device, contender))


@lru_cache(maxsize=1)
def inputs_and_expected(workload: Workload) -> tuple[Inputs, tuple[Tensor, Tensor]]:
    inputs = random_inputs(workload)
    return inputs, forward_backward(REFERENCE, inputs)


@lru_cache
def require_right(engine: str, workload: Workload) -> None:
    """Fail, before any timing, where an engine does not pass the gate."""
    try:
        check(engine, workload, *inputs_and_expected(workload))
    except WrongResult as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def naive_medians() -> dict[str, float]:
    """Seconds of the naive loop, by group."""
    return {}


@pytest.mark.benchmark(min_rounds=5, max_time=0.5)
@pytest.mark.parametrize(("workload", "direction", "contender"), cases())
def test_lif(benchmark, naive_medians: dict[str, float], workload: Workload, direction: str, contender: str) -> None:
    if contender != NAIVE:
        reason = unusable_reason(contender, workload.device)
        if reason is not None:
            pytest.skip(f"{contender} cannot run on {workload.device}: {reason}")
        require_right(contender, workload)
    inputs, _ = inputs_and_expected(workload)
    call = timed_call(contender, direction, inputs)

    def synchronized_call() -> None:
        call()
        synchronize(workload.device)

    synchronized_call()
    benchmark.name, benchmark.group = contender, f"{direction} {workload}"
    benchmark(synchronized_call)
    if benchmark.stats is None:  # --benchmark-disable: the gate alone
        return
    seconds = benchmark.stats.stats.median
    moved = bytes_moved(workload, direction, checkpoint_interval(workload.device))
    benchmark.extra_info.update(bytes_moved=moved, bytes_per_second=moved / seconds)
    if contender == NAIVE:
        naive_medians[benchmark.group] = seconds
    elif benchmark.group in naive_medians:
        benchmark.extra_info["ratio_to_naive"] = naive_medians[benchmark.group] / seconds
