"""The time loops. Each runs any neuron over all time steps, checks nothing and knows no user."""

from __future__ import annotations

import torch

from . import native, triton


def unusable_reason(engine: str, device: torch.device) -> str | None:
    """Why a compiled engine cannot run on a device, or None where it can."""
    return {"native": native, "triton": triton}[engine].unusable_reason(device)
