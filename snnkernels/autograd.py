"""The autograd.Function of every neuron, and what other Functions of the package share with it.

Forward keeps the inputs, and the states of every few steps. Backward computes the other states again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from .engines import reference
from .inputs import is_transformed
from .run import Grads, Ran, gradients, inputs_to_engine, pack_gradients, returned, run, split_returned
from .scan import Checked, Layout, Plan, bits, numbers_of
from .variants import VARIANTS

_OF_THE_REFERENCE = 'neurons with backend="reference" and spike_linear(..., product="dense")'


def in_forward_mode() -> bool:
    """Whether derivatives in forward mode are computed."""
    return getattr(forward_ad, "_current_level", -1) >= 0  # torch has no public word for it


def wants_graph(*values: object, recorded: bool = True) -> bool:
    """Whether a call with these values needs an autograd.Function.

    It needs one if a gradient may be asked for. It needs one in a graph in forward mode too: a Function refuses that,
    where an operator would ignore it.

    recorded: False if it is known that no graph is made of the call by torch.compile or torch.jit.trace.

    Raises RuntimeError under a transform of torch.func, and in forward mode.
    """
    forward = in_forward_mode()
    differentiated = forward or (
        torch.is_grad_enabled() and any([isinstance(value, Tensor) and value.requires_grad for value in values])
    )
    if recorded and torch.compiler.is_compiling():
        return differentiated and not torch.compiler.is_exporting()
    if torch._C._are_functorch_transforms_active() and (differentiated or any(map(is_transformed, values))):
        raise RuntimeError(f"a transform of torch.func was asked for, which only {_OF_THE_REFERENCE} have")
    if forward and any(
        [isinstance(value, Tensor) and forward_ad.unpack_dual(value).tangent is not None for value in values]
    ):
        raise RuntimeError(f"a derivative in forward mode was asked for, which only {_OF_THE_REFERENCE} have")
    return differentiated and not (recorded and torch._C._get_tracing_state() is not None)


def forward_of(
    ctx: Any,
    checked: Checked,
    inputs: Sequence[Tensor],
    initial_states: Sequence[Tensor | None],
    tensors: Sequence[Tensor],
    with_state: bool,
) -> Ran:
    """Run all time steps, and keep in ctx what :func:`backward_of` needs. tensors: the parameters in plan.given."""
    ran = run(checked, inputs, initial_states, tensors, with_state, keep=True)
    plan, numbers = checked
    _, _, _, kept = ran
    ctx.like = likes(*initial_states, *tensors)
    others = with_graph(*initial_states, *tensors)
    if others:  # a parameter may be in `kept` as it is
        others = [value for value in others if not any([value is other for other in kept])]
    if isinstance(numbers, Tensor):
        ctx.save_for_backward(*inputs, *kept, numbers, *others)
        ctx.checked = Checked(plan, ())
    else:
        ctx.save_for_backward(*inputs, *kept, *others)
        ctx.checked = checked
    ctx.set_materialize_grads(False)
    return ran


def backward_of(ctx: Any, saved: Sequence[Tensor], grads: Grads, needs: Sequence[bool]) -> list[Tensor | None]:
    """Compute the gradients of inputs, initial states and parameters that are tensors.

    needs: for each state and each of these parameters, whether its gradient is asked for.
    """
    checked, plan, layout = ctx.checked, ctx.checked.plan, ctx.checked.plan.layout
    variant, given = VARIANTS[plan.neuron], plan.given.bit_count()
    count, states = len(variant.inputs), len(variant.states)
    xs, (kept, *rest) = inputs_to_engine(layout, saved[:count]), saved[count:]
    packed, rest = rest[:given], rest[given:]
    index = rest.pop(0) if plan.output == "max" and plan.engine != "reference" else None
    if not checked.numbers:
        checked = Checked(plan, rest[0])
    steps = layout.steps if layout.constant else 0  # as many as x has, of which backward may know another symbol
    grads = pack_gradients(plan, xs[0], None, grads)
    grad_inputs: Sequence[Tensor]
    per_neuron: Sequence[Tensor]
    if plan.engine == "reference":
        found = reference.gradients(plan, checked.numbers, xs, kept, packed, grads)
        grad_inputs, grad_states = found[:count], found[count]
        per_neuron = [grad for grad, needed in zip(found[count + 1 :], needs[states:], strict=True) if needed]
    else:
        wanted = bits_of_wanted(plan, needs[states:]) if given else 0
        grad_x, grad_states, of_params = gradients(
            checked,
            (xs, kept, packed, index),
            layout.engine_time_dim,
            steps,
            grads,
            any(needs[:states]),
            wanted,
        )
        grad_inputs = [grad_x] if count == 1 else grad_x.unbind(0)
        per_neuron = rows_of(of_params) if wanted else []
    of_inputs = [layout.unpack_step(grad) if layout.constant else layout.from_engine(grad) for grad in grad_inputs]
    if not any(needs):
        return [*of_inputs, *[None for _ in needs]]
    return [*of_inputs, *reduce_steps(layout, ctx.like, needs, rows_of(grad_states), per_neuron)]


def bits_of_wanted(plan: Plan, needs: Sequence[bool]) -> int:
    """A bit for each parameter in plan.given whose gradient is asked for, as `needs` says."""
    return bits(number for number, need in zip(numbers_of(plan.given), needs, strict=True) if need)


def rows_of(stacked: Tensor) -> Sequence[Tensor]:
    """The rows of a tensor. One row alone is the tensor itself, which takes no time."""
    return (stacked,) if stacked.shape[0] == 1 else stacked.unbind(0)


Like = tuple[torch.Size, torch.dtype] | None


def likes(*values: Tensor | None) -> list[Like]:
    """The shape and dtype that the gradient of each tensor must have, and None for None."""
    return [None if value is None else (value.shape, value.dtype) for value in values]


def _reduce_to(layout: Layout, grad: Tensor, like: Like) -> Tensor:
    """Sum the gradient of a value that was broadcast to one step, `[outer, inner]`, to the shape it was given in."""
    assert like is not None
    grad, (shape, dtype) = layout.unpack_step(grad), like
    grad = grad if grad.shape == shape else grad.sum_to_size(shape)
    return grad if grad.dtype == dtype else grad.to(dtype)


def reduce_steps(
    layout: Layout,
    like: Sequence[Like],
    needs: Sequence[bool],
    grad_states: Sequence[Tensor],
    per_neuron: Sequence[Tensor],
) -> list[Tensor | None]:
    """Bring the gradients of initial states and parameters into the shapes in which these were given.

    like, needs: of all states, then of all parameters that are tensors: the form of a gradient, and whether it is asked
    for; grad_states: of all states if one is asked for; per_neuron: `[outer, inner]` for each parameter whose gradient
    is asked for.
    """
    of_states = [grad for grad, need in zip(grad_states, needs, strict=False) if need]
    found = iter([*of_states, *per_neuron])
    return [_reduce_to(layout, next(found), one) if need else None for need, one in zip(needs, like, strict=True)]


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
    """Any neuron over all time steps: `Scan.apply(checked, with_state, *inputs, *initial_states, *tensors)`.

    tensors: the parameters in plan.given. Returns the output as the engine gives it, then the final states and the
    records if they are asked for. The caller makes the views in the user's layout, because torch does not allow
    in-place changes of a view that was made inside a Function.
    """

    @staticmethod
    def forward(ctx: Any, checked: Checked, with_state: bool, *values: Any) -> Tensor | tuple[Tensor, ...]:
        variant = VARIANTS[checked.plan.neuron]
        first, second = len(variant.inputs), len(variant.inputs) + len(variant.states)
        ran = forward_of(ctx, checked, values[:first], values[first:second], values[second:], with_state)
        ctx.with_state = with_state
        return returned(ran, checked.plan, with_state) if with_state or checked.plan.record else ran[0]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, saved: Sequence[Tensor], *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        plan = ctx.checked.plan
        needs = ctx.needs_input_grad[2 + len(VARIANTS[plan.neuron].inputs) :]
        return None, None, *backward_of(ctx, saved, split_returned(plan, ctx.with_state, grads), needs)
