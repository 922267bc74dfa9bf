"""Wrong input of a call: one sentence, with the value that is wrong and what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import assert_raises

from snnkernels import FusedLIF, dispatch, lif, use_backend
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
    "state is a number": (
        lambda: lif(CURRENT, initial_state=0.0),
        TypeError,
        "initial_state must be a torch.Tensor, got float",
    ),
    "complex state": (
        lambda: lif(CURRENT, initial_state=torch.zeros(2, 3, dtype=torch.complex64)),
        TypeError,
        f"initial_state must be {FLOATS}, got complex64",
    ),
    "state on another device": (
        lambda: lif(CURRENT, initial_state=META),
        ValueError,
        "initial_state is on meta, current on cpu: put both on one device",
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
    "sparse current": (
        lambda: lif(CURRENT.to_sparse()),
        TypeError,
        "current must be a dense tensor, got layout torch.sparse_coo: to_dense() makes one of it",
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
}


@pytest.mark.parametrize(("call", "error", "message"), CASES.values(), ids=CASES.keys())
def test_message(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    assert_raises(call, error, message)


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
