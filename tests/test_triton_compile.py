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
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from support import NEURONS_BY_STATES
from triton_variants import Variant

from snnkernels.engines.triton_tiling import VARIATIONS
from snnkernels.neurons import NEURONS
from snnkernels.surrogates import SURROGATES

ARCHITECTURES = (80, 90, 100)
HALVES = ("bfloat16", "float16")
DTYPES = ("float64", "float32", *HALVES)
WITHOUT_DIVISION = ("triangle", "rectangle", "straight_through")
SIXTEEN_BYTES = {"v4.b32", "v2.b64"}
EIGHT_BYTES = {"v2.b32", "b64"}
MOST_BARRIERS = 8  # of a few conversions of layout for 8 steps; one for each step would be 16
MOST_STACK = 16  # bytes, of a few of all variants: backward of 16 bytes of neurons, nearly all on sm_100
WORKERS = 2

Report = dict[str, Any]

pytestmark = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")


def _variants(**choices: Sequence[Any]) -> list[Variant]:
    return [Variant(**dict(zip(choices, values, strict=True))) for values in itertools.product(*choices.values())]


MOST_REGISTERS = {"per_neuron": [True], "param_grads": [True]}
TUNED = ("float32", *HALVES)  # tuning.py leaves float64 out, which has no registers for it
POISSON = {"kernels": [("poisson",)], "output": ["spikes", "packed"]}
FEW = [
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, **MOST_REGISTERS),
    *_variants(arch=ARCHITECTURES, dtype=TUNED, variation=["half"], **MOST_REGISTERS),
    *_variants(arch=[90], dtype=DTYPES, output=["count", "packed"], x_once=[True], **MOST_REGISTERS),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], output=["count", "packed"], **MOST_REGISTERS),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], inner=[1 << 20, (1 << 20) + 1], **POISSON),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], variation=list(VARIATIONS), **MOST_REGISTERS),
    *_variants(arch=[90], dtype=DTYPES),
    *_variants(arch=[90], dtype=["bfloat16"], neuron=NEURONS_BY_STATES, **MOST_REGISTERS),
    *_variants(arch=[90], dtype=["float32"], surrogate=list(SURROGATES), **MOST_REGISTERS),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], inner=[1 << 14, (1 << 20) + 1], **MOST_REGISTERS),
]
ALL = [
    *_variants(
        arch=ARCHITECTURES,
        dtype=TUNED,
        output=["spikes", "count", "packed"],
        x_once=[False, True],
        variation=list(VARIATIONS),
        **MOST_REGISTERS,
    ),
    *_variants(arch=[90], dtype=TUNED, neuron=list(NEURONS), variation=list(VARIATIONS), **MOST_REGISTERS),
    *_variants(arch=[90], dtype=TUNED, surrogate=list(SURROGATES), variation=list(VARIATIONS), **MOST_REGISTERS),
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, output=["spikes", "count", "packed"], x_once=[False, True]),
    *_variants(
        arch=ARCHITECTURES,
        dtype=DTYPES,
        output=["spikes", "count", "packed"],
        x_once=[False, True],
        inner=[1 << 14, *((1 << 20) + n for n in (0, 1, 2, 4))],
        **MOST_REGISTERS,
    ),
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, inner=[1 << 14, *((1 << 20) + n for n in (0, 1, 4))], **POISSON),
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
    shares = [[asdict(variant) for variant in variants[worker::WORKERS]] for worker in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        outputs = pool.map(lambda share: _run("triton_report.py", input=json.dumps(share)), shares)
        return [json.loads(line) for output in outputs for line in output.splitlines()]


def _complaints(report: Report, most_stack: int) -> list[str]:
    """What is wrong with a kernel."""
    complaints = []
    allowed_stack = most_stack if report["kernel"] == "backward" else 0
    if report["stack"] > allowed_stack or (report["spills"] and not report["stack"]):
        complaints.append("registers do not suffice")
    wide = VARIATIONS[report["variation"]].narrower == 1
    # The bits of half types take registers, too.
    half_packed = report["dtype"] in HALVES and report["kernel"] == "forward" and report["output"] == "packed"
    allowed = SIXTEEN_BYTES | EIGHT_BYTES if half_packed else SIXTEEN_BYTES
    if wide and report["inner"] % 16 == 0 and report["inner"] >= 1 << 20:
        narrow = {
            kind: {width: count for width, count in report[kind].items() if width not in allowed}
            for kind in ("loads", "stores")
        }
        if report["output"] == "packed" and report["kernel"] != "backward":
            narrow["stores"].pop("b8")  # 8 neurons
        if report["kernel"] == "poisson":
            scalars = 1  # the seed
        else:
            one_each = report["param_grads"] and not report["per_neuron"]
            scalars = len(NEURONS[report["neuron"]].params) if one_each else 0
        if sum(narrow["loads"].values()) != scalars or narrow["stores"]:
            complaints.append("narrow accesses")
    if report["barriers"] > MOST_BARRIERS:
        complaints.append("too many barriers in the loop over time")
    if report["kernel"] != "backward" or report["surrogate"] in WITHOUT_DIVISION:
        if report["fused_ptx"] or report["fused_code"]:
            complaints.append("fused multiply-adds")
    elif report["dtype"] != "float64" and report["fused_ptx"]:  # where an exp, as a division, is made of them
        complaints.append("fused multiply-adds besides those of a division")
    return complaints


def _check(variants: Sequence[Variant], most_stack: int = 0) -> None:
    once = list(dict.fromkeys(variants))
    reports = _reports(once)
    assert len(reports) == sum(len(variant.kernels) for variant in once)
    failures = [(complaints, report) for report in reports if (complaints := _complaints(report, most_stack))]
    assert not failures, "\n".join(f"{', '.join(complaints)}: {report}" for complaints, report in failures)


def test_no_spills_wide_accesses_no_fused_multiply_adds() -> None:
    _check(FEW)


@pytest.mark.slow
def test_no_spills_wide_accesses_no_fused_multiply_adds_in_any_neuron() -> None:
    _check(_variants(arch=[90], dtype=["bfloat16"], neuron=list(NEURONS), **MOST_REGISTERS))


@pytest.mark.slow
def test_hardly_a_spill_wide_accesses_no_fused_multiply_adds_in_any_variant() -> None:
    _check(ALL, MOST_STACK)


def test_no_size_or_constant_compiles_anew() -> None:
    """Whatever the number of steps, rows or neurons, as long as as many neurons can be loaded at once."""
    _run(
        "-c",
        "from triton_report import Variant, compile_launch, launches\n"
        "from snnkernels.engines.triton_tiling import VARIATIONS\n"
        "def kernels(**choices):\n"
        "    made = launches(Variant(90, 'float32', ('forward', 'backward', 'poisson'), **choices))\n"
        "    return [compile_launch(launch, 90) for launch in made.values()]\n"
        "sizes = [dict(), dict(steps=2), dict(steps=16, inner=1000004), dict(outer=3, inner=640016, first=7),\n"
        "         dict(outer=1 << 20, inner=4, steps=17), dict(constant=0.0), dict(constant=1 / 3)]\n"
        "kinds = [dict(output='count'), dict(output='packed'), dict(x_once=True)]\n"
        "for kind in (*kinds, *(dict(variation=name) for name in VARIATIONS)):\n"
        "    first, *others = [kernels(**size, **kind) for size in sizes]\n"
        "    assert all(a is b for other in others for a, b in zip(other, first)), kind\n"
        "assert all(a is b for a, b in zip(kernels(steps=1), kernels())), 'one step'\n",
    )
