"""Neurons and surrogates compiled by hand, as csrc/cpu/strip/neuron.h says, and handed to the native engine."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from snnkernels.emit.cpp import inlined_surrogates, neuron_structs, surrogate_struct
from snnkernels.surrogates import SURROGATES
from snnkernels.variants import Variant

STRIP = Path(__file__).parent.parent / "csrc" / "cpu" / "strip"
FLAGS = ["-std=c++17", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden"]
FLAGS += ["-Wall", "-Werror", "-Wno-psabi", "-fPIC", "-shared"]


def compiler() -> str:
    """The C++ compiler; skips the test where there is none, or where the headers are not."""
    found = shutil.which(os.environ.get("CXX", "c++"))
    if found is None or not STRIP.exists():
        pytest.skip("there is no C++ compiler, or the tests run without the sources of the package")
    return found


def source(struct: str, export: str) -> str:
    """The text of a library, in a folder that has strip/."""
    return f'#include "strip/scan.h"\nnamespace snn {{\n{struct}\n}}\n#include "strip/neuron.h"\n{export}\n'


def neuron_source(variant: Variant) -> str:
    inlined = inlined_surrogates()
    structs = [surrogate_struct(name, SURROGATES[name]) for name in inlined] + [neuron_structs([variant])]
    export = f"#define SNN_INLINED {', '.join(inlined)}\nSNN_EXPORT_NEURON({variant.key})"
    return source("\n".join(structs), export)


def build(folder: Path, sources: Iterable[str]) -> list[ctypes.CDLL]:
    """A library of each text, compiled in a folder side by side with the headers alone."""
    shutil.copytree(STRIP, folder / "strip", dirs_exist_ok=True)
    running = []
    for number, text in enumerate(sources):
        (folder / f"{number}.cpp").write_text(text)
        command = [compiler(), *FLAGS, f"{number}.cpp", "-o", f"{number}.so"]
        running.append(subprocess.Popen(command, cwd=folder))
    assert [process.wait() for process in running] == [0] * len(running)
    return [ctypes.CDLL(str(folder / f"{number}.so")) for number in range(len(running))]


def address(function: ctypes._CFuncPtr) -> int:
    """What snn_neuron() or snn_surrogate() returns."""
    function.restype = ctypes.c_void_p
    return function()
