"""Measurements that must end in time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping

import torch


def run_in_time(works: Mapping[str, Callable[[], object]], seconds: float) -> list[str]:
    """Run one piece of work after the other as long as there are time and memory; returns what was left out, and why.

    None is interrupted: the last may end later.
    """
    left_out = []
    deadline = time.monotonic() + seconds
    for name, work in works.items():
        if time.monotonic() > deadline:
            left_out.append(f"{name}: no time left")
            continue
        print(f"measuring {name}", file=sys.stderr)
        try:
            work()
        except torch.OutOfMemoryError:
            left_out.append(f"{name}: not enough memory")
        torch.cuda.empty_cache()
    return left_out
