"""Warm and fresh memory, and how much of it a call takes.

"fresh" is torch's default: glibc gives large blocks back to the system, and the next call touches new pages. "warm" is
glibc told to keep what it has, as a training loop with a caching allocator does (jemalloc and tcmalloc are near it).
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable
from pathlib import Path

import torch

from snnkernels import empty_cache

FRESH, WARM = "fresh", "warm"
MEMORIES = (FRESH, WARM)

_STATUS = Path("/proc/self/status")

# Results held at once to see what one takes.
_HELD = 5

# mallopt's numbers, from glibc's malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4


def keep_memory() -> None:
    """Make this process's memory warm, for good: glibc takes no block from the system by itself, and gives none back.

    The same as MALLOC_MMAP_MAX_=0 and MALLOC_TRIM_THRESHOLD_=2147483647 in the environment. Raises RuntimeError where
    the C library is not glibc.
    """
    if not _glibc():
        raise RuntimeError("warm memory needs glibc, whose allocator is told to keep it")
    libc = ctypes.CDLL(None)
    if not (libc.mallopt(_M_MMAP_MAX, 0) and libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)):
        raise RuntimeError("glibc's mallopt refused to keep memory")


def peak_bytes(call: Callable[[], object], device: str) -> int | None:
    """Memory that a call holds at its peak besides what was there: torch's on a GPU, resident pages on a CPU.

    None on a CPU where Linux does not tell.
    """
    return _peak_on_gpu(call) if device == "cuda" else _peak_resident(call)


def available_bytes(device: str) -> int | None:
    """Memory that is free for the asking; None on a CPU where Linux does not tell."""
    if device == "cuda":
        return torch.cuda.mem_get_info()[0]
    info = Path("/proc/meminfo")
    return _field_bytes(info, "MemAvailable") if info.exists() else None


def kept_bytes(call: Callable[[], object], device: str) -> int | None:
    """Memory that the result of a call holds, what it needs for backward included; None where Linux does not tell.

    That of one call more while the results of others are held: what allocators keep by themselves is used up then.
    """
    if device != "cuda":
        if not _STATUS.exists():
            return None
        empty_cache()
    held = [call() for _ in range(_HELD)]
    before = _held_bytes(device)
    held += [call() for _ in range(_HELD)]
    return (_held_bytes(device) - before) // _HELD


def _held_bytes(device: str) -> int:
    if device == "cuda":
        return torch.cuda.memory_allocated()
    if _glibc():
        ctypes.CDLL(None).malloc_trim(0)
    return _field_bytes(_STATUS, "VmRSS")


def _peak_on_gpu(call: Callable[[], object]) -> int:
    call()  # what is made at the first call, as cuBLAS makes its workspace, is no part of it
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    call()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before


def _peak_resident(call: Callable[[], object]) -> int | None:
    clear = Path("/proc/self/clear_refs")
    if not _glibc() or not clear.exists():
        return None
    call()  # what is loaded or cached at the first call is no part of it
    empty_cache()
    ctypes.CDLL(None).malloc_trim(0)
    try:
        clear.write_text("5")  # the peak starts anew from what is resident now
    except OSError:
        return None
    before = _field_bytes(_STATUS, "VmRSS")
    call()
    return max(0, _field_bytes(_STATUS, "VmHWM") - before)


def _field_bytes(path: Path, name: str) -> int:
    return next(int(line.split()[1]) * 1024 for line in path.read_text().splitlines() if line.startswith(f"{name}:"))


def _glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
