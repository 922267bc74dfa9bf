"""The headers of a strip in csrc/cpu/strip need neither torch nor any other header of the package."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from compiled_neurons import STRIP, compiler

HEADERS = sorted(path.name for path in STRIP.glob("*.h")) if STRIP.exists() else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that has the headers and nothing else of the package."""
    shutil.copytree(STRIP, tmp_path / "strip")
    return tmp_path


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_each_header_compiles_without_torch(folder: Path, standard: str) -> None:
    """By itself; lanes.h is a part of scan.h."""
    names = [name for name in HEADERS if name != "lanes.h"]
    assert {"scan.h", "strips.h", "loops.h", "neuron.h", "rows.h", "halves.h"} <= set(names)
    for name in names:
        (folder / name).with_suffix(".cpp").write_text(f'#include "strip/{name}"\n')
    sources = [f"{Path(name).stem}.cpp" for name in names]
    flags = [f"-std={standard}", "-Wall", "-Werror", "-Wno-psabi", "-Wno-unused-function", "-fsyntax-only"]
    command = [compiler(), *flags, *sources]
    listed = subprocess.run([*command, "-M"], cwd=folder, check=True, capture_output=True, text=True)
    assert "strip/rows.h" in listed.stdout and "torch" not in listed.stdout
    subprocess.run(command, cwd=folder, check=True)
