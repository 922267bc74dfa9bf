"""The two time loops of the Triton engine. What a neuron computes comes in as constexpr functions.

A program runs BLOCK neighbouring neurons through all time steps. Neurons are counted over outer and inner dimension
together; sequences are `[outer, T, inner]`, states `[S, outer, inner]`, all arithmetic is in the states' type.

No size is a constant of a compiled kernel: another T or another number of neurons never compiles anew. `inner` and the
strides (`x_outer` is that of x over the outer dimension) come in units of GROUP neurons, from which the compiler knows
that GROUP neurons of any time step can be loaded at once. Offsets are int64, so that a tensor may be of any size.
"""

import triton
import triton.language as tl


@triton.jit
def _place(outer, inner, BLOCK: tl.constexpr):
    """The block's neurons: their numbers, the count of all, and their places in the outer and the inner dimension."""
    neuron = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    row = neuron // inner
    return neuron, outer * inner, row, neuron - row * inner


@triton.jit
def _sequence(pointer, outer_stride, time_stride, row, column, GROUP: tl.constexpr):
    """A sequence as pointers to the block's neurons at the first time step, and the distance to the next step."""
    return pointer + row * (outer_stride.to(tl.int64) * GROUP) + column, time_stride.to(tl.int64) * GROUP


@triton.jit
def _load_steps(sequence, start, end, COUNT: tl.constexpr):
    """COUNT time steps: none of their loads waits for a state, so that all are in flight together."""
    loaded = ()
    for k in tl.static_range(COUNT):
        loaded += (tl.load(sequence[0] + (start + k) * sequence[1], mask=start + k < end),)
    return loaded


@triton.jit
def _load_states(pointer, neurons, inside, COUNT: tl.constexpr):
    loaded = ()
    for i in tl.static_range(COUNT):
        loaded += (tl.load(pointer + i * neurons, mask=inside),)
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
def _numbers(halves, DTYPE: tl.constexpr, BLOCK: tl.constexpr):
    """Numbers from the two halves of their float64 bits, as triton_launch.py makes them."""
    numbers = ()
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


