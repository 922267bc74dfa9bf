"""The Triton engine's operators, as ops.py defines them.

Nearly all of a launch follows from metadata. That is planned once for all calls that differ in the values of tensors
and numbers alone, and such a call only allocates and launches.
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .. import tuning
from ..emit.triton import neuron_source, surrogate_source
from ..neurons import NEURONS
from ..scan import checkpoint_count, empty_output, outer_and_inner, state_dtype
from ..surrogates import SURROGATES
from .triton import unusable_reason
from .triton_launch import Launcher, halves
from .triton_loops import backward_kernel, forward_kernel
from .triton_poisson import poisson_kernel
from .triton_tiling import Tiling, round_up, tile

# Launchers that are kept for each operator: more than a network has layers.
_KEPT = 1024

# The distances between rows of outer and of time steps, 0 where there is only one; None where a sequence is contiguous.
_Strides = tuple[int, int] | None


def forward(
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
) -> tuple[Tensor, ...]:
    """`snnkernels::triton_forward`."""
    x, *params = tensors
    steps = steps or x.shape[time_dim]
    rows, strides = _by_rows(x, time_dim)
    scan = _Scan.of(x, strides, params, neuron, strict, interval, time_dim, steps)
    scan.check(x, params, values, numbers)
    launcher = _forward_launcher(scan, output, states is None, with_state, tuning.forced())
    inputs = (rows, None if states is None else states.contiguous(), values)
    return launcher.run(inputs, [tuple([param.contiguous() for param in params])], halves(numbers))


def backward(
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
) -> tuple[Tensor, ...]:
    """`snnkernels::triton_backward`."""
    x, *params = tensors
    steps = steps or x.shape[time_dim]
    rows, strides = _by_rows(x, time_dim)
    grad_rows, grad_strides = _by_rows(grad_spikes, 1)
    scan = _Scan.of(x, strides, params, neuron, strict, interval, time_dim, steps)
    scan.check(x, params, values, numbers)
    if param_grads and not params and NEURONS[neuron].params:
        raise RuntimeError("gradients of parameters need parameters that are tensors")
    from_zero = checkpoints.shape[0] < checkpoint_count(steps, interval, from_zero=False)
    launcher = _backward_launcher(scan, grad_strides, surrogate, from_zero, with_state, param_grads, tuning.forced())
    final = None if grad_states is None else grad_states.contiguous()
    inputs = (rows, checkpoints.contiguous(), grad_rows, final, values)
    return launcher.run(inputs, [tuple([param.contiguous() for param in params])], halves(numbers))


def poisson(images: Tensor, first: int, steps: int, seed: Tensor, packed: bool) -> Tensor:
    """`snnkernels::triton_poisson`."""
    launcher = _poisson_launcher(images.numel(), images.dtype, images.device, steps, packed)
    return launcher.run((images.contiguous(), seed), (), first)[0]


def _by_rows(sequence: Tensor, time_dim: int) -> tuple[Tensor, _Strides]:
    """A sequence with the neurons of a step side by side: itself where they are."""
    if sequence.is_contiguous():
        return sequence, None
    outer, inner = outer_and_inner(sequence, time_dim)
    rows = sequence.reshape(outer, sequence.shape[time_dim], inner)
    if rows.stride(2) != 1 and inner > 1:
        # One step for all stays one, such as the gradient of a sum over time.
        rows = rows[:, :1].contiguous().expand_as(rows) if rows.stride(1) == 0 else rows.contiguous()
    return rows, (rows.stride(0) if outer > 1 else 0, rows.stride(1) if rows.shape[1] > 1 else 0)


class _Scan(NamedTuple):
    """What forward and backward share, as ops.py defines it, but for values."""

    shape: torch.Size  # of x
    strides: _Strides  # of x
    dtype: torch.dtype
    device: torch.device
    per_neuron: tuple[bool, ...]  # each tensor of parameters
    neuron: str
    strict: bool
    interval: int
    time_dim: int
    steps: int

    @classmethod
    def of(cls, x: Tensor, strides: _Strides, params: Sequence[Tensor], *rule: Any) -> _Scan:
        """rule: the fields from `neuron` on."""
        return cls(x.shape, strides, x.dtype, x.device, tuple([param.numel() != 1 for param in params]), *rule)

    def x(self) -> Tensor:
        """x without memory."""
        return torch.empty(self.shape, dtype=self.dtype, device="meta")

    def neurons(self) -> tuple[int, int]:
        """How many there are in the outer dimension and in the inner one."""
        return outer_and_inner(self.x(), self.time_dim)

    def numbers(self) -> int:
        """How many: the constants, the parameters where these are no tensors, and the slope."""
        neuron = NEURONS[self.neuron]
        return len(neuron.constants) + (0 if self.per_neuron else len(neuron.params)) + 1

    def check(self, x: Tensor, params: Sequence[Tensor], values: Tensor | None, numbers: Sequence[float]) -> None:
        """Check what kernels read without looking: an operator may be called past the package's own checks."""
        count, dtype = self.numbers(), state_dtype(self.dtype)
        if values is None and len(numbers) != count:
            raise RuntimeError(f"there must be {count} numbers, got {len(numbers)}")
        if values is not None and not values.is_contiguous():
            raise RuntimeError("values must be contiguous")
        given = [(param, (1, math.prod(outer_and_inner(x, self.time_dim)))) for param in params]
        for tensor, sizes in given if values is None else [*given, (values, (count,))]:
            if tensor.numel() not in sizes or tensor.dtype != dtype or tensor.device != x.device:
                expected = f"{' or '.join(map(str, sizes))} elements of {dtype} on {x.device}"
                got = f"{tensor.numel()} of {tensor.dtype} on {tensor.device}"
                raise RuntimeError(f"values and parameters must have {expected}, got {got}")

    def row_strides(self, strides: _Strides, steps: int) -> tuple[int, int]:
        """Those of a sequence of so many steps, contiguous or not."""
        outer, inner = self.neurons()
        return strides or (steps * inner if outer > 1 else 0, inner if steps > 1 else 0)

    def x_strides(self) -> tuple[int, int]:
        return self.row_strides(self.strides, self.shape[self.time_dim])

    def fastest(self) -> tuning.Choice:
        """What was measured to be the fastest."""
        return tuning.choice(tuning.Sizes(self.device, self.dtype.itemsize, math.prod(self.neurons()), self.steps))

    def tiling(self, strides: Sequence[int], states: int, variation: str) -> Tiling:
        """strides: of all sequences; states: numbers of a neuron in a thread's registers for some time steps."""
        sizes = (*self.neurons(), tuple(strides), self.dtype.itemsize, states, self.interval)
        return tile(*sizes, _processors(self.device), variation)

    def constants(self, tiling: Tiling) -> dict[str, Any]:
        """What both kernels are called with."""
        (outer, inner), (x_outer, x_time) = self.neurons(), self.x_strides()
        return {
            "outer": outer,
            "steps": self.steps,
            "inner": inner // tiling.group,
            "x_outer": x_outer // tiling.group,
            "x_time": x_time // tiling.group,
            "STEP": neuron_functions(self.neuron)["step"],
            "STRICT": self.strict,
            "STATES": len(NEURONS[self.neuron].states),
            "CONSTANTS": len(NEURONS[self.neuron].constants),
            "NUMBERS": self.numbers(),
            "PER_NEURON": self.per_neuron,
            # One step alone is a sequence like any other: a kernel of its own would be compiled for it.
            "X_ONCE": self.shape[self.time_dim] == 1 < self.steps,
            "INTERVAL": self.interval,
            "AHEAD": tiling.ahead,
            "GROUP": tiling.group,
            "BLOCK": tiling.block,
        }


