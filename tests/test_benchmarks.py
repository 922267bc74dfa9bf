"""The benchmarks: the gate refuses wrong engines, the baseline does the same work, the numbers are what they say."""

from __future__ import annotations

import json
import os
import platform
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

import compilations  # noqa: E402
import contenders  # noqa: E402
import lineup  # noqa: E402
import measure  # noqa: E402
import memory  # noqa: E402
import networks  # noqa: E402
import timing  # noqa: E402
import workloads  # noqa: E402
from contenders import NAIVE, REFERENCE, Contender, forward_backward  # noqa: E402
from gate import Gate, WrongResult  # noqa: E402
from naive import lif_loop  # noqa: E402
from workloads import BACKWARD, FORWARD, FORWARD_BACKWARD, Inputs, Workload  # noqa: E402

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


def small_gate() -> Gate:
    return Gate(SMALL, workloads.random_inputs(SMALL))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16], ids=str)
def test_gate_passes_right_engines(compiled: Target, dtype: torch.dtype) -> None:
    if compiled.interpreted:
        pytest.skip("Triton's interpreter is never timed")
    workload = replace(SMALL, dtype=dtype, device=compiled.device)
    contender = contenders.engine(compiled.engine)
    layer = contender.build(compiled.device)
    assert Gate(workload, workloads.random_inputs(workload)).check(contender, layer) == 0


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
    gate, layer = small_gate(), REFERENCE.build("cpu")
    gate.check(REFERENCE, layer)
    break_reference(fault)
    with pytest.raises(WrongResult, match=message):
        gate.check(REFERENCE, layer)


def test_gate_refuses_nan(break_reference: Callable[..., None]) -> None:
    """NaN in the same place on both sides is not right."""
    break_reference(lambda spikes: spikes * float("nan"))
    with pytest.raises(WrongResult, match="2220 of 2220"):
        small_gate().check(REFERENCE, REFERENCE.build("cpu"))


def rounded_otherwise(current: Tensor) -> Tensor:
    """The default neuron with the decay written as SpikingJelly writes it: other roundings, the same equations."""
    v, spikes = torch.zeros_like(current[0]), []
    for x in current.unbind(0):
        u = v - v / 10 + x
        s = snnkernels.lif(u.unsqueeze(0), beta=0.0, backend="reference")[0]
        v = u - s.detach()
        spikes.append(s)
    return torch.stack(spikes)


def other(layer: Callable[[Tensor], Tensor], **options: Any) -> Contender:
    return Contender("other library", lambda device: layer, options=options)


def test_gate_forgives_rounding_near_threshold() -> None:
    """A neuron whose potential is at threshold may fire or not, and goes on from there; all others must agree."""
    current = torch.full((20, 1, 200), 0.25)
    current[:, :, 0] = 0.0
    current[0, 0, 0] = 1.0 - 2**-24  # one rounding below threshold, where `late` fires
    current[5, 0, 0] = 0.9

    def late(current: Tensor) -> Tensor:
        bump = torch.zeros_like(current)
        bump[0, 0, 0] = 2**-24
        return snnkernels.lif(current + bump, backend="reference")

    inputs = Inputs(current, torch.ones_like(current))
    gate = Gate(Workload((20, 1, 200), torch.float32, "cpu"), inputs)
    assert not torch.equal(late(current), snnkernels.lif(current))
    assert gate.check(other(late), late) == 1
    current[0, 0, 0] = 0.999  # no rounding explains a spike here

    def early(current: Tensor) -> Tensor:
        bump = torch.zeros_like(current)
        bump[0, 0, 0] = 0.001
        return snnkernels.lif(current + bump, backend="reference")

    with pytest.raises(WrongResult, match="in 1 of 1 neurons by more than rounding"):
        gate.check(other(early), early)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_gate_passes_the_same_equations_in_another_order(dtype: torch.dtype) -> None:
    workload = Workload((30, 4, 250), dtype, "cpu")
    gate = Gate(workload, workloads.random_inputs(workload))
    assert gate.check(other(rounded_otherwise), rounded_otherwise) < 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strict": True, "delay_reset": True}, "neurons by more than rounding"),
        ({"beta": 0.9001}, "neurons by more than rounding"),
        ({"slope": 26.0}, "gradients of the current differ"),
        ({"detach_reset": False}, "gradients of the current differ"),
    ],
)
def test_gate_refuses_other_equations(options: dict[str, Any], message: str) -> None:
    """What a contender does not declare it may not compute; declared, it passes."""

    def layer(current: Tensor) -> Tensor:
        return snnkernels.lif(current, backend="reference", **options)

    workload = Workload((30, 4, 250), torch.float32, "cpu")
    gate = Gate(workload, workloads.random_inputs(workload))
    assert gate.check(other(layer, **options), layer) == 0
    with pytest.raises(WrongResult, match=message):
        gate.check(other(layer), layer)


