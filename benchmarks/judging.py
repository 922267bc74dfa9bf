"""How a bar is judged: what it asks, and the number that it finds in rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from any_neuron import BESIDE, work_of
from contenders import COMPILED_ENGINES
from measure import Row
from memory import FRESH, WARM
from workloads import LONG_SHAPE, shape_name

Value = Callable[[Sequence[Row]], float | None]
Number = Callable[[Row], float | None]


@dataclass(frozen=True)
class Bar:
    """A number to reach, or with `at_most` not to exceed, and a better one. Without these, a number that is only shown.

    value: finds the measured number in rows; None if there is no such row.
    """

    work: str
    what: str
    value: Value
    bar: float | None = None
    stretch: float | None = None
    at_most: bool = False
    unit: str = "x"  # or "%", of fractions, or "s"

    def verdict(self, measured: float | None) -> str:
        if measured is None:
            return "not measured"
        if self.bar is None or self.stretch is None:
            return "not a bar"
        sign = -1 if self.at_most else 1
        if sign * measured >= sign * self.stretch:
            return "stretch"
        return "met" if sign * measured >= sign * self.bar else "missed"

    def written(self, number: float | None) -> str:
        if number is None:
            return ""
        return f"{number:.0%}" if self.unit == "%" else f"{number:.3g} {self.unit}"


# dtype, device and memory
Place = tuple[str, str, str]
ON_FRESH, ON_WARM, ON_GPU, ON_GPU_HALF = (
    ("float32", "cpu", FRESH),
    ("float32", "cpu", WARM),
    ("float32", "cuda", "gpu"),
    ("float16", "cuda", "gpu"),
)


def largest(number: Number, work: str, shape: str, contenders: Sequence[str], place: Place = ON_FRESH) -> Value:
    """Finds the largest of a number among the rows of some contenders."""

    def value(rows: Sequence[Row]) -> float | None:
        wanted = work, shape, *place
        found = [row for row in rows if (row.work, row.shape, row.dtype, row.device, row.memory) == wanted]
        return max((number(row) or 0 for row in found if row.contender in contenders), default=0) or None

    return value


def times_ours(work: str, shape: str, contender: str, place: Place = ON_FRESH) -> Value:
    """Finds how many times as long as ours a contender takes."""
    return largest(lambda row: row.times_ours, work, shape, [contender], place)


def of_copy(direction: str, shape: str, place: Place) -> Value:
    """Finds the fraction of copy speed of the faster of our engines."""
    return largest(share_of_copy, direction, shape, COMPILED_ENGINES, place)


def ours_per_theirs(row: Row) -> float:
    return 1 / row.times_ours


def seconds(row: Row) -> float:
    return row.ms / 1e3


def of_lif(neuron: str) -> Value:
    """Finds the share of copy speed of a neuron, as a fraction of LIF's in the same run."""

    def value(rows: Sequence[Row]) -> float | None:
        shares = (
            largest(share_of_copy, work_of(neuron), shape_name(LONG_SHAPE), names, ON_WARM)(rows)
            for names in (COMPILED_ENGINES, [BESIDE])
        )
        ours, lif = shares
        return ours / lif if ours and lif else None

    return value


def share_of_copy(row: Row) -> float | None:
    return row.fraction_of_copy


def device_times(row: Row) -> float | None:
    """Times ours by the GPU's own time, because the wall clock includes the host."""
    return row.device_ms / row.ours_device_ms if row.device_ms and row.ours_device_ms else None


def kept(row: Row) -> float | None:
    return row.kept_bytes / row.ours_kept_bytes if row.kept_bytes and row.ours_kept_bytes else None
