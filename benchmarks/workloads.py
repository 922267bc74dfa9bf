"""What is measured: shapes, dtypes, directions, random inputs, and the bytes that each has to move."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

FORWARD, BACKWARD, FORWARD_BACKWARD = "forward", "backward", "forward+backward"
DIRECTIONS = (FORWARD, BACKWARD, FORWARD_BACKWARD)

HALVES = (torch.bfloat16, torch.float16)

_DIMENSIONS = {3: "TBN", 5: "TBCHW"}


def shape_name(shape: tuple[int, ...]) -> str:
    return ",".join(f"{name}={size}" for name, size in zip(_DIMENSIONS[len(shape)], shape, strict=True))


@dataclass(frozen=True)
class Workload:
    """The input current of one layer: `[T, B, N]` or `[T, B, C, H, W]`."""

    shape: tuple[int, ...]
    dtype: torch.dtype
    device: str

    @property
    def shape_name(self) -> str:
        return shape_name(self.shape)

    @property
    def dtype_name(self) -> str:
        return str(self.dtype).removeprefix("torch.")

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def steps(self) -> int:
        return self.shape[0]

    def __str__(self) -> str:
        return f"{self.shape_name} {self.dtype_name} {self.device}"


@dataclass(frozen=True)
class Inputs:
    """The input current, and the gradient of the spikes: dense and random, as a next layer gives it.

    The gradient of `spikes.sum()` would be one number, expanded: less to read than any layer has.
    """

    current: Tensor
    grad_spikes: Tensor


def random_inputs(workload: Workload) -> Inputs:
    """Inputs that let a neuron fire about once in ten steps; the same at every call."""
    generator = torch.Generator(workload.device).manual_seed(0)

    def normal() -> Tensor:
        return torch.randn(workload.shape, dtype=workload.dtype, device=workload.device, generator=generator)

    return Inputs(normal().mul_(0.5).add_(0.2), normal())


def bytes_moved(workload: Workload, direction: str, interval: int, states: int = 1) -> int:
    """Bytes that a fused layer of neurons with so many states moves between memory and the processor.

    For every neuron and time step, forward reads the current and writes the spike: 2 elements. Backward reads the
    current and the spike's gradient and writes the current's: 3 more. Where backward is to follow, forward also writes
    the states that enter each chunk of `interval` steps but the first, where they are zero, float32 at least, and
    backward reads them back. In float32 that is, of one state, 8 bytes forward and up to 20 + 8 / interval forward and
    backward; in half types 4, and 10 + 8 / interval.
    """
    elements, steps = workload.elements, workload.steps
    per_element = workload.dtype.itemsize
    if direction == FORWARD:
        return 2 * elements * per_element
    chunks = -(-steps // interval) - 1
    kept = states * chunks * (elements // steps) * max(per_element, 4)
    if direction == BACKWARD:
        return 3 * elements * per_element + kept
    return 5 * elements * per_element + 2 * kept


# A layer of the usual sizes, in memory beyond any cache; the same for longer; long and narrow; convolutional; tiny,
# which measures the overhead of a call.
WIDE_SHAPE, LONG_SHAPE, DEEP_SHAPE = (25, 128, 1000), (100, 128, 1024), (500, 16, 512)
CONVOLUTIONAL_SHAPE, TINY_SHAPE = (8, 16, 32, 32, 32), (4, 1, 16)
_SHAPES = (WIDE_SHAPE, LONG_SHAPE, DEEP_SHAPE, CONVOLUTIONAL_SHAPE, TINY_SHAPE)

# In half types the tiny layer measures what it measures in float32, and the long one what its neighbours do.
_BFLOAT16_SHAPES = (WIDE_SHAPE, LONG_SHAPE, CONVOLUTIONAL_SHAPE)

# SpikingJelly's documentation of its Triton backend publishes times of the first four, half precision, forward and
# backward; its issue 117 of N = 2^20.
_PUBLIC_HALF_SHAPES = tuple((steps, 64, 65536) for steps in (4, 8, 16, 32))
PUBLIC_SHAPE = _PUBLIC_HALF_SHAPES[-1]
_PUBLIC_WIDE_SHAPES = tuple((steps, 1, 2**20) for steps in (8, 32, 128))


def telling_workloads(device: str) -> list[Workload]:
    """A call's overhead, a usual layer, and the same for longer: seconds on two CPU cores."""
    return [Workload(shape, torch.float32, device) for shape in (TINY_SHAPE, WIDE_SHAPE, LONG_SHAPE)]


def standard_workloads(device: str) -> list[Workload]:
    """Every kind of layer: minutes on two CPU cores."""
    table = [(shape, torch.float32) for shape in _SHAPES] + [(shape, torch.bfloat16) for shape in _BFLOAT16_SHAPES]
    return [Workload(shape, dtype, device) for shape, dtype in table]


def public_workloads(device: str) -> list[Workload]:
    """Those that others have published times of; gigabytes, and minutes on two CPU cores."""
    table = [(shape, torch.bfloat16) for shape in _PUBLIC_HALF_SHAPES]
    table += [(shape, torch.float32) for shape in _PUBLIC_WIDE_SHAPES]
    return [Workload(shape, dtype, device) for shape, dtype in table]


def gpu_workloads() -> list[Workload]:
    """Every shape and dtype of the GPU report, the public workloads among them."""
    table = [(shape, dtype) for dtype in (torch.float32, *HALVES) for shape in (*_SHAPES, *_PUBLIC_WIDE_SHAPES)]
    table += [(shape, dtype) for dtype in HALVES for shape in _PUBLIC_HALF_SHAPES]
    return [Workload(shape, dtype, "cuda") for shape, dtype in table]
