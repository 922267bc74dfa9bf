"""The native engine: loads the compiled extension, whose two libraries register the `native_*` operators."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path

import torch


def _load(device: str) -> str | None:
    """Load one of the extension's libraries; the reason why it cannot be used, or None."""
    name = f"snnkernels._{device}"
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        return _why_not_built(device) if error.name == name else str(error)
    except ImportError as error:
        return str(error)
    return None


def _why_not_built(device: str) -> str:
    """What setup.py wrote down when it left a library out."""
    note = Path(__file__).parents[1] / f"_{device}_not_built.txt"
    return f"not built: {note.read_text() if note.exists() else 'this is a source tree, which pip has not installed'}"


_REASONS = {device: _load(device) for device in ("cpu", "cuda")}


def unusable_reason(device: str) -> str | None:
    """Why the native engine cannot run on a kind of device, or None where it can."""
    reason = _REASONS.get(device, f"written for {' and '.join(_REASONS)}, not for {device}")
    if reason is None and device == "cuda":
        if not torch.cuda.is_available():
            return "the library is loaded, but there is no CUDA device: torch.cuda.is_available() is False"
        return _why_not_on(torch.cuda.current_device())
    return reason


@cache
def _why_not_on(gpu: int) -> str | None:
    """What is missing for one GPU, which a launch would only tell by an error."""
    major, minor = torch.cuda.get_device_capability(gpu)
    if torch.ops.snnkernels.native_has_code_for(major, minor):
        return None
    return (
        f"the library has no code for {torch.cuda.get_device_name(gpu)}, of compute capability {major}.{minor}: "
        f'install with TORCH_CUDA_ARCH_LIST="{major}.{minor}"'
    )
