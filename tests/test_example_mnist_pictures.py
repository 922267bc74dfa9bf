"""The MNIST example's pictures: every one is drawn, of a network trained here, and shows what was recorded."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "examples" / "mnist"))
for package in ("sklearn", "tqdm", "tyro", "matplotlib"):
    pytest.importorskip(package, reason=f"the example needs {package}")

import animations  # noqa: E402
import pictures  # noqa: E402
import session  # noqa: E402
from animations import animate_counts, animate_spikes, late_convert  # noqa: E402
from config import CodingConfig, Config, DataConfig, NetworkConfig, OptimizationConfig  # noqa: E402
from data import Digits, Split  # noqa: E402
from encoding import Encoder  # noqa: E402
from evaluation import evaluate  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from mnist_example import one_thread  # noqa: E402, F401
from PIL import Image, ImageStat  # noqa: E402
from recording import LayerRecord, Recording, Survey, record, record_again, survey  # noqa: E402
from result_pictures import draw_confusion, draw_time_steps  # noqa: E402
from runs import load_run  # noqa: E402
from spike_pictures import draw_digits, draw_layers  # noqa: E402
from style import GREEN, ORANGE  # noqa: E402
from torch import nn  # noqa: E402

from snnkernels import LIF  # noqa: E402

TIME_STEPS = 8
IMAGES = 150


def train(out: Path, coding: CodingConfig, network: NetworkConfig, epochs: int) -> Path:
    session.run(
        Config(
            out=out,
            tensorboard=False,
            data=DataConfig(dataset="digits"),
            coding=coding,
            network=network,
            optimization=OptimizationConfig(epochs=epochs, batch_size=32, learning_rate=5e-3),
        )
    )
    return out


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    return train(folder, CodingConfig(time_steps=TIME_STEPS), NetworkConfig(hidden=(40,)), epochs=3)


@pytest.fixture(scope="module")
def material(run_folder: Path) -> pictures.Material:
    return pictures.gather(load_run(run_folder), IMAGES)


def drawn(image: Image.Image) -> float:
    """The fraction of pixels that are not (nearly) white."""
    return ImageStat.Stat(image.convert("L").point(lambda value: 255 * (value < 240))).mean[0] / 255


@pytest.mark.parametrize("name", pictures.PICTURES)
def test_every_picture_is_drawn(name: str, material: pictures.Material, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.png"
    pictures.write_png(pictures.PICTURES[name](material), path)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert 900 <= image.width <= 1_500 and 400 <= image.height <= 1_200
        assert 0.01 < drawn(image) < 0.9
        assert ImageStat.Stat(image.convert("L")).stddev[0] > 15
    assert path.stat().st_size < 150_000


@pytest.mark.parametrize("name", pictures.ANIMATIONS)
def test_every_animation_moves(name: str, material: pictures.Material, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.gif"
    pictures.ANIMATIONS[name](material, path)
    with Image.open(path) as image:
        assert (image.format, image.n_frames, image.width) == ("GIF", TIME_STEPS, 820)
        frames = []
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(image.convert("L").tobytes())
            assert 0.01 < drawn(image) < 0.9
        assert image.info["duration"] == 2_000  # of the last frame
    assert len(set(frames)) == TIME_STEPS
    assert path.stat().st_size < 600_000


def colors(image: Image.Image) -> dict[str, int]:
    """How many pixels have each."""
    return {"#{:02X}{:02X}{:02X}".format(*color): count for count, color in image.convert("RGB").getcolors(1_000_000)}


def test_the_colors_of_an_animation_are_those_of_all_its_frames(tmp_path: Path) -> None:
    """A wrong class leads, in orange, until the right one does, in green; white is white."""
    output = torch.zeros(6, 1, 10)
    output[:3, 0, 4] = output[1:, 0, 7] = 1
    recording = Recording(torch.rand(6, 1, 64), {"output": LayerRecord(LIF(), output, output)})
    animate_counts(recording, 0, 7, tmp_path / "counts.gif")
    with Image.open(tmp_path / "counts.gif") as image:
        for number, leader, other in ((0, ORANGE, GREEN), (5, GREEN, ORANGE)):
            image.seek(number)
            found = colors(image)
            assert found[leader] > 500 and other not in found
            assert max(found, key=found.__getitem__) == "#FFFFFF"


def test_the_command_draws_them_all(run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From another encoding and from convolutions too."""
    conv = NetworkConfig(model="conv", channels=(4,), hidden=(20,))
    folder = train(tmp_path / "run", CodingConfig(encoding="constant", time_steps=4), conv, epochs=1)
    pictures.main([str(folder), "--out", str(tmp_path / "new" / "folder"), "--images", "60"])
    names = {f"{name}.png" for name in pictures.PICTURES} | {f"{name}.gif" for name in pictures.ANIMATIONS}
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == names
    printed = capsys.readouterr().out
    assert all(f"{name}: " in printed for name in names)


