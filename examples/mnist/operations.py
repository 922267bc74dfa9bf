"""What a network computes for an image: operations counted from its real activity, and the energy they would take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from snnkernels import Activity
from snnkernels.activity import LayerOperations

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
    with Activity(model) as activity:
        for inputs in batches:
            model(inputs)
    return Operations(activity.operations(), activity.neuron_updates())
