"""The Triton engine's draw of Poisson spikes, as ops.py defines it."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from ..scan import empty_output
from .triton_launch import KEPT, Launcher, processors
from .triton_poisson import poisson_kernel


def poisson(images: Tensor, first: int, steps: int, seed: Tensor, packed: bool) -> Tensor:
    """`snnkernels::triton_poisson`."""
    launcher = _poisson_launcher(images.numel(), images.dtype, images.device, steps, packed)
    return launcher.run(images, (images.contiguous(), seed), (), first)[0]


@lru_cache(maxsize=KEPT)
def _poisson_launcher(neurons: int, dtype: torch.dtype, device: torch.device, steps: int, packed: bool) -> Launcher:
    """The launcher of a draw of so many time steps. A call brings its first step, and a tensor of its seed."""
    group = math.gcd(max(16 // dtype.itemsize, 4), neurons)
    group, warps = group if group % 4 == 0 else 1, 4
    block = 32 * warps * max(group, 4)
    blocks = -(-neurons // block)
    # A program draws several steps, and reads intensities once for them, if there are programs enough.
    steps_each = min(max(blocks * steps // (8 * processors(device)), 1), 8)
    constants = {
        "steps": steps,
        "neurons": neurons // group,
        "steps_each": steps_each,
        "PACKED": packed,
        "GROUP": group,
        "BLOCK": block,
    }
    images = torch.empty((1, 1, neurons), dtype=dtype, device="meta")
    outputs = (empty_output("packed" if packed else "all", images, 1, steps),)
    return Launcher(poisson_kernel, constants, outputs, blocks * -(-steps // steps_each), warps)
