"""What the signature of a step may be, and what is said of one that is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, Literal

import numpy
import pytest
import torch
from support import assert_same_bits, random_current
from torch import Tensor

from snnkernels import neuron
from snnkernels.ranges import Positive


def named(name: str, of: str = "parameter") -> Callable[..., Any]:
    """A step with an argument of this name."""
    made: dict[str, Any] = {}
    first, last = (name, "") if of == "input" else ("x", f", *, {name}=0.5")
    exec(f"def step({first}, v{last}):\n    v = v + {name} * {first}\n    return v, v", made)
    return made["step"]


def fires_positionally(spike, v):
    return v, v


def numbers_for_words(x, v, *, levels: Literal[1, 2] = 1):
    return x, v


def misspelt(x, v, *, gain: torch.Tensr = 0.5):  # type: ignore[name-defined]
    return x, v


WRONG: dict[str, tuple[Callable[..., Any], Any, str]] = {
    "object": (partial(named("gain")), ("v",), "@neuron must decorate a function, got partial"),
    "one word": (named("gain"), "v", r"states must be a tuple of names, such as \('v',\), got 'v'"),
    "a number as a state": (named("gain"), (1,), r"states must be a tuple of names, such as \('v',\), got \(1,\)"),
    "a set of states": (named("gain"), {"v"}, r"states must be a tuple of names, such as \('v',\), got {'v'}"),
    "no states": (named("gain"), None, r"states must be a tuple of names, such as \('v',\), got None"),
    "spike": (fires_positionally, ("v",), r"must take spike by keyword only: write it after the \*"),
    "annotation": (misspelt, ("v",), "the annotations of misspelt cannot be read: module 'torch' has no attribute"),
    "numbers as words": (numbers_for_words, ("v",), "levels of numbers_for_words has the default 1: give a parameter"),
    **{
        name: (named(name), ("v",), f"step cannot call an argument '{name}', which is the name of .*: choose another")
        for name in ("output", "forward", "learn", "arguments", "reset_parameters", "training")
    },
    **{
        f"input {name}": (named(name, "input"), ("v",), f"step cannot call an argument '{name}', which is the name of")
        for name in ("self", "initial_state", "output")
    },
}


@pytest.mark.parametrize(("step", "states", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_no_step_is_told(step: Callable[..., Any], states: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        neuron(states=states)(step)


def exact_current() -> Tensor:
    """Eighths, whose sums are exact in any order."""
    return random_current(5, 2, 7).mul(8).round() / 8


@pytest.mark.parametrize("name", ["grad_output", "grad_next_v", "auto", "numbers", "definition", "v_", "grad_v"])
def test_names_of_the_package_s_own_are_free(name: str, native: None) -> None:
    function = neuron(states=("v",))(named(name))
    current, gradients = exact_current(), []
    for backend in ("native", "reference"):
        given = torch.tensor(0.25, requires_grad=True)
        output = function(current, **{name: given}, backend=backend)
        assert_same_bits(output.detach(), 0.25 * current.cumsum(0))
        (output * current).sum().backward()
        gradients.append(given.grad)
    torch.testing.assert_close(*gradients)
    assert_same_bits(function.layer(**{name: 0.25})(current), 0.25 * current.cumsum(0))


def test_an_option_may_have_any_words() -> None:
    @neuron(states=("v",))
    def scaled(x, v, *, scale: Literal["a number", "one"] = "one"):
        v = v + (2 * x if scale == "a number" else x)
        return v, v

    current = exact_current()
    assert_same_bits(scaled(current, scale="a number"), 2 * current.cumsum(0))
    assert_same_bits(scaled(current), current.cumsum(0))


@pytest.mark.parametrize(
    "hint, default, expected",
    [(Any, math.nan, "a finite number as its default, got nan"), (Positive, 0.0, "a number above 0 as its default")],
)
def test_a_default_is_one_that_a_call_can_take(hint: Any, default: float, expected: str) -> None:
    def scaled(x, v, *, gain=default):
        return gain * x, v

    scaled.__annotations__ = {"gain": hint}
    with pytest.raises(ValueError, match=f"scaled must give gain {expected}"):
        neuron(states=("v",))(scaled)


@pytest.mark.parametrize("default", [numpy.float32(0.25), numpy.float64(0.25), numpy.int64(2), Fraction(1, 4)])
def test_any_number_is_a_default(default: Any) -> None:
    @neuron(states=("v",))
    def scaled(x, v, *, gain=default):
        v = v + gain * x
        return v, v

    current = exact_current()
    assert_same_bits(scaled(current), float(default) * current.cumsum(0))
    assert_same_bits(scaled.layer(learn_gain=True)(current).detach(), float(default) * current.cumsum(0))


def test_a_lambda_is_a_step(native: None) -> None:
    function = neuron(states=("v",))(lambda x, v, *, gain=0.5: (v + gain * x, v + gain * x))
    current = exact_current()
    assert_same_bits(function(current, backend="native"), function(current, backend="reference"))
    assert_same_bits(function(current, backend="reference"), (0.5 * current).cumsum(0))


def test_a_step_may_return_numbers(native: None) -> None:
    @neuron(states=("v", "w", "u"))
    def forgetful(x, v, w, u, *, gain=0.5):
        return 1.0, v + x, -2.0, gain

    current = exact_current()
    for backend in ("native", "reference"):
        output, states = forgetful(current, return_state=True, gain=torch.full((7,), 0.25), backend=backend)
        for actual, number in ((output, 1.0), (states[1], -2.0), (states[2], 0.25)):
            assert_same_bits(actual, torch.full(actual.shape, number))
        assert_same_bits(states[0], current.cumsum(0)[-1])
