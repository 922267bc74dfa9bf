"""How kernels are launched: in Triton's own way once, then as compiled. No GPU is needed, and none is used."""

from __future__ import annotations

import importlib.util
import os
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

pytestmark = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")


def test_launches() -> None:
    """Those of triton_launches.py, where Triton compiles instead of interpreting."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "triton_launches.py"]
    environment = os.environ | {"TRITON_INTERPRET": "0"}
    result = subprocess.run(command, cwd=Path(__file__).parent, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_another_device_is_made_current(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not already."""
    from snnkernels.engines.triton_launch import Launcher

    current, log = [0], []

    class Device:
        def __init__(self, device: torch.device) -> None:
            self.index, self.before = device.index, current[0]

        def __enter__(self) -> None:
            log.append(self.index)
            current[0] = self.index

        def __exit__(self, *_: Any) -> None:
            current[0] = self.before

    class Kernel:
        arg_names = ["x", "y", "SIZE"]

        def __getitem__(self, grid: tuple[int, ...]) -> Any:
            return lambda *arguments, **options: log.append((current[0], grid[0], arguments[1:]))

    def tensor(index: int) -> Any:
        here = torch.zeros(3)
        return SimpleNamespace(device=torch.device("cuda", index), new_empty=here.new_empty, data_ptr=here.data_ptr)

    monkeypatch.setattr(torch.cuda, "current_device", lambda: current[0])
    monkeypatch.setattr(torch.cuda, "device", Device)
    launcher = Launcher(Kernel(), {"SIZE": 7}, [torch.empty(3, device="meta")], 5, 4)
    for index in (0, 1):
        here = tensor(index)
        (output,) = launcher.run(here, [here], ())
        assert log.pop() == (index, 5, (output, 7)) and current == [0]
    assert log == [1]


def test_numbers_are_told_apart_by_their_bits() -> None:
    """0.0 and -0.0 are equal; integers that Triton would compile anew for are not made."""
    from snnkernels.engines.triton_launch import halves

    zero, negative = halves([0.0]), halves([-0.0])
    assert zero != negative and halves([0.0]) == zero
    for number in (0.0, -0.0, 1.0, 1 / 3, float("inf"), 5e-324):
        upper, lower = halves([number])
        assert all(half % 2 == 1 and 2**31 <= half < 2**63 for half in (upper, lower))
        bits = (upper >> 1 & 0xFFFFFFFF) << 32 | lower >> 1 & 0xFFFFFFFF
        assert struct.pack(">Q", bits) == struct.pack(">d", number)
