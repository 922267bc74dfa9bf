"""The MNIST example's messages: what a user can put right is one sentence, and comes before the training."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mnist_example import QUICK, checkpoint, failure, one_thread, run  # noqa: F401

# isort: split
import evaluate
import train
from runs import load_run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--dataset minst", "'minst'"),
        ("--dataset minst", "'auto', 'mnist', 'fashion-mnist', 'digits'"),
        ("--epochs 0", "--epochs must be at least 1, got 0"),
        ("--max-steps 0", "--max-steps must be at least 1, got 0"),
        ("--limit 0", "--limit must be at least 1, got 0"),
        ("--checkpoint-every 0", "--checkpoint-every must be at least 1, got 0"),
        ("--time-steps 0", "--time-steps must be at least 1, got 0"),
        ("--eval-time-steps 0", "--eval-time-steps must be at least 1, got 0"),
        ("--batch-size -3", "--batch-size must be at least 1, got -3"),
        ("--learning-rate 0", "--learning-rate must be positive and finite, got 0.0"),
        ("--weight-decay -1", "--weight-decay must be 0 or more and finite, got -1.0"),
        ("--seed 18446744073709551616", "--seed must have 64 bits at most, got 18446744073709551616"),
        ("--shift -1", "--shift must be 0 or more, got -1"),
        ("--hidden 100 0", "--hidden must be sizes of at least 1, got (100, 0)"),
        ("--gain nan", "--gain must be positive and finite, got nan"),
        ("--beta 1.5", "--beta must lie in [0, 1], got 1.5"),
        ("--slope nan", "slope must be positive and finite, got nan"),
        ("--threshold 0", "threshold must be positive and finite, got 0.0"),
        ("--reset sometimes", "'sometimes'"),
        ("--encoding rate", "'poisson', 'latency', 'constant'"),
        ("--model resnet", "'mlp', 'conv'"),
        ("--epoch 3", "--epochs"),
    ],
)
def test_wrong_options(arguments: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in failure(arguments.split(), capsys)


def test_too_many_convolutions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*QUICK, "--model", "conv", "--channels", "2", "2", "2", "2", "--out", str(tmp_path)]
    assert failure(arguments, capsys) == (
        "error: --channels has 4 convolutions, which halve the image's side each: too many for 8x8 pixels"
    )


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


def test_fewer_gpus_than_processes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    message = failure(["--device", "cuda", "--out", str(tmp_path)], capsys)
    assert message == "error: torchrun started 2 processes here, but the number of GPUs is 1: each needs one"


def test_an_engine_that_cannot_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("snnkernels.dispatch.unusable_reason", lambda engine, device: "not built")
    message = failure([*QUICK, "--engine", "native", "--out", str(tmp_path)], capsys)
    assert message == "error: --engine native cannot run on cpu: not built"


def test_auto_without_mnist_trains_on_digits_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    summary = run(QUICK[2:], tmp_path)
    assert summary["dataset"] == "digits"
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "these are not MNIST results" in line)
    assert line == summary["note"]


@pytest.mark.parametrize(("name", "title"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")])
def test_data_that_is_not_to_be_had_is_one_sentence(
    name: str, title: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    message = failure(["--dataset", name, "--out", str(tmp_path)], capsys)
    assert message.startswith(f"error: {title} cannot be loaded, because torchvision cannot be imported: ")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished")
    run([*QUICK, "--max-steps", "2"], out)
    return out


@pytest.fixture
def unfinished(finished: Path, tmp_path: Path) -> Path:
    """The folder of a run that has not written its results."""
    for name in ("last.pt", "best.pt", "metrics.jsonl", "config.json"):
        (tmp_path / name).write_bytes((finished / name).read_bytes())
    return tmp_path


def test_resuming_what_has_ended(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = failure(["--resume", "--out", str(finished)], capsys)
    assert message == f"error: the run in {finished} has ended: its results are in {finished / 'summary.json'}"


def test_resuming_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = failure(["--resume", "--out", str(tmp_path)], capsys)
    assert message == f"error: there is no checkpoint {tmp_path / 'last.pt'}"


def test_resuming_with_other_options(unfinished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, difference in (
        (["--learning-rate", "0.1"], "was started with --learning-rate 0.001, not 0.1"),
        (["--hidden", "20", "10"], "was started with --hidden [50], not [20, 10]"),
        (["--dataset", "mnist"], "was started with --dataset digits, not mnist"),
    ):
        message = failure(["--resume", "--out", str(unfinished), *arguments], capsys)
        assert message == f"error: the run in {unfinished} {difference}"


def test_resuming_with_metrics_that_are_gone(unfinished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (unfinished / "metrics.jsonl").write_text("")
    message = failure(["--resume", "--out", str(unfinished)], capsys)
    assert f"{unfinished / 'metrics.jsonl'} has lost lines: it has 0 bytes, " in message


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.parametrize("ended", [True, False])
def test_a_run_is_not_replaced_unasked(
    ended: bool, unfinished: Path, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if ended:
        (unfinished / "summary.json").write_bytes((finished / "summary.json").read_bytes())
    before = files(unfinished)
    message = failure([*QUICK, "--out", str(unfinished)], capsys)
    assert message == (
        f"error: {unfinished} holds a run: --overwrite removes it and starts anew, --resume continues it if it has not "
        "ended, --out names another folder"
    )
    assert files(unfinished) == before
    assert run([*QUICK, "--max-steps", "1", "--overwrite"], unfinished)["history"][-1]["step"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dataset", "mnist"], "MNIST cannot be loaded"),
        (["--cuda-graph", "on"], "--cuda-graph on needs a GPU"),
        (["--model", "conv", "--channels", "2", "2", "2", "2"], "--channels has 4 convolutions"),
    ],
)
def test_a_start_that_fails_removes_no_run(
    arguments: list[str],
    message: str,
    unfinished: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    before = files(unfinished)
    assert message in failure([*QUICK, *arguments, "--overwrite", "--out", str(unfinished)], capsys)
    assert files(unfinished) == before


def _unknown_option(path: Path) -> None:
    saved = checkpoint(path)
    saved["config"]["network"]["depth"] = 3
    torch.save(saved, path)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("epoch 3")


def _other_weights(path: Path) -> None:
    torch.save({"weight": torch.ones(2)}, path)


def _whole_model(path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), path)


def _later_version(path: Path) -> None:
    torch.save({**checkpoint(path), "version": 2}, path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (_truncate, "is damaged, or no checkpoint: "),
        (_flip_a_bit, "is damaged, or no checkpoint: "),
        (_empty, "is damaged, or no checkpoint: "),
        (_text, "is damaged, or no checkpoint: "),
        (_other_weights, "is not a checkpoint of this example: it does not say format 'snnkernels example run'"),
        (_whole_model, "is not a checkpoint of this example: it holds more than tensors and numbers"),
        (_later_version, "is a checkpoint of version 2; this example reads version 1"),
    ],
)
def test_a_damaged_or_foreign_checkpoint(
    damage: Callable[[Path], None], message: str, unfinished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(unfinished / "last.pt")
    damage(unfinished / "best.pt")
    text = failure(["--resume", "--out", str(unfinished)], capsys)
    assert text.startswith(f"error: {unfinished / 'last.pt'} {message}")
    text = failure([str(unfinished)], capsys, evaluate.main)
    assert text.startswith(f"error: {unfinished / 'best.pt'} {message}")


def test_a_checkpoint_with_an_option_that_there_is_not(unfinished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _unknown_option(unfinished / "last.pt")
    _unknown_option(unfinished / "best.pt")
    for arguments, main in ((["--resume", "--out", str(unfinished)], train.main), ([str(unfinished)], evaluate.main)):
        message = failure(arguments, capsys, main)
        assert message.startswith("error: the run was started with options that this example does not know: ")
        assert "'depth'" in message


def test_evaluating_wrongly(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = tmp_path / "nowhere"
    assert failure([str(nowhere)], capsys, evaluate.main) == f"error: there is no run in {nowhere}: no such folder"
    text = failure([str(tmp_path)], capsys, evaluate.main)
    assert text == f"error: there is no checkpoint {tmp_path / 'best.pt'}"
    text = failure([str(finished), "--time-steps", "0"], capsys, evaluate.main)
    assert "--time-steps must be at least 1, got 0" in text
    assert load_run(finished).epoch == 1
