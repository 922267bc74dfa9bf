"""The words of a step on tensors, and what a step may not do: every error shows the line and what to write instead."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import partial

import numpy
import pytest
import torch
from graphs import evaluate
from support import assert_same_bits
from torch import Tensor

from snnkernels.language import detach, floor, maximum, minimum, sigmoid, sqrt, tanh, where
from snnkernels.trace import StepError, Symbol, trace_function, trace_step


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_words_on_tensors_are_the_functions_that_they_name(dtype: torch.dtype) -> None:
    x = torch.tensor([-1.5, -0.0, 0.25, 4.0], dtype=dtype)
    assert floor(x).tolist() == [-2.0, 0.0, 0.0, 4.0]
    assert sqrt(x[2:]).tolist() == [0.5, 2.0]
    assert_same_bits(tanh(x), torch.tanh(x))
    assert_same_bits(sigmoid(x), torch.sigmoid(x))
    assert where((x > 0) & ~(x > 1), 2.0, 0.5).tolist() == [0.5, 0.5, 2.0, 0.5]
    assert where((x < -1) | (x > 1), 2.0, 0.5).dtype == torch.float32


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_square_root_is_the_nearest_number(dtype: torch.dtype) -> None:
    """NumPy's is the processor's."""
    special = [0.0, -0.0, -1.0, math.inf, math.nan, torch.finfo(dtype).tiny, torch.finfo(dtype).max]
    x = torch.cat([torch.rand(100_000, dtype=dtype) * 100, torch.tensor(special, dtype=dtype)])
    with numpy.errstate(invalid="ignore"):
        expected = torch.from_numpy(numpy.sqrt(x.numpy()))
    torch.testing.assert_close(sqrt(x), expected, rtol=0, atol=0, equal_nan=True)
    assert torch.equal(sqrt(x[100_000:100_002]).signbit(), torch.tensor([False, True]))


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
def test_square_root_is_differentiated_twice_forward_and_under_vmap() -> None:
    x = torch.rand(10, dtype=torch.float64) + 0.5
    torch.autograd.gradcheck(sqrt, x.requires_grad_(), check_forward_ad=True)
    torch.autograd.gradgradcheck(sqrt, x)
    assert_same_bits(torch.func.vmap(sqrt)(x.detach()), sqrt(x.detach()))
    assert_same_bits(torch.func.grad(lambda a: sqrt(a).sum())(x.detach()), 1 / (2 * sqrt(x.detach())))


def test_condition_between_two_numbers_does_not_widen_a_state() -> None:
    state = torch.rand(5)
    assert (state * where(state > 0.5, 2.0, 0.5)).dtype == torch.float32
    wide = torch.rand(5, dtype=torch.float64)
    assert_same_bits(wide * where(wide > 0.5, 2.0, 0.5), wide * torch.where(wide > 0.5, wide.new_tensor(2.0), 0.5))


def test_numbers_of_numpy_are_numbers() -> None:
    """On either side, and of either width."""
    two, half = numpy.float64(2.0), numpy.float32(0.5)
    pairs: list[tuple[Callable, Callable]] = [
        (lambda a: two * a + half, lambda a: 2 * a + 0.5),
        (lambda a: a * two - half * a, lambda a: a * 2 - 0.5 * a),
        (lambda a: a / two - two, lambda a: a / 2 - 2),
        (lambda a: two - a, lambda a: 2 - a),
        (lambda a: where(half < a, two, a), lambda a: where(a > 0.5, 2.0, a)),
        (lambda a: where(two >= a, half, a), lambda a: where(a <= 2, 0.5, a)),
    ]
    a = torch.tensor([0.25, 0.5, 3.0], dtype=torch.float64)
    for written, expected in pairs:
        result = evaluate(trace_function(written, ("a",), "out"), {"a": a})["out"]
        assert_same_bits(result, expected(a))


def error_of(step: Callable, inputs: tuple[str, ...] = ("x",), states: tuple[str, ...] = ("u",)) -> str:
    with pytest.raises(StepError) as caught:
        trace_step(step, inputs, states, ())
    assert isinstance(caught.value, TypeError)
    return str(caught.value)


def line_of(function: Callable, text: str) -> int:
    lines, first = inspect.getsourcelines(function)
    return next(first + i for i, line in enumerate(lines) if text in line)


def assert_shows(message: str, function: Callable, text: str) -> None:
    """The message ends as a traceback does: file, line number, name and text of the line."""
    place = f'  File "{__file__}", line {line_of(function, text)}, in {function.__name__}'
    assert message.splitlines()[-2:] == [place, f"    {text}"]


# What a step may not say, as it may stand there, and what the error says to write instead.
FORBIDDEN: dict[str, str] = {
    "u = u if u > 0 else x": "write where(condition, a, b) instead of if",
    "u = where(x > 0 and u > 0, x, u)": "(a > 0) & (b > 0) instead of and",
    "u = where(x > 0 or u > 0, x, u)": "| instead of or",
    "u = where(not u > 0, x, u)": "~ instead of not",
    "u = where(0 < u < 1, x, u)": "(0 < x) & (x < 1) instead of 0 < x < 1",
    "u = max(u, 0.0)": "minimum or maximum instead of min or max",
    "u = where(x > 0 & u > 0, x, u)": "write (a > 0) & (b > 0), each in brackets",
    "u = where(x & u, x, u)": "& takes conditions: write (a > 0) & (b > 0)",
    "u = where(~u, x, u)": "~ takes conditions",
    "u = (u > 0) * 2.0": "a condition is no number: write where(condition, 2.0, 0.0)",
    "u = x + (u > 0)": "write where(condition, 1.0, 0.0)",
    "u = floor(u > 0)": "write where(condition, 1.0, 0.0)",
    "u = minimum(u > 0, x)": "write where(condition, 1.0, 0.0)",
    "u = where(u, x, 0.0)": "where takes a condition first: write where(x > 0, a, b)",
    "u = where(True, x, u)": "write a if option else b",
    "u = where(u > 0, x > 0, u > 0)": "write where(condition, 1.0, 0.0)",
    "u = where(u > 0, 0.1, 0.2)": "where(0.1, 0.2) rounds to float32: give one of them as a parameter",
    "u = spike(u > 0)": "write where(condition, 1.0, 0.0)",
    "u = spike(u, 1.0)": "spike takes one value, which is 0 or above where it fires: write spike(v - threshold)",
    "u = spike(u, slope=2.0)": "spike takes one value",
    "u = math.exp(u)": "a value of a step is no Python number, which math's functions and int take",
    "u = math.floor(u)": "write snnkernels' floor",
    "u = math.ceil(u)": "write -floor(-x)",
    "u = float(u)": "snnkernels' exp, sqrt, tanh, sigmoid, floor",
    "u = int(u)": "a value of a step is no Python number",
    "u = round(u)": "write floor(x + 0.5)",
    "u = numpy.exp(u)": "NumPy's exp takes no value of a step: write snnkernels' exp",
    "u = numpy.where(u > 0, x, u)": "NumPy's where takes no value of a step: write snnkernels' where",
    "u = numpy.asarray(u)": "NumPy takes no value of a step",
    "u = numpy.ones(3) * u": "NumPy's multiply takes no value of a step",
    "u = torch.exp(u)": "torch's exp takes no value of a step: write snnkernels' exp",
    "u = torch.erf(u)": "torch's erf takes no value of a step: a step has + - * /",
    "u = torch.where(u > 0, x, u)": "write snnkernels' where",
    "u = torch.clamp(u, 0, 1)": "write minimum(maximum(x, low), high)",
    "u = torch.nn.functional.relu(u)": "torch's relu takes no value of a step: write maximum(x, 0.0)",
    "u = torch.ones(3) * u": "a step computes with its own values and with numbers, not with a Tensor",
    "u = u * torch.ones(3)": "a step computes with its own values and with numbers, not with a Tensor",
    "u = torch.tensor(u)": "a step",
    "u = u.clamp(0, 1)": "a value of a step has no .clamp: write minimum(maximum(x, low), high)",
    "u = u.exp()": "a value of a step has no .exp: write snnkernels' exp",
    "u = u ** 2": "a step has no **: write x * x for a square",
    "u = 2 ** u": "a step has no **",
    "u = u @ x": "a step has no matrix product @",
    "u = u % 1": "write a - b * floor(a / b)",
    "u = u // 2": "write floor(a / b)",
    "u = u << 1": "a step has no << and >>",
    "u = u ^ x": "a step has no ^",
    "u = u[0]": "it has no elements",
    "u = [a for a in u]": "it has no elements",
    "u = u(x)": "write * for a product",
    "u = {u: x}": "a step is arithmetic on its values, and here TypeError was raised: unhashable type: 'Symbol'",
    "u = u + None": "not with a NoneType",
    "u = u + 1j": "not with a complex",
    "u = u + math.inf": "a number in a step is finite, and this is inf",
    "u = sqrt(2.0)": "sqrt takes a value of the step, not 2.0: use Python's math for a plain number",
    "u = minimum(1, 2)": "minimum takes a value of the step, not 1 and 2: use Python's min",
}


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("line", FORBIDDEN)
def test_what_a_step_may_not_say_is_shown_with_what_to_write_instead(line: str, tmp_path) -> None:
    file = tmp_path / "my_neuron.py"
    file.write_text(f"def step(x, u, *, spike):\n    s = spike(u)\n    {line}\n    return s, u\n")
    names = {**globals()}
    exec(compile(file.read_text(), file, "exec"), names)
    message, *place = error_of(names["step"]).splitlines()
    assert FORBIDDEN[line] in message
    assert place == [f'  File "{file}", line 3, in step', f"    {line}"]


def decayed(u: Symbol) -> Symbol:
    return u * math.exp(u)


def test_line_is_that_of_the_function_that_a_step_calls() -> None:
    message = error_of(partial(lambda x, u, *, spike, option: (decayed(x), u), option=True))
    assert_shows(message, decayed, "return u * math.exp(u)")


def test_surrogate_is_shown_too() -> None:
    def soft(x, k):
        return torch.sigmoid(k * x)

    with pytest.raises(StepError) as caught:
        trace_function(soft, ("x", "k"), "derivative")
    assert "write snnkernels' sigmoid" in str(caught.value)
    assert_shows(str(caught.value), soft, "return torch.sigmoid(k * x)")


def test_errors_of_other_kinds_are_left_as_they_are() -> None:
    with pytest.raises(NameError, match="mystery"):
        trace_step(lambda x, u: (mystery(x), u), ("x",), ("u",), ())  # type: ignore[name-defined]  # noqa: F821


def adlif(x, u, w, *, spike):
    return spike(u), w + x


def returns_nothing(x, u):
    detach(u)


@pytest.mark.parametrize(
    "step, states, expected",
    [
        (adlif, ("u", "w"), "adlif (HERE) returns 2 values, expected 3: the output, then the next u, w"),
        (returns_nothing, ("u",), "returns_nothing (HERE) returns None, expected 2: the output, then the next u"),
        (lambda x, u: (x, u, u), ("u",), "<lambda> (HERE) returns 3 values, expected 2: the output, then the next u"),
        (lambda x, u: x, ("u",), "<lambda> (HERE) returns a value that is in no tuple, expected 2: "),
        (lambda x: x, (), "<lambda> (HERE) returns a value that is in no tuple, expected 1: the output"),
        (lambda x, u: (x > 0, u), ("u",), "<lambda> (HERE) returns a condition as output: write where("),
        (lambda x, u: (x, u == 0), ("u",), "<lambda> (HERE) returns a condition as next_u"),
        (lambda x, u: (x, None), ("u",), "<lambda> (HERE) returns a NoneType as next_u, expected a number"),
    ],
)  # fmt: skip
def test_what_a_step_returns_is_counted_and_checked(step: Callable, states: tuple[str, ...], expected: str) -> None:
    place = f'File "{__file__}", line {step.__code__.co_firstlineno}'
    assert error_of(step, states=states).startswith(expected.replace("HERE", place))


def test_step_keeps_no_value_from_one_call_to_the_next() -> None:
    kept: list[Symbol] = []

    def step(x, u):
        kept.append(x)
        return kept[0] + u, u

    trace_step(step, ("x",), ("u",), ())
    message = error_of(step)
    assert message.startswith("a value of another call: a step keeps nothing between calls but its states")
    assert_shows(message, step, "return kept[0] + u, u")


def test_words_refuse_plain_numbers_on_tensors_too() -> None:
    with pytest.raises(StepError, match="sqrt takes a value of the step, not 4"):
        sqrt(4)
    assert maximum(torch.ones(2), 3).tolist() == [3.0, 3.0]
    assert isinstance(minimum(0, torch.ones(2)), Tensor)


def test_parameter_that_may_be_a_word_is_none_when_it_is_a_number() -> None:
    def step(x, u, *, reset):
        return (x if reset == "zero" else x - reset), (x if reset != "zero" else u)

    graph = trace_step(step, ("x",), ("u",), ("reset",))
    outputs = evaluate(graph, {name: torch.tensor(number) for name, number in (("x", 3.0), ("u", 5.0), ("reset", 1.0))})
    assert (outputs["output"].item(), outputs["next_u"].item()) == (2.0, 3.0)
