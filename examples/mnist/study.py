"""One recipe, several seeds, mean and standard deviation: `python examples/mnist/study.py --help`."""

from __future__ import annotations

import json
import shlex
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import session
import train
import tyro
from checkpoint import atomic_file
from config import Config, RunError
from interrupts import Interrupted, command
from runs import RunFolder

# Options of train.py, chosen by accuracy on the validation split.
RECIPES = {
    "mlp": "--dataset mnist --epochs 15 --shift 1",
    "conv": "--dataset mnist --epochs 15 --shift 1 --model conv --hidden 128 --gain 1 "
    "--encoding constant --time-steps 4",
}


@dataclass(frozen=True)
class Study:
    """Train a recipe with several seeds; what has been trained is kept, what has been interrupted is resumed.

    Every other option goes to train.py, such as --data-dir or --device.
    """

    recipe: Literal["mlp", "conv"] = "mlp"
    """mlp: 784-1000-10, Poisson coding, T=25; conv: two convolutions, constant currents, T=4; both 15 epochs"""
    seeds: tuple[int, ...] = (0, 1, 2)
    """one run each"""
    out: Path = Path("runs/study")
    """folder for a folder of each run, and for study.json"""

    def __post_init__(self) -> None:
        if not self.seeds:
            raise ValueError("--seeds needs at least one value")


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """The command; returns what it prints."""
    study, options = tyro.cli(Study, args=arguments, return_unknown_args=True)
    with command():
        try:
            summaries = [run(study, seed, options) for seed in study.seeds]
        except (Interrupted, KeyboardInterrupt):
            raise Interrupted("start the same command again to continue") from None
        return report(study, options, summaries)


def report(study: Study, options: Sequence[str], summaries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write study.json, and the same in words."""
    accuracies = [summary["test_accuracy"] for summary in summaries]
    result = {
        "recipe": RECIPES[study.recipe],
        "options": options,
        "seeds": study.seeds,
        "test_accuracies": accuracies,
        "mean": statistics.mean(accuracies),
        "standard_deviation": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
        "minutes": [summary["seconds_per_epoch"] * summary["epochs"] / 60 for summary in summaries],
        "origins": [summary.get("origin") for summary in summaries],  # older runs do not say
    }
    with atomic_file(study.out / "study.json") as file:
        file.write(json.dumps(result, indent=2).encode() + b"\n")
    spread = f" ± {result['standard_deviation']:.2%}" if len(accuracies) > 1 else ""
    each = ", ".join(f"{accuracy:.2%}" for accuracy in accuracies)
    print(f"test accuracy, mean ± standard deviation of {len(accuracies)} seeds: {result['mean']:.2%}{spread} ({each})")
    print(f"training, minutes a seed: {', '.join(f'{minutes:.1f}' for minutes in result['minutes'])}")
    return result


def run(study: Study, seed: int, options: Sequence[str]) -> dict[str, Any]:
    """The summary of a run, which is trained, or trained to its end, where it has not been."""
    out = study.out / f"{study.recipe}-seed{seed}"
    folder = RunFolder(out)
    arguments = [*shlex.split(RECIPES[study.recipe]), "--seed", str(seed), *options, "--out", str(out)]
    if folder.summary.exists():
        summary = folder.read_summary()
        try:
            train.as_started(arguments, Config.from_json(summary["config"]), out)
        except RunError as error:
            raise RunError(f"{error}; --out names another folder") from error
        return summary
    if folder.unfinished():
        arguments.append("--resume")
    print(f"python examples/mnist/train.py {shlex.join(arguments)}", flush=True)
    session.run(train.parse(arguments))
    return folder.read_summary()


if __name__ == "__main__":
    main()
