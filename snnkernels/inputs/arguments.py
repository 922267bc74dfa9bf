"""Reads the arguments of a neuron's function and layer: checks their names and number, not their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..interface import Interface
from ..variants import Definition
from .options import Options
from .tools import is_autocast, quiet_in_a_trace
from .values import DTYPES, Parameter, check_dense, check_flag, kind_of, near, shape_of


class Asked(NamedTuple):
    """What a call returns besides the output. mean: whether the output is a mean over time instead of a sum."""

    state: bool
    record: Sequence[str] = ()
    mean: bool = False


_PLAIN = {float, int, bool, str, tuple, type(None)}  # types that are no tensor
_COMMON = {"slope": None, **Options()._asdict()}  # the arguments that every neuron has


@dataclass(frozen=True, eq=False)
class Call:
    """A call of a neuron, without its tensors.

    params: the values of the parameters, None for those that are tensors; held: the numbers of these, in ascending
    order; choices: the values of the neuron's own options; shared: whether all calls with the same arguments have this
    object, so that what is known of one is known of all. No recorded call is shared.
    """

    definition: Definition
    params: tuple[Any, ...]
    held: tuple[int, ...]
    slope: Parameter | None
    choices: tuple[Any, ...]
    options: Options
    asked: Asked
    shared: bool

    def __deepcopy__(self, memo: dict[int, Any]) -> Call:
        """Itself, because nothing in it changes."""
        return self

    def values(self, tensors: Sequence[Tensor]) -> list[Any]:
        """The values of all parameters, with these tensors in their places."""
        values = list(self.params)
        for number, tensor in zip(self.held, tensors, strict=True):
            values[number] = tensor
        return values


class _AnyTensor:
    """Stands for any tensor in what is looked up."""


ANY_TENSOR: Any = _AnyTensor()


def make_call(
    definition: Definition,
    params: Sequence[Any],
    slope: Parameter | None,
    choices: Sequence[Any],
    options: Options,
    return_state: bool,
    shared: bool = False,
) -> tuple[Call, list[Tensor]]:
    """Make a call. Returns it, and the parameters that are tensors."""
    held = tuple([number for number, value in enumerate(params) if isinstance(value, (Tensor, _AnyTensor))])
    numbers = tuple([None if number in held else value for number, value in enumerate(params)])
    asked = Asked(return_state, options.record, options.output == "mean")
    call = Call(definition, numbers, held, slope, tuple(choices), options, asked, shared)
    return call, [params[number] for number in held]


def read_call(definition: Definition, given: Mapping[str, Any], shared: bool = False) -> tuple[Call, list[Tensor]]:
    """Read the arguments of a neuron's function, except inputs and initial states.

    Returns the call, and the parameters that are tensors.
    """
    interface = definition.interface
    defaults = default_arguments(interface)
    named = {**defaults, **given}
    if len(named) != len(defaults):
        _check_names(interface, given, defaults)
    params, choices = len(interface.params), len(interface.choices)
    _, return_state, *values = named.values()
    check_flag("return_state", return_state)
    own, chosen, slope = values[:params], values[params : params + choices], values[params + choices]
    options = Options(*values[params + choices + 1 :])
    return make_call(definition, own, slope, chosen, options, return_state, shared)


def default_arguments(interface: Interface) -> dict[str, Any]:
    """The arguments of a neuron's function except its inputs, with their defaults."""
    return {"initial_state": None, "return_state": False, **interface.defaults, **_COMMON}


