"""The checks of what a user passes, before any kernel runs: the only folder that raises on it."""

from .lif import LIFOptions, check_backend, check_backend_name, check_lif, check_time_first, lif_options
from .linear import check_binary, check_linear, check_packed_time_first, check_product
from .numbers import check_when_run
from .spikes import (
    check_generator,
    check_intensities,
    check_part,
    check_readout,
    check_seed,
    check_spike_values,
    check_spikes,
    check_steps,
    check_targets,
    is_capturing,
)
from .tools import is_recorded, quiet_in_a_trace, refuse_scripting
from .values import DTYPES, Parameter, check_dtype, check_flag, check_number, check_values, is_transformed

__all__ = [
    "DTYPES",
    "LIFOptions",
    "Parameter",
    "check_backend",
    "check_backend_name",
    "check_binary",
    "check_dtype",
    "check_flag",
    "check_generator",
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
    "check_values",
    "check_when_run",
    "is_capturing",
    "is_recorded",
    "is_transformed",
    "lif_options",
    "quiet_in_a_trace",
    "refuse_scripting",
]
