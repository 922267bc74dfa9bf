"""A run of the MNIST example that ends at any moment and is resumed equals one that did not end, bit for bit."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from mnist_example import EXAMPLE, QUICK, checkpoint, metrics, one_thread, run, start  # noqa: F401

# isort: split
import interrupts
import loop
import session
import train
from checkpoint import atomic_file, load_checkpoint
from trainer import Trainer

# 13 steps an epoch, the last of 93 images; a checkpoint in the middle of an epoch and none at its end.
ARGUMENTS = [*QUICK[:-3], "--no-tensorboard", "--epochs", "3", "--batch-size", "97", "--checkpoint-every", "5"]
STEPS = 13

# Ends its own process by kill -9 in the middle of the n-th checkpoint, or after it, before it takes its place.
KILLED = """
import os, signal, sys
sys.path.insert(0, {example!r})
import torch, checkpoint, train
save, replace, count = torch.save, os.replace, [0]
def die():
    os.kill(os.getpid(), signal.SIGKILL)
def save_half(contents, file):
    count[0] += 1
    save(contents, file)
    if count[0] == {n} and not {whole}:
        file.flush()
        file.truncate(file.tell() // 2)
        die()
def replace_or_die(source, target):
    die() if count[0] == {n} else replace(source, target)
torch.save, os.replace = save_half, replace_or_die
train.main(sys.argv[1:])
"""


class Killed(Exception):
    """What ends a run in these tests."""


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("uninterrupted")
    run(ARGUMENTS, out)
    return out


def resume(out: Path) -> None:
    torch.randn(3)  # the state of torch's own generator comes from the checkpoint
    train.main(["--resume", "--out", str(out)])


def assert_same_run(out: Path, expected: Path) -> None:
    """All that a run leaves, but for the time it took and where it lies."""
    assert metrics(out) == metrics(expected)
    for name in ("last.pt", "best.pt"):
        assert_equal(checkpoint(out / name), checkpoint(expected / name), name)


def assert_equal(actual: Any, expected: Any, path: str) -> None:
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys(), path
        for key in expected.keys() - {"metrics_position", "seconds", "out", "resume"}:
            assert_equal(actual[key], expected[key], f"{path}/{key}")
    elif isinstance(expected, list):
        assert len(actual) == len(expected), path
        for i, (one, other) in enumerate(zip(actual, expected, strict=True)):
            assert_equal(one, other, f"{path}/{i}")
    elif isinstance(expected, torch.Tensor):
        assert torch.equal(actual, expected), path
    else:
        assert actual == expected, path


def _fail_at(call: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which from its call of that number on raises Killed instead."""
    calls = 0

    def wrapped(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls >= call:
            raise Killed
        return function(*arguments, **options)

    return wrapped


@pytest.mark.parametrize(
    ("place", "name", "call"),
    [
        pytest.param(Trainer, "_step", 1, id="before the first step"),
        pytest.param(Trainer, "_step", 3, id="before the first checkpoint"),
        pytest.param(Trainer, "_step", 18, id="in the middle of an epoch"),
        pytest.param(Trainer, "_step", STEPS + 1, id="between epochs"),
        pytest.param(loop, "evaluate", 2, id="in validation"),
        pytest.param(loop, "save_checkpoint", 2, id="instead of a checkpoint"),
        pytest.param(loop, "save_checkpoint", 5, id="between best.pt and last.pt"),
        pytest.param(session, "evaluate", 1, id="in the test"),
    ],
)
def test_resumed_equals_uninterrupted(
    place: Any, name: str, call: int, uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, name, _fail_at(call, getattr(place, name)))
        with pytest.raises(Killed):
            run(ARGUMENTS, tmp_path)
    assert not (tmp_path / "summary.json").exists()
    resume(tmp_path)
    assert_same_run(tmp_path, uninterrupted)


def test_resumed_again_and_again(uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every 7 steps, from checkpoints 5 steps apart: every resumption starts at another place."""
    resumptions = 0
    arguments = ARGUMENTS
    while not (tmp_path / "summary.json").exists():
        with monkeypatch.context() as patch:
            patch.setattr(Trainer, "_step", _fail_at(8, Trainer._step))
            try:
                run(arguments, tmp_path)
            except Killed:
                arguments = ["--resume"]
                resumptions += 1
    assert resumptions >= 5
    assert_same_run(tmp_path, uninterrupted)


@pytest.mark.parametrize("whole", [False, True])
def test_kill_9_during_a_checkpoint(whole: bool, uninterrupted: Path, tmp_path: Path) -> None:
    """Of the fourth, in the middle of its file or just before it takes its place: the third is still there, whole."""
    script = KILLED.format(example=str(EXAMPLE), n=4, whole=whole)
    process = start(["-c", script], ARGUMENTS, tmp_path)
    output, errors = process.communicate()
    assert process.returncode == -signal.SIGKILL, output + errors
    assert (tmp_path / ".last.pt.tmp").exists() or (tmp_path / ".best.pt.tmp").exists()
    assert load_checkpoint(tmp_path / "last.pt")["progress"]["step"] == 10
    resume(tmp_path)
    assert_same_run(tmp_path, uninterrupted)
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_resume(
    number: signal.Signals,
    uninterrupted: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The signal comes within a step, which is finished first."""
    step = Trainer._step

    def interrupted_step(trainer: Trainer, *arguments: Any) -> Any:
        if trainer.progress.step == 16:
            os.kill(os.getpid(), number)
        return step(trainer, *arguments)

    handler = signal.getsignal(number)
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", interrupted_step)
        with pytest.raises(SystemExit) as end:
            run(ARGUMENTS, tmp_path)
    assert end.value.code == 130 and signal.getsignal(number) is handler
    assert f"--resume --out {tmp_path}" in capsys.readouterr().out
    assert load_checkpoint(tmp_path / "last.pt")["progress"]["step"] == 17
    resume(tmp_path)
    assert_same_run(tmp_path, uninterrupted)


def test_the_second_ctrl_c_ends_at_once() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background starts without one
    with pytest.raises(KeyboardInterrupt), interrupts.Interrupts() as requests:
        assert not requests.requested
        os.kill(os.getpid(), signal.SIGINT)
        assert requests.requested
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(1)  # the signal comes before its end


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), atomic_file(path) as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    with atomic_file(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new" and list(tmp_path.iterdir()) == [path]


LIMITED = """
import resource, sys
sys.path.insert(0, {example!r})
import train
resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes}, resource.RLIM_INFINITY))
train.main(sys.argv[1:])
"""


def test_a_disk_that_is_full(tmp_path: Path, uninterrupted: Path) -> None:
    """There is room for the first checkpoint, which has no momenta yet, and none for the second."""
    script = LIMITED.format(example=str(EXAMPLE), bytes=40_000)
    process = start(["-c", script], ARGUMENTS, tmp_path)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert errors.startswith(f"error: {tmp_path / 'last.pt'} cannot be written: ") and len(errors.splitlines()) == 1
    assert not list(tmp_path.glob(".*.tmp"))
    assert load_checkpoint(tmp_path / "last.pt")["progress"]["step"] == 0
    resume(tmp_path)
    assert_same_run(tmp_path, uninterrupted)


def test_tensorboard_goes_on_without_gaps_or_repeats(
    uninterrupted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", _fail_at(25, Trainer._step))
        with pytest.raises(Killed):
            run([*ARGUMENTS, "--tensorboard"], tmp_path)
    resume(tmp_path)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    expected = [
        (line["step"], pytest.approx(line["loss"])) for line in metrics(uninterrupted) if line["kind"] == "step"
    ]
    assert [(event.step, event.value) for event in events.Scalars("step/loss")] == expected
