"""The headers of a strip in csrc/cpu/strip need neither torch nor any other header of the package."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from support import assert_same_bits

from snnkernels import lif
from snnkernels.emit.cpp import neuron_struct
from snnkernels.neurons import NEURONS

STRIP = Path(__file__).parent.parent / "csrc" / "cpu" / "strip"
HEADERS = sorted(path.name for path in STRIP.glob("*.h")) if STRIP.exists() else []
NEURONS_IN_A_STRIP, STEPS = 64, 7

_FORWARD = """
#include "strip/scan.h"
namespace snn {{
{neuron}
}}
#include "strip/loops.h"
using namespace snn::cpu;
extern "C" void forward(long steps, const float* x, const float* param, const float* constant, float* state,
                        float* s) {{
  const Rows input{{reinterpret_cast<const char*>(x), kStrip * 4, ElementType::kFloat}};
  const WrittenRows spikes{{reinterpret_cast<char*>(s), kStrip * 4, ElementType::kFloat, Way::kStored}};
  const StepStrip<float> strip{{{{steps, kStrip, param, constant, false}}, input, state, spikes}};
  widest<StepLoop<snn::{key}>, StepStrip, float>()(strip);
}}
"""


@pytest.fixture
def compiler() -> str:
    found = shutil.which(os.environ.get("CXX", "c++"))
    if found is None or not HEADERS:
        pytest.skip("there is no C++ compiler, or the tests run without the sources of the package")
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that has the headers and nothing else of the package."""
    shutil.copytree(STRIP, tmp_path / "strip")
    return tmp_path


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_each_header_compiles_without_torch(compiler: str, folder: Path, standard: str) -> None:
    """By itself; lanes.h is a part of scan.h."""
    names = [name for name in HEADERS if name != "lanes.h"]
    assert {"scan.h", "strips.h", "loops.h", "rows.h", "halves.h"} <= set(names)
    for name in names:
        (folder / name).with_suffix(".cpp").write_text(f'#include "strip/{name}"\n')
    sources = [f"{Path(name).stem}.cpp" for name in names]
    flags = [f"-std={standard}", "-Wall", "-Werror", "-Wno-psabi", "-Wno-unused-function", "-fsyntax-only"]
    listed = subprocess.run([compiler, *flags, "-M", *sources], cwd=folder, check=True, capture_output=True, text=True)
    assert "strip/rows.h" in listed.stdout and "torch" not in listed.stdout
    subprocess.run([compiler, *flags, *sources], cwd=folder, check=True)


def test_a_neuron_compiled_with_the_headers_alone_computes_what_lif_does(compiler: str, folder: Path) -> None:
    key = "lif_subtract_after_detached"
    (folder / "neuron.cpp").write_text(_FORWARD.format(key=key, neuron=neuron_struct(NEURONS[key])))
    flags = ["-O3", "-std=c++17", "-ffp-contract=off", "-Wno-psabi", "-fPIC", "-shared"]
    subprocess.run([compiler, *flags, "neuron.cpp", "-o", "neuron.so"], cwd=folder, check=True)
    x = torch.randn(STEPS, NEURONS_IN_A_STRIP) * 2
    parameters = torch.tensor([0.75, 1.25]).repeat_interleave(NEURONS_IN_A_STRIP)
    constants, state, spikes = torch.tensor([1.0, 0.0]), torch.zeros(NEURONS_IN_A_STRIP), torch.empty_like(x)
    tensors = [ctypes.c_void_p(tensor.data_ptr()) for tensor in (x, parameters, constants, state, spikes)]
    ctypes.CDLL(str(folder / "neuron.so")).forward(ctypes.c_long(STEPS), *tensors)

    expected = lif(x, beta=0.75, threshold=1.25, return_state=True, backend="reference")
    assert 0 < expected[0].sum() < x.numel()
    assert_same_bits(spikes, expected[0])
    assert_same_bits(state, expected[1])
