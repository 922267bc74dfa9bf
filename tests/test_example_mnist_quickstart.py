"""The MNIST example's quickstart: it is short, it learns, and it says where there is no MNIST."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mnist_example import EXAMPLE

SOURCE = EXAMPLE / "quickstart.py"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a process to which there is no torchvision, and so no MNIST."""
    (tmp_path / "torchvision.py").write_text("raise ImportError('not here')")
    paths = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}


def quickstart(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SOURCE), *arguments], capture_output=True, text=True, env=environment)


def test_it_is_a_whole_training_in_fifty_lines() -> None:
    assert len(SOURCE.read_text().splitlines()) <= 50


def test_without_mnist_it_learns_small_digits(environment: dict[str, str]) -> None:
    """In as many epochs as train.py: one, which is 10 steps, gets to 80 %."""
    ended = quickstart(environment)
    assert ended.returncode == 0, ended.stderr
    note, data, result = ended.stdout.splitlines()
    assert "ImportError: not here" in note and note.endswith("these are not MNIST results.")
    assert data.startswith("digits: 1,257 training")
    (accuracy,) = re.findall(r"^digits: test accuracy ([\d.]+)%$", result)
    assert float(accuracy) > 95


@pytest.mark.parametrize("epochs", ["0", "-1"])
def test_it_trains_at_least_once(epochs: str, environment: dict[str, str]) -> None:
    ended = quickstart(environment, "--dataset", "digits", "--epochs", epochs)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"error: --epochs must be at least 1, got {epochs}\n"


def test_ctrl_c(environment: dict[str, str], tmp_path: Path) -> None:
    """While MNIST is looked for."""
    (tmp_path / "torchvision.py").write_text("raise KeyboardInterrupt")
    ended = quickstart(environment)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "interrupted\n", "")


def test_mnist_that_is_not_to_be_had_is_one_sentence(environment: dict[str, str]) -> None:
    ended = quickstart(environment, "--dataset", "mnist")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "error: MNIST cannot be loaded, because torchvision cannot be imported: ImportError: not here\n"
    )
