"""What was measured to be the fastest on a GPU: the engine of a scan, and how the Triton engine cuts it.

The measurements are one table, tuning.json, which `make gpu-tune` writes. For every GPU, by its name, it has a row for
each size of an element and each class of sizes. A row has the milliseconds of every engine (forward, backward and
launches together) and of every tiling (forward and backward separately), and the fastest is chosen. If there is no
row, as for float64, dispatch.py's order of engines holds, and the tiling depends on the size of an element alone.

Nothing here asks the device anything while it works, because a lookup may be part of a CUDA graph.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch

# Sizes that are measured. Each stands for a class: all up to twice its size, and the last for all beyond it.
ITEM_BYTES = (2, 4)
NEURONS = tuple(4**power for power in range(5, 12))
STEPS = (8, 64)

# The first entry of a row is chosen, unless another is faster by more than the noise of a measurement.
_NOISE = 1.03

FILE = Path(__file__).with_name("tuning.json")

TABLE: dict[str, Any] = json.loads(FILE.read_text())


class Sizes(NamedTuple):
    """The properties of a scan on which the choice depends."""

    device: torch.device
    item_bytes: int
    neurons: int
    steps: int

    def representative(self) -> Sizes:
        """The sizes that are measured in place of these."""
        neurons, steps = _representative(self.neurons, NEURONS), _representative(self.steps, STEPS)
        return Sizes(self.device, self.item_bytes, neurons, steps)


@dataclass(frozen=True)
class Choice:
    """What is fastest for a scan: an engine, or None if that was not measured, and the names of Triton's tilings."""

    engine: str | None = None
    forward: str = "full"
    backward: str = "full"


# Where nothing was measured, by bytes of an element. Half of the neurons a thread, with more loads in flight, were as
# fast on an H200 as all of them or up to 1.6 times as fast, at each size tried (docs/performance.md); float64 has no
# registers for that.
_UNMEASURED = {2: Choice(None, "half", "half"), 4: Choice(None, "half", "half"), 8: Choice()}

_forced: Choice | None = None  # by use_tilings


def choice(sizes: Sizes) -> Choice:
    """What is fastest for a scan."""
    return _choice(sizes.representative())


def forced() -> Choice | None:
    """The choice that use_tilings forces now, or None."""
    return _forced


def engine(sizes: Sizes) -> str | None:
    """The engine that is fastest for a scan, or None if that was not measured.

    torch.compile follows this: it compiles anew for another class of sizes, and only on a GPU that was measured.
    """
    return _engine(*sizes.representative()) if _is_measured(sizes.device) else None


def _representative(size: int, measured: Sequence[int]) -> int:
    """The measured size that stands for a size."""
    for representative in measured[:-1]:
        if size <= 2 * representative:
            return representative
    return measured[-1]


@contextmanager
def use_tilings(forward: str, backward: str) -> Iterator[None]:
    """Make Triton cut every scan of the process by these tilings inside a with statement, to measure them."""
    global _forced
    previous, _forced = _forced, Choice(None, forward, backward)
    try:
        yield
    finally:
        _forced = previous


def fastest(times: Mapping[str, float]) -> str:
    """The name of the first time that is the shortest, or longer by no more than noise."""
    return next(name for name, time in times.items() if time <= _NOISE * min(times.values()))


def constant(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function whose result torch.compile takes for a constant, without tracing it. It does what
    torch.compiler.assume_constant_result does, but that would import the compiler for every user of the package."""
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


@constant
def _is_measured(device: torch.device) -> bool:
    return bool(_rows(device))


@constant
def _engine(*sizes: Any) -> str | None:
    """The engine for Sizes, which the compiler passes as single values."""
    return _choice(Sizes(*sizes)).engine


@cache
def _choice(sizes: Sizes) -> Choice:
    """What is fastest for these sizes, which must be measured ones."""
    for row in _rows(sizes.device):
        if (row["item_bytes"], row["neurons"], row["steps"]) == sizes[1:]:
            usual = _UNMEASURED[sizes.item_bytes]
            forward, backward = _tiling(row["forward"], usual.forward), _tiling(row["backward"], usual.backward)
            return Choice(fastest(row["engines"]), forward, backward)
    return _UNMEASURED[sizes.item_bytes]


def _tiling(times: Mapping[str, float], usual: str) -> str:
    """The fastest tiling of a row. It is the usual one if "full" is fastest and the row leaves out the usual one.

    The two are then the same at the sizes of the row, but may differ for larger layers of the class.
    """
    name = fastest(times)
    return usual if name == "full" and usual not in times else name


@cache
def _rows(device: torch.device) -> Sequence[Mapping[str, Any]]:
    """The rows of a device, or of one of the same architecture; those of a CPU are for tests."""
    name, architecture = _identity(device)
    alike = (gpu for gpu in TABLE.values() if gpu["compute_capability"] == architecture)
    return (TABLE.get(name) or next(alike, {"rows": ()}))["rows"]


def _identity(device: torch.device) -> tuple[str, str | None]:
    """A device's name and its compute capability."""
    if device.type != "cuda":
        return device.type, None
    properties = torch.cuda.get_device_properties(device)
    return properties.name, f"{properties.major}.{properties.minor}"
