"""Layers: a module for every neuron, which holds its parameters and calls its function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .inputs import Options, option_checks
from .interface import Interface, types_of
from .neuron_layer import NeuronLayer, learning
from .variants import Definition


def layer_of(definition: Definition, function: Callable[..., Any], name: str | None) -> type[NeuronLayer]:
    """The class of layers of a neuron.

    function: the neuron's; name: of the class in the module of the step, or None if it is only the function's `layer`.
    """
    interface = definition.interface
    specs = interface.params
    defaults = {**interface.choices, "slope": None, **Options()._asdict()}
    signature = _constructor(definition, defaults)

    def __init__(self: NeuronLayer, *args: Any, **given: Any) -> None:
        NeuronLayer.__init__(self, *args, **given)

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    refused = f"{name or interface.name} holds no state: give initial_state at the call, layer(current, initial_state)"
    members = {
        "__module__": definition.step.__module__,
        "__qualname__": name or f"{definition.step.__qualname__}.layer",
        "__doc__": _documentation(definition),
        "_definition": definition,
        "_function": staticmethod(function),
        "_signature": signature,
        "_specs": specs,
        "_defaults": defaults,
        "_checks": option_checks(interface),
        "_refused": {"initial_state": refused},
        "__init__": __init__,
        "forward": _forward(interface),
        **{f"learn_{parameter}": learning(parameter) for parameter in specs},
    }
    layer: type[NeuronLayer] = type(name or interface.name, (NeuronLayer,), members)
    layer._base = layer
    return layer


def _forward(interface: Interface) -> Callable[..., Any]:
    """`forward(self, current, initial_state=None)`, with the inputs by their names, which it is written out for: tools
    such as torch.export and torch.fx read them from the function's code."""
    inputs, made = ", ".join(interface.inputs), dict[str, Any]()
    exec(f"def forward(self, {inputs}, initial_state=None):\n    return self._run(({inputs},), initial_state)", made)
    forward = made["forward"]
    forward.__doc__ = (
        f"{inputs}: `[T, B, ...]`; initial_state: `[B, ...]`, or None for zeros. Returns what the function returns."
    )
    return forward


def _constructor(definition: Definition, options: dict[str, Any]) -> inspect.Signature:
    specs = definition.interface.params
    positional, named = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    keywords = {
        "learn": (),
        **dict.fromkeys((f"learn_{name}" for name in specs), False),
        "constrain": False,
        "return_state": False,
        **options,
        "device": None,
        "dtype": None,
    }
    types = types_of(definition.interface, layer=True)
    defaults: list[tuple[str, Any, Any]] = [(name, positional, spec.default) for name, spec in specs.items()]
    defaults += [(name, named, default) for name, default in keywords.items()]
    given = [inspect.Parameter(name, kind, default=default, annotation=types[name]) for name, kind, default in defaults]
    return inspect.Signature([inspect.Parameter("self", positional), *given])


_DOCUMENTATION = """\
A layer of `{name}` neurons over all time steps: the function of this name with its parameters.

It keeps no state between calls: with `return_state=True` it returns the final state, which you can pass to the next
call. Every argument but learn, device and dtype is an attribute. All but constrain can be set: `layer.slope = 2`. Setting
a parameter to a number fills the nn.Parameter or buffer, if there is one; an nn.Parameter replaces it. What you set is
checked. torch.compile makes no new graph for another number.

Args:
    {params}: a number, or a tensor that broadcasts to one step (`[N]` for one value a neuron, `[C, 1, 1]` for one a
        channel). The layer holds a copy of a tensor. It uses an nn.Parameter as it is: this is trained even if the layer
        does not learn it, and shared with other modules that have it.
    learn: the names of the parameters to make an nn.Parameter of; one number becomes one of shape `[1]`. For each there
        is also a flag, such as `learn_{first}=True`.
    constrain: keep learned parameters in their range by a parametrization (torch.nn.utils.parametrize){ranges}. Without
        it an optimizer may take them to any value. If it takes one that must be positive to 0 or below, the next call
        raises ValueError on a CPU; on a GPU such neurons compute with it. So clamp after each step of the optimizer, or
        use constrain.
    return_state: forward returns the final state, too.
    device, dtype: of parameters and of the tensors that you give. By default a tensor keeps its own; a number gets
        torch's defaults, float32 at least. If you later cast the module to a half type, parameters and buffers stay
        float32 at least.
    All others: as the function documents them.

`reset_parameters()` gives parameters and buffers the values that the constructor got, or the number or tensor that they
were last set to. A layer made on the meta device has these values as soon as `to_empty` gives it memory.

Raises TypeError and ValueError on wrong options, in the constructor, and AttributeError if you set a misspelt option.

The function:

{function}"""


def _documentation(definition: Definition) -> str:
    interface = definition.interface
    ranges = [f"{name} {spec.range}" for name, spec in interface.params.items() if spec.range.bounded]
    return _DOCUMENTATION.format(
        name=interface.name,
        params=", ".join(interface.params),
        first=next(iter(interface.params), "beta"),
        ranges=f": {', '.join(ranges)}" if ranges else "",
        function=inspect.getdoc(definition.step) or "",
    )
