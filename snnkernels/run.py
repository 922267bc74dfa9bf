"""Runs a neuron over all time steps, forward or backward, on the engine that a plan names.

autograd.py connects these runs to torch's autograd.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .dispatch import checkpoint_interval
from .engines import reference
from .inputs import check_when_run
from .ops import BACKWARD, FORWARD
from .scan import Checked, Layout, Plan, numbers_of, outer_and_inner, state_dtype
from .variants import VARIANTS

Ran = tuple[Tensor, Tensor, Tensor, tuple[Tensor, ...]]
"""What a run gives, in the form that ops.py describes: the output, the records, the final states; then the tensors that
backward needs besides the inputs: checkpoints, or the reference's first states; parameters; and the index of the
largest, for the output "max" of a compiled engine."""


def returned(ran: Ran, plan: Plan, with_state: bool) -> tuple[Tensor, ...]:
    """What a Function returns: the output, then the final states and the records if they are asked for."""
    output, records, final, _ = ran
    return (output, *([final] if with_state else []), *([records] if plan.record else []))


def split_returned(
    plan: Plan, with_state: bool, returned: Sequence[Tensor | None]
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """Split what :func:`returned` gave, or its gradients, into the output, the records and the final states."""
    return returned[0], returned[-1] if plan.record else None, returned[1] if with_state else None


def run(
    checked: Checked,
    inputs: Sequence[Tensor],
    initial_states: Sequence[Tensor | None],
    tensors: Sequence[Tensor],
    with_state: bool,
    keep: bool,
) -> Ran:
    """Run all time steps.

    tensors: the parameters in plan.given; with_state: whether the final states are asked for; keep: whether backward
    will need checkpoints. The reference engine records a graph if gradients are enabled. The compiled engines never do.
    """
    plan, numbers = checked
    layout = plan.layout
    xs = inputs_to_engine(layout, inputs)
    states = _pack_states(layout, initial_states, xs[0])
    packed = _pack_parameters(plan, tensors, state_dtype(xs[0].dtype)) if tensors else []
    if plan.engine == "reference":
        if states is None:
            shape = (len(initial_states), layout.outer, layout.inner)
            states = xs[0].new_zeros(shape, dtype=state_dtype(xs[0].dtype))
        made = reference.scan(plan, numbers, xs, states, packed)
        return *made, (states, *packed)
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
    return output, records, final, (checkpoints, *packed, *([index] if plan.output == "max" else []))


def inputs_to_engine(layout: Layout, inputs: Sequence[Tensor]) -> list[Tensor]:
    """Bring the inputs into the form that engines take: all in the layout of the first."""
    if len(inputs) == 1:
        return [inputs[0] if layout.direct else layout.pack(inputs[0])]
    return [layout.to_engine(x).contiguous() for x in inputs]


def _pack_states(layout: Layout, states: Sequence[Tensor | None], x: Tensor) -> Tensor | None:
    """Pack the states as `[S, outer, inner]`, on the device of x. Returns None if all are zero."""
    if states[0] is None and (len(states) == 1 or all([state is None for state in states])):
        return None
    dtype = state_dtype(x.dtype)
    if len(states) == 1:
        (state,) = states
        assert state is not None
        return layout.pack_state(state if state.dtype == dtype else state.to(dtype))
    return torch.cat([layout.pack_state(x.new_zeros(1, dtype=dtype) if s is None else s.to(dtype)) for s in states])


def _pack_parameters(plan: Plan, tensors: Sequence[Tensor], dtype: torch.dtype) -> list[Tensor]:
    """Bring the parameters that are tensors into the form that engines take."""
    if torch.compiler.is_compiling():
        names, numbers = VARIANTS[plan.neuron].params, numbers_of(plan.given)
        tensors = [
            check_when_run(tensor, (names[number],), (bool(plan.positive >> number & 1),))
            for number, tensor in zip(numbers, tensors, strict=True)
        ]
    return [plan.layout.pack_parameter(tensor.to(dtype)) for tensor in tensors]


Grads = tuple[Tensor | None, Tensor | None, Tensor | None]
"""The gradients of output, records and final states, or None where nothing depends on one."""


def pack_gradients(plan: Plan, like: Tensor, sizes: tuple[int, int, int] | None, grads: Grads) -> Grads:
    """Bring gradients into the form that engines take. An output that is packed, or has no gradient, gets zeros.

    The gradient of the output may be the same at all steps, or for all neurons of a step, as for a loss on a sum over
    time. Such a gradient is not expanded in memory, because writing it out would cost more than the neurons do.

    like: a tensor of the dtype of the inputs; sizes: outer, T and inner, or None if `like` is the first input.
    """
    output, records, final = grads
    if output is None or plan.output != "all" or output.dtype != like.dtype or not output.is_contiguous():
        output = _pack_gradient_of_output(plan, like, sizes or _sizes(plan.layout, like), output)
    if records is not None:
        records = records.contiguous()
    return output, records, None if final is None else final.contiguous()


def _sizes(layout: Layout, x: Tensor) -> tuple[int, int, int]:
    """outer, T and inner as x has them: backward knows the symbols of a compiler that are sizes of x."""
    outer, inner = outer_and_inner(x, layout.engine_time_dim)
    return outer, layout.steps if layout.constant else x.shape[layout.engine_time_dim], inner


def _pack_gradient_of_output(plan: Plan, like: Tensor, sizes: tuple[int, int, int], grad: Tensor | None) -> Tensor:
    outer, _, inner = sizes
    shape = (outer, 1, inner) if plan.output in ("last", "max") else sizes
    if grad is None or plan.output == "packed":
        packed = like.new_zeros(()).expand(shape)
        return packed if shape is sizes else packed.contiguous()
    packed = grad.to(like.dtype)
    if plan.output == "sum":
        packed = packed.expand(sizes)
    if not packed.is_contiguous():
        packed = packed.reshape(shape)
        packed = packed if packed.stride(2) in (0, 1) and shape is sizes else packed.contiguous()
    return packed


def gradients(
    checked: Checked,
    saved: tuple[Sequence[Tensor], Tensor, Sequence[Tensor], Tensor | None],
    time_dim: int,
    steps: int,
    grads: Grads,
    with_state: bool,
    wanted: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Run a compiled engine backward. Returns the gradients of inputs, initial states and parameters.

    Those of the states are empty unless with_state asks for them. Those of the parameters are one for each neuron.
    saved: the inputs, the checkpoints, the parameters that are tensors, and the index of the largest output, or None;
    wanted: a bit for each parameter whose gradient is asked for.
    """
    plan, (inputs, checkpoints, params, index) = checked.plan, saved
    of_output, of_records, of_final = grads
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
        of_output,
        index,
        of_records,
        of_final,
        with_state,
        wanted,
    )
