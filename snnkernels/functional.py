"""The functions of the package: check, choose the engine, call it."""

from __future__ import annotations

import torch
from torch import Tensor

from .autograd import Scan, run
from .inputs import LIFOptions, Parameter, check_lif
from .packed import PackedSpikes
from .scan import Plan, layout_of

Output = Tensor | PackedSpikes


def lif(
    current: Tensor,
    *,
    beta: Parameter = 0.9,
    threshold: Parameter = 1.0,
    initial_state: Tensor | None = None,
    reset: str | float = "subtract",
    delay_reset: bool = False,
    detach_reset: bool = True,
    strict: bool = False,
    input_scale: float = 1.0,
    surrogate: str = "fast_sigmoid",
    slope: float | None = None,
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
        threshold: membrane potential at which a neuron fires, likewise; positive.
        initial_state: membrane potential before the first step, broadcasts to `[B, ...]`; zeros where None.
        reset: what a spike does to the potential: "subtract" the threshold, set it to "zero" or to a number, or "none".
        delay_reset: reset in the step after the spike: "subtract" after the decay, as snnTorch's Leaky does, a value
            before it.
        detach_reset: no gradient flows through the spike in the reset.
        strict: fire when u > threshold, as snnTorch and Norse do, instead of u >= threshold.
        input_scale: factor of the current, 1 - beta for one that is averaged.
        surrogate: derivative of the spike in backward: "fast_sigmoid", "arctan", "sigmoid", "triangle", "rectangle",
            "gaussian" or "straight_through".
        slope: steepness of the surrogate; None for the surrogate's default.
        time_dim: the dimension of time in current; 1 takes `[B, T, ...]` without a copy.
        return_state: also return the state after the last step.
        steps: take current as one step, `[B, ...]`, the same at all of so many; it is read once.
        output: "spikes"; "count", their sum over time, `[B, ...]`, float64 for float64 and else float32, for which no
            spike is written; or "packed", :class:`snnkernels.PackedSpikes` of one bit each, through which no gradient
            flows.
        pre_reset_state: the state, in and out, is the potential before its reset; always so where delay_reset.
        backend: "auto", "reference", "native" or "triton"; by name, it runs or raises.

    Returns:
        spikes, 0 or 1, of current's shape and dtype, or what `output` says. With return_state also the final state,
        `[B, ...]`, float64 for float64 and else float32. As initial_state it continues the sequence bit for bit.

    Raises:
        TypeError, ValueError: wrong type, dtype, shape, device or value, or an unknown option.
        RuntimeError: an engine asked for by name cannot run.
    """
    options = LIFOptions(
        reset=reset,
        delay_reset=delay_reset,
        detach_reset=detach_reset,
        strict=strict,
        input_scale=input_scale,
        surrogate=surrogate,
        slope=slope,
        time_dim=time_dim,
        pre_reset_state=pre_reset_state,
        steps=steps,
        output=output,
        backend=backend,
    )
    plan = check_lif(current, initial_state, beta, threshold, options)
    result, state = scan(plan, current, initial_state, beta, threshold)
    return (result, state) if return_state else result


def scan(plan: Plan, current: Tensor, initial_state: Tensor | None, *params: Parameter) -> tuple[Output, Tensor]:
    """Run a checked plan; a graph is recorded only where a gradient can be asked for."""
    tensors = (current, initial_state, *params)
    needs_grad = torch.is_grad_enabled() and any(isinstance(t, Tensor) and t.requires_grad for t in tensors)
    if needs_grad and plan.engine != "reference":
        output, state = Scan.apply(plan, current, initial_state, *params)
    else:
        output, state, _ = run(plan, current, initial_state, params, keep=False)
    return as_output(plan, current, output), state


def as_output(plan: Plan, current: Tensor, output: Tensor) -> Output:
    """What a scan over current gave, as a user gets it."""
    return PackedSpikes(output, layout_of(current, plan.time_dim, plan.steps)) if plan.output == "packed" else output
