"""A spiking network against an artificial one, measured: `python examples/mnist/snn_against_ann.py --out DIR`."""

from __future__ import annotations

import dataclasses
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from ann import ann_config, build_ann
from comparison import draw_comparison, write_table
from config import CodingConfig, Config, NetworkConfig, OptimizationConfig
from data import Digits, Split, load
from devices import find_device
from evaluation import BATCH
from experiments import Trained, limited, train_network
from interrupts import command
from model import Build, build_model
from noise import NOISES, noisy
from operations import count_operations
from origin import origin
from recording import encoded
from style import write_png

NETWORKS: dict[str, tuple[Callable[[Config], Config], Build]] = {
    "snn": (lambda config: config, build_model),
    "ann": (ann_config, build_ann),
}

# The learning curve is measured so often in an epoch, on so many images: a point costs a second.
VALIDATIONS, VALIDATION_IMAGES = 10, 2_000


@dataclass(frozen=True)
class Options:
    """Train a spiking network and its artificial twin with the same data and budget, and measure both.

    First each network's learning rate is chosen, by validation accuracy after one epoch on --sweep-images. Then both
    are trained with it, once for each seed. Writes comparison.json, comparison.md and comparison.png to --out.
    """

    out: Path = Path("runs/comparison")
    """folder for the results"""
    dataset: Literal["auto", "mnist", "fashion-mnist", "digits"] = "auto"
    """as in train.py"""
    data_dir: Path = Path("data")
    """as in train.py"""
    images: int | None = None
    """train on so many images only"""
    sweep_images: int = 10_000
    """images to choose learning rates with"""
    test_images: int | None = None
    """test on so many images only"""
    hidden: tuple[int, ...] = (1000,)
    """neurons in each hidden layer"""
    time_steps: int = 25
    """T of the spiking network"""
    epochs: int = 4
    """passes over the training images"""
    seeds: int = 3
    """trainings of each network"""
    learning_rates: tuple[float, ...] = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    """to choose from"""
    target: float = 0.97
    """the accuracy in validation whose first time is noted"""
    noise_levels: tuple[float, ...] = (0.1, 0.2, 0.3, 0.4, 0.5)
    """standard deviation of Gaussian noise, and fraction of pixels with salt-and-pepper noise"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a GPU where there is one"""

    def __post_init__(self) -> None:
        for name in ("images", "sweep_images", "test_images", "seeds"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"--{name.replace('_', '-')} must be at least 1, got {value}")
        if not 0 < self.target <= 1:
            raise ValueError(f"--target must lie above 0 and be 1 at most, got {self.target}")
        for level in self.noise_levels:
            if not 0 <= level <= 1:
                raise ValueError(f"--noise-levels must lie in [0, 1], got {level}")
        for name in ("learning_rates", "noise_levels"):
            if not getattr(self, name):
                raise ValueError(f"--{name.replace('_', '-')} needs at least one value")
        for rate in self.learning_rates:
            with_learning_rate(self.config, rate)  # which checks everything else

    @property
    def config(self) -> Config:
        """Of the spiking network."""
        return Config(
            coding=CodingConfig(time_steps=self.time_steps),
            network=NetworkConfig(hidden=self.hidden),
            optimization=OptimizationConfig(epochs=self.epochs),
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """The command. Ends the process with one sentence, and status 1, on what a user can put right."""
    options = tyro.cli(Options, args=arguments)
    with command():
        options.out.mkdir(parents=True, exist_ok=True)
        digits = load(options.dataset, options.data_dir).to(find_device(options.device))
        results = compare(options, limited(digits, options.images, VALIDATION_IMAGES, options.test_images))
        (options.out / "comparison.json").write_text(json.dumps(results, indent=2) + "\n")
        write_table(results, options.out / "comparison.md")
        write_png(draw_comparison(results), options.out / "comparison.png")
        print(f"written: {', '.join(str(options.out / f'comparison.{kind}') for kind in ('json', 'md', 'png'))}")


def compare(options: Options, digits: Digits) -> dict[str, Any]:
    """All that is measured, as JSON holds it."""
    results: dict[str, Any] = {
        "dataset": digits.name,
        "note": digits.note,
        "images": {part: len(getattr(digits, part)) for part in ("train", "validation", "test")},
        "options": {
            name: value for name, value in asdict(options).items() if name not in ("out", "data_dir", "device")
        },
        "origin": origin(digits.train.labels.device),
    }
    for name, (adapt, build) in NETWORKS.items():
        sweep = sweep_learning_rates(adapt(options.config), build, digits, options)
        best = max(sweep, key=lambda point: point["accuracy"])["learning_rate"]
        print(f"{name}: learning rate {best:g}, {max(point['accuracy'] for point in sweep):.2%} in the sweep")
        trained = []
        for seed in range(options.seeds):
            config = with_learning_rate(adapt(options.config), best, seed=seed)
            trained.append(train_network(config, digits, build, validations=VALIDATIONS))
            reached, seconds = trained[-1].curve[-1][1], trained[-1].seconds
            print(f"{name}: seed {seed}, {reached:.2%} in validation, {seconds:.1f} s an epoch")
        results[name] = {"sweep": sweep, "learning_rate": best, **measure(trained, digits.test, options)}
    return results


def with_learning_rate(config: Config, learning_rate: float, *, seed: int = 0, epochs: int | None = None) -> Config:
    changes: dict[str, Any] = {"learning_rate": learning_rate} | ({"epochs": epochs} if epochs else {})
    return dataclasses.replace(config, seed=seed, optimization=dataclasses.replace(config.optimization, **changes))


def sweep_learning_rates(config: Config, build: Build, digits: Digits, options: Options) -> list[dict[str, float]]:
    """Validation accuracy after one epoch on a part of the images, for every learning rate."""
    part = limited(digits, options.sweep_images, None, None)
    points = []
    for rate in options.learning_rates:
        trained = train_network(with_learning_rate(config, rate, epochs=1), part, build)
        points.append({"learning_rate": rate, "accuracy": trained.curve[-1][1]})
    return points


def measure(trained: list[Trained], test: Split, options: Options) -> dict[str, Any]:
    """Of networks that differ in their seed: lists have an entry for each. Operations are those of the first."""
    start = time.perf_counter()
    steps = [accuracy_after_steps(network, test) for network in trained]
    seconds = (time.perf_counter() - start) / len(trained)
    operations = count_operations(trained[0].model, encoded(test, trained[0].encode))
    if operations.neuron_updates:
        energy = {"": operations.energy_of_spikes()}
    else:
        energy = {
            "all MACs": operations.energy_of_macs(skip_zeros=False),
            "without zeros": operations.energy_of_macs(skip_zeros=True),
        }
    return {
        "test_accuracy": [accuracies[-1] for accuracies in steps],
        "accuracy_after_steps": steps,
        "images_to_target": [network.images_to(options.target) for network in trained],
        "curves": [network.curve for network in trained],
        "seconds_per_epoch": statistics.median(network.seconds for network in trained),
        "milliseconds_per_test_image": 1000 * seconds / len(test),
        "operations": asdict(operations),
        "microjoules": {way: asdict(microjoules) for way, microjoules in energy.items()},
        "noise": {
            kind: [
                [network.evaluate(noisy(test, kind, level)).accuracy for network in trained]
                for level in options.noise_levels
            ]
            for kind in NOISES
        },
    }


@torch.no_grad()
def accuracy_after_steps(network: Trained, images: Split) -> list[float]:
    """Of the answer that the network would give after every time step; an artificial network has one."""
    right = 0
    for inputs, labels in zip(encoded(images, network.encode), images.labels.split(BATCH), strict=True):
        right = right + (network.model(inputs).cumsum(0).argmax(-1) == labels).sum(1)
    return [count / len(images) for count in right.tolist()]


if __name__ == "__main__":
    main()
