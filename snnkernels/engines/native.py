"""The native engine: loads the compiled extension, whose two libraries register the `native_*` operators."""

from __future__ import annotations

from functools import cache

import torch

from ..tuning import constant
from . import libraries, native_build


def _load(device: str) -> str | None:
    """Load one of the extension's libraries; the reason why it cannot be used, or None."""
    try:
        libraries.load(device)
    except ImportError as error:
        return str(error)
    return None


_REASONS = {device: _load(device) for device in ("cpu", "cuda")}


def unusable_reason(device: torch.device, neuron: str | None = None) -> str | None:
    """Why the native engine cannot run on a device, or None where it can.

    neuron: the key of a variant, which is compiled for the CPU if it is not compiled in. A GPU has those of lif alone.
    """
    reason = _REASONS.get(device.type, f"written for {' and '.join(_REASONS)}, not for {device.type}")
    if reason is None and device.type == "cuda":
        if not torch.cuda.is_available():
            return "the library is loaded, but there is no CUDA device: torch.cuda.is_available() is False"
        return _why_not_on(device.index) or _why_not_there(neuron)
    if reason is None and device.type == "cpu" and neuron is not None:
        return native_build.ensure(neuron)
    return reason


@constant
def _why_not_on(gpu: int | None) -> str | None:
    """What is missing for one GPU, or the current one, which a launch would only tell by an error."""
    gpu = torch.cuda.current_device() if gpu is None else gpu
    if _has_code_for(gpu):
        return None
    major, minor = torch.cuda.get_device_capability(gpu)
    return (
        f"the library has no code for {torch.cuda.get_device_name(gpu)}, of compute capability {major}.{minor}: "
        f'install with TORCH_CUDA_ARCH_LIST="{major}.{minor}+PTX"'
    )


@constant
def _why_not_there(neuron: str | None) -> str | None:
    """Why the CUDA library cannot run a variant."""
    if neuron is None or _has_neuron(neuron):
        return None
    return f'on cuda it has the neurons of lif alone, not {neuron}: write backend="triton"'


@cache
def _has_neuron(key: str) -> bool:
    return torch.ops.snnkernels.native_has_neuron_for_cuda(key)


@cache
def _has_code_for(gpu: int) -> bool:
    return torch.ops.snnkernels.native_has_code_for(gpu)
