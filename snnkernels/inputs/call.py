"""Checks of a call of a neuron: of its inputs, states, parameters and options."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from .. import dispatch
from ..interface import VALUE
from ..scan import Checked, Layout, Metadata, Plan, bits, metadata
from ..variants import Definition
from .arguments import Call
from .numbers import check_numbers, pack_numbers, read_number, read_plain, scalar
from .options import Options, check_backend, check_output, check_own_option, check_surrogate, record_bits
from .spikes import check_steps
from .tools import is_recorded, quiet_in_a_trace
from .values import (
    check_dense,
    check_dtype,
    check_flag,
    check_on_step,
    check_whole,
    is_subclass,
    kind_of,
    name_of,
    shape_of,
)


def check_call(
    call: Call, inputs: Sequence[Tensor], states: Sequence[Tensor | None], tensors: Sequence[Tensor]
) -> Checked:
    """Check everything that a neuron takes, and choose its engine.

    tensors: the parameters that are tensors, as `call.held` counts them.

    Raises TypeError or ValueError with the wrong value and what was expected, and RuntimeError if an engine is named
    that cannot run.
    """
    interface, requested = call.definition.interface, dispatch.requested_backend()
    seen: list[Seen | None] = []
    for name, value in zip((*interface.inputs, *interface.initial_states), (*inputs, *states), strict=True):
        if value is None and len(seen) >= len(inputs):
            seen.append(None)
            continue
        if type(value) is not Tensor:
            if not isinstance(value, Tensor):
                raise TypeError(f"{name} must be a torch.Tensor, got {kind_of(value)}")
            if requested == "auto" and len(seen) < len(inputs) and is_subclass(value):
                requested = "reference"  # a tensor subclass knows only torch's operators
        check_dense(name, value)
        seen.append((value.shape, value.stride(), value.dtype, value.device))
    sequences = tuple(seen)
    # A call like an earlier one is looked up, because checks take a noticeable part of the time of a small layer.
    if call.shared:
        params = _seen_params(call, tensors, inputs[0]) if tensors else ()
        if params is not None:
            try:
                return _known_call(call, requested, sequences, params)
            except (TypeError, ValueError):  # let the check of the wrong value raise
                pass
    return _check_any(call, inputs[0], requested, sequences, tensors)


Seen = tuple[torch.Size, tuple[int, ...], torch.dtype, torch.device]  # the fields of Metadata: a tuple is made faster


def _seen_params(call: Call, tensors: Sequence[Tensor], current: Tensor) -> tuple[Seen, ...] | None:
    """Check the values of these parameters. Returns their metadata, or None if one of them is a number or wrong."""
    interface, seen = call.definition.interface, []
    specs = [*interface.params.items()]
    try:
        for number, value in zip(call.held, tensors, strict=True):
            name, spec = specs[number]
            if read_number(name, spec, value, current, interface.inputs[0]) is not None:
                return None
            seen.append((value.shape, value.stride(), value.dtype, value.device))
    except (TypeError, ValueError):
        return None
    return tuple(seen)


def _metadata(seen: Sequence[Seen | None]) -> tuple[Metadata | None, ...]:
    return tuple([None if one is None else Metadata(*one) for one in seen])


def _check_known(call: Call, requested: str, sequences: tuple[Seen | None, ...], tensors: tuple[Seen, ...]) -> Checked:
    """Check a call in which no tensor is a number."""
    interface = call.definition.interface
    params: list[Metadata | None] = [None] * len(call.params)
    for number, seen in zip(call.held, tensors, strict=True):
        params[number] = Metadata(*seen)
    values = [*call.params, call.slope]
    plan = _find_plan(
        call.definition,
        requested,
        _metadata(sequences),
        tuple(params),
        *_choices(call.definition, values, call.choices),
        *call.options,
    )
    numbers = [
        None if number in call.held else read_plain(name, spec, value)
        for number, ((name, spec), value) in enumerate(zip(interface.numbers.items(), values, strict=True))
    ]
    assert sequences[0] is not None
    return Checked(plan, check_numbers(sequences[0][2], plan.surrogate, interface.numbers, numbers))


_known_call = lru_cache(maxsize=1024)(_check_known)


@quiet_in_a_trace
def _check_any(
    call: Call,
    current: Tensor,
    requested: str,
    sequences: tuple[Seen | None, ...],
    tensors: Sequence[Tensor],
) -> Checked:
    """Check any call, without looking it up. If it is recorded, its sizes may be symbols."""
    interface, specs = call.definition.interface, call.definition.interface.numbers
    values = [scalar(value) for value in (*call.values(tensors), call.slope)]
    numbers = [
        read_number(name, spec, value, current, interface.inputs[0])
        for (name, spec), value in zip(specs.items(), values, strict=True)
    ]
    params = [
        metadata(value) if isinstance(value, Tensor) and number is None else None
        for value, number in zip(values[:-1], numbers[:-1], strict=True)
    ]
    choices = _choices(call.definition, values, call.choices)
    plan = _find_plan(call.definition, requested, _metadata(sequences), tuple(params), *choices, *call.options)
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
    choices = tuple([check_own_option(name, spec, choice) for (name, spec), choice in named])
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
