"""What snn_against_ann.py measured, as a table and as a picture."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from style import BLUE, ORANGE, new_figure

# A learning rate is as good as the best where it comes within two points of it.
NEAR_BEST = 0.02

STYLES = {"snn": ("spiking", BLUE), "ann": ("artificial", ORANGE)}


def write_table(results: dict[str, Any], path: Path) -> None:
    options, images = results["options"], results["images"]
    hidden = ", ".join(map(str, options["hidden"]))
    lines = [
        f"| {results['dataset']} | spiking: LIF, T={options['time_steps']} | artificial: ReLU |",
        "| --- | --- | --- |",
        *(f"| {name} | {spiking} | {artificial} |" for name, spiking, artificial in rows(results)),
        "",
        f"{images['train']:,} training and {images['test']:,} test images, {hidden} hidden neurons, "
        f"{options['epochs']} epochs, {options['seeds']} seeds (mean ± standard deviation); "
        f"{_origin(results.get('origin'))}.",
    ]
    if results["note"]:
        lines += ["", results["note"]]
    path.write_text("\n".join(lines) + "\n")


def _origin(made: dict[str, Any] | None) -> str:
    if made is None:
        return "the machine and the engine are not recorded"
    machine = f"{made['cpu']}, {made['threads']} threads" if made["device"] == "cpu" else made["device"]
    versions = made["versions"]
    return f"{machine}; engine {made['engine']}, torch {versions['torch']}, snnkernels {versions['snnkernels']}"


def rows(results: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, spiking, artificial: a figure, or why there is none."""
    snn, ann = results["snn"], results["ann"]
    target = f"{results['options']['target']:.0%}"

    def both(name: str, text: Any) -> tuple[str, str, str]:
        return name, text(snn), text(ann)

    return [
        (
            "signal between layers",
            f"spikes, 0 or 1; for an image {_active(snn)}",
            f"real numbers; for an image {_active(ann)}",
        ),
        both("test accuracy", lambda network: _mean_and_deviation(network["test_accuracy"])),
        (
            "training",
            f"surrogate gradients through {results['options']['time_steps']} time steps; {_training(snn)}",
            f"exact gradients; {_training(ann)}",
        ),
        both(f"convergence: epochs to {target} in validation", lambda network: _epochs_to_target(network, results)),
        both("stability: spread over seeds", lambda network: _spread(network["test_accuracy"])),
        both("stability: learning rates within 2 points of the best", lambda network: _good_rates(network["sweep"])),
        both("sparsity: zeros that come into each layer", _sparsity),
        ("operations for an image", _synaptic_operations(snn["operations"]), _macs(ann["operations"])),
        both("energy of it, estimated: arithmetic", lambda network: _energy(network, "arithmetic")),
        both("energy of it, estimated: reading memory", lambda network: _energy(network, "memory")),
        both("time for a test image, in batches", lambda network: f"{network['milliseconds_per_test_image']:.3f} ms"),
        *(both(f"test accuracy with {kind} noise", lambda n, k=kind: _noise(n, k, results)) for kind in snn["noise"]),
        (
            "temporal processing",
            f"cannot be shown here: a still image has no order in time. An answer can be had early: {_early(snn)}",
            "cannot be shown here. There is one answer, when all is computed",
        ),
        (
            "energy and time on a neuromorphic chip",
            "cannot be shown here: nothing ran on one",
            "does not apply",
        ),
    ]


def _mean_and_deviation(accuracies: Sequence[float]) -> str:
    mean = f"{100 * statistics.mean(accuracies):.2f}"
    return f"{mean} ± {100 * statistics.stdev(accuracies):.2f} %" if len(accuracies) > 1 else f"{mean} %"


def _spread(accuracies: Sequence[float]) -> str:
    if len(accuracies) == 1:
        return "cannot be shown with one seed"
    return f"{100 * min(accuracies):.2f} to {100 * max(accuracies):.2f} %"


def _training(network: dict[str, Any]) -> str:
    return f"learning rate {network['learning_rate']:g}, {network['seconds_per_epoch']:.1f} s an epoch"


def _epochs_to_target(network: dict[str, Any], results: dict[str, Any]) -> str:
    epochs = [images / results["images"]["train"] for images in network["images_to_target"] if images is not None]
    never = len(network["images_to_target"]) - len(epochs)
    parts = [f"{statistics.mean(epochs):.1f}"] if epochs else []
    return ", ".join(parts + ([f"not reached by {never} of {never + len(epochs)} seeds"] if never else []))


