"""Spiking neurons over all time steps as one kernel, forward and backward, exact on every engine."""

from .activity import Activity
from .autograd import FusedLIF
from .dispatch import Backend, backends
from .each_step import EachStep
from .encoding import PoissonSpikes, poisson_encode, poisson_spikes
from .functional import empty_cache, lif, use_backend
from .layers import LIF
from .linear import SpikeLinear, spike_linear
from .losses import (
    activity_penalty,
    last_potential_loss,
    max_potential_loss,
    potential_mse,
    silence_penalty,
    spike_count_loss,
    spike_count_mse,
    spike_rate_loss,
    spike_time_loss,
    spike_time_mse,
)
from .packed import PackedSpikes, pack_spikes
from .readout import (
    firing_rate,
    first_spike_time,
    last_potential_accuracy,
    max_potential_accuracy,
    spike_count_accuracy,
    spike_time_accuracy,
)
from .sequential import Sequential, detach_states
from .spiking_linear import SpikingLinear
from .units import decay_from_tau, steps_from_duration, tau_from_decay

__version__ = "0.1.0"

__all__ = [
    "LIF",
    "Activity",
    "Backend",
    "EachStep",
    "FusedLIF",
    "PackedSpikes",
    "PoissonSpikes",
    "Sequential",
    "SpikeLinear",
    "SpikingLinear",
    "activity_penalty",
    "backends",
    "decay_from_tau",
    "detach_states",
    "empty_cache",
    "firing_rate",
    "first_spike_time",
    "last_potential_accuracy",
    "last_potential_loss",
    "lif",
    "max_potential_accuracy",
    "max_potential_loss",
    "pack_spikes",
    "poisson_encode",
    "poisson_spikes",
    "potential_mse",
    "silence_penalty",
    "spike_count_accuracy",
    "spike_count_loss",
    "spike_count_mse",
    "spike_linear",
    "spike_rate_loss",
    "spike_time_accuracy",
    "spike_time_loss",
    "spike_time_mse",
    "steps_from_duration",
    "tau_from_decay",
    "use_backend",
]
