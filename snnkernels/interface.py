"""Reads the signature of a step, which is the whole interface of its neuron.

Positional arguments are the inputs, then the states. Keyword-only arguments are `spike`, if the neuron fires, and the
parameters and options. A default that is a number makes a parameter. A default that is a bool or a word of a
`Literal[...]`, or the annotation `int`, makes an option, which is fixed before the step is traced.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from types import FunctionType, GenericAlias, UnionType
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, Union, get_args, get_origin, get_type_hints

import torch
from torch import nn

from .ranges import Named, Range

COMMON = (
    "initial_state",
    "return_state",
    "record",
    "output",
    "surrogate",
    "slope",
    "strict",
    "time_dim",
    "steps",
    "lengths",
    "recurrent_weight",
    "backend",
)
"""Names that a step cannot give its own arguments: every neuron has these options, or will have them."""

_OF_LAYERS = ("learn", "constrain", "device", "dtype", "arguments", "reset_parameters", "training")


class ParameterSpec(NamedTuple):
    """A parameter of a neuron: a number, or a tensor of numbers.

    default: a number or a word, or None for a slope, whose default the surrogate has; names: the words that stand for a
    number, with it; words: the words that choose another form of the step. They are choices of the option of the same
    name.
    """

    default: float | str | None
    range: Range
    names: Mapping[str, float]
    words: tuple[str, ...]


class OptionSpec(NamedTuple):
    """An option of a neuron, which is fixed before its step is traced.

    choices: all values that it may have, or None for any whole number in the range.
    """

    default: Any
    choices: tuple[Any, ...] | None
    range: Range


SLOPE = ParameterSpec(None, Range(0.0), {}, ())  # the slope of the surrogate, which is checked like a parameter


@dataclass(frozen=True)
class Interface:
    """What a neuron takes besides the options that every neuron has.

    fires: whether the step takes `spike`; numbers: the parameters and the slope, in the order in which engines take
    their numbers; initial_states: the names of the initial states in error messages; defaults: those of the parameters
    and options. A call reads the latter three, and a compiler reads no cached property, so they are attributes.
    """

    name: str
    inputs: tuple[str, ...]
    states: tuple[str, ...]
    fires: bool
    params: Mapping[str, ParameterSpec]
    options: Mapping[str, OptionSpec]
    numbers: Mapping[str, ParameterSpec] = field(init=False)
    initial_states: tuple[str, ...] = field(init=False)
    defaults: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        one = len(self.states) == 1
        names = ("initial_state",) if one else tuple([f"initial_state of {name}" for name in self.states])
        object.__setattr__(self, "numbers", {**self.params, "slope": SLOPE})
        object.__setattr__(self, "initial_states", names)
        defaults = {name: spec.default for name, spec in self.params.items()}
        object.__setattr__(self, "defaults", {**defaults, **self.choices})

    @property
    def choices(self) -> dict[str, Any]:
        """The neuron's own options with their defaults, without those that are parameters too."""
        return {name: spec.default for name, spec in self.options.items() if name not in self.params}


def types_of(interface: Interface, layer: bool) -> dict[str, Any]:
    """The types that `inspect.signature` shows for the arguments of a neuron's function, or of its layers."""
    number, state = float | torch.Tensor, torch.Tensor | None
    types: dict[str, Any] = {
        name: number | str if spec.names or spec.words else number for name, spec in interface.params.items()
    }
    types |= {name: type(default) for name, default in interface.choices.items()}
    types |= dict.fromkeys(
        (*(f"learn_{name}" for name in interface.params), "constrain", "return_state", "strict"), bool
    )
    types |= {"record": tuple[str, ...], "learn": tuple[str, ...], "time_dim": int, "steps": int | None}
    types |= dict.fromkeys(("output", "backend"), str) | {"surrogate": str | Callable[..., Any]}
    types |= {"slope": float | None if layer else number | None}
    count = len(interface.states)
    types |= {"initial_state": state if count == 1 else GenericAlias(tuple, (state,) * count) | None}
    types |= {"device": torch.device | str | None, "dtype": torch.dtype | None}
    return types | dict.fromkeys(interface.inputs, torch.Tensor)


MOST = 62
"""Parameters of a neuron, and states: operators take a bit for each in a whole number of 64 bits that has a sign."""

VALUE = "a number"  # the choice of such an option if a number or a tensor is given, and no word


