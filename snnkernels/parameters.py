"""Modules that hold the parameters of a neuron: they set, learn, move, cast, restore and load them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from .checked import CheckedModule
from .dispatch import keeps_float64
from .held import cast_in_float32, parts_of, tensor_of, values_of, write
from .inputs import (
    Parameter,
    check_fixed,
    check_flag,
    check_given_parameter,
    check_held,
    check_inside,
    check_learnable,
    check_learned,
    check_restorable,
    check_spreads,
    check_values,
    restorable,
)
from .interface import ParameterSpec
from .ranges import InRange


class ParameterModule(CheckedModule):
    """A module that holds each parameter of a neuron as a number, as a buffer, or, if it is learned, as an
    nn.Parameter. A learned parameter that `constrain` keeps in its range is held by a parametrization."""

    _specs: ClassVar[Mapping[str, ParameterSpec]]  # what the neuron's signature says of each parameter
    _constrain: bool
    _given: dict[str, Parameter | None]  # the values that parameters were given; None for a meta tensor
    _anchor: Tensor  # parameters that are made of numbers go to its device; its value has no meaning

    def _hold_all(self, given: Mapping[str, Any], learned: set[str]) -> None:
        """Hold all parameters. given: the arguments of the constructor; learned: the names of those to learn."""
        anchor = _anchor(given["device"])
        vars(self).update(_constrain=given["constrain"], _given={}, _anchor=anchor)
        for name in self._specs:
            self._hold(name, given[name], name in learned, given["device"], given["dtype"])

    @property
    def learn(self) -> tuple[str, ...]:
        """The names of the parameters that are learned. Setting it learns these and no others."""
        return tuple(name for name in self._specs if self._learns(name))

    @learn.setter
    def learn(self, names: tuple[str, ...]) -> None:
        held = {name: getattr(self, name) for name in self._specs}
        learned = check_learned(self._specs, {**held, **{f"learn_{name}": False for name in held}, "learn": names})
        for name in self._specs:
            self._learn(name, name in learned)

    @property
    def constrain(self) -> bool:
        """Whether learned parameters are kept in their ranges."""
        return self._constrain

    @constrain.setter
    def constrain(self, value: object) -> None:
        check_fixed(type(self).__name__, "constrain", "make another layer with it")

    @torch.no_grad()
    def reset_parameters(self) -> None:
        """Restore the values that each parameter was given: in the constructor, or when it was last set.

        Raises RuntimeError if that was a tensor on the meta device, which has no values.
        """
        for name in self._specs:
            held = tensor_of(self, name)
            if held is not None:
                write(self, name, check_restorable(type(self).__name__, name, self._given[name], held))

    def _hold(
        self, name: str, value: Parameter, learn: bool, device: torch.device | str | None, dtype: torch.dtype | None
    ) -> None:
        """Hold a value: as an nn.Parameter or a buffer, or as a number if it is one and is not learned."""
        value, positive = check_held(name, value, self._specs[name]), self._specs[name].range.positive
        value = check_learnable(name, value, self._specs[name]) if learn else value
        self._given[name] = values_of(value)
        if isinstance(value, nn.Parameter):
            check_given_parameter(name, value, device, dtype, self._constrain)
            check_values(name, value, positive=positive)
            self.register_parameter(name, value)
        elif not isinstance(value, Tensor) and not learn:
            vars(self)[name] = value
        else:
            held = _as_tensor(value, device, dtype)
            check_values(name, held, positive=positive)
            if learn:
                self._make_parameter(name, held)
            else:
                self.register_buffer(name, held)

    def _learns(self, name: str) -> bool:
        return any(isinstance(part, nn.Parameter) for part in parts_of(self, name))

    def _learn(self, name: str, learn: bool) -> None:
        """Make what is held under this name an nn.Parameter, or a buffer again."""
        check_flag(f"learn_{name}", learn)
        if learn == self._learns(name):
            return
        if learn:
            value = check_learnable(name, getattr(self, name), self._specs[name])
            self._make_parameter(name, _as_tensor(value, self._anchor.device, None))
        else:
            if parametrize.is_parametrized(self, name):
                parametrize.remove_parametrizations(self, name)
            value = parts_of(self, name)[0].detach().clone()
            delattr(self, name)
            self.register_buffer(name, value)

    def _make_parameter(self, name: str, value: Tensor) -> None:
        """Replace what is held under this name by an nn.Parameter with these values."""
        range = self._specs[name].range
        constrained = self._constrain and range.bounded
        if constrained:
            check_inside(name, value, range)
        if hasattr(self, name):
            delattr(self, name)
        self.register_parameter(name, nn.Parameter(value))
        if constrained:
            parametrize.register_parametrization(self, name, InRange(range))

    def _assign(self, name: str, value: Parameter) -> None:
        """Set a parameter to a value that has passed check_held."""
        held, parametrized = tensor_of(self, name), parametrize.is_parametrized(self, name)
        if isinstance(value, nn.Parameter) and not parametrized:
            super().__setattr__(name, value)
            return
        if isinstance(value, str) and name in self._buffers and value not in self._specs[name].names:
            delattr(self, name)  # the word chooses a form of the step without this parameter
            held = None
        elif held is not None:
            value = check_learnable(name, value, self._specs[name])
        if isinstance(value, Tensor):
            check_values(name, value, positive=self._specs[name].range.positive)
            if held is None or (name in self._buffers and (held.is_meta or held.shape != value.shape)):
                like = value if held is None or held.is_meta else held
                vars(self).pop(name, None)
                self.register_buffer(name, value.detach().to(like.device, like.dtype, copy=True))
                self._given[name] = values_of(value)
                return
            check_spreads(name, value, held)
        if held is None:
            vars(self)[name] = value
        else:
            if parametrized and self._constrain and self._specs[name].range.bounded:
                check_inside(name, torch.as_tensor(value, dtype=held.dtype), self._specs[name].range)
            write(self, name, value)
        self._given[name] = values_of(value)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> ParameterModule:
        """Move or cast the module. Its parameters stay float32 at least. They also keep their values if `fn` gives new
        memory, as to_empty does."""
        kept = self._ids()
        super()._apply(lambda tensor: cast_in_float32(fn, tensor) if id(tensor) in kept else fn(tensor), recurse)
        self._anchor = _anchor(fn(self._anchor).device)
        if _gives_new_memory(fn):
            for name in self._specs:
                self._restore(name)
        return self

    def _ids(self) -> set[int]:
        """The ids of its parameters' tensors. Holding the tensors would keep torch from swapping them."""
        derived = tuple(f"{name}_" for name in self._specs)  # such as beta_orig, which pruning makes beta of
        named = (*self.named_parameters(), *self.named_buffers())
        own = [tensor for name, tensor in named if name.startswith(derived)]
        own += [part for name in self._specs for part in parts_of(self, name)]
        return {id(part) for tensor in own for part in (tensor, tensor.grad)}

    @torch.no_grad()
    def _restore(self, name: str) -> None:
        """Give a parameter in new memory the values that it was given, or NaN if it cannot have them."""
        held = tensor_of(self, name)
        if held is not None and not held.is_meta:
            given = restorable(self._given[name], held)
            write(self, name, float("nan") if given is None else given)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """Load a learned number whether it was saved with a dimension or without."""
        for name in self._specs:
            held, saved = tensor_of(self, name), state_dict.get(prefix + name)
            if held is not None and isinstance(saved, Tensor) and held.numel() == saved.numel() == 1:
                state_dict[prefix + name] = saved.reshape(held.shape)
        given = dict(self._given)
        super()._load_from_state_dict(state_dict, prefix, *args)
        self._given = given
        if args[0].get("assign_to_params_buffers"):  # torch set the attribute, which copied into the old buffer
            for name in self._specs.keys() & self._buffers.keys():
                self._buffers[name] = state_dict.get(prefix + name, self._buffers[name])


