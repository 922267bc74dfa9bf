"""Checks of layers: of the names of their options, and of the values that they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn

from ..interface import Interface, OptionSpec, ParameterSpec
from ..ranges import Range
from .numbers import read_word
from .options import REDUCTIONS, check_backend_name, check_own_option, check_record, check_slope, check_surrogate
from .spikes import check_steps
from .values import (
    DTYPES,
    Parameter,
    broadcasts,
    check_dense,
    check_dtype,
    check_flag,
    check_number,
    check_one_of,
    check_values,
    check_whole,
    is_number,
    name_of,
    near,
    shape_of,
)

Check = Callable[[str, Any], Any]  # takes a name and a value, returns the value to use


def check_names(layer: str, given: Iterable[str], known: Iterable[str], refused: Mapping[str, str]) -> None:
    """Check the names of a constructor's arguments. refused: messages for options that a user may expect."""
    for name in given:
        if name in refused:
            raise TypeError(refused[name])
        if name not in known:
            raise TypeError(f"{layer} has no option {name!r}{near(name, known)}; it has {', '.join(known)}")


def check_new_attribute(
    layer: str, name: str, known: Iterable[str], refused: Mapping[str, str], elsewhere: Mapping[str, str]
) -> None:
    """Check the name of an attribute that a layer does not have yet. Any name passes except a misspelt option.

    elsewhere: the submodule that has an attribute of this name.
    """
    if name in refused:
        raise AttributeError(refused[name])
    if name in elsewhere:
        raise AttributeError(f"{layer} has no attribute {name!r} of its own: set layer.{elsewhere[name]}.{name}")
    if name in known:  # an argument of a constructor, which it need not keep
        return
    plural = any(name == f"{other}s" or other == f"{name}s" for other in known)  # such as a count, or a list of them
    question = near(name, known, cutoff=0.8)
    if question and not plural:
        raise AttributeError(f"{layer} has no attribute {name!r}{question}")


def check_one_input(neuron: Any) -> None:
    """Check that this is a neuron's function, and that it takes the one current that a linear layer gives."""
    if not isinstance(neuron, FunctionType) or not hasattr(neuron, "definition"):
        raise TypeError(f"neuron must be a function that @neuron made, such as lif, got {neuron!r}")
    inputs, name = neuron.definition.interface.inputs, neuron.__name__
    if len(inputs) != 1:
        raise TypeError(f"neuron must take one input, got {name}, which takes {', '.join(inputs)}")


def check_learned(specs: Mapping[str, ParameterSpec], given: Mapping[str, Any]) -> set[str]:
    """Check `learn`, a tuple of names, and the flag of each parameter. Returns the names of those that are learned."""
    learn = given["learn"]
    if isinstance(learn, str) or not isinstance(learn, (tuple, list)):
        raise TypeError(
            f'learn must be a tuple of names of parameters, such as ("{next(iter(specs), "beta")}",), got {learn!r}'
        )
    for name in learn:
        check_one_of("learn", name, specs)
    learned = set(learn)
    for name, spec in specs.items():
        check_flag(f"learn_{name}", given[f"learn_{name}"])
        if given[f"learn_{name}"]:
            learned.add(name)
        if name in learned:
            check_learnable(name, given[name], spec)
    return learned


def check_learnable(name: str, value: Any, spec: ParameterSpec) -> Any:
    """Check a value that is to be in a tensor. Returns it, or the number that a word stands for."""
    if not isinstance(value, str):
        return value
    if value not in spec.names:
        raise ValueError(f"{name} must be a number or a tensor to be learned, got {value!r}")
    return spec.names[value]


def check_held(name: str, value: Any, spec: ParameterSpec) -> Any:
    """Check a value that a layer is to hold: a number, a word, an nn.Parameter, or a tensor to copy."""
    if isinstance(value, str) or (spec.words and not is_number(value) and not isinstance(value, Tensor)):
        read_word(name, spec, value)
        return value
    if not isinstance(value, Tensor):
        return check_number(name, value, positive=spec.range.positive)
    check_dense(name, value)
    check_dtype(name, value)
    if value.requires_grad and not isinstance(value, nn.Parameter):
        raise TypeError(
            f"{name} must be a number, an nn.Parameter or a tensor that needs no gradient, got a tensor with "
            "requires_grad=True, of which the layer would hold a copy without it: wrap it in nn.Parameter; where it is "
            "computed, call the function with it, or register what computes it by torch.nn.utils.parametrize"
        )
    return value


