"""The time loops. Each runs any neuron over all time steps, checks nothing and knows no user."""

from __future__ import annotations

import torch

from . import native, triton


def unusable_reason(engine: str, device: torch.device, parts: tuple[str, ...] = ()) -> str | None:
    """Why a compiled engine cannot run on a device, or not these parts of a scan, or None where it can."""
    if engine == "native":
        return native.unusable_reason(device, parts)
    return triton.unusable_reason(device)
