"""The native engine on a CPU, called past the checks of the package, and by several threads."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from operators import STEPS, backward_arguments, forward_arguments, operator, poisson_arguments
from support import Target
from torch import Tensor

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
        "backward": backward_arguments(CPU, forward, True, False),
        "poisson": poisson_arguments(CPU, torch.float32, False),
    }[name]
    lazy = torch.utils._pytree.tree_map_only(Tensor, torch._lazy_clone, arguments)
    operator(CPU, name)(*lazy)
    leaves = [leaf for leaf in torch.utils._pytree.tree_leaves(lazy) if isinstance(leaf, Tensor)]
    assert all(torch._C._is_cow_tensor(leaf) for leaf in leaves)


def test_native_engine_refuses_states_and_parameters_of_another_type() -> None:
    """Called past the checks of the package, it must not read memory as what it is not."""
    (x, *params), states, *rest = forward_arguments(CPU, torch.float32, 1)
    with pytest.raises(RuntimeError, match="states must be contiguous"):
        operator(CPU, "forward")([x, *params], states.double(), *rest)
    with pytest.raises(RuntimeError, match="states must be contiguous"):
        operator(CPU, "forward")([x, *params], states[..., :4], *rest)
    with pytest.raises(RuntimeError, match="x must be contiguous, and time one of its dimensions"):
        operator(CPU, "forward")([x[..., :4], *params], states, *rest)
    with pytest.raises(RuntimeError, match="x must be contiguous, and time one of its dimensions"):
        operator(CPU, "forward")([x, *params], states, *rest[:-4], 3, STEPS, "spikes", True)
    with pytest.raises(RuntimeError, match="one time step or 34, got 35"):
        operator(CPU, "forward")([x, *params], states, *rest[:-4], 1, STEPS - 1, "spikes", True)
    with pytest.raises(RuntimeError, match="a parameter must be contiguous"):
        operator(CPU, "forward")([x, params[0].double(), params[1]], states, *rest)
    with pytest.raises(RuntimeError, match="values has the wrong dtype for this x"):
        operator(CPU, "forward")([x, *params], states, torch.ones(3).double(), *rest[1:])
    with pytest.raises(RuntimeError, match="values must be contiguous"):
        operator(CPU, "forward")([x, *params], states, torch.ones(6)[::2], *rest[1:])
    for count in (2, 4):
        with pytest.raises(RuntimeError, match="wrong number of parameters or constants"):
            operator(CPU, "forward")([x, *params], states, torch.ones(count), *rest[1:])
    with pytest.raises(RuntimeError, match="tensors must be x, and after it the parameters that are tensors"):
        operator(CPU, "forward")([], states, *rest)


def with_x(change: Callable[[Tensor], Tensor]) -> Callable[[Sequence[Tensor]], list[Tensor]]:
    return lambda tensors: [change(tensors[0]), *tensors[1:]]


WRONG_CALLS: dict[str, tuple[str, int, Callable[[Any], Any], str]] = {
    "integer x": ("forward", 0, with_x(Tensor.char), "x must be float64, float32, bfloat16 or float16"),
    "integer x in backward": ("backward", 0, with_x(Tensor.char), "x must be float64, float32, bfloat16 or float16"),
    "wide gradient": ("backward", 10, Tensor.double, "grad_spikes has the wrong dtype for this x"),
    "narrow gradient": ("backward", 10, Tensor.half, "grad_spikes has the wrong dtype for this x"),
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
        "backward": backward_arguments(CPU, forward, True, False),
        "poisson": poisson_arguments(CPU, torch.float32, False),
        "pack": (torch.eye(6, 9),),
        "unpack": (bits, 9, torch.float32),
        "event_linear": (bits, 1, torch.ones(4, 9), None, None, stray, 1.0),
        "event_weight_grad": (torch.ones(6, 4), bits, 1, 9, None, stray, 1.0),
    }[name]
    operator(CPU, name)(*arguments)
    wrong = list(arguments)
    wrong[place] = change(wrong[place])
    with pytest.raises(RuntimeError, match=re.escape(message)):
        operator(CPU, name)(*wrong)


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
    x, *rule, _, _, _ = forward_arguments(CPU, torch.float32, 1, constant=True, keep=False, with_state=False)
    with pytest.raises(RuntimeError, match=rf"no memory can hold a tensor of shape \[1, {steps}, 5\]"):
        operator(CPU, "forward")(x, *rule, steps, "spikes", False)


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
    result = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["0", "3"]


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
