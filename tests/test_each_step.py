"""EachStep: a layer that knows no time over `[T, B, ...]`: what it computes, its names, and what it refuses."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import assert_same_bits, random_current, random_spikes
from torch import Tensor, nn

import snnkernels
from snnkernels import EachStep, SpikeLinear, pack_spikes, poisson_spikes

T, B = 3, 2
IMAGE = torch.rand(T, B, 1, 8, 8)


class Block(nn.Module):
    """A user's own module, with a member that is called layer."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(2, 4, 3, padding=1)
        self.shift = nn.Parameter(torch.tensor(0.5))

    def forward(self, x: Tensor) -> Tensor:
        return (self.layer(x) + self.shift).mean((2, 3))


IMAGES, LINES, VOLUMES, FEATURES = (2, 6, 6), (2, 6), (2, 4, 4, 4), (4,)
LAYERS: list[tuple[Callable[[], nn.Module], tuple[int, ...]]] = [
    (lambda: nn.Conv1d(2, 4, 3), LINES),
    (lambda: nn.Conv2d(2, 4, 3, padding=1, padding_mode="circular"), IMAGES),
    (lambda: nn.Conv3d(2, 4, 3), VOLUMES),
    (lambda: nn.ConvTranspose2d(2, 4, 3, stride=2), IMAGES),
    (lambda: nn.BatchNorm1d(4), FEATURES),
    (lambda: nn.BatchNorm1d(2), LINES),
    (lambda: nn.BatchNorm2d(2), IMAGES),
    (lambda: nn.BatchNorm3d(2), VOLUMES),
    (lambda: nn.InstanceNorm2d(2), IMAGES),
    (lambda: nn.GroupNorm(2, 4), FEATURES),
    (lambda: nn.GroupNorm(2, 2), IMAGES),
    (lambda: nn.LayerNorm(4), FEATURES),
    (lambda: nn.MaxPool1d(2), LINES),
    (lambda: nn.AvgPool2d(2), IMAGES),
    (lambda: nn.AdaptiveAvgPool2d(1), IMAGES),
    (lambda: nn.MaxPool3d(2), VOLUMES),
    (lambda: nn.ZeroPad2d(1), IMAGES),
    (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), IMAGES),
    (lambda: nn.Flatten(), IMAGES),
    (lambda: nn.Linear(4, 3), FEATURES),
    (lambda: SpikeLinear(4, 3), FEATURES),
    (lambda: nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True), (5, 4)),
    (lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU()), IMAGES),
    (Block, IMAGES),
]
NAMES = [f"{make()._get_name()}{len(shape) + 2}d" for make, shape in LAYERS]


