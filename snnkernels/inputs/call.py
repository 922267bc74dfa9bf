"""Checks of a call of a neuron: its input currents, its states, its parameters, its options."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .. import dispatch
from ..interface import VALUE, Interface, OptionSpec
from ..scan import OUTPUTS, Checked, Layout, Metadata, Plan, bits, metadata
from ..surrogates import SURROGATES
from ..variants import Definition
from .numbers import SLOPE, check_numbers, pack_numbers, read_number, read_word, scalar
from .spikes import check_steps
from .tools import is_recorded, quiet_in_a_trace
from .values import (
    Parameter,
    check_dtype,
    check_flag,
    check_on_step,
    check_one_of,
    check_positive,
    check_whole,
    dense_metadata,
    is_subclass,
    kind_of,
    name_of,
    shape_of,
)

REDUCTIONS = (*OUTPUTS[:2], "mean", *OUTPUTS[2:])
"""What a user may ask of the output over time."""


class Options(NamedTuple):
    """The options that every neuron has, but for the slope, which is a number like a parameter."""

    record: tuple[str, ...] = ()
    output: str = "all"
    surrogate: str = "fast_sigmoid"
    strict: bool = False
    time_dim: int = 0
    steps: int | None = None
    backend: str = "auto"


def check_call(
    definition: Definition,
    inputs: Sequence[Tensor],
    states: Sequence[Tensor | None],
    values: Sequence[Any],
    choices: tuple[Any, ...],
    options: Options,
) -> Checked:
    """Check everything that a neuron takes, and choose its engine.

    values: of the parameters, in their order, and the slope; choices: of the options that are no parameters.
    Raises TypeError or ValueError with the wrong value and what was expected, RuntimeError if an engine is named that
    cannot run.
    """
    interface, current = definition.interface, inputs[0]
    for name, value in zip(interface.inputs, inputs, strict=True):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} must be a torch.Tensor, got {kind_of(value)}")
    requested = dispatch.requested_backend()
    if requested == "auto" and any([type(x) is not Tensor and is_subclass(x) for x in inputs]):
        requested = "reference"  # a tensor subclass knows only torch's operators
    names = (*interface.inputs, *_state_names(interface))
    sequences = tuple([dense_metadata(name, value) for name, value in zip(names, (*inputs, *states), strict=True)])
    if is_recorded():
        return _check_tensors(definition, current, (requested, sequences), values, choices, options)
    # The usual call is looked up, because the checks would take a noticeable time for a small layer.
    known = []
    for (name, spec), value in zip((*interface.params.items(), ("slope", SLOPE)), values, strict=True):
        is_number = (
            not isinstance(value, Tensor) or read_number(name, spec, value, current, interface.inputs[0]) is not None
        )
        if is_number and (isinstance(value, Tensor) or (value is None and spec is not SLOPE)):
            return _check_tensors(definition, current, (requested, sequences), values, choices, options)
        known.append(_known(value))
    try:
        return _known_call(definition, requested, sequences, *known, *choices, *options)
    except (TypeError, ValueError):  # an array has no hash and no truth value: let its own check below raise
        return _check_tensors(definition, current, (requested, sequences), values, choices, options)


def _known(value: Any) -> Any:
    """A value as a cache can tell it from others: it takes 0.0 for -0.0."""
    if isinstance(value, Tensor):
        return metadata(value)
    return value if value or value is None else repr(value)


def _state_names(interface: Interface) -> tuple[str, ...]:
    """What error messages call the initial states."""
    if len(interface.states) == 1:
        return ("initial_state",)
    return tuple([f"initial_state of {name}" for name in interface.states])


def _check_known(
    definition: Definition,
    requested: str,
    sequences: tuple[Metadata | None, ...],
    *known: Any,
) -> Checked:
    """Check a call in which no tensor is a number.

    known: parameters and slope, as the metadata of a tensor, or as a number, 0.0 as its text; choices; options. They are
    apart because a cache tells the types of arguments apart, but not of what is inside them.
    """
    known, choices, options = _apart(definition, known)
    given = [float(value) if value in ("0.0", "-0.0", "0") else value for value in known]
    params = [value if isinstance(value, Metadata) else None for value in given[:-1]]
    specs = definition.interface.params
    plan = _find_plan(definition, requested, sequences, tuple(params), *_choices(definition, given, choices), *options)
    numbers = [
        None if isinstance(value, Metadata) else read_word(name, spec, value) if isinstance(value, str) else value
        for (name, spec), value in zip((*specs.items(), ("slope", SLOPE)), given, strict=True)
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
    """Check any call, also one that is recorded, whose sizes may be symbols."""
    specs, values = definition.interface.params, [scalar(value) for value in values]
    numbers = [
        read_number(name, spec, value, current, definition.interface.inputs[0])
        for (name, spec), value in zip((*specs.items(), ("slope", SLOPE)), values, strict=True)
    ]
    params = [
        metadata(value) if isinstance(value, Tensor) and number is None else None
        for value, number in zip(values[:-1], numbers[:-1], strict=True)
    ]
    plan = _find_plan(definition, *sequences, tuple(params), *_choices(definition, values, choices), *options)
    checked = check_numbers(current.dtype, plan.surrogate, specs, numbers)
    return Checked(plan, pack_numbers(current, specs, checked, plan.given))


def _choices(definition: Definition, values: Sequence[Any], choices: tuple[Any, ...]) -> tuple[Any, ...]:
    """The choices of all options; of one that is a parameter too, the word that is given for it."""
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
    """The plan of a scan, made once for all calls that differ only in numbers and in the values of tensors.

    sequences: the inputs and the initial states; params: those that are tensors; chosen: choices and options.
    """
    interface = definition.interface
    choices, options = chosen[: len(interface.options)], Options(*chosen[len(interface.options) :])
    check_flag("strict", options.strict)
    for (name, spec), choice in zip(interface.options.items(), choices, strict=True):
        check_choice(name, spec, choice)
    current, inputs = sequences[0], len(interface.inputs)
    assert current is not None
    name = interface.inputs[0]
    time_dim = _check_current(name, current, options.time_dim, options.steps)
    step_shape = current.shape
    if options.steps is None:
        step_shape = current.shape[:time_dim] + current.shape[time_dim + 1 :]
    for other, value in zip(interface.inputs[1:], sequences[1:inputs], strict=True):
        _check_alike(other, value, name, current)
    steady = zip((*interface.params, *_state_names(interface)), (*params, *sequences[inputs:]), strict=True)
    for other, value in steady:
        if value is not None:
            check_on_step(other, value, current, step_shape, name)
    check_one_of("surrogate", options.surrogate, SURROGATES)
    variant = definition.variant(choices)
    layout = Layout(current, time_dim, None if options.steps is None else check_steps(options.steps))
    sizes = dispatch.Sizes(current.device, current.dtype.itemsize, layout.outer * layout.inner, layout.steps)
    return Plan(
        engine=check_backend(options.backend, current.device, requested, sizes, variant.key),
        neuron=variant.key,
        surrogate=options.surrogate,
        strict=options.strict,
        given=bits(i for i, value in enumerate(params) if value is not None),
        layout=layout,
        output=_check_output(options.output, variant.gives_spikes),
        record=_check_record(options.record, interface),
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


def check_choice(name: str, spec: OptionSpec, choice: Any) -> None:
    """Check the value of a neuron's own option."""
    if spec.choices == (False, True):
        check_flag(name, choice)
    elif spec.choices is None:
        whole = check_whole(name, choice)
        if not spec.range.low <= whole <= spec.range.high:
            raise ValueError(f"{name} must be from {spec.range.low:g} to {spec.range.high:g}, got {choice}")
    else:
        check_one_of(name, choice, spec.choices)


