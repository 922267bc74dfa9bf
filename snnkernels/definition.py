"""`@neuron`: a step becomes a function over all time steps, and a layer."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function_unary

from .functional import Call, run_call
from .inputs import Options, check_arguments, check_flag
from .interface import Interface, read, types_of
from .layers import layer_of
from .neuron_layer import NeuronLayer
from .variants import Definition, Step, Variant


class Neuron(Protocol):
    """A neuron over all time steps, as `@neuron` makes it of a step.

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
    """Decorates one time step of a neuron, and makes it a function over all time steps.

    The signature of the step is the interface of the neuron: positional arguments are its inputs, then the states that
    `states` names. Keyword-only arguments are `spike`, if it fires; parameters, whose default is a number; and options,
    whose default is a bool or one of the words of a `Literal[...]`. It returns the output and the next states. Its words
    are + - * /, comparisons, abs, and those of snnkernels.language.

        @neuron(states=("v",))
        def integrate(x, v, *, spike, threshold=1.0):
            v = v + x
            s = spike(v - threshold)
            return s, v - threshold * detach(s)

        spikes = integrate(current, threshold=0.5)
        layer = integrate.layer(learn_threshold=True)

    Args:
        states: the names of the states, in the order in which the step takes and returns them.
        layer: the name of the class of layers, if the module has one of that name. Default: that of the step.

    Returns:
        The function. `function.layer` is the class of its layers, `function.definition` its step and interface.

    Raises:
        TypeError: if the signature is none of a step.
    """

    def define(step: Step) -> Neuron:
        interface = read(step, states)
        definition = Definition(interface, step)
        list(definition.variants())  # tells of what is wrong with a step where it is written
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
    own = {name: spec.default for name, spec in interface.params.items()}
    choices = interface.choices
    common = {"slope": None, **Options()._asdict()}
    defaults = {"initial_state": None, "return_state": False, **own, **choices, **common}
    slope = len(own) + len(choices)

    def function(*inputs: Any, **given: Any) -> Any:
        named = {**defaults, **given}
        if len(named) != len(defaults) or len(inputs) != len(interface.inputs):
            inputs, named = check_arguments(interface, inputs, given, defaults)
        if not isinstance(inputs[0], Tensor) and has_torch_function_unary(inputs[0]):  # torch.fx records the call
            return handle_torch_function(function, inputs, *inputs, **named)
        initial_state, return_state, *values = named.values()
        check_flag("return_state", return_state)
        params, chosen, options = (
            tuple(values[: len(own)]),
            tuple(values[len(own) : slope]),
            Options(*values[slope + 1 :]),
        )
        call = Call(definition, params, values[slope], chosen, options)
        return run_call(call, inputs, initial_state, return_state)

    typed: Any = function
    typed.__signature__ = _signature(
        interface, {**own, "initial_state": None, **choices, "return_state": False, **common}
    )
    typed.__doc__ = _documentation(interface, inspect.getdoc(definition.step) or "")
    return typed


def _signature(interface: Interface, defaults: dict[str, Any]) -> inspect.Signature:
    types = types_of(interface, layer=False)
    named, positional = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    keywords = (
        inspect.Parameter(name, named, default=value, annotation=types[name]) for name, value in defaults.items()
    )
    inputs = (inspect.Parameter(name, positional, annotation=types[name]) for name in interface.inputs)
    return inspect.Signature([*inputs, *keywords])


_COMMON = """\
Inputs are `[T, B, ...]` (see time_dim), float64, float32, bfloat16 or float16, in any dense layout. A parameter is a \
number, or a tensor that broadcasts to one step, `[B, ...]`; each tensor gets a gradient.

Args of every neuron:
    initial_state: the state before the first step, which broadcasts to `[B, ...]`, or a tuple of states{states}.
        Default: zeros.
    return_state: also return the state after the last step. Passed as initial_state, it continues the sequence bit for
        bit.
    record: names of states to return at every step, such as `("{state}",)`.
    output: "all", the output of every step; or, over time, its "sum", "mean", "last" or "max", `[B, ...]`, of which no
        step is written to memory (the gradient of "max" goes to the first largest); or "packed",
        :class:`snnkernels.PackedSpikes` of one bit a spike, through which no gradient flows.
    surrogate: derivative of the spike in backward: "fast_sigmoid", "arctan", "sigmoid", "triangle", "rectangle",
        "gaussian" or "straight_through".
    slope: steepness of the surrogate. Default: that of the surrogate. It may be a tensor of one element; it has no
        gradient.
    strict: fire when the distance to threshold is above 0, as snnTorch and Norse do, instead of 0 or above.
    time_dim: the dimension of time; 1 takes `[B, T, ...]`, without a copy if a sample has 32 neurons or more.
    steps: a number of steps: an input is then one step, `[B, ...]`, is the same at all steps, and is read once.
    backend: "auto", "reference", "native" or "triton". An engine that is named runs, or the call raises. Only the
        reference engine has second derivatives and the transforms of torch.func.

torch.compile makes no new graph when a number changes that is a tensor of one element. On a CPU the values of a
parameter are checked, in a graph when it runs. On a GPU they are not, because the host would have to wait.

Returns:
    the output, of the input's shape and dtype, or what `output` says: over time, float64 for a float64 input, else
    float32. With return_state then the final state, and with record then a dict of states `[T, B, ...]`; all states are
    float64 for a float64 input, else float32.

Raises:
    TypeError, ValueError: on a wrong type, dtype, shape, device or value, or an unknown option.
    RuntimeError: if the named engine cannot run."""


def _documentation(interface: Interface, text: str) -> str:
    states = f" in the order of {', '.join(interface.states)}" if len(interface.states) > 1 else ""
    return textwrap.dedent(text).rstrip() + "\n\n" + _COMMON.format(states=states, state=interface.states[0])
