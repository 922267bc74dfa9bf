"""Evaluate a saved run: `python examples/mnist/evaluate.py RUN`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro
from activity import print_activity
from devices import find_device
from encoding import Encoder
from evaluation import Evaluation, evaluate
from interrupts import command
from runs import load_run


@dataclass(frozen=True)
class Options:
    """Accuracy and firing rates of a run that train.py left, without training."""

    run: tyro.conf.Positional[Path]
    """folder of the run"""
    weights: Literal["best", "last"] = "best"
    """those that did best in validation, or the latest"""
    split: Literal["test", "validation", "train"] = "test"
    """which images"""
    time_steps: int | None = None
    """T; where not given, the run's own in evaluation"""
    data_dir: Path | None = None
    """folder of the data, if it is no longer where the run found it"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a GPU where there is one"""

    def __post_init__(self) -> None:
        if self.time_steps is not None and self.time_steps < 1:
            raise ValueError(f"--time-steps must be at least 1, got {self.time_steps}")


def main(arguments: Sequence[str] | None = None) -> Evaluation:
    """The command; returns what it prints."""
    options = tyro.cli(Options, args=arguments)
    with command():
        return run(options)


def run(options: Options) -> Evaluation:
    run = load_run(options.run, options.weights, device=find_device(options.device), data_dir=options.data_dir)
    coding = run.config.coding
    encoder = Encoder(coding, options.time_steps or coding.eval_time_steps)
    images = getattr(run.data, options.split)
    result = evaluate(run.model, images, encoder, amp=run.config.machine.amp)
    print(f"{options.run}, weights of epoch {run.epoch}, trained with T={coding.time_steps}")
    print(
        f"accuracy on {len(images):,} {options.split} images of {run.data.name}, T={encoder.time_steps}: "
        f"{result.accuracy:.2%}, loss {result.loss:.3f}"
    )
    print_activity(result.layers)
    return result


if __name__ == "__main__":
    main()
