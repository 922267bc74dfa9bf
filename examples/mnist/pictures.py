"""Draw what a trained network does: `python examples/mnist/pictures.py RUN --out DIR`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro
from animations import animate_counts, animate_spikes, late_convert
from data import Split
from devices import find_device
from encoding import Encoder
from interrupts import command
from matplotlib.figure import Figure
from recording import Recording, Survey, record, record_again, survey
from result_pictures import (
    draw_confusion,
    draw_firing_rates,
    draw_learning_curves,
    draw_mistakes,
    draw_receptive_fields,
    draw_time_steps,
)
from runs import Run, load_run
from spike_pictures import draw_digits, draw_layers, draw_potentials, first_of_each_class, square
from style import write_png
from torch import Tensor
from torch.nn import functional

# Of the first images of each class, the one that is looked at closely.
EXAMPLE = 3


@dataclass(frozen=True)
class Material:
    """What the pictures are made of. images: the test images, surveyed; ten: one of each class, recorded."""

    run: Run
    images: Split
    encode: Encoder
    survey: Survey
    ten: Split
    recording: Recording


def gather(run: Run, images: int | None = None) -> Material:
    """images: look at so many test images only."""
    test = run.data.test.take(slice(images))
    encode = Encoder(run.config.coding, run.config.coding.eval_time_steps)
    ten = run.data.test.take(first_of_each_class(run.data.test.labels))
    recording = record(run.model, run.encode(ten.images))
    return Material(run, test, encode, survey(run.model, test, encode), ten, recording)


def seen_in_training(run: Run) -> Tensor:
    """Whether a pixel was ever bright, `[pixels]`; where images were shifted, also by a brighter neighbour."""
    seen = square((run.data.train.images > 0).any(0).float())
    reach = run.config.data.shift
    return functional.max_pool2d(seen[None], 2 * reach + 1, stride=1, padding=reach).flatten() > 0


PICTURES: dict[str, Callable[[Material], Figure]] = {
    "digits": lambda m: draw_digits(m.ten.images / 255, m.recording.inputs, m.ten.labels),
    "layers": lambda m: draw_layers(m.recording, EXAMPLE, int(m.ten.labels[EXAMPLE])),
    "potentials": lambda m: draw_potentials(m.recording, EXAMPLE, int(m.ten.labels[EXAMPLE])),
    "firing_rates": lambda m: draw_firing_rates(m.survey.rates),
    "learning_curves": lambda m: draw_learning_curves(m.run.folder.read_metrics()),
    "confusion": lambda m: draw_confusion(m.survey.answers, m.survey.labels),
    "mistakes": lambda m: draw_mistakes(m.images, m.survey),
    "time_steps": lambda m: draw_time_steps(m.survey),
    "receptive_fields": lambda m: draw_receptive_fields(m.run.model, seen_in_training(m.run)),
}


def draw_spikes_animation(material: Material, path: Path) -> None:
    animate_spikes(material.recording, EXAMPLE, int(material.ten.labels[EXAMPLE]), path)


def draw_counts_animation(material: Material, path: Path) -> None:
    index = late_convert(material.survey)
    recording, position = record_again(material.run.model, material.images, material.encode, index)
    animate_counts(recording, position, int(material.survey.labels[index]), path)


ANIMATIONS: dict[str, Callable[[Material, Path], None]] = {
    "spikes": draw_spikes_animation,
    "counts": draw_counts_animation,
}


def draw_all(material: Material, out: Path) -> list[Path]:
    """Every picture, as DIR/name.png or DIR/name.gif."""
    paths = []
    for name, draw in PICTURES.items():
        paths.append(out / f"{name}.png")
        write_png(draw(material), paths[-1])
    for name, animate in ANIMATIONS.items():
        paths.append(out / f"{name}.gif")
        animate(material, paths[-1])
    return paths


@dataclass(frozen=True)
class Options:
    """Draw what the network of a run does with test images: pictures (PNG) and animations (GIF)."""

    run: tyro.conf.Positional[Path]
    """folder of the run, as train.py left it"""
    out: Path = Path("pictures")
    """folder for the pictures"""
    images: int | None = None
    """look at so many test images only, for a quick look"""
    data_dir: Path | None = None
    """folder of the data, if it is no longer where the run found it"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a GPU where there is one"""

    def __post_init__(self) -> None:
        if self.images is not None and self.images < 1:
            raise ValueError(f"--images must be at least 1, got {self.images}")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command. Ends the process with one sentence, and status 1, on what a user can put right."""
    options = tyro.cli(Options, args=arguments)
    with command():
        run = load_run(options.run, device=find_device(options.device), data_dir=options.data_dir)
        options.out.mkdir(parents=True, exist_ok=True)
        for path in draw_all(gather(run, options.images), options.out):
            print(f"{path}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
