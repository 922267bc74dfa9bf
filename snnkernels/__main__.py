"""`python -m snnkernels`: versions, and which engine runs where."""

from __future__ import annotations

import importlib.metadata
import platform

import torch

from .dispatch import backends


def main() -> None:
    version = importlib.metadata.version("snnkernels")
    print(f"snnkernels {version}, torch {torch.__version__}, Python {platform.python_version()}")
    for backend in backends():
        state = "usable" if backend.usable else f"not usable: {backend.reason}"
        print(f"  {backend.engine:10} {backend.device:5} {state}")


if __name__ == "__main__":
    main()
