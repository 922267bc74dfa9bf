"""`python -m snnkernels` prints versions, processors, and which engine runs where. Add this to a report of a defect."""

from __future__ import annotations

import platform

import torch

from . import __version__
from .dispatch import backends
from .machine import processor


def main() -> None:
    print(f"snnkernels {__version__}, torch {torch.__version__}, Python {platform.python_version()}")
    devices = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    print(f"{', '.join([str(processor()), *devices])}; {torch.get_num_threads()} threads; {platform.platform()}")
    for backend in backends():
        state = "usable" if backend.usable else f"not usable: {backend.reason}"
        print(f"  {backend.engine:10} {backend.device:5} {state}")


if __name__ == "__main__":
    main()
