"""The MNIST example: training, what it leaves and prints; on small digits, and on MNIST where SNNKERNELS_DATA is."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
import torch
from mnist_example import EXAMPLE, QUICK, checkpoint, metrics, one_thread, run, start  # noqa: F401

# isort: split
import config
import data
import evaluate
import origin
import trainer
from activity import activity_warnings
from config import CodingConfig, Config, NetworkConfig, NeuronConfig
from encoding import Encoder, constant_encode, latency_encode, shift_images
from evaluation import evaluate as evaluate_model
from model import build_model, keep_in_range, spiking_layers
from runs import load_run

import snnkernels
from snnkernels import dispatch
from snnkernels.machine import processor


def test_training_on_digits_reaches_93_percent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--dataset", "digits", "--device", "cpu", "--hidden", "200", "--epochs", "10", "--batch-size", "32"]
    summary = run([*arguments, "--no-tensorboard"], tmp_path)
    assert summary["test_accuracy"] >= 0.93
    assert summary["warnings"] == []
    printed = capsys.readouterr().out
    assert f"test accuracy on digits: {summary['test_accuracy']:.2%} (T=25, as in training)" in printed
    assert "hidden1 0." in printed and "output 0." in printed and "time per epoch" in printed


def test_the_best_epoch_in_validation_is_tested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an accident in the last of three epochs; evaluate.py finds the same figures in the run."""
    end_epoch = trainer.Trainer.end_epoch

    def accident(self: trainer.Trainer) -> None:
        end_epoch(self)
        if self.finished:
            with torch.no_grad():
                for parameter in self.model.parameters():
                    parameter.neg_()

    monkeypatch.setattr(trainer.Trainer, "end_epoch", accident)
    summary = run([*QUICK, "--epochs", "3"], tmp_path)
    accuracies = [epoch["validation"]["accuracy"] for epoch in summary["history"]]
    best = accuracies.index(max(accuracies)) + 1
    assert best < 3 and (summary["best_epoch"], summary["validation_accuracy"]) == (best, max(accuracies))
    saved = load_run(tmp_path)
    assert (saved.epoch, load_run(tmp_path, "last").epoch) == (best, 3)
    capsys.readouterr()

    again = evaluate.main([str(tmp_path)])
    assert again.accuracy == summary["test_accuracy"]
    assert {name: layer.firing_rate for name, layer in again.layers.items()} == summary["firing_rates"]
    assert f"accuracy on 360 test images of digits, T=25: {again.accuracy:.2%}" in capsys.readouterr().out
    assert evaluate.main([str(tmp_path), "--split", "validation"]).accuracy == max(accuracies)
    last = evaluate.main([str(tmp_path), "--split", "validation", "--weights", "last"])
    assert last.accuracy == accuracies[-1] < max(accuracies)


def test_summary_and_config_are_complete(tmp_path: Path) -> None:
    summary = run([*QUICK, "--epochs", "2", "--seed", "3"], tmp_path)
    assert summary["dataset"] == "digits"
    assert 0 <= summary["test_accuracy"] <= 1
    assert summary["epochs"] == len(summary["history"]) == summary["config"]["optimization"]["epochs"] == 2
    assert summary["seconds_per_epoch"] > 0
    assert set(summary["firing_rates"]) == {"hidden1", "output"}
    assert all(0 < rate < 1 for rate in summary["firing_rates"].values())
    kept = json.loads((tmp_path / "config.json").read_text())
    assert kept == summary["config"] == checkpoint(tmp_path / "last.pt")["config"]
    assert kept["seed"] == 3 and kept["data"]["dataset"] == "digits" and kept["coding"]["eval_time_steps"] == 25
    assert Config.from_json(kept).to_json() == kept


