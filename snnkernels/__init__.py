"""Spiking neurons over all time steps as one kernel, forward and backward, exact on every engine."""

from .definition import Neuron, neuron
from .dispatch import Backend, backends
from .each_step import EachStep
from .encoding import PoissonSpikes, poisson_encode, poisson_spikes
from .functional import empty_cache, use_backend
from .fused_lif import FusedLIF
from .language import detach
from .linear import SpikeLinear, spike_linear
from .neurons import LIF, lif
from .packed import PackedSpikes, pack_spikes
from .readout import firing_rate, spike_count_accuracy, spike_count_loss
from .spiking_linear import SpikingLinear

__version__ = "0.1.0"

__all__ = [
    "LIF",
    "Backend",
    "EachStep",
    "FusedLIF",
    "Neuron",
    "PackedSpikes",
    "PoissonSpikes",
    "SpikeLinear",
    "SpikingLinear",
    "backends",
    "detach",
    "empty_cache",
    "firing_rate",
    "lif",
    "neuron",
    "pack_spikes",
    "poisson_encode",
    "poisson_spikes",
    "spike_count_accuracy",
    "spike_count_loss",
    "spike_linear",
    "use_backend",
]
