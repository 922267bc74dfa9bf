"""The MNIST example's comparison of a spiking with an artificial network, and its guide to what goes wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "mnist"))
for package in ("sklearn", "tqdm", "tyro", "matplotlib"):
    pytest.importorskip(package, reason=f"the example needs {package}")

import data  # noqa: E402
import experiments  # noqa: E402
import failures  # noqa: E402
import snn_against_ann  # noqa: E402
from ann import ann_config, build_ann  # noqa: E402
from comparison import rows, write_table  # noqa: E402
from config import Config, DataConfig, NetworkConfig, OptimizationConfig  # noqa: E402
from experiments import limited, train_network  # noqa: E402
from mnist_example import interrupted_step, interruption, one_thread  # noqa: E402, F401
from model import build_model, spiking_layers  # noqa: E402
from noise import NOISES, noisy  # noqa: E402
from operations import count_operations  # noqa: E402
from PIL import Image  # noqa: E402
from torch import nn  # noqa: E402
from trainer import Trainer  # noqa: E402

from snnkernels import LIF, EachStep, dispatch  # noqa: E402

QUICK = ["--dataset", "digits", "--hidden", "20", "--time-steps", "6", "--epochs", "8", "--seeds", "2"]
QUICK += ["--learning-rates", "3e-3", "1e-2", "--sweep-images", "300", "--test-images", "100", "--target", "0.5"]
QUICK += ["--noise-levels", "0.1", "0.9"]


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("comparison")
    snn_against_ann.main([*QUICK, "--out", str(out)])
    return out


@pytest.fixture(scope="module")
def results(comparison: Path) -> dict[str, Any]:
    return json.loads((comparison / "comparison.json").read_text())


def test_every_row_of_the_table_is_filled(comparison: Path, results: dict[str, Any]) -> None:
    table = [line for line in (comparison / "comparison.md").read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    assert cells[0] == ["digits", "spiking: LIF, T=6", "artificial: ReLU"]
    assert cells[2:] == [list(row) for row in rows(results)]
    assert all(len(row) == 3 and all(row) for row in cells[2:])
    subjects = ["signal", "test accuracy", "training", "convergence", "stability", "sparsity", "operations", "energy"]
    for subject in [*subjects, "time for a test image", "Gaussian noise", "salt and pepper", "temporal processing"]:
        assert any(subject in row[0] for row in cells[2:]), subject
    made = results["origin"]
    said = f"2 seeds (mean ± standard deviation); {made['cpu']}, {made['threads']} threads; engine {made['engine']}, "
    assert said in (comparison / "comparison.md").read_text() and made["engine"] == dispatch.choose("cpu")
    for row in cells[2:]:  # a measured figure, or that there is none
        assert all(any(c.isdigit() for c in cell) or "cannot be shown" in cell or "apply" in cell for cell in row[1:])


def test_the_committed_table_shows_the_committed_results(tmp_path: Path) -> None:
    """Also where these are older than the record of where results come from."""
    measured = Path(__file__).parents[1] / "docs" / "mnist" / "measured"
    results = json.loads((measured / "comparison.json").read_text())
    write_table(results, tmp_path / "table.md")
    *drawn, _ = (tmp_path / "table.md").read_text().splitlines()
    assert drawn == (measured / "comparison.md").read_text().splitlines()[:-1]
    results.pop("origin", None)
    write_table(results, tmp_path / "table.md")
    assert (tmp_path / "table.md").read_text().endswith("; the machine and the engine are not recorded.\n")


def test_what_is_measured(results: dict[str, Any]) -> None:
    assert results["images"] == {"train": 1_257, "validation": 180, "test": 100}
    for name, steps in (("snn", 6), ("ann", 1)):
        network = results[name]
        assert [len(accuracies) for accuracies in network["accuracy_after_steps"]] == [steps, steps]
        assert network["test_accuracy"] == [accuracies[-1] for accuracies in network["accuracy_after_steps"]]
        assert min(network["test_accuracy"]) > 0.6
        best = max(network["sweep"], key=lambda point: point["accuracy"])
        assert network["learning_rate"] == best["learning_rate"]
        for curve, images in zip(network["curves"], network["images_to_target"], strict=True):
            assert curve[-1][0] == 8 * 1_257
            assert images == next(seen for seen, accuracy in curve if accuracy >= 0.5)
        for noise in network["noise"].values():
            assert [len(accuracies) for accuracies in noise] == [2, 2]
            assert sum(noise[0]) > sum(noise[1])  # a tenth of all pixels wrong is less than nine tenths
    assert results["ann"]["operations"]["layers"]["to_hidden1"]["all"] == 64 * 20
    assert results["snn"]["operations"]["layers"]["to_hidden1"]["all"] == 6 * 64 * 20
    assert results["snn"]["operations"]["neuron_updates"] == 6 * 30
    assert results["ann"]["operations"]["neuron_updates"] == 0


def test_the_comparison_is_drawn(comparison: Path) -> None:
    with Image.open(comparison / "comparison.png") as image:
        assert (image.width, image.height) == (1_400, 1_050)
        assert len(image.convert("RGB").getcolors(1_000_000)) > 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "0"], "--seeds must be at least 1, got 0"),
        (["--images", "0"], "--images must be at least 1, got 0"),
        (["--time-steps", "0"], "--time-steps must be at least 1, got 0"),
        (["--learning-rates", "0"], "--learning-rate must be positive and finite, got 0.0"),
        (["--learning-rates"], "--learning-rates needs at least one value"),
        (["--noise-levels"], "--noise-levels needs at least one value"),
        (["--noise-levels", "0.1", "-0.2"], "--noise-levels must lie in [0, 1], got -0.2"),
        (["--noise-levels", "nan"], "--noise-levels must lie in [0, 1], got nan"),
        (["--target", "97"], "--target must lie above 0 and be 1 at most, got 97.0"),
        (["--hidden", "0"], "--hidden must be sizes of at least 1, got (0,)"),
    ],
)
def test_wrong_options(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        snn_against_ann.main(arguments)
    assert message in " ".join("".join(c for c in capsys.readouterr().err if c not in "│╭╮╰╯─").split())


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Trainer, "_step", interrupted_step)
    assert interruption([*QUICK, "--out", str(tmp_path)], capsys, snn_against_ann.main) == "interrupted"


def test_operations_of_a_tiny_spiking_network() -> None:
    """Two inputs, three hidden neurons, one output; beta 0: each hidden neuron fires where its input reaches 1.

    First image: input 0 fires at both steps, input 1 at the second: three spikes that meet three weights each. Hidden
    neuron 0 fires at both steps, neuron 1 at the second: three spikes that meet one weight. Second image: nothing.
    """
    model = nn.Sequential(nn.Linear(2, 3, bias=False), LIF(beta=0.0), nn.Linear(3, 1, bias=False), LIF(beta=0.0))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.2, 0.2]]))
    inputs = torch.tensor([[[1.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]])
    operations = count_operations(model, [inputs[:, :1], inputs[:, 1:]])  # two batches of an image each
    first, second = operations.layers.values()
    assert (first.inputs, first.active, first.all, first.needed) == (4, 3 / 2, 12, 9 / 2)
    assert (second.inputs, second.active, second.all, second.needed) == (6, 3 / 2, 6, 3 / 2)
    assert (operations.all, operations.needed, operations.neuron_updates) == (18, 6, 8)
    energy = operations.energy_of_spikes()
    assert energy.arithmetic == pytest.approx(1e-6 * (6 * 0.9 + 8 * 4.6))
    assert energy.memory == pytest.approx(1e-6 * (6 + 2 * 8) * 5)


def test_operations_of_a_tiny_artificial_network() -> None:
    model = nn.Sequential(nn.Linear(2, 3, bias=False), nn.ReLU(), nn.Linear(3, 1, bias=False))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, 0.0], [-1.0, 1.0], [0.2, 0.2]]))
    operations = count_operations(model, [torch.tensor([[[0.5, 0.0]]])])  # hidden 0 and 2 are positive
    assert (operations.all, operations.needed, operations.neuron_updates) == (9, 3 + 2, 0)
    assert operations.energy_of_macs(skip_zeros=False).arithmetic == pytest.approx(1e-6 * 9 * 4.6)
    assert operations.energy_of_macs(skip_zeros=True).arithmetic == pytest.approx(1e-6 * 5 * 4.6)
    assert operations.energy_of_macs(skip_zeros=True).memory == pytest.approx(1e-6 * 5 * 5)


@pytest.mark.parametrize(("pixel", "meets"), [((0, 0), 4), ((0, 1), 6), ((1, 1), 9)])
def test_a_pixel_at_the_edge_meets_fewer_weights_of_a_convolution(pixel: tuple[int, int], meets: int) -> None:
    model = EachStep(nn.Conv2d(1, 2, 3, padding=1))
    image = torch.zeros(1, 1, 1, 3, 3)
    image[0, 0, 0, pixel[0], pixel[1]] = 1
    operations = count_operations(model, [image])
    assert operations.needed == 2 * meets
    assert operations.all == 2 * (4 * 4 + 4 * 6 + 9)


def test_the_artificial_network_is_the_same_but_for_its_neurons() -> None:
    config = Config(network=NetworkConfig(hidden=(30, 20)))
    spiking, artificial = build_model(config, 64, 10), build_ann(ann_config(config), 64, 10)
    assert [tuple(p.shape) for p in artificial.parameters()] == [tuple(p.shape) for p in spiking.parameters()]
    assert list(dict(artificial.named_children())) == list(dict(spiking.named_children()))
    assert not spiking_layers(artificial)
    logits = artificial(torch.rand(1, 5, 64))
    assert logits.shape == (1, 5, 10) and logits.min() < 0


def test_validations_do_not_change_the_training() -> None:
    digits = limited(data.load("digits", Path()), 200, 50, 50)
    config = Config(data=DataConfig(dataset="digits"), optimization=OptimizationConfig(epochs=2, batch_size=50))
    seldom, often = (train_network(config, digits, validations=n) for n in (1, 4))
    assert [images for images, _ in seldom.curve] == [200, 400]
    assert [images for images, _ in often.curve] == [50, 100, 150, 200, 250, 300, 350, 400]
    assert all(torch.equal(a, b) for a, b in zip(seldom.model.parameters(), often.model.parameters(), strict=True))
    assert seldom.curve[-1] == often.curve[-1]
    assert seldom.images_to(1.1) is None


def test_the_time_of_training_is_that_of_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a device that, like a GPU, computes when it is waited for: 10 ticks a step, and 1000 a validation."""
    now = queued = 0
    step, evaluate = Trainer._step, experiments.evaluate

    def queued_step(trainer: Trainer, *batch: object) -> object:
        nonlocal queued
        queued += 10
        return step(trainer, *batch)

    def wait(_: object) -> None:
        nonlocal now, queued
        now, queued = now + queued, 0

    def slow_evaluate(*arguments: object) -> object:
        nonlocal queued
        queued += 1000
        wait(None)  # for the accuracy
        return evaluate(*arguments)

    monkeypatch.setattr(Trainer, "_step", queued_step)
    monkeypatch.setattr(experiments, "wait", wait)
    monkeypatch.setattr(experiments, "evaluate", slow_evaluate)
    monkeypatch.setattr(experiments, "time", SimpleNamespace(perf_counter=lambda: now))
    digits = limited(data.load("digits", Path()), 200, 50, 50)
    config = Config(optimization=OptimizationConfig(epochs=2, batch_size=50))
    assert train_network(config, digits, validations=2).seconds == 10 * 4


