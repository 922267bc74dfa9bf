"""The benchmarks: the baseline does the same work, the numbers are what they say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from support import COMPILED, Target

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import contenders  # noqa: E402
import lineup  # noqa: E402
import measure  # noqa: E402
import memory  # noqa: E402
import timing  # noqa: E402
import workloads  # noqa: E402
from contenders import NAIVE, REFERENCE, forward_backward  # noqa: E402
from naive import lif_loop  # noqa: E402
from workloads import BACKWARD, FORWARD, FORWARD_BACKWARD, Workload  # noqa: E402

SMALL = Workload((20, 3, 37), torch.float32, "cpu")
TINY = "T=4,B=1,N=16"


def test_a_refused_contender_is_left_out() -> None:
    broken = replace(NAIVE, name="broken", build=lambda device: lambda current: 1 - lif_loop(current))
    missing = replace(NAIVE, name="missing", requires=("no_such_library",))
    result = measure.measure_layer(SMALL, lambda *work: [NAIVE, broken, missing], 1, "fresh", [FORWARD])
    assert [row.contender for row in result.rows] == ["torch loop"]
    assert len(result.refused) == 1 and "in 2220 of 2220 elements" in str(result.refused[0])
    assert result.skipped == ["missing: ModuleNotFoundError: No module named 'no_such_library'"]


def test_rows_are_paired_with_our_engine_at_the_same_equations(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that knows how long each call takes."""
    seconds = {NAIVE.name: 12.0, "snnTorch": 8.0, "native": 3.0, "native (delay_reset=True)": 2.0, "copy": 1.5}
    monkeypatch.setattr(measure.dispatch, "choose", lambda device, sizes, parts: "native")
    monkeypatch.setattr(measure, "our_layer", lambda engine, options, neuron: options)
    monkeypatch.setattr(measure, "peak_bytes", lambda call, device: 7)
    monkeypatch.setattr(measure, "interleaved", lambda calls, *_: {name: [seconds[name]] * 3 for name in calls})
    asked: list[Any] = []
    work = measure.Work(FORWARD, "T=1", "float32", "cpu", lambda _, layer: asked.append(layer) or print, bytes=30)
    peer = replace(NAIVE, name="snnTorch", options={"delay_reset": True})
    entries = [measure.Entry(NAIVE, lif_loop), measure.Entry(peer, lif_loop, compile_seconds=5.0, differing=4)]
    naive, other_row = measure.measure_work(work, entries, 3, "warm")
    assert asked == [lif_loop, {}, lif_loop, {"delay_reset": True}]
    assert (naive.times_ours, naive.ours, naive.ours_ms, naive.options) == (4.0, "native", 3000.0, "")
    assert (other_row.times_ours, other_row.ours_ms, other_row.options) == (4.0, 2000.0, "delay_reset=True")
    assert (naive.fraction_of_copy, other_row.fraction_of_copy) == (1.5 / 12, 1.5 / 8)
    assert (naive.compile_seconds, other_row.compile_seconds, other_row.differing_neurons) == (None, 5.0, 4)
    assert {row.memory for row in (naive, other_row)} == {"warm"} and naive.peak_bytes == 7


@pytest.mark.parametrize("peer", lineup.PEERS, ids=str)
def test_a_peer_begins_each_sequence_anew(peer: contenders.Contender) -> None:
    """One layer of a network after the other goes through it before the first gradient, as in a training step."""
    if peer.compiles or (reason := peer.unusable_reason("cpu", SMALL.steps)) is not None:
        pytest.skip("compiled" if peer.compiles else reason)
    inputs, layer = workloads.random_inputs(SMALL), peer.build("cpu")
    spikes, grad = forward_backward(layer, inputs)
    currents = [inputs.current.detach().requires_grad_() for _ in range(2)]
    outputs = [layer(current) for current in currents]
    for again, other in zip(outputs, torch.autograd.grad(outputs, currents, [inputs.grad_spikes] * 2), strict=True):
        assert torch.equal(again, spikes) and torch.equal(other, grad)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_the_naive_loop_does_the_same_work(dtype: torch.dtype) -> None:
    """The same spikes; the same gradients, but for the rounding of one division."""
    inputs = workloads.random_inputs(replace(SMALL, dtype=dtype))
    spikes, grad = forward_backward(NAIVE.build("cpu"), inputs)
    expected_spikes, expected_grad = forward_backward(REFERENCE.build("cpu"), inputs)
    assert torch.equal(spikes, expected_spikes) and torch.equal(lif_loop(inputs.current), spikes)
    torch.testing.assert_close(grad, expected_grad, rtol=1e-5 if dtype == torch.float32 else 1e-13, atol=1e-12)


def test_inputs_are_as_in_a_network() -> None:
    """Neurons fire now and then; gradients are dense, and nothing differs from call to call."""
    first, again = (workloads.random_inputs(SMALL) for _ in range(2))
    assert 0.05 < lif_loop(first.current).mean() < 0.2
    assert first.grad_spikes.is_contiguous() and first.grad_spikes.unique().numel() > SMALL.shape[0]
    assert torch.equal(first.current, again.current) and torch.equal(first.grad_spikes, again.grad_spikes)


