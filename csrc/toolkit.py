"""The CUDA toolkit of this machine, and the GPUs to compile for. setup.py runs this file by itself."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import torch


def cuda_home():
    """The toolkit's folder: torch guesses it from nvcc on PATH, which may be a wrapper script in some other folder."""
    nvcc = shutil.which("nvcc")
    guesses = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), nvcc and Path(nvcc).resolve().parents[1]]
    for guess in filter(None, [*guesses, "/usr/local/cuda"]):
        if Path(guess, "include", "cuda_runtime.h").exists() and Path(guess, "bin", "nvcc").exists():
            return str(guess)
    return None


def architectures(home):
    """What TORCH_CUDA_ARCH_LIST says, else the architectures of the GPUs that are visible, each once; "" if none is.

    For a GPU that nvcc does not know it is the newest before it, and PTX, of which the driver makes the GPU's own code.
    """
    if (listed := os.environ.get("TORCH_CUDA_ARCH_LIST", "").strip()) not in ("", "native"):
        for word in re.split(r"[;\s]+", listed.strip("; ")):
            if not re.fullmatch(
                r"(\d+\.\d[af]?|[A-Z][A-Za-z+]*?)(\+PTX)?", word
            ):  # torch knows names such as Hopper too
                raise SystemExit(f'TORCH_CUDA_ARCH_LIST must be like "8.0;9.0+PTX", got {word!r} in {listed!r}')
        return listed
    gpus = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    visible = [torch.cuda.get_device_capability(gpu) for gpu in gpus]
    listing = subprocess.run([f"{home}/bin/nvcc", "--list-gpu-arch"], capture_output=True, text=True).stdout
    known = [(int(major), int(minor)) for major, minor in re.findall(r"compute_(\d+)(\d)\b", listing)]
    nearest = {max((of for of in known if of <= gpu), default=None) for gpu in visible} - {None}
    return ";".join(f"{major}.{minor}+PTX" for major, minor in sorted(nearest))
