"""The C++ of every built-in neuron and surrogate.

`python -m snnkernels.emit.generated csrc/generated` writes the files; `--check` only says whether they are fresh.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..neurons import NEURONS
from ..surrogates import SURROGATES
from .cpp import inlined_surrogates, neuron_structs, surrogate_struct
from .files import write_or_check

_HEADER = "// Written by snnkernels/emit/cpp.py from {source}: do not edit, run `make codegen`.\n// clang-format off\n"


def generated_files() -> dict[str, str]:
    """Every generated file by name."""
    opening = '#pragma once\n\n#include "../cpu/strip/scan.h"\n\nnamespace snn {\n\n'
    closing = "\n\n}  // namespace snn\n"
    variants = [variant for neuron in NEURONS.values() for variant in neuron.definition.variants()]
    surrogates = "\n\n".join(surrogate_struct(name, surrogate) for name, surrogate in SURROGATES.items())
    neuron_list = " \\\n  ".join(f"X({variant.key})" for variant in variants)
    lif_list = " \\\n  ".join(f"X({variant.key})" for variant in NEURONS["lif"].definition.variants())
    surrogate_list = " \\\n  ".join(f"X({name})" for name in SURROGATES)
    return {
        "neurons.h": _HEADER.format(source="snnkernels/neurons")
        + opening
        + f"#define SNN_FOR_EACH_NEURON(X) \\\n  {neuron_list}\n\n"
        + f"#define SNN_FOR_EACH_LIF(X) \\\n  {lif_list}\n\n"  # those of the CUDA library
        + neuron_structs(variants)
        + closing,
        "surrogates.h": _HEADER.format(source="snnkernels/surrogates.py")
        + opening
        + f"#define SNN_FOR_EACH_SURROGATE(X) \\\n  {surrogate_list}\n\n"
        + f"#define SNN_INLINED {', '.join(inlined_surrogates())}\n\n"  # by every adjoint of the CPU library
        + surrogates
        + closing,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    return write_or_check("Write the C++ of every neuron and surrogate.", generated_files(), arguments)


if __name__ == "__main__":
    sys.exit(main())
