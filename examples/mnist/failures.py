"""What goes wrong in training a spiking network, shown: `python examples/mnist/failures.py --out DIR`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import tyro
from activity import LayerActivity
from config import Config, NetworkConfig, NeuronConfig, OptimizationConfig
from data import CLASSES, Digits, load
from devices import find_device, make_deterministic
from encoding import Encoder
from evaluation import evaluate
from experiments import limited, train_network
from interrupts import command
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from model import build_model
from origin import origin
from style import BLUE, INK, ORANGE, new_figure, write_png

from snnkernels import LIF, spike_count_loss

TIME_STEPS = (1, 2, 3, 5, 8, 15, 25, 50)
LEARNING_RATES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
# Steepness of the surrogate and scale of the initial weights go wrong together: every pair is tried.
SLOPES = (0.1, 0.5, 2.0, 10.0, 50.0, 250.0)
GAINS = (0.05, 0.2, 0.577, 1.0, 2.0, 8.0)


@dataclass(frozen=True)
class Options:
    """Train small networks for one epoch with settings from far too small to far too large, and show what comes of it.

    Writes failures.json and failures.png to --out.
    """

    out: Path = Path("runs/failures")
    """folder for the results"""
    dataset: Literal["auto", "mnist", "fashion-mnist", "digits"] = "auto"
    """as in train.py"""
    data_dir: Path = Path("data")
    """as in train.py"""
    images: int = 5_000
    """train on so many images, and test on a fifth of that"""
    hidden: tuple[int, ...] = (300, 300, 300)
    """neurons in each hidden layer: depth makes failures show"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a GPU where there is one"""

    def __post_init__(self) -> None:
        if self.images < 5:
            raise ValueError(f"--images must be at least 5, got {self.images}")
        NetworkConfig(hidden=self.hidden)  # which checks it


