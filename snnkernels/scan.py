"""What every engine is told besides its tensors, and how a user's layout becomes the one that engines know.

Engines know one layout: dense `[outer, T, inner]`. If time is the first dimension, outer is 1; if the batch is, outer
is B. Channels-last, and any other dense order of a step's dimensions, only changes which neuron is where in inner.
Neurons do not depend on each other, so no order is better than another and nothing is copied to change it. Only if few
neurons lie between two time steps, a copy brings time to the front. Engines take a contiguous tensor in its own shape,
and any other as a view of three dimensions.
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

# If fewer neurons than this are neighbours in memory, a copy brings time to the front: engines work on neighbours.
_FEW = 32


class Metadata(NamedTuple):
    """A tensor without its values."""

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
    """A scan without its tensors: which engine computes what, in which layout."""

    engine: str
    neuron: str  # a key of variants.VARIANTS
    surrogate: str  # a key of surrogates.SURROGATES
    strict: bool  # a spike when the distance to threshold is > 0, not >= 0
    given: int  # a bit for each parameter that is a tensor, the first lowest
    layout: Layout
    output: str = "all"
    record: int = 0  # a bit for each state that is recorded at every step
    positive: int = 0  # a bit for each parameter that must be above 0, which a compiled graph checks when it runs


# The neuron's parameters, and last the slope of the surrogate; or, if kernels are to read them, a tensor of them in the
# dtype of the states. If a parameter is a tensor of its own, its number here is 0.
Numbers = tuple[float, ...] | Tensor


class Checked(NamedTuple):
    """A call that was checked, without its tensors. Calls that differ only in numbers share a plan."""

    plan: Plan
    numbers: Numbers

    def as_operators_take_them(self) -> tuple[Tensor | None, tuple[float, ...]]:
        """The numbers as two arguments of an operator, of which one is empty: a tensor of them, and the numbers."""
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
    """The number whose bits of these numbers are 1."""
    return sum(1 << number for number in numbers)


def numbers_of(bits: int) -> list[int]:
    """The numbers of the bits that are 1, in ascending order."""
    return [number for number in range(bits.bit_length()) if bits >> number & 1]


def outer_and_inner(x: Tensor, time_dim: int) -> tuple[int, int]:
    """The product of the sizes before time, and that of the sizes after it."""
    return math.prod(x.shape[:time_dim]), math.prod(x.shape[time_dim + 1 :])


def empty_output(output: str, x: Tensor, time_dim: int, steps: int) -> Tensor:
    """Memory for the output of a scan over x. At time_dim, x has all steps, or one that is the same at all steps."""
    outer, inner = outer_and_inner(x, time_dim)
    if output in OVER_TIME:
        return x.new_empty((outer, 1, inner), dtype=state_dtype(x.dtype))
    if output == "packed":
        return x.new_empty((outer, steps, -(-inner // 8)), dtype=torch.uint8)
    return x.new_empty((*x.shape[:time_dim], steps, *x.shape[time_dim + 1 :]))


def checkpoint_count(steps: int, interval: int, from_zero: bool) -> int:
    """How many checkpoints there are: one before each chunk of `interval` steps, but none of a state that is zero."""
    return -(-steps // interval) - int(from_zero) if interval else 0


def pack_bits(spikes: Tensor) -> Tensor:
    """Pack spikes, `[outer, T, inner]`, as bits: uint8 `[outer, T, ceil(inner / 8)]`."""
    padded = pad(spikes.to(torch.uint8), (0, -spikes.shape[2] % 8))
    return (padded.unflatten(2, (-1, 8)) << _bit_numbers(spikes.device)).sum(3, dtype=torch.uint8)


def unpack_bits(bits: Tensor, inner: int, dtype: torch.dtype) -> Tensor:
    """Unpack bits into spikes, `[outer, T, inner]`, 0 or 1."""
    return (bits.unsqueeze(3) >> _bit_numbers(bits.device) & 1).flatten(2)[..., :inner].to(dtype)


def _bit_numbers(device: torch.device) -> Tensor:
    """0 to 7, made on the device, because a copy would make the host wait, and break a CUDA graph."""
    return torch.arange(8, dtype=torch.uint8, device=device)


def in_memory(number: float, like: Tensor, dtype: torch.dtype) -> Tensor:
    """A number as a tensor of one element, on the device of `like`.

    torch.full would fix a number that a compiler takes for a variable. A sum does not, and -0.0 changes no number.
    """
    if torch.compiler.is_compiling():
        return like.new_full((1,), -0.0, dtype=dtype) + number
    return torch.full((1,), number, dtype=dtype, device=like.device)


def state_dtype(dtype: torch.dtype) -> torch.dtype:
    """The dtype of states, parameters and all arithmetic: that of the inputs, but float32 at least."""
    return torch.float64 if dtype == torch.float64 else torch.float32


class Layout:
    """The order in which engines take the dimensions of a tensor, and the way to `[outer, T, inner]` and back."""

    def __init__(self, current: Metadata, time_dim: int, steps: int | None = None) -> None:
        """steps: the number of steps, if current is one step, `[B, ...]`, that is the same at all of them."""
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
        """The layout of fewer time steps."""
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
        """Bring the current into the form that engines take."""
        return current if self.direct else self.pack(current)

    def from_engine(self, output: Tensor) -> Tensor:
        """Bring the output of every step, or the gradient of an input, from an engine's form into the user's layout."""
        return output if self.direct else self.unpack(output)

    def gradient_to_engine(self, grad: Tensor) -> Tensor:
        """Bring the gradient of the output into the form that engines take, by a view if there is one, else a copy."""
        return grad if self.direct else self._sequence.flatten(grad, self.outer, self.steps, self.inner)

    def pack(self, current: Tensor) -> Tensor:
        """Bring the current into the form `[outer, T, inner]`, or `[outer, 1, inner]` if all steps are the same.

        It copies only what lies in another order.
        """
        if self.constant:
            return self._step.flatten(current, self.outer, 1, self.inner).contiguous()
        return self._sequence.flatten(current, self.outer, self.steps, self.inner).contiguous()

    def unpack(self, packed: Tensor) -> Tensor:
        """Bring `[outer, T, inner]` into the user's layout."""
        return self._sequence.restore(packed)

    def pack_state(self, state: Tensor) -> Tensor:
        """Bring a state, which broadcasts to the shape of a step, into the form `[1, outer, inner]`."""
        return self._step.flatten(state.expand(self.step_shape), 1, self.outer, self.inner).contiguous()

    def unpack_step(self, packed: Tensor) -> Tensor:
        """Bring a state, `[1, outer, inner]`, or an output over time, `[outer, 1, inner]`, into the user's layout."""
        return self._step.restore(packed)

    def pack_parameter(self, parameter: Tensor) -> Tensor:
        """Bring a parameter into the form of one number, `[1]`, or of one for each neuron, `[outer, inner]`."""
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
    """The dimensions from the outermost in memory to the innermost. If there are gaps or overlaps: in their order."""
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
    """This order, or one with time first if few neurons would be neighbours in memory."""
    position = order.index(time_dim)
    if position == 0 or math.prod([shape[dim] for dim in order[position + 1 :]]) >= _FEW:
        return order
    return [time_dim, *(dim for dim in order if dim != time_dim)]


def _dense(shape: Sequence[int], strides: Sequence[int], order: list[int]) -> bool:
    """Whether a tensor has no gap in memory, if this order of its dimensions starts with the outermost."""
    expected = 1
    for dim in reversed(order):
        if shape[dim] != 1 and strides[dim] != expected:
            return False
        expected *= shape[dim]
    return True
