"""`python -m snnkernels`: versions, and which engine runs where."""

from __future__ import annotations

import platform

import torch

from . import __version__
from .dispatch import backends


def main() -> None:
    print(f"snnkernels {__version__}, torch {torch.__version__}, Python {platform.python_version()}")
    for backend in backends():
        state = "usable" if backend.usable else f"not usable: {backend.reason}"
        print(f"  {backend.engine:10} {backend.device:5} {state}")


if __name__ == "__main__":
    main()
