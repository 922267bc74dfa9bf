"""What a run ends with: summary.json, and the same in words."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from activity import activity_warnings, print_activity
from checkpoint import atomic_file
from data import Digits
from evaluation import Evaluation
from origin import origin
from runs import Run

import snnkernels


def summarise(run: Run, digits: Digits, test: Evaluation, processes: int) -> dict[str, Any]:
    """run: with the weights that were chosen."""
    history, device = run.folder.history(), run.device
    seconds = [epoch["train"]["seconds"] for epoch in history]
    return {
        "dataset": digits.name,
        "note": digits.note,
        "test_accuracy": test.accuracy,
        "test_loss": test.loss,
        "validation_accuracy": history[run.epoch - 1]["validation"]["accuracy"],
        "best_epoch": run.epoch,
        "epochs": len(history),
        "seconds_per_epoch": sum(seconds) / len(seconds),
        "time_steps": run.config.coding.time_steps,
        "eval_time_steps": run.config.coding.eval_time_steps,
        "firing_rates": {name: layer.firing_rate for name, layer in test.layers.items()},
        "layers": {name: asdict(layer) for name, layer in test.layers.items()},
        "warnings": activity_warnings(test.layers),
        "processes": processes,
        "usable_engines": [b.engine for b in snnkernels.backends() if b.usable and b.device in (device.type, "any")],
        "origin": origin(device),
        "config": run.config.to_json(),
        "history": history,
    }


def write_summary(run: Run, summary: dict[str, Any]) -> None:
    with atomic_file(run.folder.summary) as file:
        file.write(json.dumps(summary, indent=2).encode() + b"\n")


def report(summary: dict[str, Any], test: Evaluation) -> None:
    trained, tested = summary["time_steps"], summary["eval_time_steps"]
    steps = f"T={tested}, as in training" if trained == tested else f"T={tested}; training had T={trained}"
    print(f"weights of epoch {summary['best_epoch']}, the best in validation: {summary['validation_accuracy']:.2%}")
    print(f"test accuracy on {summary['dataset']}: {summary['test_accuracy']:.2%} ({steps})")
    print_activity(test.layers)
    print(f"time per epoch: {summary['seconds_per_epoch']:.1f} s")
