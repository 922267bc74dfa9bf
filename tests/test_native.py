"""The native engine on a CPU, called past the checks of the package, and by several threads."""

from __future__ import annotations

import ctypes
import platform
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from compiled_neurons import address, build, neuron_source, source
from operators import STEPS, backward_arguments, forward_arguments, operator, poisson_arguments
from support import Target, assert_rounded, assert_same_bits, printed
from torch import Tensor
from user_neurons import integrator

from snnkernels import lif, neuron
from snnkernels.emit.cpp import surrogate_struct
from snnkernels.surrogates import SURROGATES

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


def changed(arguments: Sequence[Any], place: int, value: Any) -> list[Any]:
    return [*arguments[:place], value, *arguments[place + 1 :]]


def test_native_engine_refuses_states_and_parameters_of_another_type() -> None:
    """Called past the checks of the package, it must not read memory as what it is not."""
    arguments = forward_arguments(CPU, torch.float32, 1)
    (x, *params), states = arguments[:2]
    sized = "float64 for a float64 x and else float32"
    for place, value, message in (
        (1, states.double(), f"states must be contiguous, [S, outer, inner], {sized}"),
        (1, states[..., :4], f"states must be contiguous, [S, outer, inner], {sized}"),
        (0, [x[..., :4], *params], "x must be contiguous, and time one of its dimensions"),
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


@neuron(states=("double", "state", "kept_0"))
def oddly_named(input, double, state, kept_0, *, spike, param=0.75, derivative_0=0.5, distance_0=1.0, t0=0.25):
    """Its arguments have names that mean something in C++, or in what is generated."""
    double = param * double + input
    state = state + t0 * (double - kept_0)
    s = spike(state - distance_0)
    return s, double, state * (1 - s), kept_0 + derivative_0 * (state - kept_0)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> list[ctypes.CDLL]:
    """A neuron and a surrogate, compiled with the headers of a strip alone."""
    triangle = source(surrogate_struct("mine", SURROGATES["triangle"]), "SNN_EXPORT_SURROGATE(mine)")
    return build(tmp_path_factory.mktemp("neurons"), [neuron_source(oddly_named.variant()), triangle])


def odd_arguments(key: str) -> tuple[list[Any], tuple[Tensor, ...]]:
    """A call of the forward operator, and what it gives of the neuron that is oddly named, by the reference."""
    x, states = torch.randn(35, 1, 70) * 2, torch.randn(3, 1, 70)
    numbers = (0.75, 0.5, 1.0, 0.25, 2.0)
    arguments = [[x], states, None, numbers, 0, key, False, 16, 0, 35, "all", 0b010, True]
    spikes, final, record = oddly_named(
        x, initial_state=tuple(states), return_state=True, record=["state"], backend="reference"
    )
    return arguments, (spikes, record["state"], *final)


def test_a_neuron_that_was_compiled_with_the_headers_alone_is_added(libraries: list[ctypes.CDLL]) -> None:
    key, has = "oddly_named_of_this_test", torch.ops.snnkernels.native_has_neuron
    arguments, (spikes, record, *final) = odd_arguments(key)
    assert not has(key) and has(lif.variant().key)
    with pytest.raises(RuntimeError, match=f"the native engine has no neuron called {key}"):
        operator(CPU, "forward")(*arguments)
    torch.ops.snnkernels.native_add_neuron(key, address(libraries[0].snn_neuron))
    assert has(key)
    actual, _, records, states, _ = operator(CPU, "forward")(*arguments)
    assert 0 < spikes.sum() < spikes.numel()
    assert_same_bits(actual, spikes)
    assert_same_bits(records[0].reshape(record.shape), record)
    for state, expected in zip(states, final, strict=True):
        assert_same_bits(state, expected)


def test_names_that_mean_something_elsewhere_do_not_change_gradients(libraries: list[ctypes.CDLL]) -> None:
    torch.ops.snnkernels.native_add_neuron(oddly_named.variant().key, address(libraries[0].snn_neuron))
    x = torch.randn(35, 3, 70) * 2
    found = []
    for backend in ("reference", "native"):
        names = ("param", "derivative_0", "distance_0", "t0")
        leaves = [x.clone().requires_grad_(), *(torch.full((70,), 0.75).requires_grad_() for _ in names)]
        spikes = oddly_named(leaves[0], **dict(zip(names, leaves[1:], strict=True)), backend=backend)
        found.append(torch.autograd.grad(spikes, leaves, torch.ones_like(spikes)))
    for actual, expected in zip(found[1], found[0], strict=True):
        assert expected.abs().max() > 0
        assert_rounded(actual, expected, terms=20)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors have one instruction set")
def test_a_neuron_is_compiled_for_three_instruction_sets(libraries: list[ctypes.CDLL]) -> None:
    content = Path(libraries[0]._name).read_bytes()
    assert all(f"run_in_{count}_bytes".encode() in content for count in (16, 32, 64))


def test_a_surrogate_is_added(libraries: list[ctypes.CDLL]) -> None:
    torch.ops.snnkernels.native_add_surrogate("a_triangle", address(libraries[1].snn_surrogate))
    arguments = backward_arguments(CPU, forward_arguments(CPU, torch.float32, 3), 0b11, False)
    expected = operator(CPU, "backward")(*changed(arguments, 12, "triangle"))
    actual = operator(CPU, "backward")(*changed(arguments, 12, "a_triangle"))
    assert expected[0].count_nonzero() > 0
    for value, other in zip(actual, expected, strict=True):
        assert_same_bits(value, other)


class TableHead(ctypes.Structure):
    """How every table begins."""

    _fields_ = (("version", ctypes.c_int64),)


@pytest.mark.parametrize("kind", ["neuron", "surrogate"])
def test_a_library_of_another_version_is_refused(libraries: list[ctypes.CDLL], kind: str) -> None:
    library = libraries[0].snn_neuron if kind == "neuron" else libraries[1].snn_surrogate
    version = TableHead.from_address(address(library)).version
    older = TableHead(version - 1)
    add = getattr(torch.ops.snnkernels, f"native_add_{kind}")
    message = (
        f"the library of the {kind} old was compiled with headers of version {version - 1}, but the native engine has "
        f"version {version}: compile it again with the headers of this package"
    )
    with pytest.raises(RuntimeError, match=re.escape(message)):
        add("old", ctypes.addressof(older))
    with pytest.raises(RuntimeError, match=f"the library of the {kind} none has no table"):
        add("none", 0)
    assert not torch.ops.snnkernels.native_has_neuron("old")


def test_several_threads_add_and_run_neurons_at_once(libraries: list[ctypes.CDLL]) -> None:
    def add_and_run(number: int) -> Tensor:
        key = f"oddly_named_{number % 5}"
        torch.ops.snnkernels.native_add_neuron(key, address(libraries[0].snn_neuron))
        return operator(CPU, "forward")(*changed(arguments, 5, key))[0]

    arguments, (spikes, *_) = odd_arguments("")
    with ThreadPoolExecutor(8) as threads:
        for actual in threads.map(add_and_run, range(40)):
            assert_same_bits(actual, spikes)


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
