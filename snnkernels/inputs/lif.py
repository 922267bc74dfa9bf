"""Checks of a LIF layer: its input current, its parameters, its options."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .. import dispatch
from ..neurons import lif_key
from ..scan import OUTPUTS, Layout, Metadata, Plan, state_dtype
from ..surrogates import SURROGATES
from .spikes import check_steps
from .values import (
    Parameter,
    check_dtype,
    check_finite,
    check_flag,
    check_in_range,
    check_number,
    check_on_step,
    check_one_of,
    check_positive,
    check_values,
    check_whole,
    dense_metadata,
    is_number,
    is_subclass,
    kind_of,
    near,
    shape_of,
)

_RESETS = ("subtract", "zero", "none")


class LIFOptions(NamedTuple):
    """The options of a LIF layer, as :func:`snnkernels.lif` documents them."""

    reset: str | float = "subtract"
    delay_reset: bool = False
    detach_reset: bool = True
    strict: bool = False
    input_scale: float = 1.0
    surrogate: str = "fast_sigmoid"
    slope: Parameter | None = None
    time_dim: int = 0
    pre_reset_state: bool = False
    steps: int | None = None
    output: str = "spikes"
    backend: str = "auto"


# What LIF takes besides.
_OF_THE_LAYER = ("beta", "threshold", "learn_beta", "learn_threshold", "return_state", "device", "dtype")


def lif_options(options: dict[str, Any]) -> LIFOptions:
    """Options given by name; raises on an unknown one, and on a wrong value that can be told without an input."""
    known = (*_OF_THE_LAYER, *LIFOptions._fields)
    for name in options:
        if name == "initial_state":
            raise TypeError("LIF holds no state: give initial_state at the call, layer(current, initial_state)")
        if name not in known:
            raise TypeError(f"LIF has no option {name!r}{near(name, known)}; it has {', '.join(known)}")
    checked = LIFOptions(**options)
    _check_flags(checked)
    _reset(checked.reset)
    check_finite("input_scale", checked.input_scale)
    check_surrogate(checked.surrogate, checked.slope)
    check_one_of("output", checked.output, OUTPUTS)
    check_whole("time_dim", checked.time_dim)
    if checked.steps is not None:
        check_steps(checked.steps)
    check_backend_name("backend", checked.backend)
    return checked


def check_time_first(options: dict[str, Any]) -> None:
    """Check that options given by name leave time in the first dimension, with a row for each step."""
    for name in ("time_dim", "steps"):
        if name in options:
            raise TypeError(f"SpikingLinear takes spikes time first, one row a time step: it has no option {name!r}")


def check_lif(
    current: Tensor,
    initial_state: Tensor | None,
    beta: Parameter,
    threshold: Parameter,
    options: LIFOptions,
) -> Plan:
    """Check everything that a LIF scan takes, and say who computes it.

    Raises TypeError or ValueError with the offending value and what was expected, RuntimeError where an engine was
    asked for that cannot run.
    """
    if not isinstance(current, Tensor):
        raise TypeError(f"current must be a torch.Tensor, got {kind_of(current)}")
    requested = dispatch.requested_backend()
    if type(current) is not Tensor and requested == "auto" and is_subclass(current):
        requested = "reference"  # torch's operators, which are all that it knows
    known = (
        requested,
        dense_metadata("current", current),
        dense_metadata("initial_state", initial_state),
        dense_metadata("beta", beta),
        dense_metadata("threshold", threshold),
        *options,
    )
    if torch.compiler.is_compiling():  # sizes may be symbols
        return _plan(*known)
    if isinstance(beta, Tensor):
        _check_parameter_values("beta", beta)
    if isinstance(threshold, Tensor):
        _check_parameter_values("threshold", threshold, positive=True)
    try:
        plan = _known_plan(*known)
    except TypeError:  # what cannot be hashed is wrong, or a symbol; what is wrong is to be told by its check, alone
        plan = None
    return plan or _plan(*known)


def _plan(
    requested: str,
    current: Metadata,
    initial_state: Metadata | None,
    beta: float | Metadata,
    threshold: float | Metadata,
    *given: Any,
) -> Plan:
    """The plan of a scan, made once for all calls that differ in the values of tensors alone."""
    options = LIFOptions(*given)
    _check_flags(options)
    time_dim = _check_current(current, options.time_dim, options.steps)
    step_shape = current.shape
    if options.steps is None:
        step_shape = current.shape[:time_dim] + current.shape[time_dim + 1 :]
    _check_parameter("beta", beta, current, step_shape)
    _check_parameter("threshold", threshold, current, step_shape, positive=True)
    parameters = {
        name: float(value)
        for name, value in (("beta", beta), ("threshold", threshold))
        if not isinstance(value, Metadata)
    }
    parameter_tensors = len(parameters) < 2
    if initial_state is not None:
        check_on_step("initial_state", initial_state, current, step_shape)
    reset, reset_value = _reset(options.reset)
    constants = {"input_scale": check_finite("input_scale", options.input_scale), "reset": reset_value}
    surrogate, slope = check_surrogate(options.surrogate, options.slope)
    for name, value in {**constants, **parameters, "slope": slope}.items():
        check_in_range(name, value, state_dtype(current.dtype))
    check_one_of("output", options.output, OUTPUTS)
    layout = Layout(current, time_dim, None if options.steps is None else check_steps(options.steps))
    sizes = dispatch.Sizes(current.device, current.dtype.itemsize, layout.outer * layout.inner, layout.steps)
    return Plan(
        engine=check_backend(options.backend, current.device, requested, sizes),
        neuron=lif_key(
            reset,
            delay_reset=options.delay_reset,
            detach_reset=options.detach_reset,
            pre_reset_state=options.pre_reset_state,
        ),
        surrogate=surrogate,
        slope=slope,
        strict=options.strict,
        numbers=(*constants.values(), *(() if parameter_tensors else parameters.values())),
        parameter_tensors=parameter_tensors,
        layout=layout,
        output=options.output,
    )


_known_plan = lru_cache(maxsize=1024, typed=True)(_plan)  # a small layer would notice


def _check_flags(options: LIFOptions) -> None:
    for name in ("delay_reset", "detach_reset", "strict", "pre_reset_state"):
        check_flag(name, getattr(options, name))


def _check_current(current: Metadata, time_dim: int, steps: int | None) -> int:
    """Check the input of a layer, one step where `steps` says for how many; returns time_dim counted from the front."""
    check_dtype("current", current)
    time_dim = check_whole("time_dim", time_dim)
    dims = len(current.shape)
    if steps is not None:
        return _check_one_step(current, time_dim, steps)
    if dims < 2:
        raise ValueError(f"current must be [T, B, ...], of two dimensions or more, got shape {shape_of(current)}")
    if not -dims <= time_dim < dims:
        raise ValueError(f"time_dim must be a dimension of current, whose shape is {shape_of(current)}, got {time_dim}")
    time_dim %= dims
    if current.shape[time_dim] == 0:
        raise ValueError(f"current must have one time step or more, got T = 0 in shape {shape_of(current)}")
    return time_dim


def _check_one_step(current: Metadata, time_dim: int, steps: int) -> int:
    check_steps(steps)
    dims = len(current.shape) + 1  # those of the output
    if dims < 2:
        raise ValueError("current must be one step, [B, ...], where steps is given, got a tensor without dimensions")
    if not -dims <= time_dim < dims:
        raise ValueError(
            f"time_dim must be a dimension of the output, which has one more than current's {shape_of(current)}, "
            f"got {time_dim}"
        )
    return time_dim % dims


def _check_parameter(
    name: str, value: float | Metadata, current: Metadata, step_shape: torch.Size, *, positive: bool = False
) -> None:
    """Check a neuron's parameter: a number, or a tensor that broadcasts to one step."""
    if isinstance(value, Metadata):
        check_on_step(name, value, current, step_shape)
    else:
        check_number(name, value, positive=positive)