def check_given_parameter(
    name: str, value: nn.Parameter, device: torch.device | str | None, dtype: torch.dtype | None, constrain: bool
) -> None:
    """Check an nn.Parameter that a layer is to use as it is."""
    here = None if device is None else torch.device(device)
    if here is not None and (here.type != value.device.type or here.index not in (None, value.device.index)):
        raise ValueError(f"{name} is an nn.Parameter on {value.device}, which is used as it is: got device={here}")
    if dtype is not None and dtype != value.dtype:
        raise ValueError(
            f"{name} is an nn.Parameter of {name_of(value.dtype)}, which is used as it is: got dtype={name_of(dtype)}"
        )
    if constrain:
        raise ValueError(
            f"{name} is an nn.Parameter, which is used as it is, where constrain=True learns another number: give its "
            f"values and learn_{name}=True, or register a parametrization by torch.nn.utils.parametrize"
        )


def check_layer_dtype(dtype: torch.dtype | None) -> None:
    """Check the dtype that a layer's parameters are to have."""
    if dtype is not None and dtype not in DTYPES:
        raise TypeError(f"dtype must be float64, float32, bfloat16 or float16, got {name_of(dtype)}")


def check_inside(name: str, value: Tensor, range: Range) -> None:
    """Check that values lie inside the range in which constrain=True keeps them: at its ends they could not move."""
    check_values(name, value)
    if value.is_meta or ((value > range.low) & (value < range.high)).all():
        return
    wrong = value[~((value > range.low) & (value < range.high))].flatten()[0].item()
    raise ValueError(f"{name} must be {range}, where constrain=True keeps it, got {wrong}")


def check_spreads(name: str, value: Tensor, like: Tensor) -> None:
    """Check a tensor to write into a parameter: it must broadcast to the parameter's shape."""
    if not broadcasts(value, like.shape):
        raise ValueError(
            f"{name} is a parameter of shape {shape_of(like)}: a tensor that it is set to must broadcast to that, got "
            f"shape {shape_of(value)}; an nn.Parameter takes its place"
        )


def restorable(given: Parameter | None, held: Tensor) -> Parameter | None:
    """The values that a parameter was given, if it can have them. It may have become one of another shape since."""
    return None if isinstance(given, Tensor) and not broadcasts(given, held.shape) else given


def check_restorable(layer: str, name: str, given: Parameter | None, held: Tensor) -> Parameter:
    """Check that a layer knows the values that a parameter was given. Returns them."""
    if isinstance(given, Tensor) and restorable(given, held) is None:
        raise RuntimeError(
            f"{layer} cannot reset {name}: the layer was made with values of shape {shape_of(given)}, and an "
            f"nn.Parameter of shape {shape_of(held)} has taken their place"
        )
    if given is None:
        raise RuntimeError(
            f"{layer} cannot reset {name}: it was given on the meta device, without values; load_state_dict gives it "
            f"some, or make the layer with {name} on another device"
        )
    return given


def check_fixed(layer: str, name: str, instead: str) -> None:
    """Say that an attribute of a layer cannot be set."""
    raise AttributeError(f"{layer}'s {name} cannot be set: {instead}")


def _as_it_is(check: Callable[..., object]) -> Check:
    """Turn a check into one that returns the value unchanged."""

    def checked(name: str, value: Any) -> Any:
        check(name, value)
        return value

    return checked


# The checks of options as far as they need no input. Each returns the value that the option gets: a float for a number,
# which a compiled graph reads again at each call.
COMMON_CHECKS: dict[str, Check] = {
    "return_state": _as_it_is(check_flag),
    "output": _as_it_is(lambda name, output: check_one_of(name, output, REDUCTIONS)),
    "surrogate": _as_it_is(lambda name, surrogate: check_surrogate(surrogate)),
    "slope": lambda name, slope: check_slope(slope),
    "strict": _as_it_is(check_flag),
    "time_dim": _as_it_is(check_whole),
    "steps": _as_it_is(lambda name, steps: None if steps is None else check_steps(steps)),
    "backend": _as_it_is(check_backend_name),
}


def option_checks(interface: Interface) -> dict[str, Check]:
    """The check of every option that a layer of a neuron has, by its name."""
    own = {
        name: _as_it_is(partial(_check_own, spec))
        for name, spec in interface.options.items()
        if name not in interface.params
    }
    return {"record": lambda name, record: check_record(record, interface), **COMMON_CHECKS, **own}


def _check_own(spec: OptionSpec, name: str, choice: Any) -> None:
    check_own_option(name, spec, choice)
