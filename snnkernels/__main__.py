"""The command `python -m snnkernels`. By itself it prints versions, processors, which engine runs where, and which
compiled neurons are kept. Add this to a report of a defect.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import torch

from . import __version__
from .definition import Neuron
from .dispatch import backends
from .engines import native_build, native_cache
from .machine import processor


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m snnkernels", description=__doc__.replace("\n", " "))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    folder = native_cache.default_folder()
    compiling = commands.add_parser("compile", help="compile neurons for the CPU, for where there is no compiler")
    compiling.add_argument("neurons", nargs="+", metavar="MODULE:NEURON", help="such as my_package.my_module:adlif")
    compiling.add_argument("--out", type=Path, default=folder, help="the folder to keep them in (default: %(default)s)")
    commands.add_parser("clear-cache", help=f"delete the compiled neurons in {folder}")
    options = parser.parse_args(arguments)
    if options.command == "compile":
        return compile_neurons(options.neurons, options.out)
    if options.command == "clear-cache":
        print(f"deleted {len(native_cache.clear(folder))} compiled neurons in {folder}")
    else:
        report(folder)
    return 0


class NoNeuron(Exception):
    """Why a name is not that of a neuron."""


def report(folder: Path) -> None:
    print(f"snnkernels {__version__}, torch {torch.__version__}, Python {platform.python_version()}")
    devices = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    print(f"{', '.join([str(processor()), *devices])}; {torch.get_num_threads()} threads; {platform.platform()}")
    for backend in backends():
        usable = "usable" if backend.neurons == "any" else f"usable for {backend.neurons}"
        state = usable if backend.usable else f"not usable: {backend.reason}"
        print(f"  {backend.engine:10} {backend.device:5} {state}")
    kept = native_cache.libraries(folder)
    print(f"{len(kept)} compiled neurons in {folder}")
    for path in kept:
        print(f"  {path.stem} {path.stat().st_size / 1024:.0f} KiB")


def compile_neurons(names: Sequence[str], folder: Path) -> int:
    """Compile every variant of these neurons that is not built in. Returns the exit status."""
    try:
        keys = [variant.key for name in names for variant in find(name).definition.variants()]
        parts = [native_build.part_of(key) for key in keys if not native_build.is_registered(key)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for path in pool.map(lambda part: native_build.build(part, folder), parts):
                print(path)
    except (native_build.NotBuilt, OSError, NoNeuron) as error:
        print(f"python -m snnkernels compile: {error}", file=sys.stderr)
        return 1
    print(f"{len(parts)} compiled neurons for {', '.join(names)} in {folder}")
    return 0


def find(name: str) -> Neuron:
    """The neuron that is called `module:neuron`. Raises NoNeuron."""
    module, _, path = name.partition(":")
    if not path:
        raise NoNeuron(f"a neuron is written as module:neuron, such as my_module:adlif, got {name}")
    try:
        found = import_module(module)
        for attribute in path.split("."):
            found = getattr(found, attribute)
    except (ModuleNotFoundError, AttributeError) as error:
        raise NoNeuron(f"there is no {name}: {error}") from None
    if not hasattr(found, "definition"):
        raise NoNeuron(f"{name} must be a neuron, which @snnkernels.neuron makes of a step, got {found!r}")
    return found


if __name__ == "__main__":
    sys.exit(main())