def read(step: Callable[..., Any], states: Sequence[str]) -> Interface:
    """Read the interface of a step from its signature.

    Raises TypeError if the signature is not that of a step, with the name of the argument and what to write instead,
    and ValueError if no call can take a default.
    """
    if not isinstance(step, FunctionType):
        raise TypeError(f"@neuron must decorate a function, got {type(step).__name__}")
    if not isinstance(states, (tuple, list)) or not all(isinstance(state, str) for state in states):
        example = states if isinstance(states, str) else "v"
        raise TypeError(f"states must be a tuple of names, such as ({example!r},), got {states!r}")
    name = step.__name__
    try:
        hints = get_type_hints(step, include_extras=True)
    except (NameError, AttributeError, SyntaxError) as error:
        raise TypeError(f"the annotations of {name} cannot be read: {error}") from None
    arguments = inspect.signature(step).parameters.values()
    positional = [argument.name for argument in arguments if argument.kind is argument.POSITIONAL_OR_KEYWORD]
    named = [argument for argument in arguments if argument.kind is argument.KEYWORD_ONLY]
    if len(positional) + len(named) != len(arguments):
        raise TypeError(f"{name} must name all of its arguments: write no *args, no **kwargs and no /")
    inputs, own = positional[: -len(states)], positional[-len(states) :]
    if not states or not inputs or own != list(states):
        expected = ", ".join(states) or "one state or more"
        raise TypeError(
            f"the positional arguments of {name} must be its inputs and then its states ({expected}), "
            f"got {', '.join(positional)}"
        )
    if "spike" in positional:
        raise TypeError(f"{name} must take spike by keyword only: write it after the *")
    for given in inputs:
        _check_input_name(name, given)
    params: dict[str, ParameterSpec] = {}
    options: dict[str, OptionSpec] = {}
    for argument in named:
        if argument.name != "spike":
            _check_name(name, argument.name)
            _read_argument(name, argument, hints.get(argument.name), params, options)
    if max(len(params), len(states)) > MOST:
        raise TypeError(
            f"{name} has {len(params)} parameters and {len(states)} states, expected at most {MOST} of each: write "
            "numbers that nobody sets in the step itself"
        )
    fires = any(argument.name == "spike" for argument in named)
    return Interface(name, tuple(inputs), tuple(states), fires, params, options)


def _check_name(step: str, name: str) -> None:
    """Check the name of a parameter or an option, which becomes an attribute of the layer."""
    if hasattr(nn.Module, name):
        _refuse(step, name, "an attribute of nn.Module")
    if name in COMMON or name in _OF_LAYERS or name.startswith(("_", "learn_")):
        _refuse(step, name, "what every neuron or layer has")


def _check_input_name(step: str, name: str) -> None:
    """Check the name of an input, which the function and the layer's forward take beside others."""
    if name in COMMON or name == "self":
        _refuse(step, name, "what every neuron or layer has")


def _refuse(step: str, name: str, whose: str) -> NoReturn:
    raise TypeError(f"{step} cannot call an argument {name!r}, which is the name of {whose}: choose another name")


def _read_argument(
    step: str,
    argument: inspect.Parameter,
    hint: Any,
    params: dict[str, ParameterSpec],
    options: dict[str, OptionSpec],
) -> None:
    name, default = argument.name, argument.default
    if default is argument.empty:
        raise TypeError(f"{step} must give {name} a default: a number makes it a parameter, a bool or a word an option")
    range, names, words = _read_hint(hint)
    if isinstance(default, bool):
        options[name] = OptionSpec(default, (False, True), range)
    elif hint is int or (get_origin(hint) is Annotated and get_args(hint)[0] is int):
        options[name] = OptionSpec(default, None, range)
    elif (isinstance(default, Real) and (not words or _takes_numbers(hint))) or (
        isinstance(default, str) and _takes_numbers(hint)
    ):
        if type(default) not in (int, float, str):  # a number of NumPy, a fraction
            default = float(default)
        if not isinstance(default, str) and (not math.isfinite(default) or (range.positive and default <= 0)):
            expected = "a number above 0" if range.positive else "a finite number"
            raise ValueError(f"{step} must give {name} {expected} as its default, got {default}")
        params[name] = ParameterSpec(default, range, names, words)
        if words:
            options[name] = OptionSpec(default if default in words else VALUE, (*words, VALUE), range)
    elif isinstance(default, str) and default in words:
        options[name] = OptionSpec(default, words, range)
    else:
        raise TypeError(
            f"{name} of {step} has the default {default!r}: give a parameter a number, and an option True, False or "
            'one of the words of its annotation, such as Literal["fast", "slow"]'
        )


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _takes_numbers(hint: Any) -> bool:
    return any(get_origin(part) is not Literal for part in _alternatives(hint) if part is not None)


def _read_hint(hint: Any) -> tuple[Range, Mapping[str, float], tuple[str, ...]]:
    """Read the range, the words that stand for numbers and the other words in an annotation."""
    range, words = Range(), ()
    names: Mapping[str, float] = {}
    for part in _alternatives(hint):
        if get_origin(part) is Literal:
            words = get_args(part)
        for extra in getattr(part, "__metadata__", ()):
            range = extra if isinstance(extra, Range) else range
            names = extra.numbers if isinstance(extra, Named) else names
    return range, names, words
