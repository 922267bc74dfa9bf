"""Numbers that change from call to call: no new plan in eager, no new graph under torch.compile, the same bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from support import Target, assert_same_bits, random_current
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend
from torch._subclasses import FakeTensorMode

from snnkernels import FusedLIF, SpikeLinear, lif
from snnkernels.inputs import check_call, find_call
from snnkernels.scan import Checked

NAMES = ("slope", "input_scale", "reset", "beta", "threshold")
VALUES = [0.5 + 0.125 * number for number in range(12)]


@pytest.fixture(autouse=True)
def fresh_compiler() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def both_ways(call: Callable[..., Tensor], current: Tensor, *given: Any) -> tuple[Tensor, Tensor]:
    """What a function gives, and the gradient of current."""
    leaf = current.clone().requires_grad_()
    out = call(leaf, *given)
    (out * torch.linspace(-1, 2, out.numel(), device=out.device).view_as(out)).sum().backward()
    return out.detach(), leaf.grad


def assert_same_results(actual: tuple[Tensor, Tensor], expected: tuple[Tensor, Tensor], what: str = "") -> None:
    assert expected[0].any() and expected[1].any()
    for one, other in zip(actual, expected, strict=True):
        assert_same_bits(one, other, what)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_a_tensor_of_one_element_is_the_number_that_it_holds(target: Target, name: str, dtype: torch.dtype) -> None:
    """Whatever its dtype and shape, and that of the current."""
    current = random_current(9, 3, 6, device=target.device)
    value = torch.tensor([1.1], dtype=dtype, device=target.device)
    for dtype_of_current in (torch.float32, torch.float64, torch.bfloat16):
        x = current.to(dtype_of_current)
        number = value.to(torch.float32).item() if dtype_of_current != torch.float64 else value.item()
        expected = both_ways(lambda x, n=number: lif(x, backend=target.engine, **{name: n}), x)
        for given in (value, value[0], value.view(1, 1)):
            actual = both_ways(lambda x, given=given: lif(x, backend=target.engine, **{name: given}), x)
            assert_same_results(actual, expected, name)


@pytest.mark.parametrize("name", NAMES)
def test_a_number_in_a_tensor_makes_no_other_graph(target: Target, name: str) -> None:
    current = random_current(9, 3, 6, device=target.device)

    def function(x: Tensor, value: Tensor) -> Tensor:
        return lif(x, backend=target.engine, **{name: value})

    whole = torch.compile(function, fullgraph=True, backend="aot_eager")
    with torch._dynamo.config.patch(error_on_recompile=True):
        for value in VALUES[:3] if target.interpreted else VALUES:
            given = torch.tensor(value, dtype=torch.float64, device=target.device)
            expected = both_ways(lambda x, n=value: lif(x, backend=target.engine, **{name: n}), current)
            assert_same_results(both_ways(whole, current, given), expected, f"{name} {value}")


@pytest.mark.parametrize("name", NAMES)
def test_a_number_that_changes_makes_one_other_graph(name: str, native: None) -> None:
    """A Python number: first it is a constant, and from the second on an argument."""
    current = random_current(9, 3, 6)
    counter = CompileCounterWithBackend("aot_eager")
    whole = torch.compile(lambda x, value: lif(x, **{name: value}), fullgraph=True, backend=counter)
    for value in VALUES:
        expected = both_ways(lambda x, n=value: lif(x, **{name: n}), current)
        assert_same_results(both_ways(whole, current, value), expected, f"{name} {value}")
    assert counter.frame_count == 2


def test_a_number_that_changes_beside_a_learned_parameter_makes_one_other_graph(native: None) -> None:
    current, learned = random_current(9, 3, 6), torch.full((6,), 1.25, requires_grad=True)
    counter = CompileCounterWithBackend("aot_eager")

    def function(x: Tensor, beta: float) -> Tensor:
        return lif(x, beta=beta, threshold=learned)

    whole = torch.compile(function, fullgraph=True, backend=counter)
    for value in VALUES:
        expected = both_ways(lambda x, n=value: lif(x, beta=n, threshold=1.25), current)
        assert_same_results(both_ways(whole, current, value), expected, f"beta {value}")
    assert counter.frame_count == 2


def test_a_negative_zero_keeps_its_sign_in_a_graph(native: None) -> None:
    """The sign of a potential that is reset to it: 1 / v tells."""
    current = torch.full((1, 1, 2), 3.0)
    whole = torch.compile(
        lambda x, reset, slope: lif(x, beta=0.0, reset=reset, slope=slope, return_state=True),
        fullgraph=True,
        backend="aot_eager",
    )
    for reset in (0.0, -0.0):
        _, state = whole(current, reset, torch.tensor([2.0]))
        _, expected = lif(current, beta=0.0, reset=reset, slope=2.0, return_state=True)
        assert torch.equal(1 / state, 1 / expected)


@pytest.mark.parametrize("name", NAMES)
def test_numpys_scalars_are_numbers_in_a_graph(native: None, name: str) -> None:
    current = random_current(9, 3, 6)
    whole = torch.compile(lambda x, value: lif(x, **{name: value}), fullgraph=True, backend="aot_eager")
    assert torch.equal(whole(current, np.float32(0.75)), lif(current, **{name: 0.75}))


def test_vmap_over_a_number_says_what_can(native: None) -> None:
    current, values = random_current(9, 3, 6), torch.tensor([0.5, 2.0])
    with pytest.raises(RuntimeError, match='which only neurons with backend="reference"'):
        torch.vmap(lambda slope: lif(current, slope=slope))(values)
    scaled = torch.vmap(lambda scale: lif(current, input_scale=scale, backend="reference"))(values)
    assert torch.equal(scaled, torch.stack([lif(current, input_scale=scale) for scale in (0.5, 2.0)]))


class Annealed(nn.Module):
    """A layer as one may write it: its numbers are attributes, which it hands on in a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("numbers", torch.tensor([25.0, 1.0, 0.0, 0.9, 1.0], dtype=torch.float64), persistent=False)

    def forward(self, current: Tensor) -> Tensor:
        slope, scale, reset, beta, threshold = self.numbers.unbind()
        return lif(current, slope=slope, input_scale=scale, reset=reset, beta=beta, threshold=threshold)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_a_layer_whose_numbers_are_in_a_buffer_compiles_once(native: None, dtype: torch.dtype) -> None:
    layer, current = Annealed(), random_current(9, 3, 6, dtype=dtype)
    with torch._dynamo.config.patch(error_on_recompile=True):
        whole = torch.compile(layer, fullgraph=True)
        for value in VALUES:
            numbers = (2 + value, value, value / 4 - 0.2, value / 2, 0.3 + value)
            layer.numbers.copy_(torch.tensor(numbers))
            slope, scale, reset, beta, threshold = layer.numbers.tolist()
            options = {"slope": slope, "input_scale": scale, "reset": reset, "beta": beta, "threshold": threshold}
            expected = both_ways(lambda x, given=options: lif(x, **given), current)
            assert_same_results(both_ways(whole, current), expected)


