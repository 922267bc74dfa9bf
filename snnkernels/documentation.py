"""The docstrings of a neuron's function and of its layers: the text of the step, then what holds for every neuron."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from .interface import Interface

_WIDTH = 116  # of a line; help() indents it by 4


def of_function(interface: Interface, own: str) -> str:
    """The docstring of a neuron's function. own: that of its step."""
    state = interface.states[0]
    if len(interface.states) == 1:
        initial = "the state before the first step, a tensor that broadcasts to `[B, ...]`. Default: zeros."
    else:
        initial = (
            f"the states before the first step, as a tuple ({', '.join(interface.states)}) of tensors that broadcast "
            "to `[B, ...]`, or None where a state is zero. Default: zeros."
        )
    options = _entries(f"initial_state: {initial}", *[text.format(state=state) for text in _OPTIONS])
    return "\n\n".join(filter(None, (own, *_roles(interface), f"Options of every neuron:\n{options}", _RESULTS)))


def of_layer(interface: Interface, own: str) -> str:
    """The docstring of a layer of a neuron. own: that of its step."""
    params = interface.params
    ranges = [f"{name} {spec.range}" for name, spec in params.items() if spec.range.bounded]
    entries = []
    if params:
        first = next(iter(params))
        entries = [text.format(all=", ".join(params), first=first) for text in _PARAMETERS]
        limits = f": {', '.join(ranges)}" if ranges else ""
        checked = _CHECKED if any(spec.range.positive for spec in params.values()) else ""
        entries.append(_CONSTRAIN.format(ranges=limits) + checked)
    summary = f"A layer of `{interface.name}` neurons over all time steps, with parameters that it can learn."
    arguments = f"Arguments of every layer of neurons:\n{_entries(*entries, *_OF_LAYERS)}"
    return "\n\n".join(filter(None, (summary, own, _CALL, arguments, _LIFE)))


def of_forward(interface: Interface) -> str:
    """The docstring of the forward of a layer."""
    inputs = _listed(interface.inputs)
    return f"{inputs}: `[T, B, ...]`; initial_state: as the function takes it. Returns what the function returns."


_OPTIONS = (
    "return_state: whether to return the state after the last step, too. Pass it as initial_state to continue the "
    "sequence; the result is that of the whole sequence, bit for bit.",
    'record: the names of states to return after every step, such as `("{state}",)`.',
    'output: "all" gives the output of every step. "sum", "mean", "last" and "max" give one value over time, '
    '`[B, ...]`, and write no step to memory; the gradient of "max" goes to the first step that has the largest value. '
    '"packed" gives :class:`snnkernels.PackedSpikes`, one bit a spike, if the output is a spike; no gradient flows '
    "through it.",
    'surrogate: the derivative of a spike in backward: "fast_sigmoid", "arctan", "sigmoid", "triangle", "rectangle", '
    '"gaussian" or "straight_through"; or a function of the distance to threshold and of the slope, in the words of a '
    "step.",
    "slope: the steepness of the surrogate, a number or a tensor of one element. It has no gradient. Default: that of "
    "the surrogate.",
    "strict: whether a neuron fires only above threshold, as in snnTorch and Norse, and not at threshold.",
    "time_dim: the dimension of time. 1 takes `[B, T, ...]`, without a copy if a sample has 32 neurons or more.",
    "steps: the number of steps, for an input `[B, ...]` that is the same at all steps and is read once.",
    'backend: "auto", "reference", "native" or "triton". An engine that is named runs, or the call raises. Only the '
    "reference engine has second derivatives and the transforms of torch.func.",
)

_RESULTS = """\
On a CPU the values of parameters are checked, under torch.compile whenever the graph runs. On a GPU they are not
checked, because the host would have to wait. torch.compile makes a new graph if a Python number changes, and none
if the value of a tensor changes.

Returns:
    The output. "all" has the shape and dtype of the input; one value over time is float64 for a float64 input, else
    float32. With return_state the final state comes next, and with record a dict of states, `[T, B, ...]`, last. All
    states are float64 for a float64 input, else float32.

Raises:
    TypeError, ValueError: on a wrong type, dtype, shape, device or value, or an unknown option.
    RuntimeError: if the named engine cannot run."""

_CALL = """\
Call the layer with the input, and with initial_state if there is one: `layer(x, initial_state)`. It keeps no state
between calls. Every argument but device and dtype is an attribute that you can set, such as `layer.slope = 2`;
constrain can only be read. What you set is checked. A number that you set fills the nn.Parameter or buffer, if there
is one; an nn.Parameter replaces it. torch.compile makes no new graph for another number."""

_PARAMETERS = (
    "{all}: a number, or a tensor that broadcasts to one step (`[N]` for one value a neuron, `[C, 1, 1]` for one a "
    "channel). The layer copies a tensor. It uses an nn.Parameter as it is, trains it whatever learn says, and shares "
    "it with other modules that have it.",
    'learn: the names of the parameters to train, such as `("{first}",)`. Each becomes an nn.Parameter; a number gets '
    "the shape `[1]`. There is a flag for each, too: `learn_{first}=True`.",
)

_CONSTRAIN = (
    "constrain: whether to keep learned parameters in their ranges by a parametrization "
    "(torch.nn.utils.parametrize){ranges}. Without it an optimizer may take them out of their ranges."
)
_CHECKED = (
    " If one that must be above 0 is not, the next call raises ValueError on a CPU. On a GPU the neurons compute with "
    "it."
)

_OF_LAYERS = (
    "return_state: whether forward returns the final state, too.",
    "device, dtype: of the parameters. By default a tensor keeps its own, and a number gets torch's defaults, float32 "
    "at least. Parameters and buffers stay float32 at least if you later cast the module to a half type.",
    "All others: as the function documents them.",
)

_LIFE = """\
`reset_parameters()` restores the values that parameters and buffers were given: in the constructor, or when they were
last set. A layer that was made on the meta device has these values as soon as `to_empty` gives it memory.

Raises TypeError and ValueError on wrong arguments, and AttributeError if you set a misspelt attribute."""


def _roles(interface: Interface) -> list[str]:
    """What the names in a neuron's own text are: inputs, states and parameters."""
    inputs, states, params = interface.inputs, interface.states, tuple(interface.params)
    text = (
        f"{_listed(inputs)} {'is the input' if len(inputs) == 1 else 'are the inputs'}, `[T, B, ...]` (see time_dim), "
        f"in float64, float32, bfloat16 or float16, in any dense layout. {_listed(states)} "
        f"{'is the state' if len(states) == 1 else 'are the states'}, which initial_state and record are about."
    )
    if params:
        takes = "is a parameter: it takes" if len(params) == 1 else "are parameters: each takes"
        text += (
            f" {_listed(params)} {takes} a number, or a tensor that broadcasts to one step, `[B, ...]`, and gets a "
            "gradient."
        )
    return [textwrap.fill(text, _WIDTH)]


def _entries(*texts: str) -> str:
    """Arguments and what they are, each indented as in a docstring."""
    wrapped = (textwrap.fill(text, _WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8) for text in texts)
    return "\n".join(wrapped)


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
