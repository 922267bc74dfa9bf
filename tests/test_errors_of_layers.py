"""Wrong input of layers, readouts and encoding: one sentence, with the wrong value and what was expected."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import assert_raises

from snnkernels import (
    LIF,
    FusedLIF,
    SpikingLinear,
    firing_rate,
    pack_spikes,
    poisson_encode,
    spike_count_accuracy,
    spike_count_loss,
    use_backend,
)

CURRENT = torch.zeros(4, 2, 3)
FLOATS = "float64, float32, bfloat16 or float16"

# A call, the error, and its message, whole.
CASES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "FusedLIF, slope": (
        lambda: FusedLIF.apply(CURRENT, None, 0.9, 1.0, 0.0),
        ValueError,
        "slope must be positive and finite, got 0.0",
    ),
    "FusedLIF, threshold": (
        lambda: FusedLIF.apply(CURRENT, None, 0.9, torch.zeros(3)),
        ValueError,
        "threshold must be positive and finite, got 0.0",
    ),
    "FusedLIF called like a layer": (
        lambda: FusedLIF(beta=0.9),
        TypeError,
        "FusedLIF is an autograd.Function, not a layer: write FusedLIF.apply(current), or snnkernels.LIF(...)(current)",
    ),
    "LIF, misspelt option": (
        lambda: LIF(detach_rest=True),
        TypeError,
        "LIF has no option 'detach_rest'; did you mean 'detach_reset' or 'delay_reset'?; it has beta, threshold, "
        "input_scale, reset, learn, learn_beta, learn_threshold, learn_input_scale, learn_reset, constrain, "
        "return_state, delay_reset, detach_reset, pre_reset_state, slope, record, output, surrogate, strict, "
        "time_dim, steps, backend, device, dtype",
    ),
    "LIF, return_state is no flag": (
        lambda: LIF(return_state=1),
        TypeError,
        "return_state must be True or False, got 1",
    ),
    "LIF, learn_beta is no flag": (
        lambda: LIF(learn_beta="no"),
        TypeError,
        "learn_beta must be True or False, got 'no'",
    ),
    "sparse spikes": (
        lambda: pack_spikes(CURRENT.to_sparse()),
        TypeError,
        "spikes must be a dense tensor, got layout torch.sparse_coo: to_dense() makes one of it",
    ),
    "time_dim of spikes is no whole number": (
        lambda: pack_spikes(CURRENT, time_dim=1.0),
        TypeError,
        "time_dim must be a whole number, got 1.0",
    ),
    "time_dim of a layer is no whole number": (
        lambda: LIF(time_dim=1.5),
        TypeError,
        "time_dim must be a whole number, got 1.5",
    ),
    "dtype of a layer's learnable number": (
        lambda: LIF(learn_beta=True, dtype=torch.int32),
        TypeError,
        f"dtype must be {FLOATS}, got int32",
    ),
    "dtype of a layer's tensor": (
        lambda: LIF(torch.tensor(0.9), dtype=torch.int32),
        TypeError,
        f"dtype must be {FLOATS}, got int32",
    ),
    "LIF, delay_reset is no flag": (
        lambda: LIF(delay_reset=1),
        TypeError,
        "delay_reset must be True or False, got 1",
    ),
    "LIF, initial_state": (
        lambda: LIF(initial_state=torch.zeros(2)),
        TypeError,
        "LIF holds no state: give initial_state at the call, layer(current, initial_state)",
    ),
    "SpikingLinear, time_dim": (
        lambda: SpikingLinear(3, 2, time_dim=1),
        TypeError,
        "SpikingLinear takes spikes time first, one row a time step: it has no option 'time_dim'",
    ),
    "SpikingLinear, steps": (
        lambda: SpikingLinear(3, 2, steps=4),
        TypeError,
        "SpikingLinear takes spikes time first, one row a time step: it has no option 'steps'",
    ),
    "spike_count_loss, one dimension": (
        lambda: spike_count_loss(torch.zeros(3), torch.zeros(1, dtype=torch.int64)),
        ValueError,
        "spikes must be [T, B, classes], or counts, [B, classes], got shape (3,)",
    ),
    "spike_count_accuracy, integers": (
        lambda: spike_count_accuracy(torch.zeros(3, 2, 1, dtype=torch.int64), torch.zeros(2, dtype=torch.int64)),
        TypeError,
        "spikes must be a floating-point or bool tensor, got int64",
    ),
    "spike_count_accuracy, targets in a column": (
        lambda: spike_count_accuracy(torch.zeros(5, 2, 3), torch.zeros(2, 1, dtype=torch.int64)),
        ValueError,
        "targets must be class indices, one a sample, of shape (2,), got (2, 1)",
    ),
    "spike_count_accuracy, targets one hot": (
        lambda: spike_count_accuracy(torch.zeros(5, 3, 3), torch.eye(3)),
        TypeError,
        "targets must be a tensor of class indices, of integers, got float32",
    ),
    "spike_count_accuracy, a target for all": (
        lambda: spike_count_accuracy(torch.zeros(5, 2, 3), 1),
        TypeError,
        "targets must be a tensor of class indices, of integers, got int",
    ),
    "firing_rate, list": (
        lambda: firing_rate([0.0, 1.0]),
        TypeError,
        "spikes must be a floating-point or bool tensor, got list",
    ),
    "poisson_encode, seed in the place of a generator": (
        lambda: poisson_encode(torch.zeros(2, 3), 25, 42),
        TypeError,
        "generator must be a torch.Generator, got 42; a seed is given by its name, seed=",
    ),
    "use_backend, misspelt": (
        lambda: use_backend("nativ"),
        ValueError,
        "backend must be one of 'auto', 'reference', 'native', 'triton', got 'nativ'; did you mean 'native'?",
    ),
    "LIF, surrogate": (
        lambda: LIF(surrogate="atan"),
        ValueError,
        "surrogate must be one of 'fast_sigmoid', 'arctan', 'sigmoid', 'triangle', 'rectangle', 'gaussian', "
        "'straight_through', got 'atan'; did you mean 'arctan'?",
    ),
    "LIF, reset": (
        lambda: LIF(reset="hard"),
        ValueError,
        "reset must be one of 'subtract', 'none', 'zero' or a number, got 'hard'",
    ),
    "LIF, slope": (lambda: LIF(slope=-1.0), ValueError, "slope must be positive and finite, got -1.0"),
    "LIF, threshold": (lambda: LIF(threshold=0), ValueError, "threshold must be positive and finite, got 0"),
    "LIF, threshold tensor": (
        lambda: LIF(threshold=torch.tensor([1.0, 0.0])),
        ValueError,
        "threshold must be positive and finite, got 0.0",
    ),
    "LIF, integer tensor": (
        lambda: LIF(beta=torch.tensor([1, 0])),
        TypeError,
        "beta must be float64, float32, bfloat16 or float16, got int64",
    ),
    "LIF, beta": (lambda: LIF(beta=None), TypeError, "beta must be a number or a torch.Tensor, got NoneType"),
    "LIF, backend": (
        lambda: LIF(backend="cuda"),
        ValueError,
        "backend must be one of 'auto', 'reference', 'native', 'triton', got 'cuda'",
    ),
    "images above 1": (
        lambda: poisson_encode(torch.tensor([0.0, 1.5]), 3),
        ValueError,
        "images must have values in [0, 1], got values from 0.0 to 1.5",
    ),
    "images below 0": (
        lambda: poisson_encode(torch.tensor([-0.25, 0.5]), 3),
        ValueError,
        "images must have values in [0, 1], got values from -0.25 to 0.5",
    ),
    "images with nan": (
        lambda: poisson_encode(torch.tensor([math.nan, 0.5]), 3),
        ValueError,
        "images must have values in [0, 1], got values from nan to nan",
    ),
    "images as bytes": (
        lambda: poisson_encode(torch.zeros(2, 3, dtype=torch.uint8), 3),
        TypeError,
        "images must be a floating-point tensor with values in [0, 1], got uint8",
    ),
    "images as a list": (
        lambda: poisson_encode([0.5], 3),
        TypeError,
        "images must be a floating-point tensor with values in [0, 1], got list",
    ),
    "no steps": (lambda: poisson_encode(torch.zeros(2), 0), ValueError, "steps must be 1 or more, got 0"),
    "half a step": (
        lambda: poisson_encode(torch.zeros(2), 2.5),
        TypeError,
        "steps must be a whole number of time steps, got 2.5",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), CASES.values(), ids=CASES.keys())
def test_message(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    assert_raises(call, error, message)