def find_call(definition: Definition, given: Mapping[str, Any]) -> tuple[Call, list[Tensor]]:
    """What :func:`read_call` returns, looked up, because reading takes a noticeable part of the time of a small layer.

    Not for a call that is recorded.
    """
    if not given:
        return _known_arguments(definition, (), ""), []
    params, tensors, known = definition.interface.params, dict[str, Tensor](), given
    if not _PLAIN.issuperset(map(type, given.values())):
        tensors = {name: value for name, value in given.items() if isinstance(value, Tensor)}
        if not tensors.keys() <= params.keys():
            return read_call(definition, given)
        known = {**given, **dict.fromkeys(tensors, ANY_TENSOR)}
    try:
        # 0.0 equals -0.0, but their texts differ.
        zeros = "" if all(known.values()) else repr([value for value in known.values() if not value])
        call = _known_arguments(definition, tuple(known), zeros, *known.values())
    except (TypeError, ValueError):  # a value that is wrong, or has no hash: let its own check raise
        return read_call(definition, given)
    return call, [tensors[name] for name in params if name in tensors] if tensors else []


@lru_cache(maxsize=1024, typed=True)
def _known_arguments(definition: Definition, names: tuple[str, ...], zeros: str, *values: Any) -> Call:
    """The call with arguments of these names and values, which all such calls share.

    Each value is an argument of its own, because a cache tells apart the types of arguments, but not the types of what
    is inside an argument.
    """
    return read_call(definition, dict(zip(names, values, strict=True)), shared=True)[0]


def check_arguments(
    interface: Interface, inputs: tuple[Any, ...], given: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Check how many inputs there are. Returns them, also those given by name, and all other arguments."""
    if len(inputs) > len(interface.inputs):
        raise TypeError(
            f"{interface.name} takes {_listed(interface.inputs)} and all else by name, got {len(inputs)} positional "
            "arguments"
        )
    by_name = {name: given[name] for name in interface.inputs[len(inputs) :] if name in given}
    missing = [name for name in interface.inputs[len(inputs) :] if name not in by_name]
    if missing:
        raise TypeError(f"{interface.name} needs {_listed(missing)}")
    return (*inputs, *by_name.values()), {name: value for name, value in given.items() if name not in by_name}


def _check_names(interface: Interface, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
    for name in given:
        if name not in defaults:
            raise TypeError(
                f"{interface.name} has no option {name!r}{near(name, defaults)}; it has {', '.join(defaults)}"
            )


def check_initial_states(names: Sequence[str], given: Any) -> tuple[Tensor | None, ...]:
    """Check the initial states. Returns one for each name, or None where the state is zero."""
    if given is None:
        return (None,) * len(names)
    if len(names) == 1:
        return (_check_state("initial_state", given),)
    if not isinstance(given, (tuple, list)) or len(given) != len(names):
        got = f"{len(given)} of them" if isinstance(given, (tuple, list)) else kind_of(given)
        raise TypeError(f"initial_state must be a tuple of the states {', '.join(names)}, got {got}")
    return tuple(
        [
            None if value is None else _check_state(f"initial_state of {name}", value)
            for name, value in zip(names, given, strict=True)
        ]
    )


def _check_state(name: str, value: Any) -> Tensor:
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {kind_of(value)}")
    return value


@quiet_in_a_trace
def check_inputs(names: Sequence[str], inputs: Sequence[Any]) -> tuple[Tensor, ...]:
    """Check that several inputs broadcast to one shape. Returns them in that shape.

    Under autocast they may have different dtypes, and are returned in the widest, as torch's own functions take them.
    """
    for name, value in zip(names, inputs, strict=True):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} must be a torch.Tensor, got {kind_of(value)}")
        check_dense(name, value)
    dtypes = {value.dtype for value in inputs}
    if len(dtypes) > 1 and dtypes.issubset(DTYPES) and is_autocast(inputs[0].device):
        widest = reduce(torch.promote_types, dtypes)
        inputs = [value.to(widest) for value in inputs]
    if all(value.shape == inputs[0].shape for value in inputs):
        return tuple(inputs)
    try:
        return torch.broadcast_tensors(*inputs)
    except RuntimeError:
        shapes = ", ".join(f"{name} {shape_of(value)}" for name, value in zip(names, inputs, strict=True))
        raise ValueError(f"inputs must broadcast to one shape, got {shapes}") from None


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)
