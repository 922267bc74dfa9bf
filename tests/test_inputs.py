"""What counts as a number and as a tensor, in every public function: numpy's scalars do, nested and sparse do not."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from support import assert_same_bits, random_current, random_spikes
from torch import Tensor

from snnkernels import (
    LIF,
    FusedLIF,
    SpikeLinear,
    SpikingLinear,
    firing_rate,
    lif,
    pack_spikes,
    poisson_encode,
    poisson_spikes,
    spike_count_accuracy,
    spike_count_loss,
    spike_linear,
)

CURRENT, IMAGES = random_current(6, 4, 40), torch.rand(4, 5)

# What takes a number, with what it gives for it; the number as Python has it; types of numpy's that hold it exactly.
WHOLE = (np.int64, np.int32, np.uint8)
REAL = (np.float64, np.float32, np.float16)
NUMBERS: dict[str, tuple[Callable[[Any], Tensor], float, tuple[type, ...]]] = {
    "beta": (lambda n: lif(CURRENT, beta=n), 0.875, REAL),
    "whole beta": (lambda n: lif(CURRENT, beta=n), 1, WHOLE),
    "threshold": (lambda n: lif(CURRENT, threshold=n), 1.5, REAL),
    "slope": (lambda n: _gradient(lambda x: lif(x, slope=n)), 4.0, REAL),
    "input_scale": (lambda n: lif(CURRENT, input_scale=n), 0.5, REAL),
    "reset": (lambda n: lif(CURRENT, reset=n, return_state=True)[1], -0.5, REAL),
    "time_dim": (lambda n: lif(CURRENT, time_dim=n), 1, WHOLE),
    "steps": (lambda n: lif(CURRENT[0], steps=n), 7, WHOLE),
    "beta and a tensor": (lambda n: lif(CURRENT, beta=n, threshold=torch.ones(40)), 0.875, REAL),
    "FusedLIF": (lambda n: FusedLIF.apply(CURRENT, None, n, n, n)[0], 0.875, REAL),
    "LIF, beta": (lambda n: LIF(n)(CURRENT), 0.875, REAL),
    "LIF, learned": (lambda n: LIF(n, learn_beta=True)(CURRENT).detach(), 0.875, REAL),
    "LIF, threshold": (lambda n: LIF(threshold=n)(CURRENT), 1.5, REAL),
    "LIF, slope": (lambda n: _gradient(LIF(slope=n)), 4.0, REAL),
    "LIF, reset": (lambda n: LIF(reset=n)(CURRENT), -0.5, REAL),
    "LIF, time_dim": (lambda n: LIF(time_dim=n)(CURRENT), 1, WHOLE),
    "LIF, steps": (lambda n: LIF(steps=n)(CURRENT[0]), 7, WHOLE),
    "poisson_encode": (lambda n: poisson_encode(IMAGES, n, seed=3), 5, WHOLE),
    "seed": (lambda n: poisson_encode(IMAGES, 4, seed=n), 5, WHOLE),
    "part of drawn": (lambda n: poisson_spikes(IMAGES, 9, seed=1).part(n, n).unpack(), 3, WHOLE),
    "part of packed": (lambda n: pack_spikes(CURRENT).part(n, n).unpack(), 2, WHOLE),
    "pack_spikes": (lambda n: pack_spikes(CURRENT, n).unpack(), 1, WHOLE),
}


def _gradient(layer: Callable[[Tensor], Tensor]) -> Tensor:
    x = CURRENT.clone().requires_grad_()
    (layer(x) * torch.linspace(-1, 1, 40)).sum().backward()
    return x.grad


CASES = [pytest.param(name, kind, id=f"{name}-{kind.__name__}") for name, row in NUMBERS.items() for kind in row[2]]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_numpy_scalars_are_numbers(name: str, kind: type) -> None:
    call, number, _ = NUMBERS[name]
    assert_same_bits(call(kind(number)), call(number), name)


def test_numpy_scalars_compute_as_python_numbers_of_their_value() -> None:
    beta = np.float32(0.9)
    assert_same_bits(lif(CURRENT, beta=beta), lif(CURRENT, beta=float(beta)))


NOT_NUMBERS: dict[str, tuple[Callable[[], Any], str]] = {
    "array for beta": (
        lambda: lif(CURRENT, beta=np.array(0.9)),
        "beta must be a number or a torch.Tensor, got a numpy array: torch.as_tensor makes a tensor of it",
    ),
    "array for current": (
        lambda: lif(CURRENT.numpy()),
        "current must be a torch.Tensor, got a numpy array: torch.as_tensor makes a tensor of it",
    ),
    "array for weight": (
        lambda: spike_linear(CURRENT, np.ones((2, 40))),
        "weight must be a torch.Tensor, got a numpy array: torch.as_tensor makes a tensor of it",
    ),
    "array for steps": (
        lambda: poisson_encode(IMAGES, np.array(5)),
        "steps must be a whole number of time steps, got array(5)",
    ),
    "array for slope": (lambda: lif(CURRENT, slope=np.array(5.0)), "slope must be a number, got ndarray"),
    "fraction of a step": (
        lambda: poisson_encode(IMAGES, np.float32(5)),
        "steps must be a whole number of time steps, got np.float32(5.0)",
    ),
    "half a part": (
        lambda: pack_spikes(CURRENT).part(0.5, 2),
        "start must be a whole number, got 0.5",
    ),
    "bool for beta": (
        lambda: lif(CURRENT, beta=np.bool_(True)),
        f"beta must be a number or a torch.Tensor, got {type(np.bool_(True)).__name__}",
    ),
    "bool of numpy for a flag": (
        lambda: lif(CURRENT, strict=np.bool_(True)),
        f"strict must be True or False, got {np.bool_(True)!r}",
    ),
    "complex": (
        lambda: lif(CURRENT, beta=np.complex64(1)),
        "beta must be a number or a torch.Tensor, got complex64",
    ),
}


@pytest.mark.parametrize(("call", "message"), NOT_NUMBERS.values(), ids=NOT_NUMBERS.keys())
def test_what_is_no_number(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        call()


def test_numpy_scalars_out_of_range() -> None:
    for value in (np.float32(-1), np.int64(-1)):
        with pytest.raises(ValueError, match=r"^threshold must be positive and finite, got -1\.0$"):
            lif(CURRENT, threshold=value)
    with pytest.raises(ValueError, match="^beta must be finite, got nan$"):
        lif(CURRENT, beta=np.float32("nan"))
    with pytest.raises(ValueError, match="^steps must be 1 or more, got 0$"):
        poisson_encode(IMAGES, np.int64(0))


# Every tensor that a public function takes, by its name.
TENSORS: dict[str, list[Callable[[Tensor], Any]]] = {
    "current": [lif, FusedLIF.apply, lambda t: LIF()(t), lambda t: lif(t, steps=3)],
    "initial_state": [
        lambda t: lif(CURRENT, initial_state=t),
        lambda t: FusedLIF.apply(CURRENT, t),
        lambda t: LIF()(CURRENT, t),
    ],
    "beta": [lambda t: lif(CURRENT, beta=t), LIF, lambda t: LIF(t, learn_beta=True)],
    "threshold": [lambda t: lif(CURRENT, threshold=t), lambda t: LIF(threshold=t)],
    "spikes": [
        pack_spikes,
        firing_rate,
        lambda t: spike_linear(t, torch.ones(2, 3)),
        lambda t: spike_linear(t, torch.ones(2, 3), product="dense"),
        lambda t: SpikeLinear(3, 2)(t),
        lambda t: SpikingLinear(3, 2)(t),
        lambda t: spike_count_loss(t, torch.zeros(1, dtype=torch.int64)),
        lambda t: spike_count_accuracy(t, torch.zeros(1, dtype=torch.int64)),
    ],
    "weight": [lambda t: spike_linear(random_spikes(2, 2, 3), t)],
    "bias": [lambda t: spike_linear(random_spikes(2, 2, 3), torch.ones(2, 3), t)],
    "images": [lambda t: poisson_encode(t, 3), lambda t: poisson_spikes(t, 3)],
    "targets": [
        lambda t: spike_count_accuracy(random_spikes(2, 2, 3), t.to(torch.int64)),
        lambda t: spike_count_loss(random_spikes(2, 2, 3), t),
    ],
}


def _not_dense() -> Iterator[tuple[str, Tensor, str]]:
    parts = [torch.ones(4, 3), torch.ones(5, 3)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that nested tensors are a prototype
        for layout in (torch.strided, torch.jagged):
            tensor = torch.nested.nested_tensor(parts, layout=layout)
            yield f"nested, {layout}", tensor, "a nested one: torch.nested.to_padded_tensor({}, 0.0) pads it"
        sparse = torch.ones(2, 3).to_sparse()
        yield "sparse", sparse, "layout torch.sparse_coo: to_dense() makes one of it"
        yield "csr", torch.ones(2, 3).to_sparse_csr(), "layout torch.sparse_csr: to_dense() makes one of it"


NOT_DENSE = [pytest.param(tensor, message, id=name) for name, tensor, message in _not_dense()]


@pytest.mark.parametrize("name", TENSORS)
@pytest.mark.parametrize(("tensor", "message"), NOT_DENSE)
def test_what_is_not_dense_is_refused_everywhere(tensor: Tensor, message: str, name: str) -> None:
    for call in TENSORS[name]:
        text = f"{name} must be a dense tensor, got {message.format(name)}"
        with pytest.raises(TypeError, match=f"^{re.escape(text)}$"):
            call(tensor)


@pytest.mark.parametrize("tensor", [param.values[0] for param in NOT_DENSE], ids=[param.id for param in NOT_DENSE])
def test_what_the_message_says_makes_it_dense(tensor: Tensor) -> None:
    dense = torch.nested.to_padded_tensor(tensor, 0.0) if tensor.is_nested else tensor.to_dense()
    assert_same_bits(lif(dense, time_dim=1), lif(dense.contiguous(), time_dim=1, backend="reference"))
