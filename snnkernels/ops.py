"""The operators of the compiled engines: schemas and fake kernels, which exist without any engine.

C++ registers the operators called `native_`, Triton the others. In shapes, `outer` is what is before time in x, and
`inner` what is after it. All tensors are on one device.

- `tensors`: x, then the parameters that are tensors. They are one list, because an ahead-of-time compiler takes no
  empty list.
- x is contiguous, with T at `time_dim`, or 1 there if it is the same at all `steps`. Otherwise `steps` may be 0.
- `states`: `[S, outer, inner]`; None for states of zero. A parameter is `[1]` or `[outer, inner]`.
- `numbers`: the constants, then the parameters if these are not tensors, and last the slope. If `values` is given
  instead, it is a tensor of as many numbers, which kernels read where it is: numbers that change make no new graph.
- Checkpoints: `[T / interval, S, outer, inner]`, the states that enter each chunk of `interval` steps. The first is
  left out if it is zero. There are none if interval is 0, which means that no gradient is asked for.
- Gradients of parameters: `[P, outer, inner]`, one for each neuron.
- Final states, and gradients of the first states, are written if `with_state` asks for them; otherwise S = 0.
- States, parameters, values, checkpoints and their gradients have scan.state_dtype.
- The gradient of the spikes has x's dtype. It is contiguous, or `[outer, T, inner]` with any strides over outer and T.
- Spikes have the shape of x with all steps. Other outputs are as scan.OUTPUTS says.
- Poisson spikes are `[1, steps, neurons]`, for images `[neurons]`, or as many bits.

`check_values`, in Python, is for graphs of torch.compile: see inputs/numbers.py.

The operators on bits are native only. Bits are uint8 `[rows, ceil(inner / 8)]`, for spikes `[rows, inner]`.
For a product, one row of bits holds `group` rows of spikes, without a gap between them. The product is event-driven up
to a firing rate of `limit`, and dense above; with a limit of 1 it is always event-driven. `stray` is the first value
that is neither 0 nor 1, or 0 if there is none. If it is not known to be 0, it is given with the values of the bits.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .neurons import NEURONS
from .scan import checkpoint_count, empty_output, outer_and_inner, state_dtype

ENGINES = ("native", "triton")

LIBRARY = torch.library.Library("snnkernels", "DEF")

_FORWARD = """{engine}_forward(Tensor[] tensors, Tensor? states, Tensor? values, float[] numbers, str neuron,
    bool strict, int interval, int time_dim, SymInt steps, str output, bool with_state)
    -> (Tensor output, Tensor final_states, Tensor checkpoints)"""
_BACKWARD = """{engine}_backward(Tensor[] tensors, Tensor checkpoints, Tensor? values, float[] numbers, str neuron,
    bool strict, int interval, int time_dim, SymInt steps, str surrogate, Tensor grad_spikes, Tensor? grad_states,
    bool with_state, bool param_grads)
    -> (Tensor grad_x, Tensor grad_states, Tensor grad_params)"""
_POISSON = "{engine}_poisson(Tensor images, SymInt first, SymInt steps, Tensor seed, bool packed) -> Tensor"

_PACK = "native_pack(Tensor spikes) -> (Tensor bits, Tensor stray)"
_UNPACK = "native_unpack(Tensor bits, SymInt inner, ScalarType dtype) -> Tensor"
_BY_EVENT = "native_by_event(Tensor bits, int group, int inputs, float limit) -> bool"
_EVENT_LINEAR = """native_event_linear(Tensor bits, SymInt group, Tensor weight, Tensor? bias, Tensor? spikes,
    Tensor? stray, float limit) -> Tensor"""
_EVENT_WEIGHT_GRAD = """native_event_weight_grad(Tensor grad, Tensor bits, SymInt group, SymInt inputs, Tensor? spikes,
    Tensor? stray, float limit) -> Tensor"""


def _fake_forward(
    tensors: Sequence[Tensor],
    states: Tensor | None,
    values: Tensor | None,
    numbers: Sequence[float],
    neuron: str,
    strict: bool,
    interval: int,
    time_dim: int,
    steps: int,
    output: str,
    with_state: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    x = tensors[0]
    steps = steps or x.shape[time_dim]
    chunks = checkpoint_count(steps, interval, states is None)
    neurons, dtype = outer_and_inner(x, time_dim), state_dtype(x.dtype)
    count = len(NEURONS[neuron].states)
    return (
        empty_output(output, x, time_dim, steps),
        x.new_empty((count if with_state else 0, *neurons), dtype=dtype),
        x.new_empty((chunks, count, *neurons), dtype=dtype),
    )


def _fake_backward(
    tensors: Sequence[Tensor],
    checkpoints: Tensor,
    values: Tensor | None,
    numbers: Sequence[float],
    neuron: str,
    strict: bool,
    interval: int,
    time_dim: int,
    steps: int,
    surrogate: str,
    grad_spikes: Tensor,
    grad_states: Tensor | None,
    with_state: bool,
    param_grads: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    x, *params = tensors
    count, neurons = len(params) if param_grads else 0, outer_and_inner(x, time_dim)
    return (
        torch.empty_like(x),
        checkpoints.new_empty((checkpoints.shape[1] if with_state else 0, *neurons)),
        checkpoints.new_empty((count, *neurons)),
    )


def _fake_poisson(images: Tensor, first: int, steps: int, seed: Tensor, packed: bool) -> Tensor:
    return empty_output("packed" if packed else "spikes", images.reshape(1, 1, -1), 1, steps)


def _fake_pack(spikes: Tensor) -> tuple[Tensor, Tensor]:
    rows, inner = spikes.shape
    return spikes.new_empty((rows, -(-inner // 8)), dtype=torch.uint8), spikes.new_empty((1,), dtype=torch.float64)


def _fake_unpack(bits: Tensor, inner: int, dtype: torch.dtype) -> Tensor:
    return bits.new_empty((bits.shape[0], inner), dtype=dtype)


def _fake_event_linear(
    bits: Tensor,
    group: int,
    weight: Tensor,
    bias: Tensor | None,
    spikes: Tensor | None,
    stray: Tensor | None,
    limit: float,
) -> Tensor:
    return weight.new_empty((bits.shape[0] * group, weight.shape[0]))


def _fake_event_weight_grad(
    grad: Tensor, bits: Tensor, group: int, inputs: int, spikes: Tensor | None, stray: Tensor | None, limit: float
) -> Tensor:
    return grad.new_empty((grad.shape[1], inputs))


for _schema, _fake in (
    (_PACK, _fake_pack),
    (_UNPACK, _fake_unpack),
    (_EVENT_LINEAR, _fake_event_linear),
    (_EVENT_WEIGHT_GRAD, _fake_event_weight_grad),
):
    LIBRARY.define(" ".join(_schema.split()))
    torch.library.register_fake(f"snnkernels::{_schema.partition('(')[0]}", _fake, lib=LIBRARY)

LIBRARY.define("check_values(Tensor values, str[] names) -> Tensor")
torch.library.register_fake("snnkernels::check_values", lambda values, names: torch.empty_like(values), lib=LIBRARY)
LIBRARY.define(_BY_EVENT)  # never traced: what it returns is a decision
LIBRARY.define("native_empty_cache() -> ()")
LIBRARY.define("native_has_code_for(int gpu) -> bool")  # of the CUDA library

for _engine in ENGINES:
    LIBRARY.define(" ".join(_FORWARD.format(engine=_engine).split()))
    LIBRARY.define(" ".join(_BACKWARD.format(engine=_engine).split()))
    LIBRARY.define(_POISSON.format(engine=_engine))
    torch.library.register_fake(f"snnkernels::{_engine}_forward", _fake_forward, lib=LIBRARY)
    torch.library.register_fake(f"snnkernels::{_engine}_backward", _fake_backward, lib=LIBRARY)
    torch.library.register_fake(f"snnkernels::{_engine}_poisson", _fake_poisson, lib=LIBRARY)

FORWARD = {engine: getattr(torch.ops.snnkernels, f"{engine}_forward").default for engine in ENGINES}
BACKWARD = {engine: getattr(torch.ops.snnkernels, f"{engine}_backward").default for engine in ENGINES}