_BREAK_NATIVE = """
import snnkernels

original = snnkernels.lif

def lif(current, *, backend, **options):
    spikes = original(current, backend=backend, **options)
    return 1 - spikes if backend == "native" else spikes

snnkernels.lif = lif
"""


# The engines and the loop alone: a compiler takes half a minute, and other libraries need not be here.
_SELECTED = "4x1x16 and cpu and (reference or native or loop) and not compiled and not norse"


def test_a_red_gate_fails_its_benchmark_before_any_timing(tmp_path: Path) -> None:
    """pytest benchmarks, as a user runs it, with a native engine that fires where it should not."""
    pytest.importorskip("pytest_benchmark")
    Target("native", "cpu").require()
    Path(tmp_path, "break_native.py").write_text(_BREAK_NATIVE)
    results = tmp_path / "results.json"
    command = [sys.executable, "-m", "pytest", "benchmarks", "-p", "break_native", "-p", "no:cacheprovider"]
    command += ["--benchmark-only", f"--benchmark-json={results}", "-k", _SELECTED]
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        command, cwd=BENCHMARKS.parent, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"native is not timed on {TINY} float32 cpu: spikes of a call without a gradient differ" in done.stdout
    assert "2 failed, 4 passed" in done.stdout
    timed = {(row["group"], row["name"]): row["extra_info"] for row in json.loads(results.read_text())["benchmarks"]}
    groups = [f"{direction} {TINY} float32 cpu" for direction in (FORWARD, FORWARD_BACKWARD)]
    assert sorted(timed) == [(group, name) for group in groups for name in ("reference", "torch loop")]
    assert timed[groups[0], "torch loop"].keys() == {"bytes_moved", "bytes_per_second"}
    assert timed[groups[0], "reference"].keys() == {"bytes_moved", "bytes_per_second", "ratio_to_loop"}


def test_a_refused_contender_is_left_out() -> None:
    broken = other(lambda current: flip_one_spike(snnkernels.lif(current, backend="reference")))
    missing = replace(other(lif_loop), name="missing", requires=("no_such_library",))
    result = measure.measure_layer(SMALL, lambda *work: [NAIVE, broken, missing], 1, "fresh", [FORWARD])
    assert [row.contender for row in result.rows] == ["torch loop"]
    assert len(result.refused) == 1 and "in 1 of 2220 elements" in result.refused[0]
    assert result.skipped == ["missing: ModuleNotFoundError: No module named 'no_such_library'"]


