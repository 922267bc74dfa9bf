"""Packed and drawn spikes as data: indexed, saved, copied, collated by a DataLoader, pinned, moved; bit for bit."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pages import code
from support import assert_same_bits, random_spikes
from torch import Tensor
from torch.utils.data import DataLoader, default_collate

from snnkernels import PackedSpikes, PoissonSpikes, lif, pack_spikes, poisson_spikes, spike_linear, use_backend
from snnkernels.spike_train import SpikeTrain

T, B = 7, 5

# Steps of samples whose neurons fill bytes, and do not; less than a byte; of several dimensions.
SAMPLES = [(16,), (32,), (7,), (1,), (13,), (3, 5), (40, 3), (2, 2, 9)]


def train(sample: tuple[int, ...], time_dim: int = 0) -> Tensor:
    """A spike train of samples `[T, ...]`, with time in a dimension of theirs after the batch."""
    return random_spikes(T, B, *sample).movedim(0, time_dim)


def drawn(sample: tuple[int, ...] = (13,)) -> PoissonSpikes:
    return poisson_spikes(torch.rand(B, *sample), T, seed=5)


FORMS: dict[str, Callable[..., SpikeTrain]] = {
    "packed": lambda sample=(13,): pack_spikes(train(sample)),
    "drawn": drawn,
}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())

BATCHES: dict[str, Any] = {
    "slice": slice(1, 4),
    "to the end": slice(2, None),
    "from the end": slice(-2, None),
    "beyond the end": slice(3, 99),
    "every other": slice(None, None, 2),
    "none": slice(2, 2),
    "numpy's slice": slice(np.int64(1), np.int64(3)),
    "list": [4, 0, 0, -1],
    "tensor": torch.tensor([3, 1, -5], dtype=torch.int32),
    "array": np.array([3, 1]),
    "mask": torch.tensor([True, False, False, True, True]),
    "list of a mask": [False, True, False, True, False],
    "empty list": [],
    "range": range(4, 0, -2),
}


def as_torch_takes_it(batch: Any) -> Any:
    return list(batch) if isinstance(batch, range) else batch


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES.keys())
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_some_of_the_batch(sample: tuple[int, ...], batch: Any) -> None:
    spikes = train(sample)
    chosen, batch = pack_spikes(spikes)[:, batch], as_torch_takes_it(batch)
    assert isinstance(chosen, PackedSpikes) and chosen.shape == spikes[:, batch].shape
    assert_same_bits(chosen.unpack(), spikes[:, batch])
    assert_same_bits(
        chosen.bits, pack_spikes(spikes[:, batch].contiguous()).bits, "no stray bit beyond the last neuron"
    )


@pytest.mark.parametrize("engine", ["reference", "native"])
@pytest.mark.usefixtures("native")
def test_some_of_the_batch_on_any_engine(engine: str) -> None:
    spikes = train((13,))
    with use_backend(engine):
        assert_same_bits(pack_spikes(spikes)[2:6, [3, 1]].unpack(), spikes[2:6, [3, 1]])


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES.keys())
@pytest.mark.parametrize("sample, time_dim", [((40,), 1), ((3,), 1), ((3, 50), 2), ((3, 5), 2), ((4, 6), 3)], ids=str)
def test_some_of_the_batch_with_time_in_another_dimension(sample: tuple[int, ...], time_dim: int, batch: Any) -> None:
    spikes = train(sample, time_dim)
    chosen, batch = pack_spikes(spikes, time_dim)[batch], as_torch_takes_it(batch)
    assert chosen.time_dim == time_dim
    assert_same_bits(chosen.unpack(), spikes[batch])
    keys = (batch, *[slice(None)] * (time_dim - 1), slice(1, 4))
    assert_same_bits(pack_spikes(spikes, time_dim)[keys].unpack(), spikes[keys])


def test_some_of_the_batch_in_another_order_of_memory() -> None:
    spikes = random_spikes(T, B, 4, 3, 5).flatten(0, 1).to(memory_format=torch.channels_last).unflatten(0, (T, B))
    packed = pack_spikes(spikes)
    assert not packed.layout.plain
    assert_same_bits(packed[1:3, 2:4].unpack(), spikes[1:3, 2:4])
    assert_same_bits(packed[:, 2].unpack(), spikes[:, 2])


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if sample != (1,)], ids=str)
@pytest.mark.parametrize("number", [0, 3, -1, np.int64(2), torch.tensor(4)], ids=str)
def test_one_sample(sample: tuple[int, ...], number: Any) -> None:
    spikes = train(sample)
    assert_same_bits(pack_spikes(spikes)[:, number].unpack(), spikes[:, number])
    later = spikes.movedim(0, 1)
    one = pack_spikes(later, 1)[number]
    assert one.time_dim == 0
    assert_same_bits(one.unpack(), later[number])


@pytest.mark.parametrize("time", [slice(None), slice(2, 5), slice(-3, None), slice(3, 99), slice(0, 7, 1), slice(4, 4)])
@forms
def test_some_time_steps(form: Callable[..., SpikeTrain], time: slice) -> None:
    spikes = form()
    for part in (spikes[time], spikes[time, :]):
        assert type(part) is type(spikes) and part.shape == spikes.unpack()[time].shape
        assert_same_bits(part.unpack(), spikes.unpack()[time])
    assert_same_bits(spikes[time, 1:3].unpack(), spikes.unpack()[time, 1:3])


@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES.keys())
def test_some_of_a_batch_that_is_drawn_are_those_of_the_whole(batch: Any) -> None:
    spikes = drawn()
    chosen, batch = spikes[1:6, batch], as_torch_takes_it(batch)
    assert isinstance(chosen, PackedSpikes)
    assert_same_bits(chosen.unpack(), spikes.unpack()[1:6, batch])


WRONG_INDICES: dict[str, tuple[Callable[[SpikeTrain], Any], type[Exception], str]] = {
    "a time step": (
        lambda s: s[0],
        TypeError,
        "{} takes a slice without a step for time, and any index for the batch, as in spikes[a:b, samples], got 0: "
        "unpack() gives a tensor, which takes every index",
    ),
    "steps apart": (
        lambda s: s[::2],
        TypeError,
        "{} takes a slice without a step for time, and any index for the batch",
    ),
    "neurons": (
        lambda s: s[:, :, 3],
        TypeError,
        "{} takes a slice without a step for time, and any index for the batch",
    ),
    "too many": (lambda s: s[:, :, :, :], TypeError, "{} takes a slice without a step for time"),
    "ellipsis": (
        lambda s: s[..., 1],
        TypeError,
        "{} takes a slice without a step for time, and any index for the batch",
    ),
    "mask of all": (lambda s: s[torch.ones(T, B, dtype=torch.bool)], TypeError, "{} takes a slice without a step"),
    "matrix": (lambda s: s[:, [[0, 1]]], TypeError, "{} takes one number, a slice, a list or a vector of samples"),
    "None": (lambda s: s[:, None], TypeError, "{} takes one number, a slice, a list or a vector of samples, got None"),
    "no such sample": (lambda s: s[:, 5], IndexError, "index 5 is out of bounds for dimension 0 with size 5"),
    "no such samples": (lambda s: s[:, [0, -6]], IndexError, "index -6 is out of bounds for dimension 0 with size 5"),
    "iteration": (lambda s: list(s), TypeError, "'{}' object is not iterable"),
}


@pytest.mark.parametrize(("index", "error", "message"), WRONG_INDICES.values(), ids=WRONG_INDICES.keys())
@forms
def test_wrong_index(
    form: Callable[..., SpikeTrain], index: Callable[[SpikeTrain], Any], error: type[Exception], message: str
) -> None:
    spikes = form()
    with pytest.raises(error, match=f"^{re.escape(message.format(type(spikes).__name__))}"):
        index(spikes)


def test_one_neuron_a_sample_has_no_sample_without_its_dimension() -> None:
    spikes = random_spikes(T, B)
    message = "PackedSpikes of shape (7, 5) has one neuron a sample: choose it by a slice of length 1"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        pack_spikes(spikes)[:, 2]
    assert_same_bits(pack_spikes(spikes)[:, 2:3].unpack(), spikes[:, 2:3])


SAVED: dict[str, Callable[[], SpikeTrain]] = {
    "packed": lambda: pack_spikes(train((13,))),
    "time second": lambda: pack_spikes(train((40,), 1), 1),
    "few neurons, time second": lambda: pack_spikes(train((3,), 1), 1),
    "channels last": lambda: pack_spikes(train((4, 3, 5)).movedim(2, -1).contiguous().movedim(-1, 2)),
    "part": lambda: pack_spikes(train((13,))).part(2, 3),
    "of a layer": lambda: lif(torch.rand(B, 13), steps=T, output="packed"),
    "empty batch": lambda: pack_spikes(torch.ones(T, 0, 13)),
    "empty batch, time second": lambda: pack_spikes(torch.ones(0, T, 40), 1),
    "drawn": drawn,
    "part of drawn": lambda: drawn().part(2, 3),
}


@pytest.mark.parametrize("made", SAVED.values(), ids=SAVED.keys())
def test_what_is_saved_or_copied_is_the_same(made: Callable[[], SpikeTrain], tmp_path: Path) -> None:
    spikes = made()
    torch.save({"epoch": 3, "spikes": spikes}, tmp_path / "spikes.pt")
    loaded = torch.load(tmp_path / "spikes.pt", weights_only=True)["spikes"]
    for other in (loaded, copy.copy(spikes), copy.deepcopy(spikes), pickle.loads(pickle.dumps(spikes))):
        assert type(other) is type(spikes) and other.shape == spikes.shape and other.time_dim == spikes.time_dim
        assert_same_bits(other.unpack(), spikes.unpack())
        assert_same_bits(other.part(1, 2).unpack(), spikes.part(1, 2).unpack())
    assert repr(loaded) == repr(spikes)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
@pytest.mark.parametrize("time_dim", [0, 1])
def test_samples_become_a_batch(sample: tuple[int, ...], time_dim: int) -> None:
    samples = [random_spikes(T, *sample).movedim(0, time_dim) for _ in range(B)]
    batch = default_collate([pack_spikes(spikes, time_dim) for spikes in samples])
    expected = torch.stack(samples, int(time_dim == 0))
    assert batch.time_dim == (0 if time_dim == 0 else time_dim + 1)
    assert_same_bits(batch.unpack(), expected)
    assert_same_bits(batch.bits, pack_spikes(expected.contiguous(), batch.time_dim).bits)


def test_samples_in_another_order_of_memory_become_a_batch() -> None:
    samples = [random_spikes(T, 8, 4).transpose(1, 2) for _ in range(B)]
    batch = default_collate([pack_spikes(spikes) for spikes in samples])
    assert_same_bits(batch.unpack(), torch.stack(samples, 1))


def test_samples_of_different_shapes_are_no_batch() -> None:
    message = "samples of a batch must have one shape, with time in one dimension, got (7, 3), time in 0, and (8, 3), "
    with pytest.raises(ValueError, match=f"^{re.escape(message)}time in 0$"):
        default_collate([pack_spikes(torch.ones(steps, 3)) for steps in (7, 7, 8)])


@pytest.mark.parametrize("workers", [0, 1])
@forms
def test_a_data_loader_makes_batches_of_samples(form: Callable[..., SpikeTrain], workers: int) -> None:
    """Drawn ones are packed where they are collated."""
    if form is drawn:
        data = [(poisson_spikes(torch.rand(13), T, seed=number), number) for number in range(B)]
    else:
        data = [(pack_spikes(random_spikes(T, 13)), number) for number in range(B)]
    loader = DataLoader(data, batch_size=3, num_workers=workers, multiprocessing_context="spawn" if workers else None)
    for start, (spikes, numbers) in zip((0, 3), loader, strict=True):
        assert isinstance(spikes, PackedSpikes) and numbers.tolist() == list(range(B))[start : start + 3]
        assert_same_bits(spikes.unpack(), torch.stack([sample.unpack() for sample, _ in data[start : start + 3]], 1))


@forms
def test_pinned(form: Callable[..., SpikeTrain], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tensor of it, by torch's own way; which DataLoader(pin_memory=True) takes where there is a GPU."""
    pinned: list[int] = []
    monkeypatch.setattr(Tensor, "pin_memory", lambda self: (pinned.append(self.data_ptr()), self.clone())[1])
    spikes = form()
    same = torch.utils.data._utils.pin_memory.pin_memory({"spikes": spikes})["spikes"]
    assert pinned == _places(spikes)
    assert_same_bits(same.unpack(), spikes.unpack())
    assert not spikes.is_pinned()