def main(arguments: Sequence[str] | None = None) -> None:
    """The command. Ends the process with one sentence, and status 1, on what a user can put right."""
    options = tyro.cli(Options, args=arguments)
    with command():
        options.out.mkdir(parents=True, exist_ok=True)
        device = find_device(options.device)
        digits = limited(load(options.dataset, options.data_dir).to(device), options.images, options.images // 5, 0)
        about = {"dataset": digits.name, "note": digits.note, "origin": origin(device)}
        results = {**about, **run_all(options, digits)}
        (options.out / "failures.json").write_text(json.dumps(results, indent=2) + "\n")
        write_png(draw_failures(results), options.out / "failures.png")
        print(f"written: {options.out / 'failures.json'}, {options.out / 'failures.png'}")


def run_all(options: Options, digits: Digits) -> dict[str, Any]:
    base = Config(network=NetworkConfig(hidden=options.hidden), optimization=OptimizationConfig(epochs=1))

    def changed(group: str, **values: Any) -> Config:
        return dataclasses.replace(base, **{group: dataclasses.replace(getattr(base, group), **values)})

    return {
        "device_mismatch": device_mismatch(),
        "time_steps": [run({"time_steps": T}, changed("coding", time_steps=T), digits) for T in TIME_STEPS],
        "learning_rates": [
            run({"learning_rate": rate}, changed("optimization", learning_rate=rate), digits) for rate in LEARNING_RATES
        ],
        "gains_and_slopes": [
            run(
                {"gain": gain, "slope": slope},
                dataclasses.replace(changed("network", gain=gain), neuron=NeuronConfig(slope=slope)),
                digits,
            )
            for gain in GAINS
            for slope in SLOPES
        ],
    }


def run(settings: dict[str, float], config: Config, digits: Digits) -> dict[str, Any]:
    """The settings, with gradient and activity before training, and accuracy and activity after it."""
    gradient, before = first_look(config, digits)
    result = train_network(config, digits).evaluate(digits.validation)
    shown = ", ".join(f"{name} {value:g}" for name, value in settings.items())
    silent = ", ".join(f"{name} {layer.silent:.0%}" for name, layer in result.layers.items())
    print(f"{shown}: accuracy {result.accuracy:.1%}; first gradient {gradient:.1e}; silent: {silent}")
    layers = {when: _plain(layers) for when, layers in (("first_layers", before), ("layers", result.layers))}
    return {**settings, "accuracy": result.accuracy, "first_gradient": gradient, **layers}


def first_look(config: Config, digits: Digits) -> tuple[float, dict[str, LayerActivity]]:
    """Of the network as it begins: the norm of the first layer's weight gradient in the first step, which is what the
    surrogates let through to it, and how the layers fire."""
    device = digits.train.labels.device
    make_deterministic(config.seed, device)
    model = build_model(config, digits.train.images.shape[1], CLASSES).to(device)
    encode = Encoder(config.coding)
    batch = digits.train.take(slice(config.optimization.batch_size))
    inputs = encode(batch.images, torch.Generator(device).manual_seed(config.seed))
    spike_count_loss(model(inputs), batch.labels).backward()
    layers = evaluate(model, digits.validation, encode).layers
    return float(next(model.parameters()).grad.norm()), layers


def _plain(layers: dict[str, LayerActivity]) -> dict[str, dict[str, float]]:
    """As JSON holds it."""
    return {name: dataclasses.asdict(layer) for name, layer in layers.items()}


def device_mismatch() -> str:
    """What one is told who continues a sequence with a state that was left on another device."""
    elsewhere = torch.device("cuda" if torch.cuda.is_available() else "meta")
    try:
        LIF()(torch.zeros(25, 8, 10), initial_state=torch.zeros(8, 10, device=elsewhere))
    except ValueError as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError("a state on another device was taken")


def draw_failures(results: dict[str, Any]) -> Figure:
    figure = new_figure(10, 8)
    steps, rates, accuracy, gradient = figure.subplots(2, 2).flat
    for axes, name, key in ((steps, "time_steps", "time_steps"), (rates, "learning_rates", "learning_rate")):
        points = results[name]
        axes.plot([p[key] for p in points], [100 * p["accuracy"] for p in points], "o-", color=BLUE)
        axes.axhline(100 / CLASSES, color=ORANGE, linestyle="--", linewidth=1)
        axes.text(points[len(points) // 2][key], 100 / CLASSES - 7, "guessing", color=ORANGE, ha="center")
        axes.set(xscale="log", ylim=(0, 100), ylabel="accuracy, %")
        axes.grid()
    steps.set(xlabel="time steps T, in training and after it", title="Too few time steps")
    steps.set_xticks(TIME_STEPS, TIME_STEPS)
    steps.minorticks_off()
    rates.set(xlabel="learning rate of Adam", title="Learning rate")
    pairs = results["gains_and_slopes"]
    _draw_map(accuracy, [100 * p["accuracy"] for p in pairs], "{:.0f}", "Accuracy after an epoch, %")
    exponents = [torch.tensor(p["first_gradient"]).log10().clamp(min=-20).item() for p in pairs]
    _draw_map(gradient, exponents, "{:.1f}", "First layer's first gradient, log10 of its norm")
    return figure


def _draw_map(axes: Axes, values: list[float], text: str, title: str) -> None:
    grid = torch.tensor(values).view(len(GAINS), len(SLOPES))
    axes.imshow(grid.numpy(), cmap="cividis", aspect="auto", origin="lower")
    middle = (grid.min() + grid.max()) / 2
    for row, column in torch.cartesian_prod(*map(torch.arange, grid.shape)).tolist():
        color = "white" if grid[row, column] < middle else INK
        axes.text(column, row, text.format(grid[row, column]), ha="center", va="center", color=color)
    axes.set_xticks(range(len(SLOPES)), [f"{slope:g}" for slope in SLOPES])
    axes.set_yticks(range(len(GAINS)), [f"{gain:g}" for gain in GAINS])
    axes.set(xlabel="slope of the surrogate: wide to steep", ylabel="gain of the initial weights", title=title)
    axes.spines[:].set_visible(False)


if __name__ == "__main__":
    main()