@pytest.mark.parametrize(("make", "shape"), LAYERS, ids=NAMES)
def test_it_is_the_layer_over_one_batch_of_all_steps(make: Callable[[], nn.Module], shape: tuple[int, ...]) -> None:
    """The outputs, the gradients, and, for what keeps statistics, those; and the layer at every step, where it counts
    each sample by itself."""
    plain = make()
    layer = EachStep(copy.deepcopy(plain))
    x = random_spikes(T, B, *shape, rate=0.5)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    given, expected = layer(ours), plain(theirs.flatten(0, 1)).unflatten(0, (T, B))
    assert given.shape[:2] == (T, B)
    assert_same_bits(given.detach(), expected.detach(), "output")
    grad = torch.randn_like(given)
    given.backward(grad)
    expected.backward(grad)
    assert_same_bits(ours.grad, theirs.grad, "gradient of x")
    parameters, buffers = dict(layer.named_parameters()), dict(layer.named_buffers())
    for name, parameter in plain.named_parameters():
        assert_same_bits(parameters[name].grad, parameter.grad, name)
    for name, buffer in plain.named_buffers():
        assert_same_bits(buffers[name], buffer, name)
    layer.eval(), plain.eval()
    torch.testing.assert_close(layer(x), torch.stack([plain(step) for step in x]))


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Conv1d(2, 4, 3), (B, 2, 6), "[T, B, C, L]"),
        (nn.Conv2d(6, 4, 3), (B, 3, 8, 8), "[T, B, C, H, W]"),  # whose batch, times its channels, is what it takes
        (nn.ConvTranspose3d(2, 4, 3), (B, 2, 6, 6, 6), "[T, B, C, D, H, W]"),
        (nn.MaxPool2d(2), (B, 3, 8, 8), "[T, B, C, H, W]"),
        (nn.AdaptiveAvgPool2d(1), (B, 3, 8, 8), "[T, B, C, H, W]"),
        (nn.BatchNorm1d(3), (B, 3), "[T, B, N] or [T, B, C, L]"),
        (nn.BatchNorm2d(3), (B, 3, 8, 8), "[T, B, C, H, W]"),
        (nn.Dropout2d(0.5), (B, 3, 8, 8), "[T, B, C, H, W]"),
        (nn.Sequential(nn.Conv2d(6, 4, 3), nn.ReLU()), (B, 3, 8, 8), "[T, B, C, H, W]"),
        (nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), (B, 5, 4), "[T, B, S, E]"),
    ],
    ids=lambda value: value._get_name() if isinstance(value, nn.Module) else None,
)
def test_a_batch_without_time_is_refused(layer: nn.Module, shape: tuple[int, ...], expected: str) -> None:
    with pytest.raises(ValueError) as raised:
        EachStep(layer)(torch.randn(shape))
    assert str(raised.value) == (
        f"EachStep({layer._get_name()}) must be given {expected}, got shape {shape}: "
        "x.unsqueeze(0) makes one time step of a batch"
    )


def test_what_is_no_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match=r"EachStep\(ReLU\) must be given \[T, B, ...\], got shape \(5,\)$"):
        EachStep(nn.ReLU())(torch.randn(5))
    with pytest.raises(ValueError, match=r"must be given \[T, B, C, H, W\], got shape \(1, 3, 2, 1, 8, 8\)$"):
        EachStep(nn.Conv2d(1, 4, 3))(IMAGE[None])
    for spikes in (pack_spikes(IMAGE > 0.5), poisson_spikes(IMAGE[0], T)):
        name = type(spikes).__name__
        with pytest.raises(TypeError, match=rf"must be given a torch.Tensor, got {name}: unpack\(\) makes one of it"):
            EachStep(nn.Conv2d(1, 4, 3))(spikes)
    with pytest.raises(TypeError, match="x must be a dense tensor, got layout torch.sparse_coo"):
        EachStep(nn.ReLU())(torch.randn(T, B, 4).to_sparse())


@pytest.mark.parametrize("layer", [nn.Flatten(0), nn.Unfold(3)], ids=lambda layer: layer._get_name())
def test_a_layer_that_does_not_keep_the_batch_is_refused(layer: nn.Module) -> None:
    with pytest.raises(
        ValueError, match=rf"EachStep\({layer._get_name()}\) must keep the first dimension of its batch"
    ):
        EachStep(layer)(IMAGE if isinstance(layer, nn.Flatten) else IMAGE[:, 0])


def test_a_layer_that_gives_no_tensor_is_refused() -> None:
    class Words(nn.Module):
        def forward(self, x: Tensor) -> str:
            return "spikes"

    with pytest.raises(TypeError, match=r"EachStep\(Words\) must give a torch.Tensor, or a tuple of them, got str"):
        EachStep(Words())(IMAGE)


def test_several_outputs() -> None:
    values, index = EachStep(nn.MaxPool2d(2, return_indices=True))(IMAGE)
    expected = nn.functional.max_pool2d(IMAGE.flatten(0, 1), 2, return_indices=True)
    assert_same_bits(values, expected[0].unflatten(0, (T, B)))
    assert torch.equal(index, expected[1].unflatten(0, (T, B)))


PUBLIC = [getattr(snnkernels, name) for name in snnkernels.__all__]
WITH_TIME = [cls for cls in PUBLIC if isinstance(cls, type) and issubclass(cls, nn.Module)]


