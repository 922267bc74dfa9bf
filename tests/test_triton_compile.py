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
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import user_neurons
from triton_variants import NEURON_VARIANTS, Variant

from snnkernels.emit.triton import neuron_source
from snnkernels.engines.triton_tiling import VARIATIONS
from snnkernels.surrogates import SURROGATES

ARCHITECTURES = (80, 90, 100)
HALVES = ("bfloat16", "float16")
DTYPES = ("float64", "float32", *HALVES)
WITHOUT_DIVISION = ("triangle", "rectangle", "straight_through")
SIXTEEN_BYTES = {"v4.b32", "v2.b64"}
EIGHT_BYTES = {"v2.b32", "b64"}
MOST_BARRIERS = 8  # for each state, of a few conversions of layout for 8 steps; one for each step would be 16
# Bytes of stack that are allowed forward and backward: of a few of all variants, backward of 16 bytes of neurons,
# nearly all on sm_100; and where some versions of Triton spill two registers: of a neuron of every word, of one output.
MOST_STACK = 0, 16
FEW_STACK = 8, 8
WORKERS = 2

Report = dict[str, Any]

pytestmark = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")


def _variants(**choices: Sequence[Any]) -> list[Variant]:
    return [Variant(**dict(zip(choices, values, strict=True))) for values in itertools.product(*choices.values())]


@cache
def _length(key: str) -> int:
    """Of the text that Triton compiles of a neuron."""
    return len(neuron_source(NEURON_VARIANTS[key]))


# One neuron for each number of states: of those the one that computes most. Nine states may spill.
BY_STATES = {
    len(variant.states): variant.key
    for variant in sorted(NEURON_VARIANTS.values(), key=lambda variant: _length(variant.key))
    if len(variant.states) <= 4
}
UP_TO_FOUR = [key for key, variant in NEURON_VARIANTS.items() if len(variant.states) <= 4]
MOST_OF_EACH = list({key.rpartition("_")[0]: key for key in sorted(UP_TO_FOUR, key=_length)}.values())
ADAPTIVE = user_neurons.adaptive.variant().key
DIVIDES = ("divide", "exponential", "square_root", "hyperbolic_tangent", "logistic")  # a division has fused code

ALL_TENSORS = {"per_neuron": [True], "param_grads": [True]}
MOST_REGISTERS = {"given": [0b11], **ALL_TENSORS}  # of those that have 16 bytes of neurons: beta and threshold
TUNED = ("float32", *HALVES)  # tuning.py leaves float64 out, which has no registers for it
POISSON = {"kernels": [("poisson",)], "output": ["all", "packed"]}
FEW = [
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, **MOST_REGISTERS),
    *_variants(arch=ARCHITECTURES, dtype=TUNED, variation=["half"], **MOST_REGISTERS),
    *_variants(arch=[90], dtype=DTYPES, output=["sum", "packed"], x_once=[True], **MOST_REGISTERS),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], output=["sum", "packed"], **MOST_REGISTERS),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], output=["last", "max"]),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], neuron=[ADAPTIVE], record=[0b10], **ALL_TENSORS),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], inner=[1 << 20, (1 << 20) + 1], **POISSON),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], variation=list(VARIATIONS), **MOST_REGISTERS),
    *_variants(arch=[90], dtype=DTYPES),
    *_variants(arch=ARCHITECTURES, dtype=["float32", "bfloat16"], neuron=list(BY_STATES.values()), **ALL_TENSORS),
    *_variants(arch=[90], dtype=["float32"], surrogate=list(SURROGATES), **MOST_REGISTERS),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], inner=[1 << 14, (1 << 20) + 1], **MOST_REGISTERS),
]
ALL = [
    *_variants(
        arch=ARCHITECTURES,
        dtype=TUNED,
        output=["all", "sum", "last", "max", "packed"],
        x_once=[False, True],
        variation=list(VARIATIONS),
        **MOST_REGISTERS,
    ),
    *_variants(arch=[90], dtype=TUNED, neuron=MOST_OF_EACH, variation=list(VARIATIONS), **ALL_TENSORS),
    *_variants(arch=[90], dtype=["float32", "bfloat16"], neuron=MOST_OF_EACH, record=[0b1], **ALL_TENSORS),
    *_variants(arch=[90], dtype=TUNED, surrogate=list(SURROGATES), variation=list(VARIATIONS), **MOST_REGISTERS),
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, output=["all", "sum", "last", "max", "packed"], x_once=[False, True]),
    *_variants(
        arch=ARCHITECTURES,
        dtype=DTYPES,
        output=["all", "sum", "last", "max", "packed"],
        x_once=[False, True],
        inner=[1 << 14, *((1 << 20) + n for n in (0, 1, 2, 4))],
        **MOST_REGISTERS,
    ),
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, inner=[1 << 14, *((1 << 20) + n for n in (0, 1, 4))], **POISSON),
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, neuron=MOST_OF_EACH, per_neuron=[False], param_grads=[False, True]),
    *_variants(arch=ARCHITECTURES, dtype=DTYPES, neuron=MOST_OF_EACH, per_neuron=[True], param_grads=[False, True]),
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