@lru_cache(maxsize=_KEPT)
def _forward_launcher(
    scan: _Scan, output: str, from_zero: bool, with_state: bool, forced: tuning.Choice | None
) -> Launcher:
    """Of the forward loop. Outputs: what scan.OUTPUTS says, final states, checkpoints."""
    x, (outer, inner) = scan.x(), scan.neurons()
    states, dtype = len(NEURONS[scan.neuron].states), state_dtype(scan.dtype)
    outputs = (
        empty_output(output, x, scan.time_dim, scan.steps),
        x.new_empty((states if with_state else 0, outer, inner), dtype=dtype),
        x.new_empty((checkpoint_count(scan.steps, scan.interval, from_zero), states, outer, inner), dtype=dtype),
    )
    # Spikes that become bits stay in registers, too.
    tiling = scan.tiling(scan.x_strides(), 2 if output == "packed" else 1, (forced or scan.fastest()).forward)
    constants = scan.constants(tiling)
    constants |= {"OUTPUT": output, "WITH_STATE": with_state, "CHUNK": tiling.forward_chunk}
    places = outer * (round_up(inner, 8) if output == "packed" else inner)
    return Launcher(forward_kernel, constants, outputs, -(-places // tiling.block), tiling.warps)


@lru_cache(maxsize=_KEPT)
def _backward_launcher(
    scan: _Scan,
    strides: _Strides,
    surrogate: str,
    from_zero: bool,
    with_state: bool,
    param_grads: bool,
    forced: tuning.Choice | None,
) -> Launcher:
    """Of the backward loop. Of the gradients of spikes, with these strides, and final states, those of x, states,
    parameters."""
    x, (outer, inner) = scan.x(), scan.neurons()
    states, dtype = len(NEURONS[scan.neuron].states), state_dtype(scan.dtype)
    outputs = (
        x,
        x.new_empty((states if with_state else 0, outer, inner), dtype=dtype),
        x.new_empty((len(scan.per_neuron) if param_grads else 0, outer, inner), dtype=dtype),
    )
    grad_outer, grad_time = scan.row_strides(strides, scan.steps)
    all_strides = (*scan.x_strides(), grad_outer, grad_time)
    tiling = scan.tiling(all_strides, states, (forced or scan.fastest()).backward)
    constants = scan.constants(tiling) | {
        "grad_outer": grad_outer // tiling.group,
        "grad_time": grad_time // tiling.group,
        "ADJOINT": neuron_functions(scan.neuron)["adjoint"],
        "DERIVATIVE": surrogate_functions(surrogate)["derivative"],
        "FROM_ZERO": from_zero,
        "WITH_STATE": with_state,
        "PARAM_GRADS": param_grads,
        "GRAD_ONCE": scan.steps > 1 and grad_time == 0,
        "CHUNK": tiling.backward_chunk,
    }
    return Launcher(backward_kernel, constants, outputs, -(-outer * inner // tiling.block), tiling.warps)


@lru_cache(maxsize=_KEPT)
def _poisson_launcher(neurons: int, dtype: torch.dtype, device: torch.device, steps: int, packed: bool) -> Launcher:
    """Of a draw of so many time steps; from which on, and the seed, which stays on the device, come with the call."""
    group = math.gcd(max(16 // dtype.itemsize, 4), neurons)
    group, warps = group if group % 4 == 0 else 1, 4
    block = 32 * warps * max(group, 4)
    blocks = -(-neurons // block)
    # Intensities are read once for several steps where there are programs enough without.
    steps_each = min(max(blocks * steps // (8 * _processors(device)), 1), 8)
    constants = {
        "steps": steps,
        "neurons": neurons // group,
        "steps_each": steps_each,
        "PACKED": packed,
        "GROUP": group,
        "BLOCK": block,
    }
    images = torch.empty((1, 1, neurons), dtype=dtype, device="meta")
    outputs = (empty_output("packed" if packed else "spikes", images, 1, steps),)
    return Launcher(poisson_kernel, constants, outputs, blocks * -(-steps // steps_each), warps)


def _processors(device: torch.device) -> int:
    """Multiprocessors of a GPU; the interpreter, on a CPU, is one."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).multi_processor_count
    reason = unusable_reason(device)
    if reason is not None:
        raise RuntimeError(reason)
    return 1


@cache
def neuron_functions(key: str) -> dict[str, Any]:
    """The jitted functions of a neuron."""
    return _module(key, neuron_source(NEURONS[key]))


@cache
def surrogate_functions(name: str) -> dict[str, Any]:
    """The jitted functions of a surrogate."""
    return _module(name, surrogate_source(SURROGATES[name]))


def _module(name: str, source: str) -> dict[str, Any]:
    """Run source text as a module. Triton reads functions' source again, which linecache has for names in brackets."""
    file = f"<snnkernels {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    functions = {"__name__": f"snnkernels.emitted.{name}"}
    exec(compile(source, file, "exec"), functions)
    return functions
