"""What a network computes for an image: operations counted from its real activity, and the energy they would take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from model import spiking_layers
from torch import Tensor, nn
from torch.nn import functional

# Picojoules in 45 nm CMOS, 32-bit floating point, and 32 of the 64 bits that an access to an 8 kB cache gives for 10:
# M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC 2014, doi:10.1109/ISSCC.2014.6757323.
# Few networks fit into 8 kB, and a larger memory costs more: what comes of the last figure is a lower bound.
PICOJOULES_ADD, PICOJOULES_MULTIPLY, PICOJOULES_READ = 0.9, 3.7, 5.0


@dataclass(frozen=True)
class Energy:
    """Estimates for an image, in microjoules: of the arithmetic, and, at least, of reading weights and potentials."""

    arithmetic: float
    memory: float


@dataclass(frozen=True)
class LayerOperations:
    """Of a layer with weights, for an average image, over all time steps.

    inputs: how many values come in; active: how many of them are not zero; all: operations, one for each input and
    each weight that it meets; needed: those of active inputs alone.
    """

    inputs: float
    active: float
    all: float
    needed: float


@dataclass(frozen=True)
class Operations:
    """layers: by name; neuron_updates: steps of LIF neurons, for an average image."""

    layers: dict[str, LayerOperations]
    neuron_updates: float

    @property
    def all(self) -> float:
        return sum(layer.all for layer in self.layers.values())

    @property
    def needed(self) -> float:
        return sum(layer.needed for layer in self.layers.values())

    def energy_of_macs(self, *, skip_zeros: bool) -> Energy:
        """An artificial network: a weight read, multiplied and added, for each input."""
        count = self.needed if skip_zeros else self.all
        return Energy(1e-6 * count * (PICOJOULES_ADD + PICOJOULES_MULTIPLY), 1e-6 * count * PICOJOULES_READ)

    def energy_of_spikes(self) -> Energy:
        """A spiking network: a weight read and added for each spike (a synaptic operation), and in every neuron, at
        every time step, a potential that is read, multiplied by beta, added to and written."""
        spikes, updates = 1e-6 * self.needed, 1e-6 * self.neuron_updates
        arithmetic = spikes * PICOJOULES_ADD + updates * (PICOJOULES_ADD + PICOJOULES_MULTIPLY)
        return Energy(arithmetic, (spikes + 2 * updates) * PICOJOULES_READ)


@torch.no_grad()
def count_operations(model: nn.Module, batches: Iterable[Tensor]) -> Operations:
    """batches: what goes into the network, `[T, B, pixels]` each. Linear layers and convolutions are counted."""
    totals: dict[str, Tensor] = {}
    updates: list[int] = []

    def count(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def add(layer: nn.Module, arguments: tuple[Tensor, ...], _: Tensor) -> None:
            active = (arguments[0] != 0).float()
            everything = _synapses(layer, torch.ones_like(active))
            figures = (active.numel(), float(active.sum()), everything, _synapses(layer, active))
            totals[name] = totals.get(name, 0) + torch.tensor(figures, dtype=torch.float64)

        return add

    weighted = {n: m for n, m in model.named_modules() if isinstance(m, nn.Linear | nn.Conv2d)}
    handles = [layer.register_forward_hook(count(name)) for name, layer in weighted.items()]
    for neurons in spiking_layers(model).values():
        handles.append(neurons.register_forward_hook(lambda _, __, spikes: updates.append(spikes.numel())))
    images = 0
    try:
        for inputs in batches:
            model(inputs)
            images += inputs.shape[1]
    finally:
        for handle in handles:
            handle.remove()
    layers = {name: LayerOperations(*(total / images).tolist()) for name, total in totals.items()}
    return Operations(layers, sum(updates) / images)


def _synapses(layer: nn.Module, active: Tensor) -> float:
    """How many weights the active inputs meet, together. active: 1 or 0 for each input."""
    if isinstance(layer, nn.Linear):
        return float(active.sum(dtype=torch.float64)) * layer.out_features
    ones = active.new_ones(1, 1, *layer.kernel_size)
    planes = active.flatten(0, -4).sum(1, keepdim=True)  # of all steps
    reached = functional.conv2d(planes, ones, stride=layer.stride, padding=layer.padding)
    return float(reached.sum(dtype=torch.float64)) * layer.out_channels
