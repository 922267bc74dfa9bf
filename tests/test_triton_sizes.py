"""The Triton engine's operators against the reference engine: sizes, tilings, strides, and what memory they touch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from support import assert_same_bits
from triton_scans import (
    DEVICE,
    FLOATS,
    HALVES,
    INTERVAL,
    MARKS,
    OUTPUTS,
    USERS,
    Gradients,
    check,
    random_gradients,
    random_scan,
    require_engine,
)

from snnkernels import tuning
from snnkernels.engines import reference
from snnkernels.engines.triton_tiling import VARIATIONS

pytestmark = MARKS


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    require_engine(monkeypatch)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("steps", [1, 2, 7, 8, 9, 64])
def test_every_length(steps: int, dtype: torch.dtype) -> None:
    check(random_scan((1, steps, 71), dtype))


# Under the interpreter, which counts as one multiprocessor, these are: one neuron a thread, one warp a program; sixteen
# bytes a thread and one warp; sixteen bytes and four warps; the same over several outer rows, whose ends fall within a
# program; an inner size that allows 2 neurons a thread, or 1.
@pytest.mark.parametrize("dtype", [*FLOATS, *HALVES], ids=str)
@pytest.mark.parametrize("outer, inner", [(1, 71), (1, 1048), (1, 2056), (9, 264), (3, 346), (3, 107)])
def test_every_tiling(outer: int, inner: int, dtype: torch.dtype) -> None:
    check(random_scan((outer, 11, inner), dtype, per_neuron=True))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
@pytest.mark.parametrize("variation", VARIATIONS)
def test_every_variation_of_the_tiling(variation: str, dtype: torch.dtype) -> None:
    with tuning.use_tilings(variation, variation):
        for output in OUTPUTS:
            # Two chunks of steps and a part of one; or one and a part, where test_triton.py has the chunk between.
            steps = 19 if output == "all" else 11
            check(replace(random_scan((1, steps, 1048), dtype, per_neuron=True), output=output))


@pytest.mark.skipif(DEVICE == "cuda", reason="the interpreter is what is watched")
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("outer, steps, inner", [(1, 9, 331), (1, 4, 1048), (1, 16, 2056), (3, 1, 346), (3, 8, 107)])
def test_nothing_is_touched_but_the_tensors(
    outer: int, steps: int, inner: int, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triton.runtime.interpreter import interpreter_builder as builder

    load, store, touched = builder.create_masked_load, builder.create_masked_store, []

    def watched_load(pointers: Any, mask: Any, *rest: Any) -> Any:
        touched.append(torch.from_numpy(pointers.data[mask.data].astype("int64")))
        return load(pointers, mask, *rest)

    def watched_store(pointers: Any, values: Any, mask: Any, *rest: Any) -> Any:
        touched.append(torch.from_numpy(pointers.data[mask.data].astype("int64")))
        return store(pointers, values, mask, *rest)

    scan = random_scan((outer, steps, inner), per_neuron=True, neuron=USERS["adaptive"])
    scan = replace(scan, output=output, record=0b10)
    grads = random_gradients(scan)
    monkeypatch.setattr(builder, "create_masked_load", watched_load)
    monkeypatch.setattr(builder, "create_masked_store", watched_store)
    kept = scan.forward()
    made = [*kept, *scan.backward(kept[1], kept[4], grads)]
    tensors = [scan.x, scan.states, *scan.tensors, grads.output, grads.states, grads.records, *made]
    addresses = torch.cat(touched)
    inside = torch.zeros_like(addresses, dtype=torch.bool)
    for tensor in tensors:
        memory = tensor.untyped_storage()
        inside |= (addresses >= memory.data_ptr()) & (addresses < memory.data_ptr() + memory.nbytes())
    assert len(addresses) > 3 * scan.x.numel() and inside.all()


@pytest.mark.parametrize("interval", [1, 3, 4, 16])
def test_other_intervals(interval: int) -> None:
    for output in ("all", "packed"):
        check(replace(random_scan((1, 19, 1048)), output=output), interval=interval)
        check(replace(random_scan((1, 19, 71)), output=output), interval=interval)


@pytest.mark.parametrize("inner", [71, 1048])
def test_strided_sequences(inner: int) -> None:
    """A slice, the same input at every step, a transposed one; gradients of sums over time, over all, over rows."""
    scan = random_scan((2, 9, inner))
    grad_states = torch.randn_like(scan.states)
    check(replace(scan, inputs=[random_scan((2, 9, 2 * inner)).x[:, :, :inner]]))
    check(replace(scan, inputs=[scan.x[:, :1].expand(2, 9, inner)]))
    check(replace(scan, inputs=[random_scan((2, inner, 9)).x.transpose(1, 2)]))
    for shape in ((2, 1, inner), (1,), (1, 9, inner)):
        grad = torch.ones(1) if shape == (1,) else torch.randn(shape)
        check(scan, Gradients(grad.to(DEVICE).expand(2, 9, inner), grad_states, None))
    gated = random_scan((2, 9, inner), neuron=USERS["gated"])
    check(replace(gated, inputs=[gated.x.transpose(0, 1).contiguous().transpose(0, 1), gated.inputs[1]]))


@pytest.mark.parametrize("inner", [40, 1048])
def test_offsets_beyond_32_bits(inner: int) -> None:
    """Two time steps that are 2^31 elements apart, of memory that is never touched but there."""
    distance = 2**31 + 64
    filled, torch.utils.deterministic.fill_uninitialized_memory = (
        torch.utils.deterministic.fill_uninitialized_memory,
        False,
    )
    memory = torch.empty(distance + inner, dtype=torch.float16, device=DEVICE)
    torch.utils.deterministic.fill_uninitialized_memory = filled
    scan = random_scan((1, 2, inner), torch.float16)
    apart = memory.as_strided((1, 2, inner), (0, distance, 1))
    apart.copy_(scan.x)
    check(replace(scan, inputs=[apart]))


@pytest.mark.parametrize("inner", [331, 2056])
def test_calls_that_differ_in_values_alone(inner: int) -> None:
    """Other tensors, aligned to 16 bytes or not, and other numbers: launched as before."""
    for slope, input_scale, offset in ((3.0, 1.0, 0), (2.0, 0.5, 0), (2.0, 0.5, 1), (3.0, 1.0, 1), (3.0, -0.0, 0)):
        scan = random_scan((2, 9, inner), per_neuron=True)
        x = scan.x.new_empty(scan.x.numel() + offset)[offset:].view_as(scan.x).copy_(scan.x)
        states = scan.states.new_empty(scan.states.numel() + offset)[offset:].view_as(scan.states).copy_(scan.states)
        beta, threshold, _, reset = scan.params
        params = [beta, threshold, input_scale, reset]
        check(replace(scan, inputs=[x], states=states, slope=slope, params=params))


def test_checkpoints_are_the_states_that_enter_each_chunk() -> None:
    scan = random_scan((1, 21, 71))
    checkpoints = scan.forward()[4]
    assert checkpoints.shape == (3, 1, 1, 71)
    for chunk, kept in enumerate(checkpoints):
        states = scan.states
        if chunk:
            before = replace(scan, inputs=[scan.x[:, : chunk * INTERVAL]])
            states = reference.scan(*before.checked, before.inputs, scan.states, scan.tensors).final
        assert_same_bits(kept, states, f"chunk {chunk}")


def test_nothing_is_kept_or_summed_that_is_not_asked_for() -> None:
    scan = random_scan((1, 9, 71))
    spikes, index, records, final_states, checkpoints = scan.forward(interval=0)
    kept = scan.forward()
    assert (checkpoints.shape, index.shape, records.shape) == ((0, 1, 1, 71), (0,), (0, 1, 9, 71))
    assert_same_bits(spikes, kept[0])
    assert_same_bits(final_states, kept[3])
    grads = random_gradients(scan)
    grad_x, grad_states, grad_params = scan.backward(kept[1], kept[4], grads, wanted=0)
    full = scan.backward(kept[1], kept[4], grads)
    assert grad_params.shape == (0, 1, 71)
    assert_same_bits(grad_x, full[0])
    assert_same_bits(grad_states, full[1])


def test_no_neurons() -> None:
    scan = replace(random_scan((3, 9, 0)), record=1)
    spikes, index, records, final_states, checkpoints = scan.forward()
    assert spikes.shape == (3, 9, 0) and final_states.shape == (1, 3, 0) and checkpoints.shape == (2, 1, 3, 0)
    assert records.shape == (1, 3, 9, 0)
    grad_x, grad_states, grad_params = scan.backward(index, checkpoints, random_gradients(scan))
    assert grad_x.shape == (3, 9, 0) and grad_states.shape == (1, 3, 0) and grad_params.shape == (3, 3, 0)


def test_what_kernels_would_read_past_is_refused() -> None:
    scan = random_scan((1, 9, 71))
    _, index, _, _, checkpoints = scan.forward()
    grads = random_gradients(scan)
    with pytest.raises(RuntimeError, match="3 parameters that are given, got 3 tensors"):
        torch.ops.snnkernels.triton_forward([scan.x, *scan.tensors[1:]], scan.states, *scan.rule(0), True)
    with pytest.raises(RuntimeError, match="there must be 5 numbers, got 4"):
        rule = scan.rule(0)
        head = ([scan.x, *scan.tensors], scan.states, None, rule[1][1:])
        torch.ops.snnkernels.triton_forward(*head, *rule[2:], True)
    with pytest.raises(RuntimeError, match="need parameters that are tensors"):
        scan.backward(index, checkpoints, grads, wanted=0b100)
    with pytest.raises(RuntimeError, match="needs an index, 71 elements of int32"):
        largest = replace(scan, output="max")
        largest.backward(index, checkpoints, random_gradients(largest))
    with pytest.raises(RuntimeError, match="a gradient of each record"):
        recorded = replace(scan, record=1)
        recorded.backward(index, checkpoints, replace(grads, records=torch.zeros(1, 1, 8, 71, device=DEVICE)))
    gated = random_scan((1, 9, 71), neuron=USERS["gated"])
    with pytest.raises(RuntimeError, match="inputs must be alike"):
        replace(gated, inputs=[gated.x, gated.x[:, :8]]).forward()