def test_a_silent_network_is_drawn_too(tmp_path: Path) -> None:
    """It makes no spike and, of an image of class 0, no mistake."""
    folder = train(tmp_path / "run", CodingConfig(time_steps=4), NetworkConfig(hidden=(25,), gain=1e-6), epochs=1)
    material = pictures.gather(load_run(folder), 1)
    assert material.survey.output.sum() == 0
    material.survey.labels.zero_()
    assert all(path.stat().st_size > 2_000 for path in pictures.draw_all(material, tmp_path))


def test_damaged_metrics(run_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(run_folder, tmp_path / "run")
    (tmp_path / "run" / "metrics.jsonl").write_text('{"kind": ')
    with pytest.raises(SystemExit, match=r"error: .*metrics.jsonl is damaged: "):
        pictures.main([str(tmp_path / "run"), "--out", str(tmp_path / "out"), "--images", "20"])


def test_the_command_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="error: there is no run in"):
        pictures.main([str(tmp_path / "nothing")])


@pytest.mark.parametrize("options", [{}, {"reset": "zero"}, {"strict": True}, {"delay_reset": True}], ids=str)
def test_potentials_explain_the_spikes(options: dict[str, object]) -> None:
    threshold = torch.tensor([0.5, 1.0, 2.0])
    layer = record(nn.Sequential(LIF(beta=0.8, threshold=threshold, **options)), torch.rand(20, 5, 3)).layers["0"]
    before, after = layer.potentials(before_reset=True), layer.potentials(before_reset=False)
    fires = before > threshold if options.get("strict") else before >= threshold
    assert torch.equal(fires, layer.spikes.bool()) and 0.05 < layer.spikes.mean() < 0.95
    if options.get("delay_reset"):
        assert torch.equal(after, before)
    elif options.get("reset") == "zero":
        assert torch.equal(after, before * (1 - layer.spikes))
    else:
        assert torch.equal(after, before - threshold * layer.spikes)
    assert torch.equal(layer.thresholds(), threshold.expand(5, 3))


def test_a_survey_is_what_evaluation_sees(material: pictures.Material) -> None:
    run, images = material.run, material.images
    encoder = Encoder(run.config.coding)
    result = evaluate(run.model, images, encoder)
    seen = survey(run.model, images, encoder)
    assert (seen.answers == images.labels).sum() == round(result.accuracy * len(images))
    assert seen.output.shape == (TIME_STEPS, IMAGES, 10)
    assert {name: pytest.approx(rate.mean().item()) for name, rate in seen.rates.items()} == {
        name: layer.firing_rate for name, layer in result.layers.items()
    }


