"""The study of several seeds: what it trains, resumes and adds up."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest
from mnist_example import QUICK, failure, interrupted_step, interruption, one_thread  # noqa: F401

# isort: split
import study
from trainer import Trainer


def test_three_seeds_and_their_mean(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Interrupted in the second seed and started again: it is resumed, and the first is not trained again."""
    monkeypatch.setitem(study.RECIPES, "mlp", " ".join(QUICK))
    arguments = ["--out", str(tmp_path), "--batch-size", "64", "--checkpoint-every", "3"]
    step, calls = Trainer._step, 0

    def killed_step(trainer: Trainer, *batch: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 26:
            raise MemoryError
        return step(trainer, *batch)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", killed_step)
        with pytest.raises(MemoryError):
            study.main(arguments)
    capsys.readouterr()
    result = study.main(arguments)
    printed = capsys.readouterr().out
    assert printed.count("python examples/mnist/train.py") == 2 and printed.count("continues after step 3 of 20") == 1
    accuracies = [
        json.loads((tmp_path / f"mlp-seed{seed}" / "summary.json").read_text())["test_accuracy"] for seed in (0, 1, 2)
    ]
    assert result == json.loads((tmp_path / "study.json").read_text()) | {"seeds": (0, 1, 2)}
    assert result["test_accuracies"] == accuracies
    assert [made["device"] for made in result["origins"]] == ["cpu"] * 3
    assert result["mean"] == pytest.approx(sum(accuracies) / 3)
    assert result["standard_deviation"] == pytest.approx(statistics.stdev(accuracies)) and len(set(accuracies)) > 1
    assert f"3 seeds: {result['mean']:.2%} ± {result['standard_deviation']:.2%}" in printed

    message = failure([*arguments, "--learning-rate", "0.1"], capsys, study.main)
    assert message == (
        f"error: the run in {tmp_path / 'mlp-seed0'} was started with --learning-rate 0.001, not 0.1; "
        "--out names another folder"
    )


def test_ctrl_c_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(study.RECIPES, "mlp", " ".join(QUICK))
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", interrupted_step)
        said = interruption(["--seeds", "0", "--out", str(tmp_path)], capsys, study.main)
    assert said == "interrupted; start the same command again to continue"
    assert study.main(["--seeds", "0", "--out", str(tmp_path)])["test_accuracies"]


def test_a_study_without_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--seeds needs at least one value" in failure(["--seeds"], capsys, study.main)


def test_a_damaged_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = tmp_path / "mlp-seed0" / "summary.json"
    summary.parent.mkdir()
    summary.write_text('{"config": ')
    message = failure(["--seeds", "0", "--out", str(tmp_path)], capsys, study.main)
    assert message.startswith(f"error: {summary} is damaged: ")
