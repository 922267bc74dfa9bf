"""From the tensors of a scan to the launch of a Triton kernel."""

from __future__ import annotations

import linecache
import math
import struct
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ..emit.triton import neuron_source, surrogate_source
from ..neurons import NEURONS
from ..scan import empty_output, outer_and_inner, state_dtype
from ..surrogates import SURROGATES
from .triton_loops import backward_kernel, forward_kernel
from .triton_poisson import poisson_kernel
from .triton_tiling import Tiling, round_up, tile


@dataclass(frozen=True)
class Launch:
    """A kernel, what it is called with and what it writes."""

    kernel: Any
    arguments: dict[str, Any]
    outputs: dict[str, Tensor]
    programs: int
    options: dict[str, Any]

    def run(self) -> tuple[Tensor, ...]:
        """Launch on the tensors' device and its current stream, if there are neurons at all; returns the outputs."""
        outputs = tuple(self.outputs.values())
        device = outputs[0].device
        if self.programs:
            with torch.cuda.device(device) if device.type == "cuda" else nullcontext():
                self.kernel[(self.programs,)](**self.arguments, **self.outputs, **self.options)
        return outputs


@dataclass(frozen=True)
class Scan:
    """What forward and backward share, as ops.py defines it."""

    x: Tensor
    params: Sequence[Tensor]
    numbers: Sequence[float]
    neuron: str
    strict: bool
    interval: int
    time_dim: int
    steps: int

    def by_rows(self) -> Tensor:
        """x as `[outer, T or 1, inner]`, its neurons side by side."""
        outer, inner = outer_and_inner(self.x, self.time_dim)
        return _side_by_side(self.x.reshape(outer, self.x.shape[self.time_dim], inner))

    def arguments(self, x: Tensor, numbers: Sequence[float], tiling: Tiling) -> dict[str, Any]:
        """What both kernels are called with; x is this scan's, by rows."""
        outer_stride, time_stride = _strides(x)
        return {
            "x": x,
            "parameters": tuple(param.contiguous() for param in self.params),
            "numbers": tuple(half for number in numbers for half in _halves(number)),
            "outer": x.shape[0],
            "steps": self.steps,
            "inner": x.shape[2] // tiling.group,
            "x_outer": outer_stride // tiling.group,
            "x_time": time_stride // tiling.group,
            "STEP": neuron_functions(self.neuron)["step"],
            "STRICT": self.strict,
            "CONSTANTS": len(NEURONS[self.neuron].constants),
            "PER_NEURON": tuple(param.dim() > 1 for param in self.params),
            # One step alone is a sequence like any other: a kernel of its own would be compiled for it.
            "X_ONCE": x.shape[1] == 1 < self.steps,
            "INTERVAL": self.interval,
            "AHEAD": tiling.ahead,
            "GROUP": tiling.group,
            "BLOCK": tiling.block,
        }


