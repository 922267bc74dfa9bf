"""Gradients: joined chunks, gradients of any layout, any subset of tensors, and derivatives of higher order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from support import (
    DIFFERENT_OPTIONS,
    Run,
    Target,
    assert_rounded,
    assert_same_bits,
    random_current,
    random_decay,
    random_gradients,
    run,
)
from torch import Tensor
from torch.autograd import forward_ad

from snnkernels import LIF, FusedLIF, lif, use_backend
from snnkernels.dispatch import checkpoint_interval
from snnkernels.surrogates import SURROGATES

CHUNKS = (3, 8, 1, 5, 16, 17, 2)


def run_in_chunks(
    engine: str, current: Tensor, tensors: dict[str, Tensor], grads: Sequence[Tensor], **options: Any
) -> Run:
    """`support.run`, the sequence cut into chunks, each continuing from the state of the one before."""
    leaves = {name: tensor.detach().requires_grad_() for name, tensor in {"current": current, **tensors}.items()}
    state, spikes = leaves["initial_state"], []
    time_dim = options.get("time_dim", 0)
    lengths = CHUNKS if sum(CHUNKS) == current.shape[time_dim] else (3, current.shape[time_dim] - 3)
    for chunk in leaves["current"].split(lengths, time_dim):
        values = {"beta": leaves["beta"], "threshold": leaves["threshold"], "initial_state": state}
        s, state = lif(chunk, **values, return_state=True, backend=engine, **options)
        spikes.append(s)
    joined = torch.cat(spikes, time_dim)
    torch.autograd.backward((joined, state), tuple(grads))
    return Run(joined.detach(), state.detach(), {name: leaf.grad for name, leaf in leaves.items()})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("time_dim", [0, 1])
def test_joined_chunks_are_the_whole(target: Target, time_dim: int, dtype: torch.dtype) -> None:
    """Bit for bit: spikes, states and the gradients of current and state; those of parameters to rounding."""
    shape = (2, 5) if target.interpreted else (3, 37)
    steps = 12 if target.interpreted else sum(CHUNKS)
    current = random_current(steps, *shape, dtype=dtype, device=target.device).movedim(0, time_dim).contiguous()
    wide = torch.promote_types(dtype, torch.float32)
    tensors = {
        "beta": random_decay(*shape, dtype=wide, device=target.device),
        "threshold": (torch.rand(shape, dtype=wide) / 2 + 0.75).to(target.device),
        "initial_state": torch.randn(shape, dtype=wide).to(target.device),
    }
    grads = torch.randn(current.shape, dtype=dtype).to(target.device), torch.randn(shape, dtype=wide).to(target.device)
    # The reference in full is test_engines.py's: it equals the other engines, whose chunks are all tried here.
    every = 7 if target.interpreted else 3 if time_dim or target.engine == "reference" else 1
    for index, options in enumerate(DIFFERENT_OPTIONS[::every]):
        options = {**options, "surrogate": ("fast_sigmoid", "sigmoid")[index % 2], "time_dim": time_dim}
        whole = run(target.engine, current, tensors, grads, **options)
        joined = run_in_chunks(target.engine, current, tensors, grads, **options)
        assert_same_bits(joined.spikes, whole.spikes, f"spikes, {options}")
        assert_same_bits(joined.state, whole.state, f"state, {options}")
        for name, grad in whole.grads.items():
            check = assert_same_bits if name in ("current", "initial_state") else assert_rounded
            check(joined.grads[name], grad, f"gradient of {name}, {options}")


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    # what a loss makes of spikes [T, B, N] and state [B, N] decides the layout of the gradients that backward gets
    "sum of all": lambda spikes, state: spikes.sum() + state.sum(),
    "spike counts": lambda spikes, state: (
        spikes.sum(0) * torch.linspace(-1, 1, spikes[0].numel()).to(spikes).view_as(spikes[0])
    ).sum(),
    "rate of each neuron": lambda spikes, state: (spikes.mean((0, 1)) ** 2).sum(),
    "rate of each sample": lambda spikes, state: (spikes.mean((0, 2)) ** 2).sum(),
    "last step": lambda spikes, state: (spikes[-1] * (spikes[-1] + 0.5)).sum(),
    "every other step": lambda spikes, state: (spikes[::2] * 1.5).sum() + (state[:, ::2] * 0.3).sum(),
    "every other neuron": lambda spikes, state: (spikes[..., 1::2] * 2.5).sum(),
    "transposed": lambda spikes, state: (
        (spikes.permute(2, 1, 0).contiguous() ** 2).sum() + (state.t().contiguous() ** 2).sum()
    ),
    "spikes only": lambda spikes, state: (spikes**2).sum(),
    "state only": lambda spikes, state: (state**2).sum(),
    "state, the same for all": lambda spikes, state: state.mean(),
}


@pytest.mark.parametrize("time_dim", [0, 1])
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_gradients_of_any_layout(compiled: Target, loss: Callable[[Tensor, Tensor], Tensor], time_dim: int) -> None:
    shape = (5, 2, 6) if compiled.interpreted else (35, 3, 38)
    current = random_current(*shape, device=compiled.device)
    grads = []
    for engine in ("reference", compiled.engine):
        leaf = current.movedim(0, time_dim).contiguous().requires_grad_()
        initial_state = torch.full_like(current[0], 0.25).requires_grad_()
        spikes, state = lif(leaf, initial_state=initial_state, return_state=True, time_dim=time_dim, backend=engine)
        loss(spikes.movedim(time_dim, 0), state).backward()
        grads.append((leaf.grad, initial_state.grad))
    assert grads[0][0].abs().sum() > 0
    assert_same_bits(grads[1][0], grads[0][0], "gradient of current")
    assert_same_bits(grads[1][1], grads[0][1], "gradient of the state")


SUBSETS = [
    ("current",),
    ("beta",),
    ("threshold",),
    ("initial_state",),
    ("beta", "threshold"),
    ("initial_state", "beta"),
]


@pytest.mark.parametrize("chosen", SUBSETS, ids="-".join)
def test_any_subset_of_tensors_may_need_gradients(target: Target, chosen: tuple[str, ...]) -> None:
    current = random_current(9, 2, 5, device=target.device)
    tensors = {
        "current": current,
        "beta": torch.tensor(0.75, device=target.device),
        "threshold": torch.ones(5, device=target.device),
        "initial_state": torch.zeros(2, 5, device=target.device),
    }
    everything = run(target.engine, current, {k: v for k, v in tensors.items() if k != "current"}, _ones(current))
    leaves = {name: tensor.detach().requires_grad_(name in chosen) for name, tensor in tensors.items()}
    spikes, state = lif(**leaves, return_state=True, backend=target.engine)
    torch.autograd.backward((spikes, state), _ones(current))
    for name, leaf in leaves.items():
        if name in chosen:
            assert_same_bits(leaf.grad, everything.grads[name], f"gradient of {name}")
        else:
            assert leaf.grad is None


def test_outputs_need_gradients_only_where_an_input_does(target: Target) -> None:
    current = random_current(4, 2, 3, device=target.device)
    beta = torch.tensor(0.5, device=target.device, requires_grad=True)
    assert not any(out.requires_grad for out in lif(current, return_state=True, backend=target.engine))
    assert all(out.requires_grad for out in lif(current, beta=beta, return_state=True, backend=target.engine))
    with torch.no_grad():
        assert not lif(current, beta=beta, backend=target.engine).requires_grad
    with torch.inference_mode():
        assert lif(current, beta=beta, backend=target.engine).is_inference()


def test_what_is_kept_for_backward(compiled: Target) -> None:
    """The input by reference, a state every few steps, but for the first, which is zero: no second [T, N] tensor."""
    steps, neurons = 40, 6
    current = random_current(steps, 1, neurons, device=compiled.device).requires_grad_()
    saved: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        lif(current, backend=compiled.engine)
    chunks = -(-steps // checkpoint_interval(compiled.device)) - 1
    kept = [tensor for tensor in saved if tensor.data_ptr() != current.data_ptr()]
    assert len(kept) == len(saved) - 1
    assert sum(tensor.numel() for tensor in kept) == chunks * neurons


class Calls(torch.utils._python_dispatch.TorchDispatchMode):
    """Records the forward operators of the package: how many steps lie between two checkpoints, how many are made."""

    def __init__(self) -> None:
        super().__init__()
        self.checkpoints: list[tuple[int, int]] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        outputs = function(*args, **(kwargs or {}))
        if function.namespace == "snnkernels" and "forward" in function.name():
            interval = args[7]
            self.checkpoints.append((interval, outputs[4].numel()))
        return outputs


def test_no_checkpoint_is_written_where_no_gradient_is_needed(compiled: Target) -> None:
    current = random_current(20, 1, 3, device=compiled.device)
    with Calls() as calls:
        lif(current, backend=compiled.engine)
        with torch.no_grad():
            lif(current.requires_grad_(), backend=compiled.engine)
        lif(current, backend=compiled.engine)
    interval = checkpoint_interval(compiled.device)
    assert calls.checkpoints == [(0, 0), (0, 0), (interval, 3 * (-(-20 // interval) - 1))]


@pytest.mark.parametrize("surrogate", ["arctan", "sigmoid", "fast_sigmoid", "gaussian"])
def test_second_derivative_on_the_reference(surrogate: str) -> None:
    """Of one step from rest, it is the derivative of the surrogate derivative."""
    distance = torch.tensor([-0.7, -0.2, 0.1, 0.4], dtype=torch.float64, requires_grad=True)
    rule, slope = SURROGATES[surrogate], torch.tensor(1.5, dtype=torch.float64)
    (expected,) = torch.autograd.grad(rule.derivative(distance, slope).sum(), distance)
    current = (distance.detach() + 1)[None].requires_grad_()
    spikes = lif(current, surrogate=surrogate, slope=1.5, backend="reference")
    (first,) = torch.autograd.grad(spikes.sum(), current, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), current)
    assert expected.abs().min() > 0
    torch.testing.assert_close(second[0], expected, rtol=1e-12, atol=0)


def test_second_derivative_through_time_on_the_reference() -> None:
    current = random_current(5, 2, 3, dtype=torch.float64).requires_grad_()
    beta = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    spikes, state = lif(current, beta=beta, surrogate="arctan", return_state=True, backend="reference")
    first = torch.autograd.grad(spikes.sum() + (state**2).sum(), (current, beta), create_graph=True)
    second = torch.autograd.grad(sum((grad**2).sum() for grad in first), (current, beta))
    assert all(grad.isfinite().all() and grad.abs().sum() > 0 for grad in second)


OF_A_LEAF: dict[str, Callable[[Tensor], Tensor]] = {
    "current": lambda leaf: lif(2 * leaf),
    "time last": lambda leaf: lif((2 * leaf).permute(1, 2, 0), time_dim=2),
    "one current for all steps": lambda leaf: lif(2 * leaf[0], steps=4),
    "state": lambda leaf: lif(leaf.detach(), initial_state=leaf[0]),
    "beta": lambda leaf: lif(leaf.detach(), beta=leaf[0, 0].sigmoid()),
    "threshold in float16": lambda leaf: lif(leaf.detach(), threshold=leaf[0, 0].sigmoid().half()),
    "FusedLIF": lambda leaf: FusedLIF.apply(2 * leaf)[0],
    "FusedLIF, state": lambda leaf: FusedLIF.apply(leaf.detach(), leaf[0])[0],
}


@pytest.mark.parametrize("function", OF_A_LEAF.values(), ids=OF_A_LEAF.keys())
def test_second_derivative_on_a_compiled_engine_is_an_error(
    function: Callable[[Tensor], Tensor], compiled: Target
) -> None:
    """Also where there is another way to what it is asked for, of which torch.autograd.grad alone would tell."""
    leaf = random_current(4, 2, 3, device=compiled.device).requires_grad_()
    with use_backend(compiled.engine):
        (first,) = torch.autograd.grad(function(leaf).sum(), leaf, create_graph=True)
    loss = leaf.sum() + (first**2).sum()
    for differentiate in (lambda: torch.autograd.grad(loss, leaf, retain_graph=True), lambda: loss.backward()):
        with pytest.raises(RuntimeError, match=r'second derivative was asked for, which only .* backend="reference"'):
            differentiate()


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # torch's own forward mode uses it
def test_forward_mode_is_refused(compiled: Target) -> None:
    current = random_current(5, 2, 3, device=compiled.device)
    with pytest.raises(RuntimeError, match="transform of torch.func was asked for"):
        torch.func.jvp(lambda x: lif(x, backend=compiled.engine), (current,), (current,))
    forward = r'derivative in forward mode was asked for, which only neurons with backend="reference" and spike_linear'
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(current, current)
        for function in (lambda x: lif(x, backend=compiled.engine), lambda x: lif(current, beta=x[0, 0])):
            with pytest.raises(RuntimeError, match=forward):
                function(dual)
        assert forward_ad.unpack_dual(lif(dual, backend="reference", output="mean")).tangent is not None
        lif(current, backend=compiled.engine)


def test_fused_lif_is_lif(target: Target) -> None:
    """The autograd.Function with positional arguments, numbers or tensors, all but the slope with gradients."""
    current = random_current(9, 2, 5, device=target.device)
    tensors = {
        "initial_state": torch.randn(2, 5, device=target.device),
        "beta": random_decay(5, device=target.device),
        "threshold": torch.full((), 0.75, device=target.device),
    }
    spikes, state = lif(current, **tensors, slope=3.0, return_state=True, backend=target.engine)
    grads = random_gradients(spikes, state)
    expected = run(target.engine, current, tensors, grads, slope=3.0)

    leaves = {name: value.detach().requires_grad_() for name, value in {"current": current, **tensors}.items()}
    with use_backend(target.engine):
        outputs = FusedLIF.apply(*leaves.values(), 3.0)
        plain = FusedLIF.apply(current)
        default = lif(current, return_state=True)
    torch.autograd.backward(outputs, grads)
    assert_same_bits(outputs[0].detach(), expected.spikes, "spikes")
    assert_same_bits(outputs[1].detach(), expected.state, "state")
    for name, leaf in leaves.items():
        check = assert_same_bits if name in ("current", "initial_state") else assert_rounded
        check(leaf.grad, expected.grads[name], f"gradient of {name}")
    for actual, wanted in zip(plain, default, strict=True):
        assert_same_bits(actual, wanted, "defaults")


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # numpy's, of Triton's interpreter
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_current_that_is_not_finite_stays_in_its_neuron(target: Target, bad: float) -> None:
    """The neuron is lost as it is on the reference; its neighbours in the block know nothing of it."""
    clean = random_current(9, 2, 37, device=target.device)
    current = clean.clone()
    current[4, 1, 17] = bad
    others = torch.ones(2, 37, dtype=torch.bool, device=target.device)
    others[1, 17] = False
    expected, lost, reference = (
        run(engine, values, {"initial_state": torch.zeros_like(clean[0])}, _ones(clean))
        for engine, values in ((target.engine, clean), (target.engine, current), ("reference", current))
    )
    assert_same_bits(lost.spikes[:, others], expected.spikes[:, others], "spikes")
    assert_same_bits(lost.state[others], expected.state[others], "state")
    for name, grad in expected.grads.items():
        assert_same_bits(lost.grads[name][..., others], grad[..., others], f"gradient of {name}")
    for actual, wanted in ((lost.spikes, reference.spikes), (lost.state, reference.state)):
        torch.testing.assert_close(actual, wanted, rtol=0, atol=0, equal_nan=True)


def test_gradient_accumulates_in_a_tensor_used_twice(compiled: Target) -> None:
    """Two layers share a learnable beta, and the first one's spikes are the second one's current."""
    current = random_current(9, 2, 6, device=compiled.device)
    grads = []
    for engine in ("reference", compiled.engine):
        beta = torch.tensor(0.75, device=compiled.device, requires_grad=True)
        hidden = lif(current, beta=beta, backend=engine)
        lif(hidden * 1.25, beta=beta, backend=engine).sum().backward()
        grads.append(beta.grad)
    assert_rounded(grads[1], grads[0], "gradient of the shared beta")


def _ones(current: Tensor) -> tuple[Tensor, Tensor]:
    return torch.ones_like(current), torch.ones_like(current[0])


def reference(current: Tensor, beta: Tensor) -> Tensor:
    return lif(current, beta=beta, slope=2.0, backend="reference")


def test_torch_func_differentiates_the_reference() -> None:
    """torch.func's gradient is autograd's, and so are those of single samples, all at once."""
    current, beta = random_current(9, 4, 6), torch.tensor(0.9)
    rows = current.unbind(1)
    expected = [
        torch.autograd.grad(reference(leaf := row.clone().requires_grad_(), beta).square().sum(), leaf)[0]
        for row in rows
    ]
    gradient = torch.func.grad(lambda x, b: reference(x, b).square().sum())
    assert_same_bits(gradient(rows[0], beta), expected[0])
    assert_same_bits(torch.func.vmap(gradient, (1, None), 1)(current, beta), torch.stack(expected, 1))


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")  # torch's own forward mode uses it
def test_torch_func_differentiates_the_reference_forward() -> None:
    current, beta = random_current(5, 2, 3, dtype=torch.float64), torch.tensor(0.9, dtype=torch.float64)
    loss = lambda x, b: reference(x, b).sum(0).square().sum()  # noqa: E731
    for argnums in (0, 1):
        forward, backward = (
            jacobian(reference, argnums)(current, beta) for jacobian in (torch.func.jacfwd, torch.func.jacrev)
        )
        assert backward.abs().sum() > 0
        torch.testing.assert_close(forward, backward, rtol=1e-12, atol=1e-12)
    hessian = torch.func.jacrev(torch.func.jacrev(loss))(current, beta)
    torch.testing.assert_close(torch.func.hessian(loss)(current, beta), hessian, rtol=1e-10, atol=1e-10)


def test_torch_func_maps_layers_of_other_parameters() -> None:
    """As ensembles of models are trained at once."""
    current, decays = random_current(9, 4, 6), (0.75, 0.9)
    layers = [LIF(beta=beta, learn_beta=True, slope=2.0, backend="reference") for beta in decays]
    parameters, _ = torch.func.stack_module_state(layers)
    spikes = torch.func.vmap(lambda own: torch.func.functional_call(layers[0], own, (current,)))(parameters)
    for one, layer in zip(spikes, layers, strict=True):
        assert_same_bits(one, layer(current))


def test_torch_func_maps_the_reference() -> None:
    current, beta = random_current(9, 4, 6), torch.tensor(0.9)
    assert_same_bits(torch.func.vmap(reference, (2, None), 2)(current, beta), reference(current, beta))
