"""The figures of a run over time: metrics.jsonl, and TensorBoard's files where tensorboard is installed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from checkpoint import writing
from config import RunError
from runs import RunFolder


class MetricsLog:
    """Appends a line of JSON for every call of :meth:`write`.

    position: bytes of metrics.jsonl to keep, as the checkpoint says from which the run goes on; what was written after
    it will be written again. step: of that checkpoint.
    """

    def __init__(self, folder: RunFolder, *, position: int, step: int, tensorboard: bool) -> None:
        self._path = folder.path
        self._file = folder.metrics.open("ab")
        size = self._file.tell()
        if size < position:
            self._file.close()
            raise RunError(f"{folder.metrics} has lost lines: it has {size} bytes, {position} at the checkpoint")
        self._file.truncate(position)
        self._tensorboard = _open_tensorboard(folder, step) if tensorboard else None

    def write(self, kind: str, step: int, values: dict[str, Any]) -> None:
        with writing(self._path):
            self._file.write(json.dumps({"kind": kind, "step": step, **values}).encode() + b"\n")
            self._file.flush()
            if self._tensorboard is not None:
                for name, value in _numbers(values, kind):
                    self._tensorboard.add_scalar(name, value, step)

    def position(self) -> int:
        """Bytes written so far, which are on the disk when this returns."""
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        with writing(self._path):
            self._file.close()
            if self._tensorboard is not None:
                self._tensorboard.close()


def _open_tensorboard(folder: RunFolder, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        print(f"no TensorBoard files are written ({error}): `pip install tensorboard` brings what is missing")
        return None
    return SummaryWriter(str(folder.tensorboard), purge_step=step + 1)


def _numbers(values: dict[str, Any], path: str) -> Iterator[tuple[str, float]]:
    """Every number in a nested dictionary, with its path."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{path}/{name}")
        elif isinstance(value, (int, float)):
            yield f"{path}/{name}", value
