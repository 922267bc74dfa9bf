"""Graphs as C++: one struct a neuron, one a surrogate, for the CPU's and the CUDA time loop alike.

`python -m snnkernels.emit.cpp csrc/generated` writes the files; `--check` only says whether they are fresh.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..neurons import NEURONS, Neuron
from ..surrogates import SURROGATES, Surrogate
from ..trace import Graph, trace_function, trace_step
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


def neuron_struct(neuron: Neuron) -> str:
    """The C++ struct of a neuron, for vectors of numbers: `step`, and its derivative in two parts, of which
    `keep` comes with the step and `adjoint` on the way back.
    """
    states, params, constants = neuron.states, neuron.params, neuron.constants
    graph = trace_step(neuron.step, ("x",), states, (*params, *constants))
    split = split_adjoint(graph, ("x",), states, params)
    inputs = {"state": states, "param": params, "constant": constants}
    kept = {"kept": list(split.keep.outputs)}
    step = _body(graph, {**inputs, "next_state": [f"next_{name}" for name in states]}, " " * 4)
    keep = _body(split.keep, {**inputs, **kept}, " " * 4)
    backward = _body(
        split.adjoint,
        {
            **inputs,
            **kept,
            "grad_next_state": [f"grad_next_{name}" for name in states],
            "grad_state": [f"grad_{name}" for name in states],
            "grad_param": [f"grad_{name}" for name in params],
        },
        " " * 4,
    )
    derivative = "    const C derivative_{0} = Surrogate::derivative(kept[{0}], slope);"
    lines = [
        f"struct {neuron.key} {{",
        f"  static constexpr int kStates = {len(states)}, kParams = {len(params)}, kConstants = {len(constants)};",
        f"  static constexpr int kKept = {split.spikes + split.kept}, kKeptForParams = {split.kept_for_params};",
        "",
        "  template <class C>",
        "  SNN_INLINE static void step(C x, const C* state, const C* param, const C* constant, bool strict,",
        "                              C& output, C* next_state) {",
        *step,
        "  }",
        "",
        "  template <class C>",
        "  SNN_INLINE static void keep(C x, const C* state, const C* param, const C* constant, bool strict, C* kept) {",
        *keep,
        "  }",
        "",
        "  template <class Surrogate, class C>",
        "  SNN_INLINE static void adjoint(const C* kept, const C* param, const C* constant, bool strict, C slope,",
        "                                 C grad_output, const C* grad_next_state, C& grad_x, C* grad_state,",
        "                                 C* grad_param) {",
        *(derivative.format(j) for j in range(split.spikes)),
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
    opening = '#pragma once\n\n#include "../scan.h"\n\nnamespace snn {\n\n'
    closing = "\n\n}  // namespace snn\n"
    neurons = "\n\n".join(neuron_struct(neuron) for neuron in NEURONS.values())
    surrogates = "\n\n".join(surrogate_struct(name, surrogate) for name, surrogate in SURROGATES.items())
    neuron_list = " \\\n  ".join(f"X({key})" for key in NEURONS)
    surrogate_list = " \\\n  ".join(f"X({name})" for name in SURROGATES)
    return {
        "neurons.h": _HEADER.format(source="snnkernels/neurons.py")
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