@pytest.mark.parametrize(
    ("shape", "dtype", "forward", "backward_too", "interval_states"),
    [
        # 2 of 4 bytes; 5 of 4, and in and out of backward one float32 for each chunk of 8 steps but the first
        ((8, 1, 1), torch.float32, 8 * 8, 8 * 20, 0),
        ((9, 1, 1), torch.float32, 9 * 8, 9 * 20, 4),
        ((17, 2, 3), torch.bfloat16, 17 * 6 * 4, 17 * 6 * 10, 2 * 6 * 4),
        ((16, 1, 1), torch.float64, 16 * 16, 16 * 40, 8),
        ((9, 2, 3, 4, 5), torch.float16, 1080 * 4, 1080 * 10, 120 * 4),
    ],
)
def test_bytes_moved(
    shape: tuple[int, ...], dtype: torch.dtype, forward: int, backward_too: int, interval_states: int
) -> None:
    workload = Workload(shape, dtype, "cpu")
    assert workloads.bytes_moved(workload, FORWARD, interval=8) == forward
    assert workloads.bytes_moved(workload, BACKWARD, interval=8) == backward_too - forward + interval_states
    assert workloads.bytes_moved(workload, FORWARD_BACKWARD, interval=8) == backward_too + 2 * interval_states
    assert workloads.bytes_moved(workload, FORWARD_BACKWARD, interval=8, states=3) == backward_too + 6 * interval_states


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
    names = {device: [engine.name for engine in contenders.engines_for(device)] for device in ("cpu", "cuda")}
    assert "triton" not in names["cpu"] and "triton" in names["cuda"]
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert "interpreter" in (contenders.engine("triton").unusable_reason("cuda", 4) or "")


def test_the_line_up() -> None:
    """Everyone by a name of their own; an operator beside the tiny layer, engines alone for backward alone."""
    tiny, layer = Workload((4, 1, 16), torch.float32, "cpu"), Workload((4, 128, 1000), torch.float32, "cpu")
    names = [contender.name for contender in lineup.contenders_for(tiny, FORWARD)]
    assert len(set(names)) == len(names) and names[:2] == ["torch loop", "torch loop, compiled"]
    assert {"snnTorch", "SpikingJelly", "Norse", "sinabs", "sinabs, loop", "elementwise op"} <= set(names)
    assert "elementwise op" not in [contender.name for contender in lineup.contenders_for(layer, FORWARD)]
    assert {contender.gate for contender in lineup.contenders_for(layer, BACKWARD)} == {"exact"}


def test_long_loops_are_not_compiled() -> None:
    assert "each of 500 time steps" in (contenders.NAIVE_COMPILED.unusable_reason("cpu", 500) or "")
    assert contenders.NAIVE_COMPILED.unusable_reason("cpu", 25) is None


def test_repeats_take_turns_and_are_paired() -> None:
    """A clock that runs by the table: warm-up, calibration, then the samples."""
    order: list[tuple[str, int]] = []
    seconds = {"slow": 2e-3, "quick": 4e-4}
    calls = {name: (lambda name=name: name) for name in seconds}

    def clock(call: Callable[[], Any], number: int) -> float:
        order.append((call(), number))
        return seconds[call()] * len(order)

    samples = timing.interleaved(calls, 3, clock)
    assert order[:4] == [("slow", 1), ("slow", 1), ("quick", 1), ("quick", 1)]
    slow, quick = ("slow", 1), ("quick", 1)  # 2 ms x 2, 0.4 ms x 4: a call of either is long enough
    assert [sorted(order[at : at + 2]) for at in (4, 6, 8)] == [[quick, slow]] * 3
    places = {call: [at + 1 for at in range(4, 10) if order[at] == call] for call in (slow, quick)}
    assert samples["slow"] == pytest.approx([2e-3 * place for place in places[slow]])
    assert samples["quick"] == pytest.approx([4e-4 * place for place in places[quick]])
    ratios = timing.paired_ratios(samples["slow"], samples["quick"])
    assert ratios == pytest.approx([5 * a / b for a, b in zip(places[slow], places[quick], strict=True)])


def test_nobody_always_comes_after_the_same_one() -> None:
    """In each repeat another order, and the same orders in another run."""
    names, orders = "abcdef", []
    for _ in range(2):
        called: list[str] = []
        calls = {name: (lambda name=name: name) for name in names}
        timing.interleaved(calls, 15, lambda call, number, called=called: called.append(call()) or 0.1)
        orders.append(called[2 * len(names) :])
    assert orders[0] == orders[1]
    turns = [orders[0][at : at + len(names)] for at in range(0, 15 * len(names), len(names))]
    assert all(sorted(turn) == list(names) for turn in turns)
    before = {pair for turn in turns for pair in zip(turn, turn[1:], strict=False)}
    assert all(len({one for one, other in before if other == name}) >= 3 for name in names)


