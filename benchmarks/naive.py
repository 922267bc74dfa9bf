"""The baseline: a leaky integrate-and-fire layer as one writes it in PyTorch, one time step after the other.

It goes through `current.unbind(0)`, the fastest fair form: the backward of an index `current[t]` fills a zero tensor
of all time steps, which makes such a loop quadratic in T. All arithmetic is in the dtype of the input, so that with
half types it moves fewer bytes than a loop with a float32 membrane potential, and may spike elsewhere.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Spike(torch.autograd.Function):
    """Heaviside forward, the fast sigmoid's derivative backward."""

    @staticmethod
    def forward(ctx: Any, distance: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(distance)
        ctx.slope = slope
        return (distance >= 0).to(distance.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (distance,) = ctx.saved_tensors
        return grad / (1 + ctx.slope * distance.abs()) ** 2, None


def lif_loop(current: Tensor, beta: float = 0.9, threshold: float = 1.0, slope: float = 25.0) -> Tensor:
    """Spikes of the neuron that `snnkernels.lif(current)` runs with its defaults.

    current: `[T, B, ...]`, any floating dtype; the spikes have its shape and dtype.
    """
    v = torch.zeros_like(current[0])
    spikes = []
    for x in current.unbind(0):
        u = beta * v + x
        s = _Spike.apply(u - threshold, slope)
        v = u - threshold * s.detach()
        spikes.append(s)
    return torch.stack(spikes)
