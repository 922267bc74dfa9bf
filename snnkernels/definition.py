"""`@neuron` makes a function over all time steps, and a layer, of one step."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function_unary

from . import documentation
from .functional import run_call
from .inputs import Options, check_arguments, default_arguments, find_call, is_recorded, read_call
from .interface import Interface, read, types_of
from .layers import layer_of
from .neuron_layer import NeuronLayer
from .variants import Definition, Step, Variant


class Neuron(Protocol):
    """A neuron over all time steps: the function that `@neuron` makes of a step.

    Type checkers know this of a user's neuron. Of a built-in one they know every argument, and what a call returns.
    """

    __name__: str

    def __call__(self, *inputs: Any, **options: Any) -> Any: ...

    @property
    def definition(self) -> Definition: ...

    @property
    def layer(self) -> type[NeuronLayer]: ...

    def variant(self, **options: Any) -> Variant: ...


def neuron(*, states: Sequence[str], layer: str | None = None) -> Callable[[Step], Neuron]:
    """Make a neuron of one time step: a function over all time steps, and a layer.

    Decorate the step. Its signature is the whole interface of the neuron:

    - Positional arguments are the inputs, then the states that `states` names.
    - `spike`, keyword-only, is there if the neuron fires. It gives 1 where its argument is 0 or above, else 0, and has
      the derivative that the caller chooses.
    - A keyword-only argument whose default is a number is a parameter. Annotate it as `Decay` or `Positive`, of
      snnkernels.ranges, to give it a range.
    - A keyword-only argument whose default is a bool or one of the words of a `Literal[...]`, or that is annotated as
      an int, is an option. It is fixed before the step runs, so the step may use it in `if` and `for`.

    The step returns the output and then the next states. It may use + - * /, comparisons, & | ~ of them, abs, and
    detach, exp, sqrt, tanh, sigmoid, floor, minimum, maximum and where of snnkernels. It runs here, once for each
    choice of its options: a number that it reads from outside, such as a global variable, keeps its value of now on
    every engine.

        @neuron(states=("v",))
        def integrate(x, v, *, spike, threshold=1.0):
            v = v + x
            s = spike(v - threshold)
            return s, v - threshold * detach(s)

        spikes = integrate(current, threshold=0.5)
        layer = integrate.layer(learn_threshold=True)

    Args:
        states: the names of the states, in the order in which the step takes and returns them.
        layer: the name of the class of layers, if the module has one of that name. Default: the name of the step.

    Returns:
        The function. `function.layer` is the class of its layers, and `help(function)` lists all options.

    Raises:
        TypeError: if the signature is not that of a step.
        ValueError: if a parameter's default is not finite, or not above 0 where it must be.
        StepError: if the step computes what no neuron can, with the line of the step.
    """

    def define(step: Step) -> Neuron:
        interface = read(step, states)
        definition = Definition(interface, step)
        list(definition.variants())  # an error in the step is raised here, where the step is written
        function = _function(definition)
        function.__name__, function.__qualname__ = interface.name, step.__qualname__
        function.__module__ = step.__module__
        function.definition = definition
        function.variant = lambda **options: definition.variant(tuple(_choices(interface, options)))
        function.layer = layer_of(definition, function, layer)
        return function

    return define


def _choices(interface: Interface, options: dict[str, Any]) -> Sequence[Any]:
    return [options.get(name, spec.default) for name, spec in interface.options.items()]


def _function(definition: Definition) -> Any:
    interface = definition.interface
    count = len(interface.inputs)

    def function(*inputs: Any, **given: Any) -> Any:
        if len(inputs) != count:
            inputs, given = check_arguments(interface, inputs, given)
        for value in inputs:
            if not isinstance(value, Tensor) and has_torch_function_unary(value):  # torch.fx records the call
                return handle_torch_function(function, inputs, *inputs, **{**default_arguments(interface), **given})
        initial_state = given.pop("initial_state", None)
        call, tensors = read_call(definition, given) if is_recorded() else find_call(definition, given)
        return run_call(call, tensors, inputs, initial_state)

    own = {name: spec.default for name, spec in interface.params.items()}
    in_help = {**own, "initial_state": None, **interface.choices, "return_state": False, "slope": None}
    typed: Any = function
    typed.__signature__ = _signature(interface, {**in_help, **Options()._asdict()})
    typed.__doc__ = documentation.of_function(interface, inspect.getdoc(definition.step) or "")
    return typed


def _signature(interface: Interface, defaults: dict[str, Any]) -> inspect.Signature:
    types = types_of(interface, layer=False)
    named, positional = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    keywords = (
        inspect.Parameter(name, named, default=value, annotation=types[name]) for name, value in defaults.items()
    )
    inputs = (inspect.Parameter(name, positional, annotation=types[name]) for name in interface.inputs)
    return inspect.Signature([*inputs, *keywords])
