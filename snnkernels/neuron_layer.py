"""The base of every layer of neurons: it holds parameters and options, and sets, moves and resets them.

It knows no neuron. layers.py makes a subclass for each neuron.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Signature
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from .checked import CheckedModule
from .dispatch import keeps_float64
from .functional import run_call
from .held import in_float32, parts_of, shown, tensor_of, values_of, write
from .inputs import (
    ANY_TENSOR,
    Call,
    Options,
    Parameter,
    check_fixed,
    check_flag,
    check_given_parameter,
    check_held,
    check_inside,
    check_layer_dtype,
    check_learnable,
    check_learned,
    check_restorable,
    check_spreads,
    check_values,
    is_recorded,
    make_call,
    restorable,
)
from .interface import ParameterSpec
from .ranges import InRange
from .scan import state_dtype
from .variants import Definition


class NeuronLayer(CheckedModule):
    """A layer of neurons. `_definition` says of which.

    A parameter is a number, a buffer, or, if it is learned, an nn.Parameter. The layer also stores its numbers as
    tensors, and a graph of torch.compile reads these. A Python number would be part of the graph, and a new number
    would make a new graph. Each tensor has the shape [1], because no compiler takes a size of 1 for a variable. The
    tensors are not buffers, because DistributedDataParallel would send buffers round at each call.
    """

    _definition: ClassVar[Definition]
    _base: ClassVar[type[NeuronLayer]]  # the class that layers.py made, of which a user's may be a subclass
    _function: ClassVar[Callable[..., Any]]
    _signature: ClassVar[Signature]  # of the constructor
    _specs: ClassVar[Mapping[str, ParameterSpec]]  # of its parameters
    _defaults: ClassVar[Mapping[str, Any]]  # of its options, in the order in which a call takes them

    return_state: bool
    record: tuple[str, ...]
    output: str
    surrogate: str | Callable[..., Any]
    slope: float | None
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    _constrain: bool
    _given: dict[str, Parameter | None]  # the values that parameters were given; None for a meta tensor
    _calls: tuple[Call, Call]  # of the neuron's function, without its state and with it
    _held: tuple[str, ...]  # the names of the parameters that are tensors
    _numbers: dict[str, Tensor]  # the attributes that are numbers, in float64
    _anchor: Tensor  # empty; its device is where _numbers belong

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__()
        bound = self._signature.bind(self, *args, **named)
        bound.apply_defaults()
        given = bound.arguments
        check_layer_dtype(given["dtype"])
        check_flag("constrain", given["constrain"])
        learned = check_learned(self._specs, given)
        own = vars(self)
        own.update({name: check(name, given[name]) for name, check in self._checks.items()})
        own.update(_constrain=given["constrain"], _given={}, _numbers={}, _anchor=_anchor(given["device"]))
        for name in self._specs:
            self._hold(name, given[name], name in learned, given["device"], given["dtype"])
        self._note()

    if TYPE_CHECKING:  # a type checker cannot know the parameters and options of a user's neuron

        def __getattr__(self, name: str) -> Any: ...

    @property
    def arguments(self) -> dict[str, Any]:
        """The parameters and options, by the names under which the neuron's function takes them."""
        return {name: getattr(self, name) for name in (*self._specs, *self._defaults)}

    @arguments.setter
    def arguments(self, value: object) -> None:
        check_fixed(type(self).__name__, "arguments", "set each by its name")

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

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_calls"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._own_numbers()
        self._note()

    def _replicate_for_data_parallel(self) -> NeuronLayer:
        replica: Any = super()._replicate_for_data_parallel()
        replica._own_numbers()
        return replica

    def _own_numbers(self) -> None:
        """Copy what a copy of the layer must not share with the original: its numbers, and the values it was given."""
        own = vars(self)
        own["_given"] = dict(self._given)
        own["_numbers"] = {name: number.clone() for name, number in self._numbers.items()}

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._numbers.pop(name, None)

    def __setattr__(self, name: str, value: Any) -> None:
        if vars(self).get("_is_replica"):  # of nn.DataParallel, which sets the parts of a replica one by one
            super().__setattr__(name, value)
            return
        if name in self._specs and (
            tensor_of(self, name) is not None or isinstance(vars(self).get(name), (float, str))
        ):
            self._assign(name, check_held(name, value, self._specs[name]))
        else:  # also pruning and FSDP, which remove a parameter and set what they made of it in its place
            super().__setattr__(name, value)
        if name in self._specs or name in self._checks:
            self._note(name)

    def extra_repr(self) -> str:
        texts = {name: shown(getattr(self, name)) for name in self._specs}
        flags = (*(f"learn_{name}" for name in self._specs), "constrain", "return_state")
        texts |= {name: "True" for name in flags if getattr(self, name)}
        options = {name: getattr(self, name) for name in self._defaults}
        texts |= {name: str(value) for name, value in options.items() if value != self._defaults[name]}
        return ", ".join(f"{name}={text}" for name, text in texts.items())

    def _run(self, inputs: tuple[Tensor, ...], initial_state: Any) -> Any:
        if not all([isinstance(value, Tensor) for value in inputs]):  # as torch.fx records a call
            asked = {"initial_state": initial_state, "return_state": self.return_state}
            return self._function(*inputs, **asked, **self.arguments)
        return run_call(*self._called(inputs[0]), inputs, initial_state)

    def _called(self, current: Tensor) -> tuple[Call, list[Tensor]]:
        """The call of the neuron's function, and the parameters that are tensors. While torch.compile traces, numbers
        are tensors of one element."""
        call = self._calls[self.return_state]
        tensors: dict[str, Tensor] = {}
        if not is_recorded():
            return call, [getattr(self, name) for name in self._held]
        params = [getattr(self, name) for name in self._specs]
        if torch.compiler.is_compiling() and not torch.compiler.is_exporting():
            numbers, place = self._numbers, (current.device, state_dtype(current.dtype))
            tensors = {name: numbers[name].to(*place) for name in numbers}
        params = [tensors.get(name, value) for name, value in zip(self._specs, params, strict=True)]
        slope = tensors.get("slope", call.slope)
        return make_call(self._definition, params, slope, call.choices, call.options, self.return_state)

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
        self._note()

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

    def _note(self, changed: str = "") -> None:
        """Update what is derived from the attributes: the call, and the tensors of numbers."""
        own = vars(self)
        *choices, slope = [own[name] for name in self._defaults if name not in Options._fields]
        options = Options(*[own[name] for name in Options._fields])
        values = {name: own.get(name) for name in self._specs}
        self._held = tuple([name for name, value in values.items() if not isinstance(value, (float, str))])
        params = [ANY_TENSOR if name in self._held else value for name, value in values.items()]
        given = self._definition, params, slope, choices, options
        self._calls = make_call(*given, False, shared=True)[0], make_call(*given, True, shared=True)[0]
        for name in (*self._specs, "slope"):
            value = own.get(name)
            if not isinstance(value, float):
                self._numbers.pop(name, None)
            elif name not in self._numbers:
                with torch.inference_mode(False):
                    self._numbers[name] = torch.full((1,), value, dtype=torch.float64, device=self._anchor.device)
            elif name == changed:
                self._numbers[name].fill_(value)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> NeuronLayer:
        """Move or cast the layer. Its parameters stay float32 at least. They also keep their values if `fn` gives new
        memory, as to_empty does."""
        kept = self._ids()
        super()._apply(lambda tensor: in_float32(fn, tensor) if id(tensor) in kept else fn(tensor), recurse)
        self._anchor = _anchor(fn(self._anchor).device)
        self._numbers = {name: number.to(self._anchor.device) for name, number in self._numbers.items()}
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
    """An empty tensor on the device for a layer's numbers: the layer's own, or the CPU if that cannot hold float64."""
    anchor = torch.zeros(1, device=device)
    return anchor if keeps_float64(anchor.device) else torch.zeros(1, device="cpu")


def _gives_new_memory(fn: Callable[[Tensor], Tensor]) -> bool:
    """Whether `fn` is to_empty's: it makes a tensor on a device from one on meta, where other functions cannot."""
    try:
        return not fn(torch.empty(1, device="meta")).is_meta
    except Exception:  # whatever a function says that looks at values
        return False
