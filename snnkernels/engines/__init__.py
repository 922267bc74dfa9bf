"""The time loops. Each runs any neuron over all time steps, checks nothing and knows no user."""

from __future__ import annotations

import torch

from . import native, triton


def unusable_reason(engine: str, device: torch.device, parts: tuple[str, ...] = ()) -> str | None:
    """Why a compiled engine cannot run these parts of a scan on a device, or None if it can.

    parts: the key of a variant and the name of a surrogate, or nothing to ask about the device alone.
    """
    if engine == "native":
        return native.unusable_reason(device, parts)
    return triton.unusable_reason(device)
