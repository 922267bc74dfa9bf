"""Graphs as C++: one struct a neuron, one a surrogate, for the CPU's and the CUDA time loop alike.

`python -m snnkernels.emit.cpp csrc/generated` writes the files; `--check` only says whether they are fresh.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from ..neurons import NEURONS
from ..surrogates import SURROGATES, Surrogate
from ..trace import Graph, trace_function
from ..variants import Variant
from .files import write_or_check
from .kept import split_adjoint
from .statements import own_names, program, with_own_names

Arrays = Mapping[str, Sequence[str]]  # the names that the elements of array arguments have

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


def _body(graph: Graph, taken: Arrays, made: Arrays) -> list[str]:
    """The statements of a graph; `taken` and `made` say which inputs and outputs are elements of which arguments."""
    written = program(graph, _OPERATIONS, lambda number: f"splat<C>({number!r})")
    lines = [f"const C {name} = {place};" for name, place in _elements(taken) if name in written.used_inputs]
    for statement in written.statements:
        kind = "auto" if statement.is_condition else "C"
        lines.append(f"const {kind} {statement.name} = {statement.expression};")
    places = dict(_elements(made))
    lines += [f"{places.get(name, name)} = {result};" for name, result in written.results.items()]
    return ["    " + line for line in lines]


def _elements(arrays: Arrays) -> Iterator[tuple[str, str]]:
    for array, names in arrays.items():
        yield from ((name, f"{array}[{i}]") for i, name in enumerate(names))


def neuron_struct(variant: Variant) -> str:
    """The C++ struct of a neuron, for vectors of numbers: `step`, and its derivative in two parts, of which `keep`
    comes with the step and `adjoint` on the way back, with the surrogate's derivative at each distance that was kept.
    """
    inputs, states, params = map(own_names, (variant.inputs, variant.states, variant.params))
    graph = with_own_names(variant.graph)
    split = split_adjoint(graph, inputs, states, params)
    taken = {"input": inputs, "state": states, "param": params}
    kept = {
        "distance": [f"distance_{i}" for i in range(split.spikes)],
        "kept": [f"kept_{i}" for i in range(split.kept + split.kept_for_params)],
    }
    given = {
        "derivative": [f"derivative_{i}" for i in range(split.spikes)],
        "grad_next_state": [f"grad_next_{name}" for name in states],
    }
    gradients = {
        "grad_input": [f"grad_{name}" for name in inputs],
        "grad_state": [f"grad_{name}" for name in states],
        "grad_param": [f"grad_{name}" for name in params],
    }
    step = _body(graph, taken, {"next_state": [f"next_{name}" for name in states]})
    keep = _body(split.keep, taken, kept)
    backward = _body(split.adjoint, {**taken, **kept, **given}, gradients)
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
    lif_list = " \\\n  ".join(f"X({variant.key})" for variant in NEURONS["lif"].definition.variants())
    surrogate_list = " \\\n  ".join(f"X({name})" for name in SURROGATES)
    return {
        "neurons.h": _HEADER.format(source="snnkernels/neurons")
        + opening
        + f"#define SNN_FOR_EACH_NEURON(X) \\\n  {neuron_list}\n\n"
        + f"#define SNN_FOR_EACH_LIF(X) \\\n  {lif_list}\n\n"  # those of the CUDA library
        + neurons
        + closing,
        "surrogates.h": _HEADER.format(source="snnkernels/surrogates.py")
        + opening
        + f"#define SNN_FOR_EACH_SURROGATE(X) \\\n  {surrogate_list}\n\n"
        + surrogates
        + closing,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    return write_or_check("Write the C++ of every neuron and surrogate.", generated_files(), arguments)


if __name__ == "__main__":
    sys.exit(main())
