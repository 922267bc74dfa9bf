"""The ranges of neurons' parameters, and parametrizations that keep learned ones inside them."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus


class Range(NamedTuple):
    """Where the values of a parameter belong. Both ends are finite, or only the low one, or none.

    A value that is not positive is an error where 0 is the only end; any other range is one that values may leave.
    """

    low: float = -math.inf
    high: float = math.inf

    @property
    def positive(self) -> bool:
        return self == (0.0, math.inf)

    @property
    def bounded(self) -> bool:
        return math.isfinite(self.low)

    def __str__(self) -> str:
        return f"in ({self.low:g}, {self.high:g})" if math.isfinite(self.high) else f"above {self.low:g}"


class InRange(nn.Module):
    """A parametrization (torch.nn.utils.parametrize): any number becomes one of a range that is bounded.

    A sigmoid where both ends are finite, else a softplus, which grows as its argument does and overflows at none.
    """

    def __init__(self, range: Range) -> None:
        super().__init__()
        self.range = range

    def forward(self, free: Tensor) -> Tensor:
        low, high = self.range
        if math.isfinite(high):
            return (low + (high - low) * free.sigmoid()).clamp(low, high)
        above = softplus(free, threshold=40.0)  # from where on it is its argument, in float64 too
        return low + (above + torch.finfo(free.dtype).tiny)  # never 0, which the softplus becomes

    def right_inverse(self, value: Tensor) -> Tensor:
        """In float64, so that a value comes back to the last bits."""
        low, high = self.range
        above = value.double() - low
        if math.isfinite(high):
            return torch.logit(above / (high - low)).to(value.dtype)
        return (above + torch.log(-torch.expm1(-above))).to(value.dtype)

    def extra_repr(self) -> str:
        return str(self.range)
