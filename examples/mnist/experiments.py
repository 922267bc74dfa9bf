"""Trainings that are compared with each other: in one process, nothing written, the same for any network."""

from __future__ import annotations

import time
from dataclasses import dataclass

from config import Config
from data import CLASSES, Digits, Split
from devices import World, make_deterministic, wait
from encoding import Encoder
from evaluation import Evaluation, evaluate
from model import Build, build_model
from torch import nn
from trainer import Trainer


@dataclass(frozen=True)
class Trained:
    """A network after its training. seconds: for an epoch; curve: training images seen and accuracy in validation."""

    model: nn.Module
    encode: Encoder
    seconds: float
    curve: list[tuple[int, float]]

    def evaluate(self, images: Split) -> Evaluation:
        return evaluate(self.model, images, self.encode)

    def images_to(self, accuracy: float) -> int | None:
        """Training images seen when validation first reached an accuracy; None where it never did."""
        return next((images for images, reached in self.curve if reached >= accuracy), None)


def train_network(config: Config, digits: Digits, build: Build = build_model, *, validations: int = 1) -> Trained:
    """validations: in every epoch; the time that they take does not count."""
    device = digits.train.labels.device
    config = config.resolved(digits.name, device.type)
    make_deterministic(config.seed, device)
    model = build(config, digits.train.images.shape[1], CLASSES).to(device)
    trainer = Trainer(config, model, digits.train, World(device))
    result = Trained(model, Encoder(config.coding, config.coding.eval_time_steps), 0.0, [])
    every = max(1, trainer.steps_in_epoch // validations)
    start, validating = time.perf_counter(), 0.0
    while not trainer.finished:
        for _ in trainer.steps():
            if trainer.progress.step % every == 0 or trainer.finished:
                wait(device)  # what is still to be computed is training
                before = time.perf_counter()
                seen = trainer.progress.epoch * len(digits.train) + trainer.images_seen
                result.curve.append((seen, result.evaluate(digits.validation).accuracy))
                validating += time.perf_counter() - before
        trainer.end_epoch()
    seconds = (time.perf_counter() - start - validating) / trainer.progress.epoch
    return Trained(result.model, result.encode, seconds, result.curve)


def limited(digits: Digits, train: int | None, validation: int | None, test: int | None) -> Digits:
    """The first so many images of each part; None for all."""
    parts = ((digits.train, train), (digits.validation, validation), (digits.test, test))
    return Digits(digits.name, *(part.take(slice(count)) for part, count in parts), digits.note)
