"""A run from one end to the other: folder, data, training, test."""

from __future__ import annotations

import json
from typing import Any

from checkpoint import atomic_file, check_folder, load_checkpoint
from config import Config, RunError
from data import CLASSES, Digits, load
from devices import World, join_world, make_deterministic
from encoding import Encoder
from evaluation import evaluate
from logs import MetricsLog
from loop import Loop
from model import Build, build_model, layer_sizes
from runs import RunFolder, load_run
from summary import report, summarise, write_summary
from trainer import Trainer

import snnkernels


def run(config: Config, build: Build = build_model) -> dict[str, Any]:
    """Train, choose by validation, test once, leave it all in config.out; returns the summary.

    build: makes the network from config, number of pixels and number of classes. The processes of a torchrun that do
    not lead return an empty summary.
    """
    with join_world(config.machine.device) as world, snnkernels.use_backend(config.machine.engine):
        check_engine(config.machine.engine, world)
        folder = RunFolder(config.out)
        if world.leads:
            check_out(folder, config)
        with world.leader_first():
            digits = load(config.data.dataset, config.data.data_dir, config.data.limit).to(world.device)
        config = config.resolved(digits.name, world.device.type)
        make_deterministic(config.seed, world.device)
        model = build(config, digits.train.images.shape[1], CLASSES).to(world.device)
        trainer = Trainer(config, model, digits.train, world)
        train(trainer, digits, folder)
        return test(folder, digits, world, build) if world.leads else {}


def check_engine(engine: str, world: World) -> None:
    """Find out before the training."""
    for backend in snnkernels.backends():
        if (backend.engine, backend.device) == (engine, world.device.type) and not backend.usable:
            raise RunError(f"--engine {engine} cannot run on {world.device.type}: {backend.reason}")


def check_out(folder: RunFolder, config: Config) -> None:
    """Find out whether it can be written to, and whether it holds a run that is not to be touched."""
    check_folder(folder.path, "--out")
    if folder.holds_run() and not (config.resume or config.overwrite):
        raise RunError(
            f"{folder.path} holds a run: --overwrite removes it and starts anew, --resume continues it if it has not "
            "ended, --out names another folder"
        )


def train(trainer: Trainer, digits: Digits, folder: RunFolder) -> None:
    """From the beginning, or from the last checkpoint. Only here, where nothing can hinder it, an earlier run goes."""
    config, world = trainer.config, trainer.world
    position = 0
    if config.resume:
        checkpoint = load_checkpoint(folder.last)
        trainer.restore(checkpoint)
        position = checkpoint["metrics_position"]
    log = None
    if world.leads:
        describe(trainer)
        if not config.resume:
            folder.clear()
        with atomic_file(folder.config) as file:
            file.write(json.dumps(config.to_json(), indent=2).encode() + b"\n")
        step = trainer.progress.step
        log = MetricsLog(folder, position=position, step=step, tensorboard=config.tensorboard)
    try:
        Loop(trainer, digits, folder, log).run()
    finally:
        if log is not None:
            log.close()


def describe(trainer: Trainer) -> None:
    config, world = trainer.config, trainer.world
    processes = f", {world.size} processes" if world.size > 1 else ""
    print(
        f"{layer_sizes(config, trainer.images.images.shape[1], CLASSES)} LIF neurons, {config.coding.encoding} coding, "
        f"T={config.coding.time_steps}, on {world.device.type}{processes}"
    )
    if trainer.progress.step:
        print(f"continues after step {trainer.progress.step:,} of {trainer.total_steps:,}")


def test(folder: RunFolder, digits: Digits, world: World, build: Build) -> dict[str, Any]:
    """Once, with the weights that did best in validation."""
    chosen = load_run(folder.path, device=world.device, build=build)
    encoder = Encoder(chosen.config.coding, chosen.config.coding.eval_time_steps)
    result = evaluate(chosen.model, digits.test, encoder, amp=chosen.config.machine.amp)
    summary = summarise(chosen, digits, result, world.size)
    report(summary, result)
    write_summary(chosen, summary)
    print(f"written: {folder.summary}, {folder.best}, {folder.metrics}")
    return summary
