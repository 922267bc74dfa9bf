"""The MNIST example: training, its summary, its messages; on small digits, and on MNIST where SNNKERNELS_DATA is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
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
from model import SpikingMLP  # noqa: E402
from training import evaluate  # noqa: E402

QUICK = ["--dataset", "digits", "--device", "cpu", "--hidden", "50", "--epochs", "1"]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these train slower on many threads, most of all where others use the cores too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


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


def test_auto_without_mnist_trains_on_digits_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    summary = run(QUICK[2:], tmp_path)
    assert summary["dataset"] == "digits"
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "these are not MNIST results" in line)
    assert line == summary["note"]


def test_mnist_that_is_not_to_be_had_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    message = failure(["--dataset", "mnist", "--out", str(tmp_path)], capsys)
    assert message.startswith("error: MNIST cannot be loaded, because torchvision cannot be imported: ")


@pytest.mark.skipif("SNNKERNELS_DATA" not in os.environ, reason="SNNKERNELS_DATA names no folder with MNIST")
def test_short_training_on_mnist_reaches_85_percent(tmp_path: Path) -> None:
    quick = ["--device", "cpu", "--hidden", "200", "--batch-size", "64", "--limit", "8000"]
    summary = run(["--dataset", "mnist", "--data-dir", os.environ["SNNKERNELS_DATA"], *quick], tmp_path)
    assert summary["dataset"] == "mnist" and summary["epochs"] == 1
    assert summary["test_accuracy"] >= 0.85
