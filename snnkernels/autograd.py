"""The autograd.Function of every neuron, and what other Functions of the package share with it.

Forward keeps the inputs, and the states of every few steps. Backward computes the other states again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from .engines import reference
from .inputs import Parameter, is_transformed
from .run import Grads, Ran, apart, gradients, inputs_to_engine, pack_gradients, run
from .scan import Checked, Layout, bits, numbers_of, outer_and_inner

_OF_THE_REFERENCE = 'neurons with backend="reference" and spike_linear(..., product="dense")'


def wants_graph(*values: object) -> bool:
    """Whether a call with these values needs an autograd.Function.

    It needs one if a gradient may be asked for. It needs one in forward mode too: a Function refuses that, where an
    operator would ignore it.
    """
    differentiated = getattr(forward_ad, "_current_level", -1) >= 0 or (  # torch has no public word for it
        torch.is_grad_enabled() and any([isinstance(value, Tensor) and value.requires_grad for value in values])
    )
    if torch.compiler.is_compiling():
        return differentiated and not torch.compiler.is_exporting()
    if torch._C._are_functorch_transforms_active() and (differentiated or any(map(is_transformed, values))):
        raise RuntimeError(f"a transform of torch.func was asked for, which only {_OF_THE_REFERENCE} have")
    return differentiated and torch._C._get_tracing_state() is None


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


def backward_of(ctx: Any, saved: Sequence[Tensor], grads: Grads, needs: Sequence[bool]) -> list[Tensor | None]:
    """Compute the gradients of inputs, initial states and parameters.

    needs: for each state and each parameter, whether its gradient is asked for.
    """
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
    of_params = {number: of_params[number] for number in wanted}
    return [*grad_currents, *reduce_steps(layout, ctx.like, grad_state, needs[:states], of_params)]


Like = tuple[torch.Size, torch.dtype] | None


def likes(*values: Parameter | None) -> list[Like]:
    """The shape and dtype that the gradient of each tensor must have, and None for what is not a tensor."""
    return [(value.shape, value.dtype) if isinstance(value, Tensor) else None for value in values]


def _reduce_to(layout: Layout, grad: Tensor | None, like: Like) -> Tensor | None:
    """Sum the gradient of a value that was broadcast to one step, `[1, outer, inner]`, to the shape it was given in."""
    if grad is None or like is None:
        return None
    shape, dtype = like
    return layout.unpack_step(grad).sum_to_size(shape).to(dtype)


def reduce_steps(
    layout: Layout,
    like: Sequence[Like],
    grad_states: Tensor,
    needs: Sequence[bool],
    of_params: Mapping[int, Tensor],
) -> list[Tensor | None]:
    """Bring the gradients of initial states and parameters into the shapes in which these were given.

    like: of all states and parameters; grad_states: `[S, outer, inner]`; needs: for each state, whether its gradient is
    asked for; of_params: `[outer, inner]` for each parameter whose gradient is.
    """
    per_step = [grad_states[k : k + 1] if needed else None for k, needed in enumerate(needs)]
    for number in range(len(like) - len(needs)):
        per_step.append(of_params[number].unsqueeze(0) if number in of_params else None)
    return [_reduce_to(layout, grad, one) for grad, one in zip(per_step, like, strict=True)]


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
    """The tensors among these values that need a gradient."""
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
        returned = made.returned(checked.plan, with_state)
        return returned if len(returned) > 1 else made.output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, saved: Sequence[Tensor], *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        needs = ctx.needs_input_grad[3 + ctx.sizes[0] :]
        return None, None, None, *backward_of(ctx, saved, Grads(*apart(ctx.plan, ctx.with_state, grads)), needs)