def test_one_image_is_recorded_as_it_was_seen(material: pictures.Material, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is not in the first batch."""
    monkeypatch.setattr("recording.BATCH", 40)
    run, images = material.run, material.images
    encoder = Encoder(run.config.coding)
    seen = survey(run.model, images, encoder)
    for index in (3, 40, 149):
        recording, position = record_again(run.model, images, encoder, index)
        assert torch.equal(recording.output[:, position].byte(), seen.output[:, index])
    with pytest.raises(IndexError, match="150 images, and no 160"):
        record_again(run.model, images, encoder, 160)


def test_the_late_convert_was_led_astray_longest() -> None:
    """Class 0 is right for all. At each step one of two output neurons fires; the fourth image ends in a tie."""
    firing = torch.tensor([[0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0], [1] * 6])
    output = nn.functional.one_hot(firing.T, 2).byte()  # [T, images, classes]
    assert late_convert(Survey(output, {}, torch.zeros(5, dtype=torch.long))) == 2


def test_the_confusion_matrix_counts() -> None:
    figure = draw_confusion(torch.tensor([1, 1, 2, 1]), torch.tensor([1, 2, 2, 2]))
    (axes,) = figure.axes
    assert {text.get_position(): text.get_text() for text in axes.texts} == {(1, 1): "1", (1, 2): "2", (2, 2): "1"}
    assert axes.get_title() == "2 mistakes in 4 images, 50.00% right"


def test_digits_say_what_comes_in() -> None:
    images = torch.rand(10, 64)
    spikes = torch.zeros(3, 10, 64)
    spikes[0, :, :5] = 1
    titles = [axes.get_title() for axes in draw_digits(images, spikes, torch.arange(10)).axes]
    assert titles[:5] == [f"{digit}: 5 spikes" for digit in range(5)]
    titles = [axes.get_title() for axes in draw_digits(images, images.expand(3, 10, 64), torch.arange(10)).axes]
    assert titles[0] == f"0: current {3 * images[0].sum():.0f}"


def recorded(inputs: torch.Tensor, first: torch.Tensor) -> Recording:
    output = torch.zeros(len(inputs), 1, 10)
    layers = {"first": LayerRecord(LIF(), first, first), "output": LayerRecord(LIF(), output, output)}
    return Recording(inputs, layers)


@pytest.fixture
def last_frame(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """The figure of an animation as its last update left it, in place of a file."""
    kept: dict[str, Figure] = {}

    def keep(figure: Figure, update: Callable[[int], object], frames: Sequence[int], *_: object, **__: object) -> None:
        update(frames[-1])
        kept["figure"] = figure

    monkeypatch.setattr(animations, "write_gif", keep)
    return kept


@pytest.mark.parametrize("spikes", [True, False])
def test_currents_are_not_called_spikes(spikes: bool, last_frame: dict[str, Figure], tmp_path: Path) -> None:
    inputs = torch.full((4, 1, 64), 1.0 if spikes else 0.25)
    recording = recorded(inputs, torch.ones(4, 1, 20))
    animate_spikes(recording, 0, 7, tmp_path)
    shown, layer, _ = last_frame["figure"].axes
    assert shown.get_xlabel() == ("64 of 64 fire" if spikes else "current 16")
    assert layer.get_xlabel() == "20 of 20 fire"
    animate_counts(recording, 0, 7, tmp_path)
    kind = "spikes" if spikes else "currents"
    assert last_frame["figure"].axes[0].get_title() == f"input {kind} so far, averaged"
    share, other, _, raster, *_ = draw_layers(recording, 0, 7).axes
    assert (share.get_ylabel(), other.get_ylabel()) == (("firing, %", "") if spikes else ("mean current", "firing, %"))
    assert [bar.get_height() for bar in share.patches] == [100 if spikes else 0.25] * 4
    assert (len(raster.collections), len(raster.images)) == ((1, 0) if spikes else (0, 1))


def test_channels_are_drawn_beside_each_other(last_frame: dict[str, Figure], tmp_path: Path) -> None:
    """Each the image that it is: here the channel of that number has as many spikes in its first row."""
    spikes = torch.stack([(torch.arange(9).view(3, 3) < channel).float() for channel in range(3)])
    animate_spikes(recorded(torch.zeros(2, 1, 64), spikes.expand(2, 1, 3, 3, 3)), 0, 7, tmp_path)
    axes = last_frame["figure"].axes[1]
    block = torch.as_tensor(axes.images[0].get_array().filled(torch.nan))
    assert block.shape == (8, 8) and axes.get_xlabel() == "3 of 27 fire"
    for channel, image in enumerate(spikes):
        row, column = divmod(channel, 2)
        assert torch.equal(block[4 * row : 4 * row + 3, 4 * column : 4 * column + 3], image)
    assert block.isnan().sum() == 64 - 27


@pytest.mark.parametrize("mistakes", [0, 1, 300])
def test_every_error_is_on_the_plot(mistakes: int) -> None:
    """Of 1,000 images: 30, 0.1 or 0 % are wrong at the end."""
    output = torch.zeros(2, 1_000, 10, dtype=torch.uint8)
    output[0, :, 1] = 1
    output[1, mistakes:, 0] = 2
    survey = Survey(output, {}, torch.zeros(1_000, dtype=torch.long))
    _, axes = draw_time_steps(survey).axes
    (line,) = axes.lines
    low, high = axes.get_ylim()
    assert all(low <= error <= high for error in line.get_ydata())
    assert line.get_ydata()[1] == pytest.approx(mistakes / 10 or 0.05)
    assert axes.texts[0].get_text() == f"{mistakes / 10:.2f} %"


def test_weights_are_shown_of_pixels_that_training_saw() -> None:
    """Of a 4 x 4 image one pixel, in the training images alone; with --shift its neighbours too."""
    bright = torch.zeros(5, 16, dtype=torch.uint8)
    bright[3, 5] = 200
    dark, labels = torch.zeros_like(bright), torch.zeros(5, dtype=torch.long)
    digits = Digits("", Split(bright, labels), Split(dark, labels), Split(dark, labels))
    for shift, seen in ((0, [5]), (1, [0, 1, 2, 4, 5, 6, 8, 9, 10])):
        run = SimpleNamespace(data=digits, config=Config(data=DataConfig(shift=shift)))
        assert pictures.seen_in_training(run).nonzero()[:, 0].tolist() == seen
