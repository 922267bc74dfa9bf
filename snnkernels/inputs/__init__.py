"""The checks of what a user passes, before any kernel runs: the only folder that raises on it."""

from .each_step import batch_dims, check_all_steps, check_batch, check_layer, check_same_mask
from .lif import LIFOptions, check_backend, check_backend_name, check_lif, check_time_first, lif_options
from .linear import check_binary, check_linear, check_packed_time_first, check_product
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
from .values import DTYPES, Parameter, check_dtype, check_flag, check_number, check_values

__all__ = [
    "DTYPES",
    "LIFOptions",
    "Parameter",
    "batch_dims",
    "check_all_steps",
    "check_backend",
    "check_backend_name",
    "check_batch",
    "check_binary",
    "check_dtype",
    "check_flag",
    "check_generator",
    "check_intensities",
    "check_layer",
    "check_lif",
    "check_linear",
    "check_number",
    "check_packed_time_first",
    "check_part",
    "check_product",
    "check_readout",
    "check_same_mask",
    "check_seed",
    "check_spike_values",
    "check_spikes",
    "check_steps",
    "check_targets",
    "check_time_first",
    "check_values",
    "is_capturing",
    "lif_options",
]
