"""What every engine is told besides its tensors, and how a user's layout becomes the one that engines know.

To engines memory is `[outer, T, inner]`, dense, time somewhere in the middle. Time first is outer = 1; a batch-first
tensor has outer = B; channels-last and any other dense order of a step's dimensions is inner's business. Neurons are
elementwise, so any such order is as good as another, and nothing is copied to change it, unless time is so far inside
that few neurons are neighbours. A contiguous tensor is taken in its own shape; another becomes a view of three
dimensions.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.nn.functional import pad

Other = TypeVar("Other")

# Neurons side by side below which time is brought to the front by a copy: engines take neighbours in memory together.
_FEW = 32


class Metadata(NamedTuple):
    """A tensor but for its values."""

    shape: torch.Size
    strides: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device


def metadata(value: Tensor | Other) -> Metadata | Other:
    """The metadata of a tensor; anything else is itself."""
    if not isinstance(value, Tensor):
        return value
    return Metadata(value.shape, value.stride(), value.dtype, value.device)


@dataclass(frozen=True)
class Plan:
    """A scan but for its tensors: who computes what, in which layout."""

    engine: str
    neuron: str  # a key of variants.VARIANTS
    surrogate: str  # a key of surrogates.SURROGATES
    strict: bool  # a spike when the distance to threshold is > 0, not >= 0
    given: int  # a bit for each parameter that is a tensor, the first lowest
    layout: Layout
    output: str = "all"
    record: int = 0  # a bit for each state that is recorded at every step
    positive: int = 0  # a bit for each parameter that must be above 0, which a compiled graph checks when it runs


# The neuron's parameters and last the surrogate's slope; as a tensor of the states' dtype where kernels are to read
# them where they are. Where a parameter is a tensor of its own, its number here is 0.
Numbers = tuple[float, ...] | Tensor


class Checked(NamedTuple):
    """A call but for its sequences, states and tensors of parameters. Calls that differ in numbers share a plan."""

    plan: Plan
    numbers: Numbers

    def as_operators_take_them(self) -> tuple[Tensor | None, tuple[float, ...]]:
        """The numbers as two arguments of an operator: a tensor of them, or the numbers themselves."""
        return (self.numbers, ()) if isinstance(self.numbers, Tensor) else (None, self.numbers)


# What a scan gives of a neuron's output, as engines name it:
# - "all": the output of every step, of x's shape and dtype;
# - "sum", "last", "max": its sum over time, that of the last step, or the largest, of which the first counts;
#   `[outer, 1, inner]`, of the states' dtype;
# - "packed": the spikes of 8 neighbouring neurons in a byte, the first in the lowest bit; uint8
#   `[outer, T, ceil(inner / 8)]`.
OUTPUTS = ("all", "sum", "last", "max", "packed")
OVER_TIME = ("sum", "last", "max")  # one value for all steps


def bits(numbers: Iterable[int]) -> int:
    """Small numbers as the bits of one."""
    return sum(1 << number for number in numbers)


def numbers_of(bits: int) -> list[int]:
    """The reverse, in ascending order."""
    return [number for number in range(bits.bit_length()) if bits >> number & 1]


def outer_and_inner(x: Tensor, time_dim: int) -> tuple[int, int]:
    """How many places there are before time, and after it."""
    return math.prod(x.shape[:time_dim]), math.prod(x.shape[time_dim + 1 :])


def empty_output(output: str, x: Tensor, time_dim: int, steps: int) -> Tensor:
    """Memory for the output of a scan over x, which has all steps at time_dim, or one for all."""
    outer, inner = outer_and_inner(x, time_dim)
    if output in OVER_TIME:
        return x.new_empty((outer, 1, inner), dtype=state_dtype(x.dtype))
    if output == "packed":
        return x.new_empty((outer, steps, -(-inner // 8)), dtype=torch.uint8)
    return x.new_empty((*x.shape[:time_dim], steps, *x.shape[time_dim + 1 :]))


def checkpoint_count(steps: int, interval: int, from_zero: bool) -> int:
    """How many states are kept for backward: those that enter each chunk of `interval` steps, but for one of zero."""
    return -(-steps // interval) - int(from_zero) if interval else 0


def pack_bits(spikes: Tensor) -> Tensor:
    """Spikes `[outer, T, inner]` as bits, uint8 `[outer, T, ceil(inner / 8)]`."""
    padded = pad(spikes.to(torch.uint8), (0, -spikes.shape[2] % 8))
    return (padded.unflatten(2, (-1, 8)) << _bit_numbers(spikes.device)).sum(3, dtype=torch.uint8)


def unpack_bits(bits: Tensor, inner: int, dtype: torch.dtype) -> Tensor:
    """The reverse: `[outer, T, inner]`, 0 or 1."""
    return (bits.unsqueeze(3) >> _bit_numbers(bits.device) & 1).flatten(2)[..., :inner].to(dtype)


def _bit_numbers(device: torch.device) -> Tensor:
    """0 to 7, made on the device: a copy from the host would make it wait, and break a CUDA graph."""
    return torch.arange(8, dtype=torch.uint8, device=device)


def in_memory(number: float, like: Tensor, dtype: torch.dtype) -> Tensor:
    """A number as a tensor of one element, on the device of `like`.

    torch.full would fix a number that a compiler takes for a variable. A sum does not, and -0.0 changes no number.
    """
    if torch.compiler.is_compiling():
        return like.new_full((1,), -0.0, dtype=dtype) + number
    return torch.full((1,), number, dtype=dtype, device=like.device)


def state_dtype(dtype: torch.dtype) -> torch.dtype:
    """States, parameters and all arithmetic: float32 at least."""
    return torch.float64 if dtype == torch.float64 else torch.float32


class Layout:
    """The order in which engines take a tensor's dimensions, and the way to `[outer, T, inner]` and back."""

    def __init__(self, current: Metadata, time_dim: int, steps: int | None = None) -> None:
        """steps: how many there are, where current is one step, `[B, ...]`, for all of them."""
        shape, strides = current.shape, current.strides
        self.constant = steps is not None
        if steps is not None:
            shape = torch.Size((*shape[:time_dim], 1, *shape[time_dim:]))
            strides = (*strides[:time_dim], 0, *strides[time_dim:])
        self.time_dim = time_dim
        order = self.order = _time_outside(shape, time_dim, _physical_order(shape, strides))
        plain = list(range(len(shape)))
        # Whether engines take and give tensors of this layout as they are, and where they find time in them.
        self.direct = steps is None and order == plain and _dense(shape, strides, plain)
        self.engine_time_dim = time_dim if self.direct else 1
        sizes = [shape[dim] for dim in order]
        position = order.index(time_dim)
        self.outer, self.steps = math.prod(sizes[:position]), steps if steps is not None else sizes[position]
        self.inner = math.prod(sizes[position + 1 :])
        before, after = shape[:time_dim], shape[time_dim + 1 :]
        self.step_shape = before + after
        self.shape = torch.Size((*before, self.steps, *after))
        self._sequence = _Order(self.shape, order)
        self._step = _Order(self.step_shape, [dim - (dim > time_dim) for dim in order if dim != time_dim])

    def part(self, steps: int) -> Layout:
        """The layout of so many of the time steps."""
        part = copy(self)
        part.steps = steps
        part.shape = torch.Size((*self.step_shape[: self.time_dim], steps, *self.step_shape[self.time_dim :]))
        part._sequence = _Order(part.shape, self.order)
        return part

    @property
    def plain(self) -> bool:
        """Whether the dimensions lie in memory in their order."""
        return self._sequence.order is None

    def to_engine(self, current: Tensor) -> Tensor:
        """The current as engines take it."""
        return current if self.direct else self.pack(current)

    def from_engine(self, output: Tensor) -> Tensor:
        """The output of every step, or the gradient of an input, as engines give it, in the user's layout."""
        return output if self.direct else self.unpack(output)

    def gradient_to_engine(self, grad: Tensor) -> Tensor:
        """The gradient of the output as engines give it; copied where that is no view."""
        return grad if self.direct else self._sequence.flatten(grad, self.outer, self.steps, self.inner)

    def pack(self, current: Tensor) -> Tensor:
        """The current as `[outer, T, inner]`, or `[outer, 1, inner]` where it is one step for all.

        Copies only what lies in another order.
        """
        if self.constant:
            return self._step.flatten(current, self.outer, 1, self.inner).contiguous()
        return self._sequence.flatten(current, self.outer, self.steps, self.inner).contiguous()

    def unpack(self, packed: Tensor) -> Tensor:
        """`[outer, T, inner]` in the user's layout."""
        return self._sequence.restore(packed)

    def pack_state(self, state: Tensor) -> Tensor:
        """A state of a step's shape, or one that broadcasts to it, as `[1, outer, inner]`."""
        return self._step.flatten(state.expand(self.step_shape), 1, self.outer, self.inner).contiguous()

    def unpack_step(self, packed: Tensor) -> Tensor:
        """A state or an output over time, `[1, outer, inner]` or `[outer, 1, inner]`, in the user's layout."""
        return self._step.restore(packed)

    def pack_parameter(self, parameter: Tensor) -> Tensor:
        """A parameter as one number (`[1]`), or as one for each neuron (`[outer, inner]`)."""
        return parameter.reshape(1) if parameter.shape.numel() == 1 else self.pack_state(parameter)[0]


