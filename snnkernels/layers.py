"""Makes the class of layers of a neuron, such as LIF: a module that holds parameters and calls the function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from . import documentation
from .inputs import Options, option_checks
from .interface import Interface, types_of
from .neuron_layer import NeuronLayer
from .parameters import learning
from .variants import Definition


def layer_of(definition: Definition, function: Callable[..., Any], name: str | None) -> type[NeuronLayer]:
    """Make the class of layers of a neuron.

    function: that of the neuron; name: that of the class in the module of the step. Without a name the class is called
    as the function is, whose `layer` it becomes.
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
        "__doc__": documentation.of_layer(interface, inspect.getdoc(definition.step) or ""),
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
    """Write `forward(self, current, initial_state=None)`, with the names of the neuron's inputs.

    Tools such as torch.export and torch.fx read these names from the code of the function.
    """
    inputs, made = ", ".join(interface.inputs), dict[str, Any]()
    exec(f"def forward(self, {inputs}, initial_state=None):\n    return self._run(({inputs},), initial_state)", made)
    forward = made["forward"]
    forward.__doc__ = documentation.of_forward(interface)
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
