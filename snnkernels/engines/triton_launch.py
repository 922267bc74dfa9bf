"""Launches Triton kernels. For a small layer a launch takes the host longer than the kernel takes the GPU."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import torch
import triton
from torch import Tensor

from .triton import unusable_reason

# How many launchers each operator keeps: more than a network has layers.
KEPT = 1024


class Launcher:
    """A kernel, and what a call of it does not change: its grid, its constants, the shapes and dtypes of its outputs.

    The kernel takes, in this order: tensors that it reads, tensors that it writes, tuples of tensors that it reads,
    values that vary from call to call, constants.
    """

    def __init__(
        self, kernel: Any, constants: Mapping[str, Any], outputs: Sequence[Tensor], programs: int, warps: int
    ) -> None:
        """constants: by name; outputs: tensors without memory, like those that are written."""
        self._kernel, self._grid = kernel, (programs, 1, 1)
        self._constants = [constants[name] for name in kernel.arg_names if name in constants]
        self._outputs = [(output.shape, output.dtype) for output in outputs]
        # A fused multiply-add rounds once where torch rounds twice.
        self._options = {"num_warps": warps, "enable_fp_fusion": False}
        self._compiled: dict[tuple[bool | None, ...], Callable[..., None]] = {}

    def run(
        self,
        first: Tensor,
        inputs: Sequence[Tensor | None],
        tuples: Sequence[tuple[Tensor, ...]],
        *values: Any,
    ) -> tuple[Tensor, ...]:
        """Launch on the device of `first`, one of the tensors, if there are programs at all; returns the outputs."""
        # torch takes numbers faster than a tuple of them.
        outputs = tuple([first.new_empty(*shape, dtype=dtype) for shape, dtype in self._outputs])
        if self._grid[0]:
            device = first.device
            if device.type == "cuda" and device.index != torch.cuda.current_device():
                with torch.cuda.device(device):
                    self._launch((*inputs, *outputs), tuples, values)
            else:
                self._launch((*inputs, *outputs), tuples, values)
        return outputs

    def _launch(
        self, tensors: Sequence[Tensor | None], tuples: Sequence[tuple[Tensor, ...]], values: Sequence[Any]
    ) -> None:
        """Launch on the current device and its current stream.

        Triton's own launch spends most of its time on looking up the compiled kernel. Within one launcher that depends
        only on which tensors there are, and on which of them are aligned to 16 bytes. So the launcher keeps compiled
        kernels by these, and calls them without Triton's launch from the second time on.
        """
        pointers = [None if tensor is None else tensor.data_ptr() for tensor in tensors]
        nested = [tuple([tensor.data_ptr() for tensor in group]) for group in tuples]
        aligned = tuple([None if pointer is None else pointer % 16 == 0 for pointer in chain(pointers, *nested)])
        launch = self._compiled.get(aligned)
        if launch is not None:
            launch(*pointers, *nested, *values, *self._constants)
            return
        compiled = self._kernel[self._grid](*tensors, *tuples, *values, *self._constants, **self._options)
        if isinstance(compiled, triton.compiler.CompiledKernel):  # Triton's interpreter gives none
            self._compiled[aligned] = compiled[self._grid]


def processors(device: torch.device) -> int:
    """Multiprocessors of a GPU; the interpreter, on a CPU, is one."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).multi_processor_count
    reason = unusable_reason(device)
    if reason is not None:
        raise RuntimeError(reason)
    return 1


def halves(numbers: Sequence[float]) -> tuple[int, ...]:
    """The bits of float64 numbers as two integers each. In a tuple of arguments Triton rounds numbers to float32.

    Triton compiles anew for each integer in a tuple that is 1, that is a multiple of 16, or that needs another width.
    So all of these integers are odd, are not 1 and need 64 bits, whatever the number.
    """
    return _halves(struct.pack(f">{len(numbers)}d", *numbers))


@lru_cache(maxsize=1024)
def _halves(bits: bytes) -> tuple[int, ...]:
    """They are kept by bits and not by numbers, because 0.0 and -0.0 are equal."""
    return tuple(half << 1 | 1 | 1 << 40 for half in struct.unpack(f">{len(bits) // 4}I", bits))
