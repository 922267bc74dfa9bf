"""What of the Triton kernels is compiled for a report, tests/triton_report.py, without importing Triton."""

from __future__ import annotations

from dataclasses import dataclass

import user_neurons

from snnkernels import lif
from snnkernels.neurons import NEURONS

NEURON_VARIANTS = {
    variant.key: variant
    for neuron in (*NEURONS.values(), *user_neurons.NEURONS.values())
    for variant in neuron.definition.variants()
}


@dataclass(frozen=True)
class Variant:
    """A scan, or a draw of Poisson spikes, for which kernels are compiled."""

    arch: int  # compute capability, such as 90
    dtype: str
    kernels: tuple[str, ...] = ("forward", "backward")  # or "poisson"
    neuron: str = lif.variant().key
    surrogate: str = "fast_sigmoid"
    given: int | None = None  # a bit for each parameter that may be a tensor; all if None
    per_neuron: bool = False  # those parameters
    param_grads: bool = (
        False  # without, and without one for each neuron, parameters are numbers, and states zero and not asked for
    )
    outer: int = 1
    steps: int = 100
    inner: int = 1 << 20
    constant: float = 0.5
    output: str = "all"
    record: int = 0
    x_once: bool = False  # one step for all
    variation: str = "full"  # of the tiling
    first: int = 0  # step of the draw
