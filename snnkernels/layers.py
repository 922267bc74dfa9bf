"""Makes the class of layers of a neuron, such as LIF: a module that holds parameters and calls the function."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor

from . import documentation
from .functional import run_call
from .inputs import Options, check_states_argument, option_checks
from .interface import annotations
from .neuron_layer import NeuronLayer, learning
from .variants import Definition


def layer_of(definition: Definition, name: str | None) -> type[NeuronLayer]:
    """Make the class of layers of a neuron. Without a name it is called as the neuron's function is."""
    interface = definition.interface
    specs = interface.params
    defaults = {**interface.choices, "slope": None, **Options()._asdict()}
    signature = _constructor(definition, defaults)

    def __init__(self: NeuronLayer, *args: Any, **given: Any) -> None:
        bound = signature.bind(self, *args, **given)
        bound.apply_defaults()
        NeuronLayer.__init__(self, bound.arguments)

    def forward(self: NeuronLayer, *inputs: Tensor, initial_state: Any = None) -> Any:
        inputs, initial_state = check_states_argument(interface, inputs, initial_state)
        return run_call(self._called(inputs[0]), inputs, initial_state, self.return_state)

    __init__.__signature__ = signature  # type: ignore[attr-defined]
    forward.__doc__ = documentation.of_forward(interface)
    refused = f"{name or interface.name} holds no state: give initial_state at the call, layer(current, initial_state)"
    members = {
        "__module__": definition.step.__module__,
        "__qualname__": name or f"{definition.step.__qualname__}.layer",
        "__doc__": documentation.of_layer(interface, inspect.getdoc(definition.step) or ""),
        "_definition": definition,
        "_specs": specs,
        "_defaults": defaults,
        "_checks": option_checks(interface),
        "_refused": {"initial_state": refused},
        "__init__": __init__,
        "forward": forward,
        **{f"learn_{parameter}": learning(parameter) for parameter in specs},
    }
    layer = type(name or interface.name, (NeuronLayer,), members)
    layer._base = layer
    return layer


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
    types = annotations(definition.interface, layer=True)
    defaults = [(name, positional, spec.default) for name, spec in specs.items()]
    defaults += [(name, named, default) for name, default in keywords.items()]
    given = [inspect.Parameter(name, kind, default=default, annotation=types[name]) for name, kind, default in defaults]
    return inspect.Signature([inspect.Parameter("self", positional), *given])
