"""The autograd.Functions. Forward keeps the input and a state every few steps; backward recomputes the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from .dispatch import checkpoint_interval
from .engines import reference
from .inputs import LIFOptions, Parameter, check_lif, check_when_run, is_transformed
from .neurons import NEURONS
from .ops import BACKWARD, FORWARD
from .scan import Checked, Layout, Plan, in_memory, outer_and_inner, state_dtype

_OF_THE_REFERENCE = 'lif(..., backend="reference") and spike_linear(..., product="dense")'


def wants_graph(*values: object) -> bool:
    """Whether a call with these values needs an autograd.Function: if a gradient may be asked for, or in forward mode,
    which operators would ignore and a Function refuses.
    """
    differentiated = getattr(forward_ad, "_current_level", -1) >= 0 or (  # torch has no public word for it
        torch.is_grad_enabled() and any(isinstance(value, Tensor) and value.requires_grad for value in values)
    )
    if torch.compiler.is_compiling():
        return differentiated and not torch.compiler.is_exporting()
    if torch._C._are_functorch_transforms_active() and (differentiated or any(map(is_transformed, values))):
        raise RuntimeError(f"a transform of torch.func was asked for, which only {_OF_THE_REFERENCE} have")
    return differentiated and torch._C._get_tracing_state() is None


def run(
    checked: Checked,
    current: Tensor,
    initial_state: Tensor | None,
    params: tuple[Parameter, ...],
    with_state: bool,
    keep: bool,
) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
    """Run all time steps. Returns the plan's output, the final state, and what backward needs, as engines have them.

    with_state: whether the final state is asked for; keep: whether backward needs states of a few steps beside the
    parameters. The reference engine records a graph if gradients are enabled; the compiled engines never do.
    """
    plan, numbers = checked
    layout = plan.layout
    x = layout.to_engine(current)
    dtype = state_dtype(current.dtype)
    states = None if initial_state is None else layout.pack_state(initial_state.to(dtype))
    packed = _pack_parameters(plan, params, x) if plan.parameter_tensors else []
    if plan.engine == "reference":
        kept = x.new_zeros((1, layout.outer, layout.inner), dtype=dtype) if states is None else states
        output, final = reference.scan(plan, numbers, x, kept, packed)
    else:
        interval = checkpoint_interval(x.device.type) if keep else 0
        output, final, kept = FORWARD[plan.engine](
            [x, *packed],
            states,
            *checked.as_operators_take_them(),
            plan.neuron,
            plan.strict,
            interval,
            layout.engine_time_dim,
            layout.steps if layout.constant else 0,  # as many as x has, so that a trace serves any number of them
            plan.output,
            with_state,
        )
    return output, final, (kept, *packed)


def _pack_parameters(plan: Plan, params: tuple[Parameter, ...], x: Tensor) -> list[Tensor]:
    dtype = state_dtype(x.dtype)
    return [
        plan.layout.pack_parameter(check_when_run(param, (name,)).to(dtype))
        if isinstance(param, Tensor)
        else in_memory(param, x, dtype)
        for name, param in zip(NEURONS[plan.neuron].params, params, strict=True)
    ]


def _forward(
    ctx: Any,
    checked: Checked,
    current: Tensor,
    initial_state: Tensor | None,
    params: tuple[Parameter, ...],
    with_state: bool,
) -> tuple[Tensor, Tensor]:
    output, final, kept = run(checked, current, initial_state, params, with_state, keep=True)
    tensor = [checked.numbers] if isinstance(checked.numbers, Tensor) else []
    ctx.save_for_backward(current, *kept, *tensor, *with_graph(initial_state, *params))
    ctx.set_materialize_grads(False)
    ctx.plan, ctx.numbers = checked.plan, None if tensor else checked.numbers
    ctx.like = likes(initial_state, *params)
    return output, final


def _backward(
    ctx: Any,
    saved: Sequence[Tensor],
    grad_output: Tensor | None,
    grad_final: Tensor | None,
    state_grad: bool,
    param_grads: bool,
) -> list[Tensor | None]:
    """The gradients of current, initial_state and each parameter; the latter two only if they are asked for.

    grad_output, grad_final: the gradients of what :func:`run` returned.
    """
    plan, layout = ctx.plan, ctx.plan.layout
    current, kept, *rest = saved
    count = len(ctx.like) - 1 if plan.parameter_tensors else 0
    x, packed = layout.to_engine(current), rest[:count]
    checked = Checked(plan, rest[count] if ctx.numbers is None else ctx.numbers)
    steps = layout.steps if layout.constant else x.shape[layout.engine_time_dim]  # a symbol that backward knows
    outer, inner = outer_and_inner(x, layout.engine_time_dim)
    grads = pack_gradients(plan, x, (outer, steps, inner), grad_output, grad_final)
    grad_params: Sequence[Tensor | None] = [None] * (len(ctx.like) - 1)
    if plan.engine == "reference":
        grad_x, grad_state, *per_param = reference.gradients(checked, x, kept, packed, *grads)
        grad_params = per_param or grad_params
    else:
        grad_x, grad_state, per_neuron = gradients(
            checked, x, kept, packed, layout.engine_time_dim, steps, grads, (state_grad, param_grads)
        )
        grad_params = per_neuron.unbind(0) if param_grads else grad_params
    grad_current = layout.unpack_step(grad_x) if layout.constant else layout.from_engine(grad_x)
    if not (state_grad or param_grads):
        return [grad_current, *[None for _ in ctx.like]]
    per_step = [
        grad_state if state_grad else None,
        *(None if grad is None else grad.unsqueeze(0) for grad in grad_params),
    ]
    return [grad_current, *[reduce_to(layout, grad, like) for grad, like in zip(per_step, ctx.like, strict=True)]]


def pack_gradients(
    plan: Plan, like: Tensor, sizes: tuple[int, int, int], grad_output: Tensor | None, grad_final: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """The gradients of spikes and final state as engines take them. Without a gradient, or for bits, spikes get zeros.

    A gradient of spikes that is the same at all steps, or for all neurons of a step, is not expanded in memory: a loss
    on spike counts, or on their sum, has such a gradient, and to write it out would cost more than the neurons do.

    sizes: outer, T and inner.
    """
    if grad_output is None or plan.output == "packed":
        grad_spikes = like.new_zeros(()).expand(sizes)
    else:
        grad_spikes = grad_output.to(like.dtype)
        if plan.output == "count":
            grad_spikes = grad_spikes.expand(sizes)
        if not grad_spikes.is_contiguous():
            grad_spikes = grad_spikes.reshape(sizes)
            grad_spikes = grad_spikes if grad_spikes.stride(2) in (0, 1) else grad_spikes.contiguous()
    return grad_spikes, None if grad_final is None else grad_final.contiguous()


def gradients(
    checked: Checked,
    x: Tensor,
    checkpoints: Tensor,
    params: Sequence[Tensor],
    time_dim: int,
    steps: int,
    grads: tuple[Tensor, Tensor | None],
    wanted: tuple[bool, bool],
) -> tuple[Tensor, Tensor, Tensor]:
    """A compiled engine's gradients of x and, if wanted, of states and of parameters, the latter for each neuron.

    grads: the gradients of the spikes and of the final states; wanted: whether those of states and of parameters are.
    """
    plan, arguments = checked.plan, checked.as_operators_take_them()
    rule = (plan.neuron, plan.strict, checkpoint_interval(x.device.type), time_dim, steps, plan.surrogate)
    return BACKWARD[plan.engine]([x, *params], checkpoints, *arguments, *rule, *grads, *wanted)


Like = tuple[torch.Size, torch.dtype] | None


def likes(*values: Parameter | None) -> list[Like]:
    """The shape and dtype that the gradient of each tensor must have; None for what is not a tensor."""
    return [(value.shape, value.dtype) if isinstance(value, Tensor) else None for value in values]


def reduce_to(layout: Layout, grad: Tensor | None, like: Like) -> Tensor | None:
    """The gradient of what was broadcast to one step: `[1, outer, inner]`, summed to the shape that a user gave."""
    if grad is None or like is None:
        return None
    shape, dtype = like
    return layout.unpack_step(grad).sum_to_size(shape).to(dtype)


class _NoSecondDerivative(torch.autograd.Function):
    """Passes gradients on, and raises if they are differentiated again."""

    @staticmethod
    def forward(ctx: Any, grads: tuple[Tensor | None, ...], *origins: Tensor) -> tuple[Tensor | None, ...]:
        return tuple(None if grad is None else grad.view_as(grad) for grad in grads)

    @staticmethod
    def backward(ctx: Any, *_: Tensor | None) -> tuple[Tensor | None, ...]:
        raise RuntimeError(f"a second derivative was asked for, which only {_OF_THE_REFERENCE} have")


def once_differentiable(backward: Callable[..., tuple[Any, ...]]) -> Callable[..., tuple[Any, ...]]:
    """Decorates a Function's `backward(ctx, saved, *grads)`, so that differentiating its gradients again raises.

    torch's decorator of this name connects the gradients to nothing, so torch.autograd.grad would silently leave out
    what depends on them. Here they depend on the tensors with a graph that the Function has saved, which must be all
    that it has gradients of, and on the gradients that it receives.
    """

    @wraps(backward)
    def wrapper(ctx: Any, *grads: Tensor | None) -> tuple[Any, ...]:
        saved = ctx.saved_tensors  # read once: checkpointing computes them, and allows no second read
        if not torch.is_grad_enabled():
            return backward(ctx, saved, *grads)
        with torch.no_grad():
            results = backward(ctx, saved, *grads)
        if torch.compiler.is_compiling():
            return results
        return _NoSecondDerivative.apply(results, *with_graph(*saved, *grads))

    return wrapper


def with_graph(*values: object) -> list[Tensor]:
    """Those that need a gradient."""
    return [value for value in values if isinstance(value, Tensor) and value.requires_grad]


def graph_of(value: Tensor | None) -> Tensor | None:
    """An empty tensor of the same graph. A Function saves it in place of a tensor that it does not keep."""
    if value is None or not value.requires_grad or torch.compiler.is_compiling():
        return None
    return value[..., :0].clone()


class Scan(torch.autograd.Function):
    """Any neuron over all time steps: `Scan.apply(checked, with_state, current, initial_state, *params)`.

    Returns the output as the engine gives it and, if asked for, the final state. The caller makes the views in the
    user's layout, because torch does not allow in-place changes of a view that was made inside a Function.
    """

    @staticmethod
    def forward(
        ctx: Any, checked: Checked, with_state: bool, current: Tensor, initial_state: Tensor | None, *params: Parameter
    ) -> Tensor | tuple[Tensor, Tensor]:
        output, final = _forward(ctx, checked, current, initial_state, params, with_state)
        return (output, final) if with_state else output

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, saved: Sequence[Tensor], grad_output: Tensor | None, grad_final: Tensor | None = None
    ) -> tuple[Tensor | None, ...]:
        needs = ctx.needs_input_grad
        return None, None, *_backward(ctx, saved, grad_output, grad_final, needs[3], any(needs[4:]))


class FusedLIF(torch.autograd.Function):
    """A leaky integrate-and-fire layer over all time steps, as one kernel forward and one backward.

    `FusedLIF.apply(current, initial_state=None, beta=0.9, threshold=1.0, slope=25.0)` returns the spikes and the final
    membrane potential:

        u[t] = beta * v[t-1] + current[t]
        s[t] = u[t] >= threshold, with the derivative 1 / (1 + slope * |u - threshold|)^2 in backward
        v[t] = u[t] - threshold * s[t], no gradient through s

    current: `[T, B, ...]`, float64, float32, bfloat16 or float16; spikes have its shape and dtype.
    initial_state: a tensor that broadcasts to `[B, ...]`. Default: zeros.
    beta, threshold: numbers, or tensors that broadcast to `[B, ...]`; each tensor gets a gradient.
    slope: a number, or a tensor of one element. Its gradient is zero, because no spike depends on it.
    The final state is `[B, ...]`, float32 at least. It may be a view, and so may the spikes if current is not
    contiguous. Torch does not allow in-place changes of such a view; the results of :func:`snnkernels.lif` can be
    changed.

    Raises TypeError and ValueError on wrong input. :func:`snnkernels.lif` has all other options.
    The surrogate is that of Zenke & Ganguli (2018), doi:10.1162/neco_a_01086.
    """

    def __new__(cls, *args: object, **kwargs: object) -> FusedLIF:
        raise TypeError(
            "FusedLIF is an autograd.Function, not a layer: "
            "write FusedLIF.apply(current), or snnkernels.LIF(...)(current)"
        )

    @staticmethod
    def forward(
        ctx: Any,
        current: Tensor,
        initial_state: Tensor | None = None,
        beta: Parameter = 0.9,
        threshold: Parameter = 1.0,
        slope: Parameter = 25.0,
    ) -> tuple[Tensor, Tensor]:
        ctx.slope_like = None
        if isinstance(slope, Tensor):
            slope = slope.detach()
            ctx.slope_like = {"size": slope.shape, "dtype": slope.dtype, "device": slope.device}
        checked = check_lif(current, initial_state, beta, threshold, LIFOptions(slope=slope))
        output, final = _forward(ctx, checked, current, initial_state, (beta, threshold), with_state=True)
        return checked.plan.layout.from_engine(output), checked.plan.layout.unpack_step(final)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, saved: Sequence[Tensor], grad_spikes: Tensor | None, grad_final: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        needs, layout = ctx.needs_input_grad, ctx.plan.layout
        grad_spikes = None if grad_spikes is None else layout.gradient_to_engine(grad_spikes)
        grad_final = None if grad_final is None else layout.pack_state(grad_final)
        grads = _backward(ctx, saved, grad_spikes, grad_final, any(needs[1:2]), any(needs[2:4]))
        return *grads, None if ctx.slope_like is None else torch.zeros(**ctx.slope_like)
