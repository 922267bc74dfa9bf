"""The whole source of a library of one neuron or surrogate. It needs only the headers of csrc/cpu/strip."""

from __future__ import annotations

from ..surrogates import Surrogate
from ..variants import Variant
from .cpp import neuron_struct, surrogate_struct

_SOURCE = """\
// Written by snnkernels/emit/library.py.
#include "strip/scan.h"

namespace snn {{

{struct}

}}  // namespace snn

#include "strip/neuron.h"

{export}({key})
"""


def neuron_library(variant: Variant) -> str:
    """The C++ of a library that hands out the table of one neuron."""
    return _SOURCE.format(struct=neuron_struct(variant), key=variant.key, export="SNN_EXPORT_NEURON")


def surrogate_library(name: str, surrogate: Surrogate) -> str:
    """The C++ of a library that hands out the table of one surrogate."""
    return _SOURCE.format(struct=surrogate_struct(name, surrogate), key=name, export="SNN_EXPORT_SURROGATE")
