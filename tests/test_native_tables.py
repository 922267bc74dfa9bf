"""Tables of neurons and surrogates that are compiled by hand and added to the native engine on a CPU."""

from __future__ import annotations

import ctypes
import platform
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from compiled_neurons import address, build, neuron_source, source
from operators import backward_arguments, changed, forward_arguments, operator
from support import Target, assert_rounded, assert_same_bits
from torch import Tensor

from snnkernels import lif, neuron
from snnkernels.emit.cpp import surrogate_struct
from snnkernels.surrogates import SURROGATES

CPU = Target("native", "cpu")
pytestmark = pytest.mark.usefixtures("native")


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
