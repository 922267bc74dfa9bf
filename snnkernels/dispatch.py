"""Which engine runs on which device, and why. Nothing else in the package knows machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from . import engines, tuning
from .tuning import Sizes
from .warn import warn_once

ENGINES = ("reference", "native", "triton")

# The fastest first, for sizes that tuning.py has no measurement of. Any other device runs the reference engine.
_PREFERENCE = {"cpu": ("native", "reference"), "cuda": ("native", "triton", "reference")}

# Which neurons an engine has on a kind of device, if it does not have all.
_NEURONS = {("native", "cuda"): "lif"}

# Steps between the states kept for backward. The replay of so many steps fits the first-level cache, or registers.
_CHECKPOINT_INTERVAL = {"cpu": 16, "cuda": 8}

# (outputs, firing rate): in layers of so many outputs or more, the event-driven product is faster than the dense one up
# to this rate. With few outputs, packing and lists of events cost more than they save. Measured on two machines
# (docs/performance.md); these are the lower rates, but below 64 outputs those for spikes that are packed already.
_EVENT_LIMITS = ((1, 0.05), (32, 0.1), (64, 0.18), (128, 0.26), (512, 0.35))

# What "auto" means: by the environment, then by each use_backend that has not ended, the innermost last.
_requests = [[os.environ.get("SNNKERNELS_BACKEND", "").strip() or "auto"]]


@dataclass(frozen=True)
class Backend:
    """An engine on a kind of device.

    Attributes:
        engine: "reference", "native" or "triton".
        device: the kind of device, "cpu" or "cuda", or "any".
        usable: whether the engine can run there.
        reason: why it cannot run there, or "".
        neurons: which neurons it has there, "any" or "lif".
    """

    engine: str
    device: str
    usable: bool
    reason: str
    neurons: str = "any"


def backends() -> list[Backend]:
    """Every engine on every kind of device that it is written for.

    On a GPU the native engine has the neurons of lif alone, and Triton runs all others.
    """
    pairs = [("reference", "any"), ("native", "cpu"), ("native", "cuda"), ("triton", "cuda"), ("triton", "cpu")]
    reasons = [unusable_reason(engine, device) for engine, device in pairs]
    return [
        Backend(engine, device, reason is None, reason or "", _NEURONS.get((engine, device), "any"))
        for (engine, device), reason in zip(pairs, reasons, strict=True)
    ]


@contextmanager
def requesting(backend: str) -> Iterator[None]:
    """Make "auto" mean `backend` inside a with statement, for the whole process."""
    request = [backend]
    _requests.append(request)
    try:
        yield
    finally:  # found by identity, because threads need not end in the order in which they began
        _requests[:] = [other for other in _requests if other is not request]


def requested_backend() -> str:
    """What "auto" stands for: the engine of the innermost use_backend, else SNNKERNELS_BACKEND as it was at import."""
    return _requests[-1][0]


def choose(device: torch.device | str, sizes: Sizes | None = None, parts: tuple[str, ...] = ()) -> str:
    """The fastest engine that can run on a device.

    sizes: of the scan; they count if scans of these sizes were measured; parts: the key of the variant to run, and the
    name of its surrogate.
    """
    device = torch.device(device)
    measured = tuning.engine(sizes) if device.type == "cuda" and sizes is not None else None
    preference = _PREFERENCE.get(device.type, ("reference",))
    order = preference if measured is None else (measured, *preference)
    engine = next(engine for engine in order if unusable_reason(engine, device, parts) is None)
    if engine == "reference" and len(order) > 1:
        others = [engine for engine in preference if engine != "reference"]
        reasons = "; ".join([f"{engine}: {unusable_reason(engine, device, parts)}" for engine in others])
        _warn_of_reference(device.type, reasons)
    return engine


@tuning.constant
def _warn_of_reference(device: str, reasons: str) -> None:
    """Warn once: otherwise a user would notice the slow engine only by the time that it takes."""
    warn_once(f"on {device} snnkernels runs its reference engine, which is slow ({reasons})")


def unusable_reason(engine: str, device: torch.device | str, parts: tuple[str, ...] = ()) -> str | None:
    """Why an engine cannot run on a device, or None if it can. "cuda" is the current GPU.

    parts: the key of a variant that it has to run, and the name of its surrogate.
    """
    if engine == "reference":
        return None
    return engines.unusable_reason(engine, torch.device(device), parts)


def checkpoint_interval(device: str) -> int:
    """Steps between two states that are kept for backward."""
    return _CHECKPOINT_INTERVAL[device]


def event_limit(product: str, outputs: int) -> float:
    """The firing rate up to which a layer of so many outputs multiplies spikes by event; 1 for always."""
    if product == "events":
        return 1.0
    limit = 0.0
    for least, rate in _EVENT_LIMITS:
        if outputs >= least:
            limit = rate
    return limit


def keeps_float64(device: torch.device) -> bool:
    """Whether the device can hold a float64 tensor with values."""
    return device.type not in ("meta", "mps")
