"""The autograd.Function of every neuron. Forward keeps the inputs and states every few steps; backward recomputes the
rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import forward_ad

from .dispatch import checkpoint_interval
from .engines import reference
from .inputs import Parameter, check_when_run, is_transformed
from .ops import BACKWARD, FORWARD
from .scan import Checked, Layout, Plan, bits, numbers_of, outer_and_inner, state_dtype
from .variants import VARIANTS

_OF_THE_REFERENCE = 'neurons with backend="reference" and spike_linear(..., product="dense")'


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


class Ran(NamedTuple):
    """What a scan gives, as ops.py has it, and the tensors that backward needs beside the inputs."""

    output: Tensor
    records: Tensor
    final: Tensor
    kept: tuple[
        Tensor, ...
    ]  # checkpoints, or the reference's first states; the index of the largest output; parameters


def run(
    checked: Checked,
    inputs: Sequence[Tensor],
    initial_states: Sequence[Tensor | None],
    params: Sequence[Parameter],
    with_state: bool,
    keep: bool,
) -> Ran:
    """Run all time steps.

    with_state: whether the final states are asked for; keep: whether backward needs states of a few steps beside the
    parameters. The reference engine records a graph if gradients are enabled; the compiled engines never do.
    """
    plan, numbers = checked
    layout = plan.layout
    xs = inputs_to_engine(layout, inputs)
    dtype = state_dtype(xs[0].dtype)
    states = _pack_states(layout, initial_states, xs[0].new_empty((), dtype=dtype))
    packed = _pack_parameters(plan, params, dtype)
    if plan.engine == "reference":
        if states is None:
            states = xs[0].new_zeros((len(initial_states), layout.outer, layout.inner), dtype=dtype)
        made = reference.scan(plan, numbers, xs, states, packed)
        return Ran(*made, (states, xs[0].new_empty(0, dtype=torch.int32), *packed))
    interval = checkpoint_interval(xs[0].device.type) if keep else 0
    output, index, records, final, checkpoints = FORWARD[plan.engine](
        [*xs, *packed],
        states,
        *checked.as_operators_take_them(),
        plan.given,
        plan.neuron,
        plan.strict,
        interval,
        layout.engine_time_dim,
        layout.steps if layout.constant else 0,  # as many as x has, so that a trace serves any number of them
        plan.output,
        plan.record,
        with_state,
    )
    return Ran(output, records, final, (checkpoints, index, *packed))


def inputs_to_engine(layout: Layout, inputs: Sequence[Tensor]) -> list[Tensor]:
    """Inputs as engines take them: all in the layout of the first."""
    first, *others = inputs
    if not others:
        return [layout.to_engine(first)]
    return [layout.to_engine(x).contiguous() for x in inputs]


def _pack_states(layout: Layout, states: Sequence[Tensor | None], like: Tensor) -> Tensor | None:
    """States as `[S, outer, inner]`, or None if all are zero."""
    if len(states) == 1 or all(state is None for state in states):
        return None if states[0] is None else layout.pack_state(states[0].to(like.dtype))
    return torch.cat([layout.pack_state(like.new_zeros(1) if s is None else s.to(like.dtype)) for s in states])


def _pack_parameters(plan: Plan, params: Sequence[Parameter], dtype: torch.dtype) -> list[Tensor]:
    """The parameters that are tensors, as engines have them."""
    names = VARIANTS[plan.neuron].params
    packed = []
    for number in numbers_of(plan.given):
        param: Any = params[number]
        value = check_when_run(param, (names[number],), (bool(plan.positive >> number & 1),))
        packed.append(plan.layout.pack_parameter(value.to(dtype)))
    return packed


def forward_of(
    ctx: Any,
    checked: Checked,
    inputs: Sequence[Tensor],
    initial_states: Sequence[Tensor | None],
    params: Sequence[Parameter],
    with_state: bool,
) -> Ran:
    made = run(checked, inputs, initial_states, params, with_state, keep=True)
    tensor = [checked.numbers] if isinstance(checked.numbers, Tensor) else []
    ctx.save_for_backward(*inputs, *made.kept, *tensor, *with_graph(*initial_states, *params))
    ctx.set_materialize_grads(False)
    ctx.plan, ctx.numbers = checked.plan, None if tensor else checked.numbers
    ctx.sizes = len(inputs), len(initial_states)
    ctx.like = likes(*initial_states, *params)
    return made


class Grads(NamedTuple):
    """The gradients of what :func:`run` returned, None for those that there are not."""

    output: Tensor | None
    records: Tensor | None
    final: Tensor | None


def backward_of(ctx: Any, saved: Sequence[Tensor], grads: Grads, needs: Sequence[bool]) -> list[Tensor | None]:
    """The gradients of inputs, initial states and parameters. needs: of states and parameters, which are asked for."""
    plan, layout, (count, states) = ctx.plan, ctx.plan.layout, ctx.sizes
    xs, (kept, index, *rest) = inputs_to_engine(layout, saved[:count]), saved[count:]
    given = numbers_of(plan.given)
    packed = rest[: len(given)]
    checked = Checked(plan, rest[len(given)] if ctx.numbers is None else ctx.numbers)
    steps = layout.steps if layout.constant else xs[0].shape[layout.engine_time_dim]  # a symbol that backward knows
    outer, inner = outer_and_inner(xs[0], layout.engine_time_dim)
    grads = pack_gradients(plan, xs[0], (outer, steps, inner), grads)
    wanted = [number for number in given if needs[states + number]]
    grad_inputs: Sequence[Tensor]
    if plan.engine == "reference":
        found = reference.gradients(plan, checked.numbers, xs, kept, packed, grads)
        grad_inputs, grad_state, per_param = found[:count], found[count], found[count + 1 :]
        of_params = dict(zip(given, per_param, strict=True))
    else:
        grad_x, grad_state, per_neuron = gradients(
            checked, (xs, kept, index, packed), layout.engine_time_dim, steps, grads, any(needs[:states]), bits(wanted)
        )
        grad_inputs = [grad_x] if count == 1 else grad_x.unbind(0)
        of_params = dict(zip(wanted, per_neuron.unbind(0) if wanted else (), strict=True))
    grad_currents = [layout.unpack_step(grad) if layout.constant else layout.from_engine(grad) for grad in grad_inputs]
    if not any(needs):
        return [*grad_currents, *[None for _ in ctx.like]]
    per_step = [grad_state[k : k + 1] if needs[k] else None for k in range(states)]
    per_step += [of_params[k].unsqueeze(0) if k in wanted else None for k in range(len(ctx.like) - states)]
    return [*grad_currents, *[reduce_to(layout, grad, like) for grad, like in zip(per_step, ctx.like, strict=True)]]


def pack_gradients(plan: Plan, like: Tensor, sizes: tuple[int, int, int], grads: Grads) -> Grads:
    """Gradients as engines take them. Without a gradient, or for bits, the output gets zeros.

    A gradient of the output that is the same at all steps, or for all neurons of a step, is not expanded in memory: a
    loss on a sum over time, or on the sum of that, has such a gradient, and to write it out would cost more than the
    neurons do.

    sizes: outer, T and inner.
    """
    output, records, final = grads
    outer, _, inner = sizes
    shape = (outer, 1, inner) if plan.output in ("last", "max") else sizes
    if output is None or plan.output == "packed":
        packed = like.new_zeros(()).expand(shape)
        packed = packed if shape is sizes else packed.contiguous()
    else:
        packed = output.to(like.dtype)
        if plan.output == "sum":
            packed = packed.expand(sizes)
        if not packed.is_contiguous():
            packed = packed.reshape(shape)
            packed = packed if packed.stride(2) in (0, 1) and shape is sizes else packed.contiguous()
    return Grads(
        packed,
        None if records is None else records.contiguous(),
        None if final is None else final.contiguous(),
    )


def gradients(
    checked: Checked,
    saved: tuple[Sequence[Tensor], Tensor, Tensor, Sequence[Tensor]],
    time_dim: int,
    steps: int,
    grads: Grads,
    with_state: bool,
    wanted: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """A compiled engine's gradients of the inputs and, if wanted, of states and of parameters, the latter per neuron.

    saved: inputs, checkpoints, the index of the largest output, and the parameters that are tensors; wanted: a bit for
    each parameter.
    """
    plan, (inputs, checkpoints, index, params) = checked.plan, saved
    return BACKWARD[plan.engine](
        [*inputs, *params],
        checkpoints,
        *checked.as_operators_take_them(),
        plan.given,
        plan.neuron,
        plan.strict,
        checkpoint_interval(inputs[0].device.type),
        time_dim,
        steps,
        plan.output,
        plan.record,
        plan.surrogate,
        grads.output,
        index if plan.output == "max" else None,
        grads.records,
        grads.final,
        with_state,
        wanted,
    )


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
    """Any neuron over all time steps: `Scan.apply(checked, sizes, with_state, *inputs, *initial_states, *params)`.

    sizes: how many inputs and states there are. Returns the output as the engine gives it, then the final states and
    the records if they are asked for. The caller makes the views in the user's layout, because torch does not allow
    in-place changes of a view that was made inside a Function.
    """

    @staticmethod
    def forward(
        ctx: Any, checked: Checked, sizes: tuple[int, int], with_state: bool, *values: Any
    ) -> Tensor | tuple[Tensor, ...]:
        inputs, states = sizes
        parts = values[:inputs], values[inputs : inputs + states], values[inputs + states :]
        made = forward_of(ctx, checked, *parts, with_state)
        ctx.with_state = with_state
        if not (with_state or checked.plan.record):
            return made.output
        return (made.output, *([made.final] if with_state else []), *([made.records] if checked.plan.record else []))

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, saved: Sequence[Tensor], grad_output: Tensor | None, *others: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        final = others[0] if ctx.with_state else None
        records = others[-1] if ctx.plan.record else None
        needs = ctx.needs_input_grad[3 + ctx.sizes[0] :]
        return None, None, None, *backward_of(ctx, saved, Grads(grad_output, records, final), needs)
