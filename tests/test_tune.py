"""The measurement of engines and tilings, by clocks that know how long each takes; and the table that it writes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from support import Target

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

import gate  # noqa: E402
import tune  # noqa: E402
from timing import call_clock  # noqa: E402
from workloads import BACKWARD, FORWARD, FORWARD_BACKWARD, Workload  # noqa: E402

from snnkernels import tuning  # noqa: E402
from snnkernels.engines.triton_tiling import VARIATIONS  # noqa: E402

SMALL = Workload((9, 1, 40), torch.float32, "cpu")
ENGINES = ("triton", "native")
ENVIRONMENT = {
    "gpu": {"name": "NVIDIA H200", "compute_capability": "9.0", "driver": "580.1"},
    "torch": "2.11.0",
    "triton": "3.6.0",
    "commit": "0" * 40,
    "uncommitted_changes": False,
}


def test_a_row_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tilings by the device's clock, each direction alone; engines by the other, Triton in its fastest tilings."""
    milliseconds = {
        ("triton", FORWARD, "full", "full"): 4,
        ("triton", FORWARD, "half", "half"): 3,
        ("triton", BACKWARD, "full", "full"): 6,
        ("triton", BACKWARD, "half", "half"): 7,
        ("triton", FORWARD_BACKWARD, "half", "full"): 9.5,
        ("native", FORWARD_BACKWARD, "half", "full"): 9,
    }

    def clock(call: Callable[[], Any], number: int) -> float:
        name, direction, forced = call()
        return milliseconds[name, direction, forced.forward, forced.backward] / 1e3

    monkeypatch.setattr(tune, "check", lambda *_: None)
    monkeypatch.setattr(tune, "our_layer", lambda name: name)
    monkeypatch.setattr(tune, "timed_call", lambda name, direction, _: lambda: (name, direction, tuning._forced))
    assert tune.measure(SMALL, ["full", "half"], ENGINES, {"device": clock, "call": clock}) == {
        "item_bytes": 4,
        "neurons": 40,
        "steps": 9,
        "engines": {"triton": 9.5, "native": 9.0},
        "forward": {"full": 4.0, "half": 3.0},
        "backward": {"full": 6.0, "half": 7.0},
    }
    assert tuning._forced is None


def test_the_engines_of_a_cpu_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triton under its interpreter: it passes the gate in every tiling."""
    for engine in ENGINES:
        Target(engine, "cpu").require()
    monkeypatch.setattr(tune, "REPEATS", 1)
    clock = call_clock("cpu")
    row = tune.measure(SMALL, list(VARIATIONS), ENGINES, {"device": clock, "call": clock})
    assert row["engines"].keys() == set(ENGINES) and row["forward"].keys() == row["backward"].keys() == set(VARIATIONS)


def test_a_wrong_tiling_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(self: gate.Gate, *_: object) -> int:
        if tuning._forced.forward == "half":
            raise gate.WrongResult("triton is not timed")
        return 0

    monkeypatch.setattr(gate.Gate, "check", check)
    with pytest.raises(gate.WrongResult, match="triton is not timed, tiling half"):
        tune.measure(SMALL, list(VARIATIONS), ENGINES, {})
    assert tuning._forced is None


def test_tilings_that_are_the_same_are_measured_once() -> None:
    def names(neurons: int, dtype: torch.dtype) -> list[str]:
        return tune.variations(Workload((8, 1, neurons), dtype, "cuda"), processors=132)

    assert names(2**22, torch.float32) == ["full", "half", "quarter", "one_warp"]
    assert names(2**22, torch.bfloat16) == list(VARIATIONS)
    assert names(1024, torch.float32) == ["full"]


def test_every_class_has_a_workload() -> None:
    sizes = [(w.dtype.itemsize, w.elements // w.steps, w.steps) for w in tune.workloads("cuda")]
    assert len(set(sizes)) == len(sizes) == len(tuning.ITEM_BYTES) * len(tuning.NEURONS) * len(tuning.STEPS)
    assert all(tuning.Sizes(None, *measured).representative()[1:] == measured for measured in sizes)


def row(**changes: Any) -> dict[str, Any]:
    times = {"engines": {"triton": 0.2, "native": 0.1}, "forward": {"full": 0.2}, "backward": {"full": 0.2}}
    return {"item_bytes": 4, "neurons": 1024, "steps": 8, **times, **changes}


def test_a_gpu_keeps_what_is_not_measured_again() -> None:
    other = {"NVIDIA A100": {"compute_capability": "8.0", "rows": [row()]}}
    first = tune.merged(other, ENVIRONMENT, [row(steps=64), row()])
    again = row(engines={"triton": 0.1})
    second = tune.merged(first, ENVIRONMENT | {"torch": "2.15"}, [again])
    assert second["NVIDIA A100"] == other["NVIDIA A100"]
    assert first["NVIDIA H200"]["rows"] == [row(), row(steps=64)]
    assert second["NVIDIA H200"]["rows"] == [again, row(steps=64)]
    assert second["NVIDIA H200"]["torch"] == "2.15" and second["NVIDIA H200"]["compute_capability"] == "9.0"


@pytest.mark.parametrize(("refused", "status"), [([], 0), (["REFUSED: triton is not timed"], 1)])
def test_the_table_is_written(
    refused: list[str], status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And read again by what chooses."""

    def measure_all(device: str, seconds: float, rows: list[dict[str, Any]]) -> list[str]:
        rows.append(row())
        return refused

    monkeypatch.setattr(tune, "no_report_reason", lambda: None)
    monkeypatch.setattr(tune.dispatch, "unusable_reason", lambda engine, device: None)
    monkeypatch.setattr(tune, "describe", lambda device: ENVIRONMENT)
    monkeypatch.setattr(tune, "measure_all", measure_all)
    file = tmp_path / "tuning.json"
    assert tune.main(["--out", str(file)]) == status
    printed = capsys.readouterr().out
    assert "engines: native of triton 1.00, native 0.50 x 0.2000 ms" in printed and all(n in printed for n in refused)
    monkeypatch.setattr(tuning, "TABLE", json.loads(file.read_text()))
    monkeypatch.setattr(tuning, "_identity", lambda device: ("NVIDIA H200", "9.0"))
    tuning._rows.cache_clear()
    tuning._choice.cache_clear()
    assert tuning.engine(tuning.Sizes(torch.device("cuda"), 4, 1024, 8)) == "native"
    tuning._rows.cache_clear()
    tuning._choice.cache_clear()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune.main(["--out", str(tmp_path / "tuning.json")]) == 2
    assert capsys.readouterr().err.startswith("gpu-tune: there is no CUDA GPU to report on: ")
    assert list(tmp_path.iterdir()) == []
