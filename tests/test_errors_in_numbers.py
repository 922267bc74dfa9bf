"""Wrong parameters and slopes: one sentence, with the value that is wrong and what was expected."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import assert_raises

from snnkernels import lif

CURRENT = torch.zeros(4, 2, 3)
META = torch.zeros(2, 3, device="meta")
FLOATS = "float64, float32, bfloat16 or float16"

# A call, the error, and its message, whole.
CASES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
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
    "integer beta tensor": (
        lambda: lif(CURRENT, beta=torch.ones(3, dtype=torch.int64)),
        TypeError,
        f"beta must be {FLOATS}, got int64",
    ),
    "beta on another device": (
        lambda: lif(CURRENT, beta=META),
        ValueError,
        "beta is on meta, current on cpu: put both on one device",
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
}


@pytest.mark.parametrize(("call", "error", "message"), CASES.values(), ids=CASES.keys())
def test_message(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    assert_raises(call, error, message)
