"""The MNIST example in several processes: the same spikes and gradients as in one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from mnist_example import EXAMPLE, checkpoint, metrics, one_thread, run, start  # noqa: F401

# isort: split
import train
from devices import World

# Three steps, of 9, 9 and 1 images: of a batch one process of two gets 4 images and the other 5, of the last one none.
# The momentum of SGD is then a weighted sum of the three gradients.
ARGUMENTS = [
    *("--dataset", "digits", "--device", "cpu", "--limit", "19", "--batch-size", "9", "--gain", "2", "--shift", "1"),
    *("--optimizer", "sgd", "--learning-rate", "0.001", "--epochs", "1", "--no-tensorboard"),
]


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed")
def test_two_processes_equal_one(tmp_path: Path) -> None:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(EXAMPLE / "train.py")]
    two = start(torchrun, ARGUMENTS, tmp_path / "two")
    run(ARGUMENTS, tmp_path / "one")
    printed, errors = two.communicate()
    assert two.returncode == 0, printed + errors
    assert printed.count("test accuracy on digits") == 1 and "on cpu, 2 processes" in printed

    one, other = (checkpoint(tmp_path / name / "last.pt") for name in ("one", "two"))
    assert torch.equal(one["generator"]["now"], other["generator"]["now"])
    assert one["progress"]["step"] == other["progress"]["step"] == 3
    gradients, others = momenta(one), momenta(other)
    assert gradients.keys() == others.keys() and len(gradients) == 4
    for name, gradient in gradients.items():
        assert gradient.abs().max() > 0, name
        assert (others[name] - gradient).abs().max() <= 1e-6 * gradient.abs().max(), name
    for line, its_line in zip(metrics(tmp_path / "one"), metrics(tmp_path / "two"), strict=True):
        assert its_line["train"] == pytest.approx(line["train"], rel=1e-6)
        assert its_line["validation"]["accuracy"] == line["validation"]["accuracy"]


def momenta(state: dict[str, Any]) -> dict[int, torch.Tensor]:
    return {number: values["momentum_buffer"] for number, values in state["optimizer"]["state"].items()}


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [1, 2, 7, 128])
def test_shares_make_up_the_batch(size: int, count: int) -> None:
    """The weighted mean over processes of the means over their shares is the mean over the batch."""
    values = torch.randn(count, dtype=torch.float64)
    mean, images = 0.0, []
    for rank in range(size):
        share, weight = World(torch.device("cpu"), rank, size).share(count)
        mean += weight * values[share].mean().item() / size
        images += list(range(count))[share] if weight else []
    assert images == list(range(count))
    assert mean == pytest.approx(values.mean().item(), rel=1e-12)


def test_only_the_first_process_prints_errors(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setitem(sys.modules, "torchvision", None)
    for arguments in (["--epochs", "0"], ["--resume", "--out", str(tmp_path)]):
        with pytest.raises(SystemExit) as end:
            train.main(arguments)
        assert end.value.code in (1, 2)
    assert capsys.readouterr() == ("", "")
