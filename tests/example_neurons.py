"""The modules of examples/neurons, as a script in that folder imports them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "neurons"


def load(name: str) -> ModuleType:
    """A module of the folder, under a name of its own: examples/mnist has a train.py too."""
    full = f"{FOLDER.name}_{name}"
    if full not in sys.modules:
        with mock.patch.object(sys, "path", [str(FOLDER), *sys.path]):
            spec = importlib.util.spec_from_file_location(full, FOLDER / f"{name}.py")
            assert spec is not None and spec.loader is not None
            sys.modules[full] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


def example(name: str) -> Any:
    """The neuron that a file of the folder defines."""
    return getattr(load(name), name)
