"""Graphs as C++: one struct a neuron, one a surrogate, for the CPU's and the CUDA time loop alike.

`python -m snnkernels.emit.cpp csrc/generated` writes the files; `--check` only says whether they are fresh.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..neurons import NEURONS
from ..surrogates import SURROGATES, Surrogate
from ..trace import Graph, trace_function
from ..variants import Variant
from .kept import split_adjoint
from .statements import program

_HEADER = "// Written by snnkernels/emit/cpp.py from {source}: do not edit, run `make codegen`.\n// clang-format off\n"

_OPERATIONS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "neg": "-{0}",
    "abs": "absolute({0})",
    "exp": "exponential({0})",
    "sqrt": "square_root({0})",
    "tanh": "hyperbolic_tangent({0})",
    "sigmoid": "logistic({0})",
    "floor": "round_down({0})",
    "min": "minimum({0}, {1})",
    "max": "maximum({0}, {1})",
    "gt": "{0} > {1}",
    "ge": "{0} >= {1}",
    "lt": "{0} < {1}",
    "le": "{0} <= {1}",
    "eq": "{0} == {1}",
    "ne": "{0} != {1}",
    "and": "{0} & {1}",
    "or": "{0} | {1}",
    "not": "~{0}",
    "where": "choose({0}, {1}, {2})",
    "spike": "fires({0}, strict)",
    "surrogate": "Surrogate::derivative({0}, slope)",
}


def _body(graph: Graph, arrays: dict[str, Sequence[str]], indent: str) -> list[str]:
    """The statements of a graph; `arrays` says which inputs and outputs are elements of which array argument."""
    written = program(graph, _OPERATIONS, lambda number: f"splat<C>({number!r})")
    element = {name: f"{array}[{i}]" for array, names in arrays.items() for i, name in enumerate(names)}
    lines = [f"const C {name} = {place};" for name, place in element.items() if name in written.used_inputs]
    for statement in written.statements:
        kind = "auto" if statement.is_condition else "C"
        lines.append(f"const {kind} {statement.name} = {statement.expression};")
    lines += [f"{element.get(name, name)} = {result};" for name, result in written.results.items()]
    return [indent + line for line in lines]


def neuron_struct(variant: Variant) -> str:
    """The C++ struct of a neuron, for vectors of numbers: `step`, and its derivative in two parts, of which `keep` comes
    with the step and `adjoint` on the way back, with the surrogate's derivative at each distance that was kept.
    """
    inputs, states, params = variant.inputs, variant.states, variant.params
    split = split_adjoint(variant.graph, inputs, states, params)
    taken = {"input": inputs, "state": states, "param": params}
    numbered = {
        "distance": [f"distance_{i}" for i in range(split.spikes)],
        "kept": [f"kept_{i}" for i in range(split.kept + split.kept_for_params)],
    }
    given = {"derivative": [f"derivative_{i}" for i in range(split.spikes)]}
    step = _body(variant.graph, {**taken, "next_state": [f"next_{name}" for name in states]}, " " * 4)
    keep = _body(split.keep, {**taken, **numbered}, " " * 4)
    backward = _body(
        split.adjoint,
        {
            **taken,
            **numbered,
            **given,
            "grad_next_state": [f"grad_next_{name}" for name in states],
            "grad_input": [f"grad_{name}" for name in inputs],
            "grad_state": [f"grad_{name}" for name in states],
            "grad_param": [f"grad_{name}" for name in params],
        },
        " " * 4,
    )
    lines = [
        f"struct {variant.key} {{",
        f"  static constexpr int kInputs = {len(inputs)}, kStates = {len(states)}, kParams = {len(params)};",
        f"  static constexpr int kSpikes = {split.spikes}, kKept = {split.kept};",
        f"  static constexpr int kKeptForParams = {split.kept_for_params};",
        f"  static constexpr bool kGivesSpikes = {str(variant.gives_spikes).lower()};",
        "",
        "  template <class C>",
        "  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,",
        "                              C* next_state) {",
        *step,
        "  }",
        "",
        "  template <class C>",
        "  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,",
        "                              C* kept) {",
        *keep,
        "  }",
        "",
        "  template <class C>",
        "  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,",
        "                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,",
        "                                 C* grad_state, C* grad_param) {",
        *backward,
        "  }",
        "};",
    ]
    return "\n".join(lines)


def surrogate_struct(name: str, surrogate: Surrogate) -> str:
    """The C++ struct of a surrogate: `derivative`, a template over the compute type."""
    graph = trace_function(surrogate.derivative, ("x", "k"), "derivative")
    written = program(graph, _OPERATIONS, lambda number: f"splat<C>({number!r})")
    lines = [
        f"struct {name} {{",
        "  template <class C>",
        "  SNN_INLINE static C derivative(C x, C k) {",
        *(f"    const {'auto' if s.is_condition else 'C'} {s.name} = {s.expression};" for s in written.statements),
        f"    return {written.results['derivative']};",
        "  }",
        "};",
    ]
    return "\n".join(lines)


def generated_files() -> dict[str, str]:
    """Every generated file by name."""
    opening = '#pragma once\n\n#include "../cpu/strip/scan.h"\n\nnamespace snn {\n\n'
    closing = "\n\n}  // namespace snn\n"
    variants = [variant for neuron in NEURONS.values() for variant in neuron.definition.variants()]
    neurons = "\n\n".join(map(neuron_struct, variants))
    surrogates = "\n\n".join(surrogate_struct(name, surrogate) for name, surrogate in SURROGATES.items())
    neuron_list = " \\\n  ".join(f"X({variant.key})" for variant in variants)
    surrogate_list = " \\\n  ".join(f"X({name})" for name in SURROGATES)
    return {
        "neurons.h": _HEADER.format(source="snnkernels/neurons")
        + opening
        + f"#define SNN_FOR_EACH_NEURON(X) \\\n  {neuron_list}\n\n"
        + neurons
        + closing,
        "surrogates.h": _HEADER.format(source="snnkernels/surrogates.py")
        + opening
        + f"#define SNN_FOR_EACH_SURROGATE(X) \\\n  {surrogate_list}\n\n"
        + surrogates
        + closing,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the C++ of every neuron and surrogate.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a file is not fresh")
    options = parser.parse_args(arguments)
    stale = []
    for name, text in generated_files().items():
        path = options.folder / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not options.check:
            path.write_text(text)
    if options.check and stale:
        print(f"stale: {', '.join(stale)} in {options.folder}; run `make codegen`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
