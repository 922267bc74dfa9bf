"""Images in ten classes, whole on the device as bytes: MNIST and Fashion-MNIST, or scikit-learn's small digits."""

from __future__ import annotations

import hashlib
import queue
import socket
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import torch
from devices import rank
from idx import DataError, read_halves
from torch import Tensor

CLASSES = 10

# A network that has not answered by then is taken for none.
NETWORK_TIMEOUT_SECONDS = 5.0

# The validation images are the same in every run, whatever its seed: accuracies on them can be compared.
_SPLIT_SEED = 0


@dataclass(frozen=True)
class Split:
    """images: uint8 `[N, pixels]`, 0 to 255; labels: int64 `[N]`."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: Tensor | slice) -> Split:
        return Split(self.images[index], self.labels[index])

    def to(self, device: torch.device) -> Split:
        return Split(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Digits:
    """A data set in three parts: to train on, to choose settings by, and to test once.

    note: what a reader of the results must know; most often nothing.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    note: str = ""

    def to(self, device: torch.device) -> Digits:
        return Digits(self.name, self.train.to(device), self.validation.to(device), self.test.to(device), self.note)

    def __str__(self) -> str:
        sizes = f"{len(self.train):,} training, {len(self.validation):,} validation and {len(self.test):,} test images"
        return f"{self.note}\n{self.name}: {sizes}".lstrip()


