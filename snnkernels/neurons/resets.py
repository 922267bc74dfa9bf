"""What a spike does to the potential."""

from __future__ import annotations

from typing import Annotated, Literal

from ..language import Value, detach
from ..ranges import Named

SubtractOrSet = Literal["subtract"] | Annotated[Value, Named(zero=0.0)]
Reset = Literal["subtract", "none"] | Annotated[Value, Named(zero=0.0)]


def after_reset(u: Value, s: Value, threshold: Value, reset: Value, detach_reset: bool) -> Value:
    """The potential u after a spike s: less the threshold, or set to a value; "none" leaves it."""
    if reset == "none":
        return u
    s = resetting(s, detach_reset)
    return u - threshold * s if reset == "subtract" else (1 - s) * u + reset * s


def resetting(s: Value, detach_reset: bool) -> Value:
    """The spike s as the reset takes it: without a gradient if `detach_reset`."""
    return detach(s) if detach_reset else s
