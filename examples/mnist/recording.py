"""What goes on inside a network while it looks at images: currents, spikes and membrane potentials of its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from data import Split
from encoding import Encoder
from evaluation import BATCH, SEED
from model import spiking_layers
from torch import Tensor, nn

from snnkernels import LIF, lif


@dataclass(frozen=True)
class LayerRecord:
    """A LIF layer's input current and its spikes, `[T, B, ...]`."""

    layer: LIF
    current: Tensor
    spikes: Tensor

    def potentials(self, *, before_reset: bool) -> Tensor:
        """Membrane potentials, `[T, B, ...]`: the layer again, with its state recorded."""
        arguments = {**self.layer.arguments, "pre_reset_state": before_reset, "record": ("v",)}
        return lif(self.current, **arguments)[-1]["v"]

    def thresholds(self) -> Tensor:
        """Every neuron's, `[B, ...]`."""
        return torch.as_tensor(self.layer.threshold).detach().broadcast_to(self.current.shape[1:])


@dataclass(frozen=True)
class Recording:
    """One pass through a network: what went in, `[T, B, pixels]`, and every layer of neurons by its name, in order."""

    inputs: Tensor
    layers: dict[str, LayerRecord]

    @property
    def output(self) -> Tensor:
        """Spikes of the last layer, `[T, B, classes]`."""
        return list(self.layers.values())[-1].spikes


@torch.no_grad()
def record(model: nn.Module, inputs: Tensor) -> Recording:
    """inputs: `[T, B, pixels]`."""
    layers: dict[str, LayerRecord] = {}

    def hook(name: str) -> Callable[[LIF, tuple[Tensor, ...], Tensor], None]:
        def keep(layer: LIF, arguments: tuple[Tensor, ...], spikes: Tensor) -> None:
            layers[name] = LayerRecord(layer, arguments[0], spikes)

        return keep

    handles = [layer.register_forward_hook(hook(name)) for name, layer in spiking_layers(model).items()]
    try:
        model.eval()
        model(inputs)
    finally:
        for handle in handles:
            handle.remove()
    return Recording(inputs, layers)


@dataclass(frozen=True)
class Survey:
    """What a network made of many images.

    output: the output neurons' spikes, uint8 `[T, N, classes]`; rates: of every neuron of every layer, spikes per time
    step over all images, `[neurons]`; labels: `[N]`. All on the CPU.
    """

    output: Tensor
    rates: dict[str, Tensor]
    labels: Tensor

    @property
    def counts(self) -> Tensor:
        """Output spikes so far, after every time step, int64 `[T, N, classes]`."""
        return self.output.long().cumsum(0)

    @property
    def answers(self) -> Tensor:
        """The class whose neuron fired most often, `[N]`."""
        return self.counts[-1].argmax(-1)


def survey(model: nn.Module, images: Split, encode: Encoder) -> Survey:
    output: list[Tensor] = []
    rates: dict[str, Tensor] = {}
    for inputs in encoded(images, encode):
        recording = record(model, inputs)
        output.append(recording.output.byte().cpu())
        for name, layer in recording.layers.items():
            share = inputs.shape[1] / len(images)
            rate = layer.spikes.mean((0, 1), dtype=torch.float32).flatten().cpu()
            rates[name] = rates.get(name, 0) + share * rate
    return Survey(torch.cat(output, 1), rates, images.labels.cpu())


def record_again(model: nn.Module, images: Split, encode: Encoder, index: int) -> tuple[Recording, int]:
    """What :func:`survey` saw of one image: the recording of its batch, and where in it the image is."""
    for number, inputs in enumerate(encoded(images, encode)):
        if number == index // BATCH:
            return record(model, inputs), index % BATCH
    raise IndexError(f"there are {len(images)} images, and no {index}")


def encoded(images: Split, encode: Encoder) -> Iterator[Tensor]:
    """All images in batches, `[T, B, pixels]`, with the same spikes as in evaluation."""
    generator = torch.Generator(images.labels.device).manual_seed(SEED)
    for batch in images.images.split(BATCH):
        yield encode(batch, generator)
