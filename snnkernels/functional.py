"""Runs a checked call of any neuron, and returns what was asked for. Also sets the engine and frees memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor

from . import dispatch
from .autograd import Scan, wants_graph
from .inputs import Asked, Call, check_backend_name, check_call, check_initial_states, check_inputs
from .packed import PackedSpikes
from .run import run, split_returned
from .scan import OVER_TIME, Checked, Plan, numbers_of
from .variants import VARIANTS

Output = Tensor | PackedSpikes


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


def run_call(call: Call, tensors: Sequence[Tensor], inputs: Sequence[Tensor], initial_state: Any) -> Any:
    """Check a call and run it. Returns the output, then the final state and the records if they are asked for.

    tensors: the parameters that are tensors.
    """
    interface = call.definition.interface
    states = check_initial_states(interface.states, initial_state)
    if len(inputs) > 1:
        inputs = check_inputs(interface.inputs, inputs)
    checked = check_call(call, inputs, states, tensors)
    if tensors:
        tensors = given_tensors(call, checked.plan, tensors)
    return scan(call, checked, inputs, states, tensors)


def given_tensors(call: Call, plan: Plan, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
    """Those of the parameters that are tensors for the engine too, and not the number that they hold."""
    if len(tensors) == plan.given.bit_count():
        return tensors
    return [tensor for number, tensor in zip(call.held, tensors, strict=True) if plan.given >> number & 1]


def scan(
    call: Call,
    checked: Checked,
    inputs: Sequence[Tensor],
    initial_states: Sequence[Tensor | None],
    tensors: Sequence[Tensor],
) -> Any:
    """Run a checked call, and return what is asked for. Autograd records it only if a gradient may be needed.

    tensors: the parameters in plan.given.
    """
    plan, asked = checked.plan, call.asked
    values = *inputs, *initial_states, *tensors, checked.numbers
    if plan.engine != "reference" and wants_graph(*values, recorded=not call.shared):
        made = Scan.apply(checked, asked.state, *inputs, *initial_states, *tensors)
        if not isinstance(made, tuple):
            return as_asked(plan, asked, made, None, None)
        return as_asked(plan, asked, *split_returned(plan, asked.state, made))
    output, records, final, _ = run(checked, inputs, initial_states, tensors, asked.state, keep=False)
    return as_asked(plan, asked, output, records, final)


def as_asked(plan: Plan, asked: Asked, output: Any, records: Tensor | None, final: Tensor | None) -> Any:
    """Turn what an engine returned into what a user gets: the output, then the final state, then the records."""
    layout = plan.layout
    result: Output = output
    if plan.output == "packed":
        result = PackedSpikes(output, layout)
    elif plan.output in OVER_TIME:
        result = layout.unpack_step(output)
        result = result / layout.steps if asked.mean else result
    elif not layout.direct:
        result = layout.unpack(output)
    if not asked.state and not asked.record:
        return result
    state: Any = ()
    if asked.state:
        assert final is not None
        count = len(VARIANTS[plan.neuron].states)
        if count == 1:
            state = (layout.unpack_step(final),)
        else:
            state = (tuple([layout.unpack_step(final[k]) for k in range(count)]),)
    if not asked.record:
        return result, *state
    assert records is not None
    names = [VARIANTS[plan.neuron].states[k] for k in numbers_of(plan.record)]
    traces = {name: layout.unpack(record) for name, record in zip(names, records.unbind(0), strict=True)}
    return result, *state, {name: traces[name] for name in asked.record}