@pytest.mark.gpu
@forms
def test_pinned_spikes_go_to_a_gpu(form: Callable[..., SpikeTrain]) -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    spikes = form()
    (pinned,) = DataLoader([spikes], batch_size=None, pin_memory=True)
    assert pinned.is_pinned() and pinned.device.type == "cpu"
    moved = pinned.to("cuda", non_blocking=True)
    assert moved.device.type == "cuda" and moved.cpu().device.type == "cpu"
    assert_same_bits(moved.unpack().cpu(), spikes.unpack())
    assert_same_bits(moved[:, 1:3].unpack().cpu(), spikes[:, 1:3].unpack())
    assert_same_bits(spikes.cuda(non_blocking=True).unpack().cpu(), spikes.unpack())


@forms
def test_moved(form: Callable[..., SpikeTrain]) -> None:
    spikes = form()
    for same in (spikes.to("cpu"), spikes.to(torch.device("cpu"), non_blocking=True), spikes.cpu()):
        assert type(same) is type(spikes)
        assert_same_bits(same.unpack(), spikes.unpack())
    assert _places(spikes.to("cpu")) == _places(spikes)
    assert not {*_places(spikes.to("cpu", copy=True))} & {*_places(spikes)}
    meta = spikes.to(device="meta")
    assert meta.device.type == "meta" and meta.shape == spikes.shape
    assert repr(meta) == f"{type(spikes).__name__}(shape=(7, 5, 13), device='meta')"


