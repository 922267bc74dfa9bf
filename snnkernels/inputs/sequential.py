"""Checks for Sequential: of the layers that it gets, of the states that it is given, and of what layers return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.overrides import handle_torch_function, has_torch_function

from .values import layer_name

_KNOW_ONE_STEP = (nn.RNNBase, nn.RNNCellBase)


def check_in_sequence(layer: nn.Module) -> None:
    """Check a layer that is to stand in a Sequential."""
    if isinstance(layer, _KNOW_ONE_STEP):
        raise TypeError(
            f"Sequential cannot hold {layer_name(layer)}, whose states it does not hand on: write a module that calls "
            "it between two Sequentials"
        )


def check_states_by_name(states: Any, with_states: list[str]) -> Mapping[str, Any]:
    """Check the states that a Sequential is given. with_states: the names of the layers that have one.

    torch.fx records the call, whether there will be states or not.
    """
    if has_torch_function((states,)):
        return handle_torch_function(check_states_by_name, (states,), states, with_states)
    if states is None:
        return {}
    if not isinstance(states, Mapping):
        raise TypeError(
            "states must be None or a dict of the states of layers by their names, as Sequential returns it, got "
            f"{type(states).__name__}"
        )
    for name in states:
        if name not in with_states:
            known = f"those with one are {', '.join(map(repr, with_states))}" if with_states else "none has one"
            raise ValueError(f"states must be of layers that have one, got {name!r}: {known}")
    return states


def check_hides_no_state(name: str, layer: nn.Module, with_state: tuple[type[nn.Module], ...]) -> None:
    """Check that a module whose state nobody asks for has none."""
    for inner, module in layer.named_modules():
        if isinstance(module, with_state):
            raise TypeError(
                f"Sequential cannot hand on the states in {name!r}, {layer_name(layer)}, which holds "
                f"{layer_name(module)} as {inner!r}: make it a Sequential, or give it an attribute return_state and "
                "a forward(x, initial_state=None) that returns (output, state) if it is True"
            )


def check_asked(name: str, layer: nn.Module, given: Any) -> tuple[Any, Any]:
    """Check what a layer returned that was asked for its state. Returns output and state."""
    if not isinstance(given, tuple) and has_torch_function((given,)):  # torch.fx records the call
        return given[0], given[1]
    if not isinstance(given, tuple) or len(given) != 2:
        got = f"a tuple of {len(given)}" if isinstance(given, tuple) else type(given).__name__
        raise TypeError(f"{name!r}, {layer_name(layer)}, must return (output, state) in a Sequential, got {got}")
    return given[0], given[1]


def check_to_detach(states: Any) -> None:
    """Say what states are, of a value that is none."""
    raise TypeError(
        "states must be None, a tensor, or dicts, lists and tuples of these, as layers return them, got "
        f"{type(states).__name__}"
    )
