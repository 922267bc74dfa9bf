"""Builds the compiled engines: snnkernels._cpu and, where there are a CUDA toolkit and a GPU, snnkernels._cuda.

SNNKERNELS_BUILD=auto|all|cpu|cuda|none: auto leaves out, with a warning, what cannot be built; by name it is an error.
TORCH_CUDA_ARCH_LIST: the GPUs to compile for, else those that are visible.
"""

import json
import os
import runpy
import shutil
import warnings
from pathlib import Path

import torch
from setuptools import Extension, setup

LIBRARIES, TOOLKIT = (runpy.run_path(file) for file in ("snnkernels/engines/libraries.py", "csrc/toolkit.py"))
BUILD = os.environ.get("SNNKERNELS_BUILD", "").strip() or "auto"
if BUILD not in ("auto", "all", "cpu", "cuda", "none"):
    raise SystemExit(f"SNNKERNELS_BUILD must be auto, all, cpu, cuda or none, got {BUILD!r}")
if CUDA_HOME := TOOLKIT["cuda_home"]():
    os.environ["CUDA_HOME"] = CUDA_HOME
    os.environ["TORCH_CUDA_ARCH_LIST"] = TOOLKIT["architectures"](CUDA_HOME)
from torch.utils.cpp_extension import BuildExtension, CppExtension, CUDAExtension  # noqa: E402 - reads CUDA_HOME now


def obstacle(library):
    """Why a library cannot be built here, or None."""
    if BUILD not in ("auto", "all", library):
        return f"left out by SNNKERNELS_BUILD={BUILD}"
    if library == "cuda" and not torch.version.cuda:
        return f"torch {torch.__version__} is built without CUDA"
    if library == "cuda" and not CUDA_HOME:
        return "no CUDA toolkit found (CUDA_HOME, nvcc on PATH, /usr/local/cuda)"
    if library == "cuda" and not os.environ["TORCH_CUDA_ARCH_LIST"]:
        return 'no GPU is visible that nvcc compiles for: name others by TORCH_CUDA_ARCH_LIST, such as "8.0;9.0+PTX"'
    compiler = (os.environ.get("CXX", "").strip() or "c++").split()[0]
    return None if shutil.which(compiler) else f"no C++ compiler: {compiler} is not on PATH"


def extension(library):
    if obstacles[library]:
        return Extension(f"snnkernels._{library}", [])
    device = ["-O3", "-fmad=false", "-Xcompiler", "-ffp-contract=off"]
    return (CUDAExtension if library == "cuda" else CppExtension)(
        f"snnkernels._{library}",
        ["csrc/module.cpp", *sorted(map(str, Path("csrc", library).glob("*.c*")))],  # .cpp and .cu
        depends=sorted(map(str, Path("csrc").rglob("*.h"))),
        define_macros=[("SNN_MODULE", f"_{library}"), ("TORCH_TARGET_VERSION", "0x020b000000000000")],
        extra_compile_args={"cxx": LIBRARIES["COMPILER_FLAGS"], "nvcc": device},
        py_limited_api=True,
    )


class Build(BuildExtension):
    """Leaves out what cannot be built, and writes why, or of which sources a library is, where the engine looks."""

    def build_extensions(self):
        # With these headers a neuron of a user is compiled, where it is used.
        shutil.copytree("csrc/cpu/strip", Path(self.build_lib, "snnkernels/strip"), dirs_exist_ok=True)
        try:
            return super().build_extensions()
        except Exception as error:  # torch refuses the toolkit, or a compiler with it, before anything is compiled
            text = error.args[0] % error.args[1:] if "%s" in str(error) else str(error)
            obstacles["cuda"] = " ".join(text.split())
            self.extensions[1].sources = []  # of the CUDA library: torch asks for a toolkit where there are any
        super().build_extensions()

    def build_extension(self, extension):
        library = extension.name.rpartition("_")[2]
        record = Path(self.get_ext_fullpath(extension.name)).with_name(LIBRARIES["record"](library))
        record.parent.mkdir(parents=True, exist_ok=True)
        if not (reason := obstacles[library]):
            try:
                super().build_extension(extension)
                return record.write_text(json.dumps({"sources": LIBRARIES["sources"](Path())}))
            except Exception as error:  # compilers and ninja each raise their own
                reason = f"{error} (`pip install --verbose` shows what the compiler said)"
        if BUILD in ("all", library):
            raise SystemExit(f"SNNKERNELS_BUILD={BUILD}, but snnkernels._{library} cannot be built: {reason}")
        if BUILD == "auto":
            warnings.warn(f"snnkernels is installed WITHOUT its native {library} engine: {reason}", stacklevel=2)
        self.extensions = [kept for kept in self.extensions if kept is not extension]
        record.write_text(json.dumps({"failure": reason}))

    def copy_extensions_to_source(self):
        super().copy_extensions_to_source()
        for library in obstacles:
            self.copy_file(Path(self.build_lib, "snnkernels", LIBRARIES["record"](library)), "snnkernels")


obstacles = {library: obstacle(library) for library in ("cpu", "cuda")}
setup(
    ext_modules=[extension(library) for library in obstacles],
    cmdclass={"build_ext": Build},
    options={"bdist_wheel": {"py_limited_api": "cp310"}},
)
