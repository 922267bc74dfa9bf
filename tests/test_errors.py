"""Wrong input: one sentence, with the value that is wrong and what was expected."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch

from snnkernels import (
    LIF,
    FusedLIF,
    SpikingLinear,
    dispatch,
    firing_rate,
    lif,
    pack_spikes,
    poisson_encode,
    spike_count_accuracy,
    spike_count_loss,
    use_backend,
)
from snnkernels.inputs import call as checks

CURRENT = torch.zeros(4, 2, 3)
META = torch.zeros(2, 3, device="meta")
FLOATS = "float64, float32, bfloat16 or float16"

# A call, the error, and its message, whole.
CASES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "current is no tensor": (
        lambda: lif([[1.0]]),
        TypeError,
        "current must be a torch.Tensor, got list",
    ),
    "current of one dimension": (
        lambda: lif(torch.zeros(5)),
        ValueError,
        "current must be [T, B, ...], of two dimensions or more, got shape (5,)",
    ),
    "current is a number": (
        lambda: lif(torch.tensor(1.0)),
        ValueError,
        "current must be [T, B, ...], of two dimensions or more, got shape ()",
    ),
    "integer current": (lambda: lif(CURRENT.int()), TypeError, f"current must be {FLOATS}, got int32"),
    "boolean current": (lambda: lif(CURRENT.bool()), TypeError, f"current must be {FLOATS}, got bool"),
    "complex current": (lambda: lif(CURRENT.cfloat()), TypeError, f"current must be {FLOATS}, got complex64"),
    "current of 8 bits": (
        lambda: lif(CURRENT.to(torch.float8_e5m2)),
        TypeError,
        f"current must be {FLOATS}, got float8_e5m2",
    ),
    "no time step": (
        lambda: lif(torch.zeros(0, 2, 3)),
        ValueError,
        "current must have one time step or more, got T = 0 in shape (0, 2, 3)",
    ),
    "no time step, time second": (
        lambda: lif(torch.zeros(2, 0, 3), time_dim=1),
        ValueError,
        "current must have one time step or more, got T = 0 in shape (2, 0, 3)",
    ),
    "time_dim out of range": (
        lambda: lif(CURRENT, time_dim=3),
        ValueError,
        "time_dim must be a dimension of current, whose shape is (4, 2, 3), got 3",
    ),
    "time_dim below range": (
        lambda: lif(CURRENT, time_dim=-4),
        ValueError,
        "time_dim must be a dimension of current, whose shape is (4, 2, 3), got -4",
    ),
    "beta of another size": (
        lambda: lif(CURRENT, beta=torch.ones(4)),
        ValueError,
        "beta must broadcast to the shape of one time step, (2, 3), got (4,)",
    ),
    "beta with a time dimension": (
        lambda: lif(CURRENT, beta=torch.ones(4, 2, 3)),
        ValueError,
        "beta must broadcast to the shape of one time step, (2, 3), got (4, 2, 3)",
    ),
    "threshold of another size": (
        lambda: lif(CURRENT, threshold=torch.ones(2, 1, 3)),
        ValueError,
        "threshold must broadcast to the shape of one time step, (2, 3), got (2, 1, 3)",
    ),
    "state of another size": (
        lambda: lif(CURRENT, initial_state=torch.ones(3, 3)),
        ValueError,
        "initial_state must broadcast to the shape of one time step, (2, 3), got (3, 3)",
    ),
    "state of the batch of time second": (
        lambda: lif(CURRENT, initial_state=torch.ones(2, 3), time_dim=1),
        ValueError,
        "initial_state must broadcast to the shape of one time step, (4, 3), got (2, 3)",
    ),
    "beta is a string": (
        lambda: lif(CURRENT, beta="0.9"),
        TypeError,
        "beta must be a number or a torch.Tensor, got str",
    ),
    "threshold is true": (
        lambda: lif(CURRENT, threshold=True),
        TypeError,
        "threshold must be a number or a torch.Tensor, got bool",
    ),
    "state is a number": (
        lambda: lif(CURRENT, initial_state=0.0),
        TypeError,
        "initial_state must be a torch.Tensor, got float",
    ),
    "integer beta tensor": (
        lambda: lif(CURRENT, beta=torch.ones(3, dtype=torch.int64)),
        TypeError,
        f"beta must be {FLOATS}, got int64",
    ),
    "complex state": (
        lambda: lif(CURRENT, initial_state=torch.zeros(2, 3, dtype=torch.complex64)),
        TypeError,
        f"initial_state must be {FLOATS}, got complex64",
    ),
    "beta on another device": (
        lambda: lif(CURRENT, beta=META),
        ValueError,
        "beta is on meta, current on cpu: put both on one device",
    ),
    "state on another device": (
        lambda: lif(CURRENT, initial_state=META),
        ValueError,
        "initial_state is on meta, current on cpu: put both on one device",
    ),
    "beta not finite": (lambda: lif(CURRENT, beta=math.inf), ValueError, "beta must be finite, got inf"),
    "beta in a tensor not finite": (
        lambda: lif(CURRENT, beta=torch.tensor([0.5, math.nan, 0.5])),
        ValueError,
        "beta must be finite, got nan",
    ),
    "threshold zero": (
        lambda: lif(CURRENT, threshold=0.0),
        ValueError,
        "threshold must be positive and finite, got 0.0",
    ),
    "threshold negative": (
        lambda: lif(CURRENT, threshold=-1),
        ValueError,
        "threshold must be positive and finite, got -1",
    ),
    "threshold nan": (
        lambda: lif(CURRENT, threshold=math.nan),
        ValueError,
        "threshold must be positive and finite, got nan",
    ),
    "threshold infinite": (
        lambda: lif(CURRENT, threshold=math.inf),
        ValueError,
        "threshold must be positive and finite, got inf",
    ),
    "threshold in a tensor negative": (
        lambda: lif(CURRENT, threshold=torch.tensor([1.0, -0.5, 1.0])),
        ValueError,
        "threshold must be positive and finite, got -0.5",
    ),
    "threshold in a tensor infinite": (
        lambda: lif(CURRENT, threshold=torch.tensor([1.0, 1.0, math.inf])),
        ValueError,
        "threshold must be positive and finite, got inf",
    ),
    "slope zero": (lambda: lif(CURRENT, slope=0), ValueError, "slope must be positive and finite, got 0"),
    "slope negative": (lambda: lif(CURRENT, slope=-25.0), ValueError, "slope must be positive and finite, got -25.0"),
    "slope infinite": (lambda: lif(CURRENT, slope=math.inf), ValueError, "slope must be positive and finite, got inf"),
    "slope is a string": (
        lambda: lif(CURRENT, slope="25"),
        TypeError,
        "slope must be a number, got str",
    ),
    "beta is None": (
        lambda: lif(CURRENT, beta=None),
        TypeError,
        "beta must be a number or a torch.Tensor, got NoneType",
    ),
    "slope needs a gradient": (
        lambda: lif(CURRENT, slope=torch.tensor(25.0, requires_grad=True)),
        ValueError,
        "slope must have no gradient, because it only shapes that of the spikes: write slope.detach()",
    ),
    "slope of several elements": (
        lambda: lif(CURRENT, slope=torch.ones(4)),
        ValueError,
        "slope must be a number or a tensor of one element, got shape (4,)",
    ),
    "slope in a tensor, negative": (
        lambda: lif(CURRENT, slope=torch.tensor(-25.0)),
        ValueError,
        "slope must be positive and finite, got -25.0",
    ),
    "slope in a tensor, whole": (
        lambda: lif(CURRENT, slope=torch.tensor(25)),
        TypeError,
        "slope must be float64, float32, bfloat16 or float16, got int64",
    ),
    "input_scale not finite": (
        lambda: lif(CURRENT, input_scale=math.nan),
        ValueError,
        "input_scale must be finite, got nan",
    ),
    "reset to a value not finite": (
        lambda: lif(CURRENT, reset=-math.inf),
        ValueError,
        "reset must be finite, got -inf",
    ),
    "reset misspelt": (
        lambda: lif(CURRENT, reset="substract"),
        ValueError,
        "reset must be one of 'subtract', 'none', 'zero' or a number, got 'substract'; did you mean 'subtract'?",
    ),
    "reset is none": (
        lambda: lif(CURRENT, reset=None),
        TypeError,
        "reset must be a number or one of subtract, none, zero, got NoneType",
    ),
    "surrogate misspelt": (
        lambda: lif(CURRENT, surrogate="sigmod"),
        ValueError,
        "surrogate must be one of 'fast_sigmoid', 'arctan', 'sigmoid', 'triangle', 'rectangle', 'gaussian', "
        "'straight_through', got 'sigmod'; did you mean 'sigmoid' or 'fast_sigmoid'?",
    ),
    "surrogate like no other": (
        lambda: lif(CURRENT, surrogate="xyz"),
        ValueError,
        "surrogate must be one of 'fast_sigmoid', 'arctan', 'sigmoid', 'triangle', 'rectangle', 'gaussian', "
        "'straight_through', got 'xyz'",
    ),
    "backend misspelt": (
        lambda: lif(CURRENT, backend="trition"),
        ValueError,
        "backend must be one of 'auto', 'reference', 'native', 'triton', got 'trition'; did you mean 'triton'?",
    ),
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
    "input_scale in a tensor, not finite": (
        lambda: lif(CURRENT, input_scale=torch.tensor([math.nan])),
        ValueError,
        "input_scale must be finite, got nan",
    ),
    "threshold in a float64 tensor, beyond float32": (
        lambda: lif(CURRENT, threshold=torch.tensor(1e39, dtype=torch.float64)),
        ValueError,
        "threshold must be finite in float32, the dtype of states, got 1e+39",
    ),
    "strict is no flag": (lambda: lif(CURRENT, strict="no"), TypeError, "strict must be True or False, got 'no'"),
    "detach_reset is no flag": (
        lambda: lif(CURRENT, detach_reset=None),
        TypeError,
        "detach_reset must be True or False, got None",
    ),
    "return_state is no flag": (
        lambda: lif(CURRENT, return_state="yes"),
        TypeError,
        "return_state must be True or False, got 'yes'",
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
    "threshold beyond float32": (
        lambda: lif(CURRENT, threshold=1e39),
        ValueError,
        "threshold must be finite in float32, the dtype of states, got 1e+39",
    ),
    "reset beyond float32": (
        lambda: lif(CURRENT.half(), reset=-1e39),
        ValueError,
        "reset must be finite in float32, the dtype of states, got -1e+39",
    ),
    "slope beyond float32": (
        lambda: lif(CURRENT, slope=1e39),
        ValueError,
        "slope must be finite in float32, the dtype of states, got 1e+39",
    ),
    "beta beyond any float": (
        lambda: lif(CURRENT, beta=10**400),
        ValueError,
        f"beta must be finite, got {10**400}",
    ),
    "sparse current": (
        lambda: lif(CURRENT.to_sparse()),
        TypeError,
        "current must be a dense tensor, got layout torch.sparse_coo: to_dense() makes one of it",
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
    "time_dim is no whole number": (
        lambda: lif(CURRENT, time_dim=1.0),
        TypeError,
        "time_dim must be a whole number, got 1.0",
    ),
    "output is a list": (
        lambda: lif(CURRENT, output=["sum"]),
        ValueError,
        "output must be one of 'all', 'sum', 'mean', 'last', 'max', 'packed', got ['sum']; did you mean 'sum'?",
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
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize("engine", ["native", "triton"])
def test_engine_asked_for_by_name_runs_or_says_why_not(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        dispatch.engines, "unusable_reason", lambda engine, device, neuron: f"no {engine} for {device} today"
    )
    monkeypatch.setattr(checks, "_known_plan", checks._plan)  # which remembers who could run
    monkeypatch.setattr(checks, "_known_call", checks._check_known)
    message = f'^backend="{engine}" cannot run on cpu: no {engine} for cpu today$'
    with pytest.raises(RuntimeError, match=message):
        lif(CURRENT, backend=engine)
    with pytest.raises(RuntimeError, match=message), use_backend(engine):
        lif(CURRENT)
    with pytest.raises(RuntimeError, match=message), use_backend(engine):
        FusedLIF.apply(CURRENT)
    assert lif(CURRENT).shape == CURRENT.shape, "auto runs on what there is"


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ({"reset": 0}, {"reset": False}, "reset must be a number or one of subtract, none, zero, got bool"),
        ({"beta": 1}, {"beta": True}, "beta must be a number or a torch.Tensor, got bool"),
        ({"slope": 1.0}, {"slope": True}, "slope must be a number, got bool"),
    ],
)
def test_what_equals_a_known_call_is_checked_too(right: dict[str, Any], wrong: dict[str, Any], message: str) -> None:
    lif(CURRENT, **right)
    with pytest.raises(TypeError, match=re.escape(message)):
        lif(CURRENT, **wrong)


def test_nothing_runs_before_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snnkernels.functional.run", lambda *args, **kwargs: pytest.fail("a kernel ran"))
    with pytest.raises(ValueError, match="threshold"):
        lif(CURRENT, threshold=-1.0)
