"""Surrogates that a user writes, as functions of the distance to threshold and of the slope."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from pages import code
from support import Target, assert_rounded, assert_same_bits, random_current
from torch import Tensor
from user_neurons import adaptive

from snnkernels import LIF, SpikingLinear, exp, lif, where
from snnkernels.engines import native_build
from snnkernels.surrogates import SURROGATES, find, register
from snnkernels.symbols import StepError


def window(distance: Any, slope: Any = 0.5) -> Any:
    """1 above -slope: not symmetric, and with a default."""
    return where(distance >= -slope, 1.0, 0.0)


def triangle_again(distance: Any, slope: Any) -> Any:
    """The built-in triangle, term by term."""
    y = 1 - slope * abs(distance)
    return slope * where(y > 0, y, 0.0)


def bell(distance: Any, slope: Any) -> Any:
    return slope * exp(-distance * distance)


def gradients(current: Tensor, backend: str, **options: Any) -> tuple[Tensor, Tensor]:
    x = current.clone().requires_grad_()
    spikes = lif(x, backend=backend, **options)
    (spikes * torch.linspace(-1, 2, spikes.numel(), device=x.device).view_as(spikes)).sum().backward()
    return spikes.detach(), x.grad


def test_it_is_the_built_in_one_where_it_computes_the_same(target: Target) -> None:
    if target.engine == "native" and target.device == "cuda":
        pytest.skip("the CUDA library has the built-in surrogates alone")
    current = random_current(11, 2, 7, device=target.device)
    own = gradients(current, target.engine, surrogate=triangle_again, slope=2.0)
    expected = gradients(current, target.engine, surrogate="triangle", slope=2.0)
    assert expected[1].any()
    for actual, wanted in zip(own, expected, strict=True):
        assert_same_bits(actual, wanted)


def test_every_engine_has_the_gradient_of_the_reference(compiled: Target) -> None:
    if compiled.engine == "native" and compiled.device == "cuda":
        pytest.skip("the CUDA library has the built-in surrogates alone")
    current = random_current(11, 2, 7, device=compiled.device)
    for surrogate in (window, bell):
        actual, expected = (
            gradients(current, engine, surrogate=surrogate) for engine in (compiled.engine, "reference")
        )
        assert_same_bits(actual[0], expected[0])
        assert_rounded(actual[1], expected[1])


def test_the_native_engine_has_compiled_it(native: None) -> None:
    current = random_current(5, 2, 7)
    lif(current, surrogate=bell, backend="native")
    assert native_build.ensure(register(bell)) is None
    x = current.clone().requires_grad_()
    adaptive(x, surrogate=bell, backend="native").sum().backward()
    y = current.clone().requires_grad_()
    adaptive(y, surrogate=bell, backend="reference").sum().backward()
    assert x.grad.any()
    assert_rounded(x.grad, y.grad)


def test_its_default_slope_is_that_of_its_signature() -> None:
    assert find(register(window)).default_slope == 0.5
    assert find(register(bell)).default_slope == 1.0
    current = random_current(5, 2, 7)
    default, half, one = (
        gradients(current, "reference", surrogate=window, **given)[1] for given in ({}, {"slope": 0.5}, {"slope": 1.0})
    )
    assert_same_bits(default, half)
    assert not torch.equal(half, one)


def test_functions_that_differ_in_their_default_slope_are_two() -> None:
    def steeper(distance: Any, slope: Any = 2.0) -> Any:
        return bell(distance, slope)

    def fixed(distance: Any, slope: Any, width: Any = 0.25) -> Any:
        return where(abs(distance) < width, slope, 0.0)

    before, steeper.__name__ = register(bell), "bell"
    assert find(before).default_slope == 1.0
    assert find(register(steeper)).default_slope == 2.0
    assert find(register(fixed)).default_slope == 1.0
    current = random_current(5, 2, 7)
    for surrogate, slope in ((bell, 1.0), (steeper, 2.0)):
        default, given = (gradients(current, "reference", surrogate=surrogate, **o)[1] for o in ({}, {"slope": slope}))
        assert default.any()
        assert_same_bits(default, given)


def test_a_name_tells_the_content() -> None:
    assert register(window) == register(window) and register(window).startswith("window_")
    other = lambda distance, slope: slope * exp(-distance * distance)  # noqa: E731  what bell computes
    assert register(other).rpartition("_")[2] == register(bell).rpartition("_")[2]
    assert register(bell) not in SURROGATES


def test_layers_hold_it() -> None:
    layer, current = LIF(surrogate=window), random_current(5, 2, 7)
    assert layer.surrogate is window
    for one in (layer, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        x = current.clone().requires_grad_()
        one(x).sum().backward()
        y = current.clone().requires_grad_()
        lif(y, surrogate=window).sum().backward()
        assert_same_bits(x.grad, y.grad)
    layer.surrogate = "arctan"
    fused = SpikingLinear(7, 3, surrogate=window)
    assert fused.neuron.surrogate is window
    fused(current.gt(0).float()).sum().backward()
    assert fused.linear.weight.grad.any()


def test_it_compiles_whole() -> None:
    torch._dynamo.reset()
    current = random_current(5, 2, 7)
    expected = gradients(current, "auto", surrogate=window)
    x = current.clone().requires_grad_()
    whole = torch.compile(lambda x: lif(x, surrogate=window), fullgraph=True, backend="aot_eager")
    spikes = whole(x)
    (spikes * torch.linspace(-1, 2, spikes.numel()).view_as(spikes)).sum().backward()
    assert_same_bits(spikes.detach(), expected[0])
    assert_same_bits(x.grad, expected[1])


def test_what_is_no_surrogate_is_told_with_its_line() -> None:
    def branches(distance: Any, slope: Any) -> Any:
        return slope if distance > 0 else 0.0

    with pytest.raises(StepError, match=r"return slope if distance > 0 else 0.0"):
        lif(torch.zeros(3, 2, 4), surrogate=branches)
    with pytest.raises(ValueError, match="surrogate must be one of 'fast_sigmoid'"):
        lif(torch.zeros(3, 2, 4), surrogate="bell")


def test_code_on_the_page_runs() -> None:
    names: dict[str, Any] = {}
    (block,) = code("docs/surrogates.md", "A surrogate of your own")
    exec(block, names)
    assert names["current"].grad.any()
