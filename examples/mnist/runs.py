"""The folder of a run: what lies in it, and how to get a trained network out of it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from checkpoint import load_checkpoint
from config import Config, RunError
from data import CLASSES, Digits, load
from encoding import Encoder
from model import Build, build_model
from torch import Tensor, nn


@dataclass(frozen=True)
class RunFolder:
    """The files of a run."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.json"

    @property
    def metrics(self) -> Path:
        """One JSON object a line: `"kind": "step"` every few steps, `"kind": "epoch"` at the end of each epoch."""
        return self.path / "metrics.jsonl"

    @property
    def best(self) -> Path:
        """The checkpoint at the end of the epoch with the highest validation accuracy."""
        return self.path / "best.pt"

    @property
    def last(self) -> Path:
        """The latest checkpoint: where --resume continues."""
        return self.path / "last.pt"

    @property
    def summary(self) -> Path:
        """The results, once the run has ended."""
        return self.path / "summary.json"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    def holds_run(self) -> bool:
        """Something that cost a training."""
        return any(path.exists() for path in (self.best, self.last, self.summary))

    def unfinished(self) -> bool:
        """There is a run to continue."""
        return self.last.exists() and not self.summary.exists()

    def clear(self) -> None:
        """Remove a run, and nothing else that may lie there."""
        for path in (self.config, self.metrics, self.best, self.last, self.summary):
            path.unlink(missing_ok=True)
        if self.tensorboard.exists():
            shutil.rmtree(self.tensorboard)

    def read_summary(self) -> dict[str, Any]:
        return _parsed(self.summary, self.summary.read_text())

    def read_metrics(self) -> list[dict[str, Any]]:
        """All lines of metrics.jsonl."""
        return [_parsed(self.metrics, line) for line in self.metrics.read_text().splitlines()]

    def history(self) -> list[dict[str, Any]]:
        """The line of each epoch."""
        return [line for line in self.read_metrics() if line["kind"] == "epoch"]


def _parsed(path: Path, text: str) -> dict[str, Any]:
    """JSON that lies in a file. Raises RunError where it is none."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise RunError(f"{path} is damaged: {error}") from error


class Run:
    """A run that was saved: its settings, network and data.

    model: the network with the run's weights, in eval mode, on `device`; data: loaded when first asked for.
    """

    def __init__(self, folder: RunFolder, checkpoint: dict[str, Any], device: torch.device, build: Build) -> None:
        self.folder, self.device = folder, device
        self.config = Config.from_json(checkpoint["config"])
        self.epoch: int = checkpoint["progress"]["epoch"]
        self.model: nn.Module = build(self.config, checkpoint["pixels"], CLASSES)
        self.model.load_state_dict(checkpoint["model"])
        self.model.to(device).eval()

    @cached_property
    def data(self) -> Digits:
        """The images that the run saw, on its device; its data set from its folder, or set `data_dir` in load_run."""
        return load(self.config.data.dataset, self.config.data.data_dir, self.config.data.limit).to(self.device)

    def encode(self, images: Tensor, seed: int = 0, time_steps: int | None = None) -> Tensor:
        """Images, uint8 `[B, pixels]`, as the run's evaluation gives them to the network: `[T, B, pixels]`.

        time_steps: instead of the run's. The same seed gives the same spikes.
        """
        encoder = Encoder(self.config.coding, time_steps or self.config.coding.eval_time_steps)
        return encoder(images, torch.Generator(self.device).manual_seed(seed))


def load_run(
    folder: str | Path,
    which: Literal["best", "last"] = "best",
    *,
    device: str | torch.device = "cpu",
    data_dir: Path | None = None,
    build: Build = build_model,
) -> Run:
    """The run in a folder, with the weights of its best epoch or its latest checkpoint.

    data_dir: where the data is now, if not where it was; build: what made the network. Raises RunError where there is
    no such run.
    """
    files = RunFolder(Path(folder))
    if not files.path.is_dir():
        raise RunError(f"there is no run in {folder}: no such folder")
    checkpoint = load_checkpoint(files.best if which == "best" else files.last)
    if data_dir is not None:
        checkpoint["config"]["data"]["data_dir"] = str(data_dir)
    return Run(files, checkpoint, torch.device(device), build)
