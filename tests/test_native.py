"""The native engine on a CPU, called past the checks of the package, and by several threads."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from operators import STEPS, backward_arguments, changed, forward_arguments, operator, poisson_arguments
from support import Target, assert_same_bits, printed
from torch import Tensor
from user_neurons import integrator

from snnkernels import lif

CPU = Target("native", "cpu")


@pytest.fixture(autouse=True)
def native() -> None:
    CPU.require()


@pytest.mark.parametrize("name", ["forward", "backward", "poisson"])
def test_native_engine_reads_tensors_that_are_copied_on_write_without_a_copy(name: str) -> None:
    forward = forward_arguments(CPU, torch.float32, 3)
    arguments = {
        "forward": forward,
        "backward": backward_arguments(CPU, forward, 0b11, False),
        "poisson": poisson_arguments(CPU, torch.float32, False),
    }[name]
    lazy = torch.utils._pytree.tree_map_only(Tensor, torch._lazy_clone, arguments)
    operator(CPU, name)(*lazy)
    leaves = [leaf for leaf in torch.utils._pytree.tree_leaves(lazy) if isinstance(leaf, Tensor)]
    assert all(torch._C._is_cow_tensor(leaf) for leaf in leaves)


def test_native_engine_refuses_states_and_parameters_of_another_type() -> None:
    """Called past the checks of the package, it must not read memory as what it is not."""
    arguments = forward_arguments(CPU, torch.float32, 1)
    (x, *params), states = arguments[:2]
    sized = "float64 for a float64 x and else float32"
    for place, value, message in (
        (1, states.double(), f"states must be contiguous, [S, outer, inner], {sized}"),
        (1, states[..., :4], f"states must be contiguous, [S, outer, inner], {sized}"),
        (0, [x[..., :4], *params], "a parameter must be contiguous, [1] or [outer, inner]"),
        (8, 3, "x must be contiguous, and time one of its dimensions"),
        (9, STEPS - 1, "one time step or 34, got 35"),
        (0, [x, params[0].double(), params[1]], "a parameter must be contiguous"),
        (0, [x, params[0]], "tensors must be the inputs of this neuron and the parameters that are given"),
        (0, [], "tensors must be inputs, and after them the parameters that are tensors"),
        (2, torch.ones(5).double(), "values has the wrong dtype for this x"),
        (2, torch.ones(10)[::2], "values must be contiguous"),
        (2, torch.ones(4), "numbers must be one for each parameter of this neuron, and the slope"),
        (2, torch.ones(6), "numbers must be one for each parameter of this neuron, and the slope"),
        (4, 0b10011, "tensors must be the inputs of this neuron and the parameters that are given"),
        (5, "lif", "the native engine has no neuron called lif"),
        (7, 8, "the CPU library is compiled for a checkpoint every 16 steps, or none (0), got 8"),
        (10, "mean", "output must be all, sum, last, max or packed, got mean"),
        (11, 0b10, "record must be bits of the states of lif"),
    ):
        with pytest.raises(RuntimeError, match=re.escape(message)):
            operator(CPU, "forward")(*changed(arguments, place, value))


def with_x(change: Callable[[Tensor], Tensor]) -> Callable[[Sequence[Tensor]], list[Tensor]]:
    return lambda tensors: [change(tensors[0]), *tensors[1:]]


WRONG_CALLS: dict[str, tuple[str, int, Callable[[Any], Any], str]] = {
    "integer x": ("forward", 0, with_x(Tensor.char), "x must be float64, float32, bfloat16 or float16"),
    "integer x in backward": ("backward", 0, with_x(Tensor.char), "x must be float64, float32, bfloat16 or float16"),
    "wide gradient": ("backward", 13, Tensor.double, "grad_output has the wrong dtype for this x"),
    "narrow gradient": ("backward", 13, Tensor.half, "grad_output has the wrong dtype for this x"),
    "gradient of fewer neurons": ("backward", 13, lambda grad: grad[..., :4], "grad_output must be contiguous"),
    "gradient of one step": ("backward", 13, lambda grad: grad[:, :1], "grad_output must be contiguous"),
    "wide records": ("backward", 15, Tensor.double, "grad_records must be contiguous, [R, outer, T, inner]"),
    "records of fewer steps": ("backward", 15, lambda grad: grad[:, :, 1:], "grad_records must be contiguous"),
    "wide states": ("backward", 16, Tensor.double, "states must be contiguous, [S, outer, inner]"),
    "unknown surrogate": ("backward", 12, lambda name: "step", "the native engine has no surrogate called step"),
    "gradient of a number": (
        "backward",
        18,
        lambda _: 0b111,
        "gradients of parameters need parameters that are tensors",
    ),
    "gradient of no parameter": ("backward", 18, lambda _: 0b10000, "wanted must be bits of parameters"),
    "largest without its index": (
        "backward of max",
        14,
        lambda index: None,
        "the gradient of the largest output needs its index: int32, contiguous, [outer, 1, inner]",
    ),
    "wide index": ("backward of max", 14, Tensor.long, "the gradient of the largest output needs its index"),
    "gradient of all steps": (
        "backward of max",
        13,
        lambda grad: grad.expand(-1, STEPS, -1).contiguous(),
        "grad_output of one step must be contiguous, [outer, 1, inner]",
    ),
    "wide checkpoints": ("backward", 1, Tensor.double, "checkpoints has the wrong dtype for this x"),
    "few checkpoints": (
        "backward",
        1,
        lambda kept: kept[..., :4].contiguous(),
        "checkpoints must be contiguous, [chunks, S, outer, inner]",
    ),
    "flat checkpoints": (
        "backward",
        1,
        lambda kept: kept.flatten(1),
        "checkpoints must be contiguous, [chunks, S, outer, inner]",
    ),
    "too few chunks": ("backward", 1, lambda kept: kept[2:], "checkpoints must be of all 3 chunks"),
    "integer images": ("poisson", 0, Tensor.char, "images must be float64, float32, bfloat16 or float16"),
    "integer spikes": ("pack", 0, Tensor.char, "spikes must be float64, float32, bfloat16 or float16"),
    "spikes to integers": (
        "unpack",
        2,
        lambda dtype: torch.int8,
        "spikes must be float64, float32, bfloat16 or float16",
    ),
    "integer weight": ("event_linear", 2, Tensor.char, "weight must be float64, float32, bfloat16 or float16"),
    "narrow stray": ("event_linear", 5, Tensor.float, "stray must be one float64"),
    "empty stray": ("event_weight_grad", 5, lambda stray: stray[:0], "stray must be one float64"),
    "integer gradient": ("event_weight_grad", 0, Tensor.char, "grad must be float64, float32, bfloat16 or float16"),
}


@pytest.mark.parametrize(("name", "place", "change", "message"), WRONG_CALLS.values(), ids=WRONG_CALLS.keys())
def test_native_engine_refuses_what_it_would_read_as_something_else(
    name: str, place: int, change: Callable[[Any], Any], message: str
) -> None:
    forward = forward_arguments(CPU, torch.float32, 3)
    bits, stray = torch.ops.snnkernels.native_pack(torch.eye(6, 9))
    arguments = {
        "forward": forward,
        "backward": backward_arguments(CPU, forward, 0b11, False),
        "backward of max": backward_arguments(CPU, forward_arguments(CPU, torch.float32, 3, output="max"), 0b11, False),
        "poisson": poisson_arguments(CPU, torch.float32, False),
        "pack": (torch.eye(6, 9),),
        "unpack": (bits, 9, torch.float32),
        "event_linear": (bits, 1, torch.ones(4, 9), None, None, stray, 1.0),
        "event_weight_grad": (torch.ones(6, 4), bits, 1, 9, None, stray, 1.0),
    }[name]
    called = operator(CPU, name.split()[0])
    called(*arguments)
    with pytest.raises(RuntimeError, match=re.escape(message)):
        called(*changed(arguments, place, change(arguments[place])))


def test_native_engine_refuses_fewer_inputs_than_none() -> None:
    """-7 of them would have the bits that none have."""
    bits, stray = torch.ops.snnkernels.native_pack(torch.zeros(6, 0))
    with pytest.raises(RuntimeError, match="bits must be contiguous, uint8"):
        torch.ops.snnkernels.native_event_weight_grad(torch.ones(6, 4), bits, 1, -7, None, stray, 1.0)


def test_more_bits_than_there_are_numbers_for_are_refused() -> None:
    """2 ** 64 of them would have the bytes that none have."""
    with pytest.raises(RuntimeError, match="bits must be contiguous, uint8"):
        torch.ops.snnkernels.native_by_event(torch.zeros(1, 0, dtype=torch.uint8), 2**32, 2**32, 0.5)


def test_a_size_that_wraps_around_is_refused() -> None:
    """(2 ** 64 + 65544) bytes, of which as a number of 64 bits only 65544 are left."""
    steps = (2**64 + 65544) // 20
    arguments = forward_arguments(CPU, torch.float32, 1, constant=True, keep=False, with_state=False)
    with pytest.raises(RuntimeError, match=rf"no memory can hold a tensor of shape \[1, {steps}, 5\]"):
        operator(CPU, "forward")(*changed(arguments, 9, steps))


THREADS = """
import os, torch
from snnkernels import lif
torch.set_num_threads(4)
def threads_that(shape):
    before = len(os.listdir("/proc/self/task"))
    lif(torch.empty(shape), time_dim=1, backend="native")
    return len(os.listdir("/proc/self/task")) - before
