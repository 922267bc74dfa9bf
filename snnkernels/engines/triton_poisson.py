"""Poisson spikes from Philox, as a Triton kernel.

Word w of the random numbers is word w % 4 of Philox's block w // 4 (see snnkernels/philox.py); neuron n of time step t
takes word t * neurons + n. So where the number of neurons is a multiple of 4, blocks and neurons go in step, and each
block is computed once.
"""

import triton
import triton.language as tl


@triton.jit
def _block(counter, key):
    """The four words of a Philox block for each counter."""
    zero = tl.zeros_like(counter).to(tl.uint32)
    return tl.philox(key, (counter & 0xFFFFFFFF).to(tl.uint32), (counter >> 32).to(tl.uint32), zero, zero)


@triton.jit
def _words(start, key, GROUP: tl.constexpr, BLOCK: tl.constexpr):
    """BLOCK words from number `start` on, which is a multiple of 4 where GROUP is."""
    if GROUP % 4 == 0:
        a, b, c, d = _block(start // 4 + tl.arange(0, BLOCK // 4), key)
        return tl.reshape(tl.join(tl.join(a, c), tl.join(b, d)), (BLOCK,))
    else:
        word = start + tl.arange(0, BLOCK)
        a, b, c, d = _block(word // 4, key)
        return tl.where(word % 4 < 2, tl.where(word % 4 == 0, a, b), tl.where(word % 4 == 2, c, d))


@triton.jit(do_not_specialize=["first", "steps", "neurons", "steps_each"], do_not_specialize_on_alignment=["seed"])
def poisson_kernel(
    images, seed, spikes, first: tl.int64, steps, neurons, steps_each,
    PACKED: tl.constexpr, GROUP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """BLOCK neighbouring neurons of `steps_each` time steps. `neurons` comes in units of GROUP.

    A neuron fires where the upper 24 bits of its word, as a number from 0 to 1, are below its intensity.
    """
    DTYPE: tl.constexpr = tl.float64 if images.dtype.element_ty == tl.float64 else tl.float32
    neurons = neurons.to(tl.int64) * GROUP
    blocks = (neurons + BLOCK - 1) // BLOCK
    part = tl.program_id(0) // blocks
    begin = (tl.program_id(0) - part * blocks) * BLOCK
    neuron = begin + tl.arange(0, BLOCK)
    level = tl.load(images + neuron, mask=neuron < neurons, other=0.0).to(DTYPE) * (1 << 24)
    key = tl.load(seed)
    for step in range(part * steps_each, tl.minimum((part + 1) * steps_each, steps)):
        words = _words((first.to(tl.int64) + step) * neurons + begin, key, GROUP, BLOCK)
        fires = (words >> 8).to(DTYPE) < level
        if PACKED:
            bits = fires.to(tl.int32) << tl.arange(0, BLOCK) % 8
            byte, width = begin // 8 + tl.arange(0, BLOCK // 8), (neurons + 7) // 8
            packed = tl.sum(tl.reshape(bits, (BLOCK // 8, 8)), 1).to(tl.uint8)
            tl.store(spikes + step * width + byte, packed, mask=byte < width)
        else:
            tl.store(spikes + step * neurons + neuron, fires.to(DTYPE), mask=neuron < neurons)
