"""The operators behind the engines, as torch.library sees them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from support import Target, random_current, random_decay
from torch import Tensor

from snnkernels.dispatch import checkpoint_interval
from snnkernels.neurons import NEURONS
from snnkernels.ops import ENGINES
from snnkernels.scan import OUTPUTS, state_dtype

STEPS = 35  # three intervals of 16 steps or five of 8, the last of them short
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)


def forward_arguments(
    target: Target,
    dtype: torch.dtype,
    outer: int,
    neuron: str = "lif_subtract_after_detached",
    output: str = "spikes",
    constant: bool = False,
    keep: bool = True,
    with_state: bool = True,
) -> tuple[Any, ...]:
    """Arguments of a forward operator, in its order; beta is one for each neuron, the threshold one for all.

    with_state: a state goes in and is asked for; else the scan is from zero.
    """
    x = random_current(outer, 1 if constant else STEPS, 5, dtype=dtype, device=target.device)
    wide = {"dtype": state_dtype(dtype), "device": target.device}
    states = torch.zeros(1, outer, 5, **wide) if with_state else None
    params = [random_decay(outer, 5, **wide), torch.ones(1, **wide)]
    interval = checkpoint_interval(target.device) if keep else 0
    return x, states, params, (0.75, -0.5), neuron, True, interval, 1, STEPS, output, with_state


def backward_arguments(target: Target, forward: tuple[Any, ...], param_grads: bool, expanded: bool) -> tuple[Any, ...]:
    """Arguments of the backward operator that goes with a forward call."""
    x, states, params, constants, neuron, strict, interval, time_dim, steps, _, with_state = forward
    checkpoints = operator(target, "forward")(*forward)[2]
    grad_spikes = torch.randn(x.shape[0], 1 if expanded else steps, 5, dtype=x.dtype).expand(-1, steps, -1).to(x.device)
    head = (x, checkpoints, params, constants, neuron, strict, interval, time_dim, steps)
    grad_states = torch.ones_like(states) if with_state else None
    return *head, "arctan", 2.0, grad_spikes, grad_states, with_state, param_grads


def poisson_arguments(target: Target, dtype: torch.dtype, packed: bool) -> tuple[Any, ...]:
    images = torch.rand(37, dtype=dtype).to(target.device)
    return images, 3, STEPS, torch.tensor([12345], device=target.device), packed


def operator(target: Target, name: str) -> Any:
    return getattr(torch.ops.snnkernels, f"{target.engine}_{name}").default


def test_every_compiled_engine_has_its_operators_and_no_other_has() -> None:
    kinds = ("forward", "backward", "poisson")
    names = {name for name in torch._C._dispatch_get_all_op_names() if name.startswith("snnkernels::")}
    assert {name for name in names if name.endswith(kinds)} == {
        f"snnkernels::{engine}_{kind}" for engine in ENGINES for kind in kinds
    }


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("outer", [1, 3])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_opcheck_forward(compiled: Target, dtype: torch.dtype, outer: int, keep: bool) -> None:
    torch.library.opcheck(operator(compiled, "forward"), forward_arguments(compiled, dtype, outer, keep=keep))


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_opcheck_outputs_and_constant_current(
    compiled: Target, dtype: torch.dtype, output: str, constant: bool
) -> None:
    forward = forward_arguments(compiled, dtype, 3, output=output, constant=constant)
    torch.library.opcheck(operator(compiled, "forward"), forward)
    backward = backward_arguments(compiled, forward, True, output == "count")
    torch.library.opcheck(operator(compiled, "backward"), backward)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_opcheck_poisson(compiled: Target, dtype: torch.dtype, packed: bool) -> None:
    torch.library.opcheck(operator(compiled, "poisson"), poisson_arguments(compiled, dtype, packed))


@pytest.mark.parametrize("param_grads", [True, False])
@pytest.mark.parametrize("expanded", [True, False])
@pytest.mark.parametrize("outer", [1, 3])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_opcheck_backward(compiled: Target, dtype: torch.dtype, outer: int, expanded: bool, param_grads: bool) -> None:
    forward = forward_arguments(compiled, dtype, outer)
    torch.library.opcheck(operator(compiled, "backward"), backward_arguments(compiled, forward, param_grads, expanded))


def described(tensors: Tensor | tuple[Tensor, ...]) -> list[tuple[Any, ...]]:
    tensors = (tensors,) if isinstance(tensors, Tensor) else tensors
    return [(tensor.shape, tensor.stride(), tensor.dtype, tensor.device.type) for tensor in tensors]


@pytest.mark.parametrize("neuron", NEURONS)
def test_fake_kernels_describe_what_the_engines_give(compiled: Target, neuron: str) -> None:
    """Shapes, strides and dtypes of every output, for every neuron."""
    forward = forward_arguments(compiled, torch.bfloat16, 3, neuron)
    assert_described(compiled, "forward", forward)
    assert_described(compiled, "backward", backward_arguments(compiled, forward, True, True))


@pytest.mark.parametrize("keep", [True, False])
def test_fake_kernels_describe_a_scan_from_zero(compiled: Target, keep: bool) -> None:
    forward = forward_arguments(compiled, torch.float32, 3, with_state=False, keep=keep)
    assert_described(compiled, "forward", forward)
    if keep:
        assert_described(compiled, "backward", backward_arguments(compiled, forward, False, False))


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("output", OUTPUTS)
def test_fake_kernels_describe_every_output(compiled: Target, output: str, constant: bool) -> None:
    forward = forward_arguments(compiled, torch.bfloat16, 3, output=output, constant=constant)
    assert_described(compiled, "forward", forward)
    assert_described(compiled, "backward", backward_arguments(compiled, forward, True, True))
    assert_described(compiled, "poisson", poisson_arguments(compiled, torch.bfloat16, output == "packed"))


def assert_described(target: Target, name: str, arguments: tuple[Any, ...]) -> None:
    """The fake kernel gives what the operator gives, but for its numbers."""
    with torch._subclasses.FakeTensorMode() as mode:
        fakes = torch.utils._pytree.tree_map_only(Tensor, mode.from_tensor, arguments)
        fake = operator(target, name)(*fakes)
    assert described(fake) == described(operator(target, name)(*arguments)), name


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("output", OUTPUTS)
def test_time_may_be_any_dimension(compiled: Target, output: str, constant: bool) -> None:
    """What is before time is outer and what is after it inner: the same numbers, in the shape of x."""
    x, states, params, numbers, *rule, _, steps, _, _ = forward_arguments(
        compiled, torch.float32, 6, output=output, constant=constant
    )
    shaped, places = x.reshape(2, 3, x.shape[1], 5, 1), (2, 3, STEPS, 5, 1)
    grad_spikes = torch.randn(6, STEPS, 5).to(x.device)
    head = (params, numbers, *rule)
    in_rows = operator(compiled, "forward")(x, states, *head, 1, steps, output, True)
    in_shape = operator(compiled, "forward")(shaped, states, *head, 2, steps, output, True)
    assert in_shape[0].shape == (places if output == "spikes" else in_rows[0].shape)
    assert_equal_but_for_shapes(in_shape, in_rows)
    tail = (steps, "arctan", 2.0)
    last = (torch.ones_like(states), True, True)
    grads_in_rows = operator(compiled, "backward")(x, in_rows[2], *head, 1, *tail, grad_spikes, *last)
    for grad in (grad_spikes, grad_spikes.reshape(places)):
        grads = operator(compiled, "backward")(shaped, in_rows[2], *head, 2, *tail, grad, *last)
        assert grads[0].shape == shaped.shape
        assert_equal_but_for_shapes(grads, grads_in_rows)
    arguments = (shaped, states, *head, 2, steps, output, True)
    assert_described(compiled, "forward", arguments)
    assert_described(compiled, "backward", (shaped, in_rows[2], *head, 2, *tail, grad_spikes.reshape(places), *last))


def assert_equal_but_for_shapes(ours: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    for one, other in zip(ours, expected, strict=True):
        assert torch.equal(one.flatten(), other.flatten())


def test_chunks_of_checkpoints(compiled: Target) -> None:
    """The states that enter every interval of steps; the first are the initial ones."""
    arguments = forward_arguments(compiled, torch.float32, 3)
    interval = checkpoint_interval(compiled.device)
    checkpoints = operator(compiled, "forward")(*arguments)[2]
    assert checkpoints.shape == (-(-STEPS // interval), 1, 3, 5)
    assert torch.equal(checkpoints[0], arguments[1])
    for chunk, kept in enumerate(checkpoints[1:], 1):
        x, states, *rest = arguments[:6]
        head = (x[:, : interval * chunk].contiguous(), states, *rest)
        upto = operator(compiled, "forward")(*head, 0, 1, interval * chunk, "spikes", True)[1]
        assert torch.equal(kept, upto)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("steps", [1, STEPS])
def test_what_is_zero_or_not_asked_for_is_not_written(compiled: Target, steps: int, output: str) -> None:
    """Without states the first checkpoint is left out; all else is as with states of zero."""
    x, states, *rule, _, _, _ = forward_arguments(compiled, torch.float32, 3)
    x = x[:, :steps].contiguous()
    outputs, expected = (
        operator(compiled, "forward")(x, given, *rule, steps, output, given is not None) for given in (None, states)
    )
    assert torch.equal(outputs[0], expected[0]) and torch.equal(outputs[2], expected[2][1:])
    assert outputs[1].shape == (0, 3, 5) and expected[1].shape == (1, 3, 5)
    tail = (*rule[1:], steps, "arctan", 2.0, torch.randn(3, steps, 5).to(x.device), None)
    grads, expected = (
        operator(compiled, "backward")(x, kept, rule[0], *tail, with_state, True)
        for kept, with_state in ((outputs[2], False), (expected[2], True))
    )
    assert torch.equal(grads[0], expected[0]) and torch.equal(grads[2], expected[2])
    assert grads[1].shape == (0, 3, 5) and expected[1].shape == (1, 3, 5)


@pytest.mark.parametrize("name", ["x", "states"])
def test_inputs_are_left_as_they_were(compiled: Target, name: str) -> None:
    forward = forward_arguments(compiled, torch.float32, 3)
    backward = backward_arguments(compiled, forward, True, False)
    for kind, arguments in (("forward", forward), ("backward", backward)):
        tensors = [leaf for leaf in torch.utils._pytree.tree_leaves(arguments) if isinstance(leaf, Tensor)]
        before = [tensor.clone() for tensor in tensors]
        outputs = operator(compiled, kind)(*arguments)
        assert all(map(torch.equal, tensors, before))
        memory = {tensor.untyped_storage().data_ptr() for tensor in tensors}
        assert not memory & {out.untyped_storage().data_ptr() for out in outputs if out.numel()}


@pytest.mark.parametrize("name", ["forward", "backward", "poisson"])
def test_native_engine_reads_tensors_that_are_copied_on_write_without_a_copy(name: str) -> None:
    target = Target("native", "cpu")
    target.require()
    forward = forward_arguments(target, torch.float32, 3)
    arguments = {
        "forward": forward,
        "backward": backward_arguments(target, forward, True, False),
        "poisson": poisson_arguments(target, torch.float32, False),
    }[name]
    lazy = torch.utils._pytree.tree_map_only(Tensor, torch._lazy_clone, arguments)
    operator(target, name)(*lazy)
    leaves = [leaf for leaf in torch.utils._pytree.tree_leaves(lazy) if isinstance(leaf, Tensor)]
    assert all(torch._C._is_cow_tensor(leaf) for leaf in leaves)


def test_native_engine_refuses_states_and_parameters_of_another_type() -> None:
    """Called past the checks of the package, it must not read memory as what it is not."""
    target = Target("native", "cpu")
    target.require()
    x, states, params, *rest = forward_arguments(target, torch.float32, 1)
    with pytest.raises(RuntimeError, match="states must be contiguous"):
        operator(target, "forward")(x, states.double(), params, *rest)
    with pytest.raises(RuntimeError, match="states must be contiguous"):
        operator(target, "forward")(x, states[..., :4], params, *rest)
    with pytest.raises(RuntimeError, match="x must be contiguous, and time one of its dimensions"):
        operator(target, "forward")(x[..., :4], states, params, *rest)
    with pytest.raises(RuntimeError, match="x must be contiguous, and time one of its dimensions"):
        operator(target, "forward")(x, states, params, *rest[:-4], 3, STEPS, "spikes", True)
    with pytest.raises(RuntimeError, match="one time step or 34, got 35"):
        operator(target, "forward")(x, states, params, *rest[:-4], 1, STEPS - 1, "spikes", True)
    with pytest.raises(RuntimeError, match="a parameter must be contiguous"):
        operator(target, "forward")(x, states, [params[0].double(), params[1]], *rest)


WRONG_CALLS: dict[str, tuple[str, int, Callable[[Any], Any], str]] = {
    "integer x": ("forward", 0, Tensor.char, "x must be float64, float32, bfloat16 or float16"),
    "integer x in backward": ("backward", 0, Tensor.char, "x must be float64, float32, bfloat16 or float16"),
    "wide gradient": ("backward", 11, Tensor.double, "grad_spikes has the wrong dtype for this x"),
    "narrow gradient": ("backward", 11, Tensor.half, "grad_spikes has the wrong dtype for this x"),
    "wide checkpoints": ("backward", 1, Tensor.double, "checkpoints has the wrong dtype for this x"),
    "few checkpoints": (
        "backward",
        1,
        lambda kept: kept[..., :4].contiguous(),
        "checkpoints must be contiguous, [chunks, S, outer, inner]",
    ),
    "flat checkpoints": (
        "backward",
        1,
        lambda kept: kept.flatten(1),
        "checkpoints must be contiguous, [chunks, S, outer, inner]",
    ),
    "integer images": ("poisson", 0, Tensor.char, "images must be float64, float32, bfloat16 or float16"),
    "integer spikes": ("pack", 0, Tensor.char, "spikes must be float64, float32, bfloat16 or float16"),
    "spikes to integers": (
        "unpack",
        2,
        lambda dtype: torch.int8,
        "spikes must be float64, float32, bfloat16 or float16",
    ),
    "integer weight": ("event_linear", 2, Tensor.char, "weight must be float64, float32, bfloat16 or float16"),
    "no row in a group": ("event_linear", 1, lambda group: 0, "a group must have one row or more"),
    "narrow stray": ("event_linear", 5, Tensor.float, "stray must be one float64"),
    "empty stray": ("event_weight_grad", 5, lambda stray: stray[:0], "stray must be one float64"),
    "integer gradient": ("event_weight_grad", 0, Tensor.char, "grad must be float64, float32, bfloat16 or float16"),
    "fewer inputs than none": ("event_weight_grad", 3, lambda inputs: -7, "a group must have one row or more"),
}


@pytest.mark.parametrize(("name", "place", "change", "message"), WRONG_CALLS.values(), ids=WRONG_CALLS.keys())
def test_native_engine_refuses_what_it_would_read_as_something_else(
    name: str, place: int, change: Callable[[Any], Any], message: str
) -> None:
    target = Target("native", "cpu")
    target.require()
    forward = forward_arguments(target, torch.float32, 3)
    bits, stray = torch.ops.snnkernels.native_pack(torch.eye(6, 9))
    arguments = {
        "forward": forward,
        "backward": backward_arguments(target, forward, True, False),
        "poisson": poisson_arguments(target, torch.float32, False),
        "pack": (torch.eye(6, 9),),
        "unpack": (bits, 9, torch.float32),
        "event_linear": (bits, 1, torch.ones(4, 9), None, None, stray, 1.0),
        "event_weight_grad": (torch.ones(6, 4), bits, 1, 9, None, stray, 1.0),
    }[name]
    operator(target, name)(*arguments)
    wrong = list(arguments)
    wrong[place] = change(wrong[place])
    with pytest.raises(RuntimeError, match=re.escape(message)):
        operator(target, name)(*wrong)


def test_a_size_that_wraps_around_is_refused() -> None:
    """(2 ** 64 + 65544) bytes, of which as a number of 64 bits only 65544 are left."""
    steps = (2**64 + 65544) // 20
    target = Target("native", "cpu")
    target.require()
    x, *rule, _, _, _ = forward_arguments(target, torch.float32, 1, constant=True, keep=False, with_state=False)
    with pytest.raises(RuntimeError, match=rf"no memory can hold a tensor of shape \[1, {steps}, 5\]"):
        operator(target, "forward")(x, *rule, steps, "spikes", False)


THREADS = """
import os, torch
from snnkernels import lif
torch.set_num_threads(4)
def threads_that(shape):
    before = len(os.listdir("/proc/self/task"))
    lif(torch.empty(shape), time_dim=1, backend="native")
    return len(os.listdir("/proc/self/task")) - before
print(threads_that((8, 16, 64)), threads_that((8, 64, 1024)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted as Linux tells them")
def test_a_small_layer_is_left_to_one_thread() -> None:
    """However many outer places it has; other threads are started by what is worth it."""
    Target("native", "cpu").require()
    result = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["0", "3"]