print(threads_that((8, 16, 64)), threads_that((8, 64, 1024)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted as Linux tells them")
def test_a_small_layer_is_left_to_one_thread() -> None:
    """However many outer places it has; other threads are started by what is worth it."""
    assert printed(THREADS).split() == ["0", "3"]


@pytest.fixture
def two_threads() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def flushed(two_threads: None) -> Iterator[None]:
    """Subnormal numbers are zeros to this thread, and not to another, which is there already."""
    lif(torch.zeros(32, 1 << 14), backend="native")
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor does not flush subnormal numbers")
    yield
    torch.set_flush_denormal(False)


def bits_of(tensor: Tensor) -> Tensor:
    return tensor.view(torch.int32)


def scanned(current: Tensor) -> tuple[Tensor, ...]:
    current = current.detach().requires_grad_()
    spikes, state = lif(current, backend="native", return_state=True)
    return state, *torch.autograd.grad(state, current, torch.full_like(state, 2e-38))


def multiplied(current: Tensor) -> tuple[Tensor, ...]:
    bits, stray = torch.ops.snnkernels.native_pack(torch.eye(32))
    return (torch.ops.snnkernels.native_event_linear(bits, 1, current.T.contiguous(), None, None, stray, 1.0),)


@pytest.mark.parametrize("function", [scanned, multiplied])
def test_every_thread_flushes_subnormal_numbers_or_none_does(
    flushed: None, function: Callable[[Tensor], tuple[Tensor, ...]]
) -> None:
    current = torch.rand(32, 1 << 14) * 2e-38
    assert current.min() < torch.finfo(torch.float32).tiny
    results = [function(current) for _ in range(10)]
    torch.set_num_threads(1)
    expected = function(current)
    for result in results:  # as integers, since to this thread a subnormal number equals zero
        assert all(torch.equal(*pair) for pair in zip(map(bits_of, result), map(bits_of, expected), strict=True))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_an_output_that_is_no_spike_is_rounded_to_the_nearest(dtype: torch.dtype) -> None:
    x = torch.randn(35, 3, 70).to(dtype)
    expected = integrator(x, backend="reference")
    assert_same_bits(integrator(x, backend="native"), expected)
    with pytest.raises(RuntimeError, match="has an output that is not one spike, which cannot be packed"):
        arguments = forward_arguments(CPU, torch.float32, 3, neuron=integrator.variant().key)
        x, *_ = arguments[0]
        packed = changed(changed(changed(arguments, 0, [x]), 4, 0), 3, (0.9, 2.0))
        operator(CPU, "forward")(*changed(packed, 10, "packed"))
