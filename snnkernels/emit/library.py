"""A neuron as the whole source of a library, which needs the headers of csrc/cpu/strip and nothing else."""

from __future__ import annotations

from ..variants import Variant
from .cpp import neuron_struct

_SOURCE = """\
// Written by snnkernels/emit/library.py.
#include "strip/scan.h"

namespace snn {{

{struct}

}}  // namespace snn

#include "strip/neuron.h"

SNN_EXPORT_NEURON({key})
"""


def neuron_library(variant: Variant) -> str:
    """The C++ of a library that hands out the table of one neuron."""
    return _SOURCE.format(struct=neuron_struct(variant), key=variant.key)
