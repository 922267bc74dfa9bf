"""The benchmarks: the gate refuses wrong engines, the baseline does the same work, the numbers are what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from support import COMPILED, Target
from torch import Tensor

import snnkernels

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import compare  # noqa: E402
import contenders  # noqa: E402
import timing  # noqa: E402
import workloads  # noqa: E402
from contenders import WrongResult  # noqa: E402
from naive import lif_loop  # noqa: E402
from workloads import FORWARD, FORWARD_BACKWARD, Inputs, Workload  # noqa: E402

SMALL = Workload((20, 3, 37), torch.float32, "cpu")
TINY = "T=4,B=1,N=16"


def flip_one_spike(spikes: Tensor) -> Tensor:
    """The wrong spikes of an engine that misses one element."""
    wrong = torch.zeros_like(spikes)
    wrong.view(-1)[7] = 1 - 2 * spikes.detach().view(-1)[7]
    return spikes + wrong


def scale_gradient(spikes: Tensor) -> Tensor:
    """The right spikes, with gradients that are off by rounding."""
    if spikes.requires_grad:
        spikes.register_hook(lambda grad: grad * (1 + 1e-6))
    return spikes


@pytest.fixture
def break_reference(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Tensor], Tensor]], None]:
    """Make the engine "reference" wrong from here on: what it computed before is the truth."""
    original = snnkernels.lif

    def install(fault: Callable[[Tensor], Tensor]) -> None:
        monkeypatch.setattr(snnkernels, "lif", lambda current, **options: fault(original(current, **options)))

    return install


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16], ids=str)
def test_gate_passes_right_engines(compiled: Target, dtype: torch.dtype) -> None:
    if compiled.interpreted:
        pytest.skip("Triton's interpreter is never timed")
    workload = replace(SMALL, dtype=dtype, device=compiled.device)
    inputs = workloads.random_inputs(workload)
    contenders.check(compiled.engine, workload, inputs, contenders.forward_backward("reference", inputs))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (flip_one_spike, r"reference is not timed on T=20,B=3,N=37 float32 cpu: spikes .* in 1 of 2220 elements"),
        (scale_gradient, r"reference is not timed on T=20,B=3,N=37 float32 cpu: gradients of the current differ"),
    ],
)
def test_gate_refuses_wrong_results(
    break_reference: Callable[..., None], fault: Callable[[Tensor], Tensor], message: str
) -> None:
    inputs = workloads.random_inputs(SMALL)
    expected = contenders.forward_backward("reference", inputs)
    contenders.check("reference", SMALL, inputs, expected)
    break_reference(fault)
    with pytest.raises(WrongResult, match=message):
        contenders.check("reference", SMALL, inputs, expected)


def test_gate_refuses_nan(break_reference: Callable[..., None]) -> None:
    """NaN in the same place on both sides is not right."""
    inputs = workloads.random_inputs(SMALL)
    break_reference(lambda spikes: spikes * float("nan"))
    expected = contenders.forward_backward("reference", inputs)
    with pytest.raises(WrongResult, match="2220 of 2220"):
        contenders.check("reference", SMALL, inputs, expected)


_BREAK_NATIVE = """
import snnkernels

original = snnkernels.lif

def lif(current, *, backend, **options):
    spikes = original(current, backend=backend, **options)
    return 1 - spikes if backend == "native" else spikes

