"""The checked-in C++ is what the emitter writes from neurons/ and surrogates.py, and computes what torch does."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from compiled_neurons import STRIP, compiler
from graphs import FUNCTIONS, ties_and_zeros, variant_of_step
from support import BUILT_IN, assert_same_bits, skip_or_fail
from torch import Tensor

from snnkernels.emit import generated
from snnkernels.emit.cpp import neuron_structs
from snnkernels.language import sqrt, where
from snnkernels.neurons import NEURONS
from snnkernels.surrogates import SURROGATES
from snnkernels.trace import trace_function

GENERATED = Path(__file__).parent.parent / "csrc" / "generated"


@pytest.mark.skipif(not GENERATED.exists(), reason="the tests run without the sources of the package")
def test_generated_code_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    code = generated.main([str(GENERATED), "--check"])
    assert (code, capsys.readouterr().err) == (0, "")


def test_check_finds_what_is_stale_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generated.main([str(tmp_path)]) == 0
    assert generated.main([str(tmp_path), "--check"]) == 0
    surrogates = tmp_path / "surrogates.h"
    edited = surrogates.read_text().replace("+", "-", 1)
    surrogates.write_text(edited)
    (tmp_path / "neurons.h").unlink()
    assert generated.main([str(tmp_path), "--check"]) == 1
    assert f"stale: neurons.h, surrogates.h in {tmp_path}; run `make codegen`" in capsys.readouterr().err
    assert surrogates.read_text() == edited and not (tmp_path / "neurons.h").exists()


def test_writing_mends_what_is_stale_and_leaves_the_rest(tmp_path: Path) -> None:
    generated.main([str(tmp_path)])
    surrogates, neurons = tmp_path / "surrogates.h", tmp_path / "neurons.h"
    wanted, untouched = surrogates.read_text(), neurons.stat().st_mtime_ns
    surrogates.write_text("")
    generated.main([str(tmp_path)])
    assert surrogates.read_text() == wanted and neurons.stat().st_mtime_ns == untouched


def test_every_neuron_and_surrogate_is_written_and_listed(tmp_path: Path) -> None:
    files = _written(tmp_path)
    for name, keys in (("neurons.h", BUILT_IN), ("surrogates.h", SURROGATES)):
        for key in keys:
            assert re.search(rf"^(struct|using) {key}\b", files[name], re.MULTILINE) and f"X({key})" in files[name]


def test_neurons_that_differ_in_gradients_alone_share_a_step() -> None:
    """The loops of a step are compiled once for all that have it."""
    detached, attached = (NEURONS["lif"].variant(detach_reset=detach) for detach in (True, False))
    text = neuron_structs([detached, attached])
    assert text.count("SNN_INLINE static void step(") == 1 and text.count("SNN_INLINE static void adjoint(") == 2
    assert f"struct {attached.key} : {detached.key}_replay {{" in text
    assert neuron_structs([detached, replace(detached, key="again")]).endswith(f"using again = {detached.key};")


@pytest.mark.parametrize("seed", [1, 2])
def test_text_is_the_same_in_every_process(seed: int, tmp_path: Path) -> None:
    """Whatever the order of Python's sets, which the seed of its hashes decides."""
    other, own = tmp_path / "other", tmp_path / "own"
    other.mkdir()
    own.mkdir()
    command = [sys.executable, "-m", "snnkernels.emit.generated", str(other)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": str(seed)})
    assert {path.name: path.read_text() for path in other.iterdir()} == _written(own)


def _written(folder: Path) -> dict[str, str]:
    """The files that the command writes to a folder, by name."""
    assert generated.main([str(folder)]) == 0
    return {path.name: path.read_text() for path in folder.iterdir()}


_VECTORS = """
#include "{scan}"
typedef float floats __attribute__((vector_size(16)));
typedef double doubles __attribute__((vector_size(16)));
"""
_HARNESS = """
extern "C" void {key}(const doubles* x, const doubles* v, const doubles* grad, doubles* outputs, long count) {{
  const doubles none = {{}};
  count /= 2;
  for (long i = 0; i < count; ++i) {{
    doubles next, kept[2], unused;
    snn::{key}::step(x + i, v + i, &none, false, outputs[i], &next);
    snn::{key}::keep(x + i, v + i, &none, false, &unused, kept);
    snn::{key}::adjoint(&none, &none, kept, &none, false, grad[i], &none, outputs + count + i,
                        outputs + 2 * count + i, &unused);
  }}
}}
"""
_FUNCTION = """
extern "C" void {name}_{type}(const {type}* x, {type}* y, long count) {{
  for (long i = 0; i < count; ++i) y[i] = snn::{name}({type}s{{x[i]}})[0];
}}
"""
_OF_ONE = ("exponential", "logistic", "hyperbolic_tangent", "round_down", "square_root")


_WIDE = """
typedef float sixteen __attribute__((vector_size(64)));
extern "C" __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
void {key}(const sixteen* x, const sixteen* v, sixteen* made) {{
  snn::{key}::step(x, v, v, false, made[0], made + 1);
  snn::{key}::keep(x, v, v, false, made + 2, made + 3);
  snn::{key}::adjoint(v, v, v, v, false, x[1], v + 1, made + 5, made + 6, made + 7);
}}
"""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="about AVX-512")
def test_wide_vectors_are_not_compared_one_number_after_another(tmp_path: Path) -> None:
    """Which GCC 12 does where it can join comparisons before it knows the processor."""
    text = f'#include "{STRIP / "scan.h"}"\n'
    for number, function in enumerate([*FUNCTIONS.values(), lambda x, v: where(where(v > 1, -1.0, v) > 0, x, v)]):
        variant = variant_of_step(f"wide_{number}", lambda x, v, f=function: (f(x, v), f(x, v)), ("x",), ("v",))
        text += f"namespace snn {{\n{neuron_structs([variant])}\n}}\n" + _WIDE.format(key=variant.key)
    (tmp_path / "wide.cpp").write_text(text)
    flags = ["-O3", "-std=c++17", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi"]
    subprocess.run([compiler(), *flags, "-S", "wide.cpp", "-o", "wide.s"], cwd=tmp_path, check=True)
    assembly = (tmp_path / "wide.s").read_text()
    assert "zmm" in assembly
    assert not re.findall(r"\bv?(?:ucomiss|comiss|cmpss|pextrd)\b.*", assembly)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Every function of the step language as a neuron whose output is its value, emitted and compiled for vectors."""
    folder = tmp_path_factory.mktemp("emitted")
    text = _VECTORS.format(scan=STRIP / "scan.h")
    for number, function in enumerate(FUNCTIONS.values()):
        variant = variant_of_step(f"function_{number}", lambda x, v, f=function: (f(x, v), v), ("x",), ("v",))
        text += f"namespace snn {{\n{neuron_structs([variant])}\n}}\n" + _HARNESS.format(key=variant.key)
    text += "".join(_FUNCTION.format(name=name, type=kind) for name in _OF_ONE for kind in ("float", "double"))
    (folder / "emitted.cpp").write_text(text)
    flags = ["-O3", "-std=c++17", "-ffp-contract=off", "-fPIC", "-shared"]
    subprocess.run([compiler(), *flags, "emitted.cpp", "-o", "emitted.so"], cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "emitted.so"))


def call(function: ctypes._CFuncPtr, *tensors: Tensor, count: int) -> None:
    function(*(ctypes.c_void_p(tensor.data_ptr()) for tensor in tensors), ctypes.c_long(count))


def of_one(library: ctypes.CDLL, name: str, x: Tensor) -> Tensor:
    """A compiled function of each element."""
    y = torch.empty_like(x)
    call(getattr(library, f"{name}_{'float' if x.dtype == torch.float32 else 'double'}"), x, y, count=x.numel())
    return y


@pytest.mark.parametrize("name", FUNCTIONS)
def test_emitted_operation_and_its_adjoint_are_those_of_torch(library: ctypes.CDLL, name: str) -> None:
    leaves = [leaf.requires_grad_() for leaf in ties_and_zeros()]
    result, gradient = FUNCTIONS[name](*leaves), torch.randn_like(leaves[0])
    expected = (result, *torch.autograd.grad(result, leaves, gradient, materialize_grads=True))
    outputs = torch.empty(3, gradient.numel(), dtype=torch.float64)
    key = f"function_{list(FUNCTIONS).index(name)}"
    call(getattr(library, key), *(leaf.detach() for leaf in leaves), gradient, outputs, count=gradient.numel())
    with_exp = any(
        node.op in ("exp", "tanh", "sigmoid") for node in trace_function(FUNCTIONS[name], ("a", "b"), "result").nodes
    )
    for actual, wanted in zip(outputs, expected, strict=True):
        if with_exp:
            torch.testing.assert_close(actual, wanted.detach(), rtol=1e-13, atol=1e-14)
        else:
            assert_same_bits(actual, wanted.detach())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_exponential_is_within_two_units_in_the_last_place(library: ctypes.CDLL, dtype: torch.dtype) -> None:
    """Over all of its range; 0 and infinity beyond it."""
    limits = torch.finfo(dtype)
    low, high = torch.tensor(limits.tiny, dtype=dtype).log(), torch.tensor(limits.max, dtype=dtype).log()
    spread = torch.linspace(low.item() + 1e-3, high.item() - 1e-3, 200_001, dtype=dtype)
    x = torch.cat([spread, torch.randn(100_000, dtype=dtype), torch.randn(100_000, dtype=dtype) * limits.eps])
    y = of_one(library, "exponential", x)
    exact = x.double().exp()
    assert ((y.double() - exact) / exact).abs().max() <= 2 * limits.eps

    far = torch.tensor([low.item() * 2, -1e30, -torch.inf, high.item() * 2, 1e30, torch.inf, 0.0], dtype=dtype)
    assert of_one(library, "exponential", far).tolist() == [0.0, 0.0, 0.0, torch.inf, torch.inf, torch.inf, 1.0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name, function", [("logistic", torch.sigmoid), ("hyperbolic_tangent", torch.tanh)])
def test_sigmoid_and_tanh_are_within_three_units_in_the_last_place(
    library: ctypes.CDLL, name: str, function: Callable[[Tensor], Tensor], dtype: torch.dtype
) -> None:
    """Where the result is no smaller than normal numbers: relative to it also near 0, and on both sides of 0.625."""
    limits = torch.finfo(dtype)
    small = torch.logspace(-30, 0, 100_001, dtype=dtype)
    x = torch.cat([torch.linspace(-80, 80, 200_001, dtype=dtype), torch.randn(100_000, dtype=dtype), small, -small])
    exact = function(x.double())  # which torch gives to a unit in the last place of float64
    units = ((of_one(library, name, x).double() - exact) / exact)[exact != 0].abs().max() / limits.eps
    assert units <= 3

    far = torch.tensor([-torch.inf, -1e30, 0.0, -0.0, 1e30, torch.inf, torch.nan], dtype=dtype)
    ends = of_one(library, name, far)
    torch.testing.assert_close(ends, function(far), rtol=0, atol=0, equal_nan=True)
    assert torch.equal(ends[2:4].signbit(), function(far[2:4]).signbit())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name, function", [("round_down", torch.floor), ("square_root", sqrt)])
def test_floor_and_square_root_are_exact(
    library: ctypes.CDLL, name: str, function: Callable[[Tensor], Tensor], dtype: torch.dtype
) -> None:
    limits = torch.finfo(dtype)
    whole = torch.arange(-1000, 1000, dtype=dtype)
    powers = 2.0 ** torch.arange(-60, 70, dtype=dtype)
    special = [0.0, -0.0, torch.inf, -torch.inf, torch.nan, limits.max, limits.min, limits.tiny, -limits.tiny]
    x = torch.cat([torch.randn(100_000, dtype=dtype) * 100, whole, whole + 0.5, whole.nextafter(whole + 1)])
    edges = torch.cat([powers, powers - 1, powers + 1, powers - 0.5, powers + 0.5])
    x = torch.cat([x, whole.nextafter(whole - 1), edges, -edges, torch.tensor(special, dtype=dtype)])
    actual, expected = of_one(library, name, x), function(x)
    torch.testing.assert_close(actual, expected, rtol=0, atol=0, equal_nan=True)
    number = ~expected.isnan()
    assert torch.equal(actual.signbit()[number], expected.signbit()[number])


_KERNEL = """
__global__ void kernel_{key}(const {lanes}* x, const {lanes}* v, const {lanes}* grad, {lanes}* outputs) {{
  {lanes} none = {{}}, next, kept[2], unused;
  snn::{key}::step(x, v, &none, false, outputs[0], &next);
  snn::{key}::keep(x, v, &none, false, &unused, kept);
  snn::{key}::adjoint(&none, &none, kept, &none, false, grad[0], &none, outputs + 1, outputs + 2, &unused);
}}
"""


def test_every_operation_compiles_for_gpus_and_is_rounded_as_ieee_says(tmp_path: Path) -> None:
    """Each function of the language with its adjoint; roots and quotients are no approximations."""
    nvcc = shutil.which("nvcc")
    if nvcc is None or not GENERATED.exists():
        skip_or_fail("nvcc", "there is no nvcc, or the tests run without the sources of the package")
    text = f'#include "{GENERATED.parent / "cpu" / "strip" / "scan.h"}"\n'
    for number, function in enumerate(FUNCTIONS.values()):
        variant = variant_of_step(f"function_{number}", lambda x, v, f=function: (f(x, v), v), ("x",), ("v",))
        lanes = f"snn::Lanes<{('float', 'double')[number % 2]}, 2>"
        text += f"namespace snn {{\n{neuron_structs([variant])}\n}}\n" + _KERNEL.format(key=variant.key, lanes=lanes)
    (tmp_path / "emitted.cu").write_text(text)
    flags = ["-O3", "-std=c++17", "-fmad=false", "-arch=sm_80", "-ptx"]
    subprocess.run([nvcc, *flags, "emitted.cu", "-o", "emitted.ptx"], cwd=tmp_path, check=True)
    ptx = (tmp_path / "emitted.ptx").read_text()
    roots = {line.split()[0] for line in ptx.splitlines() if line.strip().startswith("sqrt.")}
    quotients = {line.split()[0] for line in ptx.splitlines() if line.strip().startswith("div.")}
    assert roots and roots <= {"sqrt.rn.f32", "sqrt.rn.f64"}
    assert quotients and quotients <= {"div.rn.f32", "div.rn.f64"}
