"""Spiking neurons over all time steps as one kernel, forward and backward, exact on every engine."""

from .autograd import FusedLIF
from .dispatch import Backend, backends, use_backend
from .encoding import poisson_encode
from .functional import lif
from .layers import LIF
from .readout import firing_rate, spike_count_accuracy, spike_count_loss

__version__ = "0.1.0"

__all__ = [
    "LIF",
    "Backend",
    "FusedLIF",
    "backends",
    "firing_rate",
    "lif",
    "poisson_encode",
    "spike_count_accuracy",
    "spike_count_loss",
    "use_backend",
]
