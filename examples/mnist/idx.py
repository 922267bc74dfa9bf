"""MNIST's files, read and checked: what does not fit together is found before a training, not in its result."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import torch
from config import RunError
from torch import Tensor

# What a file begins with: the type of its numbers, bytes, and how many sizes follow.
_BEGINNINGS = {"images": b"\0\0\x08\x03", "labels": b"\0\0\x08\x01"}
_IMAGE_SIZE = (28, 28)
_CLASSES = 10
_ANEW = "remove it and start again, which downloads it, or copy it anew"


class DataError(RunError):
    """A data set is not to be had; the text says why."""


def read_halves(folder: Path, ending: str = "") -> list[tuple[Tensor, Tensor]]:
    """The training and the test images of a folder, each with their labels: uint8 `[N, 784]`, int64 `[N]`.

    ending: ".gz" for the archives, "" for what is extracted from them. Raises DataError where a file is not in MNIST's
    format, or does not fit to another, OSError where it cannot be read.
    """
    # a sixth of the training images are held out, to validate
    halves = [_read_half(folder, part, ending, least) for part, least in (("train", 6), ("t10k", 1))]
    train, test = (len(labels) for _, labels in halves)
    if train < test:
        raise DataError(
            f"{folder} has {train:,} images in the train files and {test:,} in the t10k files, where the train files "
            "must have the more: give the files each other's names"
        )
    return halves


def _read_half(folder: Path, part: str, ending: str, least: int) -> tuple[Tensor, Tensor]:
    image_file, label_file = folder / f"{part}-images-idx3-ubyte{ending}", folder / f"{part}-labels-idx1-ubyte{ending}"
    images, labels = _read(image_file, "images", _IMAGE_SIZE), _read(label_file, "labels", ())
    if len(images) != len(labels):
        raise DataError(
            f"{image_file} holds {len(images):,} images and {label_file.name} {len(labels):,} labels, where each image "
            "must have one label: replace the two by files that belong together"
        )
    if len(images) < least:
        raise DataError(f"{image_file} holds {len(images)} images, where {least} or more are needed: {_ANEW}")
    if labels.max() >= _CLASSES:
        index = int(labels.argmax())
        raise DataError(
            f"{label_file} holds the label {labels[index]} at position {index:,}, where labels must be 0 to "
            f"{_CLASSES - 1}: {_ANEW}"
        )
    return images.flatten(1), labels.long()


def _read(path: Path, kind: str, size: tuple[int, ...]) -> Tensor:
    """uint8 `[N, *size]`."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{path} cannot be decompressed ({error}): {_ANEW}") from error
    if content[:4] != _BEGINNINGS[kind]:
        found, remedy = _what_it_is(content)
        raise DataError(f"{path} {found}, where {kind} in MNIST's format are expected: {remedy}")
    start = 4 * (2 + len(size))
    if len(content) < start:
        raise DataError(f"{path} ends after {len(content)} bytes, where {start} say what it holds: {_ANEW}")
    count, *sizes = (int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    expected = start + count * math.prod(size)
    if tuple(sizes) != size:
        found_size, expected_size = ("x".join(map(str, each)) for each in (sizes, size))
        raise DataError(
            f"{path} holds {kind} of {found_size} pixels, where {expected_size} are expected: put MNIST's own there"
        )
    if len(content) != expected:
        raise DataError(
            f"{path} has {len(content):,} bytes, where {count:,} {kind}, of which it speaks, take {expected:,}: {_ANEW}"
        )
    if count == 0:
        raise DataError(f"{path} holds no {kind}: {_ANEW}")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=start, count=expected - start).view(-1, *size)


def _what_it_is(content: bytes) -> tuple[str, str]:
    """What a file is that does not begin as it should, and what is to be done."""
    for kind, beginning in _BEGINNINGS.items():
        if content[:4] == beginning:
            return f"holds {kind}", "give the images and the labels each other's names"
    if not content:
        return "is empty", _ANEW
    if content[:2] == b"\x1f\x8b":
        return "is compressed with gzip", "give it a name that ends in .gz, or extract it"
    if content.lstrip()[:1] == b"<":
        line = content.lstrip()[:40].split(b"\n")[0].decode("ascii", "replace")
        return f"holds a web page, which begins with {line!r}", _ANEW
    return f"begins with the bytes {content[:4].hex(' ')}", _ANEW
