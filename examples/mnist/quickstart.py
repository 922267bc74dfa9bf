"""A spiking network on handwritten digits, all of it: `python examples/mnist/quickstart.py --help`."""

from pathlib import Path
from typing import Literal

import torch
import tyro
from config import DEFAULT_EPOCHS, RunError
from data import load
from interrupts import command
from torch import Tensor, nn

from snnkernels import LIF, SpikeLinear, poisson_encode, spike_count_accuracy, spike_count_loss


def main(
    dataset: Literal["auto", "mnist", "digits"] = "auto", data_dir: Path = Path("data"), epochs: int | None = None
) -> None:
    """Train 784-1000-10 LIF neurons and print their test accuracy. auto: MNIST, or small digits where there is none.

    Without --epochs it takes as many as train.py: one over MNIST, 20 over the small digits.
    """
    if epochs is not None and epochs < 1:
        raise RunError(f"--epochs must be at least 1, got {epochs}")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)
    digits = load(dataset, data_dir).to(device)
    train, test = digits.train, digits.test
    layers = SpikeLinear(train.images.shape[1], 1000), LIF(slope=2), SpikeLinear(1000, 10), LIF(slope=2)
    model = nn.Sequential(*layers).to(device)
    optimizer = torch.optim.Adam(model.parameters())

    def output_spikes(images: Tensor) -> Tensor:
        return model(poisson_encode(images / 255, steps=25))  # [T, B, pixels] -> [T, B, 10]

    for _ in range(DEFAULT_EPOCHS[digits.name] if epochs is None else epochs):
        for index in torch.randperm(len(train), device=device).split(128):
            loss = spike_count_loss(output_spikes(train.images[index]), train.labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        batches = zip(test.images.split(500), test.labels.split(500), strict=True)
        right = sum(len(labels) * spike_count_accuracy(output_spikes(images), labels) for images, labels in batches)
    print(f"{digits.name}: test accuracy {right / len(test):.2%}")


if __name__ == "__main__":
    with command():
        tyro.cli(main)
