"""Variants: a neuron's step with every option fixed. Engines and generated code know a variant by its key."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .emit.python import function_of
from .interface import VALUE, Interface
from .trace import Graph, trace_step
from .tuning import constant

Step = Callable[..., tuple[Any, ...]]


@dataclass(frozen=True)
class Variant:
    """A step with every option fixed, and the names of what it takes.

    params: all parameters of the neuron, in their order. The step does not take one for which a word is given.
    """

    key: str
    inputs: tuple[str, ...]
    states: tuple[str, ...]
    params: tuple[str, ...]
    fires: bool
    graph: Graph

    @property
    def gives_spikes(self) -> bool:
        """Whether the output is one spike, 0 or 1."""
        index = self.graph.outputs["output"]
        while self.graph.nodes[index].op == "detach":
            (index,) = self.graph.nodes[index].args
        return self.graph.nodes[index].op == "spike"

    def run(
        self, inputs: Sequence[Any], states: Sequence[Any], spike: Callable[[Any], Any], params: Sequence[Any]
    ) -> tuple[Any, ...]:
        """One time step on tensors, as it was traced: the output, then the next states."""
        return _TRACED[_written(self.key)](*inputs, *states, *params, spike)


VARIANTS: dict[str, Variant] = {}
"""Every variant that was asked for, by its key."""


_TRACED: dict[str, Step] = {}  # the step of a variant, with the numbers of the trace, by the key of the variant


@constant
def _written(key: str) -> str:
    """Write the step of a variant as it was traced, if it was not written before. Returns its key in _TRACED."""
    if key not in _TRACED:
        variant = VARIANTS[key]
        _TRACED[key] = function_of(variant.graph, key, (*variant.inputs, *variant.states, *variant.params))
    return key


@dataclass(frozen=True, eq=False)
class Definition:
    """A neuron: its step and its interface."""

    interface: Interface
    step: Step
    _keys: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def variant(self, choices: tuple[Any, ...]) -> Variant:
        """The variant with these choices of the options. Two choices that compute the same give the same variant."""
        return VARIANTS[self._key(choices)]

    def variants(self) -> Iterator[Variant]:
        """Every variant once, for all choices of the options. An option that is a whole number has its default."""
        options = self.interface.options.values()
        alternatives = [spec.choices or (spec.default,) for spec in options]
        found = {variant.key: variant for variant in map(self.variant, itertools.product(*alternatives))}
        yield from found.values()

    @constant
    def _key(self, choices: tuple[Any, ...]) -> str:
        if choices not in self._keys:
            self._keys[choices] = self._trace(choices)
        return self._keys[choices]

    def _trace(self, choices: tuple[Any, ...]) -> str:
        """Trace the step with these choices, and note its variant under the key that it returns."""
        interface = self.interface
        options = dict(zip(interface.options, choices, strict=True))
        words = {name: choice for name, choice in options.items() if choice != VALUE or name not in interface.params}
        step = partial(self.step, **words) if words else self.step
        named = tuple(name for name in interface.params if name not in words)
        graph = trace_step(step, interface.inputs, interface.states, named)
        params = tuple(interface.params)
        for name in interface.params:  # in their order, so that every process writes the same code
            if name in words:
                graph.input(name)  # nothing depends on it, so its gradient is zero
        content = repr((graph.content(), interface.inputs, interface.states, params))
        # The key contains a hash of what the step computes, because a compiler's cache may outlive the code.
        name = "".join(letter if letter.isalnum() else "_" for letter in interface.name)  # "<lambda>" too
        key = f"{name}_{hashlib.sha256(content.encode()).hexdigest()[:8]}"
        if key not in VARIANTS:
            VARIANTS[key] = Variant(key, interface.inputs, interface.states, params, interface.fires, graph)
        return key
