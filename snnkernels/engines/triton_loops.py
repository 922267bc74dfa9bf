"""The two time loops of the Triton engine. What a neuron computes comes in as constexpr functions.

A program runs BLOCK neighbouring neurons through all time steps. Neurons are counted over outer and inner dimension
together; sequences are `[outer, T, inner]`, states `[S, outer, inner]`, all arithmetic is in the states' type. A
sequence that is the same at all steps is read once: its pointers stand for one step, `[outer, 1, inner]`.

No size is a constant of a compiled kernel: another T or another number of neurons never compiles anew. `inner` and the
strides (`x_outer` is that of x over the outer dimension) come in units of GROUP neurons, from which the compiler knows
that GROUP neurons of any time step can be loaded at once. Offsets are int64, so that a tensor may be of any size.
"""

import triton
import triton.language as tl


@triton.jit
def _place(outer, inner, BLOCK: tl.constexpr, BYTES: tl.constexpr):
    """The block's neurons: their numbers, which of them there are, and their places in outer and inner dimension.

    BYTES fills every row up to a multiple of 8 with neurons that there are not: each 8 are a byte of one row.
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
def _sequence(
    pointer, outer_stride, time_stride, row, column, inside, ONCE: tl.constexpr, GROUP: tl.constexpr
):  # fmt: skip
    """A sequence as pointers to the block's neurons at the first time step, and the distance to the next step.

    Where it is the same at all steps (ONCE) as what these pointers point to, alone.
    """
    pointer += row * (outer_stride.to(tl.int64) * GROUP) + column
    if ONCE:
        return (tl.load(pointer, mask=inside),)
    else:
        return pointer, time_stride.to(tl.int64) * GROUP


@triton.jit
def _load_steps(sequence, start, end, COUNT: tl.constexpr):
    """COUNT time steps: none of their loads waits for a state, so that all are in flight together."""
    loaded = ()
    for k in tl.static_range(COUNT):
        if len(sequence) == 1:
            loaded += (sequence[0],)
        else:
            loaded += (tl.load(sequence[0] + (start + k) * sequence[1], mask=start + k < end),)
    return loaded


@triton.jit
def _load_states(pointer, neuron, neurons, inside, COUNT: tl.constexpr, DTYPE: tl.constexpr):
    """States, which are zero where there is no tensor of them."""
    loaded = ()
    for i in tl.static_range(COUNT):
        if pointer is None:
            loaded += (tl.zeros(neuron.shape, DTYPE),)
        else:
            loaded += (tl.load(pointer + i * neurons + neuron, mask=inside, other=0.0),)
    return loaded


@triton.jit
def _store_states(pointer, values, neurons, inside):
    for i in tl.static_range(len(values)):
        tl.store(pointer + i * neurons, values[i], mask=inside)


@triton.jit
def _load_parameters(parameters, neuron, inside, PER_NEURON: tl.constexpr, BLOCK: tl.constexpr):
    loaded = ()
    for i in tl.static_range(len(parameters)):
        if PER_NEURON[i]:
            loaded += (tl.load(parameters[i] + neuron, mask=inside),)
        else:
            loaded += (tl.broadcast_to(tl.load(parameters[i]), (BLOCK,)),)
    return loaded


@triton.jit
def _numbers(values, halves, COUNT: tl.constexpr, DTYPE: tl.constexpr, BLOCK: tl.constexpr):
    """Numbers from the values in memory, or from the two halves of their float64 bits, as triton_launch.py makes them.

    COUNT: how many values there are.
    """
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
def _zeros(COUNT: tl.constexpr, DTYPE: tl.constexpr, BLOCK: tl.constexpr):
    zeros = ()
    for i in tl.static_range(COUNT):  # noqa: B007
        zeros += (tl.zeros((BLOCK,), DTYPE),)
    return zeros


@triton.jit
def _where(condition, values, others):
    chosen = ()
    for i in tl.static_range(len(values)):
        chosen += (tl.where(condition, values[i], others[i]),)
    return chosen


@triton.jit
def _add_where(condition, sums, terms):
    added = ()
    for i in tl.static_range(len(sums)):
        added += (sums[i] + tl.where(condition, terms[i], 0.0),)
    return added


@triton.jit
def _output(pointer, outer, steps, inner, row, column, OUTPUT: tl.constexpr, BLOCK: tl.constexpr):
    """The output as pointers to what the block's neurons write at the first time step, and the distance to the next."""
    if OUTPUT == "packed":
        width = (inner + 7) // 8
        byte = tl.program_id(0).to(tl.int64) * (BLOCK // 8) + tl.arange(0, BLOCK // 8)
        row = byte // width
        return pointer + row * (steps * width) + (byte - row * width), width, row < outer
    elif OUTPUT == "count":
        return (pointer + row * inner + column,)
    else:
        return pointer + row * (steps * inner) + column, inner


@triton.jit
def _store_bytes(output, spikes, inside, start, steps, BLOCK: tl.constexpr):
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


@triton.jit(do_not_specialize=["outer", "steps", "inner", "x_outer", "x_time"])
def forward_kernel(
    x, states, values,
    output, final_states, checkpoints,
    parameters, numbers,
    outer, steps, inner, x_outer, x_time,
    STEP: tl.constexpr, STRICT: tl.constexpr, STATES: tl.constexpr, CONSTANTS: tl.constexpr, NUMBERS: tl.constexpr,
    PER_NEURON: tl.constexpr, OUTPUT: tl.constexpr, WITH_STATE: tl.constexpr, X_ONCE: tl.constexpr,
    INTERVAL: tl.constexpr, CHUNK: tl.constexpr, AHEAD: tl.constexpr, GROUP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """CHUNK time steps after CHUNK time steps; the states are kept every INTERVAL, but for the first if it is zero.

    CHUNK is a multiple of INTERVAL, which is 0 where nothing is kept. AHEAD has the loads of the chunk after in flight
    meanwhile, which takes registers.
    """
    DTYPE: tl.constexpr = final_states.dtype.element_ty
    inner, neurons = inner.to(tl.int64) * GROUP, outer * (inner.to(tl.int64) * GROUP)
    neuron, inside, row, column = _place(outer, inner, BLOCK, OUTPUT == "packed")
    end = tl.where(inside, steps, 0)
    x = _sequence(x, x_outer, x_time, row, column, inside, X_ONCE, GROUP)
    output = _output(output, outer, steps, inner, row, column, OUTPUT, BLOCK)
    numbers = _numbers(values, numbers, NUMBERS, DTYPE, BLOCK)
    constant, param = numbers[:CONSTANTS], numbers[CONSTANTS:-1]
    if len(parameters) > 0:
        param = _load_parameters(parameters, neuron, inside, PER_NEURON, BLOCK)
    state = _load_states(states, neuron, neurons, inside, STATES, DTYPE)
    count = _zeros(1 if OUTPUT == "count" else 0, DTYPE, BLOCK)

    if AHEAD:
        ahead = _load_steps(x, 0, end, CHUNK)
    for start in range(0, steps, CHUNK):
        if AHEAD:
            chunk = ahead
            ahead = _load_steps(x, start + CHUNK, end, CHUNK)
        else:
            chunk = _load_steps(x, start, end, CHUNK)
        spikes = ()
        for k in tl.static_range(CHUNK):
            here = start + k < end
            if INTERVAL > 0 and k % INTERVAL == 0:
                kept = (start + k) // INTERVAL
                if states is None:
                    kept -= 1
                place = checkpoints + kept * STATES * neurons + neuron
                _store_states(place, state, neurons, tl.where(here, kept, -1) >= 0)
            spike, next_state = STEP(chunk[k].to(DTYPE), state, param, constant, STRICT)
            if OUTPUT == "spikes":
                tl.store(output[0] + (start + k) * output[1], spike, mask=here)
            elif OUTPUT == "count":
                count = _add_where(here, count, (spike,))
            else:
                spikes += (spike,)
            state = _where(here, next_state, state)
        if OUTPUT == "packed":
            _store_bytes(output, spikes, inside, start, steps, BLOCK)
    _store_states(output[0], count, neurons, inside)
    if WITH_STATE:
        _store_states(final_states + neuron, state, neurons, inside)


@triton.jit
def _load_chunk(
    x,
    grad_spikes,
    checkpoints,
    neuron,
    neurons,
    start,
    end,
    STATES: tl.constexpr,
    FROM_ZERO: tl.constexpr,
    INTERVAL: tl.constexpr,
    CHUNK: tl.constexpr,
):
    """What the backward loop reads for a chunk: the checkpoint before it, its inputs, the gradients of its spikes."""
    kept = start // INTERVAL
    if FROM_ZERO:  # the first, zero, was not kept
        kept -= 1
    place = checkpoints + kept * STATES * neurons
    there = tl.where(end > 0, kept, -1) >= 0
    state = _load_states(place, neuron, neurons, there, STATES, checkpoints.dtype.element_ty)
    return state, _load_steps(x, start, end, CHUNK), _load_steps(grad_spikes, start, end, CHUNK)


@triton.jit
def _replay(chunk, state, param, constant, STEP: tl.constexpr, STRICT: tl.constexpr, COUNT: tl.constexpr):
    """The states before each of the first COUNT time steps of a chunk, and after them."""
    states = (state,)
    for k in tl.static_range(COUNT):
        _, state = STEP(chunk[k].to(state[0].dtype), state, param, constant, STRICT)
        states += (state,)
    return states


@triton.jit(do_not_specialize=["outer", "steps", "inner", "x_outer", "x_time", "grad_outer", "grad_time"])
def backward_kernel(
    x, checkpoints, grad_spikes, grad_final_states, values,
    grad_x, grad_states, grad_params,
    parameters, numbers,
    outer, steps, inner, x_outer, x_time, grad_outer, grad_time,
    STEP: tl.constexpr, ADJOINT: tl.constexpr, DERIVATIVE: tl.constexpr, STRICT: tl.constexpr,
    STATES: tl.constexpr, CONSTANTS: tl.constexpr, NUMBERS: tl.constexpr, PER_NEURON: tl.constexpr,
    FROM_ZERO: tl.constexpr, WITH_STATE: tl.constexpr, PARAM_GRADS: tl.constexpr,
    X_ONCE: tl.constexpr, GRAD_ONCE: tl.constexpr, INTERVAL: tl.constexpr, CHUNK: tl.constexpr, AHEAD: tl.constexpr,
    GROUP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """CHUNK time steps before CHUNK time steps: replay them, their states in registers, then their adjoint in reverse.

    INTERVAL, the steps between checkpoints, is a multiple of CHUNK: a later chunk's replay begins before it. AHEAD has
    the loads of the chunk before in flight meanwhile. The last of the numbers is the slope. The gradient of an x that
    is the same at all steps is summed from the last of them to the first.
    """
    DTYPE: tl.constexpr = checkpoints.dtype.element_ty
    inner, neurons = inner.to(tl.int64) * GROUP, outer * (inner.to(tl.int64) * GROUP)
    neuron, inside, row, column = _place(outer, inner, BLOCK, False)
    end = tl.where(inside, steps, 0)
    x = _sequence(x, x_outer, x_time, row, column, inside, X_ONCE, GROUP)
    grad_spikes = _sequence(grad_spikes, grad_outer, grad_time, row, column, inside, GRAD_ONCE, GROUP)
    grad_x = _output(grad_x, outer, steps, inner, row, column, "count" if X_ONCE else "spikes", BLOCK)
    numbers = _numbers(values, numbers, NUMBERS, DTYPE, BLOCK)
    constant, param, slope = numbers[:CONSTANTS], numbers[CONSTANTS:-1], numbers[-1]
    if len(parameters) > 0:
        param = _load_parameters(parameters, neuron, inside, PER_NEURON, BLOCK)
    grad_state = _load_states(grad_final_states, neuron, neurons, inside, STATES, DTYPE)
    sums = _zeros(len(parameters) if PARAM_GRADS else 0, DTYPE, BLOCK)
    x_sum = _zeros(1 if X_ONCE else 0, DTYPE, BLOCK)

    last = (steps - 1) // CHUNK * CHUNK
    if AHEAD:
        ahead = _load_chunk(x, grad_spikes, checkpoints, neuron, neurons, last, end, STATES, FROM_ZERO, INTERVAL, CHUNK)
    for done in range(0, steps, CHUNK):
        start = last - done
        if AHEAD:
            state, chunk, grads = ahead
            before, until = tl.maximum(start - CHUNK, 0), tl.where(start > 0, end, 0)
            ahead = _load_chunk(
                x, grad_spikes, checkpoints, neuron, neurons, before, until, STATES, FROM_ZERO, INTERVAL, CHUNK
            )
        else:
            state, chunk, grads = _load_chunk(
                x, grad_spikes, checkpoints, neuron, neurons, start, end, STATES, FROM_ZERO, INTERVAL, CHUNK
            )
        if CHUNK < INTERVAL:
            for earlier in range(start // INTERVAL * INTERVAL, start, CHUNK):
                state = _replay(_load_steps(x, earlier, end, CHUNK), state, param, constant, STEP, STRICT, CHUNK)[CHUNK]
        entered = _replay(chunk, state, param, constant, STEP, STRICT, CHUNK - 1)
        for k in tl.static_range(CHUNK - 1, -1, -1):
            here, x_k, grad_k = start + k < end, chunk[k].to(DTYPE), grads[k].to(DTYPE)
            grad, grad_entered, grad_param = ADJOINT(
                x_k, entered[k], param, constant, slope, grad_k, grad_state, STRICT, DERIVATIVE
            )
            if X_ONCE:
                x_sum = _add_where(here, x_sum, (grad,))
            else:
                tl.store(grad_x[0] + (start + k) * grad_x[1], grad, mask=here)
            grad_state = _where(here, grad_entered, grad_state)
            if PARAM_GRADS:  # Triton 3.6 takes no empty tuple from one step of a loop to the next
                sums = _add_where(here, sums, grad_param)
    _store_states(grad_x[0], x_sum, neurons, inside)
    if WITH_STATE:
        _store_states(grad_states + neuron, grad_state, neurons, inside)
    _store_states(grad_params + neuron, sums, neurons, inside)