@pytest.mark.parametrize("cls", [cls for cls in WITH_TIME if cls not in (SpikeLinear, EachStep)])
def test_layers_that_know_time_are_refused(cls: type[nn.Module]) -> None:
    """Every one of the package, alone and within another module."""
    layer = cls(3, 4) if issubclass(cls, snnkernels.SpikingLinear) else cls()
    with pytest.raises(TypeError, match=f"layer must know no time, got {cls.__name__}: {cls.__name__} takes"):
        EachStep(layer)
    with pytest.raises(TypeError, match=f"got Sequential, in which '1' is {cls.__name__}: {cls.__name__} takes"):
        EachStep(nn.Sequential(nn.Linear(3, 3), layer))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Conv2d, TypeError, r"must be a torch.nn.Module, got type: make one, EachStep\(Conv2d\(...\)\)"),
        (lambda: torch.relu, TypeError, "must be a torch.nn.Module, got builtin_function_or_method"),
        (
            lambda: EachStep(nn.ReLU()),
            TypeError,
            r"got EachStep\(ReLU\): EachStep\(ReLU\) takes \[T, B, ...\] as it is",
        ),
        (lambda: nn.LSTM(3, 4), TypeError, r"must know no time, got LSTM, which takes \[T, B, ...\] as it is"),
        (lambda: nn.TransformerEncoderLayer(4, 2, 8), ValueError, "make the TransformerEncoderLayer with batch_first"),
        (lambda: nn.MultiheadAttention(4, 2), ValueError, "make the MultiheadAttention with batch_first=True"),
    ],
)
def test_what_is_no_layer_without_time_is_refused(make: Callable[[], Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        EachStep(make())


def test_flatten_merges_the_batch_with_the_features() -> None:
    """The trap, and both ways around it."""
    assert nn.Flatten()(IMAGE).shape == (T, B * 64)
    for right in (nn.Flatten(2), EachStep(nn.Flatten())):
        assert_same_bits(right(IMAGE), IMAGE.view(T, B, 64))


def test_a_batch_norm_takes_the_batch_for_channels() -> None:
    """The trap, B = N, in which nothing raises, and the way around it: each neuron over all steps and samples."""
    x = random_current(50, 4, 4, dtype=torch.float64) + 10 * torch.arange(4)  # a mean for each neuron
    wrong, right = nn.BatchNorm1d(4).double()(x), EachStep(nn.BatchNorm1d(4).double())(x)
    zero = torch.zeros(4, dtype=torch.float64)
    assert wrong.mean((0, 1)).abs().min() > 0.1  # of a neuron: it kept its mean
    torch.testing.assert_close(wrong.mean((0, 2)), zero, rtol=0, atol=1e-5)  # of a position in the batch: it lost it
    torch.testing.assert_close(right.mean((0, 1)), zero, rtol=0, atol=1e-5)
    expected = (x - x.mean((0, 1))) / (x.var((0, 1), unbiased=False) + 1e-5).sqrt()
    torch.testing.assert_close(right, expected)


@pytest.mark.parametrize("layer", [nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d])
def test_one_mask_for_all_steps(layer: type[nn.Module]) -> None:
    shape = {nn.Dropout: (30,), nn.Dropout1d: (30, 5), nn.Dropout2d: (30, 2, 2), nn.Dropout3d: (30, 2, 2, 2)}[layer]
    x = torch.randn(4, B, *shape).requires_grad_()
    shared, own = EachStep(layer(0.25), same_mask=True), EachStep(layer(0.25))
    torch.manual_seed(1)
    given = shared(x)
    torch.manual_seed(1)
    mask = layer(0.25)(torch.ones(B, *shape))
    assert set(mask.unique().tolist()) == {0.0, mask.max().item()}
    assert_same_bits(given.detach(), (x * mask).detach())
    given.sum().backward()
    assert_same_bits(x.grad, mask.expand_as(x).contiguous())
    kept = own(torch.ones(4, B, *shape)) != 0
    assert not torch.equal(kept[0], kept[1])  # each step its own
    assert shared(x) is not None and not torch.equal(shared(x), given)  # another at the next call
    assert_same_bits(shared.eval()(x).detach(), x.detach())
    assert shared.train()(x[:0]).shape == x[:0].shape


def test_one_mask_in_place_and_by_hand() -> None:
    x = torch.ones(T, B, 50)
    timed = EachStep(nn.Dropout(0.5, inplace=True), same_mask=True)
    assert timed(x) is x and set(x.unique().tolist()) == {0, 2}
    torch.manual_seed(1)
    expected = EachStep(nn.Dropout(0.5), same_mask=True)(x)
    torch.manual_seed(1)
    assert_same_bits(x * nn.functional.dropout(torch.ones_like(x[0]), 0.5), expected)


def test_same_mask_can_be_set_and_is_checked() -> None:
    timed = EachStep(nn.Dropout(0.5))
    assert timed.same_mask is False
    timed.same_mask = True
    given = timed(torch.ones(T, B, 50))
    assert torch.equal(given[0], given[1])
    with pytest.raises(TypeError, match="same_mask must be True or False, got 1"):
        timed.same_mask = 1
    with pytest.raises(TypeError, match="same_mask=True is for Dropout, .*, Dropout3d, got AlphaDropout"):
        EachStep(nn.AlphaDropout(0.5), same_mask=True)


def test_a_misspelt_attribute_is_named() -> None:
    dropout = EachStep(nn.Dropout(0.5))
    with pytest.raises(AttributeError, match="has no attribute 'same_msk'; did you mean 'same_mask'"):
        dropout.same_msk = True
    with pytest.raises(TypeError, match="^EachStep has no option 'samemask'; did you mean 'same_mask'"):
        EachStep(nn.Dropout(0.5), samemask=True)  # type: ignore[call-arg]
    dropout.note = "of a user"
    assert dropout.note == "of a user"


class Spy(nn.Module):
    """Gives what it is given, and remembers it."""

    def forward(self, x: Tensor) -> Tensor:
        self.seen = x
        return x


@pytest.mark.parametrize("layout", ["contiguous", "channels last", "part", "one sample", "strided steps"])
def test_nothing_is_copied(layout: str) -> None:
    x = torch.randn(T, B, 4, 6, 6)
    if layout == "channels last":
        x = torch.randn(T, B, 6, 6, 4).movedim(4, 2)
    elif layout == "part":
        x = x[1:, :, 1:3, ::2]
    elif layout == "one sample":
        x = torch.randn(1, T, 4, 6, 6).transpose(0, 1)
    elif layout == "strided steps":
        x = torch.randn(T, B, 8, 6, 6)[:, :, :4]
    spy = EachStep(Spy())
    given = spy(x)
    assert spy.seen.data_ptr() == x.data_ptr() == given.data_ptr()
    assert given.stride() == x.stride() or layout == "one sample"  # whose second stride says nothing
    assert_same_bits(given, x)


def test_channels_last_stays() -> None:
    x = torch.randn(T * B, 4, 6, 6).to(memory_format=torch.channels_last).unflatten(0, (T, B))
    conv = nn.Conv2d(4, 8, 3).to(memory_format=torch.channels_last)
    for layer in (EachStep(conv), EachStep(nn.MaxPool2d(2)), EachStep(nn.BatchNorm2d(4))):
        assert layer(x).flatten(0, 1).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("steps", "batch"), [(0, 2), (3, 0), (0, 0)])
def test_nothing_in_nothing_out(steps: int, batch: int) -> None:
    x = torch.empty(steps, batch, 1, 8, 8)
    assert EachStep(nn.Conv2d(1, 4, 3))(x).shape == (steps, batch, 4, 6, 6)
    assert EachStep(nn.MaxPool2d(2))(x).shape == (steps, batch, 1, 4, 4)
    assert EachStep(nn.Flatten(1, 3))(x).shape == (steps, batch, 64)
    assert EachStep(nn.Dropout(0.5), same_mask=True)(x).shape == x.shape
