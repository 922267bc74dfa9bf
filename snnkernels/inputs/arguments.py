"""Checks of the arguments of a neuron's function and layer: of their names and number, not of their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from ..interface import Interface
from .tools import is_autocast, quiet_in_a_trace
from .values import DTYPES, check_dense, kind_of, near, shape_of


def check_arguments(
    interface: Interface, inputs: tuple[Any, ...], given: Mapping[str, Any], defaults: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Check the names of arguments. Returns the inputs, also those given by name, and all other arguments."""
    if len(inputs) > len(interface.inputs):
        raise TypeError(
            f"{interface.name} takes {_listed(interface.inputs)} and all else by name, got {len(inputs)} positional "
            "arguments"
        )
    by_name = {name: given[name] for name in interface.inputs[len(inputs) :] if name in given}
    missing = [name for name in interface.inputs[len(inputs) :] if name not in by_name]
    if missing:
        raise TypeError(f"{interface.name} needs {_listed(missing)}")
    named = {name: value for name, value in given.items() if name not in by_name}
    for name in named:
        if name not in defaults:
            raise TypeError(
                f"{interface.name} has no option {name!r}{near(name, defaults)}; it has {', '.join(defaults)}"
            )
    return (*inputs, *by_name.values()), {**defaults, **named}


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