def _complaints(report: Report, most_stack: tuple[int, int]) -> list[str]:
    """What is wrong with a kernel. most_stack: bytes that are allowed forward and backward."""
    complaints = []
    neuron = NEURON_VARIANTS[report["neuron"]]
    tensors = report["per_neuron"] or report["param_grads"]
    given = (len(neuron.params) if report["given"] is None else report["given"].bit_count()) if tensors else 0
    allowed_stack = most_stack[report["kernel"] == "backward"]
    if report["stack"] > allowed_stack or (report["spills"] and not report["stack"]):
        complaints.append("registers do not suffice")
    # More states, inputs and parameters than this leave a thread fewer neurons.
    few = len(neuron.states) == len(neuron.inputs) == 1 and given <= 2 and not report["record"]
    wide = VARIATIONS[report["variation"]].narrower == 1 and few
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
        # The seed of Poisson spikes, or parameters of one element each.
        scalars = 1 if report["kernel"] == "poisson" else given if not report["per_neuron"] else 0
        if sum(narrow["loads"].values()) != scalars or narrow["stores"]:
            complaints.append("narrow accesses")
    if report["barriers"] > MOST_BARRIERS * len(neuron.states):
        complaints.append("too many barriers in the loop over time")
    divides = any(f"{word}(" in neuron_source(neuron) for word in DIVIDES)
    if not divides and (report["kernel"] != "backward" or report["surrogate"] in WITHOUT_DIVISION):
        if report["fused_ptx"] or report["fused_code"]:
            complaints.append("fused multiply-adds")
    elif report["dtype"] != "float64" and report["fused_ptx"]:  # where an exp, as a division, is made of them
        complaints.append("fused multiply-adds besides those of a division")
    return complaints


def _check(variants: Sequence[Variant], most_stack: tuple[int, int] = (0, 0)) -> None:
    once = list(dict.fromkeys(variants))
    reports = _reports(once)
    assert len(reports) == sum(len(variant.kernels) for variant in once)
    failures = [(complaints, report) for report in reports if (complaints := _complaints(report, most_stack))]
    assert not failures, "\n".join(f"{', '.join(complaints)}: {report}" for complaints, report in failures)


def test_hardly_a_spill_wide_accesses_no_fused_multiply_adds() -> None:
    _check(FEW, FEW_STACK)


@pytest.mark.slow
def test_hardly_a_spill_wide_accesses_no_fused_multiply_adds_in_any_neuron() -> None:
    _check(_variants(arch=[90], dtype=["bfloat16"], neuron=UP_TO_FOUR, **ALL_TENSORS), FEW_STACK)


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
        "kinds = [dict(output=name) for name in ('sum', 'last', 'max', 'packed')]\n"
        "kinds += [dict(x_once=True), dict(record=1)]\n"
        "for kind in (*kinds, *(dict(variation=name) for name in VARIATIONS)):\n"
        "    first, *others = [kernels(**size, **kind) for size in sizes]\n"
        "    assert all(a is b for other in others for a, b in zip(other, first)), kind\n"
        "assert all(a is b for a, b in zip(kernels(steps=1), kernels())), 'one step'\n",
    )
