"""Checkpoints: files that are whole or not there, and that say what they are."""

from __future__ import annotations

import os
import pickle
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import torch
from config import RunError

FORMAT = "snnkernels example run"
VERSION = 1


def check_folder(path: Path, option: str) -> None:
    """Make a folder, and find out before a training, and not after it, whether it can be written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise RunError(f"{option} {path} cannot be written to: {error}") from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises RunError where a file cannot be written, as on a full disk."""
    try:
        yield
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error}") from error


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of `path` at the end, whole, or not at all; then RunError says why.

    The name of the temporary file is always the same: what a killed process leaves, the next one overwrites.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with writing(path):
        try:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    """The new name is on the disk too, not only the contents."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def save_checkpoint(path: Path, contents: dict[str, Any]) -> None:
    """contents: tensors and plain values, nested."""
    with atomic_file(path) as file:
        try:
            torch.save({"format": FORMAT, "version": VERSION, **contents}, file)
        except RuntimeError as error:  # which hides that the disk is full
            raise RunError(f"{path} cannot be written: {' '.join(str(error).split())}") from error


def load_checkpoint(path: Path) -> dict[str, Any]:
    """What :func:`save_checkpoint` wrote, on the CPU. Raises RunError where that is not what the file holds."""
    if not path.is_file():
        raise RunError(f"there is no checkpoint {path}")
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # the checksums, which torch.load does not look at
        if damaged is not None:
            raise zipfile.BadZipFile(f"wrong checksum of {damaged}")
        contents = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise RunError(f"{path} is not a checkpoint of this example: it holds more than tensors and numbers") from error
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zipfile.zlib.error) as error:
        raise RunError(f"{path} is damaged, or no checkpoint: {' '.join(str(error).split())}") from error
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise RunError(f"{path} is not a checkpoint of this example: it does not say format {FORMAT!r}")
    if contents["version"] != VERSION:
        raise RunError(f"{path} is a checkpoint of version {contents['version']}; this example reads version {VERSION}")
    return contents
