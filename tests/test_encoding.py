"""Poisson coding: spikes with a probability equal to intensity, the same from the same seed on every engine."""

from __future__ import annotations

import pytest
import torch
from support import Target, assert_same_bits
from torch import Tensor

from snnkernels import PoissonSpikes, pack_spikes, poisson_encode, poisson_spikes
from snnkernels.encoding import _poisson
from snnkernels.philox import philox

DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
WORD = 0xFFFFFFFF


def philox_by_hand(counter: list[int], key: list[int]) -> list[int]:
    """Philox4x32-10 of one block, on Python's integers."""
    for _ in range(10):
        first, second = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [second >> 32 ^ counter[1] ^ key[0], second & WORD, first >> 32 ^ counter[3] ^ key[1], first & WORD]
        key = [key[0] + 0x9E3779B9 & WORD, key[1] + 0xBB67AE85 & WORD]
    return counter


@pytest.mark.parametrize(
    "counter, key, expected",
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_known_answers_of_random123(counter: str, key: str, expected: str) -> None:
    words = [[int(word, 16) for word in words.split()] for words in (counter, key, expected)]
    assert philox_by_hand(words[0], words[1]) == words[2]


@pytest.mark.parametrize("seed", [0, 1, 2**31, 2**32 + 5, 2**62 + 12345678901, 2**63 - 1])
def test_stream_is_philox_of_counted_blocks(seed: int) -> None:
    """From any word on, beyond 2^32 blocks too."""
    key = [seed & WORD, seed >> 32]
    for first, count in ((0, 9), (3, 6), (4 * 2**32 - 2, 8), (2**50 + 1, 4)):
        blocks = range(first // 4, (first + count) // 4 + 1)
        expected = [word for block in blocks for word in philox_by_hand([block & WORD, block >> 32, 0, 0], key)]
        assert philox(torch.tensor([seed]), first, count).tolist() == expected[first % 4 :][:count]


@pytest.mark.parametrize(
    "images",
    [
        torch.rand(40)[::2],
        torch.tensor(0.5).expand(10),
        torch.rand(8, 4)[:, 1],
        torch.rand(8, 4)[:, 1:2],
        torch.rand(4, 8).T,
        torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last),
    ],
    ids=["every other", "expanded", "column", "column of a matrix", "transposed", "channels last"],
)
@pytest.mark.parametrize("packed", [False, True])
def test_images_in_any_layout(target: Target, images: Tensor, packed: bool) -> None:
    """What is drawn depends on the order of the dimensions, and not on that of memory."""
    given = images.to(target.device)  # which keeps the strides
    spikes = poisson_spikes(given, 5, seed=3, backend=target.engine)
    expected = poisson_encode(images.contiguous(), 5, seed=3, backend="reference")
    assert_same_bits((spikes.pack() if packed else spikes).unpack().cpu(), expected)


# Less than a byte or a block of random words; a row that ends within one; many programs and threads.
SIZES = (1, 3, 7, 8, 12, 100, 1001, 4104)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("neurons", SIZES)
def test_every_engine_draws_the_same(compiled: Target, neurons: int, dtype: torch.dtype, packed: bool) -> None:
    images = torch.rand(neurons, dtype=torch.float64).to(dtype).to(compiled.device)
    seed = torch.randint(2**63 - 1, (1,)).to(compiled.device)
    draw = getattr(torch.ops.snnkernels, f"{compiled.engine}_poisson")
    for first, steps in ((0, 5), (5, 2), (2**33 + 1, 3)):
        assert_same_bits(draw(images, first, steps, seed, packed), _poisson(images, first, steps, seed, packed))


@pytest.mark.parametrize("shape", [(3,), (3, 5), (4, 1, 4, 6)], ids=str)
def test_spikes_bits_and_parts_of_one_draw(target: Target, shape: tuple[int, ...]) -> None:
    """What is drawn twice, as bits or in parts is the same as what poisson_encode gives."""
    images = torch.rand(shape).to(target.device)
    spikes = poisson_encode(images, 11, seed=7, backend=target.engine)
    draw = poisson_spikes(images, 11, seed=7, backend=target.engine)
    assert spikes.shape == draw.shape == (11, *shape) and draw.device == images.device
    assert_same_bits(spikes, poisson_encode(images.cpu(), 11, seed=7, backend="reference").to(target.device))
    assert_same_bits(draw.unpack(), spikes)
    assert_same_bits(draw.unpack(torch.float64), spikes.double())
    assert_same_bits(draw.pack().unpack(), spikes)
    assert_same_bits(draw.pack().bits, pack_spikes(spikes).bits)
    assert_same_bits(draw.part(4, 5).unpack(), spikes[4:9])
    assert_same_bits(draw.part(4, 5).part(1, 2).pack().unpack(), spikes[5:7])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_firing_rate_is_the_intensity(dtype: torch.dtype) -> None:
    intensities = torch.tensor([0.0, 1 / 256, 0.25, 0.5, 0.9, 1.0], dtype=dtype)
    steps, batch = 200, 200
    spikes = poisson_encode(intensities.expand(batch, -1), steps)
    assert spikes.shape == (steps, batch, 6) and spikes.dtype == dtype
    assert set(spikes.unique().tolist()) == {0.0, 1.0}
    exact = intensities.double()
    error = spikes.double().mean((0, 1)) - exact
    five_sigma = 5 * (exact * (1 - exact) / (steps * batch)).sqrt()
    assert (error.abs() <= five_sigma).all(), "never at 0, always at 1, and as often as asked between"


def test_spikes_are_independent_from_step_to_step_and_neuron_to_neuron() -> None:
    spikes = poisson_encode(torch.full((500,), 0.5, dtype=torch.float64), 500) - 0.5
    noise = 5 / 500  # five sigma of a mean of 250,000 products of +-1
    for distance in (1, 2, 3, 4, 8):
        assert abs((4 * spikes[distance:] * spikes[:-distance]).mean()) < noise
        assert abs((4 * spikes[:, distance:] * spikes[:, :-distance]).mean()) < noise


def test_seeds_next_to_each_other_are_independent() -> None:
    images = torch.full((250_000,), 0.5, dtype=torch.float64)
    first, second = (poisson_encode(images, 1, seed=seed) - 0.5 for seed in (0, 1))
    assert abs((4 * first * second).mean()) < 5 / 500


def test_same_generator_same_spikes() -> None:
    images = torch.rand(3, 2, 4, 4)
    first, again, other = (poisson_encode(images, 7, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert first.shape == (7, 3, 2, 4, 4)
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_seed_is_the_generators_next_number() -> None:
    images = torch.rand(3, 5)
    number = torch.randint(2**63 - 1, (1,), generator=torch.Generator().manual_seed(5)).item()
    drawn = poisson_encode(images, 7, torch.Generator().manual_seed(5))
    assert torch.equal(poisson_encode(images, 7, seed=number), drawn)


def test_generator_advances_and_leaves_the_global_one_alone() -> None:
    images, generator = torch.full((100,), 0.5), torch.Generator().manual_seed(1)
    state = torch.get_rng_state()
    assert not torch.equal(poisson_encode(images, 9, generator), poisson_encode(images, 9, generator))
    poisson_encode(images, 9, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(poisson_encode(images, 9), poisson_encode(images, 9))
    assert not torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    "seed, error, message",
    [
        (-1, ValueError, r"seed must be from 0 to 2\^63 - 1, got -1"),
        (2**63, ValueError, r"seed must be from 0 to 2\^63 - 1, got 9223372036854775808"),
        (0.5, TypeError, "seed must be a whole number, got 0.5"),
        (True, TypeError, "seed must be a whole number, got True"),
    ],
)
def test_wrong_seed(seed: object, error: type[Exception], message: str) -> None:
    for encode in (poisson_encode, poisson_spikes):
        with pytest.raises(error, match=message):
            encode(torch.rand(3), 4, seed=seed)  # type: ignore[arg-type]


def test_generator_and_seed_together_are_refused() -> None:
    with pytest.raises(ValueError, match="give a generator or a seed, not both"):
        poisson_encode(torch.rand(3), 4, torch.Generator(), seed=5)


def test_half_types_fire_with_their_own_intensity() -> None:
    """The comparison is in float32: in bfloat16 noise rounds up to 1, and 255/256 would fire too seldom."""
    images = torch.full((40_000,), 255 / 256, dtype=torch.bfloat16)
    silent = 40_000 * 25 - poisson_encode(images, 25).float().sum().item()
    assert silent == pytest.approx(40_000 * 25 / 256, rel=0.1)


def test_no_gradient_and_no_graph() -> None:
    assert not poisson_encode(torch.rand(2, 3).requires_grad_(), 4).requires_grad


def test_what_is_drawn_keeps_its_own_images(target: Target) -> None:
    """Through views, another device, parts and inference too; it is what poisson_encode drew then."""
    images = torch.rand(4, 8, device=target.device)
    expected = poisson_encode(images, 9, seed=4, backend=target.engine)
    draw = poisson_spikes(images, 9, seed=4, backend=target.engine)
    turned = poisson_spikes(images.T, 9, seed=4, backend=target.engine)
    transposed = turned.unpack()
    part, moved, packed = draw.part(2, 3), draw.to(target.device), draw.pack()
    images.fill_(5.0)
    for spikes in (draw.unpack(), moved.unpack(), packed.unpack()):
        assert_same_bits(spikes, expected)
    assert_same_bits(part.unpack(), expected[2:5])
    assert_same_bits(turned.unpack(), transposed)
    with torch.inference_mode():
        images = torch.full((4, 8), 0.5, device=target.device)
        draw = poisson_spikes(images, 9, seed=4, backend=target.engine)
        expected = draw.unpack()
        images.zero_()
        assert expected.any() and torch.equal(draw.unpack(), expected)


@pytest.mark.usefixtures("native")
def test_a_compiled_function_keeps_its_own_images_too() -> None:
    """Within the graph, where the buffer changes after, and in what the graph gives."""
    torch._dynamo.reset()
    images = torch.rand(4, 8)
    expected = poisson_encode(images, 9, seed=4)

    @torch.compile(fullgraph=True, backend="aot_eager")
    def draw(images: Tensor) -> tuple[Tensor, PoissonSpikes]:
        spikes = poisson_spikes(images, 9, seed=4)
        images.zero_()
        return spikes.unpack(), spikes

    inside, outside = draw(images)
    assert not images.any()
    assert_same_bits(inside, expected)
    images.fill_(1.0)
    assert_same_bits(outside.unpack(), expected)


def test_empty_batch(target: Target) -> None:
    images = torch.zeros(0, 5, device=target.device)
    assert poisson_encode(images, 3, backend=target.engine).shape == (3, 0, 5)
    assert poisson_spikes(images, 3, backend=target.engine).pack().unpack().shape == (3, 0, 5)


@pytest.mark.gpu
def test_generator_of_a_gpu(compiled: Target) -> None:
    if compiled.device == "cpu":
        pytest.skip("this generator is a GPU's")
    images = torch.rand(3, 5, device="cuda")
    first, again = (
        poisson_encode(images, 7, torch.Generator("cuda").manual_seed(5), backend=compiled.engine) for _ in range(2)
    )
    assert first.device.type == "cuda" and torch.equal(first, again)


@pytest.mark.gpu
@pytest.mark.parametrize("packed", [False, True])
def test_cuda_graph_replays_with_new_seeds(compiled: Target, packed: bool) -> None:
    """The kernel reads the seed: what is replayed draws from the one that is there then."""
    if compiled.device == "cpu":
        pytest.skip("CUDA graphs are of a GPU")
    images, seed = torch.rand(4, 5, device="cuda"), torch.tensor([1], device="cuda")
    draw = getattr(torch.ops.snnkernels, f"{compiled.engine}_poisson")
    arguments: tuple[Tensor, int, int, Tensor, bool] = (images.flatten(), 0, 6, seed, packed)
    draw(*arguments)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        spikes = draw(*arguments)
    for number in (5, 2**62 + 7):
        seed.fill_(number)
        graph.replay()
        assert_same_bits(spikes, _poisson(*arguments))
