"""Runs a checked call of any neuron, and returns what was asked for. Also sets the engine and frees memory."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import torch
from torch import Tensor

from . import dispatch
from .autograd import Scan, wants_graph
from .inputs import Options, Parameter, check_backend_name, check_call, check_initial_states, check_inputs
from .packed import PackedSpikes
from .run import apart, run
from .scan import OVER_TIME, Checked, Plan, numbers_of
from .variants import VARIANTS, Definition

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


class Asked(NamedTuple):
    """What a call returns besides the output. mean: whether the output is a mean over time instead of a sum."""

    state: bool
    record: tuple[str, ...] = ()
    mean: bool = False


class Call(NamedTuple):
    """A call of a neuron, without its inputs and states. choices: the values of the neuron's own options."""

    definition: Definition
    params: tuple[Any, ...]
    slope: Parameter | None
    choices: tuple[Any, ...]
    options: Options

    def asked(self, return_state: bool) -> Asked:
        return Asked(return_state, tuple(self.options.record), self.options.output == "mean")

    def check(self, inputs: Sequence[Tensor], states: Sequence[Tensor | None]) -> Checked:
        return check_call(self.definition, inputs, states, (*self.params, self.slope), self.choices, self.options)


def run_call(call: Call, inputs: Sequence[Tensor], initial_state: Any, return_state: bool) -> Any:
    """Check a call and run it. Returns the output, then the final state and the records if they are asked for."""
    interface = call.definition.interface
    states = check_initial_states(interface.states, initial_state)
    if len(inputs) > 1:
        inputs = check_inputs(interface.inputs, inputs)
    return scan(call.check(inputs, states), inputs, states, call.params, call.asked(return_state))


def scan(
    checked: Checked,
    inputs: Sequence[Tensor],
    initial_states: Sequence[Tensor | None],
    params: Sequence[Parameter],
    asked: Asked,
) -> Any:
    """Run a checked call, and return what is asked for. Autograd records it only if a gradient may be needed."""
    plan = checked.plan
    if plan.engine != "reference" and wants_graph(*inputs, *initial_states, checked.numbers, *params):
        sizes = len(inputs), len(initial_states)
        made = Scan.apply(checked, sizes, asked.state, *inputs, *initial_states, *params)
        return as_asked(plan, asked, *apart(plan, asked.state, made if isinstance(made, tuple) else (made,)))
    ran = run(checked, inputs, initial_states, params, asked.state, keep=False)
    return as_asked(plan, asked, ran.output, ran.records, ran.final)


def as_asked(plan: Plan, asked: Asked, output: Any, records: Tensor | None, final: Tensor | None) -> Any:
    """Turn what an engine returned into what a user gets: the output, then the final state, then the records."""
    layout = plan.layout
    result: Output
    if plan.output == "packed":
        result = PackedSpikes(output, layout)
    else:
        result = layout.unpack_step(output) if plan.output in OVER_TIME else layout.from_engine(output)
        result = result / layout.steps if asked.mean else result
    returned: list[Any] = [result]
    if asked.state:
        assert final is not None
        states = [layout.unpack_step(final[k : k + 1]) for k in range(final.shape[0])]
        returned.append(states[0] if len(states) == 1 else tuple(states))
    if asked.record:
        assert records is not None
        names = [VARIANTS[plan.neuron].states[k] for k in numbers_of(plan.record)]
        traces = {name: layout.unpack(record) for name, record in zip(names, records.unbind(0), strict=True)}
        returned.append({name: traces[name] for name in asked.record})
    return result if len(returned) == 1 else tuple(returned)
