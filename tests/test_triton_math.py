"""The functions that emitted Triton steps call, each alone, on a GPU or else under Triton's interpreter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from support import Target
from torch import Tensor

from snnkernels.language import sqrt

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
DTYPES = [torch.float32, torch.float64]

pytestmark = [pytest.mark.gpu] if DEVICE == "cuda" else []

SOURCE = """
import triton
import triton.language as tl

from snnkernels.engines.triton_math import {name} as function


@triton.jit
def apply(x, y, BLOCK: tl.constexpr):
    place = tl.arange(0, BLOCK)
    tl.store(y + place, function(tl.load(x + place)))
"""


@pytest.fixture
def of_one(tmp_path) -> Callable[[str, Tensor], Tensor]:
    Target("triton", DEVICE).require()

    def run(name: str, x: Tensor) -> Tensor:
        file, module = tmp_path / f"{name}.py", {"__name__": name}
        file.write_text(SOURCE.format(name=name))
        exec(compile(file.read_text(), str(file), "exec"), module)
        block = 1 << (x.numel() - 1).bit_length()
        padded = torch.zeros(block, dtype=x.dtype, device=DEVICE)
        padded[: x.numel()] = x
        y = torch.empty_like(padded)
        module["apply"][(1,)](padded, y, BLOCK=block)
        return y[: x.numel()].cpu()

    return run


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("name, function", [("logistic", torch.sigmoid), ("hyperbolic_tangent", torch.tanh)])
def test_sigmoid_and_tanh_are_near_the_exact_value_everywhere(
    of_one: Callable, name: str, function: Callable, dtype: torch.dtype
) -> None:
    """As near as the exponential is; relative to the value also near 0, and without overflow."""
    small = torch.logspace(-30, 0, 1000, dtype=dtype)
    x = torch.cat([torch.linspace(-80, 80, 2001, dtype=dtype), small, -small])
    relative = (of_one(name, x).double() / function(x.double()) - 1)[x != 0].abs().max()
    assert relative <= (1e-6 if dtype == torch.float32 else 1e-15)
    far = torch.tensor([-torch.inf, -1e30, 0.0, -0.0, 1e30, torch.inf, torch.nan], dtype=dtype)
    torch.testing.assert_close(of_one(name, far), function(far), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_square_root_is_exact(of_one: Callable, dtype: torch.dtype) -> None:
    special = [0.0, -0.0, torch.inf, torch.finfo(dtype).max, torch.finfo(dtype).tiny]
    x = torch.cat([torch.rand(4000, dtype=dtype) * 100, torch.tensor(special, dtype=dtype)])
    assert torch.equal(of_one("square_root", x), sqrt(x))
