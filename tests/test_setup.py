"""What setup.py leaves out, by a compiler that writes empty files and a toolkit that holds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the compiler is a shell script"),
    pytest.mark.skipif(torch.version.cuda is None, reason="torch is built without CUDA, which is the reason then"),
]

# What torch asks a compiler, and an output for all else that it is told.
COMPILER = """#!/bin/sh
case "$1" in -dump*) echo {version}; exit;; -v) echo "gcc version {version}" >&2; exit;; esac
while [ $# -gt 1 ]; do [ "$1" = -o ] && : > "$2"; shift; done
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def build(folder: Path, which: str, release: str, compiler_version: str) -> subprocess.CompletedProcess[str]:
    """`setup.py build_ext` to `folder`, with a toolkit of this release."""
    script(folder / "toolkit/bin/nvcc", f'#!/bin/sh\necho "Cuda compilation tools, release {release}, V{release}.1"\n')
    script(folder / "toolkit/include/cuda_runtime.h", "")
    compiler = script(folder / "g++", COMPILER.format(version=compiler_version))
    environment = {**os.environ, "CUDA_HOME": str(folder / "toolkit"), "SNNKERNELS_BUILD": which, "CXX": str(compiler)}
    command = [sys.executable, "setup.py", "build_ext", "--build-lib", folder / "lib", "--build-temp", folder / "temp"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("release", "compiler_version", "reason"),
    [
        ("12.4", "12.2.0", "The detected CUDA version (12.4) mismatches"),
        (torch.version.cuda, "99.0.0", "99.0.0) is greater than the maximum required version by CUDA"),
    ],
    ids=["another major version than torch's", "a compiler that it does not know"],
)
def test_a_toolkit_that_torch_refuses_leaves_out_the_library_that_needs_it(
    tmp_path: Path, release: str, compiler_version: str, reason: str
) -> None:
    auto = build(tmp_path, "auto", release, compiler_version)
    assert auto.returncode == 0, auto.stderr
    built = {path.name: path for path in (tmp_path / "lib/snnkernels").iterdir()}
    assert set(built) == {"_cpu.abi3.so", "_cuda_not_built.txt"}
    note = built["_cuda_not_built.txt"].read_text()
    assert reason in note
    assert f"snnkernels is installed WITHOUT its native cuda engine: {note}" in auto.stderr

    by_name = build(tmp_path, "cuda", release, compiler_version)
    assert by_name.returncode != 0
    assert f"SNNKERNELS_BUILD=cuda, but snnkernels._cuda cannot be built: {note}" in by_name.stderr
    assert "Traceback" not in by_name.stderr
