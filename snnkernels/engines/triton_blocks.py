"""How the time loops of the Triton engine load and store blocks of neurons.

A block is BLOCK neighbouring neurons, counted over outer and inner dimension together. What there are several of, such
as states, is a tuple of blocks.
"""

import triton
import triton.language as tl


@triton.jit
def place(outer, inner, BLOCK: tl.constexpr, BYTES: tl.constexpr):
    """The block's neurons: their numbers, whether they exist, and their places in the outer and the inner dimension.

    BYTES fills every row up to a multiple of 8 with neurons that do not exist, so that a byte belongs to one row.
    """
    place = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    if BYTES:
        width = (inner + 7) // 8 * 8
        row = place // width
        column = place - row * width
        return row * inner + column, (row < outer) & (column < inner), row, column
    else:
        row = place // inner
        return place, place < outer * inner, row, place - row * inner


@triton.jit
def sequences(
    pointers, outer_stride, time_stride, row, column, inside, ONCE: tl.constexpr, GROUP: tl.constexpr
):  # fmt: skip
    """Sequences, each as pointers to the block's neurons at the first time step, and the distance to the next step.

    If they are the same at all steps (ONCE), each is a tuple of one element: what these pointers point to.
    """
    found = ()
    for i in tl.static_range(len(pointers)):
        pointer = pointers[i] + (row * (outer_stride.to(tl.int64) * GROUP) + column)
        if ONCE:
            found += ((tl.load(pointer, mask=inside),),)
        else:
            found += ((pointer, time_stride.to(tl.int64) * GROUP),)
    return found


@triton.jit
def record_sequences(pointer, first, inner, size, RECORD: tl.constexpr):
    """The sequences of records, each of `size` elements. first: where the block's neurons are in a record."""
    found = ()
    for i in tl.static_range(len(RECORD)):
        found += ((pointer + (i * size + first), inner),)
    return found


@triton.jit
def load_steps(sequences, start, end, COUNT: tl.constexpr):
    """Load COUNT time steps of sequences. No load waits for a state, so all are in flight together."""
    loaded = ()
    for k in tl.static_range(COUNT):
        step = ()
        for i in tl.static_range(len(sequences)):
            if len(sequences[i]) == 1:
                step += (sequences[i][0],)
            else:
                step += (tl.load(sequences[i][0] + (start + k) * sequences[i][1], mask=start + k < end),)
        loaded += (step,)
    return loaded


@triton.jit
def load_states(pointer, neuron, neurons, inside, COUNT: tl.constexpr, DTYPE: tl.constexpr):
    """Load COUNT states. They are zero if there is no tensor of them."""
    loaded = ()
    for i in tl.static_range(COUNT):
        if pointer is None:
            loaded += (tl.zeros(neuron.shape, DTYPE),)
        else:
            loaded += (tl.load(pointer + i * neurons + neuron, mask=inside, other=0.0),)
    return loaded


@triton.jit
def store_each(pointer, values, distance, mask):
    """Store values at this distance from each other."""
    for i in tl.static_range(len(values)):
        tl.store(pointer + i * distance, values[i], mask=mask)


@triton.jit
def load_parameters(
    parameters, numbers, neuron, inside, GIVEN: tl.constexpr, PER_NEURON: tl.constexpr, BLOCK: tl.constexpr
):  # fmt: skip
    """Load the parameters. GIVEN has the place of each among the tensors, or -1 if it is a number."""
    loaded = ()
    for i in tl.static_range(len(GIVEN)):
        if GIVEN[i] < 0:
            loaded += (numbers[i],)
        elif PER_NEURON[GIVEN[i]]:
            loaded += (tl.load(parameters[GIVEN[i]] + neuron, mask=inside),)
        else:
            loaded += (tl.broadcast_to(tl.load(parameters[GIVEN[i]]), (BLOCK,)),)
    return loaded


@triton.jit
def load_numbers(values, halves, COUNT: tl.constexpr, DTYPE: tl.constexpr, BLOCK: tl.constexpr):
    """Load COUNT numbers from `values`, or make them of the halves of their float64 bits, as triton_launch.py writes
    these."""
    numbers = ()
    if values is not None:
        for i in tl.static_range(COUNT):
            numbers += (tl.broadcast_to(tl.load(values + i), (BLOCK,)),)
    else:
        for i in tl.static_range(0, len(halves), 2):
            bits = (halves[i] >> 1 << 32) | (halves[i + 1] >> 1 & 0xFFFFFFFF)
            numbers += (tl.broadcast_to(bits.to(tl.float64, bitcast=True).to(DTYPE), (BLOCK,)),)
    return numbers


