"""Graphs as C++: three structs a neuron, one a surrogate, for the CPU's and the CUDA time loop alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..surrogates import SURROGATES, Surrogate
from ..trace import Graph, trace_function
from ..variants import Variant
from .kept import split_adjoint
from .statements import ARITHMETIC, LOGIC, own_names, program, with_own_names

Arrays = Mapping[str, Sequence[str]]  # the names that the elements of array arguments have

_OPERATIONS = {
    **ARITHMETIC,
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
    "gt": "greater({0}, {1})",
    "ge": "greater_equal({0}, {1})",
    "lt": "less({0}, {1})",
    "le": "less_equal({0}, {1})",
    "eq": "equal({0}, {1})",
    "ne": "not_equal({0}, {1})",
    **LOGIC,
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


class _Structs(NamedTuple):
    """The three structs of a neuron, without their names. The second extends the first, and the third the second."""

    step: list[str]
    replay: list[str]
    adjoint: list[str]


def neuron_structs(variants: Iterable[Variant]) -> str:
    """The C++ structs of neurons, for vectors of numbers.

    The first struct has the neuron's `step`. The second adds `keep`, which computes what the adjoint needs of a step.
    The third has the neuron's name. It adds `adjoint`, which computes the gradients from what was kept and from the
    surrogate's derivative at each distance. Neurons with the same step share the first struct, so that its loops are
    compiled once. They share the second or the third in the same way.
    """
    names: dict[tuple[str, ...], str] = {}
    texts = []
    for variant in variants:
        base = ""
        for part, lines in _structs(variant)._asdict().items():
            name = variant.key if part == "adjoint" else f"{variant.key}_{part}"
            content = (base, *lines)
            if content not in names:
                names[content] = name
                alias = {"step": "Step", "replay": "Replay"}.get(part)
                head = f"struct {name} : {base} {{" if base else f"struct {name} {{"
                texts.append("\n".join([head, *([f"  using {alias} = {name};"] if alias else []), *lines, "};"]))
            elif part == "adjoint":
                texts.append(f"using {name} = {names[content]};")
            base = names[content]
    return "\n\n".join(texts)


def _structs(variant: Variant) -> _Structs:
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
    step = [
        f"  static constexpr int kInputs = {len(inputs)}, kStates = {len(states)}, kParams = {len(params)};",
        f"  static constexpr bool kGivesSpikes = {str(variant.gives_spikes).lower()};",
        "",
        "  template <class C>",
        "  SNN_INLINE static void step(const C* input, const C* state, const C* param, bool strict, C& output,",
        "                              C* next_state) {",
        *_body(graph, taken, {"next_state": [f"next_{name}" for name in states]}),
        "  }",
    ]
    replay = [
        f"  static constexpr int kSpikes = {split.spikes}, kKept = {split.kept};",
        f"  static constexpr int kKeptForParams = {split.kept_for_params};",
        "",
        "  template <class C>",
        "  SNN_INLINE static void keep(const C* input, const C* state, const C* param, bool strict, C* distance,",
        "                              C* kept) {",
        *_body(split.keep, taken, kept),
        "  }",
    ]
    adjoint = [
        "  template <class C>",
        "  SNN_INLINE static void adjoint(const C* distance, const C* derivative, const C* kept, const C* param,",
        "                                 bool strict, C grad_output, const C* grad_next_state, C* grad_input,",
        "                                 C* grad_state, C* grad_param) {",
        *_body(split.adjoint, {**taken, **kept, **given}, gradients),
        "  }",
    ]
    return _Structs(step, replay, adjoint)


def surrogate_struct(name: str, surrogate: Surrogate) -> str:
    """The C++ struct of a surrogate: `derivative`, a template over the compute type."""
    written = program(_derivative(surrogate), _OPERATIONS, lambda number: f"splat<C>({number!r})")
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


def inlined_surrogates() -> list[str]:
    """The surrogates that every adjoint on a CPU computes itself, because other work fits into the time of a division.

    The others gain less, or take long to compile.
    """
    long = {"exp", "tanh", "sigmoid"}
    operations = {name: {node.op for node in _derivative(s).nodes} for name, s in SURROGATES.items()}
    return [name for name, ops in operations.items() if "div" in ops and long.isdisjoint(ops)]


def _derivative(surrogate: Surrogate) -> Graph:
    return trace_function(surrogate.derivative, ("x", "k"), "derivative")
