"""Builds the compiled engines: snnkernels._cpu and, where there is a CUDA toolkit, snnkernels._cuda.

SNNKERNELS_BUILD=auto|cpu|cuda|none chooses. In auto (the default) a library that cannot be built is left out with a
warning; asked for by name, that is an error. TORCH_CUDA_ARCH_LIST names the GPU architectures.
"""

import os
import shutil
import warnings
from pathlib import Path

from setuptools import setup

BUILD = os.environ.get("SNNKERNELS_BUILD", "auto")
if BUILD not in ("auto", "cpu", "cuda", "none"):
    raise SystemExit(f"SNNKERNELS_BUILD must be auto, cpu, cuda or none, got {BUILD!r}")


def cuda_home():
    """The toolkit's folder: torch guesses it from nvcc on PATH, which may be a wrapper script in some other folder."""
    nvcc = shutil.which("nvcc")
    guesses = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), nvcc and Path(nvcc).resolve().parents[1]]
    for guess in filter(None, [*guesses, "/usr/local/cuda"]):
        if Path(guess, "include", "cuda_runtime.h").exists() and Path(guess, "bin", "nvcc").exists():
            return str(guess)
    return None


def skip(library, reason):
    """Leave a library out, loudly; an error where it was asked for by name."""
    if library == BUILD:
        raise SystemExit(f"SNNKERNELS_BUILD={BUILD}, but snnkernels._{library} cannot be built: {reason}")
    warnings.warn(f"snnkernels is installed WITHOUT its native {library} engine: {reason}", stacklevel=2)


def extensions():
    """What to build, and the command that builds it."""
    if BUILD == "none":
        return [], {}
    toolkit = cuda_home()
    if toolkit:
        os.environ["CUDA_HOME"] = toolkit
    import torch
    from torch.utils.cpp_extension import BuildExtension, CppExtension, CUDAExtension

    class Build(BuildExtension):
        def build_extension(self, extension):
            library = extension.name.rpartition("_")[2]
            try:
                super().build_extension(extension)
            except Exception as error:  # compilers, ninja and torch's checks each raise their own
                skip(library, error)
                self.extensions = [kept for kept in self.extensions if kept is not extension]

    # No FMA contraction and no fast math: every engine rounds every operation alike.
    host = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
    device = ["-O3", "-fmad=false", "-Xcompiler", "-ffp-contract=off"]
    headers = sorted(map(str, Path("csrc").rglob("*.h")))

    def library(kind, device_name, suffix, flags, **options):
        sources = ["csrc/module.cpp", *sorted(map(str, Path("csrc", device_name).glob(f"*.{suffix}")))]
        macros = [("SNN_MODULE", f"_{device_name}"), ("TORCH_TARGET_VERSION", "0x020b000000000000")]
        return kind(
            f"snnkernels._{device_name}",
            sources,
            depends=headers,
            define_macros=macros,
            extra_compile_args=flags,
            py_limited_api=True,
            **options,
        )

    chosen = []
    if BUILD in ("auto", "cpu"):
        chosen.append(library(CppExtension, "cpu", "cpp", {"cxx": host}))
    if BUILD in ("auto", "cuda"):
        if not torch.version.cuda:
            skip("cuda", f"torch {torch.__version__} is built without CUDA")
        elif not toolkit:
            skip("cuda", "no CUDA toolkit found (CUDA_HOME, nvcc on PATH, /usr/local/cuda)")
        else:
            os.environ.setdefault("TORCH_CUDA_ARCH_LIST", "8.0;9.0;10.0;12.0+PTX")
            chosen.append(library(CUDAExtension, "cuda", "cu", {"cxx": host, "nvcc": device}))
    return chosen, {"build_ext": Build}


ext_modules, cmdclass = extensions()
setup(ext_modules=ext_modules, cmdclass=cmdclass, options={"bdist_wheel": {"py_limited_api": "cp310"}})
