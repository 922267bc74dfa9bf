"""The whole source of a library of one neuron or surrogate. It needs only the headers of csrc/cpu/strip."""

from __future__ import annotations

from ..surrogates import SURROGATES, Surrogate
from ..variants import Variant
from .cpp import inlined_surrogates, neuron_structs, surrogate_struct

_SOURCE = """\
// Written by snnkernels/emit/library.py.
#include "strip/scan.h"

namespace snn {{

{structs}

}}  // namespace snn

#include "strip/neuron.h"

{export}
"""


def neuron_library(variant: Variant) -> str:
    """The C++ of a library that hands out the table of one neuron."""
    inlined = inlined_surrogates()
    structs = [*(surrogate_struct(name, SURROGATES[name]) for name in inlined), neuron_structs([variant])]
    export = f"#define SNN_INLINED {', '.join(inlined)}\nSNN_EXPORT_NEURON({variant.key})"
    return _SOURCE.format(structs="\n\n".join(structs), export=export)


def surrogate_library(name: str, surrogate: Surrogate) -> str:
    """The C++ of a library that hands out the table of one surrogate."""
    return _SOURCE.format(structs=surrogate_struct(name, surrogate), export=f"SNN_EXPORT_SURROGATE({name})")
