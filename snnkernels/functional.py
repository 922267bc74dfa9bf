"""The functions of the package: check, choose the engine, call it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal, TypedDict, overload

import torch
from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function_unary

from . import dispatch
from .autograd import Scan, run, wants_graph
from .inputs import LIFOptions, Parameter, check_backend_name, check_flag, check_lif
from .packed import PackedSpikes
from .scan import Checked, Plan

if TYPE_CHECKING:
    from typing_extensions import Unpack

Output = Tensor | PackedSpikes
_Dense = Literal["spikes", "count"]


class _Keywords(TypedDict, total=False):
    """The options of :func:`lif` that do not change the type of its result."""

    beta: Parameter
    threshold: Parameter
    initial_state: Tensor | None
    reset: Parameter | str
    delay_reset: bool
    detach_reset: bool
    strict: bool
    input_scale: Parameter
    surrogate: str
    slope: Parameter | None
    time_dim: int
    pre_reset_state: bool
    steps: int | None
    backend: str


@overload
def lif(
    current: Tensor, *, output: _Dense = ..., return_state: Literal[False] = ..., **options: Unpack[_Keywords]
) -> Tensor: ...


@overload
def lif(
    current: Tensor, *, output: _Dense = ..., return_state: Literal[True], **options: Unpack[_Keywords]
) -> tuple[Tensor, Tensor]: ...


@overload
def lif(
    current: Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., **options: Unpack[_Keywords]
) -> PackedSpikes: ...


@overload
def lif(
    current: Tensor, *, output: Literal["packed"], return_state: Literal[True], **options: Unpack[_Keywords]
) -> tuple[PackedSpikes, Tensor]: ...


@overload
def lif(
    current: Tensor, *, output: str = ..., return_state: bool = ..., **options: Unpack[_Keywords]
) -> Output | tuple[Output, Tensor]: ...


def lif(
    current: Tensor,
    *,
    beta: Parameter = 0.9,
    threshold: Parameter = 1.0,
    initial_state: Tensor | None = None,
    reset: Parameter | str = "subtract",
    delay_reset: bool = False,
    detach_reset: bool = True,
    strict: bool = False,
    input_scale: Parameter = 1.0,
    surrogate: str = "fast_sigmoid",
    slope: Parameter | None = None,
    time_dim: int = 0,
    return_state: bool = False,
    pre_reset_state: bool = False,
    steps: int | None = None,
    output: str = "spikes",
    backend: str = "auto",
) -> Output | tuple[Output, Tensor]:
    """Leaky integrate-and-fire neurons over all time steps.

    With the defaults, for every neuron and time step:

        u[t] = beta * v[t-1] + input_scale * current[t]
        s[t] = 1 if u[t] >= threshold else 0
        v[t] = u[t] - threshold * s[t]

    Args:
        current: input current, `[T, B, ...]` (see time_dim), float64, float32, bfloat16 or float16, any dense layout.
        beta: decay of the potential per time step, a number or a tensor that broadcasts to one step, `[B, ...]`.
        threshold: membrane potential at which a neuron fires, a positive number or a tensor that broadcasts to one
            step. On a CPU a value of 0 or less raises; in a graph of torch.compile it raises when the graph runs. On a
            GPU values are not read, because the host would have to wait for them.
        initial_state: membrane potential before the first step, broadcasts to `[B, ...]`. Default: zeros.
        reset: what a spike does to the potential: "subtract" the threshold, set it to "zero" or to a number, or "none".
        delay_reset: reset in the step after the spike. "subtract" then comes after the decay, as in snnTorch's Leaky; a
            value is set before the decay.
        detach_reset: let no gradient flow through the spike in the reset.
        strict: fire when u > threshold, as snnTorch and Norse do, instead of u >= threshold.
        input_scale: factor of the current; 1 - beta makes the potential an average of the current.
        surrogate: derivative of the spike in backward: "fast_sigmoid", "arctan", "sigmoid", "triangle", "rectangle",
            "gaussian" or "straight_through".
        slope: steepness of the surrogate. Default: that of the surrogate. Like beta, threshold, input_scale and a
            number for reset, it may be a tensor of one element: torch.compile makes no new graph when its value
            changes. Of these only beta and threshold get gradients.
        time_dim: the dimension of time in current; 1 takes `[B, T, ...]`, without a copy if a sample has 32 neurons or
            more.
        return_state: also return the state after the last step.
        steps: a number of steps: current is then one step, `[B, ...]`, is the same at all steps, and is read once.
        output: "spikes"; or "count", their sum over time, `[B, ...]`; or "packed", :class:`snnkernels.PackedSpikes` of
            one bit a spike, through which no gradient flows. For "count" no spike is written. Counts are float64 for a
            float64 current, else float32, exact up to 2^24 spikes of a neuron.
        pre_reset_state: the state, in and out, is the potential before its reset. With delay_reset it always is.
        backend: "auto", "reference", "native" or "triton". An engine that is named runs, or the call raises. Only the
            reference engine has second derivatives and the transforms of torch.func.

    Returns:
        spikes, 0 or 1, of current's shape and dtype, or what `output` says. With return_state also the final state,
        `[B, ...]`, float64 for a float64 current, else float32. Passed as initial_state, it continues the sequence bit
        for bit.

    Raises:
        TypeError, ValueError: on a wrong type, dtype, shape, device or value, or an unknown option.
        RuntimeError: if the named engine cannot run.
    """
    if not isinstance(current, Tensor) and has_torch_function_unary(current):  # torch.fx records the call
        given = {name: value for name, value in locals().items() if name != "current"}
        return handle_torch_function(lif, (current,), current, **given)
    options = LIFOptions(
        reset,
        delay_reset,
        detach_reset,
        strict,
        input_scale,
        surrogate,
        slope,
        time_dim,
        pre_reset_state,
        steps,
        output,
        backend,
    )
    check_flag("return_state", return_state)
    checked = check_lif(current, initial_state, beta, threshold, options)
    return scan(checked, current, initial_state, (beta, threshold), return_state)


def use_backend(backend: str) -> AbstractContextManager[None]:
    """Make "auto" mean `backend` inside a with statement, for the whole process.

    Raises ValueError on an unknown name. If the engine cannot run, the call that needs it raises, not this one.
    """
    check_backend_name("backend", backend)
    return dispatch.requesting(backend)


def empty_cache() -> None:
    """Give back to the system the memory of freed outputs, which the native CPU engine keeps for the next ones.

    Memory that is in use stays. The engine keeps up to an eighth of the machine's memory. Beyond 256 MiB the system may
    take it back when it needs it. SNNKERNELS_KEEP_MIB in the environment, read when the engine first runs, sets another
    limit in mebibytes; with 0, outputs are torch's own memory.
    """
    if dispatch.unusable_reason("native", "cpu") is None:
        torch.ops.snnkernels.native_empty_cache()


def scan(
    checked: Checked, current: Tensor, initial_state: Tensor | None, params: tuple[Parameter, ...], return_state: bool
) -> Output | tuple[Output, Tensor]:
    """Run a checked call. It records a graph only if a gradient can be asked for."""
    plan = checked.plan
    if plan.engine != "reference" and wants_graph(current, initial_state, checked.numbers, *params):
        outputs = Scan.apply(checked, return_state, current, initial_state, *params)
        return as_output(plan, *outputs) if return_state else as_output(plan, outputs)
    output, final, _ = run(checked, current, initial_state, params, return_state, keep=False)
    return as_output(plan, output, final) if return_state else as_output(plan, output)


def as_output(plan: Plan, output: Tensor, state: Tensor | None = None) -> Output | tuple[Output, Tensor]:
    """What an engine returned, in the form that a user gets, with the final state if there is one."""
    layout = plan.layout
    result: Output
    if plan.output == "packed":
        result = PackedSpikes(output, layout)
    else:
        result = layout.unpack_step(output) if plan.output == "count" else layout.from_engine(output)
    return result if state is None else (result, layout.unpack_step(state))
