"""What a run is told: one frozen dataclass, which is the command line and goes into the summary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class RunError(Exception):
    """What stops a run and the user can put right, in plain words."""


@dataclass(frozen=True)
class Config:
    """Train a spiking network of LIF neurons, 784-1000-10, on handwritten digits in Poisson coding."""

    data_dir: Path = Path("data")
    """folder of the data: MNIST/raw/*.gz, as torchvision keeps it, or the four .gz files themselves"""
    dataset: Literal["auto", "mnist", "digits"] = "auto"
    """auto: MNIST from --data-dir, else downloaded into it, else (offline) scikit-learn's small handwritten digits"""
    out: Path = Path("runs/mnist")
    """folder for summary.json and weights.pt"""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a GPU where there is one"""
    seed: int = 0
    """of the weights, the order of the images and their spikes: the same seed trains the same weights, bit for bit"""
    epochs: int | None = None
    """passes over the training images; where not given, 1 for MNIST and 20 for the small digits"""
    batch_size: int = 128
    """images in a training step"""
    learning_rate: float = 1e-3
    """of Adam, at the start: it falls to zero over the run, along half a cosine"""
    time_steps: int = 25
    """T, the length of the spike trains, in training and in testing"""
    hidden: int = 1000
    """neurons in the hidden layer"""
    beta: float = 0.9
    """decay of the membrane potential per time step, in both layers"""
    slope: float = 2.0
    """steepness of the surrogate derivative, a fast sigmoid's: the larger --gain is, the further from the threshold
    the potentials lie, and the less of them a steep surrogate reaches"""
    gain: float = 0.577
    """of the Kaiming initialisation: weights have standard deviation gain / sqrt(fan_in); nn.Linear's own is 0.577"""
    limit: int | None = None
    """train on so many images only, for a quick look"""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "time_steps", "hidden", "limit"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{_option(name)} must be at least 1, got {value}")
        for name in ("learning_rate", "slope", "gain"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                raise ValueError(f"{_option(name)} must be positive and finite, got {value}")
        if not 0 <= self.beta <= 1:
            raise ValueError(f"--beta must lie in [0, 1], got {self.beta}")


def _option(field: str) -> str:
    return "--" + field.replace("_", "-")
