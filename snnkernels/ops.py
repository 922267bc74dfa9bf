"""The operators of the compiled engines: their schemas and fake kernels, which exist without any engine.

C++ registers the operators called `native_`, Triton the others. In shapes, `outer` is the product of x's sizes before
time, and `inner` of those after it. All tensors are on one device.

- `tensors`: the inputs of the neuron, then the parameters that are tensors. They are one list, because an ahead-of-time
  compiler takes no empty list. `given` has a bit for each parameter of the neuron, the first lowest: 1 if it is a
  tensor.
- x is the first input. The inputs have one shape and dtype. Their size at `time_dim` is T, or 1 if they are the same at
  all `steps`. If it is T, `steps` may be 0.
- Tensors are contiguous, but where another form is named. Forward operators also take inputs, states, images and spikes
  of other strides, which a graph of torch.export may get, and copy them.
- `states`: `[S, outer, inner]`, or None if all are zero. A parameter is `[1]` or `[outer, inner]`.
- `numbers`: one for each parameter of the neuron, 0 for those that are tensors, and last the slope. `values` may be
  given instead: a tensor of as many numbers, which kernels read, so that numbers that change make no new graph.
- Checkpoints: `[T / interval, S, outer, inner]`, the states before each chunk of `interval` steps. The first is left
  out if it is zero. There are none if interval is 0, which means that no gradient is asked for.
- The output has the shape of x with all steps, or the one that scan.OUTPUTS says. `index`: int32 `[outer, 1, inner]`,
  the step of the largest output, for the output "max" with an interval; otherwise it is empty, `[0]`.
- Records: `[R, outer, T, inner]`, after every step those states that have a bit in `record`.
- The gradient of the output has x's dtype. It is that of all steps: contiguous, or `[outer, T, inner]` with any strides
  over outer and T. For "last" and "max" it is `[outer, 1, inner]`, contiguous. Gradients of records are contiguous.
- Gradients of inputs have x's shape and dtype. If there are several inputs, their number is the first size. `wanted`
  has a bit for each parameter whose gradient is asked for. The gradients of parameters are `[wanted, outer, inner]`,
  one for each neuron.
- Final states, and gradients of the first states, are written only if `with_state` asks for them. Otherwise S is 0.
- States, records, parameters, values, checkpoints and their gradients have scan.state_dtype.
- Poisson spikes are `[1, steps, neurons]` for images `[neurons]`, or as many bits.

`check_values` is written in Python, for graphs of torch.compile: see inputs/numbers.py.

Only the native engine has the operators on bits. Bits are uint8 `[rows, ceil(inner / 8)]`, for spikes `[rows, inner]`.
For a product, one row of bits holds `group` rows of spikes, without a gap between them. The product is event-driven up
to a firing rate of `limit`, and dense above. With a limit of 1 it is always event-driven. `stray` is the first value
that is neither 0 nor 1, or 0 if there is none. Unless it is known to be 0, it is given together with the spikes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from .scan import checkpoint_count, empty_output, outer_and_inner, state_dtype
from .variants import VARIANTS

ENGINES = ("native", "triton")

LIBRARY = torch.library.Library("snnkernels", "DEF")

_FORWARD = """{engine}_forward(Tensor[] tensors, Tensor? states, Tensor? values, float[] numbers, int given, str neuron,
    bool strict, int interval, int time_dim, SymInt steps, str output, int record, bool with_state)
    -> (Tensor output, Tensor index, Tensor records, Tensor final_states, Tensor checkpoints)"""
_BACKWARD = """{engine}_backward(Tensor[] tensors, Tensor checkpoints, Tensor? values, float[] numbers, int given,
    str neuron, bool strict, int interval, int time_dim, SymInt steps, str output, int record, str surrogate,
    Tensor grad_output, Tensor? index, Tensor? grad_records, Tensor? grad_states, bool with_state, int wanted)
    -> (Tensor grad_inputs, Tensor grad_states, Tensor grad_params)"""
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
    given: int,
    neuron: str,
    strict: bool,
    interval: int,
    time_dim: int,
    steps: int,
    output: str,
    record: int,
    with_state: bool,
) -> tuple[Tensor, ...]:
    x = tensors[0]
    steps = steps or x.shape[time_dim]
    chunks = checkpoint_count(steps, interval, states is None)
    (outer, inner), dtype = outer_and_inner(x, time_dim), state_dtype(x.dtype)
    count = len(VARIANTS[neuron].states)
    index = (outer, 1, inner) if output == "max" and interval else (0,)
    return (
        empty_output(output, x, time_dim, steps),
        x.new_empty(index, dtype=torch.int32),
        x.new_empty((record.bit_count(), outer, steps, inner), dtype=dtype),
        x.new_empty((count if with_state else 0, outer, inner), dtype=dtype),
        x.new_empty((chunks, count, outer, inner), dtype=dtype),
    )


def _fake_backward(
    tensors: Sequence[Tensor],
    checkpoints: Tensor,
    values: Tensor | None,
    numbers: Sequence[float],
    given: int,
    neuron: str,
    strict: bool,
    interval: int,
    time_dim: int,
    steps: int,
    output: str,
    record: int,
    surrogate: str,
    grad_output: Tensor,
    index: Tensor | None,
    grad_records: Tensor | None,
    grad_states: Tensor | None,
    with_state: bool,
    wanted: int,
) -> tuple[Tensor, Tensor, Tensor]:
    x, neurons = tensors[0], outer_and_inner(tensors[0], time_dim)
    inputs = len(VARIANTS[neuron].inputs)
    return (
        x.new_empty(x.shape if inputs == 1 else (inputs, *x.shape)),
        checkpoints.new_empty((checkpoints.shape[1] if with_state else 0, *neurons)),
        checkpoints.new_empty((wanted.bit_count(), *neurons)),
    )


def _fake_poisson(images: Tensor, first: int, steps: int, seed: Tensor, packed: bool) -> Tensor:
    return empty_output("packed" if packed else "all", images.reshape(1, 1, -1), 1, steps)


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

LIBRARY.define("check_values(Tensor values, str[] names, bool[] positive) -> Tensor")
torch.library.register_fake("snnkernels::check_values", lambda values, *_: torch.empty_like(values), lib=LIBRARY)
LIBRARY.define(_BY_EVENT)  # is never traced, because it returns a decision
LIBRARY.define("native_empty_cache() -> ()")
LIBRARY.define("native_has_neuron(str key) -> bool")  # built into the CPU library, or added to it
LIBRARY.define("native_add_neuron(str key, int address) -> ()")  # the address of the table in the neuron's library
LIBRARY.define("native_add_surrogate(str name, int address) -> ()")
LIBRARY.define("native_has_code_for(int gpu) -> bool")  # this and the next are about the CUDA library
LIBRARY.define("native_has_neuron_for_cuda(str key) -> bool")

for _engine in ENGINES:
    LIBRARY.define(" ".join(_FORWARD.format(engine=_engine).split()))
    LIBRARY.define(" ".join(_BACKWARD.format(engine=_engine).split()))
    LIBRARY.define(_POISSON.format(engine=_engine))
    torch.library.register_fake(f"snnkernels::{_engine}_forward", _fake_forward, lib=LIBRARY)
    torch.library.register_fake(f"snnkernels::{_engine}_backward", _fake_backward, lib=LIBRARY)
    torch.library.register_fake(f"snnkernels::{_engine}_poisson", _fake_poisson, lib=LIBRARY)

FORWARD = {engine: getattr(torch.ops.snnkernels, f"{engine}_forward").default for engine in ENGINES}
BACKWARD = {engine: getattr(torch.ops.snnkernels, f"{engine}_backward").default for engine in ENGINES}


@contextmanager
def unrecorded() -> Iterator[None]:
    """Keeps torch.jit.trace from recording operators about a library, of which it refuses those that return a bool."""
    tracer: Any = torch._C  # torch's types lack the second of these
    state = tracer._get_tracing_state()
    tracer._set_tracing_state(None)
    try:
        yield
    finally:
        tracer._set_tracing_state(state)