def test_numbers_beside_learned_parameters(native: None) -> None:
    """They come in memory, the parameters as tensors, whose gradients are as ever."""
    current, gradients = random_current(9, 3, 6), []
    for compiled in (False, True):
        beta = torch.full((6,), 0.75, requires_grad=True)

        def function(x: Tensor, slope: Tensor, beta: Tensor = beta) -> Tensor:
            return lif(x, beta=beta, slope=slope)

        call = torch.compile(function, fullgraph=True, backend="aot_eager") if compiled else function
        result = both_ways(call, current, torch.tensor(3.0))
        gradients.append((*result, beta.grad))
    assert gradients[0][2].any()
    for one, other in zip(*gradients, strict=True):
        assert_same_bits(one, other)


def test_the_slope_of_the_function_may_be_a_tensor_in_a_graph(native: None) -> None:
    """It has a gradient of zero there, as outside."""
    current, slope = random_current(9, 3, 6), torch.tensor(2.0, requires_grad=True)
    whole = torch.compile(lambda x, s: FusedLIF.apply(x, None, 0.9, 1.0, s)[0], fullgraph=True, backend="aot_eager")
    assert_same_results(both_ways(whole, current, slope), both_ways(lambda x: lif(x, slope=2.0), current))
    assert slope.grad == 0


def check(numbers: tuple[float, ...]) -> Checked:
    """A call of lif with these parameters and this slope."""
    names = (*lif.definition.interface.params, "slope")
    call, _ = find_call(lif.definition, dict(zip(names, numbers, strict=True)))
    return check_call(call, (torch.zeros(3, 2, 4),), (None,), ())