@pytest.mark.parametrize(
    ("slow", "number"),
    [(1e-5, 100), (1e-4, 100), (2e-3, 25), (0.3, 1)],
    ids=["as-quick", "quick", "slower-than-a-sample", "slow"],
)
def test_a_sample_has_as_many_calls_for_everyone(slow: float, number: int) -> None:
    """Many where calls are short, so that a quick one takes a millisecond; a slow one of them no more than 50."""
    seconds, numbers = {"quick": 1e-5, "slow": slow}, []

    def clock(call: Callable[[], Any], calls: int) -> float:
        numbers.append(calls)
        return seconds[call()]

    timing.interleaved({name: (lambda name=name: name) for name in seconds}, 2, clock)
    assert numbers == [1] * 4 + [number] * 4


def test_slow_calls_have_fewer_samples() -> None:
    """A call of seconds would take all of the time; the others' samples stay, pairs are made of what there is."""
    seconds = {"slow": 5.0, "quick": 0.1}
    calls = {name: (lambda name=name: name) for name in seconds}
    samples = timing.interleaved(calls, 10, lambda call, number: seconds[call()])
    assert {name: len(found) for name, found in samples.items()} == {"slow": 3, "quick": 10}
    assert timing.paired_ratios(samples["slow"], samples["quick"]) == [50.0] * 3


def test_the_clock_counts_every_call() -> None:
    count = 0

    def call() -> None:
        nonlocal count
        count += 1

    assert timing.call_clock("cpu")(call, 5) > 0
    assert count == 5


def test_every_call_ends_with_an_idle_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else quick calls would overlap with the launches of the next."""
    log: list[str] = []
    monkeypatch.setattr(timing.torch.cuda, "synchronize", lambda: log.append("wait"))
    timing.call_clock("cuda")(lambda: log.append("call"), 3)
    assert log == ["wait", *["call", "wait"] * 3]


class FakeGpu:
    """A host and a stream by a clock of their own: whatever is launched begins when both have come to it."""

    def __init__(self, rate: float) -> None:
        self.rate, self.host, self.stream = rate, 0.0, 0.0

    def launch(self, host: float, device: float) -> None:
        self.host += host
        self.stream = max(self.stream, self.host) + device

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        gpu = self

        class Event:
            def __init__(self, enable_timing: bool) -> None:
                self.at = 0.0

            def record(self) -> None:
                self.at = max(gpu.stream, gpu.host)

            def elapsed_time(self, end: Event) -> float:
                return 1e3 * (end.at - self.at)

        def synchronize() -> None:
            gpu.host = max(gpu.host, gpu.stream)

        flush = SimpleNamespace(zero_=lambda: gpu.launch(1e-5, 1e-4))
        cuda = SimpleNamespace(
            Event=Event, synchronize=synchronize, _sleep=lambda cycles: gpu.launch(1e-5, cycles / gpu.rate)
        )
        monkeypatch.setattr(
            timing, "torch", SimpleNamespace(cuda=cuda, empty=lambda *_, **options: flush, uint8=torch.uint8)
        )
        monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: gpu.host))


@pytest.mark.parametrize("launches", [1, 50, 900])
def test_the_device_clock_does_not_count_launches(monkeypatch: pytest.MonkeyPatch, launches: int) -> None:
    """However slow they are: here ten times as slow as the kernels."""
    gpu = FakeGpu(rate=1.9e9)
    gpu.install(monkeypatch)

    def call() -> None:
        for _ in range(launches):
            gpu.launch(host=3e-5, device=3e-6)

    clock = timing.DeviceClock()
    assert clock(call, 5) == pytest.approx(launches * 3e-6)


@pytest.mark.gpu
def test_the_device_clock_and_peak_memory() -> None:
    """Every call is made, and one before, which tells the host's time; an allocation of 64 MiB is seen, whatever the
    allocator rounds it to."""
    Target("reference", "cuda").require()
    calls: list[int] = []
    copy = timing.copy_call(2**20, "cuda")
    assert timing.DeviceClock()(lambda: calls.append(1) or copy(), 3) > 0
    assert len(calls) == 4
    peak = memory.peak_bytes(lambda: torch.empty(2**26, dtype=torch.uint8, device="cuda"), "cuda")
    assert peak is not None and 2**26 <= peak < 2**27


@pytest.mark.gpu
@pytest.mark.parametrize("engine", sorted({target.engine for target in COMPILED}))
def test_a_gpu_is_measured(engine: str) -> None:
    Target(engine, "cuda").require()
    line_up = [NAIVE, contenders.engine(engine)]
    result = measure.measure_layer(replace(SMALL, device="cuda"), lambda *work: line_up, 2, "gpu")
    assert not result.refused and [row.work for row in result.rows[1::2]] == list(workloads.DIRECTIONS)
    for row in result.rows:
        assert row.device_ms is not None and row.device_ms > 0 and row.peak_bytes is not None and row.peak_bytes > 0
