"""The Triton engine's two scans, forward and backward, as ops.py defines them.

Nearly all of a launch follows from shapes, dtypes and options. This is planned once for all calls that differ only in
the values of tensors and numbers. Such a call only allocates and launches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .. import tuning
from ..scan import checkpoint_count, empty_output, numbers_of, outer_and_inner, state_dtype
from ..variants import VARIANTS, Variant
from .triton_emitted import neuron_functions, surrogate_functions
from .triton_launch import KEPT, Launcher, halves, processors
from .triton_loops import backward_kernel, forward_kernel
from .triton_tiling import Tiling, held_backward, held_forward, round_up, tile

# The strides over outer and over time, 0 where there is only one row or step; None if the sequence is contiguous.
_Strides = tuple[int, int] | None


def forward(
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
    """`snnkernels::triton_forward`."""
    scan, xs, params = _taken(tensors, given, neuron, strict, interval, time_dim, steps)
    scan.check(tensors, values, numbers)
    launcher = _forward_launcher(scan, output, record, states is None, with_state, tuning.forced())
    inputs = (None if states is None else states.contiguous(), values)
    return launcher.run(tensors[0], inputs, (xs, params), halves(numbers))


def backward(
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
) -> tuple[Tensor, ...]:
    """`snnkernels::triton_backward`."""
    scan, xs, params = _taken(tensors, given, neuron, strict, interval, time_dim, steps)
    scan.check(tensors, values, numbers)
    scan.check_backward(output, record, index, grad_records, wanted)
    grad_rows, grad_strides = _by_rows(grad_output, 1)
    gradient = _Gradient(output, grad_strides, 0 if grad_records is None else record, surrogate, wanted)
    from_zero = checkpoints.shape[0] < checkpoint_count(scan.steps, interval, from_zero=False)
    launcher = _backward_launcher(scan, gradient, from_zero, with_state, tuning.forced())
    records = None if grad_records is None else grad_records.contiguous()
    final = None if grad_states is None else grad_states.contiguous()
    inputs = (checkpoints.contiguous(), grad_rows, index, records, final, values)
    return launcher.run(tensors[0], inputs, (xs, params), halves(numbers))


_Tensors = tuple[Tensor, ...]


def _taken(
    tensors: Sequence[Tensor], given: int, neuron: str, strict: bool, interval: int, time_dim: int, steps: int
) -> tuple[_Scan, _Tensors, _Tensors]:
    """A scan, its inputs as kernels take them, and the tensors of its parameters."""
    if not tensors:
        raise RuntimeError("the list of tensors must start with x, got an empty list")
    x, count = tensors[0], len(VARIANTS[neuron].inputs)
    params = tuple([param.contiguous() for param in tensors[count:]])
    per_neuron = tuple([param.numel() != 1 for param in params])
    rows, strides = _by_rows(x, time_dim)
    xs: _Tensors = (rows,)
    if count > 1:  # the kernel has the strides of one input for all
        xs, strides = tuple([x.contiguous() for x in tensors[:count]]), None
    steps = steps or x.shape[time_dim]
    sizes = (x.shape, strides, x.dtype, x.device, per_neuron, given)
    return _Scan(*sizes, neuron, strict, interval, time_dim, steps), xs, params


def _by_rows(sequence: Tensor, time_dim: int) -> tuple[Tensor, _Strides]:
    """A sequence in which the neurons of a step are neighbours in memory, and its strides. A copy, if they are not."""
    if sequence.is_contiguous():
        return sequence, None
    outer, inner = outer_and_inner(sequence, time_dim)
    rows = sequence.reshape(outer, sequence.shape[time_dim], inner)
    if rows.stride(2) != 1 and inner > 1:
        # What is the same at all steps, such as the gradient of a sum over time, is copied as one step.
        rows = rows[:, :1].contiguous().expand_as(rows) if rows.stride(1) == 0 else rows.contiguous()
    return rows, (rows.stride(0) if outer > 1 else 0, rows.stride(1) if rows.shape[1] > 1 else 0)


class _Scan(NamedTuple):
    """What both operators are told, as ops.py defines it, without values."""

    shape: torch.Size  # of x
    strides: _Strides  # of x
    dtype: torch.dtype
    device: torch.device
    per_neuron: tuple[bool, ...]  # each tensor of parameters
    given: int
    neuron: str
    strict: bool
    interval: int
    time_dim: int
    steps: int

    @property
    def variant(self) -> Variant:
        return VARIANTS[self.neuron]

    def x(self) -> Tensor:
        """A tensor like x, without memory."""
        return torch.empty(self.shape, dtype=self.dtype, device="meta")

    def neurons(self) -> tuple[int, int]:
        """How many neurons there are in the outer dimension and in the inner one."""
        return outer_and_inner(self.x(), self.time_dim)

    def check(self, tensors: Sequence[Tensor], values: Tensor | None, numbers: Sequence[float]) -> None:
        """Check what kernels rely on. An operator may be called without the package's own checks."""
        variant, dtype = VARIANTS[self.neuron], state_dtype(self.dtype)
        inputs, count = len(variant.inputs), len(variant.params) + 1
        if len(self.per_neuron) != self.given.bit_count() or self.given >> count - 1:
            raise RuntimeError(
                f"{self.neuron} takes {inputs} inputs and the {self.given.bit_count()} parameters that are given, "
                f"got {len(tensors)} tensors"
            )
        if values is None and len(numbers) != count:
            raise RuntimeError(f"there must be {count} numbers, got {len(numbers)}")
        if values is not None and not values.is_contiguous():
            raise RuntimeError("values must be contiguous")
        if values is None and len(tensors) == 1:
            return
        x = tensors[0]
        for other in tensors[1:inputs]:
            if (other.shape, other.dtype, other.device) != (x.shape, x.dtype, x.device):
                raise RuntimeError(f"inputs must be alike, got {tuple(x.shape)} and {tuple(other.shape)}")
        given = [(param, (1, math.prod(outer_and_inner(x, self.time_dim)))) for param in tensors[inputs:]]
        for tensor, sizes in given if values is None else [*given, (values, (count,))]:
            if tensor.numel() not in sizes or tensor.dtype != dtype or tensor.device != x.device:
                expected = f"{' or '.join(map(str, sizes))} elements of {dtype} on {x.device}"
                got = f"{tensor.numel()} of {tensor.dtype} on {tensor.device}"
                raise RuntimeError(f"values and parameters must have {expected}, got {got}")

    def check_backward(
        self, output: str, record: int, index: Tensor | None, grad_records: Tensor | None, wanted: int
    ) -> None:
        """Check what the backward kernel relies on besides."""
        if wanted & ~self.given:
            raise RuntimeError("gradients of parameters need parameters that are tensors")
        if output != "max" and grad_records is None:
            return
        neurons = math.prod(self.neurons())
        if output == "max" and (index is None or index.numel() != neurons or index.dtype != torch.int32):
            raise RuntimeError(f"the gradient of a largest output needs an index, {neurons} elements of int32")
        if grad_records is not None and grad_records.numel() != record.bit_count() * neurons * self.steps:
            raise RuntimeError(f"there must be a gradient of each record, got {tuple(grad_records.shape)}")

    def row_strides(self, strides: _Strides, steps: int) -> tuple[int, int]:
        """The strides of a sequence of so many steps. strides: None if it is contiguous."""
        outer, inner = self.neurons()
        return strides or (steps * inner if outer > 1 else 0, inner if steps > 1 else 0)

    def x_strides(self) -> tuple[int, int]:
        return self.row_strides(self.strides, self.shape[self.time_dim])

    def fastest(self) -> tuning.Choice:
        """The engine and the tilings that were measured to be the fastest."""
        return tuning.choice(tuning.Sizes(self.device, self.dtype.itemsize, math.prod(self.neurons()), self.steps))

    def tiling(self, strides: Sequence[int], held: int, variation: str) -> Tiling:
        """strides: of all sequences; held: numbers of a neuron in a thread's registers for some time steps."""
        sizes = (*self.neurons(), tuple(strides), self.dtype.itemsize, held, self.interval)
        return tile(*sizes, processors(self.device), variation)

    def constants(self, tiling: Tiling) -> dict[str, Any]:
        """The arguments that both kernels take, by name."""
        (outer, inner), (x_outer, x_time) = self.neurons(), self.x_strides()
        tensors = numbers_of(self.given)
        return {
            "outer": outer,
            "steps": self.steps,
            "inner": inner // tiling.group,
            "x_outer": x_outer // tiling.group,
            "x_time": x_time // tiling.group,
            "STEP": neuron_functions(self.neuron)["step"],
            "STRICT": self.strict,
            "STATES": len(self.variant.states),
            "GIVEN": tuple(tensors.index(k) if k in tensors else -1 for k in range(len(self.variant.params))),
            "PER_NEURON": self.per_neuron,
            # A sequence of one step is like any other. Otherwise a kernel would be compiled for it alone.
            "X_ONCE": self.shape[self.time_dim] == 1 < self.steps,
            "INTERVAL": self.interval,
            "AHEAD": tiling.ahead,
            "GROUP": tiling.group,
            "BLOCK": tiling.block,
        }


