"""The Triton kernels as compiled for GPUs, by the compiler's own report: no GPU is needed, and none is used."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from snnkernels.neurons import NEURONS
from snnkernels.surrogates import SURROGATES

ARCHITECTURES = (80, 90, 100)
DTYPES = ("float64", "float32", "bfloat16", "float16")
WITHOUT_DIVISION = ("triangle", "rectangle", "straight_through")
SIXTEEN_BYTES = {"v4.b32", "v2.b64"}
WORKERS = 2

Variant = dict[str, Any]
Report = dict[str, Any]

pytestmark = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")


def _variants(**choices: Sequence[Any]) -> list[Variant]:
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]


MOST_REGISTERS = {"per_neuron": [True], "param_grads": [True]}
FEW = [
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, **MOST_REGISTERS),
    *_variants(arch=[90], dtype=DTYPES),
    *_variants(arch=[90], dtype=["bfloat16"], neuron=list(NEURONS), **MOST_REGISTERS),
    *_variants(arch=[90], dtype=["float32"], surrogate=list(SURROGATES), **MOST_REGISTERS),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], inner=[1 << 14, (1 << 20) + 1], **MOST_REGISTERS),
]
ALL = [
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, neuron=list(NEURONS), per_neuron=[False], param_grads=[False, True]),
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, neuron=list(NEURONS), per_neuron=[True], param_grads=[False, True]),
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, surrogate=list(SURROGATES), **MOST_REGISTERS),
    *_variants(
        arch=ARCHITECTURES, dtype=DTYPES, inner=[1 << 14, *((1 << 20) + n for n in (1, 2, 4))], **MOST_REGISTERS
    ),
]


def _run(*command: str, **options: Any) -> str:
    """The output of Python in this folder, where Triton compiles instead of interpreting."""
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    result = subprocess.run(
        [sys.executable, *command],
        cwd=Path(__file__).parent,
        env=environment,
        capture_output=True,
        text=True,
        **options,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def _reports(variants: Sequence[Variant]) -> list[Report]:
    shares = [list(variants[worker::WORKERS]) for worker in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        outputs = pool.map(lambda share: _run("triton_report.py", input=json.dumps(share)), shares)
        return [json.loads(line) for output in outputs for line in output.splitlines()]


def _complaints(report: Report) -> list[str]:
    """What is wrong with a kernel."""
    complaints = []
    if report["stack"] or report["spills"]:
        complaints.append("registers do not suffice")
    if report["inner"] % 16 == 0 and report["inner"] >= 1 << 20:
        narrow = {
            kind: {width: count for width, count in report[kind].items() if width not in SIXTEEN_BYTES}
            for kind in ("loads", "stores")
        }
        scalars = 0 if report["per_neuron"] else len(NEURONS[report["neuron"]].params)
        if sum(narrow["loads"].values()) != scalars or narrow["stores"]:
            complaints.append("accesses of less than 16 bytes")
    if report["kernel"] == "forward" or report["surrogate"] in WITHOUT_DIVISION:
        if report["fused_ptx"] or report["fused_code"]:
            complaints.append("fused multiply-adds")
    elif report["dtype"] != "float64" and report["fused_ptx"]:  # where an exp, as a division, is made of them
        complaints.append("fused multiply-adds besides those of a division")
    return complaints


def _check(variants: Sequence[Variant]) -> None:
    reports = _reports(variants)
    assert len(reports) == 2 * len(variants)
    failures = [(complaints, report) for report in reports if (complaints := _complaints(report))]
    assert not failures, "\n".join(f"{', '.join(complaints)}: {report}" for complaints, report in failures)


def test_no_spills_wide_accesses_no_fused_multiply_adds() -> None:
    _check(FEW)


@pytest.mark.slow
def test_no_spills_wide_accesses_no_fused_multiply_adds_in_any_variant() -> None:
    _check(ALL)


def test_no_size_or_constant_compiles_anew() -> None:
    """Whatever the number of steps, rows or neurons, as long as as many neurons can be loaded at once."""
    _run(
        "-c",
        "from triton_report import Variant, compile_launch, launches\n"
        "first, *others = [\n"
        "    {name: compile_launch(launch, 90) for name, launch in launches(Variant(90, 'float32', **sizes)).items()}\n"
        "    for sizes in (dict(), dict(steps=1), dict(steps=16, inner=1000004), dict(outer=3, inner=640016),\n"
        "                  dict(outer=1 << 20, inner=4, steps=17), dict(constant=0.0), dict(constant=1 / 3))\n"
        "]\n"
        "assert all(kernels[name] is first[name] for kernels in others for name in first)\n",
    )