def _good_rates(sweep: Sequence[dict[str, float]]) -> str:
    best = max(point["accuracy"] for point in sweep)
    good = [point["learning_rate"] for point in sweep if point["accuracy"] >= best - NEAR_BEST]
    span = f"{min(good):g} to {max(good):g}" if len(good) > 1 else f"{good[0]:g}"
    return f"{span} ({len(good)} of the {len(sweep)} tried)"


def _layers(network: dict[str, Any]) -> list[tuple[str, dict[str, float]]]:
    return [(name.split(".")[0].removeprefix("to_"), layer) for name, layer in network["operations"]["layers"].items()]


def _active(network: dict[str, Any]) -> str:
    return ", ".join(f"{layer['active']:,.0f} into {name}" for name, layer in _layers(network))


def _sparsity(network: dict[str, Any]) -> str:
    return ", ".join(f"{1 - layer['active'] / layer['inputs']:.1%} into {name}" for name, layer in _layers(network))


def _synaptic_operations(operations: dict[str, Any]) -> str:
    needed = sum(layer["needed"] for layer in operations["layers"].values())
    updates = operations["neuron_updates"]
    return f"{needed:,.0f} synaptic operations (a spike meets a weight), {updates:,.0f} neuron updates"


def _macs(operations: dict[str, Any]) -> str:
    everything, needed = (sum(layer[k] for layer in operations["layers"].values()) for k in ("all", "needed"))
    return f"{everything:,.0f} MACs, {needed:,.0f} where zeros are skipped"


def _energy(network: dict[str, Any], kind: str) -> str:
    ways = network["microjoules"].items()
    return ", ".join(f"{energy[kind]:.3g} µJ {f'({way})' if way else ''}".rstrip() for way, energy in ways)


def _noise(network: dict[str, Any], kind: str, results: dict[str, Any]) -> str:
    levels = zip(results["options"]["noise_levels"], network["noise"][kind], strict=True)
    return ", ".join(f"{level:g}: {100 * statistics.mean(values):.1f} %" for level, values in levels)


def _early(network: dict[str, Any]) -> str:
    by_step = [statistics.mean(values) for values in zip(*network["accuracy_after_steps"], strict=True)]
    chosen = sorted({max(1, round(share * len(by_step))) for share in (0.1, 0.2, 0.4, 1)})
    return ", ".join(f"{100 * by_step[step - 1]:.1f} % after {step} steps" for step in chosen)


def draw_comparison(results: dict[str, Any]) -> Figure:
    figure = new_figure(10, 7.5)
    curves, rates, noise, steps = figure.subplots(2, 2).flat
    levels = results["options"]["noise_levels"]
    for name, (label, color) in STYLES.items():
        network = results[name]
        for curve in network["curves"]:
            epochs = [images / results["images"]["train"] for images, _ in curve]
            curves.plot(epochs, [100 - 100 * accuracy for _, accuracy in curve], color=color, linewidth=1)
        sweep = network["sweep"]
        rates.plot(
            [p["learning_rate"] for p in sweep], [100 * p["accuracy"] for p in sweep], "o-", color=color, label=label
        )
        for (kind, values), line in zip(network["noise"].items(), ("o-", "s--"), strict=True):
            means = [100 * statistics.mean(accuracies) for accuracies in (network["test_accuracy"], *values)]
            noise.plot([0, *levels], means, line, color=color, label=f"{label}, {kind}")
    for name, (label, color) in STYLES.items():
        errors = [
            100 - 100 * statistics.mean(values) for values in zip(*results[name]["accuracy_after_steps"], strict=True)
        ]
        if len(errors) == 1:
            steps.axhline(errors[0], color=color, linestyle="--", label=f"{label}: one answer")
        else:
            steps.plot(range(1, len(errors) + 1), errors, "o-", color=color, markersize=4, label=label)
    curves.set(xlabel="epochs", ylabel="validation error, %", yscale="log", title="Learning, a line for each seed")
    rates.set(xlabel="learning rate", ylabel="validation accuracy, %", xscale="log", title="One epoch on few images")
    noise.set(xlabel="noise level", ylabel="test accuracy, %", title="Noise that was not in training")
    steps.set(xlabel="time steps seen", ylabel="test error, %", yscale="log", title="The answer over time")
    for axes in (curves, steps):
        axes.set_yticks([1, 2, 5, 10, 20, 50, 100], [1, 2, 5, 10, 20, 50, 100])
        axes.minorticks_off()
    for axes in figure.axes:
        axes.grid()
    for axes in (rates, noise, steps):
        axes.legend(fontsize=9)
    return figure
