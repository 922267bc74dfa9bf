"""The Triton engine's operators against the reference engine, on a GPU or else under Triton's interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
import user_neurons
from support import WITH_EXP, Target, assert_rounded, assert_same_bits, printed
from torch import Tensor

from snnkernels import lif, neuron, tuning
from snnkernels.emit.triton import neuron_source
from snnkernels.engines import reference, triton
from snnkernels.engines.triton_tiling import VARIATIONS
from snnkernels.language import detach, exp, floor, maximum, minimum, sigmoid, sqrt, tanh, where
from snnkernels.neurons import NEURONS
from snnkernels.scan import Checked, Layout, Plan, bits, metadata, numbers_of, state_dtype
from snnkernels.surrogates import SURROGATES
from snnkernels.variants import Variant

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
TARGET = Target("triton", DEVICE)
INTERVAL = 8
FLOATS = (torch.float32, torch.float64)
HALVES = (torch.bfloat16, torch.float16)
LIF = lif.variant(detach_reset=False)
LIF_VARIANTS = [variant.key for variant in lif.definition.variants()]
OUTPUTS = ("all", "sum", "last", "max", "packed")

pytestmark = [pytest.mark.gpu] if DEVICE == "cuda" else []


def most_of(function: Any) -> Variant:
    """The variant of a neuron that computes most."""
    return max(function.definition.variants(), key=lambda variant: len(neuron_source(variant)))


USERS = {name: most_of(function) for name, function in user_neurons.NEURONS.items()}
BUILT_IN = [
    pytest.param(variant, id=variant.key, marks=[] if variant is most_of(function) else [pytest.mark.slow])
    for function in NEURONS.values()
    for variant in function.definition.variants()
]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    TARGET.require()
    monkeypatch.setattr("snnkernels.scan._FEW", 0)  # the reference takes x as operators do


@dataclass(frozen=True)
class Gradients:
    """Those of what a scan gives, as operators take them."""

    output: Tensor
    states: Tensor
    records: Tensor | None


@dataclass(frozen=True)
class Scan:
    """What the operators take: inputs `[outer, T, inner]`, states `[S, outer, inner]`, and each parameter of the
    neuron, a number or `[1]` or `[outer, inner]`.

    `repeats` is None, or how many steps there are of inputs that are one step for all, `[outer, 1, inner]`.
    """

    inputs: Sequence[Tensor]
    states: Tensor
    params: Sequence[Tensor | float]
    neuron: Variant = LIF
    strict: bool = False
    surrogate: str = "fast_sigmoid"
    slope: float = 3.0
    repeats: int | None = None
    output: str = "all"
    record: int = 0

    @property
    def x(self) -> Tensor:
        return self.inputs[0]

    @property
    def steps(self) -> int:
        return self.x.shape[1] if self.repeats is None else self.repeats

    @property
    def tensors(self) -> list[Tensor]:
        """The parameters that are tensors."""
        return [param for param in self.params if isinstance(param, Tensor)]

    @property
    def given(self) -> int:
        return bits(number for number, param in enumerate(self.params) if isinstance(param, Tensor))

    @property
    def numbers(self) -> tuple[float, ...]:
        return (*(0.0 if isinstance(param, Tensor) else param for param in self.params), self.slope)

    def rule(self, interval: int) -> tuple[Any, ...]:
        key, record = self.neuron.key, self.record
        return None, self.numbers, self.given, key, self.strict, interval, 1, self.steps, self.output, record

    def forward(self, interval: int = INTERVAL) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        return torch.ops.snnkernels.triton_forward(
            [*self.inputs, *self.tensors], self.states, *self.rule(interval), True
        )

    def backward(
        self,
        index: Tensor,
        checkpoints: Tensor,
        grads: Gradients,
        interval: int = INTERVAL,
        wanted: int | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        return torch.ops.snnkernels.triton_backward(
            [*self.inputs, *self.tensors],
            checkpoints,
            *self.rule(interval),
            self.surrogate,
            grads.output,
            index if self.output == "max" else None,
            grads.records,
            grads.states,
            True,
            self.given if wanted is None else wanted,
        )

    @property
    def checked(self) -> Checked:
        x = self.x if self.repeats is None else self.x[:, 0]
        rule = (self.neuron.key, self.surrogate, self.strict, self.given)
        layout = Layout(metadata(x.contiguous()), 1, self.repeats)
        return Checked(Plan("reference", *rule, layout, self.output, self.record), self.numbers)


def random_scan(
    shape: tuple[int, int, int], dtype: torch.dtype = torch.float32, per_neuron: bool = False, neuron: Variant = LIF
) -> Scan:
    """Inputs on a grid for every other neuron: with a beta of 0.5 these meet a threshold of 1 exactly.

    Every third parameter is a number, the others are tensors.
    """
    outer, _, inner = shape
    compute = state_dtype(dtype)

    def random_input() -> Tensor:
        x = torch.randn(shape, dtype=compute) * 0.7 + 0.3
        x[..., ::2] = torch.randint(-1, 4, shape)[..., ::2].to(compute) / 2
        return x.to(dtype).to(DEVICE)

    def random_param(number: int) -> Tensor | float:
        usual = {"beta": 0.5, "threshold": 1.0, "reset": 0.1}.get(neuron.params[number], 0.75)
        if number % 3 == 2:
            return usual
        param = torch.full((1,), usual, dtype=compute)
        if per_neuron:
            others = usual * (0.5 + torch.rand(outer, inner, dtype=compute))
            param = torch.where(torch.rand(outer, inner) < 0.5, param, others)
        return param.to(DEVICE)

    inputs = [random_input() for _ in neuron.inputs]
    states = torch.randn(len(neuron.states), outer, inner, dtype=compute).to(DEVICE)
    return Scan(inputs, states, [random_param(number) for number in range(len(neuron.params))], neuron)


def random_gradients(scan: Scan) -> Gradients:
    """Of the output, that of a sum the same at all steps; of the final states; of records."""
    outer, _, inner = scan.x.shape
    grad = torch.randn(outer, 1 if scan.output in ("sum", "last", "max") else scan.steps, inner).to(scan.x)
    if scan.output == "sum":
        grad = grad.expand(outer, scan.steps, inner)
    records = torch.randn(scan.record.bit_count(), outer, scan.steps, inner).to(scan.states) if scan.record else None
    return Gradients(grad, torch.randn_like(scan.states), records)


def check(
    scan: Scan, grads: Gradients | None = None, interval: int = INTERVAL, wanted: int | None = None, exact: bool = True
) -> None:
    """Forward and backward equal the reference: the same bits, but for gradients through exp, sums over time, and
    where not `exact`."""
    compute = [x.to(scan.states.dtype) for x in scan.inputs]
    output, index, records, final_states, checkpoints = scan.forward(interval)
    expected = reference.scan(*scan.checked, compute, scan.states, scan.tensors)
    assert output.is_contiguous() and output.min() < output.max()
    assert_same_bits(output, TARGET.rounded(expected.output, output.dtype), scan.output)
    assert_same_bits(final_states, expected.final, "final states")
    assert_same_bits(records, expected.records.view_as(records), "records")
    if scan.output == "max" and interval:
        assert_same_bits(index, first_largest(scan), "the step of the largest")

    grads = grads or random_gradients(scan)
    wanted = scan.given if wanted is None else wanted
    grad_inputs, grad_states, grad_params = scan.backward(index, checkpoints, grads, interval, wanted)
    # The gradient of a sum comes as that of each of its terms, and spikes as bits are spikes.
    checked = scan.checked if scan.output in ("last", "max") else replace(scan, output="all").checked
    found = reference.gradients(
        *checked, compute, scan.states, scan.tensors, (grads.output.to(compute[0].dtype), grads.records, grads.states)
    )
    exact = exact and scan.neuron.key in LIF_VARIANTS and scan.surrogate not in WITH_EXP and not scan.record
    same = assert_same_bits if exact else assert_rounded
    for actual, expected_x in zip(grad_inputs.view(len(compute), *scan.x.shape), found, strict=False):
        if exact or scan.x.dtype in FLOATS:
            same(actual, TARGET.rounded(expected_x, scan.x.dtype), "gradient of an input")
        else:
            torch.testing.assert_close(actual, expected_x.to(scan.x.dtype), rtol=2**-7, atol=1e-6)
    same(grad_states, found[len(compute)], "gradient of the states")
    by_number = dict(zip(numbers_of(scan.given), found[len(compute) + 1 :], strict=True))
    assert len(grad_params) == wanted.bit_count()
    for number, actual in zip(numbers_of(wanted), grad_params, strict=True):
        assert_rounded(actual, by_number[number], f"gradient of {scan.neuron.params[number]}")


def first_largest(scan: Scan) -> Tensor:
    """The step of the largest output, of which the first counts, `[outer, 1, inner]`."""
    compute = [x.to(scan.states.dtype) for x in scan.inputs]
    every = reference.scan(*replace(scan, output="all").checked, compute, scan.states, scan.tensors).output
    return every.view(scan.x.shape[0], scan.steps, -1).argmax(1, keepdim=True).to(torch.int32)


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
    scan = random_scan((3, 9, 1370), neuron=USERS["current_based"])
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


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("steps", [1, 2, 7, 8, 9, 64])
def test_every_length(steps: int, dtype: torch.dtype) -> None:
    check(random_scan((1, steps, 71), dtype))


# Under the interpreter, which counts as one multiprocessor, these are: one neuron a thread, one warp a program; sixteen
# bytes a thread and one warp; sixteen bytes and four warps; the same over several outer rows, whose ends fall within a
# program; an inner size that allows 2 neurons a thread, or 1.
@pytest.mark.parametrize("dtype", [*FLOATS, *HALVES], ids=str)
@pytest.mark.parametrize("outer, inner", [(1, 331), (1, 1048), (1, 4104), (17, 264), (3, 1370), (3, 1371)])
def test_every_tiling(outer: int, inner: int, dtype: torch.dtype) -> None:
    check(random_scan((outer, 11, inner), dtype, per_neuron=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
@pytest.mark.parametrize("variation", VARIATIONS)
def test_every_variation_of_the_tiling(variation: str, dtype: torch.dtype) -> None:
    scan = random_scan((1, 19, 1048), dtype, per_neuron=True)
    with tuning.use_tilings(variation, variation):
        for output in OUTPUTS:
            check(replace(scan, output=output))


@pytest.mark.parametrize("dtype", [*FLOATS, *HALVES], ids=str)
@pytest.mark.parametrize("outer, inner", [(1, 4104), (3, 1370)])  # a row ends with a byte, or within one
def test_packed_spikes(outer: int, inner: int, dtype: torch.dtype) -> None:
    check(replace(random_scan((outer, 11, inner), dtype), output="packed"))


@pytest.mark.parametrize("output", ["sum", "last", "max"])
@pytest.mark.parametrize("inner", [331, 4104])
def test_one_value_over_time(inner: int, output: str) -> None:
    check(replace(random_scan((1, 19, inner)), output=output))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("inner", [331, 4104])
@pytest.mark.parametrize("output", OUTPUTS)
def test_one_step_for_all(output: str, inner: int, dtype: torch.dtype) -> None:
    for variant in (LIF, USERS["gated"]):
        scan = random_scan((1, 1, inner), dtype, neuron=variant)
        check(replace(scan, inputs=[scan.x.abs(), *scan.inputs[1:]], output=output, repeats=19))


@pytest.mark.skipif(DEVICE == "cuda", reason="the interpreter is what is watched")
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("outer, steps, inner", [(1, 9, 331), (1, 4, 1048), (1, 16, 4104), (3, 1, 1370), (3, 8, 1371)])
def test_nothing_is_touched_but_the_tensors(
    outer: int, steps: int, inner: int, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triton.runtime.interpreter import interpreter_builder as builder

    load, store, touched = builder.create_masked_load, builder.create_masked_store, []

    def watched_load(pointers: Any, mask: Any, *rest: Any) -> Any:
        touched.append(torch.from_numpy(pointers.data[mask.data].astype("int64")))
        return load(pointers, mask, *rest)

    def watched_store(pointers: Any, values: Any, mask: Any, *rest: Any) -> Any:
        touched.append(torch.from_numpy(pointers.data[mask.data].astype("int64")))
        return store(pointers, values, mask, *rest)

    scan = random_scan((outer, steps, inner), per_neuron=True, neuron=USERS["adaptive"])
    scan = replace(scan, output=output, record=0b10)
    grads = random_gradients(scan)
    monkeypatch.setattr(builder, "create_masked_load", watched_load)
    monkeypatch.setattr(builder, "create_masked_store", watched_store)
    kept = scan.forward()
    made = [*kept, *scan.backward(kept[1], kept[4], grads)]
    tensors = [scan.x, scan.states, *scan.tensors, grads.output, grads.states, grads.records, *made]
    addresses = torch.cat(touched)
    inside = torch.zeros_like(addresses, dtype=torch.bool)
    for tensor in tensors:
        memory = tensor.untyped_storage()
        inside |= (addresses >= memory.data_ptr()) & (addresses < memory.data_ptr() + memory.nbytes())
    assert len(addresses) > 3 * scan.x.numel() and inside.all()


@pytest.mark.parametrize("interval", [1, 3, 4, 16])
def test_other_intervals(interval: int) -> None:
    for output in ("all", "packed"):
        check(replace(random_scan((1, 19, 1048)), output=output), interval=interval)
        check(replace(random_scan((1, 19, 71)), output=output), interval=interval)


@pytest.mark.parametrize("inner", [71, 1048])
def test_strided_sequences(inner: int) -> None:
    """A slice, the same input at every step, a transposed one; gradients of sums over time, over all, over rows."""
    scan = random_scan((2, 9, inner))
    grad_states = torch.randn_like(scan.states)
    check(replace(scan, inputs=[random_scan((2, 9, 2 * inner)).x[:, :, :inner]]))
    check(replace(scan, inputs=[scan.x[:, :1].expand(2, 9, inner)]))
    check(replace(scan, inputs=[random_scan((2, inner, 9)).x.transpose(1, 2)]))
    for shape in ((2, 1, inner), (1,), (1, 9, inner)):
        grad = torch.ones(1) if shape == (1,) else torch.randn(shape)
        check(scan, Gradients(grad.to(DEVICE).expand(2, 9, inner), grad_states, None))
    gated = random_scan((2, 9, inner), neuron=USERS["gated"])
    check(replace(gated, inputs=[gated.x.transpose(0, 1).contiguous().transpose(0, 1), gated.inputs[1]]))


@pytest.mark.parametrize("inner", [40, 1048])
def test_offsets_beyond_32_bits(inner: int) -> None:
    """Two time steps that are 2^31 elements apart, of memory that is never touched but there."""
    distance = 2**31 + 64
    filled, torch.utils.deterministic.fill_uninitialized_memory = (
        torch.utils.deterministic.fill_uninitialized_memory,
        False,
    )
    memory = torch.empty(distance + inner, dtype=torch.float16, device=DEVICE)
    torch.utils.deterministic.fill_uninitialized_memory = filled
    scan = random_scan((1, 2, inner), torch.float16)
    apart = memory.as_strided((1, 2, inner), (0, distance, 1))
    apart.copy_(scan.x)
    check(replace(scan, inputs=[apart]))


@pytest.mark.parametrize("inner", [331, 4104])
def test_calls_that_differ_in_values_alone(inner: int) -> None:
    """Other tensors, aligned to 16 bytes or not, and other numbers: launched as before."""
    for slope, input_scale, offset in ((3.0, 1.0, 0), (2.0, 0.5, 0), (2.0, 0.5, 1), (3.0, 1.0, 1), (3.0, -0.0, 0)):
        scan = random_scan((2, 9, inner), per_neuron=True)
        x = scan.x.new_empty(scan.x.numel() + offset)[offset:].view_as(scan.x).copy_(scan.x)
        states = scan.states.new_empty(scan.states.numel() + offset)[offset:].view_as(scan.states).copy_(scan.states)
        beta, threshold, _, reset = scan.params
        params = [beta, threshold, input_scale, reset]
        check(replace(scan, inputs=[x], states=states, slope=slope, params=params))


def test_checkpoints_are_the_states_that_enter_each_chunk() -> None:
    scan = random_scan((1, 21, 71))
    checkpoints = scan.forward()[4]
    assert checkpoints.shape == (3, 1, 1, 71)
    for chunk, kept in enumerate(checkpoints):
        states = scan.states
        if chunk:
            before = replace(scan, inputs=[scan.x[:, : chunk * INTERVAL]])
            states = reference.scan(*before.checked, before.inputs, scan.states, scan.tensors).final
        assert_same_bits(kept, states, f"chunk {chunk}")


def test_nothing_is_kept_or_summed_that_is_not_asked_for() -> None:
    scan = random_scan((1, 9, 71))
    spikes, index, records, final_states, checkpoints = scan.forward(interval=0)
    kept = scan.forward()
    assert (checkpoints.shape, index.shape, records.shape) == ((0, 1, 1, 71), (0,), (0, 1, 9, 71))
    assert_same_bits(spikes, kept[0])
    assert_same_bits(final_states, kept[3])
    grads = random_gradients(scan)
    grad_x, grad_states, grad_params = scan.backward(kept[1], kept[4], grads, wanted=0)
    full = scan.backward(kept[1], kept[4], grads)
    assert grad_params.shape == (0, 1, 71)
    assert_same_bits(grad_x, full[0])
    assert_same_bits(grad_states, full[1])


def test_no_neurons() -> None:
    scan = replace(random_scan((3, 9, 0)), record=1)
    spikes, index, records, final_states, checkpoints = scan.forward()
    assert spikes.shape == (3, 9, 0) and final_states.shape == (1, 3, 0) and checkpoints.shape == (2, 1, 3, 0)
    assert records.shape == (1, 3, 9, 0)
    grad_x, grad_states, grad_params = scan.backward(index, checkpoints, random_gradients(scan))
    assert grad_x.shape == (3, 9, 0) and grad_states.shape == (1, 3, 0) and grad_params.shape == (3, 3, 0)


def test_what_kernels_would_read_past_is_refused() -> None:
    scan = random_scan((1, 9, 71))
    _, index, _, _, checkpoints = scan.forward()
    grads = random_gradients(scan)
    with pytest.raises(RuntimeError, match="3 parameters that are given, got 3 tensors"):
        torch.ops.snnkernels.triton_forward([scan.x, *scan.tensors[1:]], scan.states, *scan.rule(0), True)
    with pytest.raises(RuntimeError, match="there must be 5 numbers, got 4"):
        rule = scan.rule(0)
        head = ([scan.x, *scan.tensors], scan.states, None, rule[1][1:])
        torch.ops.snnkernels.triton_forward(*head, *rule[2:], True)
    with pytest.raises(RuntimeError, match="need parameters that are tensors"):
        scan.backward(index, checkpoints, grads, wanted=0b100)
    with pytest.raises(RuntimeError, match="needs an index, 71 elements of int32"):
        largest = replace(scan, output="max")
        largest.backward(index, checkpoints, random_gradients(largest))
    with pytest.raises(RuntimeError, match="a gradient of each record"):
        recorded = replace(scan, record=1)
        recorded.backward(index, checkpoints, replace(grads, records=torch.zeros(1, 1, 8, 71, device=DEVICE)))
    gated = random_scan((1, 9, 71), neuron=USERS["gated"])
    with pytest.raises(RuntimeError, match="inputs must be alike"):
        replace(gated, inputs=[gated.x, gated.x[:, :8]]).forward()


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
