"""The operators behind the engines, as torch.library sees them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from operators import STEPS, backward_arguments, forward_arguments, operator, poisson_arguments
from support import Target, random_current
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from snnkernels.dispatch import checkpoint_interval
from snnkernels.neurons import NEURONS
from snnkernels.ops import ENGINES
from snnkernels.scan import OUTPUTS

DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)

# What an operator is to torch.library is the same for the others, and for all of them on the native engine.
pytestmark = pytest.mark.few_interpreted(dtype=(torch.float32, torch.bfloat16), outer=(3,))


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


@pytest.mark.parametrize("params", [True, False])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_numbers_in_memory_give_the_same_bits(compiled: Target, dtype: torch.dtype, params: bool) -> None:
    """The slope, and parameters that are no tensors."""
    tensors, states, _, numbers, mask, *rest = forward_arguments(compiled, dtype, 3)
    if not params:
        tensors, numbers, mask = tensors[:1], (0.625, 1.25, *numbers[2:]), 0
    values = torch.tensor(numbers).to(states)
    results = []
    for given in ((values, ()), (None, numbers)):
        forward = (tensors, states, *given, mask, *rest)
        torch.manual_seed(0)
        backward = backward_arguments(compiled, forward, mask, False)
        results.append((*operator(compiled, "forward")(*forward), *operator(compiled, "backward")(*backward)))
        torch.library.opcheck(operator(compiled, "backward"), backward)
    assert results[0][0].any() and results[0][5].any()
    for one, other in zip(*results, strict=True):
        assert torch.equal(one, other)


def test_no_operator_takes_a_list_of_tensors_that_may_be_empty(compiled: Target) -> None:
    """Which AOTInductor cannot: x is in the one there is, and without it nothing runs."""
    for kind in ("forward", "backward"):
        lists = [a.name for a in operator(compiled, kind)._schema.arguments if str(a.type) == "List[Tensor]"]
        assert lists == ["tensors"]
    _, *rest = forward_arguments(compiled, torch.float32, 3)
    with pytest.raises((RuntimeError, ValueError)):
        operator(compiled, "forward")([], *rest)


def test_numbers_that_kernels_would_read_wrongly_are_refused(compiled: Target) -> None:
    """By every engine, where an operator is called past the package's own checks."""
    (x, *params), states, _, numbers, *rest = forward_arguments(compiled, torch.float32, 3)
    forward, values = operator(compiled, "forward"), torch.tensor(numbers, device=x.device)
    wrong_values = [values[:-1], values[:0], values.repeat(2), values.double(), values[:1].expand(3)]
    for wrong in [*wrong_values, values.repeat_interleave(2)[::2]]:
        with pytest.raises(RuntimeError):
            forward([x, *params], states, wrong, (), *rest)
    for count in (0, 3, 4, 6):
        with pytest.raises(RuntimeError):
            forward([x, *params], states, None, (1.0,) * count, *rest)
    for wrong in (params[0].double(), params[0].new_ones(2)):
        with pytest.raises(RuntimeError):
            forward([x, wrong, params[1]], states, None, numbers, *rest)
    one = params[0].new_full((1, 1), 0.75)
    expected = forward([x, one.reshape(1), params[1]], states, None, numbers, *rest)
    assert torch.equal(forward([x, one, params[1]], states, None, numbers, *rest)[0], expected[0])


def test_gradients_of_parameters_need_tensors_of_them(compiled: Target) -> None:
    tensors, states, _, numbers, _, *rest = forward_arguments(compiled, torch.float32, 3)
    forward = (tensors[:1], states, None, (0.625, 1.25, *numbers[2:]), 0, *rest)
    with pytest.raises(RuntimeError, match="gradients of parameters need parameters that are tensors"):
        operator(compiled, "backward")(*backward_arguments(compiled, forward, 0b1, False))


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_opcheck_outputs_and_constant_current(
    compiled: Target, dtype: torch.dtype, output: str, constant: bool
) -> None:
    forward = forward_arguments(compiled, dtype, 3, output=output, constant=constant)
    torch.library.opcheck(operator(compiled, "forward"), forward)
    backward = backward_arguments(compiled, forward, 0b11, output == "sum")
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
    torch.library.opcheck(
        operator(compiled, "backward"), backward_arguments(compiled, forward, 0b11 if param_grads else 0, expanded)
    )


def described(tensors: Tensor | tuple[Tensor, ...]) -> list[tuple[Any, ...]]:
    tensors = (tensors,) if isinstance(tensors, Tensor) else tensors
    return [(tensor.shape, tensor.stride(), tensor.dtype, tensor.device.type) for tensor in tensors]


@pytest.mark.parametrize("name", NEURONS)
def test_fake_kernels_describe_what_the_engines_give(compiled: Target, name: str) -> None:
    """Shapes, strides and dtypes of every output, for every neuron."""
    interface = NEURONS[name].definition.interface
    inputs = [random_current(9, 2, 6, dtype=torch.bfloat16, device=compiled.device) for _ in interface.inputs]
    params = {name: torch.full((1,), 0.5, device=compiled.device) for name in interface.params}
    calls = []

    class Calls(TorchDispatchMode):
        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func.namespace == "snnkernels" and func._opname.endswith(("forward", "backward")):
                calls.append((func._opname.rpartition("_")[2], args))
            return func(*args, **(kwargs or {}))

    if compiled.engine == "native" and compiled.device == "cuda" and name != "lif":
        pytest.skip("the CUDA library has LIF alone")
    leaves = [x.requires_grad_() for x in (*inputs, *params.values())]
    with Calls():
        output, _, record = NEURONS[name](
            *leaves[: len(inputs)],
            return_state=True,
            record=interface.states,
            backend=compiled.engine,
            **dict(zip(params, leaves[len(inputs) :], strict=True)),
        )
        sum(value.float().sum() for value in (output, *record.values())).backward()
    assert [kind for kind, _ in calls] == ["forward", "backward"]
    for kind, arguments in calls:
        assert_described(compiled, kind, arguments)