def test_results_say_where_they_come_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The engine is the one that ran, be it asked for or chosen."""
    for engine, ran in (("reference", "reference"), ("auto", dispatch.choose("cpu"))):
        summary = run([*QUICK, "--engine", engine, "--time-steps", "2", "--max-steps", "2"], tmp_path / engine)
        assert summary["origin"]["engine"] == ran
        assert {"reference", ran} <= set(summary["usable_engines"])
    made = summary["origin"]
    assert (made["device"], made["threads"]) == ("cpu", 1)
    assert made["cpu"] == str(processor()) and (made["cpu"] or not Path("/proc/cpuinfo").exists())
    assert made["versions"]["torch"] == torch.__version__
    assert made["versions"]["snnkernels"] == snnkernels.__version__
    assert made["versions"]["commit"] is None or re.fullmatch("[0-9a-f]{12,}(-dirty)?", made["versions"]["commit"])
    monkeypatch.setenv("PATH", "")
    assert origin.commit() is None


def test_other_time_steps_in_evaluation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = run([*QUICK, "--time-steps", "4", "--eval-time-steps", "7"], tmp_path)
    assert (summary["time_steps"], summary["eval_time_steps"]) == (4, 7)
    assert "(T=7; training had T=4)" in capsys.readouterr().out
    assert evaluate.main([str(tmp_path)]).accuracy == summary["test_accuracy"]
    assert evaluate.main([str(tmp_path), "--time-steps", "2"]).loss != summary["test_loss"]
    assert "T=2: " in capsys.readouterr().out


def test_metrics_are_lines_of_steps_and_epochs(tmp_path: Path) -> None:
    run([*QUICK, "--epochs", "2", "--batch-size", "64"], tmp_path)  # 20 steps an epoch
    lines = metrics(tmp_path)
    assert [(line["kind"], line["step"]) for line in lines] == [
        *(("step", 10), ("step", 20), ("epoch", 20)),
        *(("step", 30), ("step", 40), ("epoch", 40)),
    ]
    assert lines[0]["learning_rate"] > lines[1]["learning_rate"] > lines[4]["learning_rate"] == 0


def test_tensorboard_has_the_same_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run(QUICK[:-1], tmp_path)
    assert "TensorBoard" not in capsys.readouterr().out
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    (value,) = events.Scalars("epoch/validation/accuracy")
    (line,) = (line for line in metrics(tmp_path) if line["kind"] == "epoch")
    assert (value.step, value.value) == (line["step"], pytest.approx(line["validation"]["accuracy"]))
    assert "epoch/validation/layers/hidden1/firing_rate" in events.Tags()["scalars"]


def test_without_tensorboard_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    run(QUICK[:-1], tmp_path)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "TensorBoard" in line)
    assert line.startswith("no TensorBoard files are written (import of torch.utils.tensorboard halted")


def test_epochs_default_to_the_data_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(config.DEFAULT_EPOCHS, "digits", 3)
    assert run([*QUICK[:-3], "--no-tensorboard"], tmp_path)["epochs"] == 3


def test_same_seed_gives_the_same_weights_in_another_process(tmp_path: Path) -> None:
    run([*QUICK, "--seed", "1"], tmp_path / "here")
    process = start([str(EXAMPLE / "train.py")], [*QUICK, "--seed", "1"], tmp_path / "there")
    output, errors = process.communicate()
    assert process.returncode == 0, output + errors
    here, there = (checkpoint(tmp_path / name / "last.pt")["model"] for name in ("here", "there"))
    assert here.keys() == there.keys()
    assert all(torch.equal(here[name], there[name]) for name in here)


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        run([*QUICK, "--seed", seed], tmp_path / seed)
    one, two = (checkpoint(tmp_path / seed / "last.pt")["model"] for seed in ("1", "2"))
    assert not any(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.parametrize(
    "arguments",
    [
        "--model conv --channels 4 8 --time-steps 6",
        "--hidden 40 30",
        "--encoding latency --gain 2",
        "--encoding constant",
        "--learn-beta --learn-threshold",
        "--reset zero --delay-reset --no-detach-reset --strict",
        "--reset -0.3 --surrogate arctan",
        "--engine reference --time-steps 6",
        "--optimizer sgd --learning-rate 0.001 --schedule none",
        "--weight-decay 0.1 --shift 1",
        "--amp",
    ],
)
def test_every_way_to_train_learns(arguments: str, tmp_path: Path) -> None:
    summary = run([*QUICK, "--epochs", "4", "--batch-size", "16", *arguments.split()], tmp_path)
    assert summary["test_accuracy"] >= 0.3, "a guess is right in 0.1 of all cases"


def test_a_run_saved_with_other_names_of_its_convolutions_loads(tmp_path: Path) -> None:
    """Checkpoints from when EachStep held its layer: `to_conv1.layer.weight` for `to_conv1.weight`."""
    arguments = ["--model", "conv", "--channels", "4", "--time-steps", "4", "--limit", "100"]
    run([*QUICK, *arguments], tmp_path)
    weights, saved = load_run(tmp_path).model.state_dict(), checkpoint(tmp_path / "best.pt")
    names = [name for name in saved["model"] if name.startswith("to_conv1.")]
    assert names == ["to_conv1.weight", "to_conv1.bias"]
    for name in names:
        saved["model"][name.replace(".", ".layer.")] = saved["model"].pop(name)
    torch.save(saved, tmp_path / "best.pt")
    again = load_run(tmp_path).model.state_dict()
    assert list(again) == list(weights) and all(torch.equal(again[name], weights[name]) for name in weights)


def test_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = run([*QUICK, "--limit", "100", "--epochs", "3", "--batch-size", "30", "--max-steps", "6"], tmp_path)
    assert "digits: 100 training, 20 validation and 360 test images" in capsys.readouterr().out
    assert summary["epochs"] == 2 and summary["history"][-1]["step"] == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gain", "1e-6"], "layer 'hidden1' is silent: 100% of its neurons never fire"),
        (["--gain", "1e-6"], "layer 'output' is silent: 100% of its neurons never fire"),
        (["--gain", "1000"], "layer 'hidden1' is saturated"),
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
    model = build_model(Config(network=NetworkConfig(hidden=(4,)), neuron=NeuronConfig(beta=0.0)), 1, 1)
    with torch.no_grad():
        model.to_hidden1.weight.copy_(torch.tensor([[0.0], [0.0], [1.0], [1.0]]))
        model.to_hidden1.bias.copy_(torch.tensor([0.0, 1.0, 0.0, 0.0]))
        model.to_output.weight.fill_(0.0)
    images = data.Split(torch.full((400, 1), 51, dtype=torch.uint8), torch.zeros(400, dtype=torch.long))
    layers = evaluate_model(model, images, Encoder(CodingConfig(time_steps=50))).layers
    assert (layers["hidden1"].silent, layers["hidden1"].saturated) == (0.25, 0.25)
    assert layers["hidden1"].firing_rate == pytest.approx((0 + 1 + 0.2 + 0.2) / 4, abs=0.01)
    assert (layers["output"].silent, layers["output"].saturated, layers["output"].firing_rate) == (1.0, 0.0, 0.0)
    assert [warning.split(":")[0] for warning in activity_warnings(layers)] == ["layer 'output' is silent"]


def test_encodings_by_hand() -> None:
    intensities = torch.tensor([[0.0, 0.01, 0.5, 1.0]])
    spikes = latency_encode(intensities, 5)
    assert spikes[:, 0].T.tolist() == [[0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0]]
    assert torch.equal(constant_encode(intensities, 3), intensities.expand(3, 1, 4))
    assert latency_encode(torch.tensor([[0.0, 0.3]]), 1).tolist() == [[[0, 1]]]


def test_shifts_are_whole_moves_of_the_image() -> None:
    image = torch.zeros(5, 5, dtype=torch.uint8)
    image[2, 2], image[0, 0] = 9, 4
    moved = shift_images(image.flatten().expand(400, 25), 2, torch.Generator().manual_seed(0)).view(400, 5, 5)
    places = {tuple((picture == 9).nonzero()[0].tolist()) for picture in moved}
    assert places == {(row, column) for row in range(5) for column in range(5)}
    for picture in moved:
        down, right = ((picture == 9).nonzero()[0] - 2).tolist()
        corner = [[down, right]] if min(down, right) >= 0 else []
        assert (picture == 4).nonzero().tolist() == corner


def test_learned_betas_and_thresholds_stay_in_range() -> None:
    model = build_model(Config(neuron=NeuronConfig(learn_beta=True, learn_threshold=True)), 4, 2)
    layers = spiking_layers(model)
    with torch.no_grad():
        layers["hidden1"].beta.fill_(1.5)
        layers["hidden1"].threshold.fill_(-1.0)
        layers["output"].beta.fill_(-0.5)
    keep_in_range(model)
    assert (layers["hidden1"].beta.item(), layers["output"].beta.item()) == (1.0, 0.0)
    assert layers["hidden1"].threshold.item() == pytest.approx(0.01)
    assert layers["output"].threshold.item() == 1.0


@pytest.mark.skipif(
    not os.environ.get("SNNKERNELS_DATA", "").strip(), reason="SNNKERNELS_DATA names no folder with MNIST"
)
def test_short_training_on_mnist_reaches_85_percent(tmp_path: Path) -> None:
    quick = ["--device", "cpu", "--hidden", "200", "--batch-size", "64", "--limit", "8000"]
    summary = run(["--dataset", "mnist", "--data-dir", os.environ["SNNKERNELS_DATA"], *quick], tmp_path)
    assert summary["dataset"] == "mnist" and summary["epochs"] == 1
    assert summary["test_accuracy"] >= 0.85
