"""The operators of the compiled engines: schemas and fake kernels, which exist without any engine.

C++ registers the operators called `native_`, Triton the others. Shapes are the engines' own: x `[outer, T, inner]`, or
`[outer, 1, inner]` where it is the same at all `steps`, states `[S, outer, inner]`, a parameter `[1]` or
`[outer, inner]`, checkpoints `[T / interval, S, outer, inner]` (the states that enter each chunk of `interval` steps;
none where interval is 0, as no gradient is asked for), gradients of parameters `[P, outer, inner]`, one a neuron.
The output is what scan.OUTPUTS says. Poisson spikes are `[1, steps, neurons]`, of images `[neurons]`, or as many bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .scan import empty_output

ENGINES = ("native", "triton")

LIBRARY = torch.library.Library("snnkernels", "DEF")

_FORWARD = """{engine}_forward(Tensor x, Tensor states, Tensor[] params, float[] constants, str neuron, bool strict,
    int interval, SymInt steps, str output) -> (Tensor output, Tensor final_states, Tensor checkpoints)"""
_BACKWARD = """{engine}_backward(Tensor x, Tensor checkpoints, Tensor[] params, float[] constants, str neuron,
    bool strict, int interval, SymInt steps, str surrogate, float slope, Tensor grad_spikes, Tensor grad_states,
    bool param_grads) -> (Tensor grad_x, Tensor grad_states, Tensor grad_params)"""
_POISSON = "{engine}_poisson(Tensor images, SymInt first, SymInt steps, Tensor seed, bool packed) -> Tensor"


def _fake_forward(
    x: Tensor,
    states: Tensor,
    params: Sequence[Tensor],
    constants: Sequence[float],
    neuron: str,
    strict: bool,
    interval: int,
    steps: int,
    output: str,
) -> tuple[Tensor, Tensor, Tensor]:
    chunks = -(-steps // interval) if interval else 0
    return empty_output(output, x, steps), torch.empty_like(states), states.new_empty((chunks, *states.shape))


def _fake_backward(
    x: Tensor,
    checkpoints: Tensor,
    params: Sequence[Tensor],
    constants: Sequence[float],
    neuron: str,
    strict: bool,
    interval: int,
    steps: int,
    surrogate: str,
    slope: float,
    grad_spikes: Tensor,
    grad_states: Tensor,
    param_grads: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    count = len(params) if param_grads else 0
    return (
        torch.empty_like(x),
        torch.empty_like(grad_states),
        grad_states.new_empty((count, *grad_states.shape[1:])),
    )


def _fake_poisson(images: Tensor, first: int, steps: int, seed: Tensor, packed: bool) -> Tensor:
    return empty_output("packed" if packed else "spikes", images.reshape(1, 1, -1), steps)


for _engine in ENGINES:
    LIBRARY.define(" ".join(_FORWARD.format(engine=_engine).split()))
    LIBRARY.define(" ".join(_BACKWARD.format(engine=_engine).split()))
    LIBRARY.define(_POISSON.format(engine=_engine))
    torch.library.register_fake(f"snnkernels::{_engine}_forward", _fake_forward, lib=LIBRARY)
    torch.library.register_fake(f"snnkernels::{_engine}_backward", _fake_backward, lib=LIBRARY)
    torch.library.register_fake(f"snnkernels::{_engine}_poisson", _fake_poisson, lib=LIBRARY)
