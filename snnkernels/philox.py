"""Philox4x32-10, the counter-based random numbers of Salmon et al. (2011), doi:10.1145/2063384.2063405, on tensors.

The same key and counter give the same bits on every device and engine: what was drawn need not be kept, and any part of
it can be drawn alone.
"""

from __future__ import annotations

import torch
from torch import Tensor

_LOW = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10


def philox(seed: Tensor, first: int, count: int) -> Tensor:
    """`count` random words of 32 bits, int64 from 0 to 2^32 - 1, on seed's device.

    seed: int64, one element. Word i of the stream is word i % 4 of the block whose counter is i / 4; `first` is the
    first word's number.
    """
    blocks = torch.arange(first // 4, (first + count + 3) // 4, dtype=torch.int64, device=seed.device)
    zero = torch.zeros_like(blocks)
    words = [blocks & _LOW, blocks >> 32, zero, zero]
    key = [seed & _LOW, seed >> 32 & _LOW]
    for _ in range(_ROUNDS):
        high, low = zip(*(_multiply(a, b) for a, b in zip(_MULTIPLIERS, words[::2], strict=True)), strict=True)
        words = [high[1] ^ words[1] ^ key[0], low[1], high[0] ^ words[3] ^ key[1], low[0]]
        key = [key_word + step & _LOW for key_word, step in zip(key, _KEY_STEPS, strict=True)]
    return torch.stack(words, 1).flatten()[first % 4 : first % 4 + count]


def _multiply(a: int, b: Tensor) -> tuple[Tensor, Tensor]:
    """The high and the low word of a product of two words; as int64 it may wrap, which leaves its 64 bits right."""
    product = a * b
    return product >> 32 & _LOW, product & _LOW