@triton.jit(do_not_specialize=["outer", "steps", "inner", "x_outer", "x_time"])
def forward_kernel(
    x, states, parameters, constants,
    spikes, final_states, checkpoints,
    outer, steps, inner, x_outer, x_time,
    STEP: tl.constexpr, STRICT: tl.constexpr, STATES: tl.constexpr, PER_NEURON: tl.constexpr,
    INTERVAL: tl.constexpr, CHUNK: tl.constexpr, AHEAD: tl.constexpr, GROUP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """CHUNK time steps after CHUNK time steps; the states are kept every INTERVAL.

    CHUNK is a multiple of INTERVAL, which is 0 where nothing is kept. AHEAD has the loads of the chunk after in flight
    meanwhile, which takes registers.
    """
    DTYPE: tl.constexpr = states.dtype.element_ty
    inner = inner.to(tl.int64) * GROUP
    neuron, neurons, row, column = _place(outer, inner, BLOCK)
    inside = neuron < neurons
    end = tl.where(inside, steps, 0)
    x = _sequence(x, x_outer, x_time, row, column, GROUP)
    spikes += row * (steps * inner) + column
    param = _load_parameters(parameters, neuron, inside, PER_NEURON, BLOCK)
    constant = _numbers(constants, DTYPE, BLOCK)
    state = _load_states(states + neuron, neurons, inside, STATES)

    if AHEAD:
        ahead = _load_steps(x, 0, end, CHUNK)
    for start in range(0, steps, CHUNK):
        if AHEAD:
            chunk = ahead
            ahead = _load_steps(x, start + CHUNK, end, CHUNK)
        else:
            chunk = _load_steps(x, start, end, CHUNK)
        for k in tl.static_range(CHUNK):
            here = start + k < end
            if INTERVAL > 0 and k % INTERVAL == 0:
                kept = checkpoints + (start + k) // INTERVAL * STATES * neurons
                _store_states(kept + neuron, state, neurons, here)
            fired, next_state = STEP(chunk[k].to(DTYPE), state, param, constant, STRICT)
            tl.store(spikes + (start + k) * inner, fired, mask=here)
            state = _where(here, next_state, state)
    _store_states(final_states + neuron, state, neurons, inside)


@triton.jit
def _load_chunk(
    x, grad_spikes, checkpoints, neurons, start, end, STATES: tl.constexpr, INTERVAL: tl.constexpr, CHUNK: tl.constexpr
):
    """What the backward loop reads for a chunk: the checkpoint before it, its inputs, the gradients of its spikes."""
    state = _load_states(checkpoints + start // INTERVAL * STATES * neurons, neurons, end > 0, STATES)
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
    x, checkpoints, parameters, constants, grad_spikes, grad_final_states,
    grad_x, grad_states, grad_params,
    outer, steps, inner, x_outer, x_time, grad_outer, grad_time,
    STEP: tl.constexpr, ADJOINT: tl.constexpr, DERIVATIVE: tl.constexpr, STRICT: tl.constexpr,
    STATES: tl.constexpr, PER_NEURON: tl.constexpr, PARAM_GRADS: tl.constexpr,
    INTERVAL: tl.constexpr, CHUNK: tl.constexpr, AHEAD: tl.constexpr, GROUP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """CHUNK time steps before CHUNK time steps: replay them, their states in registers, then their adjoint in reverse.

    INTERVAL, the steps between checkpoints, is a multiple of CHUNK: a later chunk's replay begins before it. AHEAD has
    the loads of the chunk before in flight meanwhile. The last of `constants` is the slope.
    """
    DTYPE: tl.constexpr = checkpoints.dtype.element_ty
    inner = inner.to(tl.int64) * GROUP
    neuron, neurons, row, column = _place(outer, inner, BLOCK)
    inside = neuron < neurons
    end = tl.where(inside, steps, 0)
    x = _sequence(x, x_outer, x_time, row, column, GROUP)
    grad_spikes = _sequence(grad_spikes, grad_outer, grad_time, row, column, GROUP)
    grad_x += row * (steps * inner) + column
    checkpoints += neuron
    param = _load_parameters(parameters, neuron, inside, PER_NEURON, BLOCK)
    numbers = _numbers(constants, DTYPE, BLOCK)
    constant, slope = numbers[:-1], numbers[-1]
    grad_state = _load_states(grad_final_states + neuron, neurons, inside, STATES)
    sums = _zeros(len(parameters) if PARAM_GRADS else 0, DTYPE, BLOCK)

    last = (steps - 1) // CHUNK * CHUNK
    if AHEAD:
        ahead = _load_chunk(x, grad_spikes, checkpoints, neurons, last, end, STATES, INTERVAL, CHUNK)
    for done in range(0, steps, CHUNK):
        start = last - done
        if AHEAD:
            state, chunk, grads = ahead
            before, until = tl.maximum(start - CHUNK, 0), tl.where(start > 0, end, 0)
            ahead = _load_chunk(x, grad_spikes, checkpoints, neurons, before, until, STATES, INTERVAL, CHUNK)
        else:
            state, chunk, grads = _load_chunk(x, grad_spikes, checkpoints, neurons, start, end, STATES, INTERVAL, CHUNK)
        if CHUNK < INTERVAL:
            for earlier in range(start // INTERVAL * INTERVAL, start, CHUNK):
                state = _replay(_load_steps(x, earlier, end, CHUNK), state, param, constant, STEP, STRICT, CHUNK)[CHUNK]
        entered = _replay(chunk, state, param, constant, STEP, STRICT, CHUNK - 1)
        for k in tl.static_range(CHUNK - 1, -1, -1):
            here, x_k, grad_k = start + k < end, chunk[k].to(DTYPE), grads[k].to(DTYPE)
            grad, grad_entered, grad_param = ADJOINT(
                x_k, entered[k], param, constant, slope, grad_k, grad_state, STRICT, DERIVATIVE
            )
            tl.store(grad_x + (start + k) * inner, grad, mask=here)
            grad_state = _where(here, grad_entered, grad_state)
            sums = _add_where(here, sums, grad_param)
    _store_states(grad_states + neuron, grad_state, neurons, inside)
    _store_states(grad_params + neuron, sums, neurons, inside)