@triton.jit
def zeros(COUNT: tl.constexpr, DTYPE: tl.constexpr, BLOCK: tl.constexpr):
    """COUNT blocks of zeros."""
    found = ()
    for i in tl.static_range(COUNT):  # noqa: B007
        found += (tl.zeros((BLOCK,), DTYPE),)
    return found


@triton.jit
def converted(values, DTYPE: tl.constexpr):
    """Blocks in another type."""
    found = ()
    for i in tl.static_range(len(values)):
        found += (values[i].to(DTYPE),)
    return found


@triton.jit
def chosen(values, NUMBERS: tl.constexpr):
    """The values that have these numbers."""
    found = ()
    for i in tl.static_range(len(NUMBERS)):
        found += (values[NUMBERS[i]],)
    return found


@triton.jit
def where(condition, values, others):
    """Of each pair of blocks the first where the condition holds, else the second."""
    found = ()
    for i in tl.static_range(len(values)):
        found += (tl.where(condition, values[i], others[i]),)
    return found


@triton.jit
def add_where(condition, sums, terms):
    """Add a term to each sum where the condition holds."""
    added = ()
    for i in tl.static_range(len(sums)):
        added += (sums[i] + tl.where(condition, terms[i], 0.0),)
    return added


@triton.jit
def add_records(grad_states, grads, RECORD: tl.constexpr):
    """Add the gradient of each record to that of its state. grads: that of the output, then those of the records."""
    added = ()
    for i in tl.static_range(len(grad_states)):
        total = grad_states[i]
        for j in tl.static_range(len(RECORD)):
            if RECORD[j] == i:
                total += grads[1 + j]
        added += (total,)
    return added


@triton.jit
def output_places(pointer, outer, steps, inner, row, column, OUTPUT: tl.constexpr, BLOCK: tl.constexpr):
    """Pointers to where the block's neurons write their output at the first time step, and the distance to the next."""
    if OUTPUT == "packed":
        width = (inner + 7) // 8
        byte = tl.program_id(0).to(tl.int64) * (BLOCK // 8) + tl.arange(0, BLOCK // 8)
        row = byte // width
        return pointer + row * (steps * width) + (byte - row * width), width, row < outer
    elif OUTPUT == "all":
        return pointer + row * (steps * inner) + column, inner
    else:
        return (pointer + row * inner + column,)


@triton.jit
def first_over_time(OUTPUT: tl.constexpr, INDEX: tl.constexpr, DTYPE: tl.constexpr, BLOCK: tl.constexpr):
    """What is kept of the outputs over time, before the first step: a value, and with INDEX the step of the largest."""
    if OUTPUT == "max":
        kept = (tl.full((BLOCK,), float("-inf"), DTYPE),)
        if INDEX:
            kept += (tl.zeros((BLOCK,), tl.int32),)
        return kept
    else:
        return (tl.zeros((BLOCK,), DTYPE),)


@triton.jit
def over_time(kept, value, step, here, OUTPUT: tl.constexpr):
    """What is kept after one more step. Of equal values the first counts. The first NaN is larger than any number."""
    if OUTPUT == "sum":
        return (kept[0] + tl.where(here, value, 0.0),)
    elif OUTPUT == "last":
        return (tl.where(here, value, kept[0]),)
    else:
        better = here & ((value > kept[0]) | ((value != value) & (kept[0] == kept[0])))
        found = (tl.where(better, value, kept[0]),)
        if len(kept) > 1:
            found += (tl.where(better, step, kept[1]),)
        return found


@triton.jit
def store_bytes(output, spikes, inside, start, steps, BLOCK: tl.constexpr):
    """8 neighbouring neurons in a byte, from time step `start` on, of which there are `steps`.

    Their bits are brought together for 8 time steps at once, as the bytes of a number of 64 bits.
    """
    for first in tl.static_range(0, len(spikes), 8):
        bits = tl.zeros((BLOCK,), tl.int64)
        for k in tl.static_range(first, min(first + 8, len(spikes))):
            bits |= tl.where(spikes[k] > 0, tl.full((BLOCK,), 1 << 8 * (k - first), tl.int64), 0)
        bits = tl.where(inside, bits, 0) << tl.arange(0, BLOCK) % 8
        bytes = tl.sum(tl.reshape(bits, (BLOCK // 8, 8)), 1)[None, :]
        k = tl.arange(0, 8)[:, None]
        here = output[2][None, :] & (start + first + k < steps) & (first + k < len(spikes))
        place = output[0][None, :] + (start + first + k) * output[1]
        tl.store(place, (bytes >> 8 * k).to(tl.uint8), mask=here)
