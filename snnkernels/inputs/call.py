"""Checks of a call of a neuron: of its inputs, states, parameters and options."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from torch import Tensor

from .. import dispatch
from ..interface import VALUE, Interface
from ..scan import Checked, Layout, Metadata, Plan, bits, metadata
from ..variants import Definition
from .numbers import check_numbers, pack_numbers, read_number, read_word, scalar
from .options import Options, check_backend, check_choice, check_output, check_surrogate, record_bits
from .spikes import check_steps
from .tools import is_recorded, quiet_in_a_trace
from .values import (
    check_dtype,
    check_flag,
    check_on_step,
    check_whole,
    dense_metadata,
    is_subclass,
    kind_of,
    name_of,
    shape_of,
)


def check_call(
    definition: Definition,
    inputs: Sequence[Tensor],
    states: Sequence[Tensor | None],
    values: Sequence[Any],
    choices: tuple[Any, ...],
    options: Options,
) -> Checked:
    """Check everything that a neuron takes, and choose its engine.

    values: those of the parameters, in their order, and the slope; choices: the values of the neuron's own options.

    Raises TypeError or ValueError with the wrong value and what was expected, and RuntimeError if an engine is named
    that cannot run.
    """
    interface, current = definition.interface, inputs[0]
    for name, value in zip(interface.inputs, inputs, strict=True):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} must be a torch.Tensor, got {kind_of(value)}")
    requested = dispatch.requested_backend()
    if requested == "auto" and any([type(x) is not Tensor and is_subclass(x) for x in inputs]):
        requested = "reference"  # a tensor subclass knows only torch's operators
    names = (*interface.inputs, *interface.initial_states)
    sequences = tuple([dense_metadata(name, value) for name, value in zip(names, (*inputs, *states), strict=True)])
    # A call like an earlier one is looked up, because checks take a noticeable part of the time of a small layer.
    known = None if is_recorded() else _known(interface, values, current)
    if known is not None:
        try:
            return _known_call(definition, requested, sequences, *known, *choices, *options)
        except (TypeError, ValueError):  # a value that is wrong, or has no hash: let its own check below raise
            pass
    return _check_tensors(definition, current, (requested, sequences), values, choices, options)


def _known(interface: Interface, values: Sequence[Any], current: Tensor) -> list[Any] | None:
    """Values in a form that a cache tells from all others: tensors as their metadata, zeros as text, because 0.0 equals
    -0.0. Returns None if one of them is a tensor that is a number, or an array."""
    try:
        if not any([isinstance(value, Tensor) for value in values]):
            return [value or _zero(value) for value in values]
        known = []
        for (name, spec), value in zip(interface.numbers.items(), values, strict=True):
            if not isinstance(value, Tensor):
                known.append(value or _zero(value))
            elif read_number(name, spec, value, current, interface.inputs[0]) is None:
                known.append(metadata(value))
            else:
                return None
        return known
    except (TypeError, ValueError):  # an array has no truth value, and a tensor may be wrong
        return None


def _zero(value: Any) -> Any:
    return None if value is None else repr(value)


def _check_known(
    definition: Definition,
    requested: str,
    sequences: tuple[Metadata | None, ...],
    *known: Any,
) -> Checked:
    """Check a call in which no tensor is a number.

    known: the parameters and the slope, each as the metadata of a tensor or as a number, 0.0 as its text; then the
    choices; then the options. Each is an argument of its own, because a cache tells apart the types of arguments, but
    not the types of what is inside an argument.
    """
    known, choices, options = _apart(definition, known)
    given = [float(value) if value in ("0.0", "-0.0", "0") else value for value in known]
    params = [value if isinstance(value, Metadata) else None for value in given[:-1]]
    if None in given[:-1]:
        raise TypeError("a parameter is None, of which its own check tells")
    specs = definition.interface.numbers
    plan = _find_plan(definition, requested, sequences, tuple(params), *_choices(definition, given, choices), *options)
    numbers = [
        None if isinstance(value, Metadata) else read_word(name, spec, value) if isinstance(value, str) else value
        for (name, spec), value in zip(specs.items(), given, strict=True)
    ]
    assert sequences[0] is not None
    return Checked(plan, check_numbers(sequences[0].dtype, plan.surrogate, specs, numbers))


def _apart(definition: Definition, known: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...], Options]:
    values, end = len(definition.interface.params) + 1, len(known) - len(Options._fields)
    return known[:values], known[values:end], Options(*known[end:])


_known_call = lru_cache(maxsize=1024, typed=True)(_check_known)


@quiet_in_a_trace
def _check_tensors(
    definition: Definition,
    current: Tensor,
    sequences: tuple[str, tuple[Metadata | None, ...]],
    values: Sequence[Any],
    choices: tuple[Any, ...],
    options: Options,
) -> Checked:
    """Check any call, without looking it up. If it is recorded, its sizes may be symbols."""
    specs, values = definition.interface.numbers, [scalar(value) for value in values]
    numbers = [
        read_number(name, spec, value, current, definition.interface.inputs[0])
        for (name, spec), value in zip(specs.items(), values, strict=True)
    ]
    params = [
        metadata(value) if isinstance(value, Tensor) and number is None else None
        for value, number in zip(values[:-1], numbers[:-1], strict=True)
    ]
    plan = _find_plan(definition, *sequences, tuple(params), *_choices(definition, values, choices), *options)
    checked = check_numbers(current.dtype, plan.surrogate, specs, numbers)
    return Checked(plan, pack_numbers(current, specs, checked, plan.given))


def _choices(definition: Definition, values: Sequence[Any], choices: tuple[Any, ...]) -> tuple[Any, ...]:
    """The choices of all options. If an option is a parameter too, its choice is the word that is given, or VALUE."""
    interface, others = definition.interface, iter(choices)
    given = dict(zip(interface.params, values, strict=False))
    words = {name: given[name] for name in interface.options if name in given}
    of_params = {
        name: word if isinstance(word, str) and word in interface.params[name].words else VALUE
        for name, word in words.items()
    }
    return tuple([of_params[name] if name in of_params else next(others) for name in interface.options])


def _plan(
    definition: Definition,
    requested: str,
    sequences: tuple[Metadata | None, ...],
    params: tuple[Metadata | None, ...],
    *chosen: Any,
) -> Plan:
    """Make the plan of a scan. Calls that differ only in numbers and in the values of tensors share it.

    sequences: the inputs and the initial states; params: the parameters that are tensors, None for others; chosen: the
    choices of the neuron's own options, then the options that every neuron has.
    """
    interface = definition.interface
    choices, options = chosen[: len(interface.options)], Options(*chosen[len(interface.options) :])
    check_flag("strict", options.strict)
    named = zip(interface.options.items(), choices, strict=True)
    choices = tuple([check_choice(name, spec, choice) for (name, spec), choice in named])
    current, inputs = sequences[0], len(interface.inputs)
    assert current is not None
    name = interface.inputs[0]
    time_dim = _check_current(name, current, options.time_dim, options.steps)
    step_shape = current.shape
    if options.steps is None:
        step_shape = current.shape[:time_dim] + current.shape[time_dim + 1 :]
    for other, value in zip(interface.inputs[1:], sequences[1:inputs], strict=True):
        _check_alike(other, value, name, current)
    steady = zip((*interface.params, *interface.initial_states), (*params, *sequences[inputs:]), strict=True)
    for other, value in steady:
        if value is not None:
            check_on_step(other, value, current, step_shape, name)
    surrogate = check_surrogate(options.surrogate)
    variant = definition.variant(choices)
    layout = Layout(current, time_dim, None if options.steps is None else check_steps(options.steps))
    sizes = dispatch.Sizes(current.device, current.dtype.itemsize, layout.outer * layout.inner, layout.steps)
    return Plan(
        engine=check_backend(options.backend, current.device, requested, sizes, (variant.key, surrogate)),
        neuron=variant.key,
        surrogate=surrogate,
        strict=options.strict,
        given=bits(i for i, value in enumerate(params) if value is not None),
        layout=layout,
        output=check_output(options.output, variant.gives_spikes),
        record=record_bits(options.record, interface),
        positive=bits(i for i, spec in enumerate(interface.params.values()) if spec.range.positive),
    )


_known_plan = lru_cache(maxsize=1024, typed=True)(_plan)


def _find_plan(*known: Any) -> Plan:
    if not is_recorded():
        try:
            return _known_plan(*known)
        except TypeError:  # a value that cannot be hashed is wrong: let its own check below raise
            pass
    return _plan(*known)


def _check_alike(name: str, value: Metadata | None, first: str, current: Metadata) -> None:
    """Check an input that is not the first."""
    assert value is not None
    if value.dtype != current.dtype or value.device != current.device:
        got, expected = (f"{name_of(x.dtype)} on {x.device}" for x in (value, current))
        raise TypeError(
            f"{name} must have the dtype and device of {first}, {expected}, got {got}: write {name}.to({first})"
        )


def _check_current(name: str, current: Metadata, time_dim: int, steps: int | None) -> int:
    """Check the first input, which is one step if `steps` is given. Returns time_dim, counted from the front."""
    check_dtype(name, current)
    time_dim = check_whole("time_dim", time_dim)
    dims = len(current.shape)
    if steps is not None:
        return _check_one_step(name, current, time_dim, steps)
    if dims < 2:
        raise ValueError(f"{name} must be [T, B, ...], of two dimensions or more, got shape {shape_of(current)}")
    if not -dims <= time_dim < dims:
        raise ValueError(f"time_dim must be a dimension of {name}, whose shape is {shape_of(current)}, got {time_dim}")
    time_dim %= dims
    if current.shape[time_dim] == 0:
        raise ValueError(f"{name} must have one time step or more, got T = 0 in shape {shape_of(current)}")
    return time_dim


def _check_one_step(name: str, current: Metadata, time_dim: int, steps: int) -> int:
    check_steps(steps)
    dims = len(current.shape) + 1  # those of the output
    if dims < 2:
        raise ValueError(f"{name} must be one step, [B, ...], where steps is given, got a tensor without dimensions")
    if not -dims <= time_dim < dims:
        raise ValueError(
            f"time_dim must be a dimension of the output, which has one more than {name}'s {shape_of(current)}, "
            f"got {time_dim}"
        )
    return time_dim % dims
