"""The ranges of neurons' parameters, annotations that say them, and parametrizations that keep learned ones inside."""

from __future__ import annotations

import math
from typing import Annotated, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus


class Range(NamedTuple):
    """The range of a parameter's values. Both ends are finite, or only the low one, or none.

    If 0 is the only finite end, a value that is not positive is an error. Values may leave any other range.
    """

    low: float = -math.inf
    high: float = math.inf

    @property
    def positive(self) -> bool:
        """Whether 0 is the only finite end."""
        return self == (0.0, math.inf)

    @property
    def bounded(self) -> bool:
        """Whether an end is finite."""
        return math.isfinite(self.low)

    def __str__(self) -> str:
        return f"in ({self.low:g}, {self.high:g})" if math.isfinite(self.high) else f"above {self.low:g}"


class Named:
    """Words that stand for numbers, in the annotation of a parameter: `Annotated[Any, Named(zero=0.0)]`."""

    def __init__(self, **numbers: float) -> None:
        self.numbers = numbers


Decay = Annotated[Any, Range(0.0, 1.0)]
Positive = Annotated[Any, Range(0.0)]


class InRange(nn.Module):
    """A parametrization (torch.nn.utils.parametrize) that maps any number into a bounded range.

    It is a sigmoid if both ends are finite, else a softplus, which grows like its argument and never overflows.
    """

    def __init__(self, range: Range) -> None:
        super().__init__()
        self.range = range

    def forward(self, free: Tensor) -> Tensor:
        low, high = self.range
        if math.isfinite(high):
            return (low + (high - low) * free.sigmoid()).clamp(low, high)
        above = softplus(free, threshold=40.0)  # beyond 40 it equals its argument, in float64 too
        return low + (above + torch.finfo(free.dtype).tiny)  # the softplus can underflow to 0, this cannot

    def right_inverse(self, value: Tensor) -> Tensor:
        """Computed in float64, so that a value comes back to the last bits."""
        low, high = self.range
        above = value.double() - low
        if math.isfinite(high):
            return torch.logit(above / (high - low)).to(value.dtype)
        return (above + torch.log(-torch.expm1(-above))).to(value.dtype)

    def extra_repr(self) -> str:
        return str(self.range)
