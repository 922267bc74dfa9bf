"""How often, and for how long, torch.compile and Triton compile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch

try:
    from triton import knobs
except ModuleNotFoundError:  # a platform without Triton
    knobs = None


@dataclass
class Compilations:
    """What was compiled within a `with watch()`, and the seconds that it took in all, runs included."""

    graphs: int = 0
    kernels: int = 0
    seconds: float = 0.0

    @property
    def number(self) -> int:
        return self.graphs + self.kernels


@contextmanager
def caches_disabled() -> Iterator[None]:
    """Compile anew, not from an earlier process's cache on disk, and as often as shapes ask for it.

    torch's own limit would run a function eagerly from the ninth shape on, without a word.
    """
    with (
        torch.compiler.config.patch(force_disable_caches=True),
        torch._dynamo.config.patch(recompile_limit=64),
        knobs.compilation.scope() if knobs else nullcontext(),
    ):
        if knobs:
            knobs.compilation.always_compile = True
        yield


@contextmanager
def watch() -> Iterator[Compilations]:
    """Count compilations: torch.compile's graphs and Triton's kernels, ours and those of other libraries."""
    counted = Compilations()
    graphs, start = _graphs(), time.perf_counter()
    with _count_kernels(counted) if knobs else nullcontext():
        yield counted
    counted.seconds = time.perf_counter() - start
    counted.graphs = _graphs() - graphs


@contextmanager
def _count_kernels(counted: Compilations) -> Iterator[None]:
    """Listen to Triton's compiler: its hooks of a launch fail for a kernel that is given functions, as ours are."""
    listener = knobs.compilation.listener

    def compiled(*, cache_hit: bool, **about: Any) -> None:
        counted.kernels += not cache_hit
        if listener is not None:
            listener(cache_hit=cache_hit, **about)

    with knobs.compilation.scope():
        knobs.compilation.listener = compiled
        yield


def _graphs() -> int:
    return torch._dynamo.utils.counters["stats"]["unique_graphs"]