def _check_parameter_values(name: str, value: Tensor, *, positive: bool = False) -> None:
    # The values of a tensor on a GPU are not read: that would make the host wait, and break a CUDA graph.
    if value.is_cpu:
        check_values(name, value, positive=positive)


def check_surrogate(surrogate: str, slope: Parameter | None) -> tuple[str, float]:
    """Check a surrogate's name and slope; returns them, the slope defaulted."""
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
    backend: str, device: torch.device | str, auto: str | None = None, sizes: dispatch.Sizes | None = None
) -> str:
    """Check that an engine can run on a device, or choose one where `backend` is "auto"; `auto` is what that means.

    sizes: of the scan, on which the choice may depend.
    """
    requested = (auto or dispatch.requested_backend()) if backend == "auto" else backend
    # use_backend has checked what it takes: where a call leaves it open, what is wrong comes from the environment.
    check_backend_name("SNNKERNELS_BACKEND" if backend == "auto" else "backend", requested)
    if requested == "auto":
        return dispatch.choose(device, sizes)
    reason = dispatch.unusable_reason(requested, device)
    if reason is not None:
        raise RuntimeError(f'backend="{requested}" cannot run on {torch.device(device).type}: {reason}')
    return requested


def _reset(reset: str | float) -> tuple[str, float]:
    """The reset's kind (subtract, value or none) and the value."""
    if is_number(reset):
        return "value", check_finite("reset", reset)
    if not isinstance(reset, str):
        raise TypeError(f"reset must be a number or one of {', '.join(_RESETS)}, got {type(reset).__name__}")
    check_one_of("reset", reset, _RESETS, others="a number")
    return ("value" if reset == "zero" else reset), 0.0
