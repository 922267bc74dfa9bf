"""Spike counts, packed spikes and a current that is the same at all steps: what they give, and what they leave out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from support import Target, assert_rounded, assert_same_bits, random_current, random_decay
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from snnkernels import LIF, PackedSpikes, lif, pack_spikes, spike_count_loss, use_backend
from snnkernels.scan import OUTPUTS, state_dtype

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
SHAPES = ((3, 37), (2, 1048), (5, 1))


def leaf(tensor: Tensor) -> Tensor:
    return tensor.detach().clone().requires_grad_()


def tensors(dtype: torch.dtype, target: Target, *shape: int) -> dict[str, Tensor]:
    """A beta for each neuron, a threshold for all, an initial state."""
    wide: dict[str, Any] = {"dtype": state_dtype(dtype), "device": target.device}
    return {
        "beta": random_decay(shape[-1], **wide),
        "threshold": torch.tensor(0.75, **wide),
        "initial_state": torch.randn(shape, dtype=wide["dtype"]).to(target.device),
    }


def run(current: Tensor, given: dict[str, Tensor], **options: Any) -> tuple[Any, Tensor, dict[str, Tensor]]:
    """The output, the final state, and the leaves: what they are computed from."""
    leaves = {"current": leaf(current), **{name: leaf(tensor) for name, tensor in given.items()}}
    output, state = lif(**leaves, return_state=True, slope=2.0, **options)
    return output, state, leaves


def gradients(leaves: dict[str, Tensor], outputs: Sequence[Tensor], grads: Sequence[Tensor]) -> dict[str, Tensor]:
    torch.autograd.backward(tuple(outputs), tuple(grads))
    return {name: tensor.grad for name, tensor in leaves.items() if tensor.grad is not None}


def same_gradients(actual: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Equal bits, but for those of parameters, which are sums over neurons."""
    assert actual.keys() == expected.keys() and expected["current"].abs().sum() > 0
    for name, grad in expected.items():
        check = assert_same_bits if name in ("current", "initial_state") else assert_rounded
        check(actual[name], grad, f"gradient of {name}")


@pytest.mark.parametrize("time_dim", [0, 1])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_count_is_the_sum_of_the_spikes(
    target: Target, shape: tuple[int, ...], dtype: torch.dtype, time_dim: int
) -> None:
    steps = 9 if target.interpreted else 41
    current = random_current(steps, *shape, dtype=dtype, device=target.device).movedim(0, time_dim).contiguous()
    given = tensors(dtype, target, *shape)
    options = {"time_dim": time_dim, "backend": target.engine}
    count, state, leaves = run(current, given, output="sum", **options)
    spikes, expected_state, expected_leaves = run(current, given, **options)
    expected = spikes.sum(time_dim, dtype=state_dtype(dtype))
    assert expected.min() + expected.max() > 0 and expected.mean() < steps
    assert_same_bits(count, expected, "count")
    assert_same_bits(state, expected_state, "state")
    grads = torch.randn_like(count), torch.randn_like(state)
    same_gradients(
        gradients(leaves, (count, state), grads), gradients(expected_leaves, (expected, expected_state), grads)
    )


