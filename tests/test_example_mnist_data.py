"""The MNIST example's data: found, read, or done without; MNIST itself where SNNKERNELS_DATA names its folder."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from mnist_example import failure, one_thread, run  # noqa: F401

# isort: split
import data
import snn_against_ann

# What no server listens at: connections are refused at once.
REFUSED = "http://127.0.0.1:9/"


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch) -> Any:
    """torchvision's MNIST, whose downloads are refused: a test must not depend on the network."""
    try:
        from torchvision import datasets
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"torchvision cannot be imported: {error}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(datasets.MNIST, "mirrors", [REFUSED])
    return datasets.MNIST


def idx_files(train: int, test: int) -> dict[str, bytes]:
    """The four files of a data set in MNIST's format, by their names, of images that are as bright as their label."""
    files = {}
    for part, count in (("train", train), ("t10k", test)):
        labels = bytes(i % 10 for i in range(count))
        images = b"".join(bytes([label]) * 784 for label in labels)
        header = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (count, 28, 28))
        files[f"{part}-images-idx3-ubyte"] = header + images
        files[f"{part}-labels-idx1-ubyte"] = b"\0\0\x08\x01" + count.to_bytes(4, "big") + labels
    return files


@pytest.fixture
def small_mnist(mnist: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder like a downloaded MNIST's, of 600 and 10 images that are as bright as their label says."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    checksums = []
    for name, content in idx_files(600, 10).items():
        archive = gzip.compress(content)
        (raw / f"{name}.gz").write_bytes(archive)
        checksums.append((f"{name}.gz", hashlib.md5(archive, usedforsecurity=False).hexdigest()))
    monkeypatch.setattr(mnist, "resources", checksums)
    return tmp_path


def test_digits_are_three_sets_of_bytes(tmp_path: Path) -> None:
    digits = data.load("digits", tmp_path)
    splits = (digits.train, digits.validation, digits.test)
    assert [len(split) for split in splits] == [1_257, 180, 360]
    assert all(split.images.dtype == torch.uint8 and split.images.shape[1:] == (64,) for split in splits)
    assert digits.train.images.max() == 255
    # Counts of the whole set: nothing lost, nothing twice.
    labels = torch.cat([split.labels for split in splits])
    assert labels.bincount().tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_without_scikit_learn(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(data.DataError, match="scikit-learn, .* cannot be imported: ModuleNotFoundError: .*sklearn"):
        data.load("digits", tmp_path)


@pytest.mark.parametrize("name", ["mnist", "auto"])
def test_mnist_offline(mnist: Any, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An error for MNIST asked for by name; else the small digits, with a note that says why and that they are none."""
    reason = f"MNIST is not whole in {tmp_path}, and cannot be downloaded: .*refused"
    if name == "mnist":
        with pytest.raises(data.DataError, match=reason):
            data.load(name, tmp_path)
    else:
        digits = data.load(name, tmp_path)
        assert digits.name == "digits"
        assert re.match(reason, digits.note) and digits.note.endswith("these are not MNIST results.")
        assert capsys.readouterr().out == (
            f"{digits.note}\ndigits: 1,257 training, 180 validation and 360 test images\n"
        )


def test_a_network_that_never_answers_is_given_up(mnist: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(data, "NETWORK_TIMEOUT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:  # accepts, and says nothing
        monkeypatch.setattr(mnist, "mirrors", [f"http://127.0.0.1:{server.getsockname()[1]}/"])
        start = time.monotonic()
        with pytest.raises(data.DataError, match="cannot be downloaded: .*(no server|timed out)"):
            data.load("mnist", tmp_path)
    assert time.monotonic() - start < 10
    assert socket.getdefaulttimeout() is None


def test_auto_beside_a_broken_torchvision_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What PyPI's torchvision does beside a torch without CUDA; it is no ImportError."""
    (tmp_path / "torchvision.py").write_text('raise RuntimeError("operator torchvision::nms does not exist")')
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    assert "torchvision cannot be imported: RuntimeError: operator torchvision::nms" in data.load("auto", tmp_path).note


def test_auto_without_torchvision_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    digits = data.load("auto", tmp_path)
    assert digits.name == "digits"
    assert "torchvision cannot be imported: ModuleNotFoundError: import of torchvision halted" in digits.note


def extract(raw: Path) -> None:
    for archive in list(raw.iterdir()):
        (raw / archive.stem).write_bytes(gzip.decompress(archive.read_bytes()))
        archive.unlink()


@pytest.fixture(params=["as torchvision lays it out", "the archives alone", "extracted", "the extracted files alone"])
def layout(request: pytest.FixtureRequest, small_mnist: Path) -> Iterator[Path]:
    raw = small_mnist / "MNIST" / "raw"
    if "extracted" in request.param:
        extract(raw)
    yield raw if "alone" in request.param else small_mnist


def test_reads_mnist_and_leaves_its_folder_alone(layout: Path) -> None:
    before = sorted(layout.rglob("*"))
    digits = data.load("mnist", layout)
    assert sorted(layout.rglob("*")) == before
    assert [len(split) for split in (digits.train, digits.validation, digits.test)] == [500, 100, 10]
    for split in (digits.train, digits.validation, digits.test):
        assert torch.equal(split.images, split.labels[:, None].expand(-1, 784).byte())


@pytest.mark.parametrize(
    ("damage", "lacks"),
    [
        (lambda raw: (raw / "t10k-labels-idx1-ubyte.gz").unlink(), "t10k-labels-idx1-ubyte.gz is missing"),
        (
            lambda raw: (raw / "train-images-idx3-ubyte.gz").write_bytes(b"half"),
            "train-images-idx3-ubyte.gz has 4 bytes and a wrong checksum",
        ),
    ],
    ids=["missing", "damaged"],
)
def test_archives_that_are_not_whole(damage: Callable[[Path], object], lacks: str, small_mnist: Path) -> None:
    damage(small_mnist / "MNIST" / "raw")
    with pytest.raises(data.DataError, match=rf"is not whole in {small_mnist} \({lacks}\), and cannot be downloaded: "):
        data.load("mnist", small_mnist)


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
ANEW = "remove it and start again, which downloads it, or copy it anew"
Files = dict[str, bytes]


def other_part(files: Files) -> Files:
    """Of train and test the one for the other."""
    other = {"train": "t10k", "t10k": "train"}
    return {f"{other[name[: name.index('-')]]}{name[name.index('-') :]}": content for name, content in files.items()}


# What is wrong with extracted files of 60 training and 20 test images, and the sentence about it.
FAULTS: dict[str, tuple[Callable[[Files], Files], str]] = {
    "fewer labels": (
        lambda files: {**files, LABELS: idx_files(50, 1)[LABELS]},
        f"{{raw}}/{IMAGES} holds 60 images and {LABELS} 50 labels, where each image must have one label: replace the "
        "two by files that belong together",
    ),
    "more labels": (
        lambda files: {**files, "t10k-labels-idx1-ubyte": files[LABELS]},
        "{raw}/t10k-images-idx3-ubyte holds 20 images and t10k-labels-idx1-ubyte 60 labels, where each image must have "
        "one label: replace the two by files that belong together",
    ),
    "cut off": (
        lambda files: {**files, IMAGES: files[IMAGES][:1000]},
        f"{{raw}}/{IMAGES} has 1,000 bytes, where 60 images, of which it speaks, take 47,056: {ANEW}",
    ),
    "cut off in its beginning": (
        lambda files: {**files, LABELS: files[LABELS][:6]},
        f"{{raw}}/{LABELS} ends after 6 bytes, where 8 say what it holds: {ANEW}",
    ),
    "too long": (
        lambda files: {**files, LABELS: files[LABELS] + b"\0"},
        f"{{raw}}/{LABELS} has 69 bytes, where 60 labels, of which it speaks, take 68: {ANEW}",
    ),
    "a web page": (
        lambda files: {**files, IMAGES: b"\n<!DOCTYPE html>\n<html><title>404</title></html>"},
        f"{{raw}}/{IMAGES} holds a web page, which begins with '<!DOCTYPE html>', where images in MNIST's format are "
        f"expected: {ANEW}",
    ),
    "empty": (
        lambda files: {**files, LABELS: b""},
        f"{{raw}}/{LABELS} is empty, where labels in MNIST's format are expected: {ANEW}",
    ),
    "compressed": (
        lambda files: {**files, IMAGES: gzip.compress(files[IMAGES])},
        f"{{raw}}/{IMAGES} is compressed with gzip, where images in MNIST's format are expected: give it a name that "
        "ends in .gz, or extract it",
    ),
    "of numbers that are no bytes": (
        lambda files: {**files, LABELS: b"\0\0\x0c\x01" + files[LABELS][4:]},
        f"{{raw}}/{LABELS} begins with the bytes 00 00 0c 01, where labels in MNIST's format are expected: {ANEW}",
    ),
    "labels for images": (
        lambda files: {**files, IMAGES: files[LABELS], LABELS: files[IMAGES]},
        f"{{raw}}/{IMAGES} holds labels, where images in MNIST's format are expected: give the images and the labels "
        "each other's names",
    ),
    "images of another size": (
        lambda files: {**files, IMAGES: files[IMAGES].replace(b"\0\0\0\x1c" * 2, b"\0\0\0\x20\0\0\0\x10", 1)},
        f"{{raw}}/{IMAGES} holds images of 32x16 pixels, where 28x28 are expected: put MNIST's own there",
    ),
    "labels beyond 9": (
        lambda files: {**files, LABELS: files[LABELS][:-1] + b"\x1a"},
        f"{{raw}}/{LABELS} holds the label 26 at position 59, where labels must be 0 to 9: {ANEW}",
    ),
    "too few images": (
        lambda files: {**files, **{name: idx_files(5, 1)[name] for name in (IMAGES, LABELS)}},
        f"{{raw}}/{IMAGES} holds 5 images, where 6 or more are needed: {ANEW}",
    ),
    "test for train": (
        other_part,
        "{raw} has 20 images in the train files and 60 in the t10k files, where the train files must have the more: "
        "give the files each other's names",
    ),
}


@pytest.mark.parametrize("place", ["MNIST/raw", "."])
@pytest.mark.parametrize("fault", FAULTS)
def test_extracted_files_that_are_wrong(fault: str, place: str, mnist: Any, tmp_path: Path) -> None:
    """Found when the data is loaded, which every command does before it trains: a sentence on the file, what it is,
    what it should be, and what to do."""
    damage, sentence = FAULTS[fault]
    raw = tmp_path / place
    raw.mkdir(parents=True, exist_ok=True)
    for name, content in damage(idx_files(60, 20)).items():
        (raw / name).write_bytes(content)
    with pytest.raises(data.DataError) as raised:
        data.load("mnist", tmp_path)
    assert str(raised.value) == sentence.format(raw=raw)
    note = data.load("auto", tmp_path).note
    assert note.startswith(f"{sentence.format(raw=raw)}. Training on scikit-learn's handwritten digits instead")


def test_wrong_files_stop_a_command_before_it_trains(
    mnist: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in {**idx_files(60, 20), LABELS: idx_files(50, 20)[LABELS]}.items():
        (raw / name).write_bytes(content)
    arguments = ["--dataset", "mnist", "--data-dir", str(tmp_path), "--device", "cpu"]
    text = failure([*arguments, "--out", str(tmp_path / "run")], capsys)
    assert text == f"error: {FAULTS['fewer labels'][1].format(raw=raw)}"
    assert not list((tmp_path / "run").iterdir())
    text = failure([*arguments, "--out", str(tmp_path / "other")], capsys, snn_against_ann.main)
    assert text == f"error: {FAULTS['fewer labels'][1].format(raw=raw)}"


def test_some_extracted_files_are_missing(mnist: Any, tmp_path: Path) -> None:
    files = idx_files(60, 20)
    (tmp_path / IMAGES).write_bytes(files[IMAGES])
    lacks = ", ".join(f"{name} is missing" for name in files if name != IMAGES)
    with pytest.raises(data.DataError, match=rf"is not whole in {tmp_path} \({lacks}\), and cannot be downloaded: "):
        data.load("mnist", tmp_path)


@pytest.mark.parametrize("archives", [True, False])
def test_files_that_must_not_be_read(
    archives: bool, small_mnist: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As the system's administrator, whom nothing is refused, tests cannot take the right away: they say no instead."""
    raw = small_mnist / "MNIST" / "raw"
    if not archives:
        extract(raw)

    def refuse(path: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    path = raw / (f"{IMAGES}.gz" if archives else IMAGES)
    with pytest.raises(data.DataError) as raised:
        data.load("mnist", small_mnist)
    assert str(raised.value) == (
        f"MNIST in {small_mnist} cannot be read: PermissionError: [Errno 13] Permission denied: '{path}': make its "
        "files readable, or name another folder by --data-dir"
    )


def test_fashion_mnist_as_torchvision_lays_it_out(mnist: Any, tmp_path: Path) -> None:
    """Nothing but its name and its folder is needed; MNIST beside it is another data set."""
    for folder, train in (("FashionMNIST", 60), ("MNIST", 30)):
        raw = tmp_path / folder / "raw"
        raw.mkdir(parents=True)
        for name, content in idx_files(train, 20).items():
            (raw / name).write_bytes(content)
    for name, train in (("fashion-mnist", 50), ("mnist", 25)):
        images = data.load(name, tmp_path)
        sizes = [len(split) for split in (images.train, images.validation, images.test)]
        assert (images.name, sizes) == (name, [train, train // 5, 20])
        assert torch.equal(images.test.images, images.test.labels[:, None].expand(-1, 784).byte())
    arguments = ["--data-dir", str(tmp_path), "--hidden", "5", "--no-tensorboard", "--device", "cpu"]
    assert run(["--dataset", "fashion-mnist", *arguments], tmp_path / "run")["dataset"] == "fashion-mnist"


def test_one_of_several_processes_says_what_is_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        data.load("digits", tmp_path)
    assert capsys.readouterr().out == "digits: 1,257 training, 180 validation and 360 test images\n"


def test_a_limit_keeps_a_fifth_to_validate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, limited = data.load("digits", tmp_path), data.load("digits", tmp_path, limit=98)
    assert "digits: 98 training, 20 validation and 360 test images" in capsys.readouterr().out
    assert [len(split) for split in (limited.train, limited.validation, limited.test)] == [98, 20, 360]
    assert torch.equal(limited.train.images, whole.train.images[:98])
    assert torch.equal(limited.validation.images, whole.validation.images[:20])


@pytest.mark.skipif(
    not os.environ.get("SNNKERNELS_DATA", "").strip(), reason="SNNKERNELS_DATA names no folder with MNIST"
)
def test_mnist_is_whole() -> None:
    digits = data.load("mnist", Path(os.environ["SNNKERNELS_DATA"]))
    splits = (digits.train, digits.validation, digits.test)
    assert [tuple(split.images.shape) for split in splits] == [(50_000, 784), (10_000, 784), (10_000, 784)]
    assert all(split.images.dtype == torch.uint8 and split.labels.dtype == torch.int64 for split in splits)
    training = torch.cat((digits.train.labels, digits.validation.labels))
    assert training.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert digits.test.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
