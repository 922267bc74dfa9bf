"""Where figures come from: the machine, the engine, the versions. Results that are older than this file do not say."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

import snnkernels
from snnkernels import dispatch
from snnkernels.machine import processor


def origin(device: torch.device) -> dict[str, Any]:
    """Of what is computed on a device now, as JSON holds it. Asked for within use_backend, where that is used."""
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "cpu": str(processor()),
        "threads": torch.get_num_threads(),
        "engine": engine(device.type),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "snnkernels": snnkernels.__version__,
            "commit": commit(),
        },
    }


def engine(device: str) -> str:
    """The engine that runs on a kind of device: the one asked for, else the first in dispatch's order that can.

    On a GPU that tuning.json knows, "auto" may take another for a layer of other sizes.
    """
    requested = dispatch.requested_backend()
    return dispatch.choose(device) if requested == "auto" else requested


def commit() -> str | None:
    """Of the checkout that the example lies in, "-dirty" where something is changed; None where there is no git."""
    command = ("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