@pytest.mark.parametrize("keep", [True, False])
def test_fake_kernels_describe_a_scan_from_zero(compiled: Target, keep: bool) -> None:
    forward = forward_arguments(compiled, torch.float32, 3, with_state=False, keep=keep)
    assert_described(compiled, "forward", forward)
    if keep:
        assert_described(compiled, "backward", backward_arguments(compiled, forward, 0, False))


@pytest.mark.parametrize("constant", [True, False])
@pytest.mark.parametrize("output", OUTPUTS)
def test_fake_kernels_describe_every_output(compiled: Target, output: str, constant: bool) -> None:
    forward = forward_arguments(compiled, torch.bfloat16, 3, output=output, constant=constant)
    assert_described(compiled, "forward", forward)
    assert_described(compiled, "backward", backward_arguments(compiled, forward, 0b11, True))
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
    forward = forward_arguments(compiled, torch.float32, 6, output=output, constant=constant)
    (x, *params), *rest = forward
    shaped, places = x.reshape(2, 3, x.shape[1], 5, 1), (2, 3, STEPS, 5, 1)
    other = ([shaped, *params], *rest[:7], 2, *rest[8:])
    assert rest[7] == 1, "the dimension of time"
    in_rows, in_shape = (operator(compiled, "forward")(*arguments) for arguments in (forward, other))
    assert in_shape[0].shape == (places if output == "all" else in_rows[0].shape)
    assert_equal_but_for_shapes(in_shape, in_rows)
    _, *back = backward_arguments(compiled, forward, 0b11, False)
    assert back[7] == 1, "the dimension of time"
    grads_in_rows = operator(compiled, "backward")([x, *params], *back)
    of_output = back[12].contiguous()
    shapes = [of_output.shape, places] if output in ("all", "sum", "packed") else [of_output.shape]
    for shape in shapes:
        turned = ([shaped, *params], *back[:7], 2, *back[8:12], of_output.reshape(shape), *back[13:])
        grads = operator(compiled, "backward")(*turned)
        assert grads[0].shape == shaped.shape
        assert_equal_but_for_shapes(grads, grads_in_rows)
        assert_described(compiled, "backward", turned)
    assert_described(compiled, "forward", other)


def assert_equal_but_for_shapes(ours: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> None:
    for one, other in zip(ours, expected, strict=True):
        assert torch.equal(one.flatten(), other.flatten())


def test_chunks_of_checkpoints(compiled: Target) -> None:
    """The states that enter every interval of steps; the first are the initial ones."""
    arguments = forward_arguments(compiled, torch.float32, 3)
    interval = checkpoint_interval(compiled.device)
    checkpoints = operator(compiled, "forward")(*arguments)[4]
    assert checkpoints.shape == (-(-STEPS // interval), 1, 3, 5)
    assert torch.equal(checkpoints[0], arguments[1])
    for chunk, kept in enumerate(checkpoints[1:], 1):
        (x, *params), *rest = arguments[:7]
        head = ([x[:, : interval * chunk].contiguous(), *params], *rest)
        upto = operator(compiled, "forward")(*head, 0, 1, interval * chunk, "all", 0, True)[3]
        assert torch.equal(kept, upto)


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("steps", [1, STEPS])
def test_what_is_zero_or_not_asked_for_is_not_written(compiled: Target, steps: int, output: str) -> None:
    """Without states the first checkpoint is left out; all else is as with states of zero."""
    (x, *params), states, *rule, _, _, _, _ = forward_arguments(compiled, torch.float32, 3)
    tensors = [x[:, :steps].contiguous(), *params]
    outputs, expected = (
        operator(compiled, "forward")(tensors, given, *rule, steps, output, int(given is not None), given is not None)
        for given in (None, states)
    )
    assert torch.equal(outputs[0], expected[0]) and torch.equal(outputs[4], expected[4][1:])
    assert [part.shape for part in outputs[1:4]] == [expected[1].shape, (0, 3, steps, 5), (0, 3, 5)]
    assert [part.shape for part in expected[2:4]] == [(1, 3, steps, 5), (1, 3, 5)]
    grad = torch.randn(3, 1 if output in ("last", "max") else steps, 5).to(x.device)
    index = expected[1] if output == "max" else None
    tail = (*rule, steps, output, 0, "arctan", grad, index, None, None)
    grads, expected = (
        operator(compiled, "backward")(tensors, kept, *tail, with_state, 0b11)
        for kept, with_state in ((outputs[4], False), (expected[4], True))
    )
    assert torch.equal(grads[0], expected[0]) and torch.equal(grads[2], expected[2])
    assert grads[1].shape == (0, 3, 5) and expected[1].shape == (1, 3, 5)


@pytest.mark.parametrize("name", ["x", "states"])
def test_inputs_are_left_as_they_were(compiled: Target, name: str) -> None:
    forward = forward_arguments(compiled, torch.float32, 3)
    backward = backward_arguments(compiled, forward, 0b11, False)
    for kind, arguments in (("forward", forward), ("backward", backward)):
        tensors = [leaf for leaf in torch.utils._pytree.tree_leaves(arguments) if isinstance(leaf, Tensor)]
        before = [tensor.clone() for tensor in tensors]
        outputs = operator(compiled, kind)(*arguments)
        assert all(map(torch.equal, tensors, before))
        memory = {tensor.untyped_storage().data_ptr() for tensor in tensors}
        assert not memory & {out.untyped_storage().data_ptr() for out in outputs if out.numel()}
