"""Losses on output spikes and potentials, `[T, B, classes]`, time first, and penalties on hidden spikes."""

from .cross_entropies import last_potential_loss, max_potential_loss, spike_count_loss, spike_rate_loss, spike_time_loss
from .penalties import activity_penalty, silence_penalty
from .squared_errors import potential_mse, spike_count_mse, spike_time_mse

__all__ = [
    "activity_penalty",
    "last_potential_loss",
    "max_potential_loss",
    "potential_mse",
    "silence_penalty",
    "spike_count_loss",
    "spike_count_mse",
    "spike_rate_loss",
    "spike_time_loss",
    "spike_time_mse",
]
