"""Train a spiking network on MNIST: `python examples/mnist/train.py --help`."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import tyro
from activity import activity_warnings
from config import Config, RunError
from data import CLASSES, Digits, load
from model import SpikingMLP
from training import Evaluation, Trainer, evaluate

import snnkernels

DEFAULT_EPOCHS = {"mnist": 1, "digits": 20}
VERSIONS = {
    "python": platform.python_version(),
    "torch": torch.__version__,
    "snnkernels": snnkernels.__version__,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command. Ends the process with one sentence, and status 1, on what a user can put right."""
    config = tyro.cli(Config, args=arguments)
    try:
        run(config)
    except RunError as error:
        sys.exit(f"error: {error}")


def run(config: Config) -> dict[str, Any]:
    """Train and test as told, leave weights.pt and summary.json in config.out, and return the summary."""
    device = find_device(config.device)
    check_writable(config.out)
    digits = load(config.dataset, config.data_dir).to(device)
    if digits.note:
        print(digits.note)
    config = dataclasses.replace(config, epochs=config.epochs or DEFAULT_EPOCHS[digits.name])
    make_deterministic(config.seed, device)
    trainer = make_trainer(config, digits, device)
    print(
        f"{digits.name}: {len(trainer.images):,} training, {len(digits.validation):,} validation and "
        f"{len(digits.test):,} test images; {trainer.images.images.shape[1]}-{config.hidden}-{CLASSES} LIF neurons, "
        f"T={config.time_steps}, on {device.type}"
    )
    history = [train_and_validate(trainer, digits) for _ in range(config.epochs)]
    test = evaluate(trainer.model, digits.test, config.time_steps)
    summary = summarise(config, digits, device, history, test)
    report(summary)
    torch.save(trainer.model.state_dict(), config.out / "weights.pt")
    (config.out / "summary.json").write_text(json.dumps(summary, indent=2, default=str) + "\n")
    print(f"written: {config.out / 'summary.json'}, {config.out / 'weights.pt'}")
    return summary


def find_device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        why = "sees no GPU" if torch.version.cuda else "is built without CUDA"
        raise RunError(f"--device cuda asks for a GPU, but torch {torch.__version__} {why}")
    return torch.device(name)


def check_writable(folder: Path) -> None:
    """Find out before the training, and not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RunError(f"--out {folder} cannot be written to: {error}") from error


def make_deterministic(seed: int, device: torch.device) -> None:
    """The same seed gives the same weights, bit for bit, on the same machine and engine."""
    torch.manual_seed(seed)
    if device.type == "cuda":  # what runs here on a CPU is deterministic as it is
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False


def make_trainer(config: Config, digits: Digits, device: torch.device) -> Trainer:
    train = digits.train.take(slice(config.limit))
    model = SpikingMLP(
        train.images.shape[1], config.hidden, CLASSES, beta=config.beta, slope=config.slope, gain=config.gain
    )
    return Trainer(
        model.to(device),
        train,
        epochs=config.epochs,
        batch_size=config.batch_size,
        time_steps=config.time_steps,
        learning_rate=config.learning_rate,
        seed=config.seed,
    )


def train_and_validate(trainer: Trainer, digits: Digits) -> dict[str, Any]:
    """One epoch, with a line of figures and the warnings they call for."""
    epoch = trainer.train_epoch()
    validation = evaluate(trainer.model, digits.validation, trainer.time_steps)
    print(
        f"epoch {trainer.epoch}/{trainer.epochs}: loss {epoch.loss:.3f}, training accuracy {epoch.accuracy:.2%}, "
        f"validation accuracy {validation.accuracy:.2%}, {epoch.seconds:.1f} s"
    )
    if trainer.epoch < trainer.epochs:  # those of the last epoch come with the test's figures
        print_warnings(activity_warnings(validation.layers))
    return {"train": dataclasses.asdict(epoch), "validation": dataclasses.asdict(validation)}


def summarise(
    config: Config, digits: Digits, device: torch.device, history: list[dict[str, Any]], test: Evaluation
) -> dict[str, Any]:
    seconds = [entry["train"]["seconds"] for entry in history]
    return {
        "dataset": digits.name,
        "note": digits.note,
        "test_accuracy": test.accuracy,
        "test_loss": test.loss,
        "validation_accuracy": history[-1]["validation"]["accuracy"],
        "epochs": config.epochs,
        "seconds_per_epoch": sum(seconds) / len(seconds),
        "firing_rates": {name: layer.firing_rate for name, layer in test.layers.items()},
        "layers": {name: dataclasses.asdict(layer) for name, layer in test.layers.items()},
        "warnings": activity_warnings(test.layers),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "engines": [b.engine for b in snnkernels.backends() if b.usable and b.device in (device.type, "any")],
        "threads": torch.get_num_threads(),
        "versions": VERSIONS,
        "config": dataclasses.asdict(config),
        "history": history,
    }


def report(summary: dict[str, Any]) -> None:
    rates = ", ".join(f"{name} {rate:.3f}" for name, rate in summary["firing_rates"].items())
    print(f"test accuracy on {summary['dataset']}: {summary['test_accuracy']:.2%}")
    print(f"firing rates, spikes per neuron and time step: {rates}")
    print_warnings(summary["warnings"])
    print(f"time per epoch: {summary['seconds_per_epoch']:.1f} s")


def print_warnings(warnings: Sequence[str]) -> None:
    for warning in warnings:
        print(f"warning: {warning}")


if __name__ == "__main__":
    main()