@pytest.mark.parametrize("kind", NOISES)
def test_noise(kind: str) -> None:
    split = data.Split(torch.full((50, 400), 128, dtype=torch.uint8), torch.zeros(50, dtype=torch.long))
    assert torch.equal(noisy(split, kind, 0.0).images, split.images)
    once, again = noisy(split, kind, 0.3).images, noisy(split, kind, 0.3).images
    assert torch.equal(once, again) and once.dtype == torch.uint8
    if kind == "Gaussian":
        assert once.float().std() == pytest.approx(0.3 * 255, rel=0.1)  # a little is cut off
    else:
        share = (once != 128).float().mean().item()
        assert share == pytest.approx(0.3, abs=0.01) and set(once.unique().tolist()) == {0, 128, 255}


def test_failures_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failures.main(["--dataset", "digits", "--images", "150", "--hidden", "16", "--out", str(tmp_path)])
    results = json.loads((tmp_path / "failures.json").read_text())
    assert results["dataset"] == "digits" and results["origin"]["device"] == "cpu"
    assert results["device_mismatch"] == "ValueError: initial_state is on meta, current on cpu: put both on one device"
    assert [point["time_steps"] for point in results["time_steps"]] == list(failures.TIME_STEPS)
    assert [point["learning_rate"] for point in results["learning_rates"]] == list(failures.LEARNING_RATES)
    pairs = {(point["gain"], point["slope"]): point for point in results["gains_and_slopes"]}
    assert len(pairs) == len(failures.GAINS) * len(failures.SLOPES)
    assert pairs[0.05, 250.0]["layers"]["hidden1"]["silent"] == 1
    assert pairs[0.05, 250.0]["first_gradient"] < 1e-6 * pairs[0.577, 2.0]["first_gradient"]
    assert pairs[8.0, 2.0]["layers"]["hidden1"]["saturated"] > pairs[0.577, 2.0]["layers"]["hidden1"]["saturated"]
    # before training: a gain that is too small silences all, whatever the surrogate, and a larger one wakes layers
    before = {gain: [pairs[gain, slope]["first_layers"] for slope in failures.SLOPES] for gain in failures.GAINS}
    assert all(layers == alike[0] for alike in before.values() for layers in alike)
    assert all(layer["silent"] == 1 for layer in before[0.05][0].values())
    assert before[1.0][0]["output"]["silent"] < before[0.577][0]["output"]["silent"]
    assert "gain 0.05, slope 250: accuracy" in capsys.readouterr().out
    with Image.open(tmp_path / "failures.png") as image:
        assert (image.width, image.height) == (1_400, 1_120)
