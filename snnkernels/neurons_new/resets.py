"""What a spike does to the potential."""

from __future__ import annotations

from ..language import Value


def after_reset(u: Value, s: Value, threshold: Value, reset: Value) -> Value:
    """The potential u after s spikes.

    reset: "subtract" takes the threshold off for each spike, "zero" sets the potential to 0, "none" leaves it, and a
    value sets the potential to that value.
    """
    if not isinstance(reset, str):
        return (1 - s) * u + reset * s
    if reset == "subtract":
        return u - threshold * s
    return (1 - s) * u if reset == "zero" else u
