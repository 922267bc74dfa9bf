"""The types of the built-in neurons, for type checkers: arguments, layers, and what each call returns.

`python -m snnkernels.emit.stub snnkernels/neurons` writes the stub; `--check` only says whether it is fresh.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from inspect import Parameter, formatannotation, signature
from itertools import product

from ..definition import Neuron
from ..inputs.options import REDUCTIONS
from ..neurons import NEURONS
from .files import write_or_check

_WORDS = ", ".join(f'"{word}"' for word in REDUCTIONS if word != "packed")
_HEADER = f"""\
# Written by snnkernels/emit/stub.py from the neurons of this folder: do not edit, run `make codegen`.
# ruff: noqa
# fmt: off

import collections.abc
import typing
from typing import Any, Literal, Protocol, TypedDict, overload

import torch
from typing_extensions import Unpack

from ..definition import Neuron
from ..neuron_layer import NeuronLayer
from ..packed import PackedSpikes

_Tensors = Literal[{_WORDS}]  # outputs that are tensors
_Names = tuple[str, Unpack[tuple[str, ...]]]  # one or more
_Records = dict[str, torch.Tensor]
_Output = torch.Tensor | PackedSpikes
"""

_RESULT = ("output", "return_state", "record")  # the arguments on which the type of what is returned depends
_NOT_HELD = (
    "learn",
    "constrain",
    "device",
    "dtype",
)  # arguments of a layer that are no attributes, or those of its base
_NOT_IN_LINEAR = ("time_dim", "steps", "device", "dtype")  # options of a layer that SpikingLinear does not take for it


def _class_name(neuron: Neuron) -> str:
    return "_" + "".join(part.capitalize() for part in neuron.__name__.split("_"))


def _layer_name(neuron: Neuron) -> str:
    """The class of its layers: that of the module, such as LIF, or else a name that only the stub has."""
    name = neuron.layer.__qualname__
    return name if name.isidentifier() else f"{_class_name(neuron)}Layer"


def _declared(parameters: Iterable[Parameter], leave_out: Sequence[str]) -> Iterator[str]:
    for parameter in parameters:
        if parameter.name not in leave_out:
            yield f"    {parameter.name}: {formatannotation(parameter.annotation)}"


def _result(output: str, state: str, record: str) -> str:
    """The type of what a call returns: the output, then the state and the records if they are asked for."""
    parts = [part for part in (output, state, record) if part]
    return parts[0] if len(parts) == 1 else f"tuple[{', '.join(parts)}]"


def _calls(neuron: Neuron) -> Iterator[str]:
    """A call, for each type of what it returns."""
    interface = neuron.definition.interface
    packs = any(variant.gives_spikes for variant in neuron.definition.variants())
    states = ["torch.Tensor"] * len(interface.states)
    state = states[0] if len(states) == 1 else f"tuple[{', '.join(states)}]"
    outputs = [("str = ...", "torch.Tensor")]
    if packs:
        outputs = [("_Tensors = ...", "torch.Tensor"), ('Literal["packed"]', "PackedSpikes")]
    asked = [("Literal[False] = ...", ""), ("Literal[True]", state)], [("tuple[()] = ...", ""), ("_Names", "_Records")]
    cases = [tuple(zip(*case, strict=True)) for case in product(outputs, *asked)]
    results = (
        _result(*made) for made in product(["_Output" if packs else "torch.Tensor"], ("", state), ("", "_Records"))
    )
    cases.append((("str = ...", "bool = ...", "tuple[str, ...] = ..."), (" | ".join(results), "", "")))
    inputs = ", ".join(f"{name}: torch.Tensor" for name in interface.inputs)
    for taken, made in cases:
        named = ", ".join(f"{name}: {hint}" for name, hint in zip(_RESULT, taken, strict=True))
        yield "    @overload"
        yield f"    def __call__(self, {inputs}, *, {named},"
        yield f"                 **options: Unpack[{_class_name(neuron)}Call]) -> {_result(*made)}: ..."


def _stub_of(neuron: Neuron) -> Iterator[str]:
    """The options of a neuron's function, the class of its layers, and its function."""
    interface, name, layer = neuron.definition.interface, _class_name(neuron), _layer_name(neuron)
    function, constructor = signature(neuron).parameters.values(), signature(neuron.layer).parameters.values()
    yield f"class {name}Call(TypedDict, total=False):"
    yield from _declared(function, (*interface.inputs, *_RESULT))
    if not layer.startswith("_"):
        yield f"\nclass _{layer}InLinear(TypedDict, total=False):"
        yield from _declared(constructor, _NOT_IN_LINEAR)
    yield f"\nclass {layer}(NeuronLayer):"
    yield from _declared(constructor, _NOT_HELD)
    positional = [parameter for parameter in constructor if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    arguments = ["self", *positional, "*", *(p for p in constructor if p not in positional)]
    yield f"    def __init__({', '.join(map(str, arguments))}) -> None: ..."
    inputs = ", ".join(f"{name}: torch.Tensor" for name in interface.inputs)
    state = formatannotation(signature(neuron).parameters["initial_state"].annotation)
    yield f"    def forward(self, {inputs}, initial_state: {state} = ...) -> Any: ..."
    yield f"\nclass {name}(Neuron, Protocol):"
    yield f"    @property\n    def layer(self) -> type[{layer}]: ..."
    yield from _calls(neuron)
    yield f"\n{neuron.__name__}: {name}\n"


def generated_files() -> dict[str, str]:
    """Every generated file by name."""
    lines = [line for neuron in NEURONS.values() for line in _stub_of(neuron)]
    public = [name for name in map(_layer_name, NEURONS.values()) if not name.startswith("_")]
    names = ", ".join(f'"{name}"' for name in (*public, "NEURONS", *NEURONS))
    lines += ["NEURONS: dict[str, Neuron]\n", f"__all__ = [{names}]\n"]
    return {"__init__.pyi": "\n".join((_HEADER, *lines))}


def main(arguments: Sequence[str] | None = None) -> int:
    return write_or_check("Write the types of every neuron.", generated_files(), arguments)


if __name__ == "__main__":
    sys.exit(main())