def test_rows_are_paired_with_our_engine_at_the_same_equations(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that knows how long each call takes."""
    seconds = {NAIVE.name: 12.0, "snnTorch": 8.0, "native": 3.0, "native (delay_reset=True)": 2.0, "copy": 1.5}
    monkeypatch.setattr(measure.dispatch, "choose", lambda device: "native")
    monkeypatch.setattr(measure, "our_layer", lambda engine, options: options)
    monkeypatch.setattr(measure, "peak_bytes", lambda call, device: 7)
    monkeypatch.setattr(measure, "interleaved", lambda calls, *_: {name: [seconds[name]] * 3 for name in calls})
    asked: list[Any] = []
    work = measure.Work(FORWARD, "T=1", "float32", "cpu", lambda _, layer: asked.append(layer) or print, bytes=30)
    peer = replace(other(lif_loop, delay_reset=True), name="snnTorch")
    compiled = compilations.Compilations(graphs=2, seconds=5.0)
    entries = [
        measure.Entry(NAIVE, lif_loop, compilations.Compilations(), 0),
        measure.Entry(peer, lif_loop, compiled, 4),
    ]
    naive, other_row = measure.measure_work(work, entries, 3, "warm")
    assert asked == [lif_loop, {}, lif_loop, {"delay_reset": True}]
    assert (naive.times_ours, naive.ours, naive.ours_ms, naive.options) == (4.0, "native", 3000.0, "")
    assert (other_row.times_ours, other_row.ours_ms, other_row.options) == (4.0, 2000.0, "delay_reset=True")
    assert (naive.fraction_of_copy, other_row.fraction_of_copy) == (1.5 / 12, 1.5 / 8)
    assert (naive.compilations, naive.compile_seconds) == (0, None)
    assert (other_row.compilations, other_row.compile_seconds, other_row.differing_neurons) == (2, 5.0, 4)
    assert {row.memory for row in (naive, other_row)} == {"warm"} and naive.peak_bytes == 7


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
        # 2 of 4 bytes; 5 of 4, and in and out of backward one float32 for each chunk of 8 steps
        ((8, 1, 1), torch.float32, 8 * 8, 8 * 20, 4),
        ((9, 1, 1), torch.float32, 9 * 8, 9 * 20, 2 * 4),
        ((8, 2, 3), torch.bfloat16, 48 * 4, 48 * 10, 6 * 4),
        ((16, 1, 1), torch.float64, 16 * 16, 16 * 40, 2 * 8),
        ((1, 2, 3, 4, 5), torch.float16, 120 * 4, 120 * 10, 120 * 4),
    ],
)
def test_bytes_moved(
    shape: tuple[int, ...], dtype: torch.dtype, forward: int, backward_too: int, interval_states: int
) -> None:
    workload = Workload(shape, dtype, "cpu")
    assert workloads.bytes_moved(workload, FORWARD, interval=8) == forward
    assert workloads.bytes_moved(workload, BACKWARD, interval=8) == backward_too - forward + interval_states
    assert workloads.bytes_moved(workload, FORWARD_BACKWARD, interval=8) == backward_too + 2 * interval_states


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
    assert {"snnTorch", "SpikingJelly", "Norse", "sinabs", "elementwise op"} <= set(names)
    assert "elementwise op" not in [contender.name for contender in lineup.contenders_for(layer, FORWARD)]
    assert {contender.gate for contender in lineup.contenders_for(layer, BACKWARD)} == {"exact"}


@pytest.mark.parametrize("peer", lineup.PEERS, ids=str)
def test_a_peer_computes_what_it_is_compared_with(peer: Contender) -> None:
    """Where the library is installed; the compiled ones, which take minutes, are left to their benchmark."""
    if peer.compiles or (reason := peer.unusable_reason("cpu", 20)) is not None:
        pytest.skip("compiled" if peer.compiles else reason)
    assert small_gate().check(peer, peer.build("cpu")) < 3


def test_long_loops_are_not_compiled() -> None:
    assert "each of 500 time steps" in (contenders.NAIVE_COMPILED.unusable_reason("cpu", 500) or "")
    assert contenders.NAIVE_COMPILED.unusable_reason("cpu", 25) is None


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
    ratios = timing.paired_ratios(samples["slow"], samples["quick"])
    assert ratios == pytest.approx([5 * 5 / 6, 5 * 8 / 7, 5 * 9 / 10])


def test_short_calls_are_timed_by_many() -> None:
    numbers = []

    def clock(call: Callable[[], Any], number: int) -> float:
        numbers.append(number)
        return 1e-5

    timing.interleaved({"call": lambda: None}, 2, clock)
    assert numbers == [1, 1, 100, 100]


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


@pytest.mark.gpu
def test_the_device_clock_and_peak_memory() -> None:
    """Every call is counted, and an allocation of 64 MiB is seen, whatever the allocator rounds it to."""
    Target("reference", "cuda").require()
    calls: list[int] = []
    copy = timing.copy_call(2**20, "cuda")
    assert timing.DeviceClock()(lambda: calls.append(1) or copy(), 3) > 0
    assert len(calls) == 3
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


GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this C library is not glibc")


@GLIBC
def test_peak_memory_of_a_cpu() -> None:
    """Pages that were touched, at their peak: what is freed within the call counts too."""

    def call() -> Tensor:
        torch.ones(2**24)
        return torch.ones(2**23)

    peak = memory.peak_bytes(call, "cpu")
    inexact = 2**20  # Linux sums the pages up in batches for each processor
    assert peak is not None and 2**26 - inexact <= peak < 2**26 + 2**24


@GLIBC
def test_warm_memory_is_kept() -> None:
    """In a process of its own, as it is for good: a large block that was freed is given out again, untouched."""
    script = """
import resource, sys
import torch
import memory

if sys.argv[1] == "warm":
    memory.keep_memory()
faults = []
for _ in range(8):  # a small block may be cut from the one that was freed, before the heap is settled
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(2**25)
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(min(faults))
"""
    faults = {}
    for kind in memory.MEMORIES:
        command = [sys.executable, "-c", script, kind]
        environment = os.environ | {"PYTHONPATH": str(BENCHMARKS), "GLIBC_TUNABLES": ""}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        faults[kind] = int(done.stdout)
    assert faults["warm"] < 16 < faults["fresh"]


def test_compilations_are_counted() -> None:
    compiled = torch.compile(lambda x: x * 2 + 1, backend="eager", dynamic=False)
    with compilations.watch() as first:
        compiled(torch.ones(3))
    with compilations.watch() as again:
        compiled(torch.ones(3))
    with compilations.watch() as other_shape:
        compiled(torch.ones(4))
    assert (first.number, again.number, other_shape.number) == (1, 0, 1) and first.seconds > 0


SMALL_NETWORK = networks.Network((12, 20, 5), steps=4, batch=3, device="cpu", encoded=True)


@pytest.mark.parametrize("encoded", [True, False])
def test_a_training_step_is_measured(encoded: bool) -> None:
    network = replace(SMALL_NETWORK, encoded=encoded)
    result = networks.measure_step(network, lambda *work: [NAIVE, REFERENCE], repeats=2, memory="fresh")
    rows = [row for row in result.rows if row.work == networks.TRAINING_STEP]
    assert [row.contender for row in rows] == ["torch loop", "reference", "neurons left out"]
    assert {row.shape for row in rows} == {"12-20-5,T=4,B=3"}
    assert all(row.ms > 0 and row.bytes is None and row.fraction_of_copy is None for row in rows)


def test_everyone_trains_on_the_same_steps() -> None:
    """The same weights, spikes and labels: equal losses from equal neurons, which fall as the network learns."""
    losses = {}
    for contender in (NAIVE, REFERENCE):
        step = networks.step_call(replace(SMALL_NETWORK, batch=64), contender.build("cpu"))
        losses[contender.name] = [step().item() for _ in range(60)]
    assert losses["torch loop"][0] == losses["reference"][0]
    assert sum(losses["reference"][-10:]) < sum(losses["reference"][:10])


def test_images_are_as_bright_as_digits() -> None:
    network = replace(SMALL_NETWORK, sizes=(784, 20, 5), batch=128)
    torch.manual_seed(0)
    encode, _ = networks._classifier(network, networks.poisson_encode)
    assert 0.10 < encode().mean() < 0.14


def test_large_networks_are_for_gpus() -> None:
    large = {device: [network.large for network in networks.networks(device)] for device in ("cpu", "cuda")}
    assert large == {"cpu": [False, False, True, True], "cuda": [False] * 4}
