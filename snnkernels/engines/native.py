"""The native engine: loads the compiled extension, whose two libraries register the `native_*` operators."""

from __future__ import annotations

from functools import cache

import torch

from ..ops import unrecorded
from ..surrogates import SURROGATES
from ..tuning import constant
from . import libraries, native_build


def _load(device: str) -> str | None:
    """Load one of the extension's libraries. Returns the reason why it cannot be used, or None."""
    try:
        libraries.load(device)
    except ImportError as error:
        return str(error)
    return None


_REASONS = {device: _load(device) for device in ("cpu", "cuda")}


def unusable_reason(device: torch.device, parts: tuple[str, ...] = ()) -> str | None:
    """Why the native engine cannot run on a device, or None if it can.

    parts: the key of a variant and the name of its surrogate, which are compiled for the CPU if they are not compiled
    in. A GPU has the variants of lif and the built-in surrogates alone.
    """
    reason = _REASONS.get(device.type, f"written for {' and '.join(_REASONS)}, not for {device.type}")
    if reason is None and device.type == "cuda":
        if not torch.cuda.is_available():
            return "the library is loaded, but there is no CUDA device: torch.cuda.is_available() is False"
        return _why_not_on(device.index) or _why_not_there(parts)
    if reason is None and device.type == "cpu":
        return next((problem for problem in map(native_build.ensure, parts) if problem), None)
    return reason


@constant
def _why_not_on(gpu: int | None) -> str | None:
    """Why the library cannot run on one GPU, or on the current one, or None if it can. A launch would only fail."""
    gpu = torch.cuda.current_device() if gpu is None else gpu
    if _has_code_for(gpu):
        return None
    major, minor = torch.cuda.get_device_capability(gpu)
    return (
        f"the library has no code for {torch.cuda.get_device_name(gpu)}, of compute capability {major}.{minor}: "
        f'install with TORCH_CUDA_ARCH_LIST="{major}.{minor}+PTX"'
    )


@constant
def _why_not_there(parts: tuple[str, ...]) -> str | None:
    """Why the CUDA library cannot run a variant with a surrogate, or None if it can."""
    missing = [part for part in parts if part not in SURROGATES and not _has_neuron(part)]
    if not missing:
        return None
    return (
        f'on cuda it has the neurons of lif and the built-in surrogates alone, not {missing[0]}: write backend="triton"'
    )


@cache
@unrecorded()
def _has_neuron(key: str) -> bool:
    return torch.ops.snnkernels.native_has_neuron_for_cuda(key)


@cache
@unrecorded()
def _has_code_for(gpu: int) -> bool:
    return torch.ops.snnkernels.native_has_code_for(gpu)
