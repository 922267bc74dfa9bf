"""How long a network trains until it is accurate enough: `python examples/mnist/time_to_accuracy.py --help`."""

from __future__ import annotations

import copy
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import train
import tyro
from checkpoint import atomic_file, check_folder
from config import Config
from data import CLASSES, Digits, load
from devices import World, find_device, make_deterministic, wait
from encoding import Encoder
from evaluation import evaluate
from graphed import EAGER_STEPS
from interrupts import command
from model import build_model
from origin import origin
from session import check_engine
from trainer import Trainer

import snnkernels

WARM_UP_STEPS = EAGER_STEPS + 2  # the first after the eager ones is captured, the second only replayed


@dataclass(frozen=True)
class Goal:
    """Train until the accuracy on the test images, after some epoch, reaches a target; print how long that took.

    The time runs from the first training step to the end of the evaluation that reaches the target: training and every
    evaluation are in it. Imports, the loading of the data, the making of the network and a warm-up are not: some
    steps and an evaluation, in which kernels are compiled and a CUDA graph is captured, and which are undone.

    The test images decide when to stop, so this measures speed; for what the network can do see study.py. Every other
    option goes to train.py, such as --batch-size or --device; nothing is written but --json.
    """

    target: float = 0.98
    """accuracy on the test images"""
    epochs: int = 5
    """at most, over which the learning rate falls to zero"""
    json: Path | None = None
    """also write the result to this file"""

    def __post_init__(self) -> None:
        if not 0 < self.target <= 1:
            raise ValueError(f"--target must lie above 0 and be 1 at most, got {self.target}")


@dataclass(frozen=True)
class Result:
    """seconds: to the end of the last evaluation; training_seconds: of these, in training steps."""

    dataset: str
    origin: dict[str, Any]
    target: float
    reached: bool
    seconds: float
    training_seconds: float
    accuracies: list[float]  # after each epoch


def main(arguments: Sequence[str] | None = None) -> Result:
    """The command; returns what it prints. Ends with status 1 where the target is not reached."""
    goal, options = tyro.cli(Goal, args=arguments, return_unknown_args=True)
    with command():
        if goal.json is not None:
            check_folder(goal.json.parent, "--json")
        result = run(goal, train.parse([*options, "--epochs", str(goal.epochs)]))
        seconds = f"{result.seconds:.1f} s, of which {result.training_seconds:.1f} in training steps"
        print(f"{seconds}, on {result.origin['device']}, engine {result.origin['engine']}")
        if goal.json is not None:
            with atomic_file(goal.json) as file:
                file.write(json.dumps(asdict(result), indent=2).encode() + b"\n")
    if not result.reached:
        sys.exit(f"the target of {goal.target:.2%} was not reached in {goal.epochs} epochs")
    return result


def run(goal: Goal, config: Config) -> Result:
    """Everything but the time is that of a training by train.py with the same options."""
    world = World(find_device(config.machine.device))
    with snnkernels.use_backend(config.machine.engine):
        check_engine(config.machine.engine, world)
        digits = load(config.data.dataset, config.data.data_dir, config.data.limit).to(world.device)
        config = config.resolved(digits.name, world.device.type)
        make_deterministic(config.seed, world.device)
        model = build_model(config, digits.train.images.shape[1], CLASSES).to(world.device)
        return race(Trainer(config, model, digits.train, world), digits, goal.target)


def race(trainer: Trainer, digits: Digits, target: float, clock: Callable[[], float] = time.perf_counter) -> Result:
    """Train, epoch by epoch, until the target is reached or the training has ended."""
    warm_up(trainer, digits)
    accuracies: list[float] = []
    training = 0.0
    start = began = now = clock()
    while not trainer.finished and (not accuracies or accuracies[-1] < target):
        for _ in trainer.steps():
            pass
        trainer.end_epoch()
        wait(trainer.world.device)
        training += clock() - began
        accuracies.append(accuracy(trainer, digits))
        began = now = clock()
        print(f"epoch {len(accuracies)}: test accuracy {accuracies[-1]:.2%} after {now - start:.1f} s", flush=True)
    made = origin(trainer.world.device)
    return Result(digits.name, made, target, accuracies[-1] >= target, now - start, training, accuracies)


def warm_up(trainer: Trainer, digits: Digits) -> None:
    """Take some steps and evaluate, so that all is compiled and captured, then set everything back."""
    before = copy.deepcopy(trainer.state())
    for _, _ in zip(range(WARM_UP_STEPS), trainer.steps(), strict=False):
        pass
    accuracy(trainer, digits)
    trainer.restore(before)
    wait(trainer.world.device)


def accuracy(trainer: Trainer, digits: Digits) -> float:
    """On the test images."""
    coding = trainer.config.coding
    encoder = Encoder(coding, coding.eval_time_steps)
    return evaluate(trainer.model, digits.test, encoder, amp=trainer.config.machine.amp).accuracy


if __name__ == "__main__":
    main()
