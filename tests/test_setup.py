"""What setup.py builds, leaves out and hands on, by a compiler that writes empty files, a toolkit that holds
nothing, and GPUs that are not there."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="the compiler is a shell script")]
needs_cuda = pytest.mark.skipif(
    torch.version.cuda is None, reason="torch is built without CUDA, which is the reason then"
)

# What torch asks a compiler, and an output for all else that it is told, which is written down.
COMPILER = """#!/bin/sh
case "$1" in
  -dump*) echo {version}; exit;;
  -v) echo "gcc version {version}" >&2; exit;;
  --version) echo "Cuda compilation tools, release {version}, V{version}.1"; exit;;
  --list-gpu-arch) printf 'compute_%s\\n' 75 80 90 100 120; exit;;
esac
echo "$@" >> "$0.log"
while [ $# -gt 1 ]; do [ "$1" = -o ] && : > "$2"; shift; done
"""

# What Python runs at its start: these GPUs are visible.
GPUS = """
import torch
gpus = {gpus}
torch.cuda.is_available = lambda: True
torch.cuda.device_count = lambda: len(gpus)
torch.cuda.get_device_capability = lambda gpu=0: gpus[gpu]
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def machine(
    folder: Path,
    which: str = "auto",
    release: str | None = torch.version.cuda,
    compiler_version: str = "12.2.0",
    gpus: Sequence[tuple[int, int]] = (),
    listed: str | None = None,
) -> dict[str, str]:
    """The environment of a build: a compiler, a toolkit of this release, visible GPUs, TORCH_CUDA_ARCH_LIST."""
    script(folder / "toolkit/bin/nvcc", COMPILER.format(version=release))
    script(folder / "toolkit/include/cuda_runtime.h", "")
    compiler = script(folder / "g++", COMPILER.format(version=compiler_version))
    environment = {name: value for name, value in os.environ.items() if name != "TORCH_CUDA_ARCH_LIST"}
    environment |= {"CUDA_HOME": str(folder / "toolkit"), "SNNKERNELS_BUILD": which, "CXX": str(compiler)}
    environment |= {"CUDA_VISIBLE_DEVICES": ""}
    if gpus:
        script(folder / "site/sitecustomize.py", GPUS.format(gpus=list(gpus)))
        environment["PYTHONPATH"] = str(folder / "site")
    return environment if listed is None else environment | {"TORCH_CUDA_ARCH_LIST": listed}


def run(folder: Path, environment: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def build(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`setup.py build_ext` to `folder`."""
    command = ["setup.py", "build_ext", "--build-lib", folder / "lib", "--build-temp", folder / "temp"]
    return run(ROOT, environment, *command)


def record(folder: Path, library: str) -> dict[str, str]:
    return json.loads((folder / f"snnkernels/_{library}_build.json").read_text())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of this checkout, as git would have it, in a folder of its own."""
    tree = tmp_path / "tree"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listing.split("\0")):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    return tree


@pytest.mark.parametrize("blank", ["", " \n"])
def test_an_empty_variable_is_one_that_is_not_set(tmp_path: Path, blank: str) -> None:
    environment = machine(tmp_path, blank, listed=blank) | {"CXX": blank, "PATH": "/nonexistent"}
    done = build(tmp_path, environment)
    assert done.returncode == 0, done.stderr
    assert record(tmp_path / "lib", "cpu") == {"failure": "no C++ compiler: c++ is not on PATH"}
    if torch.version.cuda is not None:
        assert record(tmp_path / "lib", "cuda")["failure"].startswith("no GPU is visible")


@needs_cuda
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
    auto = build(tmp_path, machine(tmp_path, "auto", release, compiler_version, listed="9.0"))
    assert auto.returncode == 0, auto.stderr
    built = {path.name for path in (tmp_path / "lib/snnkernels").iterdir()}
    assert built == {"_cpu.abi3.so", "_cpu_build.json", "_cuda_build.json", "strip"}
    assert set(record(tmp_path / "lib", "cpu")) == {"sources"}
    failure = record(tmp_path / "lib", "cuda")["failure"]
    assert reason in failure
    assert f"snnkernels is installed WITHOUT its native cuda engine: {failure}" in auto.stderr

    by_name = build(tmp_path, machine(tmp_path, "cuda", release, compiler_version, listed="9.0"))
    assert by_name.returncode != 0
    assert f"SNNKERNELS_BUILD=cuda, but snnkernels._cuda cannot be built: {failure}" in by_name.stderr
    assert "Traceback" not in by_name.stderr


@pytest.mark.parametrize(
    ("gpus", "listed", "expected"),
    [
        ([(9, 0)], None, "9.0+PTX"),
        ([(9, 0), (8, 0), (9, 0)], None, "8.0+PTX;9.0+PTX"),
        ([(8, 6)], None, "8.0+PTX"),
        ([(13, 0)], None, "12.0+PTX"),
        ([(5, 2), (10, 0)], None, "10.0+PTX"),
        ([(5, 2)], None, ""),
        ([], None, ""),
        ([], "", ""),
        ([(9, 0)], "native", "9.0+PTX"),
        ([(9, 0)], "8.0", "8.0"),
        ([], "8.0;9.0+PTX", "8.0;9.0+PTX"),
        ([], "Ampere Hopper+PTX;10.0a", "Ampere Hopper+PTX;10.0a"),
    ],
    ids=["one", "several", "unknown to nvcc", "newer than nvcc", "one older than nvcc", "older than nvcc", "none"]
    + ["empty list", "native", "list wins", "list alone", "names and features"],
)
def test_the_architectures_are_those_of_the_visible_gpus_unless_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gpus: list[tuple[int, int]], listed: str | None, expected: str
) -> None:
    environment = machine(tmp_path, listed=listed)
    monkeypatch.delenv("TORCH_CUDA_ARCH_LIST", raising=False)
    for name in environment.keys() & {"TORCH_CUDA_ARCH_LIST"}:
        monkeypatch.setenv(name, environment[name])
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(gpus))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(gpus))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda gpu: gpus[gpu])
    architectures = runpy.run_path(str(ROOT / "csrc/toolkit.py"))["architectures"]
    assert architectures(environment["CUDA_HOME"]) == expected