def load(dataset: str, data_dir: Path, limit: int | None = None) -> Digits:
    """Load "mnist", "fashion-mnist", "digits", or, for "auto", the first of MNIST and digits that is to be had.

    Prints which it is, so that every command does. limit: keep so many images to train on, and a fifth of that to
    validate. Raises DataError where there is no data.
    """
    digits = _load(dataset, data_dir)
    if limit is not None:
        train, validation = digits.train.take(slice(limit)), digits.validation.take(slice(-(-limit // 5)))
        digits = Digits(digits.name, train, validation, digits.test, digits.note)
    if rank() == 0:
        print(digits)
    return digits


def _load(dataset: str, data_dir: Path) -> Digits:
    if dataset == "digits":
        return _load_small_digits()
    if dataset == "fashion-mnist":
        return _load_torchvision("fashion-mnist", "FashionMNIST", data_dir)
    try:
        return _load_torchvision("mnist", "MNIST", data_dir)
    except DataError as error:
        if dataset == "mnist":
            raise
        note = (
            f"{error}. Training on scikit-learn's handwritten digits instead (1,797 images of 8x8 pixels): "
            "these are not MNIST results."
        )
        return _load_small_digits(note)


def _load_small_digits(note: str = "") -> Digits:
    """UCI's optical digits, in scikit-learn's package: 8x8 pixels of 17 grey levels; 1,257 / 180 / 360 images."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise DataError(
            f"{note} But scikit-learn, which brings them, cannot be imported: {_one_line(error)}".lstrip()
        ) from error
    images, labels = load_digits(return_X_y=True)
    everything = Split((torch.as_tensor(images) * (255 / 16)).round().byte(), torch.as_tensor(labels).long())
    rest, test = _hold_out(everything, 360)
    train, validation = _hold_out(rest, 180)
    return Digits("digits", train, validation, test, note)


def _load_torchvision(name: str, kind: str, data_dir: Path) -> Digits:
    """MNIST and its kin, with 50,000 / 10,000 / 10,000 images: a sixth of those meant for training is held out."""
    everything, test = _torchvision_splits(kind, data_dir)
    train, validation = _hold_out(everything, len(everything) // 6)
    return Digits(name, train, validation, test)


def _hold_out(split: Split, count: int) -> tuple[Split, Split]:
    """Everything but `count` images chosen at random, and those."""
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(_SPLIT_SEED))
    return split.take(order[count:]), split.take(order[:count])


def _torchvision_splits(name: str, data_dir: Path) -> tuple[Split, Split]:
    """The training and test images of torchvision.datasets.<name>: from data_dir, else downloaded into it."""
    try:
        from torchvision import datasets
    except (ImportError, OSError, RuntimeError) as error:  # RuntimeError: torchvision built for another torch
        raise DataError(
            f"{name} cannot be loaded, because torchvision cannot be imported: {_one_line(error)}"
        ) from error
    kind = getattr(datasets, name)
    try:
        splits = _read_local(kind, data_dir)
    except OSError as error:
        raise DataError(
            f"{name} in {data_dir.absolute()} cannot be read: {_one_line(error)}: make its files readable, or name "
            "another folder by --data-dir"
        ) from error
    if splits is not None:
        return splits
    try:
        _download(kind, data_dir)
        return _splits(_folders(kind, data_dir)[0])
    except (HTTPException, OSError, RuntimeError) as error:
        lacks = _what_lacks(kind, data_dir)
        raise DataError(
            f"{name} is not whole in {data_dir.absolute()}{lacks}, and cannot be downloaded: {_one_line(error)}"
        ) from error


def _read_local(kind: type, data_dir: Path) -> tuple[Split, Split] | None:
    """Read the archives of a torchvision data set, or the files extracted from them, or return None where either lacks.

    The archives come first: they have checksums, which what an interrupted extraction leaves has not.
    """
    for folder in _folders(kind, data_dir):
        if all(_is_whole(folder / name, md5) for name, md5 in kind.resources):
            return _splits(folder, ".gz")
    for folder in _folders(kind, data_dir):
        if all((folder / name).with_suffix("").is_file() for name, _ in kind.resources):
            return _splits(folder)
    return None


def _is_whole(archive: Path, md5: str) -> bool:
    return archive.is_file() and hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest() == md5


def _folders(kind: type, data_dir: Path) -> tuple[Path, Path]:
    """Where the files may lie: first as torchvision lays them out."""
    return data_dir / kind.__name__ / "raw", data_dir


def _splits(folder: Path, ending: str = "") -> tuple[Split, Split]:
    train, test = (Split(images, labels) for images, labels in read_halves(folder, ending))
    return train, test


def _what_lacks(kind: type, data_dir: Path) -> str:
    """Which files are missing or damaged, in parentheses, where others of them are there."""
    for folder in _folders(kind, data_dir):
        archives = {folder / name: md5 for name, md5 in kind.resources}
        extracted = [path.with_suffix("") for path in archives]
        if any(path.is_file() for path in archives):
            lacking = [path for path, md5 in archives.items() if not _is_whole(path, md5)]
            return f" ({', '.join(_what_is_wrong(path) for path in lacking)})"
        if any(path.is_file() for path in extracted):
            return f" ({', '.join(_what_is_wrong(path) for path in extracted if not path.is_file())})"
    return ""


def _what_is_wrong(path: Path) -> str:
    size = f"has {path.stat().st_size:,} bytes and a wrong checksum" if path.is_file() else "is missing"
    return f"{path.name} {size}"


def _download(kind: type, data_dir: Path) -> None:
    """Download and extract a torchvision data set."""
    smallest = kind.resources[-1][0]
    _check_reachable([mirror + smallest for mirror in kind.mirrors])
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(NETWORK_TIMEOUT_SECONDS)  # torchvision sets none: a dead connection would hang for ever
    try:
        kind(data_dir, download=True)
    finally:
        socket.setdefaulttimeout(previous)


def _check_reachable(urls: Sequence[str]) -> None:
    """Raise OSError unless one of the urls answers in time; asked in threads, as name resolution knows no timeout."""
    answers: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

    def ask(url: str) -> None:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=NETWORK_TIMEOUT_SECONDS):
                answers.put(None)
        except (OSError, HTTPException) as error:
            answers.put(error)

    for url in urls:
        threading.Thread(target=ask, args=(url,), daemon=True).start()
    deadline = time.monotonic() + NETWORK_TIMEOUT_SECONDS
    reasons = []
    for _ in urls:
        try:
            error = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError(f"no server answered within {NETWORK_TIMEOUT_SECONDS:g} s") from None
        if error is None:
            return
        reasons.append(_one_line(error))
    raise OSError(f"no server can be reached ({'; '.join(dict.fromkeys(reasons))})")


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