def test_a_number_that_changes_makes_no_plan() -> None:
    """In ten thousand calls that differ in numbers alone, as a slope that is annealed, there is one."""

    def checked(number: float) -> Checked:
        return check((number,) * 5)

    first = checked(0.5)
    for step in range(1, 10_000):
        number = 0.5 + step / 1024
        again = checked(number)
        assert again.plan is first.plan and again.numbers == (number,) * 5


def test_zeros_of_both_signs_are_told_apart() -> None:
    for number in (0.0, -0.0, 0.0):
        numbers = check((number, 1.0, number, number, 2.0)).numbers
        assert [str(numbers[i]) for i in (0, 2, 3)] == [str(number)] * 3


def test_tensors_without_values_are_not_read() -> None:
    """Under torch.func, on the meta device and with fake tensors."""
    current = random_current(3, 2, 4)
    slopes = torch.tensor([2.0, 3.0])
    mapped = torch.vmap(lambda slope: lif(current, slope=slope, backend="reference"))(slopes)
    assert_same_bits(mapped[1], lif(current, slope=3.0))
    meta = lif(current.to("meta"), slope=torch.tensor(2.0, device="meta"), beta=torch.tensor(0.5, device="meta"))
    assert meta.shape == (3, 2, 4)
    with FakeTensorMode():
        fake = lif(torch.empty(3, 2, 4), slope=torch.tensor(2.0), beta=torch.tensor(0.5))
    assert fake.shape == (3, 2, 4)


WRONG: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], Tensor, str]] = {
    "threshold": (
        lambda x, v: lif(x, threshold=v),
        torch.tensor(-0.5),
        "threshold must be positive and finite, got -0.5",
    ),
    "thresholds": (
        lambda x, v: lif(x, threshold=v),
        torch.tensor([1.0, 1.0, 0.0, 1.0]),
        "threshold must be positive and finite, got 0.0",
    ),
    "learned": (
        lambda x, v: lif(x, threshold=v),
        torch.tensor(-1.0, requires_grad=True),
        "threshold must be positive and finite, got -1.0",
    ),
    "beta": (lambda x, v: lif(x, beta=v), torch.tensor(float("nan")), "beta must be finite, got nan"),
    "slope": (lambda x, v: lif(x, slope=v), torch.tensor(-2.0), "slope must be positive and finite, got -2.0"),
    "input_scale": (
        lambda x, v: lif(x, input_scale=v),
        torch.tensor(float("inf")),
        "input_scale must be finite, got inf",
    ),
    "reset": (lambda x, v: lif(x, reset=v), torch.tensor(float("-inf")), "reset must be finite, got -inf"),
}


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_told_when_a_graph_runs(native: None, name: str, backend: str) -> None:
    """In the words of eager mode, on a CPU; a right one runs in the same graph, before and after."""
    function, wrong, message = WRONG[name]
    current, right = random_current(5, 3, 4), torch.full_like(wrong, 1.25)
    counter = CompileCounterWithBackend(backend)
    whole = torch.compile(function, fullgraph=True, backend=counter)
    expected = function(current, right)
    for value in (right, wrong, right):
        if value is right:
            assert_same_bits(whole(current, value).detach(), expected.detach())
            continue
        for call in (function, whole):
            with pytest.raises(ValueError, match=f"^{message}$"):
                call(current, value)
    assert counter.frame_count <= 2  # of a tensor that needs a gradient, and of one that does not


def test_a_learned_threshold_that_falls_below_zero_ends_a_compiled_training(native: None) -> None:
    threshold = nn.Parameter(torch.tensor(0.25))
    optimizer = torch.optim.SGD([threshold], lr=1.0)
    layer = SpikeLinear(6, 4)
    spikes = (torch.rand(5, 3, 6) < 0.4).float()
    whole = torch.compile(lambda x: lif(layer(x), threshold=threshold), fullgraph=True, backend="aot_eager")
    with pytest.raises(ValueError, match="threshold must be positive and finite, got -"):
        for _ in range(50):
            optimizer.zero_grad()
            whole(spikes).sum().neg().backward()
            optimizer.step()
    assert threshold.item() <= 0
