"""The LIF layer: engines and other libraries beside the torch loop, in groups of direction, shape, dtype and device.

What is timed is a call from an idle device to an idle device, by the wall clock. The first calls of a contender, which
compile and warm up, are not timed; how long they took stands in extra_info where anything was compiled. A contender
that does not pass the gate is not timed at all.
"""

from __future__ import annotations

from functools import lru_cache

import pytest
import torch
from compilations import Compilations, watch
from contenders import NAIVE, Contender, Layer, described, forward, forward_backward, timed_call
from environment import slug
from gate import Gate, WrongResult
from lineup import contenders_for
from timing import synchronize
from workloads import FORWARD, FORWARD_BACKWARD, Inputs, Workload, bytes_moved, random_inputs, standard_workloads

from snnkernels.dispatch import checkpoint_interval

DEVICES = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)

# Beyond it a loop under torch.compile takes a minute and more to compile: compare.py measures that.
_COMPILED_STEPS = 32


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
def inputs_and_gate(workload: Workload) -> tuple[Inputs, Gate]:
    torch.compiler.reset()
    inputs = random_inputs(workload)
    return inputs, Gate(workload, inputs)


_admitted: dict[tuple[str, Workload], tuple[Layer, Compilations]] = {}


def admit(contender: Contender, workload: Workload) -> tuple[Layer, Compilations]:
    """A contender's layer after its first calls; fails, before any timing, where it does not pass the gate."""
    if (contender.name, workload) not in _admitted:
        inputs, gate = inputs_and_gate(workload)
        layer = contender.build(workload.device)
        with watch() as compiled:
            forward_backward(layer, inputs)
            forward(layer, inputs)
        try:
            gate.check(contender, layer)
        except WrongResult as error:
            pytest.fail(str(error), pytrace=False)
        _admitted[contender.name, workload] = layer, compiled
    return _admitted[contender.name, workload]


def skip_unless_usable(contender: Contender, device: str, steps: int) -> None:
    reason = contender.unusable_reason(device, steps)
    if reason is None and contender.compiles and steps > _COMPILED_STEPS:
        reason = f"compiles {steps} time steps, a minute or more: measured by compare.py"
    if reason is not None:
        pytest.skip(f"{contender.name}: {reason}")


@pytest.fixture(scope="session")
def loop_medians() -> dict[str, float]:
    """Seconds of the torch loop, by group."""
    return {}


@pytest.mark.benchmark(min_rounds=5, max_time=0.5)
@pytest.mark.parametrize(("workload", "direction", "contender"), cases())
def test_lif(
    benchmark, loop_medians: dict[str, float], workload: Workload, direction: str, contender: Contender
) -> None:
    skip_unless_usable(contender, workload.device, workload.steps)
    layer, compiled = admit(contender, workload)
    call = timed_call(layer, direction, inputs_and_gate(workload)[0])

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
    if compiled.number:
        benchmark.extra_info.update(compilations=compiled.number, compile_seconds=compiled.seconds)
    if contender.name == NAIVE.name:
        loop_medians[benchmark.group] = seconds
    elif benchmark.group in loop_medians:
        benchmark.extra_info["ratio_to_loop"] = loop_medians[benchmark.group] / seconds
