"""Norse's LIFBoxCell, under its own loop over time (Lift) and in a user's loop.

It scales the input by dt / tau = 0.1, which a threshold of 0.1 makes up for; it fires above threshold only, and lets
the gradient through the reset. Norse 1.1's "super" surrogate ignores its slope: it is that of slope 1.
"""

from __future__ import annotations

from typing import Any

from contenders import Contender, Layer, compiled
from torch import Tensor


def _cell() -> Any:
    import torch
    from norse.torch import LIFBoxCell, LIFBoxParameters
    from norse.torch.functional.reset import reset_subtract

    return LIFBoxCell(LIFBoxParameters(v_th=torch.as_tensor(0.1), reset_method=reset_subtract), dt=0.001)


def lift(device: str) -> Layer:
    """The library's own loop, which indexes the input: quadratic in T where a gradient is to follow."""
    from norse.torch import Lift

    lifted = Lift(_cell())
    return lambda current: lifted(current)[0]


def unbound(device: str) -> Layer:
    import torch
    from norse.torch.functional.lif_box import LIFBoxFeedForwardState

    cell = _cell()

    def layer(current: Tensor) -> Tensor:
        # The cell's own is a leaf that needs a gradient, which keeps torch.compile from taking the layer as a whole.
        state, spikes = LIFBoxFeedForwardState(torch.zeros_like(current[0])), []
        for x in current.unbind(0):
            spike, state = cell(x, state)
            spikes.append(spike)
        return torch.stack(spikes)

    return layer


_COMMON = {
    "options": {"input_scale": 0.1, "threshold": 0.1, "strict": True, "detach_reset": False, "slope": 1.0},
    "halves": "computes in the half type",
    "requires": ("norse.torch",),
}

_LOOP = Contender("Norse cell, loop", unbound, **_COMMON)

PEERS = (Contender("Norse", lift, form="one call (Lift)", **_COMMON), _LOOP, compiled(_LOOP))
