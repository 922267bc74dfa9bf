"""What the tests of the MNIST example share: its modules, a quick training, its errors, its saved runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

EXAMPLE = Path(__file__).parents[1] / "examples" / "mnist"
sys.path.insert(0, str(EXAMPLE))
for package in ("sklearn", "tqdm", "tyro"):
    pytest.importorskip(package, reason=f"the example needs {package}")

import train  # noqa: E402

QUICK = ["--dataset", "digits", "--device", "cpu", "--hidden", "50", "--epochs", "1", "--no-tensorboard"]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these train slower on many threads, most of all where others use the cores too.

    Also those that a module's fixtures train.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def run(arguments: Sequence[str], out: Path) -> dict[str, Any]:
    """Run the command here; return its summary."""
    train.main([*arguments, "--out", str(out)])
    return json.loads((out / "summary.json").read_text())


def start(script: Sequence[str], arguments: Sequence[str], out: Path, **options: Any) -> subprocess.Popen[str]:
    """Run the command in a process of its own, with one thread. script: what comes after `python`."""
    return subprocess.Popen(
        [sys.executable, *script, *arguments, "--out", str(out)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def failure(arguments: Sequence[str], capsys: pytest.CaptureFixture[str], main: Any = train.main) -> str:
    """Run a command, which must end with an error, and return that in one line, without the frame tyro draws."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code not in (0, None)
    text = end.value.code if isinstance(end.value.code, str) else capsys.readouterr().err
    return " ".join("".join(c for c in text if c not in "│╭╮╰╯─").split())


def interruption(arguments: Sequence[str], capsys: pytest.CaptureFixture[str], main: Any = train.main) -> str:
    """Run a command to which Ctrl-C comes, and return the last line that it prints."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 130
    return capsys.readouterr().out.splitlines()[-1]


def interrupted_step(*_: object) -> Any:
    """In place of Trainer._step: as if Ctrl-C came in it, for the second time where the first is noted."""
    raise KeyboardInterrupt


def metrics(out: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl, without the time that training took."""
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        line.get("train", {}).pop("seconds", None)
    return lines


def checkpoint(path: Path) -> dict[str, Any]:
    return torch.load(path, weights_only=True)
