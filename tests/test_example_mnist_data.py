"""The MNIST example's data: found, read, or done without; MNIST itself where SNNKERNELS_DATA names its folder."""

from __future__ import annotations

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
from mnist_example import one_thread, run  # noqa: F401

# isort: split
import data

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


@pytest.fixture(params=["as torchvision lays it out", "the archives alone", "extracted"])
def layout(request: pytest.FixtureRequest, small_mnist: Path) -> Iterator[Path]:
    raw = small_mnist / "MNIST" / "raw"
    if request.param == "extracted":
        for archive in list(raw.iterdir()):
            (raw / archive.stem).write_bytes(gzip.decompress(archive.read_bytes()))
            archive.unlink()
    yield raw if request.param == "the archives alone" else small_mnist


def test_reads_mnist_and_leaves_its_folder_alone(layout: Path) -> None:
    before = sorted(layout.rglob("*"))
    digits = data.load("mnist", layout)
    assert sorted(layout.rglob("*")) == before
    assert [len(split) for split in (digits.train, digits.validation, digits.test)] == [500, 100, 10]
    for split in (digits.train, digits.validation, digits.test):
        assert torch.equal(split.images, split.labels[:, None].expand(-1, 784).byte())


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: (raw / "t10k-labels-idx1-ubyte.gz").unlink(),
        lambda raw: (raw / "train-images-idx3-ubyte.gz").write_bytes(b"half"),
    ],
    ids=["missing", "damaged"],
)
def test_archives_that_are_not_whole(damage: Callable[[Path], object], small_mnist: Path) -> None:
    damage(small_mnist / "MNIST" / "raw")
    with pytest.raises(data.DataError, match="is not whole in"):
        data.load("mnist", small_mnist)


def test_damaged_extracted_files(small_mnist: Path) -> None:
    raw = small_mnist / "MNIST" / "raw"
    for archive in list(raw.iterdir()):
        (raw / archive.stem).write_bytes(gzip.decompress(archive.read_bytes())[:1_000])
        archive.unlink()
    with pytest.raises(data.DataError, match="cannot be read"):
        data.load("mnist", small_mnist)


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