def _check_output(output: str, gives_spikes: bool) -> str:
    """Check a reduction over time. Returns what an engine is asked for."""
    check_one_of("output", output, REDUCTIONS)
    if output == "packed" and not gives_spikes:
        raise ValueError('output="packed" is for neurons whose output is one spike, 0 or 1: write output="all"')
    return "sum" if output == "mean" else output


def check_record(record: Any, interface: Interface) -> tuple[str, ...]:
    """Check the names of states to record. Returns them as a tuple."""
    if isinstance(record, str) or not isinstance(record, (tuple, list)):
        raise TypeError(
            f'record must be a tuple of names of states, such as ("{interface.states[0]}",), got {record!r}'
        )
    for name in record:
        check_one_of("record", name, interface.states)
    return tuple(record)


def _check_record(record: Any, interface: Interface) -> int:
    names = check_record(record, interface)
    return bits({interface.states.index(name) for name in names})


def _check_alike(name: str, value: Metadata | None, first: str, current: Metadata) -> None:
    """Check another input than the first."""
    assert value is not None
    if value.dtype != current.dtype or value.device != current.device:
        got, expected = (f"{name_of(x.dtype)} on {x.device}" for x in (value, current))
        raise TypeError(f"{name} must have the dtype and device of {first}, {expected}, got {got}")


def _check_current(name: str, current: Metadata, time_dim: int, steps: int | None) -> int:
    """Check the input of a layer, which is one step if `steps` is given. Returns time_dim counted from the front."""
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


def check_surrogate(surrogate: str, slope: Parameter | None) -> tuple[str, float]:
    """Check a surrogate's name and slope. Returns them, with the default for a slope of None."""
    check_one_of("surrogate", surrogate, SURROGATES)
    if slope is None:
        return surrogate, SURROGATES[surrogate].default_slope
    if isinstance(slope, Tensor):
        raise TypeError("slope must be a number: it shapes the gradient and has none itself, got a torch.Tensor")
    return surrogate, check_positive("slope", slope)


def check_backend_name(name: str, backend: str) -> None:
    """Check that there is such an engine, or "auto"."""
    check_one_of(name, backend, ("auto", *dispatch.ENGINES))


def check_backend(
    backend: str,
    device: torch.device | str,
    auto: str | None = None,
    sizes: dispatch.Sizes | None = None,
    neuron: str | None = None,
) -> str:
    """Check that an engine can run on a device, or choose one if `backend` is "auto". Returns the engine.

    auto: what "auto" means, by default what dispatch says; sizes: of the scan, on which the choice may depend;
    neuron: the key of the variant to run.
    """
    requested = (auto or dispatch.requested_backend()) if backend == "auto" else backend
    # use_backend has checked its argument. So with "auto", a wrong name comes from the environment.
    check_backend_name("SNNKERNELS_BACKEND" if backend == "auto" else "backend", requested)
    if requested == "auto":
        return dispatch.choose(device, sizes, neuron)
    reason = dispatch.unusable_reason(requested, device, neuron)
    if reason is not None:
        raise RuntimeError(f'backend="{requested}" cannot run on {torch.device(device).type}: {reason}')
    return requested
