"""The Triton engine's operators against the reference engine, on a GPU or else under Triton's interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from support import WITH_EXP, Target, assert_rounded, assert_same_bits, printed
from torch import Tensor

from snnkernels import tuning
from snnkernels.engines import reference, triton
from snnkernels.engines.triton_tiling import VARIATIONS
from snnkernels.language import detach, exp, floor, maximum, minimum, sigmoid, sqrt, tanh, where
from snnkernels.neurons import NEURONS, Neuron
from snnkernels.scan import Checked, Layout, Plan, metadata, state_dtype
from snnkernels.surrogates import SURROGATES

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
INTERVAL = 8
FLOATS = (torch.float32, torch.float64)
HALVES = (torch.bfloat16, torch.float16)
LIF = "lif_subtract_after_attached"

pytestmark = [pytest.mark.gpu] if DEVICE == "cuda" else []


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    Target("triton", DEVICE).require()
    monkeypatch.setattr("snnkernels.scan._FEW", 0)  # the reference takes x as operators do


@dataclass(frozen=True)
class Scan:
    """What the operators take: x `[outer, T, inner]`, states `[S, outer, inner]`, params `[1]` or `[outer, inner]`.

    `repeats` is None, or how many steps there are of an x that is one step for all, `[outer, 1, inner]`.
    """

    x: Tensor
    states: Tensor
    params: Sequence[Tensor]
    constants: Sequence[float]
    neuron: str = LIF
    strict: bool = False
    surrogate: str = "fast_sigmoid"
    slope: float = 3.0
    repeats: int | None = None
    output: str = "spikes"

    @property
    def steps(self) -> int:
        return self.x.shape[1] if self.repeats is None else self.repeats

    def forward(self, interval: int = INTERVAL) -> tuple[Tensor, Tensor, Tensor]:
        head = ([self.x, *self.params], self.states, None, self.numbers)
        rule = (self.neuron, self.strict, interval, 1, self.steps, self.output)
        return torch.ops.snnkernels.triton_forward(*head, *rule, True)

    def backward(
        self, checkpoints: Tensor, grads: tuple[Tensor, Tensor], interval: int = INTERVAL, param_grads: bool = True
    ) -> tuple[Tensor, Tensor, Tensor]:
        head = ([self.x, *self.params], checkpoints, None, self.numbers, self.neuron, self.strict, interval)
        rule = (1, self.steps, self.surrogate)
        return torch.ops.snnkernels.triton_backward(*head, *rule, *grads, True, param_grads)

    @property
    def numbers(self) -> tuple[float, ...]:
        return (*self.constants, self.slope)

    @property
    def checked(self) -> Checked:
        x = self.x if self.repeats is None else self.x[:, 0]
        rule = (self.neuron, self.surrogate, self.strict, True)
        plan = Plan("reference", *rule, Layout(metadata(x.contiguous()), 1, self.repeats), self.output)
        return Checked(plan, self.numbers)


def random_scan(
    shape: tuple[int, int, int], dtype: torch.dtype = torch.float32, per_neuron: bool = False, neuron: str = LIF
) -> Scan:
    """Inputs on a grid for every other neuron: with a beta of 0.5 these meet a threshold of 1 exactly."""
    outer, _, inner = shape
    compute = state_dtype(dtype)
    x = torch.randn(shape, dtype=compute) * 0.7 + 0.3
    x[..., ::2] = torch.randint(-1, 4, shape)[..., ::2].to(compute) / 2
    beta, threshold = torch.full((1,), 0.5, dtype=compute), torch.ones(1, dtype=compute)
    if per_neuron:
        beta = torch.where(torch.rand(outer, inner) < 0.5, beta, torch.rand(outer, inner, dtype=compute))
        threshold = torch.where(torch.rand(outer, inner) < 0.5, threshold, 1 + torch.rand(outer, inner, dtype=compute))
    states = torch.randn(1, outer, inner, dtype=compute)
    params = [param.to(DEVICE) for param in (beta, threshold)]
    return Scan(x.to(dtype).to(DEVICE), states.to(DEVICE), params, (1.0, 0.1), neuron)


def random_gradients(scan: Scan) -> tuple[Tensor, Tensor]:
    """Of the spikes and the final states; that of a count is the same at all steps."""
    outer, _, inner = scan.x.shape
    grad = torch.randn(outer, 1 if scan.output == "count" else scan.steps, inner).to(scan.x)
    return grad.expand(outer, scan.steps, inner), torch.randn_like(scan.states)


def check(scan: Scan, grads: tuple[Tensor, Tensor] | None = None, interval: int = INTERVAL) -> None:
    """Forward and backward equal the reference: the same bits, but for gradients through exp and sums over time."""
    x = scan.x.to(scan.states.dtype)
    output, final_states, checkpoints = scan.forward(interval)
    expected_output, expected_states = reference.scan(*scan.checked, x, scan.states, scan.params)
    assert output.is_contiguous() and output.float().mean() > 0 and output.min() < output.max()
    assert_same_bits(output, expected_output.to(output.dtype), scan.output)
    assert_same_bits(final_states, expected_states, "final states")

    grads = grads or random_gradients(scan)
    grad_x, grad_states, grad_params = scan.backward(checkpoints, grads, interval)
    checked = replace(scan, output="spikes").checked
    expected_x, expected_states, *expected_params = reference.gradients(
        checked, x, scan.states, scan.params, grads[0].to(x.dtype), grads[1]
    )
    same = assert_rounded if scan.surrogate in WITH_EXP else assert_same_bits
    same(grad_states, expected_states, "gradient of the states")
    if scan.x.dtype == torch.bfloat16 and DEVICE == "cpu":  # which Triton's interpreter cuts off instead of rounding
        torch.testing.assert_close(grad_x, expected_x.to(torch.bfloat16), rtol=2**-7, atol=1e-30)
    else:
        same(grad_x, expected_x.to(scan.x.dtype), "gradient of x")
    for actual, expected in zip(grad_params, expected_params, strict=True):
        assert_rounded(actual, expected, "gradient of a parameter")


@pytest.mark.parametrize("strict", [False, True], ids=["at threshold", "strict"])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("neuron", NEURONS)
def test_every_neuron(neuron: str, dtype: torch.dtype, strict: bool) -> None:
    check(replace(random_scan((3, 9, 23), dtype, per_neuron=True, neuron=neuron), strict=strict))


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
        for output in ("spikes", "count", "packed"):
            check(replace(scan, output=output))


@pytest.mark.parametrize("dtype", [*FLOATS, *HALVES], ids=str)
@pytest.mark.parametrize("outer, inner", [(1, 4104), (3, 1370)])  # a row ends with a byte, or within one
def test_packed_spikes(outer: int, inner: int, dtype: torch.dtype) -> None:
    check(replace(random_scan((outer, 11, inner), dtype), output="packed"))


@pytest.mark.parametrize("inner", [331, 4104])
def test_spike_counts(inner: int) -> None:
    check(replace(random_scan((1, 19, inner)), output="sum"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("inner", [331, 4104])
@pytest.mark.parametrize("output", ["spikes", "count", "packed"])
def test_one_step_for_all(output: str, inner: int, dtype: torch.dtype) -> None:
    scan = random_scan((1, 1, inner), dtype)
    check(replace(scan, x=scan.x.abs(), output=output, repeats=19))


@pytest.mark.skipif(DEVICE == "cuda", reason="the interpreter is what is watched")
@pytest.mark.parametrize("output", ["spikes", "count", "packed"])
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

    scan = replace(random_scan((outer, steps, inner), per_neuron=True), output=output)
    grads = random_gradients(scan)
    monkeypatch.setattr(builder, "create_masked_load", watched_load)
    monkeypatch.setattr(builder, "create_masked_store", watched_store)
    kept = scan.forward()
    tensors = [scan.x, scan.states, *scan.params, *grads, *kept, *scan.backward(kept[2], grads)]
    addresses = torch.cat(touched)
    inside = torch.zeros_like(addresses, dtype=torch.bool)
    for tensor in tensors:
        memory = tensor.untyped_storage()
        inside |= (addresses >= memory.data_ptr()) & (addresses < memory.data_ptr() + memory.nbytes())
    assert len(addresses) > 3 * scan.x.numel() and inside.all()


@pytest.mark.parametrize("interval", [1, 3, 4, 16])
def test_other_intervals(interval: int) -> None:
    for output in ("spikes", "packed"):
        check(replace(random_scan((1, 19, 1048)), output=output), interval=interval)
        check(replace(random_scan((1, 19, 71)), output=output), interval=interval)


@pytest.mark.parametrize("inner", [71, 1048])
def test_strided_sequences(inner: int) -> None:
    """A slice, the same input at every step, a transposed one; gradients of sums over time, over all, over rows."""
    scan = random_scan((2, 9, inner))
    grad_states = torch.randn_like(scan.states)
    check(replace(scan, x=random_scan((2, 9, 2 * inner)).x[:, :, :inner]))
    check(replace(scan, x=scan.x[:, :1].expand(2, 9, inner)))
    check(replace(scan, x=random_scan((2, inner, 9)).x.transpose(1, 2)))
    check(scan, (torch.randn(2, 1, inner, device=DEVICE).expand(2, 9, inner), grad_states))
    check(scan, (torch.ones(1, device=DEVICE).expand(2, 9, inner), grad_states))
    check(scan, (torch.randn(1, 9, inner, device=DEVICE).expand(2, 9, inner), grad_states))


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
    check(replace(scan, x=apart))


@pytest.mark.parametrize("inner", [331, 4104])
def test_calls_that_differ_in_values_alone(inner: int) -> None:
    """Other tensors, aligned to 16 bytes or not, and other numbers: launched as before."""
    for slope, input_scale, offset in ((3.0, 1.0, 0), (2.0, 0.5, 0), (2.0, 0.5, 1), (3.0, 1.0, 1), (3.0, -0.0, 0)):
        scan = random_scan((2, 9, inner), per_neuron=True)
        x = scan.x.new_empty(scan.x.numel() + offset)[offset:].view_as(scan.x).copy_(scan.x)
        states = scan.states.new_empty(scan.states.numel() + offset)[offset:].view_as(scan.states).copy_(scan.states)
        check(replace(scan, x=x, states=states, slope=slope, constants=(input_scale, 0.1)))


def test_checkpoints_are_the_states_that_enter_each_chunk() -> None:
    scan = random_scan((1, 21, 71))
    checkpoints = scan.forward()[2]
    assert checkpoints.shape == (3, 1, 1, 71)
    for chunk, kept in enumerate(checkpoints):
        states = scan.states
        if chunk:
            before = replace(scan, x=scan.x[:, : chunk * INTERVAL])
            states = reference.scan(*before.checked, before.x, scan.states, scan.params)[1]
        assert_same_bits(kept, states, f"chunk {chunk}")


def test_nothing_is_kept_or_summed_that_is_not_asked_for() -> None:
    scan = random_scan((1, 9, 71))
    spikes, final_states, checkpoints = scan.forward(interval=0)
    kept = scan.forward()
    assert checkpoints.shape == (0, 1, 1, 71)
    assert_same_bits(spikes, kept[0])
    assert_same_bits(final_states, kept[1])
    grads = random_gradients(scan)
    grad_x, grad_states, grad_params = scan.backward(kept[2], grads, param_grads=False)
    full = scan.backward(kept[2], grads)
    assert grad_params.shape == (0, 1, 71)
    assert_same_bits(grad_x, full[0])
    assert_same_bits(grad_states, full[1])


def test_no_neurons() -> None:
    scan = random_scan((3, 9, 0))
    spikes, final_states, checkpoints = scan.forward()
    assert spikes.shape == (3, 9, 0) and final_states.shape == (1, 3, 0) and checkpoints.shape == (2, 1, 3, 0)
    grad_x, grad_states, grad_params = scan.backward(checkpoints, random_gradients(scan))
    assert grad_x.shape == (3, 9, 0) and grad_states.shape == (1, 3, 0) and grad_params.shape == (2, 3, 0)


def _every_operation(x, v, a, *, spike):  # type: ignore[no-untyped-def]
    """Two states, neither parameter nor constant, and every word of the step language."""
    u = exp(-abs(v)) * v + x / (1 + a * a)
    s = spike(minimum(u, 1.5) - maximum(a, 0.25))
    w = sqrt(1 + a * a) * tanh(a) + floor(x) * sigmoid(v)
    return s, where((u > 0.75) & ~(x < -2), -detach(s), u), where((a >= 1) | (x > 2), 0.5, 0.875 * a + s + 0.125 * w)


@pytest.mark.parametrize("dtype", [*FLOATS, torch.float16], ids=str)
@pytest.mark.parametrize("inner", [71, 1048])
def test_any_neuron(inner: int, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NEURONS, "every_operation", Neuron("every_operation", _every_operation, ("v", "a"), (), ()))
    scan = random_scan((1, 9, inner), dtype, neuron="every_operation")
    scan = replace(scan, states=torch.cat([scan.states, scan.states.abs()]), params=(), constants=())
    x = scan.x.to(scan.states.dtype)
    spikes, final_states, checkpoints = scan.forward()
    expected_spikes, expected_states = reference.scan(*scan.checked, x, scan.states, ())
    assert_same_bits(spikes, expected_spikes.to(dtype))
    assert_rounded(final_states, expected_states)
    grads = random_gradients(scan)
    actual = scan.backward(checkpoints, grads)
    expected_x, expected_states = reference.gradients(scan.checked, x, scan.states, (), grads[0].to(x.dtype), grads[1])
    assert_rounded(actual[1], expected_states)
    torch.testing.assert_close(
        actual[0], expected_x.to(dtype), rtol=1e-3 if dtype == torch.float16 else 1e-5, atol=1e-6
    )


def test_exponential_over_its_whole_range() -> None:
    """Through the sigmoid's derivative, k e^-k|x| / (1 + e^-k|x|)^2, where k|x| is not rounded, to beyond underflow."""
    distance = torch.cat([torch.arange(-36, 36, 0.25), torch.tensor([1e4, -1e4])]).to(DEVICE)
    zero, least = torch.zeros(1, device=DEVICE), torch.full((1,), 1e-30, device=DEVICE)
    scan = Scan(
        distance.reshape(1, 1, -1),
        torch.zeros(1, 1, len(distance), device=DEVICE),
        params=(zero, least),  # beta, and a threshold that leaves the distance as it is
        constants=(1.0, 0.0),
        neuron="lif_none",
        surrogate="sigmoid",
    )
    slope = torch.tensor(scan.slope, dtype=torch.float64, device=DEVICE)
    exact = SURROGATES["sigmoid"].derivative(distance.double(), slope)
    assert exact.min() == 0 and 0 < exact[exact > 0].min() < 1e-45
    grads = (torch.ones_like(scan.x), torch.zeros_like(scan.states))
    actual = scan.backward(scan.forward()[2], grads)[0].flatten()
    torch.testing.assert_close(actual.double(), exact, rtol=1e-6, atol=2e-45)


class TestReasons:
    """Why the engine cannot run."""

    def test_on_a_cpu(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TRITON_INTERPRET", raising=False)
        assert "set TRITON_INTERPRET=1" in str(triton.unusable_reason(torch.device("cpu")))
        x = torch.zeros(1, 1, 1)
        with pytest.raises(RuntimeError, match="set TRITON_INTERPRET=1"):
            torch.ops.snnkernels.triton_forward(
                [x, x[0, 0], x[0, 0]], x, None, [1.0, 0.0, 1.0], LIF, False, 0, 1, 1, "spikes", True
            )

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
