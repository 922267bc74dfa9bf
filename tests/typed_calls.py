"""Calls as a user writes them, for mypy to tell their types: nothing here is run."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import assert_type

from snnkernels import EachStep, PackedSpikes, lif


def calls(current: Tensor, output: str, state: bool) -> None:
    assert_type(lif(current), Tensor)
    assert_type(lif(current, beta=0.5, reset="zero", output="count"), Tensor)
    assert_type(lif(current, output="packed"), PackedSpikes)
    assert_type(lif(current, return_state=True), tuple[Tensor, Tensor])
    assert_type(lif(current, output="packed", return_state=True), tuple[PackedSpikes, Tensor])
    result = lif(current, output=output, return_state=state)
    assert_type(result, Tensor | PackedSpikes | tuple[Tensor | PackedSpikes, Tensor])


def layers(x: Tensor) -> None:
    assert_type(EachStep(nn.Conv2d(1, 8, 3)), EachStep)
    dropout = EachStep(nn.Dropout(0.2), same_mask=True)
    assert_type(dropout.same_mask, bool)
    assert_type(dropout.forward(x), Tensor | tuple[Tensor, ...])
