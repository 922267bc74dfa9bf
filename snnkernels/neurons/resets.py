"""What a spike does to the potential."""

from __future__ import annotations

from typing import Annotated, Literal

from ..language import Value
from ..ranges import Named

SubtractOrSet = Literal["subtract"] | Annotated[Value, Named(zero=0.0)]
Reset = Literal["subtract", "none"] | Annotated[Value, Named(zero=0.0)]


def after_reset(u: Value, s: Value, threshold: Value, reset: Value) -> Value:
    """The potential u after a spike s: less the threshold, or set to a value; "none" leaves it."""
    if reset == "none":
        return u
    return u - threshold * s if reset == "subtract" else (1 - s) * u + reset * s
