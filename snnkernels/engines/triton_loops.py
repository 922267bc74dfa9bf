"""The two time loops of the Triton engine. What a neuron computes is given to them as constexpr functions.

A program runs BLOCK neighbouring neurons through all time steps. Neurons are counted over outer and inner dimension
together; sequences are `[outer, T, inner]`, states `[S, outer, inner]`, all arithmetic is in the states' type. A
sequence that is the same at all steps is read once: its pointers stand for one step, `[outer, 1, inner]`. Inputs and
tensors of parameters come as tuples.

No size is a constant of a compiled kernel: another T or another number of neurons never compiles anew. `inner` and the
strides (`x_outer` is that of the inputs over the outer dimension) come in units of GROUP neurons, from which the
compiler knows that GROUP neurons of any time step can be loaded at once. Offsets are int64, so that a tensor may be of
any size.
"""

import triton
import triton.language as tl

from .triton_blocks import (
    add_records,
    add_where,
    chosen,
    converted,
    first_over_time,
    load_numbers,
    load_parameters,
    load_states,
    load_steps,
    output_places,
    over_time,
    place,
    record_sequences,
    sequences,
    store_bytes,
    store_each,
    where,
    zeros,
)


@triton.jit(do_not_specialize=["outer", "steps", "inner", "x_outer", "x_time"])
def forward_kernel(
    states, values,
    output, index, records, final_states, checkpoints,
    inputs, parameters, numbers,
    outer, steps, inner, x_outer, x_time,
    STEP: tl.constexpr, STRICT: tl.constexpr, STATES: tl.constexpr, GIVEN: tl.constexpr, PER_NEURON: tl.constexpr,
    OUTPUT: tl.constexpr, RECORD: tl.constexpr, WITH_STATE: tl.constexpr, X_ONCE: tl.constexpr,
    INTERVAL: tl.constexpr, CHUNK: tl.constexpr, AHEAD: tl.constexpr, GROUP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Run the time steps, CHUNK at a time. Keep the states before every INTERVAL steps, but no zeros.

    CHUNK is a multiple of INTERVAL, which is 0 where nothing is kept. With AHEAD, the loads of the next chunk are in
    flight meanwhile, which takes registers. RECORD has the numbers of the states that are written at every step.
    """
    DTYPE: tl.constexpr = final_states.dtype.element_ty
    inner, neurons = inner.to(tl.int64) * GROUP, outer * (inner.to(tl.int64) * GROUP)
    neuron, inside, row, column = place(outer, inner, BLOCK, OUTPUT == "packed")
    end = tl.where(inside, steps, 0)
    xs = sequences(inputs, x_outer, x_time, row, column, inside, X_ONCE, GROUP)
    output = output_places(output, outer, steps, inner, row, column, OUTPUT, BLOCK)
    records += row * (steps * inner) + column
    numbers = load_numbers(values, numbers, len(GIVEN) + 1, DTYPE, BLOCK)
    param = load_parameters(parameters, numbers, neuron, inside, GIVEN, PER_NEURON, BLOCK)
    state = load_states(states, neuron, neurons, inside, STATES, DTYPE)
    kept_output = first_over_time(OUTPUT, INTERVAL > 0, DTYPE, BLOCK)

    if AHEAD:
        ahead = load_steps(xs, 0, end, CHUNK)
    for start in range(0, steps, CHUNK):
        if AHEAD:
            chunk = ahead
            ahead = load_steps(xs, start + CHUNK, end, CHUNK)
        else:
            chunk = load_steps(xs, start, end, CHUNK)
        spikes = ()
        for k in tl.static_range(CHUNK):
            here = start + k < end
            if INTERVAL > 0 and k % INTERVAL == 0:
                kept = (start + k) // INTERVAL
                if states is None:
                    kept -= 1
                entered = checkpoints + kept * STATES * neurons + neuron
                store_each(entered, state, neurons, tl.where(here, kept, -1) >= 0)
            value, next_state = STEP(converted(chunk[k], DTYPE), state, param, STRICT)
            if OUTPUT == "all":
                tl.store(output[0] + (start + k) * output[1], value, mask=here)
            elif OUTPUT == "packed":
                spikes += (value,)
            else:
                kept_output = over_time(kept_output, value, start + k, here, OUTPUT)
            store_each(records + (start + k) * inner, chosen(next_state, RECORD), steps * neurons, here)
            state = where(here, next_state, state)
        if OUTPUT == "packed":
            store_bytes(output, spikes, inside, start, steps, BLOCK)
    if OUTPUT != "all" and OUTPUT != "packed":
        tl.store(output[0], kept_output[0], mask=inside)
        if len(kept_output) > 1:
            tl.store(index + neuron, kept_output[1], mask=inside)
    if WITH_STATE:
        store_each(final_states + neuron, state, neurons, inside)


@triton.jit
def _load_chunk(
    sources, start, end, STATES: tl.constexpr, FROM_ZERO: tl.constexpr, INTERVAL: tl.constexpr, CHUNK: tl.constexpr
):  # fmt: skip
    """What the backward loop reads for a chunk: the checkpoint before it, its inputs, the gradients of its outputs and
    records."""
    xs, grads, checkpoints, neuron, neurons = sources
    kept = start // INTERVAL
    if FROM_ZERO:  # the first, zero, was not kept
        kept -= 1
    entered = checkpoints + kept * STATES * neurons
    there = tl.where(end > 0, kept, -1) >= 0
    state = load_states(entered, neuron, neurons, there, STATES, checkpoints.dtype.element_ty)
    return state, load_steps(xs, start, end, CHUNK), load_steps(grads, start, end, CHUNK)


@triton.jit
def _counting_step(index, neuron, inside, steps, OUTPUT: tl.constexpr):
    """The only step at which the gradient of the output counts, or -1 where it counts at all of them."""
    if OUTPUT == "last":
        return steps - 1
    elif OUTPUT == "max":
        return tl.load(index + neuron, mask=inside, other=-1)
    else:
        return -1  # Triton 3.6 has no function that returns None


@triton.jit
def _replay(chunk, state, param, STEP: tl.constexpr, STRICT: tl.constexpr, COUNT: tl.constexpr):
    """The states before each of the first COUNT time steps of a chunk, and after them."""
    states = (state,)
    for k in tl.static_range(COUNT):
        _, state = STEP(converted(chunk[k], state[0].dtype), state, param, STRICT)
        states += (state,)
    return states


@triton.jit
def _adjoints(
    chunk, entered, grads, start, end, counts, param, slope, grad_state, sums, x_sums, grad_x, size,
    ADJOINT: tl.constexpr, DERIVATIVE: tl.constexpr, STRICT: tl.constexpr, OUTPUT: tl.constexpr, RECORD: tl.constexpr,
    WANTED: tl.constexpr, X_ONCE: tl.constexpr, DTYPE: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """Take the gradients from the last time step of a chunk to its first.

    Store those of the inputs, each of `size` elements. Return those of the states before the chunk, and the sums over
    time of those of the parameters, and of the inputs where these are the same at all steps.
    """
    for k in tl.static_range(CHUNK - 1, -1, -1):
        here, grad = start + k < end, grads[k][0].to(DTYPE)
        if OUTPUT != "all":
            grad = tl.where(start + k == counts, grad, 0.0)
        after = add_records(grad_state, grads[k], RECORD)
        grad_input, grad_entered, grad_param = ADJOINT(
            converted(chunk[k], DTYPE), entered[k], param, slope, grad, after, STRICT, DERIVATIVE
        )
        if X_ONCE:
            x_sums = add_where(here, x_sums, grad_input)
        else:
            store_each(grad_x[0] + (start + k) * grad_x[1], grad_input, size, here)
        grad_state = where(here, grad_entered, grad_state)
        sums = add_where(here, sums, chosen(grad_param, WANTED))
    return grad_state, sums, x_sums


@triton.jit(do_not_specialize=["outer", "steps", "inner", "x_outer", "x_time", "grad_outer", "grad_time"])
def backward_kernel(
    checkpoints, grad_output, index, grad_records, grad_final_states, values,
    grad_inputs, grad_states, grad_params,
    inputs, parameters, numbers,
    outer, steps, inner, x_outer, x_time, grad_outer, grad_time,
    STEP: tl.constexpr, ADJOINT: tl.constexpr, DERIVATIVE: tl.constexpr, STRICT: tl.constexpr,
    STATES: tl.constexpr, GIVEN: tl.constexpr, PER_NEURON: tl.constexpr,
    OUTPUT: tl.constexpr, RECORD: tl.constexpr, FROM_ZERO: tl.constexpr, WITH_STATE: tl.constexpr,
    WANTED: tl.constexpr, X_ONCE: tl.constexpr, GRAD_ONCE: tl.constexpr,
    INTERVAL: tl.constexpr, CHUNK: tl.constexpr, AHEAD: tl.constexpr, GROUP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Take CHUNK time steps at a time, from the last to the first: replay them, then run their adjoints in reverse.

    INTERVAL, the steps between checkpoints, is a multiple of CHUNK, so a replay may begin at an earlier chunk. With
    AHEAD, the loads of the chunk before are in flight meanwhile. The last of the numbers is the slope. The gradient of
    an input that is the same at all steps is summed from the last step to the first. That of the output counts at the
    last step alone for the OUTPUT "last", at the step of the largest for "max", and at all steps otherwise. WANTED has
    the numbers of the parameters that have a gradient, RECORD those of the states whose records have one.
    """
    DTYPE: tl.constexpr = checkpoints.dtype.element_ty
    inner, neurons = inner.to(tl.int64) * GROUP, outer * (inner.to(tl.int64) * GROUP)
    neuron, inside, row, column = place(outer, inner, BLOCK, False)
    end = tl.where(inside, steps, 0)
    xs = sequences(inputs, x_outer, x_time, row, column, inside, X_ONCE, GROUP)
    grads_of = sequences((grad_output,), grad_outer, grad_time, row, column, inside, GRAD_ONCE, GROUP)
    grads_of += record_sequences(grad_records, row * (steps * inner) + column, inner, steps * neurons, RECORD)
    grad_x = output_places(grad_inputs, outer, steps, inner, row, column, "sum" if X_ONCE else "all", BLOCK)
    numbers = load_numbers(values, numbers, len(GIVEN) + 1, DTYPE, BLOCK)
    param, slope = load_parameters(parameters, numbers, neuron, inside, GIVEN, PER_NEURON, BLOCK), numbers[-1]
    grad_state = load_states(grad_final_states, neuron, neurons, inside, STATES, DTYPE)
    sums, x_sums = zeros(len(WANTED), DTYPE, BLOCK), zeros(len(inputs) if X_ONCE else 0, DTYPE, BLOCK)
    counts = _counting_step(index, neuron, inside, steps, OUTPUT)

    sources, last = (xs, grads_of, checkpoints, neuron, neurons), (steps - 1) // CHUNK * CHUNK
    if AHEAD:
        ahead = _load_chunk(sources, last, end, STATES, FROM_ZERO, INTERVAL, CHUNK)
    for done in range(0, steps, CHUNK):
        start = last - done
        if AHEAD:
            state, chunk, grads = ahead
            before, until = tl.maximum(start - CHUNK, 0), tl.where(start > 0, end, 0)
            ahead = _load_chunk(sources, before, until, STATES, FROM_ZERO, INTERVAL, CHUNK)
        else:
            state, chunk, grads = _load_chunk(sources, start, end, STATES, FROM_ZERO, INTERVAL, CHUNK)
        if CHUNK < INTERVAL:
            for earlier in range(start // INTERVAL * INTERVAL, start, CHUNK):
                state = _replay(load_steps(xs, earlier, end, CHUNK), state, param, STEP, STRICT, CHUNK)[CHUNK]
        entered = _replay(chunk, state, param, STEP, STRICT, CHUNK - 1)
        grad_state, params_added, x_added = _adjoints(
            chunk, entered, grads, start, end, counts, param, slope, grad_state, sums, x_sums, grad_x, steps * neurons,
            ADJOINT, DERIVATIVE, STRICT, OUTPUT, RECORD, WANTED, X_ONCE, DTYPE, CHUNK,
        )  # fmt: skip
        if len(WANTED) > 0:  # Triton 3.6 takes no empty tuple from one step of a loop to the next
            sums = params_added
        if X_ONCE:
            x_sums = x_added
    store_each(grad_x[0], x_sums, neurons, inside)
    if WITH_STATE:
        store_each(grad_states + neuron, grad_state, neurons, inside)
    store_each(grad_params + neuron, sums, neurons, inside)
