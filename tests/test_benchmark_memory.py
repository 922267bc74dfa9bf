"""What the benchmarks say of memory."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from support import Target
from torch import Tensor

import snnkernels

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import memory  # noqa: E402

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


LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone tells a process's memory")


@LINUX
def test_kept_memory_is_that_of_the_graph() -> None:
    """What a call frees is not kept; what its result needs is."""

    def call() -> Tensor:
        torch.ones(2**22)
        x = torch.ones(2**22, requires_grad=True)  # 16 MiB, kept twice: itself, and its exponential
        return x.exp()

    kept = memory.kept_bytes(call, "cpu")
    assert kept is not None and abs(kept - 2**25) < 2**21


@LINUX
def test_blocks_that_the_native_engine_keeps_are_seen() -> None:
    """An output of 32 MiB counts even where one of its size was freed before."""
    Target("native", "cpu").require()
    current = torch.ones(8, 1, 2**20)

    def call() -> Tensor:
        with torch.no_grad():
            return snnkernels.lif(current, backend="native")

    for _ in range(2):
        call()
        peak = memory.peak_bytes(call, "cpu")
        assert peak is not None and 2**25 - 2**20 <= peak < 2**25 + 2**23
