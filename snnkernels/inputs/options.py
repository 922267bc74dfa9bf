"""The options that every neuron has, the options of its own, and their checks."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .. import dispatch
from ..interface import Interface, OptionSpec
from ..scan import OUTPUTS, bits
from ..surrogates import SURROGATES, register
from .values import Parameter, check_flag, check_one_of, check_positive, check_whole

REDUCTIONS = (*OUTPUTS[:2], "mean", *OUTPUTS[2:])
"""What `output` may ask for."""


class Options(NamedTuple):
    """The options that every neuron has. The slope is not among them, because it is checked like a parameter."""

    record: tuple[str, ...] = ()
    output: str = "all"
    surrogate: str | Callable[..., Any] = "fast_sigmoid"
    strict: bool = False
    time_dim: int = 0
    steps: int | None = None
    backend: str = "auto"


def check_own_option(name: str, spec: OptionSpec, choice: Any) -> Any:
    """Check the value of a neuron's own option. Returns it. torch.compile takes a whole number for fixed."""
    if spec.choices == (False, True):
        check_flag(name, choice)
    elif spec.choices is None:
        whole = check_whole(name, choice)
        if not spec.range.low <= whole <= spec.range.high:
            raise ValueError(f"{name} must be from {spec.range.low:g} to {spec.range.high:g}, got {choice}")
        return operator.index(whole)
    else:
        check_one_of(name, choice, spec.choices)
    return choice


def check_output(output: str, gives_spikes: bool) -> str:
    """Check what is asked for of the output. Returns what the engine is to give: a sum for a mean."""
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


def record_bits(record: Any, interface: Interface) -> int:
    """Check the names of states to record. Returns a bit for each of the neuron's states that is named."""
    names = check_record(record, interface)
    return bits({interface.states.index(name) for name in names})


def check_surrogate(surrogate: Any) -> str:
    """Check a surrogate: one of the names, or a function of distance and slope. Returns the name by which it is found.

    A function that is not one of the step language raises StepError, with its line.
    """
    if callable(surrogate):
        return register(surrogate)
    check_one_of("surrogate", surrogate, SURROGATES)
    return surrogate


def check_slope(slope: Parameter | None) -> float | None:
    """Check the slope of a layer, which is a number, or None for the default of the surrogate."""
    if isinstance(slope, Tensor):
        raise TypeError("slope must be a number: it shapes the gradient and has none itself, got a torch.Tensor")
    return None if slope is None else check_positive("slope", slope)


def check_backend_name(name: str, backend: str) -> None:
    """Check that there is such an engine, or "auto"."""
    check_one_of(name, backend, ("auto", *dispatch.ENGINES))


def check_backend(
    backend: str,
    device: torch.device | str,
    auto: str | None = None,
    sizes: dispatch.Sizes | None = None,
    parts: tuple[str, ...] = (),
) -> str:
    """Check that an engine can run on a device, or choose one if `backend` is "auto". Returns the engine.

    auto: what "auto" means, by default what dispatch says; sizes: of the scan, on which the choice may depend;
    parts: the key of the variant to run, and the name of its surrogate.
    """
    requested = (auto or dispatch.requested_backend()) if backend == "auto" else backend
    # use_backend has checked its argument. So with "auto", a wrong name comes from the environment.
    check_backend_name("SNNKERNELS_BACKEND" if backend == "auto" else "backend", requested)
    if requested == "auto":
        return dispatch.choose(device, sizes, parts)
    reason = dispatch.unusable_reason(requested, device, parts)
    if reason is not None:
        raise RuntimeError(f'backend="{requested}" cannot run on {torch.device(device).type}: {reason}')
    return requested
