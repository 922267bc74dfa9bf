"""Spiking neurons over all time steps as one kernel, forward and backward, exact on every engine."""

from .activity import Activity
from .definition import Neuron, neuron
from .dispatch import Backend, backends
from .each_step import EachStep
from .encoding import PoissonSpikes, poisson_encode, poisson_spikes
from .functional import empty_cache, use_backend
from .fused_lif import FusedLIF
from .language import detach, exp, floor, maximum, minimum, sigmoid, sqrt, tanh, where
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
from .neurons import (
    LIF,
    adlif,
    alif,
    alpha_neuron,
    current_leaky_integrator,
    current_lif,
    exponential_if,
    integer_lif,
    integrate_and_fire,
    leaky_integrator,
    lif,
    multispike_lif,
    parametric_lif,
    refractory_lif,
    symplectic_adlif,
    ternary_lif,
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
    "Activity",
    "Backend",
    "EachStep",
    "FusedLIF",
    "LIF",
    "Neuron",
    "PackedSpikes",
    "PoissonSpikes",
    "Sequential",
    "SpikeLinear",
    "SpikingLinear",
    "activity_penalty",
    "adlif",
    "alif",
    "alpha_neuron",
    "backends",
    "current_leaky_integrator",
    "current_lif",
    "decay_from_tau",
    "detach",
    "detach_states",
    "empty_cache",
    "exp",
    "exponential_if",
    "firing_rate",
    "first_spike_time",
    "floor",
    "integer_lif",
    "integrate_and_fire",
    "last_potential_accuracy",
    "last_potential_loss",
    "leaky_integrator",
    "lif",
    "max_potential_accuracy",
    "max_potential_loss",
    "maximum",
    "minimum",
    "multispike_lif",
    "neuron",
    "pack_spikes",
    "parametric_lif",
    "poisson_encode",
    "poisson_spikes",
    "potential_mse",
    "refractory_lif",
    "sigmoid",
    "silence_penalty",
    "spike_count_accuracy",
    "spike_count_loss",
    "spike_count_mse",
    "spike_linear",
    "spike_rate_loss",
    "spike_time_accuracy",
    "spike_time_loss",
    "spike_time_mse",
    "sqrt",
    "steps_from_duration",
    "symplectic_adlif",
    "tanh",
    "tau_from_decay",
    "ternary_lif",
    "use_backend",
    "where",
]
