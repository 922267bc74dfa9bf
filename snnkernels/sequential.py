"""Layers one after the other, with and without time, and the states of those that have one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn

from .checked import CheckedModule
from .each_step import EachStep
from .inputs import (
    batch_dims,
    check_asked,
    check_flag,
    check_hides_no_state,
    check_in_sequence,
    check_states_by_name,
    check_to_detach,
)
from .neuron_layer import NeuronLayer
from .spiking_linear import SpikingLinear

States = TypeVar("States")

# torch's layers that name dimensions by their number, or take the first for the batch. batch_dims knows those whose
# name tells how many dimensions they take.
_OF_ONE_STEP = (
    nn.ChannelShuffle,
    nn.FeatureAlphaDropout,
    nn.Flatten,
    nn.Fold,
    nn.GLU,
    nn.GroupNorm,
    nn.LocalResponseNorm,
    nn.LogSoftmax,
    nn.PReLU,
    nn.Softmax,
    nn.Softmin,
    nn.SyncBatchNorm,
    nn.Unflatten,
    nn.Unfold,
    nn.Upsample,
)


def _checked_flag(name: str, value: bool) -> bool:
    check_flag(name, value)
    return value


class Sequential(CheckedModule, nn.Sequential):
    """`torch.nn.Sequential` for layers with and without time, which hands states in and out: `[T, B, ...]` goes in.

    A layer of torch that takes its first dimension for the batch, or names dimensions by number, runs at every step: it
    becomes an :class:`snnkernels.EachStep`, and is written as for one step, `nn.Flatten()` and not `nn.Flatten(2)`. An
    nn.Sequential among the layers becomes a Sequential. All others are taken as they are: neurons, nn.Linear,
    elementwise layers, and modules of your own, which get `[T, B, ...]`. Keys of `state_dict()` are nn.Sequential's.

    The states are a dict by the names of the layers that have one: neurons, SpikingLinear, a Sequential, whose state is
    such a dict, and any module with an attribute return_state and `forward(x, initial_state=None)`. Their own
    return_state says what they return to others, and nothing here.

        net = Sequential(nn.Linear(784, 100), LIF(), nn.Linear(100, 10), LIF(), return_state=True)
        spikes, states = net(x)                               # states["1"] and states["3"]
        spikes, states = net(more, detach_states(states))     # goes on, without a gradient into the past

    A sequence in chunks gives the spikes of the whole, bit for bit, as far as the layers between the neurons do: a
    dense product of fewer rows may be rounded differently, and statistics and masks of training are drawn by chunk.

    Args:
        layers: modules, or an OrderedDict of them by name, as for nn.Sequential.
        return_state: forward returns (output, states). It is an attribute that can be set.

    Raises TypeError if a layer is nn.LSTM, nn.GRU or nn.RNN, whose states it does not know, and what EachStep raises.
    """

    return_state: bool
    _views: dict[str, tuple[nn.Module, ...]]

    _checks: ClassVar = {"return_state": _checked_flag}

    def __init__(self, *layers: Any, return_state: bool = False) -> None:
        super().__init__(*layers)
        self.return_state = return_state

    def forward(self, x: Any, initial_state: Mapping[str, Any] | None = None) -> Any:
        """x: what the first layer takes. initial_state: states by name, as returned; a layer that is not in it starts
        from zero. Returns the last layer's output, or (output, states).

        Raises TypeError or ValueError on other states, TypeError if states are asked for that a module of your own
        hides, and what the layers raise.
        """
        asked = self.return_state
        named = list(self._modules.items())
        given: Mapping[str, Any] = {}
        if initial_state is not None:
            given = check_states_by_name(initial_state, [name for name, layer in named if _has_state(layer)])
        # While torch.fx records, what will be given is not known.
        hands_on = asked or (isinstance(given, Mapping) and bool(given))
        states: dict[str, Any] = {}
        for name, layer in named:
            if not _has_state(layer):
                if hands_on and len(layer._modules):
                    check_hides_no_state(name, layer, (NeuronLayer, SpikingLinear))
                x = layer(x)
                continue
            result = self._returning(name, layer, asked)(x, initial_state=given.get(name))
            x, state = check_asked(name, layer, result) if asked else (result, None)
            states[name] = state
        return (x, states) if asked else x

    def _returning(self, name: str, layer: nn.Module, state: bool) -> nn.Module:
        """The layer, such that a call of it returns its state, or does not."""
        holder = layer.neuron if isinstance(layer, SpikingLinear) else layer
        if holder.return_state is state:
            return layer
        if not torch.compiler.is_compiling() and not _is_of(self._views[name][state], layer):
            self._note()  # the layer was replaced, parametrized, or copied by nn.DataParallel
        return self._views[name][state]

    def _note(self) -> None:
        """Make what :meth:`_returning` returns. A graph needs it to be there before."""
        vars(self)["_views"] = {
            name: tuple(_view(layer, state) for state in (False, True))
            for name, layer in self._modules.items()
            if _has_state(layer)
        }

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_views": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._note()

    def add_module(self, name: str, module: nn.Module | None) -> None:
        super().add_module(name, _at_every_step(module))
        self._note()

    def insert(self, index: int, module: nn.Module) -> Any:
        super().insert(index, _at_every_step(module))
        self._note()
        return self

    def __delitem__(self, index: Any) -> None:
        super().__delitem__(index)
        self._note()

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, nn.Module):  # of any name, such as layer1, which CheckedModule might take for an option
            nn.Module.__setattr__(self, name, _at_every_step(value))
            self._note()
        else:
            super().__setattr__(name, value)

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        if isinstance(index, slice):
            part.return_state = self.return_state
        return part

    def extra_repr(self) -> str:
        return "return_state=True" if self.return_state else ""


def detach_states(states: States) -> States:
    """States without their gradients, for truncated back-propagation through time: the same tensors, cut off from what
    they were computed from.

    states: what a layer or a :class:`Sequential` returned: a tensor, None, or dicts, lists and tuples of these, to any
    depth. Returns the same form. Raises TypeError on any other value.
    """
    return _detached(states)


def _detached(states: Any) -> Any:
    if states is None:
        return None
    if isinstance(states, Tensor):
        return states.detach()
    if isinstance(states, dict):
        return {name: _detached(state) for name, state in states.items()}
    if isinstance(states, (tuple, list)):
        parts = [_detached(state) for state in states]
        return type(states)(*parts) if hasattr(states, "_fields") else type(states)(parts)
    return check_to_detach(states)


def _at_every_step(layer: Any) -> Any:
    """A layer as it is to stand in a Sequential. What is no module is returned as it is."""
    if not isinstance(layer, nn.Module) or isinstance(layer, EachStep):
        return layer
    if _has_state(layer):
        return layer
    check_in_sequence(layer)
    if type(layer) is nn.Sequential and layer._compiled_call_impl is None:
        return _with_states(layer)
    return EachStep(layer) if isinstance(layer, _OF_ONE_STEP) or batch_dims(type(layer)) else layer


def _with_states(layers: nn.Sequential) -> Sequential:
    """A container of torch as ours, with its hooks and its layers. It stays as it is itself."""
    made = Sequential(*layers)
    own = {**vars(layers), "return_state": False}
    own["_modules"] = dict(zip(layers._modules, made._modules.values(), strict=True))
    vars(made).update(own)
    made._note()
    return made


def _has_state(layer: nn.Module) -> bool:
    return isinstance(layer, SpikingLinear) or hasattr(layer, "return_state")


class _Returning:
    """The base of classes in which return_state is fixed, whatever the layer's own return_state is.

    An object of such a class shares the layer's attributes, so it has the layer's hooks, parameters and numbers.
    """

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the layer with its hooks. What layer.compile() made is not called. Nor does torch.fx record the call,
        because a view has no name in the model."""
        return self._call_impl(*arguments, **named)  # type: ignore[attr-defined]


def _view(layer: nn.Module, state: bool) -> nn.Module:
    """The layer as an object of a class in which return_state is fixed."""
    fixed: dict[str, Any] = {"return_state": property(lambda view: state)}
    if isinstance(layer, SpikingLinear):
        fixed = {"neuron": _view(layer.neuron, state)}
    view: Any = object.__new__(type(type(layer).__name__, (_Returning, type(layer)), fixed))
    object.__setattr__(view, "__dict__", vars(layer))
    return view


def _is_of(view: Any, layer: Any) -> bool:
    """Whether a view was made of this layer and the layer's class has not changed since."""
    same = vars(view) is vars(layer) and type(view).__bases__[1] is type(layer)
    return same and (not isinstance(layer, SpikingLinear) or _is_of(view.neuron, layer.neuron))