@lru_cache(maxsize=KEPT)
def _forward_launcher(
    scan: _Scan, output: str, record: int, from_zero: bool, with_state: bool, forced: tuning.Choice | None
) -> Launcher:
    """The launcher of the forward loop. Its outputs are the output, an index, records, final states, checkpoints."""
    x, (outer, inner) = scan.x(), scan.neurons()
    states, dtype = len(scan.variant.states), state_dtype(scan.dtype)
    index = (outer, 1, inner) if output == "max" and scan.interval else (0,)
    outputs = (
        empty_output(output, x, scan.time_dim, scan.steps),
        x.new_empty(index, dtype=torch.int32),
        x.new_empty((record.bit_count(), outer, scan.steps, inner), dtype=dtype),
        x.new_empty((states if with_state else 0, outer, inner), dtype=dtype),
        x.new_empty((checkpoint_count(scan.steps, scan.interval, from_zero), states, outer, inner), dtype=dtype),
    )
    held = held_forward(len(scan.variant.inputs), states, output == "packed" or record > 0)
    tiling = scan.tiling(scan.x_strides(), held, (forced or scan.fastest()).forward)
    constants = scan.constants(tiling) | {
        "OUTPUT": output,
        "RECORD": tuple(numbers_of(record)),
        "WITH_STATE": with_state,
        "CHUNK": tiling.forward_chunk,
    }
    places = outer * (round_up(inner, 8) if output == "packed" else inner)
    return Launcher(forward_kernel, constants, outputs, -(-places // tiling.block), tiling.warps)


class _Gradient(NamedTuple):
    """What the backward operator alone is told, as ops.py defines it, without values."""

    output: str
    strides: _Strides  # of the gradient of the output
    record: int  # 0 where there are no gradients of records
    surrogate: str
    wanted: int


@lru_cache(maxsize=KEPT)
def _backward_launcher(
    scan: _Scan, gradient: _Gradient, from_zero: bool, with_state: bool, forced: tuning.Choice | None
) -> Launcher:
    """The launcher of the backward loop. Its outputs: the gradients of inputs, states and parameters."""
    x, (outer, inner) = scan.x(), scan.neurons()
    inputs, states, dtype = len(scan.variant.inputs), len(scan.variant.states), state_dtype(scan.dtype)
    outputs = (
        x if inputs == 1 else x.new_empty((inputs, *x.shape)),
        x.new_empty((states if with_state else 0, outer, inner), dtype=dtype),
        x.new_empty((gradient.wanted.bit_count(), outer, inner), dtype=dtype),
    )
    at_one_step = gradient.output in ("last", "max")
    grad_outer, grad_time = scan.row_strides(gradient.strides, 1 if at_one_step else scan.steps)
    all_strides = (*scan.x_strides(), grad_outer, grad_time)
    spikes = sum(node.op == "spike" for node in scan.variant.graph.nodes)
    throughout = sum(scan.per_neuron) + gradient.wanted.bit_count() + max(spikes - 1, 0)
    held = held_backward(states + inputs - 1 + gradient.record.bit_count(), throughout)
    tiling = scan.tiling(all_strides, held, (forced or scan.fastest()).backward)
    constants = scan.constants(tiling) | {
        "grad_outer": grad_outer // tiling.group,
        "grad_time": grad_time // tiling.group,
        "ADJOINT": neuron_functions(scan.neuron)["adjoint"],
        "DERIVATIVE": surrogate_functions(gradient.surrogate)["derivative"],
        "OUTPUT": gradient.output if at_one_step else "all",
        "RECORD": tuple(numbers_of(gradient.record)),
        "FROM_ZERO": from_zero,
        "WITH_STATE": with_state,
        "WANTED": tuple(numbers_of(gradient.wanted)),
        "GRAD_ONCE": at_one_step or (scan.steps > 1 and grad_time == 0),
        "CHUNK": tiling.backward_chunk,
    }
    return Launcher(backward_kernel, constants, outputs, -(-outer * inner // tiling.block), tiling.warps)