@pytest.mark.parametrize("wrong", ["sm_90", "90", "9.0+ptx", "8.0,9.0"])
def test_a_list_of_architectures_that_makes_no_sense_is_an_error(tmp_path: Path, wrong: str) -> None:
    """Else torch's own error, which does not name the variable, would leave the CUDA library out."""
    done = build(tmp_path, machine(tmp_path, listed=f"8.0;{wrong}"))
    assert done.returncode != 0
    assert f"TORCH_CUDA_ARCH_LIST must be like \"8.0;9.0+PTX\", got '{wrong}' in '8.0;{wrong}'" in done.stderr


@needs_cuda
@pytest.mark.parametrize(
    ("gpus", "listed", "expected"),
    [([(8, 6), (9, 0)], None, {"sm_80", "compute_80", "sm_90", "compute_90"}), ([], "8.0", {"sm_80"})],
    ids=["visible", "listed"],
)
def test_the_cuda_library_is_compiled_for_these_alone(
    tmp_path: Path, gpus: list[tuple[int, int]], listed: str | None, expected: set[str]
) -> None:
    done = build(tmp_path, machine(tmp_path, "cuda", gpus=gpus, listed=listed))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "lib/snnkernels/_cuda.abi3.so").exists()
    assert set(record(tmp_path / "lib", "cuda")) == {"sources"}
    calls = (tmp_path / "toolkit/bin/nvcc.log").read_text()
    assert set(re.findall(r"csrc/cuda/(\w+\.cu)\b", calls)) == {path.name for path in ROOT.glob("csrc/cuda/*.cu")}
    for call in calls.splitlines():
        assert set(re.findall(r"code=((?:sm|compute)_\w+)", call)) == expected


@needs_cuda
def test_without_a_gpu_to_compile_for_the_cuda_library_is_left_out(tmp_path: Path) -> None:
    done = build(tmp_path, machine(tmp_path))
    assert done.returncode == 0, done.stderr
    assert record(tmp_path / "lib", "cuda")["failure"] == (
        'no GPU is visible that nvcc compiles for: name others by TORCH_CUDA_ARCH_LIST, such as "8.0;9.0+PTX"'
    )
    assert not (tmp_path / "toolkit/bin/nvcc.log").exists()
    both = build(tmp_path, machine(tmp_path, "all"))
    assert both.returncode != 0
    assert "SNNKERNELS_BUILD=all, but snnkernels._cuda cannot be built: no GPU is visible" in both.stderr


def test_an_editable_install_keeps_the_reason_why_a_library_was_left_out(
    tmp_path: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = machine(tmp_path) | {"CXX": "/nonexistent/c++"}
    done = run(tree, environment, "-c", "from setuptools import build_meta; build_meta.build_editable('dist')")
    assert done.returncode == 0, done.stderr
    monkeypatch.setattr(sys, "meta_path", [])  # there is no installed copy
    find = runpy.run_path(str(tree / "snnkernels/engines/libraries.py"))["find"]
    with pytest.raises(ImportError, match="^not built: no C.. compiler: /nonexistent/c.. is not on PATH$"):
        find("cpu")
    with pytest.raises(ImportError, match="^not built: (torch .* is built without CUDA|no GPU is visible)"):
        find("cuda")


def test_a_wheel_holds_the_neurons_types_and_the_headers_that_one_is_compiled_with(tmp_path: Path, tree: Path) -> None:
    done = run(
        tree, machine(tmp_path, "none"), "-c", "from setuptools import build_meta; build_meta.build_wheel('dist')"
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (tree / "dist").iterdir()
    installed = tmp_path / "installed"
    shutil.unpack_archive(wheel, installed, "zip")
    assert (installed / "snnkernels/py.typed").exists()
    stub = "snnkernels/neurons/__init__.pyi"
    assert (installed / stub).read_text() == (ROOT / stub).read_text()
    headers = {path.name for path in (ROOT / "csrc/cpu/strip").iterdir()}
    assert "neuron.h" in headers and {path.name for path in (installed / "snnkernels/strip").iterdir()} == headers
    found = "from snnkernels.engines.native_build import headers; print(headers())"
    for package, folder in ((installed, "snnkernels/strip"), (tree, "csrc/cpu/strip")):
        done = run(tmp_path, os.environ | {"PYTHONPATH": str(package)}, "-c", found)
        assert done.stdout == f"{package / folder}\n", done.stderr


def test_a_source_distribution_holds_all_that_git_has_whatever_can_be_compiled(tmp_path: Path, tree: Path) -> None:
    expected = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()} - {".gitignore"}
    environment = machine(tmp_path, "none") | {"CXX": "/nonexistent/c++"}
    done = run(tree, environment, "-c", "from setuptools import build_meta; build_meta.build_sdist('dist')")
    assert done.returncode == 0, done.stderr
    (archive,) = (tree / "dist").iterdir()
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {
        "csrc/cuda/scan.cpp",
        "csrc/cuda/backward_float.cu",
        "csrc/cuda/backward.h",
        "csrc/cpu/forward.cpp",
    } <= expected
    assert expected - names == set()
