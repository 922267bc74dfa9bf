"""The Triton engine's operators against the reference engine: neurons, outputs, surrogates and gradients."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from support import assert_rounded, assert_same_bits, printed
from triton_scans import (
    DEVICE,
    FLOATS,
    HALVES,
    INTERVAL,
    LIF,
    MARKS,
    OUTPUTS,
    USERS,
    Gradients,
    Scan,
    check,
    first_largest,
    most_of,
    random_gradients,
    random_scan,
    require_engine,
)

from snnkernels import lif, neuron
from snnkernels.engines import reference, triton
from snnkernels.language import detach, exp, floor, maximum, minimum, sigmoid, sqrt, tanh, where
from snnkernels.neurons import NEURONS
from snnkernels.scan import bits, numbers_of
from snnkernels.surrogates import SURROGATES
from snnkernels.variants import Variant

BUILT_IN = [
    pytest.param(variant, id=variant.key, marks=[] if variant is most_of(function) else [pytest.mark.slow])
    for function in NEURONS.values()
    for variant in function.definition.variants()
]

pytestmark = MARKS


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    require_engine(monkeypatch)


@pytest.mark.filterwarnings("ignore:(invalid value|divide by zero) encountered:RuntimeWarning")  # of masked neurons
@pytest.mark.parametrize("strict", [False, True], ids=["at threshold", "strict"])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("neuron", BUILT_IN)
def test_every_neuron(neuron: Variant, dtype: torch.dtype, strict: bool) -> None:
    check(replace(random_scan((3, 9, 23), dtype, per_neuron=True, neuron=neuron), strict=strict))


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", USERS)
def test_neurons_of_users(name: str, output: str) -> None:
    """With one state to nine, one input or two, with spikes or without; the last state and the first are recorded."""
    scan = random_scan((3, 10, 23), per_neuron=True, neuron=USERS[name])
    if output == "packed" and not scan.neuron.gives_spikes:
        pytest.skip("its output is no spike")
    check(replace(scan, output=output, record=bits({0, len(scan.neuron.states) - 1})))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", USERS)
def test_neurons_of_users_in_other_types(name: str, dtype: torch.dtype) -> None:
    check(random_scan((1, 9, 1048), dtype, neuron=USERS[name]))


@pytest.mark.parametrize("output", OUTPUTS)
def test_records(output: str) -> None:
    """Of the second of two states, over rows whose ends fall within a program."""
    scan = random_scan((3, 9, 346), neuron=USERS["current_based"])
    check(replace(scan, output=output, record=0b10))


@pytest.mark.parametrize("name", ["adaptive", "integrator"])
def test_gradients_of_records_are_asked_for_or_not(name: str) -> None:
    scan = replace(random_scan((2, 9, 71), neuron=USERS[name]), record=1)
    _, index, _, _, checkpoints = scan.forward()
    grads = random_gradients(scan)
    without = scan.backward(index, checkpoints, replace(grads, records=None))
    zero = scan.backward(index, checkpoints, replace(grads, records=torch.zeros_like(grads.records)))
    for actual, expected in zip(without, zero, strict=True):
        assert_same_bits(actual, expected)


@pytest.mark.parametrize("interval", [0, INTERVAL])
@pytest.mark.parametrize("values", [(1.0, 3.0, 3.0), (-1.0, float("nan"), float("nan")), (-float("inf"),) * 3])
def test_the_first_largest_output(values: tuple[float, ...], interval: int) -> None:
    """A NaN is larger than any number, and the first counts."""
    x = torch.tensor(values, device=DEVICE).view(1, 3, 1).expand(1, 3, 40).contiguous()
    scan = Scan([x], torch.zeros(1, 1, 40, device=DEVICE), [0.0], neuron=USERS["integrator"], output="max")
    scan = replace(scan, params=[1e-38] if values[0] != 1.0 else [0.0])
    expected = first_largest(scan)
    output, index, *_ = scan.forward(interval)
    assert index.shape == ((1, 1, 40) if interval else (0,))
    assert not interval or torch.equal(index, expected)
    every = replace(scan, output="all").forward()[0]
    torch.testing.assert_close(output, every.gather(1, expected.long()), rtol=0, atol=0, equal_nan=True)


def test_an_index_outside_of_the_steps_matches_none() -> None:
    """As for a chunk of steps without the largest output."""
    scan = replace(random_scan((1, 9, 71)), output="max")
    _, index, _, _, checkpoints = scan.forward()
    grads = random_gradients(scan)
    none = replace(grads, output=torch.zeros_like(grads.output))
    for outside in (-1, 9, 100):
        actual = scan.backward(torch.full_like(index, outside), checkpoints, grads)
        for one, other in zip(actual, scan.backward(index, checkpoints, none), strict=True):
            assert_same_bits(one, other)


@pytest.mark.parametrize("neuron", [LIF, USERS["adaptive"]], ids=lambda variant: variant.key)
def test_only_wanted_gradients_of_parameters(neuron: Variant) -> None:
    scan = random_scan((2, 9, 71), per_neuron=True, neuron=neuron)
    for number in numbers_of(scan.given):
        check(scan, wanted=1 << number)
    check(scan, wanted=0)


@pytest.mark.parametrize("given", [0, 0b1, 0b1010, 0b0111])
def test_numbers_and_tensors_mixed(given: int) -> None:
    """Each parameter by itself is one or the other; in memory, the numbers are the same."""
    scan = random_scan((2, 9, 71))
    mixed = [
        torch.full((1,) if number % 2 else (2, 71), value, device=DEVICE) if given >> number & 1 else value
        for number, value in enumerate((0.5, 1.0, 0.75, 0.25))
    ]
    scan = replace(scan, params=mixed, neuron=lif.variant(reset="a number"))
    check(scan)
    _, numbers, *rule = scan.rule(INTERVAL)
    values = torch.tensor(numbers, device=DEVICE)
    again = torch.ops.snnkernels.triton_forward([scan.x, *scan.tensors], scan.states, values, (), *rule, True)
    for actual, expected in zip(again, scan.forward(), strict=True):
        assert_same_bits(actual, expected)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("surrogate", SURROGATES)
def test_every_surrogate(surrogate: str, dtype: torch.dtype) -> None:
    check(replace(random_scan((1, 9, 71), dtype), surrogate=surrogate))


@pytest.mark.parametrize("dtype", [*FLOATS, *HALVES], ids=str)
@pytest.mark.parametrize("outer, inner", [(1, 2056), (3, 346)])  # a row ends with a byte, or within one
def test_packed_spikes(outer: int, inner: int, dtype: torch.dtype) -> None:
    check(replace(random_scan((outer, 11, inner), dtype), output="packed"))


@pytest.mark.parametrize("output", ["sum", "last", "max"])
@pytest.mark.parametrize("inner", [331, 2056])
def test_one_value_over_time(inner: int, output: str) -> None:
    check(replace(random_scan((1, 19, inner)), output=output))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("inner", [331, 2056])
@pytest.mark.parametrize("output", OUTPUTS)
def test_one_step_for_all(output: str, inner: int, dtype: torch.dtype) -> None:
    repeats = 19 if inner == 331 else 11  # two chunks of steps and a part of one, or one and a part
    for variant in (LIF, USERS["gated"]):
        scan = random_scan((1, 1, inner), dtype, neuron=variant)
        check(replace(scan, inputs=[scan.x.abs(), *scan.inputs[1:]], output=output, repeats=repeats))


def _names_of_generated_code(input, t0, state, tl, *, spike, param=0.5, step=1.0, grad_output=0.25, STRICT=0.5):  # type: ignore[no-untyped-def]
    """What generated code calls its own values."""
    state = param * state + step * input + grad_output * t0
    s = spike(state - 1)
    return s, state - detach(s), STRICT * tl + s


def test_any_names() -> None:
    function = neuron(states=("state", "tl"))(_names_of_generated_code)
    check(random_scan((1, 9, 71), per_neuron=True, neuron=function.variant()))


def _every_operation(x, v, a, *, spike):  # type: ignore[no-untyped-def]
    """Two states, neither parameter nor constant, and every word of the step language."""
    u = exp(-abs(v)) * v + x / (1 + a * a)
    s = spike(minimum(u, 1.5) - maximum(a, 0.25))
    w = sqrt(1 + a * a) * tanh(a) + floor(x) * sigmoid(v)
    return s, where((u > 0.75) & ~(x < -2), -detach(s), u), where((a >= 1) | (x > 2), 0.5, 0.875 * a + s + 0.125 * w)


@pytest.mark.parametrize("dtype", [*FLOATS, torch.float16], ids=str)
@pytest.mark.parametrize("inner", [71, 1048])
def test_every_operation(inner: int, dtype: torch.dtype) -> None:
    scan = random_scan((1, 9, inner), dtype, neuron=neuron(states=("v", "a"))(_every_operation).variant())
    scan = replace(scan, states=torch.stack([scan.states[0], scan.states[1].abs()]))
    compute = [scan.x.to(scan.states.dtype)]
    spikes, index, _, final_states, checkpoints = scan.forward()
    expected = reference.scan(*scan.checked, compute, scan.states, ())
    assert_same_bits(spikes, expected.output.to(dtype))
    assert_rounded(final_states, expected.final)
    grads = random_gradients(scan)
    actual = scan.backward(index, checkpoints, grads)
    of_outputs = (grads.output.to(compute[0].dtype), None, grads.states)
    expected_x, expected_states = reference.gradients(*scan.checked, compute, scan.states, (), of_outputs)
    assert_rounded(actual[1], expected_states)
    torch.testing.assert_close(
        actual[0], expected_x.to(dtype), rtol=1e-3 if dtype == torch.float16 else 1e-5, atol=1e-6
    )


def test_exponential_over_its_whole_range() -> None:
    """Through the sigmoid's derivative, k e^-k|x| / (1 + e^-k|x|)^2, where k|x| is not rounded, to beyond underflow."""
    distance = torch.cat([torch.arange(-36, 36, 0.25), torch.tensor([1e4, -1e4])]).to(DEVICE)
    least = torch.full((1,), 1e-30, device=DEVICE)  # a threshold that leaves the distance as it is
    scan = Scan(
        [distance.reshape(1, 1, -1)],
        torch.zeros(1, 1, len(distance), device=DEVICE),
        params=(0.0, least, 1.0, 0.0),
        neuron=lif.variant(reset="none"),
        surrogate="sigmoid",
    )
    slope = torch.tensor(scan.slope, dtype=torch.float64, device=DEVICE)
    exact = SURROGATES["sigmoid"].derivative(distance.double(), slope)
    assert exact.min() == 0 and 0 < exact[exact > 0].min() < 1e-45
    grads = Gradients(torch.ones_like(scan.x), torch.zeros_like(scan.states), None)
    _, index, _, _, checkpoints = scan.forward()
    actual = scan.backward(index, checkpoints, grads)[0].flatten()
    torch.testing.assert_close(actual.double(), exact, rtol=1e-6, atol=2e-45)


class TestReasons:
    """Why the engine cannot run."""

    def test_on_a_cpu(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TRITON_INTERPRET", raising=False)
        assert "set TRITON_INTERPRET=1" in str(triton.unusable_reason(torch.device("cpu")))
        x = torch.zeros(1, 1, 1)
        with pytest.raises(RuntimeError, match="set TRITON_INTERPRET=1"):
            torch.ops.snnkernels.triton_forward([x], x, None, [0.5] * 5, 0, LIF.key, False, 0, 1, 1, "all", 0, True)

    def test_without_a_gpu(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        assert "no CUDA device" in str(triton.unusable_reason(torch.device("cuda")))

    def test_on_another_device(self) -> None:
        assert triton.unusable_reason(torch.device("mps")) == "written for cuda, not for mps"

    def test_without_triton(self) -> None:
        """The ImportError's own text."""
        code = (
            "import sys; sys.modules['triton'] = None; import torch; torch.cuda.is_available = lambda: True\n"
            "from snnkernels.engines import triton; print(triton.unusable_reason(torch.device('cuda')))"
        )
        assert "import of triton halted" in printed(code)
