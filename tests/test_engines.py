"""Every engine gives the reference's spikes, final states and gradients: for every option, length, shape and layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from support import (
    DIFFERENT_OPTIONS,
    OPTIONS,
    STEPS,
    WITH_EXP,
    WITHOUT_EXP,
    Run,
    Target,
    assert_rounded,
    assert_same_bits,
    random_current,
    random_decay,
    random_gradients,
    run,
)
from torch import Tensor

from snnkernels import lif
from snnkernels.scan import state_dtype
from snnkernels.surrogates import SURROGATES

FLOATS = (torch.float32, torch.float64)
HALVES = (torch.bfloat16, torch.float16)


def test_memory_is_poisoned() -> None:
    """The tests of unwritten outputs rest on this: see poisoned_memory in conftest.py."""
    like = torch.zeros(3)
    assert torch.empty(3).isnan().all() and torch.empty_like(like).isnan().all() and like.new_empty(3).isnan().all()


def compare(engine: str, current: Tensor, tensors: dict[str, Any], exact: bool = True, **options: Any) -> Run:
    """Run an engine and the reference: equal bits, but for gradients where exp is involved and sums over neurons."""
    time_dim = options.get("time_dim", 0)
    spikes, state = lif(current, **tensors, return_state=True, backend="reference", **options)
    grads = random_gradients(spikes, state)
    expected, actual = (run(name, current, tensors, grads, **options) for name in ("reference", engine))
    context = f"{options}, current {tuple(current.shape)} {current.dtype}, time_dim {time_dim}"
    assert_same_bits(actual.spikes, expected.spikes, f"spikes, {context}")
    assert_same_bits(actual.state, expected.state, f"state, {context}")
    assert actual.grads.keys() == expected.grads.keys()
    for name, grad in expected.grads.items():
        what = f"gradient of {name}, {context}"
        if exact and name in ("current", "initial_state"):
            assert_same_bits(actual.grads[name], grad, what)
        else:  # a sum of many terms may come out far smaller than they are
            summed = current.numel() / max(1, grad.numel())
            assert_rounded(actual.grads[name], grad, what, terms=max(1, round(summed**0.5 / 4)))
    return expected


def random_tensors(dtype: torch.dtype, device: str, *step_shape: int) -> dict[str, Tensor]:
    """A beta and a threshold for each neuron of the last dimension, and a state for each of all."""
    neurons = step_shape[-1]
    return {
        "beta": random_decay(neurons, dtype=dtype, device=device),
        "threshold": torch.where(torch.arange(neurons) % 2 == 0, 1.0, torch.rand(neurons) + 0.5).to(device, dtype),
        "initial_state": torch.randn(step_shape, dtype=dtype).to(device),
    }


def check_options(compiled: Target, steps: int, dtype: torch.dtype, chosen: Sequence[dict[str, Any]]) -> None:
    shape = (2, 13) if compiled.interpreted else (3, 37)
    current = random_current(steps, *shape, dtype=dtype, device=compiled.device)
    tensors = random_tensors(dtype, compiled.device, *shape)
    rates = []
    for index, options in enumerate(chosen):
        surrogate = WITHOUT_EXP[index % len(WITHOUT_EXP)]
        slope = 0.25 if surrogate == "straight_through" else 2.0  # more, and its gradients grow without bound
        expected = compare(compiled.engine, current, tensors, surrogate=surrogate, slope=slope, **options)
        rates.append(expected.spikes.double().mean().item())
    # the different options all have a small input_scale: few neurons fire
    assert 0.02 < sum(rates) / len(rates) < 0.95, "the neurons must fire, and not always"


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("steps", STEPS)
def test_every_option(compiled: Target, steps: int, dtype: torch.dtype) -> None:
    """Every combination that is a computation of its own; those that come to the same too where it is quick.

    Under the interpreter some of them at other lengths than one.
    """
    chosen = OPTIONS if steps < max(STEPS) else DIFFERENT_OPTIONS
    if compiled.interpreted:
        chosen = DIFFERENT_OPTIONS if steps == 9 else OPTIONS[:: 64 if steps > 9 else 21]
    check_options(compiled, steps, dtype, chosen)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("steps", STEPS)
def test_every_option_at_every_length(compiled: Target, steps: int, dtype: torch.dtype) -> None:
    if compiled.interpreted and steps > 9:
        pytest.skip("the interpreter is slow: test_every_option has some of them")
    check_options(compiled, steps, dtype, OPTIONS)


# The interpreter is slow. tests/test_triton.py tries its float64, with parameters for each neuron too.
@pytest.mark.few_interpreted(dtype=(torch.float32,))
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("surrogate", SURROGATES)
def test_every_surrogate(compiled: Target, surrogate: str, dtype: torch.dtype) -> None:
    shape = (9, 1, 5) if compiled.interpreted else (19, 3, 37)
    current = random_current(*shape, dtype=dtype, device=compiled.device)
    tensors = random_tensors(dtype, compiled.device, *shape[1:])
    chosen = DIFFERENT_OPTIONS[:: 11 if compiled.interpreted else 1]
    for options in chosen:
        for slope in (None, 0.7):
            exact = surrogate not in WITH_EXP
            compare(compiled.engine, current, tensors, exact, surrogate=surrogate, slope=slope, **options)


SHAPES = [(1, 1), (1, 7), (13, 1), (3, 2, 5, 7), (2, 1023), (1, 1024), (1, 1025), (5, 2501)]


# The interpreter is slow: tests/test_triton_sizes.py tries rows of many blocks.
@pytest.mark.few_interpreted(shape=SHAPES[:-1], dtype=(torch.float32, torch.float16))
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", (*FLOATS, *HALVES), ids=str)
def test_odd_sizes_and_many_blocks(compiled: Target, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    if compiled.interpreted and dtype == torch.bfloat16:
        pytest.skip("the interpreter truncates to bfloat16: test_half_types_are_the_reference_in_float32 has it")
    steps = 3 if compiled.interpreted else 21
    current = random_current(steps, *shape, dtype=dtype, device=compiled.device)
    compare(compiled.engine, current, random_tensors(state_dtype(dtype), compiled.device, *shape))


def strided(*shape: int) -> Tensor:
    """Every second element of a larger tensor."""
    return random_current(*shape[:-1], shape[-1] * 2)[..., ::2]


def with_its_strides(tensor: Tensor, device: str) -> Tensor:
    """The tensor on a device, gaps and overlaps of its memory included, which `.to` would close."""
    memory = tensor.as_strided((tensor.untyped_storage().size() // tensor.element_size(),), (1,), 0)
    return memory.to(device).as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())


LAYOUTS: dict[str, tuple[Callable[[], Tensor], int]] = {
    # a current and its dimension of time; 17 neurons or more, 9 time steps, batch 3
    "time second": (lambda: random_current(3, 9, 17), 1),
    "time second, many neurons": (lambda: random_current(3, 9, 37), 1),
    "time last": (lambda: random_current(3, 17, 9), 2),
    "time last, from the end": (lambda: random_current(3, 17, 9), -1),
    "time in the middle of an image": (lambda: random_current(3, 2, 9, 4, 5), 2),
    "two dimensions": (lambda: random_current(9, 17), 0),
    "two dimensions, time second": (lambda: random_current(17, 9), 1),
    "channels last": (lambda: random_current(9, 3, 4, 5, 2).movedim(-1, 2), 0),
    "channels last, time second": (lambda: random_current(3, 9, 4, 5, 2).movedim(-1, 2), 1),
    "conv2d output, channels last": (
        lambda: random_current(27, 2, 4, 5).to(memory_format=torch.channels_last).unflatten(0, (9, 3)),
        0,
    ),
    "transposed": (lambda: random_current(9, 17, 3).transpose(1, 2), 0),
    "reversed dimensions": (lambda: random_current(5, 4, 3, 9).permute(3, 2, 1, 0), 0),
    "batch first in memory, time first in name": (lambda: random_current(3, 9, 17).transpose(0, 1), 0),
    "with gaps": (lambda: strided(9, 3, 17), 0),
    "with gaps in time": (lambda: random_current(18, 3, 17)[::2], 0),
    "sliced from the middle": (lambda: random_current(11, 5, 19)[1:-1, 1:-1, 1:-1], 0),
    "the same at every step": (lambda: random_current(1, 3, 17).expand(9, 3, 17), 0),
    "the same for every sample": (lambda: random_current(9, 1, 17).expand(9, 3, 17), 0),
    "one sample, odd strides": (lambda: random_current(9, 3, 17)[:, :1], 0),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(target: Target, name: str) -> None:
    """Against the reference on the same numbers, contiguous and with time first."""
    make, time_dim = LAYOUTS[name]
    current = make()
    plain = current.movedim(time_dim, 0).contiguous()
    tensors = {"beta": 0.75, "threshold": 1.0, "initial_state": torch.randn(plain.shape[1:])}
    grads = torch.randn_like(plain), torch.randn(plain.shape[1:])
    expected = run("reference", plain, tensors, grads, delay_reset=True)

    moved = {**tensors, "initial_state": tensors["initial_state"].to(target.device)}
    grads = grads[0].movedim(0, time_dim).to(target.device), grads[1].to(target.device)
    actual = run(
        target.engine, with_its_strides(current, target.device), moved, grads, delay_reset=True, time_dim=time_dim
    )
    assert_same_bits(actual.spikes.cpu(), expected.spikes.movedim(0, time_dim), "spikes")
    assert_same_bits(actual.state.cpu(), expected.state, "state")
    assert_same_bits(actual.grads["current"].cpu(), expected.grads["current"].movedim(0, time_dim), "gradient")
    assert_same_bits(actual.grads["initial_state"].cpu(), expected.grads["initial_state"], "state gradient")


@pytest.mark.parametrize("name", ["time second", "time last", "reversed dimensions"])
def test_time_comes_first_where_few_neurons_would_be_neighbours(compiled: Target, name: str) -> None:
    make, time_dim = LAYOUTS[name]
    spikes = lif(make().to(compiled.device), time_dim=time_dim, backend=compiled.engine)
    assert spikes.movedim(time_dim, 0).stride(0) == spikes[0].numel() * spikes.shape[0] // spikes.shape[time_dim]


@pytest.mark.parametrize("name", ["time second, many neurons", "channels last", "transposed"])
def test_dense_layouts_are_taken_and_given_as_they_are(compiled: Target, name: str) -> None:
    make, time_dim = LAYOUTS[name]
    current = make().to(compiled.device).requires_grad_()
    saved: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        spikes = lif(current, time_dim=time_dim, backend=compiled.engine)
    assert spikes.stride() == current.stride()
    assert current.data_ptr() in [tensor.data_ptr() for tensor in saved], "the input was copied"


PARAMETERS: dict[str, tuple[int, ...] | None] = {
    # shapes for a current of [T, 4, 3, 5, 2]: images of 3 channels
    "number": None,
    "scalar tensor": (),
    "one element": (1,),
    "per column": (2,),
    "per channel": (3, 1, 1),
    "per neuron": (3, 5, 2),
    "per sample": (4, 1, 1, 1),
    "full": (4, 3, 5, 2),
}


@pytest.mark.few_interpreted(dtype=(torch.float32,))
@pytest.mark.parametrize("time_dim", [0, 1])
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("shape", PARAMETERS.values(), ids=PARAMETERS.keys())
def test_parameters(compiled: Target, shape: tuple[int, ...] | None, dtype: torch.dtype, time_dim: int) -> None:
    steps = 5 if compiled.interpreted else 40
    current = random_current(steps, 4, 3, 5, 2, dtype=dtype, device=compiled.device).movedim(0, time_dim).contiguous()
    for detach_reset in (True, False):
        tensors: dict[str, Any] = {"beta": 0.7, "threshold": 0.9, "initial_state": None}
        if shape is not None:
            tensors["beta"] = random_decay(*shape, dtype=dtype).to(compiled.device) if shape else torch.tensor(0.7)
            tensors["threshold"] = (torch.rand(shape, dtype=dtype) / 2 + 0.75).to(compiled.device)
            tensors["initial_state"] = torch.randn(shape, dtype=dtype).to(compiled.device)
            tensors["beta"] = tensors["beta"].to(compiled.device, dtype)
        options = {"time_dim": time_dim, "detach_reset": detach_reset}
        exact = shape is None or len(shape) == 4 and 1 not in shape
        compare(compiled.engine, current, tensors, exact, **options)


@pytest.mark.parametrize("pattern", ["beta", "threshold", "both"])
def test_parameters_of_different_shapes_and_strides(compiled: Target, pattern: str) -> None:
    current = random_current(11, 4, 6, device=compiled.device)
    values = torch.rand(6, 4, device=compiled.device) / 2 + 0.5
    tensors: dict[str, Any] = {
        "beta": values.t() if pattern != "threshold" else 0.8,  # not contiguous
        "threshold": values[:, :1].t().expand(4, 6) if pattern != "beta" else torch.tensor(0.8).to(values),
        "initial_state": values[0, 0].expand(4, 6),
    }
    compare(compiled.engine, current, tensors, exact=False, detach_reset=False)


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_half_types_are_the_reference_in_float32(target: Target, dtype: torch.dtype) -> None:
    """Spikes and state equal, and gradients equal after rounding: nothing is computed in the half type."""
    shape = (9, 2, 5) if target.interpreted else (65, 3, 1100)
    current = random_current(*shape, dtype=dtype, device=target.device)
    tensors = random_tensors(torch.float32, target.device, *shape[1:])
    grads = torch.randn(shape, dtype=dtype).to(target.device), torch.randn(shape[1:]).to(target.device)
    for reset in ("subtract", "zero"):
        wide = run("reference", current.float(), tensors, (grads[0].float(), grads[1]), reset=reset)
        half = run(target.engine, current, tensors, grads, reset=reset)
        assert (half.spikes.dtype, half.state.dtype) == (dtype, torch.float32)
        assert_same_bits(half.spikes.float(), wide.spikes, "spikes")
        assert_same_bits(half.state, wide.state, "state")
        assert_same_bits(half.grads["current"], target.rounded(wide.grads["current"], dtype), "gradient")
        assert_same_bits(half.grads["initial_state"], wide.grads["initial_state"], "state gradient")
        for name in ("beta", "threshold"):
            assert_rounded(half.grads[name], wide.grads[name], f"gradient of {name}")


# The lower half of a float32 decides how it is rounded: below, at and above ties of bfloat16 and float16.
TIES = (0x0000, 0x0001, 0x0FFF, 0x1000, 0x1001, 0x2FFF, 0x3000, 0x3001, 0x7FFF, 0x8000, 0x8001, 0xFFFF)


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_every_half_value_is_read_and_rounded_to_as_by_torch(target: Target, dtype: torch.dtype) -> None:
    """The state after one step without decay is the current; the current's gradient is the state's, rounded."""
    if target.interpreted:
        pytest.skip("Triton's interpreter has conversions of its own")
    patterns = torch.arange(-(2**15), 2**15, dtype=torch.int32)
    grads = torch.cat([(patterns << 16 | tie).view(torch.float32) for tie in TIES])
    values = patterns.to(torch.int16).view(dtype).repeat(len(TIES))
    current = values[None].to(target.device).requires_grad_()
    _, state = lif(current, beta=0.0, reset="none", return_state=True, backend=target.engine)
    torch.testing.assert_close(state.detach().cpu(), values.float(), rtol=0, atol=0, equal_nan=True)
    # Of silent neurons, as what is not finite times the gradient of spikes is not 0.
    silent = torch.zeros_like(current).requires_grad_()
    _, state = lif(silent, beta=0.0, reset="none", return_state=True, backend=target.engine)
    (actual,) = torch.autograd.grad(state, silent, grads.to(target.device))
    torch.testing.assert_close(actual[0].cpu(), grads.to(dtype), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("parameter_dtype", [torch.bfloat16, torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("dtype", (*FLOATS, *HALVES), ids=str)
def test_parameters_of_another_dtype_are_cast(target: Target, dtype: torch.dtype, parameter_dtype: torch.dtype) -> None:
    """To the dtype of the state: float64 for float64, else float32; a gradient comes back in the tensor's own dtype."""
    current = random_current(7, 2, 5, dtype=dtype, device=target.device)
    tensors = random_tensors(parameter_dtype, target.device, 2, 5)
    grads = torch.randn(7, 2, 5).to(current), torch.randn(2, 5).to(target.device, state_dtype(dtype))
    cast = {name: tensor.to(state_dtype(dtype)) for name, tensor in tensors.items()}
    expected, actual = run("reference", current, cast, grads), run(target.engine, current, tensors, grads)
    assert_same_bits(actual.spikes, expected.spikes, "spikes")
    assert_same_bits(actual.state, expected.state, "state")
    for name, tensor in tensors.items():
        assert actual.grads[name].dtype == parameter_dtype
        loose = 1e-2 if parameter_dtype == torch.bfloat16 else 1e-5
        torch.testing.assert_close(actual.grads[name], expected.grads[name].to(tensor.dtype), rtol=loose, atol=loose)