def _places(spikes: SpikeTrain) -> list[int]:
    """Where the tensors of a spike train lie in memory."""
    return [tensor.data_ptr() for tensor in spikes.tensors_and_rebuild()[0]]


NO_DTYPE = "{}.to takes a device, got torch.float16: spikes have no dtype until unpack(torch.float16) gives a tensor"
NOT_SO: dict[str, tuple[Callable[[SpikeTrain], Any], type[Exception], str]] = {
    "to a dtype": (lambda s: s.to(torch.float16), TypeError, NO_DTYPE),
    "to a device and a dtype": (lambda s: s.to("cpu", torch.float16), TypeError, NO_DTYPE),
    "to a dtype by name": (lambda s: s.to("cpu", dtype=torch.float16), TypeError, NO_DTYPE),
    "to a tensor": (lambda s: s.to(torch.ones(1)), TypeError, "{}.to takes a device, got Tensor"),
    "half": (lambda s: s.half(), TypeError, NO_DTYPE),
    "double": (lambda s: s.double(), TypeError, NO_DTYPE.replace("float16", "float64")),
    "sum": (
        lambda s: s.sum(),
        AttributeError,
        "{} has no attribute 'sum': unpack(dtype) gives a tensor, which has it",
    ),
    "no attribute of a tensor either": (lambda s: s.spikes, AttributeError, "{} has no attribute 'spikes'"),
    "unpack": (lambda s: s.unpack("float16"), TypeError, "dtype must be a torch.dtype, got 'float16'"),
}


@pytest.mark.parametrize(("call", "error", "message"), NOT_SO.values(), ids=NOT_SO.keys())
@forms
def test_what_spikes_without_values_do_not_have(
    form: Callable[..., SpikeTrain], call: Callable[[SpikeTrain], Any], error: type[Exception], message: str
) -> None:
    spikes = form()
    with pytest.raises(error, match=f"^{re.escape(message.format(type(spikes).__name__))}$"):
        call(spikes)


def test_code_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in code("docs/pytorch.md", "Spike trains as data"):
        exec(block, names)
    assert_same_bits(names["packed"].unpack(), names["recordings"])
    assert names["spikes"].shape == (100, 16, 700) and names["labels"].shape == (16,)


@pytest.mark.usefixtures("native")
def test_some_of_the_batch_compile_whole() -> None:
    torch._dynamo.reset()
    weight = torch.randn(6, 13)

    def current(spikes: Tensor) -> Tensor:
        return spike_linear(pack_spikes(spikes)[1:5, 2:4], weight)

    spikes = train((13,))
    whole = torch.compile(current, fullgraph=True, backend="aot_eager")
    assert_same_bits(whole(spikes), current(spikes))
