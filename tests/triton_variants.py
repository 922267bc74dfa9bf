"""What of the Triton kernels is compiled for a report, tests/triton_report.py, without importing Triton."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variant:
    """A scan, or a draw of Poisson spikes, for which kernels are compiled."""

    arch: int  # compute capability, such as 90
    dtype: str
    kernels: tuple[str, ...] = ("forward", "backward")  # or "poisson"
    neuron: str = "lif_subtract_after_detached"
    surrogate: str = "fast_sigmoid"
    per_neuron: bool = False  # parameters
    param_grads: bool = (
        False  # without, and without one for each neuron, parameters are numbers, and states zero and not asked for
    )
    outer: int = 1
    steps: int = 100
    inner: int = 1 << 20
    constant: float = 0.5
    output: str = "spikes"
    x_once: bool = False  # one step for all
    variation: str = "full"  # of the tiling
    first: int = 0  # step of the draw
