"""What the benchmarks report: tables, JSON, and the GPU report as far as it goes without a GPU."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch

import snnkernels

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

import budget  # noqa: E402
import compare  # noqa: E402
import environment  # noqa: E402
import gpu_report  # noqa: E402
import mnist  # noqa: E402
import tables  # noqa: E402
import workloads  # noqa: E402
from bars import GPU_BARS  # noqa: E402
from benchmark_rows import result_row  # noqa: E402
from features import COUNT, COUNT_FORWARD  # noqa: E402
from measure import Measurement, Refusal, Row  # noqa: E402
from mnist import MNIST_TO_98  # noqa: E402
from workloads import FORWARD, FORWARD_BACKWARD, Workload  # noqa: E402

from snnkernels.machine import Processor, processor  # noqa: E402

TINY = "T=4,B=1,N=16"
REFUSAL = Refusal(None, TINY, "float32", "cuda", "native", "native is not timed")

NO_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")


def row(**changes: Any) -> Row:
    values: dict[str, Any] = {
        "work": FORWARD,
        "shape": "T=8,B=2,N=4",
        "bytes": 3_000_000,
        "bytes_per_second": 2e9,
        "copy_bytes_per_second": 4e9,
        "fraction_of_copy": 0.5,
    }
    return result_row(**values | changes)


def test_table_on_a_cpu() -> None:
    compiled = row(contender="compiled", ms=1.0, compile_seconds=12.25, times_ours=0.75)
    step = row(work="training step", bytes_per_second=None, fraction_of_copy=None, peak_bytes=2_000_000)
    assert tables.table([row(), compiled, step]).splitlines() == [
        "forward, cpu",
        "shape        dtype    memory  contender   ours        ms  ours ms  x ours    min - max  GB/s  of copy"
        "  compiled",
        "T=8,B=2,N=4  float32  warm    torch loop  native  12.000    1.500    8.00  7.25 - 9.00   2.0      50%",
        "T=8,B=2,N=4  float32  warm    compiled    native   1.000    1.500    0.75  7.25 - 9.00   2.0      50%"
        "    12.2 s",
        "",
        "training step, cpu",
        "shape        dtype    memory  contender   ours        ms  ours ms  x ours    min - max  peak MB",
        "T=8,B=2,N=4  float32  warm    torch loop  native  12.000    1.500    8.00  7.25 - 9.00      2.0",
    ]


def test_table_on_a_gpu() -> None:
    rows = [row(device="cuda", memory="gpu", contender="cuda", device_ms=0.125, ours_device_ms=0.5, shape="N=4")]
    assert tables.table(rows).splitlines()[1:] == [
        "shape  dtype    memory  contender  ours        ms  ours ms  x ours    min - max  device ms  ours device ms"
        "  GB/s  of copy",
        "N=4    float32  gpu     cuda       native  12.000    1.500    8.00  7.25 - 9.00      0.125           0.500"
        "   2.0      50%",
    ]
    assert tables.table([]) == ""


def test_compare_writes_rows_and_versions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every call adds a run to the file."""
    file = tmp_path / "results" / "compare.json"
    for contender in ("reference", "torch loop"):
        arguments = ["--json", str(file), "--repeats", "2", "--only", TINY, "--device", "cpu"]
        assert compare.main([*arguments, "--contender", contender, "--skip", "compiled"]) == 0
    first, second = json.loads(file.read_text())["runs"]
    assert [(entry["work"], entry["contender"]) for entry in first["rows"]] == [
        (direction, "reference") for direction in workloads.DIRECTIONS
    ]
    assert [entry["work"] for entry in second["rows"]] == [FORWARD, FORWARD_BACKWARD]
    for entry in first["rows"] + second["rows"]:
        assert entry["times_ours_min"] <= entry["times_ours"] <= entry["times_ours_max"]
        assert entry["ms"] > 0 and entry["ours_ms"] > 0 and entry["fraction_of_copy"] > 0
        assert entry.keys() == Row.__dataclass_fields__.keys() and entry["memory"] == "fresh"
    found = second["environment"]
    assert found["torch"] == torch.__version__ and found["threads"] == torch.get_num_threads()
    assert {"snnkernels", "python", "date", "commit", "uncommitted_changes", "allocator"} <= found.keys()
    assert found["processor"] == asdict(processor()) and found["copy_gb_per_second"] > 0
    assert found["peers"].keys() == {"snntorch", "spikingjelly", "norse", "sinabs"}
    assert TINY in capsys.readouterr().out


