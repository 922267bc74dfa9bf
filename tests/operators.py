"""Arguments of the operators behind the engines, in the operators' order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from support import Target, random_current, random_decay

from snnkernels import lif
from snnkernels.dispatch import checkpoint_interval
from snnkernels.scan import state_dtype

STEPS = 35  # three intervals of 16 steps or five of 8, the last of them short


def forward_arguments(
    target: Target,
    dtype: torch.dtype,
    outer: int,
    neuron: str = lif.variant().key,
    output: str = "all",
    constant: bool = False,
    keep: bool = True,
    with_state: bool = True,
    in_memory: bool = False,
) -> tuple[Any, ...]:
    """Arguments of a forward operator, in its order, for a neuron of one state and LIF's parameters. Beta is one for
    each neuron, the threshold one for all, and both are tensors.

    with_state: a state goes in, is asked for and recorded; else the scan is from zero. in_memory: the numbers come in a
    tensor.
    """
    x = random_current(outer, 1 if constant else STEPS, 5, dtype=dtype, device=target.device)
    wide = {"dtype": state_dtype(dtype), "device": target.device}
    states = torch.zeros(1, outer, 5, **wide) if with_state else None
    params = [random_decay(outer, 5, **wide), torch.ones(1, **wide)]
    interval = checkpoint_interval(target.device) if keep else 0
    numbers = (0.0, 0.0, 0.75, -0.5, 2.0)  # of beta and the threshold; input_scale, reset, the surrogate's slope
    given = (torch.tensor(numbers, **wide), ()) if in_memory else (None, numbers)
    record = int(with_state)
    return [x, *params], states, *given, 0b11, neuron, True, interval, 1, STEPS, output, record, with_state


def backward_arguments(target: Target, forward: tuple[Any, ...], wanted: int, expanded: bool) -> tuple[Any, ...]:
    """Arguments of the backward operator that goes with a forward call."""
    tensors, states, *rule, output, record, with_state = forward
    x, steps = tensors[0], rule[-1]
    _, index, records, _, checkpoints = operator(target, "forward")(*forward)
    grad_output = torch.randn(x.shape[0], 1 if expanded else steps, 5, dtype=x.dtype).to(x.device)
    one = output in ("last", "max")
    grad_output = grad_output[:, :1].contiguous() if one else grad_output.expand(-1, steps, -1)
    grads = (grad_output, index if output == "max" else None, torch.ones_like(records) if record else None)
    grad_states = torch.ones_like(states) if with_state else None
    return tensors, checkpoints, *rule, output, record, "arctan", *grads, grad_states, with_state, wanted


def poisson_arguments(target: Target, dtype: torch.dtype, packed: bool) -> tuple[Any, ...]:
    images = torch.rand(37, dtype=dtype).to(target.device)
    return images, 3, STEPS, torch.tensor([12345], device=target.device), packed


def changed(arguments: Sequence[Any], place: int, value: Any) -> list[Any]:
    """Arguments of which one is another."""
    return [*arguments[:place], value, *arguments[place + 1 :]]


def operator(target: Target, name: str) -> Any:
    return getattr(torch.ops.snnkernels, f"{target.engine}_{name}").default
