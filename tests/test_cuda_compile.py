"""What nvcc makes of the CUDA kernels, which takes no GPU: no spills, accesses of 16 bytes, no fused operations."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from support import skip_or_fail

from snnkernels.dispatch import checkpoint_interval
from snnkernels.emit.cpp import neuron_structs
from snnkernels.engines import native
from snnkernels.neurons import NEURONS

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "csrc" / "cuda").glob("*_*.cu"))  # of kernels
SLOW_ARCHITECTURES = (80, 90, 100, 120)
STEPS = checkpoint_interval("cuda")

# The neurons of the library, the one that computes least first.
LIF = [variant.key for variant in sorted(NEURONS["lif"].definition.variants(), key=lambda v: len(neuron_structs([v])))]

FLOAT_OPERATION = re.compile(r"^\s*(?:@\S+\s+)?((?:add|sub|mul|div|rcp|fma)\.\S*f(?:32|64))\b", re.MULTILINE)
GLOBAL_ACCESS = re.compile(r"\b(ld|st)\.global\S*?(?:\.v(\d))?\.[a-z](\d+)\s")
RESOURCES = re.compile(
    r"Compiling entry function '(?P<name>\w+)' for.*?"
    r"(?P<stack>\d+) bytes stack frame, (?P<stored>\d+) bytes spill stores, (?P<loaded>\d+) bytes spill loads",
    re.DOTALL,
)


@dataclass(frozen=True)
class Kernel:
    """One kernel: how the assembler fitted it into registers, and its code."""

    name: str
    stack: int  # bytes, as are the spills
    spills: int
    ptx: str

    @property
    def neurons(self) -> int:
        """Neurons of a thread: the template's number."""
        return 8 if self.kind == "poisson" else int(re.search(r"Li(\d+)E", self.name)[1])

    @property
    def kind(self) -> str:
        """forward, backward or poisson."""
        return re.search(r"(forward|backward|poisson)_kernel", self.name)[1]

    @property
    def gives_bytes(self) -> bool:
        """Packed spikes: the forward kernel's output, and the Poisson kernel's flag."""
        return "PackedOutput" in self.name or (self.kind == "poisson" and "Lb1E" in self.name)

    @property
    def gives_anything(self) -> bool:
        """Whether what is asked for is known when it runs: any output and records, or their gradients."""
        return "AnyOutput" in self.name or "GradientsE2E" in self.name

    def operations(self) -> Counter[str]:
        return Counter(FLOAT_OPERATION.findall(self.ptx))

    def accesses(self, kind: str) -> Counter[int]:
        """Loads ("ld") or stores ("st") of global memory by their width in bytes."""
        found = GLOBAL_ACCESS.findall(self.ptx)
        return Counter(int(bits) // 8 * int(vector or 1) for name, vector, bits in found if name == kind)


def nvcc() -> str:
    """The compiler; skips, or fails where SNNKERNELS_REQUIRE says that this machine has it."""
    home = os.environ.get("CUDA_HOME", "/usr/local/cuda")
    found = shutil.which("nvcc") or shutil.which("nvcc", path=f"{home}/bin")
    if found:
        return found
    skip_or_fail("nvcc", f"there is no nvcc on PATH or in {home}/bin")


def build_flags() -> list[str]:
    """The flags that setup.py gives nvcc."""
    for node in ast.walk(ast.parse((ROOT / "setup.py").read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "device":
            return ast.literal_eval(node.value)
    raise AssertionError("setup.py names no flags for device code")


def compile_kernels(
    compiler: str, source: Path, architecture: int, folder: Path, neurons: Sequence[str]
) -> list[Kernel]:
    """The kernels of a source file, for these neurons alone."""
    folder = folder / f"{source.stem}_{architecture}"
    folder.mkdir()
    target = f"arch=compute_{architecture},code=sm_{architecture}"
    listed = "".join(f" X({neuron})" for neuron in neurons)
    first = folder / "neurons_of_the_test.h"
    first.write_text(
        f'#include "{ROOT / "csrc" / "generated" / "neurons.h"}"\n'
        f"#undef SNN_FOR_EACH_LIF\n#define SNN_FOR_EACH_LIF(X){listed}\n"
    )
    command = [compiler, "-std=c++17", *build_flags(), "-gencode", target, "-cubin", "-o", f"{folder}/out.cubin"]
    command += ["-include", str(first)]
    command += ["-Xptxas", "-v", "--keep", "--keep-dir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    entries = re.split(r"\.entry (\w+)", (folder / f"{source.stem}.ptx").read_text())
    code = dict(zip(entries[1::2], entries[2::2], strict=True))
    return [
        Kernel(
            f"{m['name']} (sm_{architecture})", int(m["stack"]), int(m["stored"]) + int(m["loaded"]), code[m["name"]]
        )
        for m in RESOURCES.finditer(done.stdout + done.stderr)
    ]


@pytest.fixture(scope="module", params=["usual", pytest.param("all", marks=pytest.mark.slow)])
def kernels(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Kernel]:
    """The neuron that computes most, for sm_90, and where most registers are needed for others; or all for all."""
    compiler, folder, everything = nvcc(), tmp_path_factory.mktemp("cuda"), request.param == "all"
    neurons = LIF if everything else LIF[-1:]
    jobs = [
        (source, architecture)
        for source in SOURCES
        for architecture in SLOW_ARCHITECTURES
        if everything
        or architecture == 90
        or ("bfloat16" in source.stem and architecture <= 100)
        or (source.stem, architecture) == ("forward_double", 100)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        compiled = list(pool.map(lambda job: compile_kernels(compiler, *job, folder, neurons), jobs))
    # A thread has one neuron, or 16 bytes of them with parameters of one value: forward has each of these for three
    # outputs, backward with and without gradients of parameters. 16 bytes of neurons with any parameters have a kernel
    # of all outputs, and one with gradients of parameters. Two kernels take all else. The images of Poisson spikes come
    # in four dtypes.
    expected = {"forward": len(neurons) * (3 * 2 + 1 + 2), "backward": len(neurons) * (2 * 2 + 1 + 2), "poisson": 4 * 2}
    for (source, _), found in zip(jobs, compiled, strict=True):
        assert len(found) == expected[source.stem.partition("_")[0]], source
    return [kernel for found in compiled for kernel in found]


def test_no_kernel_has_a_stack_or_spills(kernels: list[Kernel]) -> None:
    assert [(kernel.name, kernel.stack, kernel.spills) for kernel in kernels if kernel.stack or kernel.spills] == []


def test_accesses_are_16_bytes_wide_where_a_thread_has_several_neurons(kernels: list[Kernel]) -> None:
    wide = [kernel for kernel in kernels if kernel.neurons > 1 and kernel.kind != "poisson"]
    assert wide
    for kernel in wide:
        stores = set(kernel.accesses("st"))
        if kernel.gives_anything and kernel.kind == "forward":  # bits, or the steps of two values of 8 bytes
            assert stores == {1, 16} | ({8} if kernel.neurons == 2 else set()), kernel.name
        else:
            assert stores == ({1, 16} if kernel.gives_bytes else {16}), kernel.name
        # Before the first chunk of steps and in the loop: x, and in backward the spikes' gradient.
        assert kernel.accesses("ld")[16] >= 2 * STEPS * (1 if kernel.kind == "forward" else 2), kernel.name
        if kernel.kind == "forward":  # all but four parameters, which may be one number in memory each
            assert sum(n for width, n in kernel.accesses("ld").items() if width < 16) <= 4, kernel.name


def test_poisson_spikes_are_read_and_written_by_16_bytes_or_by_bits(kernels: list[Kernel]) -> None:
    """Where rows allow it; where they do not there are accesses of single neurons too."""
    poisson = [kernel for kernel in kernels if kernel.kind == "poisson"]
    assert poisson
    for kernel in poisson:
        assert kernel.accesses("ld")[16] >= 1, kernel.name
        stores = kernel.accesses("st")
        assert set(stores) == {1} if kernel.gives_bytes else stores[16] >= 1, kernel.name


def test_every_operation_is_rounded_by_itself(kernels: list[Kernel]) -> None:
    """What has its rounding written out the assembler does not fuse. `fma` comes from the exponential and from division
    alone, which begins with an approximate reciprocal.
    """
    for kernel in kernels:
        operations = kernel.operations()
        assert sum(operations.values()) > 0, kernel.name
        unrounded = [op for op in operations if not re.match(r"\w+\.r[nm]\.", op)]
        if kernel.kind == "backward":
            assert set(unrounded) <= {"rcp.approx.ftz.f32"}, kernel.name
        else:
            assert unrounded == [] and not any(op.startswith("fma") for op in operations), kernel.name


def test_library_without_a_device_is_reported_as_loaded_and_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(native._REASONS, "cuda", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    reason = native.unusable_reason(torch.device("cuda"))
    assert reason is not None and "library is loaded" in reason and "no CUDA device" in reason


def test_missing_compiler_fails_the_tests_where_it_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.delenv("SNNKERNELS_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no nvcc on PATH"):
        nvcc()
    monkeypatch.setenv("SNNKERNELS_REQUIRE", "native,nvcc")
    with pytest.raises(pytest.fail.Exception, match="SNNKERNELS_REQUIRE names nvcc"):
        nvcc()