class _Order:
    """A shape, and its dimensions from the outermost in memory to the innermost."""

    def __init__(self, shape: torch.Size, order: list[int]) -> None:
        self.order = None if order == list(range(len(order))) else order  # None where there is nothing to permute
        self._inverse = sorted(range(len(order)), key=order.__getitem__)
        self._sizes = tuple(shape[dim] for dim in order)

    def flatten(self, tensor: Tensor, *sizes: int) -> Tensor:
        return (tensor if self.order is None else tensor.permute(self.order)).reshape(*sizes)

    def restore(self, packed: Tensor) -> Tensor:
        packed = packed.reshape(*self._sizes)  # torch takes numbers faster than a tuple of them
        return packed if self.order is None else packed.permute(self._inverse)


def _physical_order(shape: Sequence[int], strides: Sequence[int]) -> list[int]:
    """The dimensions from the outermost in memory to the innermost; as they are where there are gaps or overlaps."""
    plain = list(range(len(shape)))
    if _dense(shape, strides, plain):
        return plain

    def outside(dim: int, other: int) -> bool:
        return shape[other] > 1 and (shape[dim] == 1 or strides[dim] > strides[other])

    order: list[int] = []
    for dim in plain:  # sizes may be symbols of a compiler, which compares them, but sorts none
        place = len(order)
        while place > 0 and outside(dim, order[place - 1]):
            place -= 1
        order.insert(place, dim)
    return order if _dense(shape, strides, order) else plain


def _time_outside(shape: Sequence[int], time_dim: int, order: list[int]) -> list[int]:
    """This order, or one with time first where it would leave few neurons side by side."""
    position = order.index(time_dim)
    if position == 0 or math.prod([shape[dim] for dim in order[position + 1 :]]) >= _FEW:
        return order
    return [time_dim, *(dim for dim in order if dim != time_dim)]


def _dense(shape: Sequence[int], strides: Sequence[int], order: list[int]) -> bool:
    """Whether a tensor's dimensions, outermost first in this order, leave no gap in memory."""
    expected = 1
    for dim in reversed(order):
        if shape[dim] != 1 and strides[dim] != expected:
            return False
        expected *= shape[dim]
    return True
