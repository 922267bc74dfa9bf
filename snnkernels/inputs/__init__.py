"""The checks of what a user passes, before any kernel runs: the only folder that raises on it."""

from .lif import LIFOptions, check_backend, check_backend_name, check_lif, check_time_first, lif_options
from .linear import check_binary, check_linear, check_packed_time_first, check_product
from .numbers import check_when_run
from .spikes import (
    check_alike,
    check_destination,
    check_generator,
    check_index,
    check_intensities,
    check_part,
    check_readout,
    check_seed,
    check_spike_values,
    check_spikes,
    check_steps,
    check_targets,
    check_unpacked,
    is_capturing,
)
from .tools import is_recorded, quiet_in_a_trace, refuse_scripting
from .values import DTYPES, Parameter, check_dense, check_dtype, check_flag, check_number, check_values, is_subclass

__all__ = [
    "DTYPES",
    "LIFOptions",
    "Parameter",
    "check_alike",
    "check_backend",
    "check_backend_name",
    "check_binary",
    "check_dense",
    "check_destination",
    "check_dtype",
    "check_flag",
    "check_generator",
    "check_index",
    "check_intensities",
    "check_lif",
    "check_linear",
    "check_number",
    "check_packed_time_first",
    "check_part",
    "check_product",
    "check_readout",
    "check_seed",
    "check_spike_values",
    "check_spikes",
    "check_steps",
    "check_targets",
    "check_time_first",
    "check_unpacked",
    "check_values",
    "check_when_run",
    "is_capturing",
    "is_subclass",
    "is_recorded",
    "lif_options",
    "quiet_in_a_trace",
    "refuse_scripting",
]