@pytest.mark.parametrize("time_dim", [0, 1])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_packed_spikes_are_the_spikes(
    target: Target, shape: tuple[int, ...], dtype: torch.dtype, time_dim: int
) -> None:
    """Their bits too: a byte ends with its row, and is filled up with zeros."""
    current = random_current(19, *shape, dtype=dtype, device=target.device).movedim(0, time_dim).contiguous()
    given = tensors(dtype, target, *shape)
    options = {"time_dim": time_dim, "backend": target.engine}
    packed, state, leaves = run(current, given, output="packed", **options)
    spikes, expected_state, expected_leaves = run(current, given, **options)
    assert isinstance(packed, PackedSpikes) and 0 < spikes.float().mean() < 1
    assert_same_bits(packed.bits, pack_spikes(spikes, time_dim).bits, "bits")
    assert_same_bits(packed.unpack(dtype), spikes.detach(), "spikes")
    assert_same_bits(state, expected_state, "state")
    grads = (torch.randn_like(state),)
    same_gradients(gradients(leaves, (state,), grads), gradients(expected_leaves, (expected_state,), grads))


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_constant_current_is_its_repetition(
    target: Target, shape: tuple[int, ...], dtype: torch.dtype, output: str
) -> None:
    """Forward, and backward the reference's bits, and the sum over time to rounding."""
    steps = 9 if target.interpreted else 41
    current = random_current(*shape, dtype=dtype, device=target.device)
    given = tensors(dtype, target, *shape)
    results = {}
    for name, source, options in (
        ("actual", current, {"steps": steps, "backend": target.engine}),
        ("reference", current, {"steps": steps, "backend": "reference"}),
        ("repeated", current.expand(steps, *shape), {"backend": target.engine}),
    ):
        result, state, leaves = run(source, given, output=output, **options)
        differentiable = (state,) if output == "packed" else (result, state)
        results[name] = (result.bits if output == "packed" else result, state, leaves, differentiable)
    grads = [torch.randn_like(tensor) for tensor in results["actual"][3]]
    found = {name: gradients(leaves, outputs, grads) for name, (_, _, leaves, outputs) in results.items()}
    for name in ("reference", "repeated"):
        assert_same_bits(results["actual"][0], results[name][0], f"{output}, {name}")
        assert_same_bits(results["actual"][1], results[name][1], f"state, {name}")
    if not (target.interpreted and dtype == torch.bfloat16):  # which the interpreter cuts off instead of rounding
        same_gradients(found["actual"], found["reference"])
    summed = found["repeated"]["current"].sum(0, dtype=state_dtype(dtype))
    loose = {torch.float64: 1e-12, torch.float32: 1e-5}.get(dtype, 2e-2)
    scale = found["repeated"]["current"].abs().sum(0).max().item()
    torch.testing.assert_close(found["actual"]["current"].to(summed.dtype), summed, rtol=loose, atol=loose * scale)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_gradient_of_a_constant_current_is_summed_from_the_last_step_and_rounded_once(
    target: Target, dtype: torch.dtype
) -> None:
    current = random_current(3, 37, dtype=dtype, device=target.device)
    given, wide = tensors(dtype, target, 3, 37), state_dtype(dtype)
    spikes, state, leaves = run(current, given, steps=19, backend=target.engine)
    grads = torch.randn_like(spikes), torch.randn_like(state)
    actual = gradients(leaves, (spikes, state), grads)["current"]
    *outputs, leaves = run(current.to(wide).expand(19, 3, 37), given, backend=target.engine)
    expected = torch.zeros(3, 37, dtype=wide, device=target.device)
    for step in gradients(leaves, outputs, (grads[0].to(wide), grads[1]))["current"].flip(0):
        expected += step
    assert_same_bits(actual, target.rounded(expected, dtype))


@pytest.mark.parametrize("output", OUTPUTS)
def test_constant_current_with_time_second_and_channels_last(target: Target, output: str) -> None:
    current = random_current(3, 4, 5, 2, device=target.device).movedim(-1, 1)
    actual = lif(current, steps=11, time_dim=1, output=output, backend=target.engine)
    expected = lif(current.unsqueeze(1).expand(3, 11, 2, 4, 5), time_dim=1, output=output, backend="reference")
    if output == "packed":
        assert actual.shape == expected.shape
        actual, expected = actual.unpack(), expected.unpack()
    assert_same_bits(actual, expected, output)


def test_one_step_of_a_constant_current(target: Target) -> None:
    current = random_current(3, 37, device=target.device)
    results = []
    for source, options in ((leaf(current), {"steps": 1}), (leaf(current)[None], {})):
        out = lif(source, backend=target.engine, **options)
        results.append((out, *torch.autograd.grad((out * out.new_tensor(0.5)).sum(), source)))
    for actual, expected in zip(*results, strict=True):
        assert_same_bits(actual.reshape(3, 37), expected.reshape(3, 37))


def test_chunks_of_counts_add_up_to_the_whole(compiled: Target) -> None:
    current = random_current(20, 3, 37, device=compiled.device)
    options: dict[str, Any] = {"output": "sum", "return_state": True, "backend": compiled.engine}
    whole, state = lif(current, **options)
    first, middle = lif(current[:7], **options)
    second, last = lif(current[7:], initial_state=middle, **options)
    assert_same_bits(first + second, whole)
    assert_same_bits(last, state)


