"""Train a spiking network on MNIST: `python examples/mnist/train.py --help`."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro
from checkpoint import load_checkpoint
from config import Config, RunError
from devices import rank
from interrupts import Interrupted, command
from runs import RunFolder
from session import run

# Options that may differ where a run goes on: they do not change what comes out.
FREE_ON_RESUME = (
    *("out", "resume", "overwrite", "checkpoint_every", "tensorboard"),
    *("data.data_dir", "machine.cuda_graph"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command. Ends the process with one sentence, and status 1, on what a user can put right."""
    with command():
        config = parse(arguments)
        try:
            run(config)
        except (Interrupted, KeyboardInterrupt):
            if not RunFolder(config.out).unfinished():
                raise
            again = f"python {sys.argv[0]} --resume --out {shlex.quote(str(config.out))}"
            raise Interrupted(f"continue with: {again}") from None


def parse(arguments: Sequence[str] | None) -> Config:
    """The command line; with --resume, the options that the run in --out was started with."""
    config = _command_line(arguments, Config())
    if not config.resume:
        return config
    folder = RunFolder(config.out)
    if folder.summary.exists():
        raise RunError(f"the run in {config.out} has ended: its results are in {folder.summary}")
    saved = Config.from_json(load_checkpoint(folder.last)["config"])
    return as_started(arguments, saved, config.out)


def as_started(arguments: Sequence[str] | None, saved: Config, out: Path) -> Config:
    """A saved run's options, with what may change from the command line. Raises RunError where that says otherwise."""
    config = _command_line(arguments, dataclasses.replace(saved, out=out))
    given = _flat(config.to_json())
    for name, value in _flat(saved.to_json()).items():
        if name not in FREE_ON_RESUME and given[name] not in (value, "auto"):
            option = name.split(".")[-1].replace("_", "-")
            raise RunError(f"the run in {out} was started with --{option} {value}, not {given[name]}")
    return dataclasses.replace(
        config,
        data=dataclasses.replace(saved.data, data_dir=config.data.data_dir),
        machine=dataclasses.replace(saved.machine, cuda_graph=config.machine.cuda_graph),
    )


def _command_line(arguments: Sequence[str] | None, default: Config) -> Config:
    output = contextlib.ExitStack()
    if rank() != 0:  # one process says what is wrong
        output.enter_context(contextlib.redirect_stdout(io.StringIO()))
        output.enter_context(contextlib.redirect_stderr(io.StringIO()))
    with output:
        return tyro.cli(Config, args=arguments, default=default, config=(tyro.conf.OmitArgPrefixes,))


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested options by their path."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


if __name__ == "__main__":
    main()
