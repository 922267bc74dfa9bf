"""The base of every layer of neurons: it holds parameters and options, and calls the neuron's function with them.

It knows no neuron. layers.py makes a subclass for each neuron.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Signature
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from .functional import run_call
from .held import shown, tensor_of
from .inputs import (
    ANY_TENSOR,
    Call,
    Options,
    check_fixed,
    check_flag,
    check_held,
    check_layer_dtype,
    check_learned,
    is_recorded,
    make_call,
)
from .parameters import ParameterModule
from .scan import state_dtype
from .variants import Definition


class NeuronLayer(ParameterModule):
    """A layer of neurons. `_definition` says of which.

    The layer also stores its numbers as tensors, and a graph of torch.compile reads these. A Python number would be
    part of the graph, and a new number would make a new graph. Each tensor has the shape [1], because no compiler takes
    a size of 1 for a variable. The tensors are not buffers, because DistributedDataParallel would send buffers round at
    each call.
    """

    _definition: ClassVar[Definition]
    _base: ClassVar[type[NeuronLayer]]  # the class that layers.py made; a user's class may derive from it
    _function: ClassVar[Callable[..., Any]]
    _signature: ClassVar[Signature]  # the signature of the constructor
    _defaults: ClassVar[Mapping[str, Any]]  # the defaults of its options, in the order in which a call takes them

    return_state: bool
    record: tuple[str, ...]
    output: str
    surrogate: str | Callable[..., Any]
    slope: float | None
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    _calls: tuple[Call, Call]  # the calls of the neuron's function that return no state and the state
    _held: tuple[str, ...]  # the names of the parameters that are tensors
    _numbers: dict[str, Tensor]  # the attributes that are numbers, in float64

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__()
        bound = self._signature.bind(self, *args, **named)
        bound.apply_defaults()
        given = bound.arguments
        check_layer_dtype(given["dtype"])
        check_flag("constrain", given["constrain"])
        learned = check_learned(self._specs, given)
        options = {name: check(name, given[name]) for name, check in self._checks.items()}
        vars(self).update(options, _numbers={})
        self._hold_all(given, learned)
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

    def _learn(self, name: str, learn: bool) -> None:
        super()._learn(name, learn)
        self._note()

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> NeuronLayer:
        super()._apply(fn, recurse)
        self._numbers = {name: number.to(self._anchor.device) for name, number in self._numbers.items()}
        return self

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
