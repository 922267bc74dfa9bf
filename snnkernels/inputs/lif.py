"""Checks of a LIF layer: its input current, its parameters, its options."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .. import dispatch
from ..neurons import lif_key
from ..scan import OUTPUTS, Checked, Layout, Metadata, Plan, metadata
from ..surrogates import SURROGATES
from .numbers import NAMES, check_numbers, check_reset, pack_numbers, read_number, scalar
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
    shape_of,
)


class LIFOptions(NamedTuple):
    """The options of a LIF layer, as :func:`snnkernels.lif` documents them."""

    reset: Parameter | str = "subtract"
    delay_reset: bool = False
    detach_reset: bool = True
    strict: bool = False
    input_scale: Parameter = 1.0
    surrogate: str = "fast_sigmoid"
    slope: Parameter | None = None
    time_dim: int = 0
    pre_reset_state: bool = False
    steps: int | None = None
    output: str = "spikes"
    backend: str = "auto"


def check_lif(
    current: Tensor,
    initial_state: Tensor | None,
    beta: Parameter,
    threshold: Parameter,
    options: LIFOptions,
) -> Checked:
    """Check everything that a LIF scan takes, and choose its engine.

    Raises TypeError or ValueError with the wrong value and what was expected, RuntimeError if an engine is named that
    cannot run.
    """
    if not isinstance(current, Tensor):
        raise TypeError(f"current must be a torch.Tensor, got {kind_of(current)}")
    requested = dispatch.requested_backend()
    if type(current) is not Tensor and requested == "auto" and is_subclass(current):
        requested = "reference"  # a tensor subclass knows only torch's operators
    sequence = (requested, dense_metadata("current", current), dense_metadata("initial_state", initial_state))
    scale, reset = options.input_scale, options.reset
    if is_recorded() or isinstance(scale, Tensor) or isinstance(reset, Tensor) or isinstance(options.slope, Tensor):
        return _check_tensors(current, sequence, beta, threshold, options)
    # The usual call is looked up, because the checks would take a noticeable time for a small layer.
    known_beta = _known_parameter("beta", beta, current) if isinstance(beta, Tensor) else beta
    known_threshold = _known_parameter("threshold", threshold, current) if isinstance(threshold, Tensor) else threshold
    if known_beta is None or known_threshold is None:
        return _check_tensors(current, sequence, beta, threshold, options)
    try:
        find = _known_call if known_beta and scale and reset else _check_call  # a cache takes 0.0 for -0.0
        return find(*sequence, known_beta, known_threshold, *options)
    except (TypeError, ValueError):  # an array has no hash and no truth value: let its own check below raise
        pass
    return _check_tensors(current, sequence, beta, threshold, options)


def _known_parameter(name: str, value: Tensor, current: Tensor) -> Metadata | None:
    """The metadata of a tensor of parameters, or None for a tensor that is a number. Checks the values at each call."""
    return metadata(value) if read_number(name, value, current) is None else None


def _check_call(
    requested: str,
    current: Metadata,
    initial_state: Metadata | None,
    beta: float | Metadata | None,
    threshold: float | Metadata | None,
    *given: Any,
) -> Checked:
    """Check a call in which only parameters may be tensors, not the other numbers."""
    options = LIFOptions(*given)
    params = [value if isinstance(value, Metadata) else None for value in (beta, threshold)]
    numbers = [None if isinstance(value, Metadata) else value for value in (beta, threshold)]
    plan = _find_plan(requested, current, initial_state, *_fixed(options), None in numbers, *params)
    return Checked(plan, check_numbers(current.dtype, plan.surrogate, _given(options, *numbers)))


_known_call = lru_cache(maxsize=1024, typed=True)(_check_call)


@quiet_in_a_trace
def _check_tensors(
    current: Tensor, sequence: tuple[Any, ...], beta: Parameter, threshold: Parameter, options: LIFOptions
) -> Checked:
    """Check any call, also one that is recorded, whose sizes may be symbols."""
    given = {name: read_number(name, value, current) for name, value in _given(options, beta, threshold).items()}
    parameter_tensors = given["beta"] is None or given["threshold"] is None
    params = [metadata(value) if isinstance(value, Tensor) else None for value in (beta, threshold)]
    plan = _find_plan(*sequence, *_fixed(options), parameter_tensors, *params)
    return Checked(plan, pack_numbers(current, check_numbers(current.dtype, plan.surrogate, given)))


def _given(options: LIFOptions, beta: Parameter | None, threshold: Parameter | None) -> dict[str, Any]:
    """The numbers of a scan in their order, as the user gave them; None for a default."""
    reset = scalar(options.reset)
    reset = reset if isinstance(reset, Tensor) else check_reset(reset)[1]
    numbers = (options.input_scale, reset, beta, threshold, options.slope)
    return {name: scalar(value) for name, value in zip(NAMES, numbers, strict=True)}


class _Fixed(NamedTuple):
    """The options that a plan depends on. reset is None if it is a number."""

    reset: str | None
    delay_reset: bool
    detach_reset: bool
    strict: bool
    surrogate: str
    time_dim: int
    pre_reset_state: bool
    steps: int | None
    output: str
    backend: str


def _fixed(options: LIFOptions) -> _Fixed:
    reset = options.reset if isinstance(options.reset, str) else None
    return _Fixed(reset, *[getattr(options, name) for name in _Fixed._fields[1:]])


def _plan(requested: str, current: Metadata, initial_state: Metadata | None, *given: Any) -> Plan:
    """The plan of a scan, made once for all calls that differ only in numbers and in the values of tensors.

    given: the fields of _Fixed, whether some parameters are not numbers, and the metadata of those that are tensors.
    """
    count = len(_Fixed._fields)
    fixed, (parameter_tensors, beta, threshold) = _Fixed(*given[:count]), given[count:]
    _check_flags(fixed)
    time_dim = _check_current(current, fixed.time_dim, fixed.steps)
    step_shape = current.shape
    if fixed.steps is None:
        step_shape = current.shape[:time_dim] + current.shape[time_dim + 1 :]
    for name, value in (("beta", beta), ("threshold", threshold), ("initial_state", initial_state)):
        if value is not None:
            check_on_step(name, value, current, step_shape)
    reset = "value" if fixed.reset is None else check_reset(fixed.reset)[0]
    check_one_of("surrogate", fixed.surrogate, SURROGATES)
    check_one_of("output", fixed.output, OUTPUTS)
    layout = Layout(current, time_dim, None if fixed.steps is None else check_steps(fixed.steps))
    sizes = dispatch.Sizes(current.device, current.dtype.itemsize, layout.outer * layout.inner, layout.steps)
    return Plan(
        engine=check_backend(fixed.backend, current.device, requested, sizes),
        neuron=lif_key(
            reset,
            delay_reset=fixed.delay_reset,
            detach_reset=fixed.detach_reset,
            pre_reset_state=fixed.pre_reset_state,
        ),
        surrogate=fixed.surrogate,
        strict=fixed.strict,
        parameter_tensors=parameter_tensors,
        layout=layout,
        output=fixed.output,
    )


_known_plan = lru_cache(maxsize=1024, typed=True)(_plan)


def _find_plan(*known: Any) -> Plan:
    if not is_recorded():
        try:
            return _known_plan(*known)
        except TypeError:  # a value that cannot be hashed is wrong: let its own check below raise
            pass
    return _plan(*known)


def _check_flags(options: LIFOptions | _Fixed) -> None:
    for name in ("delay_reset", "detach_reset", "strict", "pre_reset_state"):
        check_flag(name, getattr(options, name))


def _check_current(current: Metadata, time_dim: int, steps: int | None) -> int:
    """Check the input of a layer, which is one step if `steps` is given. Returns time_dim counted from the front."""
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
    backend: str, device: torch.device | str, auto: str | None = None, sizes: dispatch.Sizes | None = None
) -> str:
    """Check that an engine can run on a device, or choose one if `backend` is "auto". Returns the engine.

    auto: what "auto" means, by default what dispatch says; sizes: of the scan, on which the choice may depend.
    """
    requested = (auto or dispatch.requested_backend()) if backend == "auto" else backend
    # use_backend has checked its argument. So with "auto", a wrong name comes from the environment.
    check_backend_name("SNNKERNELS_BACKEND" if backend == "auto" else "backend", requested)
    if requested == "auto":
        return dispatch.choose(device, sizes)
    reason = dispatch.unusable_reason(requested, device)
    if reason is not None:
        raise RuntimeError(f'backend="{requested}" cannot run on {torch.device(device).type}: {reason}')
    return requested
