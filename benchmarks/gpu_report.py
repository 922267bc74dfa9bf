"""The tests and measurements of this machine's GPU, in benchmarks/results/<gpu>.json: `make gpu-report`.

Runs the GPU tests but for the slow, then measures: first what bars.py judges, spike counts and the training of MNIST
among it, and the loop under torch.compile at one layer, as each compilation takes a minute; then every compiled engine
as compare.py does, on its shapes and on public workloads, in three dtypes. It stops measuring in time to end within ten
minutes; what it left out is in the file. Where minutes are dear, run the tests side by side
(`pytest -m gpu -n 16 --benchmark-disable --junitxml FILE`) and give their results by --junit. Rows of an earlier run
that this one does not measure stay in the file, as its.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from bars import GPU_LAYERS, judged
from budget import FAILED, run_in_time
from contenders import COMPILED_ENGINES, NAIVE, NAIVE_COMPILED, Contender, caches_disabled, engines_for
from environment import ROOT, gpu, slug
from features import COUNT, COUNT_FORWARD, features, measure_feature
from lineup import contenders_for
from measure import Measurement, measure_layer
from mnist import MNIST_TO_98, measure_mnist
from results import FOLDER, add_run, report
from tables import columns, table
from workloads import FORWARD_BACKWARD, LONG_SHAPE, Workload, gpu_workloads

import snnkernels

TEST_SECONDS = 300
MEASURE_SECONDS = 240
MNIST_SECONDS = 60  # of these, at most
REPEATS = 10
SMALL = 1 << 24  # elements


def no_report_reason() -> str | None:
    """Why nothing can be reported here, or None."""
    if not torch.cuda.is_available():
        why = "torch sees none" if torch.version.cuda else f"torch {torch.__version__} is built without CUDA"
        return f"there is no CUDA GPU to report on: {why}"
    package = Path(snnkernels.__file__).resolve().parent
    if package != ROOT / "snnkernels":
        return f"snnkernels is imported from {package}, not from this checkout, whose commit the report names"
    return None


def run_tests(seconds: float) -> dict[str, Any]:
    """How many of the GPU tests passed, failed and were skipped, and which failed."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu and not slow", "tests", f"--junitxml={results}"]
        try:
            subprocess.run(command, cwd=ROOT, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return {"unfinished": f"stopped after {seconds:.0f} s"}
        if not results.exists():
            return {"unfinished": "pytest ended before any test"}
        return count_tests(results.read_text())


def count_tests(junit_xml: str) -> dict[str, Any]:
    """Counts and names of the failed from pytest's JUnit file; an error in a fixture is a failure."""
    skipped, failed, passed = 0, [], 0
    for case in ElementTree.fromstring(junit_xml).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{case.get('classname')}::{case.get('name')}")
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return {"passed": passed, "failed": len(failed), "skipped": skipped, "failures": failed}


def line_up(workload: Workload, direction: str) -> list[Contender]:
    """Who is fast enough for the time there is: the loop, the compiled engines, SpikingJelly's kernels; and snnTorch
    where a layer is small."""
    names = {NAIVE.name, "SpikingJelly", *COMPILED_ENGINES}
    if workload.elements <= SMALL:
        names.add("snnTorch")
    return [contender for contender in contenders_for(workload, direction) if contender.name in names]


def unusable_engines() -> list[str]:
    """Our engines that cannot run here, and why."""
    reasons = {engine.name: engine.unusable_reason("cuda", 1) for engine in engines_for("cuda")}
    return [f"{name}: {reason}" for name, reason in reasons.items() if reason is not None]


def measure_all(repeats: int, seconds: float, data: Path) -> tuple[Measurement, list[str]]:
    """Measure as much as there is time and memory for; also says what was left out, and why."""
    result = Measurement()
    works = {name: lambda run=run: result.add(run()) for name, run in measurements(repeats, data).items()}
    return result, run_in_time(works, seconds)


def measurements(repeats: int, data: Path) -> dict[str, Callable[[], Measurement]]:
    """What there is to measure, the bars first: spike counts, layers, MNIST; then the compiled loop at one layer, and
    layers of every shape and dtype."""
    counts = [feature for feature in features("cuda") if feature.work in (COUNT, COUNT_FORWARD)]
    table: dict[str, Callable[[], Measurement]] = {
        str(feature): partial(measure_feature, feature, repeats, "gpu") for feature in counts
    }
    workloads = gpu_workloads()
    judged_first = [workload for workload in workloads if (workload.shape_name, workload.dtype_name) in GPU_LAYERS]
    for workload in judged_first:
        table[str(workload)] = partial(measure_layer, workload, line_up, repeats, "gpu")
    table[MNIST_TO_98] = partial(measure_mnist, "cuda", data, MNIST_SECONDS)
    long = Workload(LONG_SHAPE, torch.float32, "cuda")
    table[f"{NAIVE_COMPILED}, {long}"] = partial(
        measure_layer, long, lambda *_: [NAIVE_COMPILED], repeats, "gpu", [FORWARD_BACKWARD]
    )
    for workload in workloads:
        table.setdefault(str(workload), partial(measure_layer, workload, line_up, repeats, "gpu"))
    return table


def summary(tests: dict[str, Any], result: Measurement, notes: Sequence[str]) -> str:
    """What is printed: the tests in a line, the tables, the bars, and all that is missing."""
    counts = ", ".join(f"{value} {name}" for name, value in tests.items() if isinstance(value, int))
    lines = [f"GPU tests: {counts or tests['unfinished']}", *(f"  FAILED {name}" for name in tests.get("failures", ()))]
    lines += ["", table(result.rows), "", *(columns(judged(result.rows)) if result.rows else ()), ""]
    lines += [f"REFUSED: {sentence}" for sentence in result.refused]
    lines += [f"left out: {note}" for note in (*result.skipped, *notes)]
    return "\n".join(lines).rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns 2 where there is nothing to report on, 1 where a test or a measurement failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the file")
    parser.add_argument("--data", type=Path, default=ROOT / "data", help="folder of MNIST (default: %(default)s)")
    parser.add_argument("--junit", type=Path, help="results of the tests, which are then not run")
    parser.add_argument(
        "--seconds", type=float, default=MEASURE_SECONDS, help="no measurement begins later (%(default)s)"
    )
    options = parser.parse_args(arguments)
    reason = no_report_reason()
    if reason is not None:
        print(f"gpu-report: {reason}", file=sys.stderr)
        return 2
    unusable = unusable_engines()
    tests = count_tests(options.junit.read_text()) if options.junit else run_tests(TEST_SECONDS)
    with caches_disabled():
        result, left_out = measure_all(REPEATS, options.seconds, options.data)
    content = report("cuda", result, REPEATS, tests=tests, left_out=unusable + left_out)
    path = options.out / f"{slug(gpu()['name'])}.json"
    add_run(path, content)
    print(summary(tests, result, unusable + left_out))
    print(f"written to {path}")
    measured = not (result.refused or unusable or any(note.startswith(FAILED) for note in left_out))
    return 0 if measured and tests.get("failed") == 0 and tests["passed"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
