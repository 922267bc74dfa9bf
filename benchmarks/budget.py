"""Measurements that must end in time."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Mapping

import torch

FAILED = "FAILED"


def run_in_time(works: Mapping[str, Callable[[], object]], seconds: float) -> list[str]:
    """Run one piece of work after the other as long as there are time and memory; returns what was left out, and why.

    None is interrupted: the last may end later. Nor does one that raises take what the others measured with it; what is
    said of it begins with FAILED.
    """
    left_out = []
    deadline = time.monotonic() + seconds
    for name, work in works.items():
        if time.monotonic() > deadline:
            left_out.append(f"{name}: no time left")
            continue
        print(f"measuring {name}", file=sys.stderr)
        try:
            torch.cuda.empty_cache()
            work()
        except torch.OutOfMemoryError:
            left_out.append(f"{name}: not enough memory")
        except Exception as error:  # of a library's kernels, of compilers, of drivers
            traceback.print_exc()
            said = str(error).strip().partition("\n")[0]
            left_out.append(f"{FAILED} {name}: {type(error).__name__}: {said}")
    return left_out