snnkernels.lif = lif
"""


def test_a_red_gate_fails_its_benchmark_before_any_timing(tmp_path: Path) -> None:
    """pytest benchmarks, as a user runs it, with a native engine that fires where it should not."""
    pytest.importorskip("pytest_benchmark")
    Target("native", "cpu").require()
    Path(tmp_path, "break_native.py").write_text(_BREAK_NATIVE)
    results = tmp_path / "results.json"
    command = [sys.executable, "-m", "pytest", "benchmarks", "-p", "break_native", "-p", "no:cacheprovider"]
    command += ["--benchmark-only", f"--benchmark-json={results}", "-k", "forward and 4x1x16 and cpu"]
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        command, cwd=BENCHMARKS.parent, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"native is not timed on {TINY} float32 cpu: spikes of a call without a gradient differ" in done.stdout
    assert "2 failed, 4 passed" in done.stdout
    timed = {(row["group"], row["name"]): row["extra_info"] for row in json.loads(results.read_text())["benchmarks"]}
    groups = [f"{direction} {TINY} float32 cpu" for direction in workloads.DIRECTIONS]
    assert sorted(timed) == [(group, name) for group in groups for name in ("naive", "reference")]
    assert timed[groups[0], "naive"].keys() == {"bytes_moved", "bytes_per_second"}
    assert timed[groups[0], "reference"].keys() == {"bytes_moved", "bytes_per_second", "ratio_to_naive"}


def test_compare_leaves_a_refused_engine_out(
    break_reference: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The truth is computed first, then the engine breaks: nothing of it is timed."""
    original = contenders.forward_backward

    def break_after_first(contender: str, inputs: Inputs) -> tuple[Tensor, Tensor]:
        result = original(contender, inputs)
        break_reference(flip_one_spike)
        return result

    monkeypatch.setattr(compare, "forward_backward", break_after_first)
    result = compare.measure(SMALL, ["reference"], repeats=1)
    assert result.rows == [] and len(result.refused) == 1 and "1 of 2220" in result.refused[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_the_naive_loop_does_the_same_work(dtype: torch.dtype) -> None:
    """The same spikes; the same gradients, but for the rounding of one division."""
    inputs = workloads.random_inputs(replace(SMALL, dtype=dtype))
    spikes, grad = contenders.forward_backward("naive", inputs)
    expected_spikes, expected_grad = contenders.forward_backward("reference", inputs)
    assert torch.equal(spikes, expected_spikes) and torch.equal(lif_loop(inputs.current), spikes)
    torch.testing.assert_close(grad, expected_grad, rtol=1e-5 if dtype == torch.float32 else 1e-13, atol=1e-12)


def test_inputs_are_as_in_a_network() -> None:
    """Neurons fire now and then; gradients are dense, and nothing differs from call to call."""
    first, again = (workloads.random_inputs(SMALL) for _ in range(2))
    assert 0.05 < lif_loop(first.current).mean() < 0.2
    assert first.grad_spikes.is_contiguous() and first.grad_spikes.unique().numel() > SMALL.shape[0]
    assert torch.equal(first.current, again.current) and torch.equal(first.grad_spikes, again.grad_spikes)


@pytest.mark.parametrize(
    ("shape", "dtype", "forward", "backward_too"),
    [
        # 2 of 4 bytes; 5 of 4, and in and out of backward one float32 for each chunk of 8 steps
        ((8, 1, 1), torch.float32, 8 * 8, 8 * 20 + 8),
        ((9, 1, 1), torch.float32, 9 * 8, 9 * 20 + 2 * 8),
        ((8, 2, 3), torch.bfloat16, 48 * 4, 48 * 10 + 6 * 8),
        ((16, 1, 1), torch.float64, 16 * 16, 16 * 40 + 2 * 16),
        ((1, 2, 3, 4, 5), torch.float16, 120 * 4, 120 * 10 + 120 * 8),
    ],
)
def test_bytes_moved(shape: tuple[int, ...], dtype: torch.dtype, forward: int, backward_too: int) -> None:
    workload = Workload(shape, dtype, "cpu")
    assert workloads.bytes_moved(workload, FORWARD, interval=8) == forward
    assert workloads.bytes_moved(workload, FORWARD_BACKWARD, interval=8) == backward_too


def test_workloads_have_the_public_ones() -> None:
    measured = {(workload.shape, workload.dtype) for workload in workloads.gpu_workloads()}
    for steps in (4, 8, 16, 32):
        assert {((steps, 64, 65536), torch.float16), ((steps, 64, 65536), torch.bfloat16)} <= measured
    assert {((steps, 1, 2**20), torch.float32) for steps in (8, 32, 128)} <= measured
    standard = {(workload.shape, workload.dtype) for workload in workloads.standard_workloads("cuda")}
    assert standard <= measured
    names = [str(workload) for workload in workloads.gpu_workloads()]
    assert len(set(names)) == len(names)


def test_the_interpreter_is_never_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "triton" not in contenders.engines_for("cpu") and "triton" in contenders.engines_for("cuda")
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert "interpreter" in (contenders.unusable_reason("triton", "cuda") or "")


def test_repeats_take_turns_and_are_paired() -> None:
    """A clock that runs by the table: warm-up, calibration, then the samples, the one that begins changing."""
    order: list[tuple[str, int]] = []
    seconds = {"slow": 2e-3, "quick": 4e-4}
    calls = {name: (lambda name=name: name) for name in seconds}

    def clock(call: Callable[[], Any], number: int) -> float:
        order.append((call(), number))
        return seconds[call()] * len(order)

    samples = timing.interleaved(calls, 3, clock)
    assert order[:4] == [("slow", 1), ("slow", 1), ("quick", 1), ("quick", 1)]
    slow, quick = ("slow", 1), ("quick", 1)  # 2 ms x 2, 0.4 ms x 4: a sample of either is long enough
    assert order[4:] == [slow, quick, quick, slow, slow, quick]
    assert samples["slow"] == pytest.approx([2e-3 * position for position in (5, 8, 9)])
    assert samples["quick"] == pytest.approx([4e-4 * position for position in (6, 7, 10)])
    ratios = compare.paired_ratios(samples["slow"], samples["quick"])
    assert ratios == pytest.approx([5 * 5 / 6, 5 * 8 / 7, 5 * 9 / 10])


def test_short_calls_are_timed_by_many() -> None:
    numbers = []

    def clock(call: Callable[[], Any], number: int) -> float:
        numbers.append(number)
        return 1e-5

    timing.interleaved({"call": lambda: None}, 2, clock)
    assert numbers == [1, 1, 100, 100]


def test_the_clock_counts_every_call() -> None:
    count = 0

    def call() -> None:
        nonlocal count
        count += 1

    assert timing.call_clock("cpu")(call, 5) > 0
    assert count == 5


@pytest.mark.gpu
def test_the_device_clock_and_peak_memory() -> None:
    """Every call is counted, and an allocation of 64 MiB is seen, whatever the allocator rounds it to."""
    Target("reference", "cuda").require()
    calls: list[int] = []
    copy = timing.copy_call(2**20, "cuda")
    assert timing.DeviceClock()(lambda: calls.append(1) or copy(), 3) > 0
    assert len(calls) == 3
    peak = timing.peak_bytes(lambda: torch.empty(2**26, dtype=torch.uint8, device="cuda"), "cuda")
    assert peak is not None and 2**26 <= peak < 2**27


@pytest.mark.gpu
@pytest.mark.parametrize("engine", sorted({target.engine for target in COMPILED}))
def test_a_gpu_is_measured(engine: str) -> None:
    Target(engine, "cuda").require()
    result = compare.measure(replace(SMALL, device="cuda"), [engine], repeats=2)
    assert not result.refused and [row.direction for row in result.rows] == list(workloads.DIRECTIONS)
    for row in result.rows:
        assert row.device_ms is not None and row.device_ms > 0 and row.peak_bytes is not None and row.peak_bytes > 0


def test_peak_memory_of_a_cpu_is_unknown() -> None:
    assert timing.peak_bytes(lambda: None, "cpu") is None
