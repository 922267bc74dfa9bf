"""The gate of the benchmarks: who computes something else is not timed."""

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
from support import Target, skip_or_fail
from torch import Tensor

import snnkernels

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import contenders  # noqa: E402
import lineup  # noqa: E402
import measure  # noqa: E402
import workloads  # noqa: E402
from contenders import NAIVE, REFERENCE, Contender  # noqa: E402
from gate import Gate, WrongResult  # noqa: E402
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


def silent(spikes: Tensor) -> Tensor:
    return spikes * 0


def without_gradient(spikes: Tensor) -> Tensor:
    return spikes.detach() + spikes * 0


def doubled_gradient(spikes: Tensor) -> Tensor:
    return 2 * spikes - spikes.detach()


def silent_without_gradient(spikes: Tensor) -> Tensor:
    return spikes if spikes.requires_grad else spikes * 0


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (silent, "in its half type spikes differ from float32's in .* of which .* fire"),
        (lambda spikes: spikes.roll(1, 0), "in its half type spikes differ"),
        (silent_without_gradient, "in its half type spikes of a call without a gradient differ"),
        (without_gradient, "in its half type gradients of the current differ"),
        (doubled_gradient, "in its half type gradients of the current differ"),
    ],
)
@pytest.mark.parametrize("shape", [(20, 3, 37), (4, 1, 16)], ids=str)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_gate_refuses_what_is_wrong_in_a_half_type_alone(
    dtype: torch.dtype, shape: tuple[int, ...], fault: Callable[[Tensor], Tensor], message: str
) -> None:
    """A library may have another kernel there, and that one is timed."""

    def layer(current: Tensor) -> Tensor:
        spikes = rounded_otherwise(current)
        return spikes if current.dtype == torch.float32 else fault(spikes)

    workload = Workload(shape, dtype, "cpu")
    gate = Gate(workload, workloads.random_inputs(workload))
    with pytest.raises(WrongResult, match=message):
        gate.check(other(layer), layer)


@pytest.mark.parametrize("shape", [(500, 2, 64), (100, 4, 64), (4, 1, 16), (2, 1, 1)], ids=str)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_gate_passes_states_of_a_half_type(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    """The loop in a half type, whose spikes move; more in more steps."""
    workload = Workload(shape, dtype, "cpu")
    gate = Gate(workload, workloads.random_inputs(workload))
    gate.check(NAIVE, NAIVE.build("cpu"))


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
_SELECTED = "4x1x16 and cpu and (reference or native or loop) and not compiled and not norse and not sinabs"


def test_a_red_gate_fails_its_benchmark_before_any_timing(tmp_path: Path) -> None:
    """pytest benchmarks, as a user runs it, with a native engine that fires where it should not."""
    pytest.importorskip("pytest_benchmark")
    Target("native", "cpu").require()
    Path(tmp_path, "break_native.py").write_text(_BREAK_NATIVE)
    results = tmp_path / "results.json"
    command = [sys.executable, "-m", "pytest", "benchmarks", "-p", "break_native", "-p", "no:cacheprovider"]
    command += ["--benchmark-only", f"--benchmark-json={results}", "-k", _SELECTED]
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    # one of the processes that run tests side by side would not time anything
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    done = subprocess.run(
        command, cwd=BENCHMARKS.parent, env=alone | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"native is not timed on {TINY} float32 cpu: spikes of a call without a gradient differ" in done.stdout
    assert "2 failed, 4 passed" in done.stdout
    timed = {(row["group"], row["name"]): row["extra_info"] for row in json.loads(results.read_text())["benchmarks"]}
    groups = [f"{direction} {TINY} float32 cpu" for direction in (FORWARD, FORWARD_BACKWARD)]
    assert sorted(timed) == [(group, name) for group in groups for name in ("reference", "torch loop")]
    assert timed[groups[0], "torch loop"].keys() == {"bytes_moved", "bytes_per_second"}
    assert timed[groups[0], "reference"].keys() == {"bytes_moved", "bytes_per_second"}
    table = done.stdout[done.stdout.index("forward, float32, cpu: milliseconds") :].splitlines()
    assert table[1].split() == [TINY] and [line.split()[-2:] for line in table[2:3]] == [["1", "x"]]
    assert table[3].startswith("reference ") and table[3].endswith(" x") and "--all-shapes" in done.stdout


def test_pytest_admits_whom_the_other_benchmarks_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow first calls skip the test, and the gate fails it."""
    pytest.importorskip("pytest_benchmark")
    import test_lif

    monkeypatch.setattr(test_lif, "_tried", {})
    wrong = other(silent)
    gate = small_gate()
    assert test_lif.admit(NAIVE, gate).contender == NAIVE
    for _ in range(2):  # the second time by what was seen the first time
        with pytest.raises(pytest.fail.Exception, match="other library is not timed on T=20"):
            test_lif.admit(wrong, gate)
    monkeypatch.setattr(measure, "_FIRST_CALLS_SECONDS", 0.0)
    with pytest.raises(pytest.skip.Exception, match="slow on T=20,B=3,N=37 float32 cpu: its first calls took 0 s"):
        test_lif.admit(replace(NAIVE, name="slow"), gate)


def test_few_shapes_are_timed_unless_all_are_asked_for() -> None:
    """A compiler is asked for the loop alone."""
    pytest.importorskip("pytest_benchmark")
    import test_lif

    few, every = ({case.id: case.values for case in test_lif.cases(all_shapes)} for all_shapes in (False, True))
    assert few.keys() < every.keys() and 2 * len(few) < len(every)
    assert {workload.shape for workload, *_ in few.values()} == {(4, 1, 16), (25, 128, 1000), (100, 128, 1024)}
    assert {who.name for _, _, who in every.values() if who.compiles} == {contenders.NAIVE_COMPILED.name}


@pytest.mark.filterwarnings("ignore")  # other libraries' warnings are not ours to heed
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("peer", lineup.PEERS, ids=str)
def test_a_peer_computes_what_it_is_compared_with(peer: Contender, dtype: torch.dtype) -> None:
    """And is refused beside other equations. The compiled ones, which take minutes, are left to their benchmark."""
    if peer.compiles:
        pytest.skip("compiled")
    reason = peer.unusable_reason("cpu", SMALL.steps)
    if reason is not None:
        skip_or_fail(peer.requires[0].split(".")[0], reason)
    workload = replace(SMALL, dtype=dtype)
    gate, layer = Gate(workload, workloads.random_inputs(workload)), peer.build("cpu")
    gate.check(peer, layer)
    with pytest.raises(WrongResult, match=f"{peer.name} is not timed on {workload}"):
        gate.check(replace(peer, options={**peer.options, "beta": 0.8}), layer)
