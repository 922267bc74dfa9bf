"""What a measurement was made with: versions, machine, allocator, commit."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

import torch
from timing import call_clock, copy_call

import snnkernels
from snnkernels.machine import processor

ROOT = Path(__file__).resolve().parents[1]

# The other libraries, as they are called on PyPI.
PEERS = ("snntorch", "spikingjelly", "norse", "sinabs")

# Settings of glibc's allocator, or of another one: they decide whether outputs are in fresh memory.
_ALLOCATOR_VARIABLES = [
    "GLIBC_TUNABLES",
    "LD_PRELOAD",
    "MALLOC_MMAP_MAX_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TRIM_THRESHOLD_",
]

# How many bytes a copy moves to measure the machine's speed: more than any cache holds.
_COPIED_BYTES = 2**28


def describe(device: str) -> dict[str, Any]:
    """All that a reader needs to judge, or repeat, a measurement on a kind of device."""
    return {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "snnkernels": snnkernels.__version__,
        "torch": torch.__version__,
        "triton": _version("triton"),
        "peers": {name: _version(name) for name in PEERS},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": asdict(processor()),
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "copy_gb_per_second": round(copy_speed(device) / 1e9, 1),
        "allocator": {name: os.environ[name] for name in _ALLOCATOR_VARIABLES if name in os.environ} or "default",
        "commit": _output("git", "-C", str(ROOT), "rev-parse", "HEAD"),
        "uncommitted_changes": _uncommitted_changes(),
        "gpu": gpu() if device == "cuda" else None,
    }


def copy_speed(device: str) -> float:
    """Bytes a second, read and written, of a large torch copy between warm buffers, by all of torch's threads."""
    call, clock = copy_call(_COPIED_BYTES, device), call_clock(device)
    return _COPIED_BYTES / median(clock(call, 1) for _ in range(9))


def gpu() -> dict[str, Any]:
    """The current CUDA device."""
    properties = torch.cuda.get_device_properties(torch.cuda.current_device())
    query = ("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")
    return {
        "name": properties.name,
        "compute_capability": f"{properties.major}.{properties.minor}",
        "memory_gib": round(properties.total_memory / 2**30, 1),
        "multiprocessors": properties.multi_processor_count,
        "cuda": torch.version.cuda,
        "driver": (_output(*query) or "").partition("\n")[0] or None,
    }


def machine_key() -> str:
    """The name of this machine's file of results: "amd-25-17-2-cpus".

    It has the processor's numbers, because two that are called "AMD EPYC" can differ by a factor. If the numbers are
    not known, it has the processor's name.
    """
    found = processor()
    numbered = found.family is not None and found.model is not None
    name = f"{found.vendor} {found.family} {found.model}" if numbered else found.name
    return slug(f"{name} {os.cpu_count()} cpus")


def slug(name: str) -> str:
    """A device's name as the name of a file: "NVIDIA H200 NVL" gives "nvidia-h200-nvl"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _uncommitted_changes() -> bool | None:
    """Whether the measured code differs from its commit; None outside a git checkout."""
    changes = _output("git", "-C", str(ROOT), "status", "--porcelain", "--", "snnkernels", "csrc", "benchmarks/**.py")
    return None if changes is None else changes != ""


def _output(*command: str) -> str | None:
    """What a command prints, or None if the command does not exist or fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
