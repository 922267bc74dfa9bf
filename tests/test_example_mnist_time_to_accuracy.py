"""The race to a test accuracy: what is timed, what is not, and that the training is that of train.py."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
import torch
from mnist_example import QUICK, failure, interrupted_step, interruption, one_thread, run  # noqa: F401

# isort: split
import time_to_accuracy
import train
from data import load
from devices import World
from model import build_model
from time_to_accuracy import Goal
from trainer import Trainer

SMALL = ["--dataset", "digits", "--device", "cpu", "--hidden", "50"]


def test_ends_with_the_epoch_that_reaches_the_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "result.json"
    options = ["--epochs", "20", "--target", "0.6", "--engine", "reference", "--json", str(file)]
    result = time_to_accuracy.main([*SMALL, *options])
    *before, last = result.accuracies
    assert result.reached and last >= 0.6 > max(before, default=0) and len(result.accuracies) < 20
    assert 0 < result.training_seconds < result.seconds
    assert json.loads(file.read_text()) == vars(result)
    assert result.origin["engine"] == "reference"
    printed = capsys.readouterr().out
    assert f"epoch {len(result.accuracies)}: test accuracy {last:.2%}" in printed and "digits: 1,257" in printed
    assert printed.endswith(" in training steps, on cpu, engine reference\n")


def test_a_target_that_is_not_reached_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "result.json"
    message = failure(
        [*SMALL, "--epochs", "1", "--target", "1", "--json", str(file)], capsys, main=time_to_accuracy.main
    )
    assert message == "the target of 100.00% was not reached in 1 epochs"
    assert not json.loads(file.read_text())["reached"]


def test_a_result_that_cannot_be_written_is_an_error_before_the_race(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a folder that lacks is made."""
    (tmp_path / "file").touch()
    with monkeypatch.context() as patch:
        patch.setattr(time_to_accuracy, "run", None)
        message = failure(["--json", str(tmp_path / "file" / "result.json")], capsys, main=time_to_accuracy.main)
    assert message.startswith(f"error: --json {tmp_path / 'file'} cannot be written to: ")
    file = tmp_path / "new" / "result.json"
    time_to_accuracy.main([*SMALL, "--epochs", "1", "--target", "1e-9", "--json", str(file)])
    assert json.loads(file.read_text())["reached"]


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Trainer, "_step", interrupted_step)
    assert interruption(SMALL, capsys, time_to_accuracy.main) == "interrupted"


def test_the_training_is_that_of_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The warm-up leaves no trace: the accuracy is that of a run that had none."""
    with pytest.raises(SystemExit):
        time_to_accuracy.main([*SMALL, "--epochs", "1", "--target", "1", "--json", str(tmp_path / "result.json")])
    accuracies = json.loads((tmp_path / "result.json").read_text())["accuracies"]
    assert accuracies == [run(QUICK, tmp_path / "run")["test_accuracy"]]


def test_warm_up_is_not_timed_and_evaluation_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that ticks with every training step, 10, and with every evaluation, 1."""
    now, digits = 0, load("digits", Path("data"))
    step, accuracies = Trainer._step, itertools.chain([0.0], (0.25, 0.5))  # the first is the warm-up's

    def ticking_step(trainer: Trainer, *batch: object) -> object:
        nonlocal now
        now += 10
        return step(trainer, *batch)

    def ticking_accuracy(*_: object) -> float:
        nonlocal now
        now += 1
        return next(accuracies)

    monkeypatch.setattr(Trainer, "_step", ticking_step)
    monkeypatch.setattr(time_to_accuracy, "accuracy", ticking_accuracy)
    config = train.parse([*SMALL, "--epochs", "3"]).resolved("digits", "cpu")
    trainer = Trainer(config, build_model(config, 64, 10), digits.train, World(torch.device("cpu")))
    result = time_to_accuracy.race(trainer, digits, 0.5, clock=lambda: now)
    assert result.accuracies == [0.25, 0.5]
    assert result.training_seconds == 2 * 10 * trainer.steps_in_epoch
    assert result.seconds == result.training_seconds + 2


@pytest.mark.parametrize("target", ["0", "1.5"])
def test_a_target_is_an_accuracy(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--target must lie above 0" in failure(["--target", target], capsys, main=time_to_accuracy.main)
    assert Goal().target == 0.98