def forward_launch(scan: Scan, states: Tensor | None, output: str, processors: int, variation: str = "usual") -> Launch:
    """The launch of the forward loop. Outputs: what scan.OUTPUTS says, final states, checkpoints."""
    x = scan.by_rows()
    outer, _, inner = x.shape
    shape, dtype = (len(NEURONS[scan.neuron].states), outer, inner), state_dtype(x.dtype)
    chunks = -(-scan.steps // scan.interval) if scan.interval else 0
    tiling = tile(outer, inner, _strides(x), x.element_size(), 1, scan.interval, processors, variation)
    outputs = {
        "output": empty_output(output, scan.x, scan.time_dim, scan.steps),
        "final_states": x.new_empty(shape, dtype=dtype),
        "checkpoints": x.new_empty((chunks, *shape), dtype=dtype),
    }
    arguments = {
        **scan.arguments(x, scan.numbers, tiling),
        "states": None if states is None else states.contiguous(),
        "STATES": shape[0],
        "OUTPUT": output,
        "CHUNK": tiling.forward_chunk,
    }
    places = outer * (round_up(inner, 8) if output == "packed" else inner)
    return _launch(forward_kernel, arguments, outputs, places, tiling)


def backward_launch(
    scan: Scan,
    checkpoints: Tensor,
    surrogate: str,
    slope: float,
    grads: tuple[Tensor, Tensor | None],
    param_grads: bool,
    processors: int,
    variation: str = "usual",
) -> Launch:
    """The launch of the backward loop. Of the gradients of spikes and final states, those of x, states, parameters."""
    x, grad_final_states = scan.by_rows(), grads[1]
    (outer, _, inner), states = x.shape, checkpoints.shape[1]
    grad_spikes = _side_by_side(grads[0].reshape(outer, scan.steps, inner))
    grad_strides = _strides(grad_spikes)
    strides = (*_strides(x), *grad_strides)
    tiling = tile(outer, inner, strides, x.element_size(), states, scan.interval, processors, variation)
    outputs = {
        "grad_x": torch.empty(scan.x.shape, dtype=x.dtype, device=x.device),
        "grad_states": checkpoints.new_empty((states, outer, inner)),
        "grad_params": checkpoints.new_empty((len(scan.params) if param_grads else 0, *checkpoints.shape[2:])),
    }
    arguments = {
        **scan.arguments(x, (*scan.numbers, slope), tiling),
        "grad_outer": grad_strides[0] // tiling.group,
        "grad_time": grad_strides[1] // tiling.group,
        "checkpoints": checkpoints.contiguous(),
        "grad_spikes": grad_spikes,
        "grad_final_states": None if grad_final_states is None else grad_final_states.contiguous(),
        "ADJOINT": neuron_functions(scan.neuron)["adjoint"],
        "DERIVATIVE": surrogate_functions(surrogate)["derivative"],
        "STATES": states,
        "PARAM_GRADS": param_grads,
        "GRAD_ONCE": scan.steps > 1 and grad_strides[1] == 0,
        "CHUNK": tiling.backward_chunk,
    }
    return _launch(backward_kernel, arguments, outputs, outer * inner, tiling)


def poisson_launch(images: Tensor, first: int, steps: int, seed: Tensor, packed: bool, processors: int) -> Launch:
    """The launch of a draw of time steps `first` to `first + steps`; the seed stays on the device."""
    images = images.contiguous()
    neurons, item_bytes = images.numel(), images.element_size()
    group = math.gcd(max(16 // item_bytes, 4), neurons)
    group, warps = group if group % 4 == 0 else 1, 4
    block = 32 * warps * max(group, 4)
    blocks = -(-neurons // block)
    # Intensities are read once for several steps where there are programs enough without.
    steps_each = min(max(blocks * steps // (8 * processors), 1), 8)
    arguments = {
        "images": images,
        "seed": seed,
        "first": first,
        "steps": steps,
        "neurons": neurons // group,
        "steps_each": steps_each,
        "PACKED": packed,
        "GROUP": group,
        "BLOCK": block,
    }
    outputs = {"spikes": empty_output("packed" if packed else "spikes", images.reshape(1, 1, -1), 1, steps)}
    programs = blocks * -(-steps // steps_each)
    return Launch(poisson_kernel, arguments, outputs, programs, {"num_warps": warps, "enable_fp_fusion": False})


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


def _launch(kernel: Any, arguments: dict[str, Any], outputs: dict[str, Tensor], places: int, tiling: Tiling) -> Launch:
    # A fused multiply-add rounds once where torch rounds twice.
    options = {"num_warps": tiling.warps, "enable_fp_fusion": False}
    return Launch(kernel, arguments, outputs, -(-places // tiling.block), options)


def _halves(number: float) -> tuple[int, ...]:
    """The bits of a float64 in two integers, for a tuple of arguments, which can only hold float32.

    Triton compiles anew for each integer in a tuple that is 1, that is a multiple of 16, or that needs another width.
    So these are odd and need 64 bits, whatever the number.
    """
    return tuple(half << 1 | 1 | 1 << 40 for half in struct.unpack(">2I", struct.pack(">d", number)))


def _side_by_side(sequence: Tensor) -> Tensor:
    """The sequence with the neurons of a step next to each other in memory: itself where they are."""
    if sequence.stride(2) == 1 or sequence.shape[2] == 1:
        return sequence
    if sequence.stride(1) == 0:  # one step for all, such as the gradient of a sum over time
        return sequence[:, :1].contiguous().expand_as(sequence)
    return sequence.contiguous()


def _strides(sequence: Tensor) -> tuple[int, int]:
    """The strides over outer and time; 0 where there is only one."""
    shape, strides = sequence.shape, sequence.stride()
    return strides[0] if shape[0] > 1 else 0, strides[1] if shape[1] > 1 else 0