class Calls(TorchDispatchMode):
    """Records what the operators of the package are given and give."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, tuple[Any, ...], Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        outputs = func(*args, **(kwargs or {}))
        if func.namespace == "snnkernels":
            self.calls.append((func._opname.rpartition("_")[2], args, outputs))
        return outputs


def test_count_writes_no_spikes_and_expands_no_gradient(compiled: Target) -> None:
    current = random_current(64, 2, 8, device=compiled.device).requires_grad_()
    with Calls() as mode:
        lif(current, output="sum", backend=compiled.engine).sum().backward()
    (_, _, outputs), (_, arguments, _) = mode.calls
    assert [name for name, *_ in mode.calls] == ["forward", "backward"]
    assert outputs[0].numel() == 16
    grad = next(x for x in arguments if isinstance(x, Tensor) and x.shape == (1, 64, 16) and x.stride(1) == 0)
    assert grad.untyped_storage().nbytes() <= 16 * 4


def test_constant_current_is_neither_written_out_nor_its_gradient(compiled: Target) -> None:
    current = random_current(2, 8, device=compiled.device).requires_grad_()
    with Calls() as mode:
        lif(current, steps=64, output="sum", backend=compiled.engine).sum().backward()
    (_, given, _), (_, _, outputs) = mode.calls
    assert given[0][0].shape == outputs[0].shape == (1, 1, 16)


def test_layer_that_counts_trains_as_one_that_sums(target: Target) -> None:
    counting = LIF(beta=0.8, learn_beta=True, slope=2.0, output="sum", backend=target.engine).to(target.device)
    summing = LIF(beta=0.8, learn_beta=True, slope=2.0, backend=target.engine).to(target.device)
    current = random_current(9, 4, 5, device=target.device)
    classes = torch.tensor([0, 1, 4, 2], device=target.device)
    results = []
    for layer in (counting, summing):
        source = leaf(current)
        loss = spike_count_loss(layer(source), classes)
        loss.backward()
        results.append((loss.detach(), source.grad, layer.beta.grad))
    assert results[0][1].abs().sum() > 0
    for actual, expected in zip(*results, strict=True):
        assert_same_bits(actual, expected)


@pytest.mark.parametrize("dtype", (*DTYPES, torch.bool), ids=str)
@pytest.mark.parametrize("shape", [(3, 2, 8), (3, 2, 1), (4, 3, 5, 7)], ids=str)
def test_packing_and_unpacking(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    spikes = (torch.rand(shape) < 0.3).to(dtype)
    packed = pack_spikes(spikes)
    assert packed.shape == spikes.shape and packed.device == spikes.device
    assert packed.bits.dtype == torch.uint8 and packed.bits.numel() == shape[0] * -(-spikes[0].numel() // 8)
    assert torch.equal(packed.unpack(torch.float32), spikes.float())


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64, torch.complex64], ids=str)
def test_unpacked_spikes_have_any_dtype(dtype: torch.dtype) -> None:
    spikes = torch.rand(3, 2, 9) < 0.5
    assert_same_bits(pack_spikes(spikes).unpack(dtype), spikes.to(dtype))


def test_a_part_of_packed_spikes_that_is_one_step() -> None:
    spikes = (torch.rand(2, 5, 9) < 0.5).float()
    assert_same_bits(pack_spikes(spikes, time_dim=1).part(3, 1).unpack(), spikes[:, 3:4])


OUTPUTS_IN_PLACE: dict[str, Callable[[Tensor], Tensor]] = {
    "spikes": lambda x: lif(x),
    "spikes, few neurons": lambda x: lif(x.transpose(0, 1), time_dim=1),
    "spikes of channels last": lambda x: lif(x.transpose(1, 2)),
    "spikes of a constant current": lambda x: lif(x[0], steps=5),
    "count": lambda x: lif(x, output="sum"),
    "final state": lambda x: lif(x, return_state=True)[1],
}


@pytest.mark.parametrize("name", OUTPUTS_IN_PLACE)
def test_outputs_may_be_changed_in_place(target: Target, name: str) -> None:
    call, grads, given = OUTPUTS_IN_PLACE[name], [], random_current(7, 3, 40, device=target.device)
    for change in (Tensor.mul_, Tensor.mul):
        current = leaf(given)
        with use_backend(target.engine):
            change(call(current), 0.5).sum().backward()
        grads.append(current.grad)
    assert grads[0].abs().sum() > 0
    assert_same_bits(grads[0], grads[1])


def test_lowest_bit_is_the_first_neuron() -> None:
    assert pack_spikes(torch.tensor([[1.0, 0, 0, 0, 0, 0, 0, 1, 1, 1]])).bits.tolist() == [[[0b10000001, 0b11]]]