@pytest.mark.parametrize("shape", [(5, 0), (5, 0, 3), (5, 3, 0)], ids=str)
def test_empty_batch_gives_empty(target: Target, shape: tuple[int, ...]) -> None:
    current = torch.zeros(shape, device=target.device)
    tensors = {name: torch.tensor(0.9, device=target.device) for name in ("beta", "threshold")}
    tensors["initial_state"] = torch.zeros(shape[1:], device=target.device)
    result = run(target.engine, current, tensors, (torch.zeros_like(current), torch.zeros_like(current[0])))
    assert result.spikes.shape == result.grads["current"].shape == shape
    assert result.state.shape == result.grads["initial_state"].shape == shape[1:]
    assert result.grads["beta"].item() == result.grads["threshold"].item() == 0


def test_the_same_twice_and_on_any_number_of_threads(compiled: Target) -> None:
    shape = (9, 2, 300) if compiled.interpreted else (100, 7, 3001)
    current = random_current(*shape, device=compiled.device)
    tensors = random_tensors(torch.float32, compiled.device, *shape[1:])
    tensors["beta"] = torch.tensor(0.8, device=compiled.device)
    grads = tuple(torch.randn(size).to(compiled.device) for size in (shape, shape[1:]))
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (threads, threads, 1, 3):
            torch.set_num_threads(count)
            results.append(run(compiled.engine, current, tensors, grads, surrogate="sigmoid"))
    finally:
        torch.set_num_threads(threads)
    first, *others = results
    for other in others:
        assert_same_bits(other.spikes, first.spikes, "spikes")
        assert_same_bits(other.state, first.state, "state")
        for name in ("current", "initial_state"):
            assert_same_bits(other.grads[name], first.grads[name], f"gradient of {name}")
    for name in ("beta", "threshold"):
        assert_same_bits(results[1].grads[name], first.grads[name], f"gradient of {name}")


@pytest.mark.slow
def test_more_than_2_to_the_31_elements(compiled: Target) -> None:
    """Addresses are 64 bits wide: the last neurons of the last step are right. Some 13 GB, forward and backward."""
    if compiled.interpreted:
        pytest.skip("the interpreter would take days")
    steps, neurons = 64, 2**25 + 1
    current = torch.zeros(steps, 1, neurons, dtype=torch.bfloat16, device=compiled.device)
    tail = random_current(steps, 1, 1000, dtype=torch.bfloat16, device=compiled.device)
    current[..., -1000:] = tail
    current.requires_grad_()
    spikes = lif(current, backend=compiled.engine)
    assert_same_bits(spikes[..., -1000:].detach(), lif(tail, backend="reference"), "spikes")
    spikes.sum().backward()
    assert current.grad is not None
    expected = run("reference", tail, {}, (torch.ones_like(tail), torch.zeros(1, 1000, device=compiled.device)))
    assert_same_bits(current.grad[..., -1000:], expected.grads["current"], "gradient")