def learning(name: str) -> property:
    """The attribute that says whether a parameter is learned. Setting it changes what the layer holds."""
    return property(lambda layer: layer._learns(name), lambda layer, learn: layer._learn(name, learn))


def _as_tensor(value: Parameter, device: torch.device | str | None, dtype: torch.dtype | None) -> Tensor:
    """A copy of a value. A number gets one dimension, because FSDP takes no parameter without dimensions."""
    if isinstance(value, Tensor):
        return value.detach().to(device=device, dtype=dtype, copy=True)
    dtype = dtype or torch.promote_types(torch.get_default_dtype(), torch.float32)
    return torch.full((1,), value, device=device, dtype=dtype)


def _anchor(device: torch.device | str | None) -> Tensor:
    """A tensor on the device of a module's numbers: the module's own, or the CPU if that cannot hold float64."""
    anchor = torch.zeros(1, device=device)
    return anchor if keeps_float64(anchor.device) else torch.zeros(1, device="cpu")


def _gives_new_memory(fn: Callable[[Tensor], Tensor]) -> bool:
    """Whether `fn` is to_empty's. It alone makes a tensor with memory from a meta tensor."""
    try:
        return not fn(torch.empty(1, device="meta")).is_meta
    except Exception:  # a function that reads values may raise any error on a meta tensor
        return False
