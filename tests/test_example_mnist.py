"""The MNIST example, on small digits that need no network; on MNIST itself where SNNKERNELS_DATA names its folder."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

EXAMPLE = Path(__file__).parents[1] / "examples" / "mnist"
sys.path.insert(0, str(EXAMPLE))
for package in ("sklearn", "tqdm", "tyro"):
    pytest.importorskip(package, reason=f"the example needs {package}")

import data  # noqa: E402
import train  # noqa: E402
from activity import activity_warnings  # noqa: E402
from config import Config  # noqa: E402
from model import SpikingMLP  # noqa: E402
from training import evaluate  # noqa: E402

QUICK = ["--dataset", "digits", "--device", "cpu", "--hidden", "50", "--epochs", "1"]

# What no server listens at: connections are refused at once.
REFUSED = "http://127.0.0.1:9/"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these train slower on many threads, most of all where others use the cores too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch) -> Any:
    """torchvision's MNIST, whose downloads are refused: a test must not depend on the network."""
    try:
        from torchvision import datasets
    except (ImportError, OSError, RuntimeError) as error:
        pytest.skip(f"torchvision cannot be imported: {error}")
    monkeypatch.setattr(datasets.MNIST, "mirrors", [REFUSED])
    return datasets.MNIST


@pytest.fixture
def small_mnist(mnist: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder like a downloaded MNIST's, of 5,020 and 10 images that are as bright as their label says."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    resources = []
    for part, count in (("train", 5_020), ("t10k", 10)):
        labels = bytes(i % 10 for i in range(count))
        images = b"".join(bytes([label]) * 784 for label in labels)
        header = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (count, 28, 28))
        resources.append((f"{part}-images-idx3-ubyte.gz", header + images))
        resources.append((f"{part}-labels-idx1-ubyte.gz", b"\0\0\x08\x01" + count.to_bytes(4, "big") + labels))
    checksums = []
    for name, content in resources:
        archive = gzip.compress(content)
        (raw / name).write_bytes(archive)
        checksums.append((name, hashlib.md5(archive, usedforsecurity=False).hexdigest()))
    monkeypatch.setattr(mnist, "resources", checksums)
    return tmp_path


def run(arguments: list[str], out: Path) -> dict[str, Any]:
    """Run the command here; return its summary."""
    train.main([*arguments, "--out", str(out)])
    return json.loads((out / "summary.json").read_text())


def failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run the command, which must end with an error, and return that in one line, without the frame tyro draws."""
    with pytest.raises(SystemExit) as end:
        train.main(arguments)
    assert end.value.code not in (0, None)
    text = end.value.code if isinstance(end.value.code, str) else capsys.readouterr().err
    return " ".join("".join(c for c in text if c not in "│╭╮╰╯─").split())


def load_weights(out: Path) -> dict[str, torch.Tensor]:
    return torch.load(out / "weights.pt", weights_only=True)


def test_training_on_digits_reaches_93_percent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--dataset", "digits", "--device", "cpu", "--hidden", "200", "--epochs", "10", "--batch-size", "32"]
    summary = run(arguments, tmp_path)
    assert summary["test_accuracy"] >= 0.93
    assert summary["warnings"] == []
    printed = capsys.readouterr().out
    assert f"test accuracy on digits: {summary['test_accuracy']:.2%}" in printed
    assert "hidden 0." in printed and "output 0." in printed and "time per epoch" in printed

    weights = load_weights(tmp_path)
    model = SpikingMLP(64, 200, 10, beta=summary["config"]["beta"], slope=2.0, gain=1.0)
    model.load_state_dict(weights)
    again = evaluate(model, data.load("digits", tmp_path).test, summary["config"]["time_steps"])
    assert again.accuracy == summary["test_accuracy"]
    assert {name: layer.firing_rate for name, layer in again.layers.items()} == summary["firing_rates"]


def test_summary_is_complete(tmp_path: Path) -> None:
    summary = run([*QUICK[:-1], "2", "--seed", "3"], tmp_path)
    assert summary["dataset"] == "digits"
    assert 0 <= summary["test_accuracy"] <= 1
    assert summary["epochs"] == len(summary["history"]) == summary["config"]["epochs"] == 2
    assert summary["seconds_per_epoch"] > 0
    assert set(summary["firing_rates"]) == {"hidden", "output"}
    assert all(0 < rate < 1 for rate in summary["firing_rates"].values())
    assert summary["config"]["seed"] == 3
    assert summary["history"][-1]["validation"]["accuracy"] == summary["validation_accuracy"]
    assert summary["versions"]["torch"] == torch.__version__


def test_epochs_default_to_the_data_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(train.DEFAULT_EPOCHS, "digits", 3)
    assert run(QUICK[:-2], tmp_path)["epochs"] == 3


def test_same_seed_gives_the_same_weights_in_another_process(tmp_path: Path) -> None:
    torch.set_num_threads(2)
    run([*QUICK, "--seed", "1"], tmp_path / "here")
    command = [sys.executable, str(EXAMPLE / "train.py"), *QUICK, "--seed", "1", "--out", str(tmp_path / "there")]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    here, there = load_weights(tmp_path / "here"), load_weights(tmp_path / "there")
    assert here.keys() == there.keys()
    assert all(torch.equal(here[name], there[name]) for name in here)


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        run([*QUICK, "--seed", seed], tmp_path / seed)
    one, two = load_weights(tmp_path / "1"), load_weights(tmp_path / "2")
    assert not any(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gain", "1e-6"], "layer 'hidden' is silent: 100% of its neurons never fire"),
        (["--gain", "1e-6"], "layer 'output' is silent: 100% of its neurons never fire"),
        (["--gain", "1000"], "layer 'hidden' is saturated"),
    ],
)
def test_warns_of_silent_and_saturated_layers(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = run([*QUICK, *arguments, "--learning-rate", "1e-9"], tmp_path)
    assert any(message in warning for warning in summary["warnings"])
    assert f"warning: {message}" in capsys.readouterr().out


def test_activity_is_counted_per_neuron() -> None:
    """Of four neurons one never fires, one fires at every step, and two at one step in five."""
    model = SpikingMLP(1, 4, 1, beta=0.0, slope=2.0, gain=1.0)
    with torch.no_grad():
        model.to_hidden.weight.copy_(torch.tensor([[0.0], [0.0], [1.0], [1.0]]))
        model.to_hidden.bias.copy_(torch.tensor([0.0, 1.0, 0.0, 0.0]))
        model.to_output.weight.fill_(0.0)
    images = data.Split(torch.full((400, 1), 51, dtype=torch.uint8), torch.zeros(400, dtype=torch.long))
    layers = evaluate(model, images, 50).layers
    assert (layers["hidden"].silent, layers["hidden"].saturated) == (0.25, 0.25)
    assert layers["hidden"].firing_rate == pytest.approx((0 + 1 + 0.2 + 0.2) / 4, abs=0.01)
    assert (layers["output"].silent, layers["output"].saturated, layers["output"].firing_rate) == (1.0, 0.0, 0.0)
    assert [warning.split(":")[0] for warning in activity_warnings(layers)] == ["layer 'output' is silent"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "minst"], "'minst'"),
        (["--dataset", "minst"], "'auto', 'mnist', 'digits'"),
        (["--epochs", "0"], "--epochs must be at least 1, got 0"),
        (["--time-steps", "0"], "--time-steps must be at least 1, got 0"),
        (["--batch-size", "-3"], "--batch-size must be at least 1, got -3"),
        (["--learning-rate", "0"], "--learning-rate must be positive and finite, got 0.0"),
        (["--slope", "nan"], "--slope must be positive and finite, got nan"),
        (["--beta", "1.5"], "--beta must lie in [0, 1], got 1.5"),
        (["--epoch", "3"], "--epochs"),
    ],
)
def test_wrong_options(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in failure(arguments, capsys)


def test_unwritable_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "run"
    assert f"error: --out {out} cannot be written to: " in failure([*QUICK, "--out", str(out)], capsys)


def test_a_gpu_asked_for_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    message = failure(["--device", "cuda", "--out", str(tmp_path)], capsys)
    assert message.startswith(f"error: --device cuda asks for a GPU, but torch {torch.__version__} ")


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


def test_mnist_offline_is_an_error(mnist: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--dataset", "mnist", "--data-dir", str(tmp_path / "data"), "--out", str(tmp_path)]
    message = failure(arguments, capsys)
    assert message.startswith(f"error: MNIST is not whole in {tmp_path / 'data'}, and cannot be downloaded: ")
    assert "refused" in message


def test_auto_offline_trains_on_digits_and_says_so(
    mnist: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = run(["--data-dir", str(tmp_path / "data"), *QUICK[2:]], tmp_path)
    assert summary["dataset"] == "digits"
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "these are not MNIST results" in line)
    assert line == summary["note"]
    assert "refused" in line


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
        for archive in raw.iterdir():
            (raw / archive.stem).write_bytes(gzip.decompress(archive.read_bytes()))
            archive.unlink()
    yield raw if request.param == "the archives alone" else small_mnist


def test_reads_mnist_and_leaves_its_folder_alone(layout: Path) -> None:
    before = sorted(layout.rglob("*"))
    digits = data.load("mnist", layout)
    assert sorted(layout.rglob("*")) == before
    assert [len(split) for split in (digits.train, digits.validation, digits.test)] == [20, 5_000, 10]
    for split in (digits.train, digits.validation, digits.test):
        assert torch.equal(split.images, split.labels[:, None].expand(-1, 784).byte())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda raw: (raw / "t10k-labels-idx1-ubyte.gz").unlink(), "is not whole in"),
        (lambda raw: (raw / "train-images-idx3-ubyte.gz").write_bytes(b"half"), "is not whole in"),
    ],
)
def test_damaged_archives(damage: Callable[[Path], None], message: str, small_mnist: Path) -> None:
    damage(small_mnist / "MNIST" / "raw")
    with pytest.raises(data.DataError, match=message):
        data.load("mnist", small_mnist)


def test_damaged_extracted_files(small_mnist: Path) -> None:
    raw = small_mnist / "MNIST" / "raw"
    for archive in list(raw.iterdir()):
        (raw / archive.stem).write_bytes(gzip.decompress(archive.read_bytes())[:1_000])
        archive.unlink()
    with pytest.raises(data.DataError, match="cannot be read"):
        data.load("mnist", small_mnist)


@pytest.fixture(scope="module")
def real_mnist() -> data.Digits:
    if "SNNKERNELS_DATA" not in os.environ:
        pytest.skip("SNNKERNELS_DATA names no folder with MNIST; training was tested on scikit-learn's digits")
    return data.load("mnist", Path(os.environ["SNNKERNELS_DATA"]))


def test_mnist_is_whole(real_mnist: data.Digits) -> None:
    splits = (real_mnist.train, real_mnist.validation, real_mnist.test)
    assert [tuple(split.images.shape) for split in splits] == [(55_000, 784), (5_000, 784), (10_000, 784)]
    assert all(split.images.dtype == torch.uint8 and split.labels.dtype == torch.int64 for split in splits)
    training = torch.cat((real_mnist.train.labels, real_mnist.validation.labels))
    assert training.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert real_mnist.test.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_short_training_on_mnist_reaches_85_percent(
    real_mnist: data.Digits, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(train, "load", lambda dataset, data_dir: real_mnist)
    summary = train.run(Config(dataset="mnist", device="cpu", out=tmp_path, hidden=200, batch_size=64, limit=8_000))
    assert summary["dataset"] == "mnist" and summary["epochs"] == 1
    assert summary["test_accuracy"] >= 0.85