@pytest.mark.parametrize("suite", compare.SUITES)
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_suites_have_cases_of_distinct_names(suite: str, device: str) -> None:
    names = [name for name, _ in compare.SUITES[suite](compare.parse([suite]), device)]
    assert len(set(names)) == len(names) > 0


@pytest.mark.parametrize("arguments", [["--repeats", "0"], pytest.param(["--device", "cuda"], marks=NO_GPU)])
def test_compare_refuses_impossible_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        compare.main(arguments)
    assert arguments[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA H200", "nvidia-h200"),
        ("NVIDIA A100-SXM4-80GB", "nvidia-a100-sxm4-80gb"),
        ("  Tesla V100 / PCIe (16GB) ", "tesla-v100-pcie-16gb"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    assert environment.slug(name) == expected


def test_machines_of_one_name_have_files_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for numbers in ((25, 17), (26, 2), (None, None)):
        one = Processor("AMD EPYC", "AMD", *numbers, stepping=1, caches={})
        monkeypatch.setattr(environment, "processor", lambda one=one: one)
        monkeypatch.setattr(environment.os, "cpu_count", lambda: 2)
        found.append(environment.machine_key())
    assert found == ["amd-25-17-2-cpus", "amd-26-2-2-cpus", "amd-epyc-2-cpus"]


_JUNIT = """<testsuites><testsuite>
<testcase classname="tests.test_engines" name="test_a[triton-cuda]" />
<testcase classname="tests.test_engines" name="test_b"><failure message="no">text</failure></testcase>
<testcase classname="tests.test_engines" name="test_c"><error message="no">text</error></testcase>
<testcase classname="tests.test_engines" name="test_d"><skipped message="no">text</skipped></testcase>
<testcase classname="tests.test_engines" name="test_e"><system-out>text</system-out></testcase>
</testsuite></testsuites>"""


def test_gpu_tests_that_take_too_long_are_stopped() -> None:
    assert gpu_report.run_tests(seconds=0.01) == {"unfinished": "stopped after 0 s"}


def test_summary_of_the_gpu_report() -> None:
    tests = gpu_report.count_tests(_JUNIT)
    failures = ["tests.test_engines::test_b", "tests.test_engines::test_c"]
    assert tests == {"passed": 2, "failed": 2, "skipped": 1, "failures": failures}
    result = Measurement([row(device="cuda", contender="triton")], ["native is not timed"], ["MNIST: no data"])
    lines = gpu_report.summary(tests, result, ["T=8 float16: no time left"]).splitlines()
    assert lines[:3] == ["GPU tests: 2 passed, 2 failed, 1 skipped", *(f"  FAILED {name}" for name in failures)]
    assert lines[4] == "forward, cuda"
    assert [line.split()[-2:] for line in lines[8 : 8 + len(GPU_BARS)]] == [["not", "measured"]] * len(GPU_BARS)
    assert lines[-3:] == [
        "REFUSED: native is not timed",
        "left out: MNIST: no data",
        "left out: T=8 float16: no time left",
    ]
    unfinished = gpu_report.summary({"unfinished": "stopped after 300 s"}, Measurement(), [])
    assert unfinished == "GPU tests: stopped after 300 s"


def test_measurements_stop_in_time_and_go_on_after_one_that_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small, large, broken, late = (Workload((2, 1, size), torch.float32, "cuda") for size in (1, 2, 3, 4))
    now = 0.0

    def measure(workload: Workload, *_: Any) -> Measurement:
        nonlocal now
        now += 60
        if workload is large:
            raise torch.OutOfMemoryError("CUDA out of memory")
        if workload is broken:
            raise RuntimeError("no kernel image\nis available")
        return Measurement([row(shape=workload.shape_name)], [REFUSAL])

    monkeypatch.setattr(gpu_report, "gpu_workloads", lambda: [small, large, broken, late])
    monkeypatch.setattr(gpu_report, "features", lambda device: [])
    monkeypatch.setattr(gpu_report, "measure_mnist", lambda *_: Measurement(skipped=["MNIST: not here"]))
    monkeypatch.setattr(gpu_report, "measure_layer", measure)
    monkeypatch.setattr(budget.time, "monotonic", lambda: now)
    result, left_out = gpu_report.measure_all(repeats=1, seconds=220, data=tmp_path)
    compiled = "T=100,B=128,N=1024"
    assert [entry.shape for entry in result.rows] == [compiled, "T=2,B=1,N=1"] and len(result.refused) == 2
    assert result.skipped == ["MNIST: not here"]
    assert left_out == [
        "T=2,B=1,N=2 float32 cuda: not enough memory",
        "FAILED T=2,B=1,N=3 float32 cuda: RuntimeError: no kernel image",
        "T=2,B=1,N=4 float32 cuda: no time left",
    ]


def test_gpu_report_measures_what_the_bars_need_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = list(gpu_report.measurements(repeats=1, data=tmp_path))
    layer = "T=100,B=128,N=1024 float32 cuda"
    large = "T=32,B=64,N=65536"
    first = {layer, f"{large} float16 cuda", MNIST_TO_98}
    first |= {f"{COUNT}, {layer}", f"{COUNT}, {large} float32 cuda", f"{COUNT_FORWARD}, {layer}"}
    assert set(names[:6]) == first and len(set(names)) == len(names) == len(workloads.gpu_workloads()) + 5
    compiled = f"torch loop, compiled, {layer}"
    assert names[6] == compiled
    monkeypatch.setattr(gpu_report, "measure_layer", lambda *arguments: arguments)
    workload, who, *_, directions = gpu_report.measurements(repeats=1, data=tmp_path)[compiled]()
    assert [contender.name for contender in who(workload, directions[0])] == ["torch loop, compiled"]
    sizes = ((100, 128, 1024), (32, 64, 65536))
    lines = [
        [contender.name for contender in gpu_report.line_up(Workload(shape, torch.float32, "cuda"), FORWARD)]
        for shape in sizes
    ]
    assert "snnTorch" in lines[0] and "snnTorch" not in lines[1] and "torch loop" in lines[1]


def test_training_of_mnist_is_a_row(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or there is a reason why not, in the words of the command that trains."""
    script = tmp_path / "train.py"
    monkeypatch.setattr(mnist, "SCRIPT", script)
    result = json.dumps({"seconds": 4.5, "origin": {"engine": "triton"}})
    script.write_text(f"import sys; open(sys.argv[sys.argv.index('--json') + 1], 'w').write({result!r})")
    (measured,) = mnist.measure_mnist("cpu", tmp_path, 60).rows
    assert (measured.work, measured.shape, measured.ms) == (MNIST_TO_98, mnist.NETWORK, 4500.0)
    assert measured.contender == measured.ours == "triton"
    script.write_text("import sys; sys.exit('error: MNIST is not here')")
    assert mnist.measure_mnist("cpu", tmp_path, 60).skipped == [f"{MNIST_TO_98}: error: MNIST is not here"]
    script.write_text("import os; os.kill(os.getpid(), 9)")
    assert mnist.measure_mnist("cpu", tmp_path, 60).skipped == [f"{MNIST_TO_98}: exit status -9"]
    script.write_text("import time; time.sleep(60)")
    assert mnist.measure_mnist("cpu", tmp_path, 0.2).skipped == [f"{MNIST_TO_98}: stopped after 0 s"]


@pytest.mark.parametrize(
    ("tests", "refused", "left_out", "status"),
    [
        ({"passed": 3, "failed": 0, "skipped": 1, "failures": []}, [], "T=8: no time left", 0),
        ({"passed": 2, "failed": 1, "skipped": 1, "failures": ["test_b"]}, [], "T=8: no time left", 1),
        ({"passed": 0, "failed": 0, "skipped": 4, "failures": []}, [], "T=8: no time left", 1),
        ({"passed": 3, "failed": 0, "skipped": 1, "failures": []}, [REFUSAL], "T=8: no time left", 1),
        ({"passed": 3, "failed": 0, "skipped": 1, "failures": []}, [], "FAILED T=8: KeyError: 3", 1),
        ({"unfinished": "stopped after 300 s"}, [], "T=8: no time left", 1),
    ],
)
def test_gpu_report_is_written(
    tests: dict[str, Any],
    refused: list[Refusal],
    left_out: str,
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file and the status, on a GPU that is not there."""
    device = {"name": "NVIDIA H200", "driver": "580.1"}
    result = Measurement([row(device="cuda", contender="triton", device_ms=0.5)], refused)
    for module in (gpu_report, environment):
        monkeypatch.setattr(module, "gpu", lambda: device)
    monkeypatch.setattr(environment, "copy_speed", lambda device: 4e12)
    monkeypatch.setattr(gpu_report, "no_report_reason", lambda: None)
    monkeypatch.setattr(gpu_report, "unusable_engines", list)
    monkeypatch.setattr(gpu_report, "run_tests", lambda seconds: tests)
    monkeypatch.setattr(gpu_report, "measure_all", lambda repeats, seconds, data: (result, [left_out]))
    assert gpu_report.main(["--out", str(tmp_path / "results")]) == status
    (content,) = json.loads(Path(tmp_path, "results", "nvidia-h200.json").read_text())["runs"]
    assert content["tests"] == tests and content["left_out"] == [left_out]
    assert content["refused"] == [asdict(refusal) for refusal in refused]
    assert content["environment"]["gpu"] == device
    assert content["rows"][0]["device_ms"] == 0.5


def test_gpu_report_takes_the_results_of_tests_that_were_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = []

    def measure_all(repeats: int, budget: float, data: Path) -> tuple[Measurement, list[str]]:
        seconds.append(budget)
        return Measurement([row(device="cuda")]), []

    for module in (gpu_report, environment):
        monkeypatch.setattr(module, "gpu", lambda: {"name": "NVIDIA H200"})
    monkeypatch.setattr(environment, "copy_speed", lambda device: 4e12)
    monkeypatch.setattr(gpu_report, "no_report_reason", lambda: None)
    monkeypatch.setattr(gpu_report, "unusable_engines", list)
    monkeypatch.setattr(gpu_report, "measure_all", measure_all)
    (tmp_path / "junit.xml").write_text(_JUNIT)
    options = ["--out", str(tmp_path), "--junit", str(tmp_path / "junit.xml"), "--seconds", "90"]
    assert gpu_report.main(options) == 1
    (content,) = json.loads(Path(tmp_path, "nvidia-h200.json").read_text())["runs"]
    assert content["tests"] == gpu_report.count_tests(_JUNIT) and seconds == [90.0]


@NO_GPU
def test_gpu_report_without_a_gpu(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu_report.main(["--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("gpu-report: there is no CUDA GPU to report on: ")
    assert list(tmp_path.iterdir()) == []


def test_gpu_report_is_of_this_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed copy would be measured under the commit of other sources."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(snnkernels, "__file__", "/elsewhere/snnkernels/__init__.py")
    assert "/elsewhere/snnkernels, not from this checkout" in (gpu_report.no_report_reason() or "")
