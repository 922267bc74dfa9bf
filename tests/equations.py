"""How a neuron is compared with a plain torch loop of its equations: outputs, every state over time, every gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

STEPS, SHAPE = 30, (3, 4)  # batch, neurons
EXACT = 1e-12


class Fire:
    """A spike whose derivative is a surrogate of a test's own, so that it shares nothing with the package's."""

    def __init__(self, derivative: Callable[[Tensor], Tensor], strict: bool) -> None:
        self.derivative, self.strict = derivative, strict

    def __call__(self, distance: Tensor) -> Tensor:
        return _Fire.apply(distance, self)


class _Fire(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, distance: Tensor, rule: Fire) -> Tensor:
        ctx.save_for_backward(distance)
        ctx.rule = rule
        return ((distance > 0) if rule.strict else (distance >= 0)).to(distance.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad * ctx.rule.derivative(ctx.saved_tensors[0]), None


DERIVATIVES: dict[str, Callable[[float], Callable[[Tensor], Tensor]]] = {
    "fast_sigmoid": lambda k: lambda d: (k * d.abs() + 1) ** -2,
    "arctan": lambda k: lambda d: k / 2 / (1 + (math.pi / 2 * k * d).pow(2)),
    "sigmoid": lambda k: lambda d: torch.sigmoid(k * d) * (1 - torch.sigmoid(k * d)) * k,
    "triangle": lambda k: lambda d: torch.relu(k - k * k * d.abs()),
    "rectangle": lambda k: lambda d: k * (d.abs() < 0.5 / k).to(d.dtype),
}


@dataclass(frozen=True)
class Case:
    """A neuron with its options, and the loop of a source that it must equal.

    params: those that are not at their default, each a number, or a range of which every neuron takes one; a number
    in `fixed` gets no gradient, since the source has none for it.
    surrogate: a name and a slope; or a function of (distance, slope), the slope, and the same derivative for the loop.
    """

    name: str
    neuron: Any
    loop: Callable[..., Iterator[tuple[Tensor, ...]]]
    params: dict[str, float | tuple[float, float]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    surrogate: tuple[Any, ...] = ("fast_sigmoid", 2.0)
    strict: bool = False
    gain: float = 1.0
    bias: float = 0.3
    initial: dict[str, float] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    smooth: bool = False

    def __str__(self) -> str:
        return self.name


def _parameter(value: float | tuple[float, float]) -> Tensor:
    if isinstance(value, tuple):
        return torch.linspace(*value, SHAPE[-1], dtype=torch.float64)
    return torch.tensor(float(value), dtype=torch.float64)


@dataclass(frozen=True)
class Run:
    output: Tensor
    states: dict[str, Tensor]
    gradients: dict[str, Tensor]


def _leaves(case: Case) -> tuple[list[Tensor], dict[str, Tensor], dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(len(case.name))
    draw = lambda *size: torch.randn(*size, generator=generator, dtype=torch.float64)  # noqa: E731
    interface = case.neuron.definition.interface
    inputs = [case.gain * (draw(STEPS, *SHAPE) + case.bias) for _ in interface.inputs]
    states = {
        name: torch.full(SHAPE, case.initial[name], dtype=torch.float64) if name in case.initial else 0.3 * draw(*SHAPE)
        for name in interface.states
    }
    numbers = {name: spec.default for name, spec in interface.params.items() if not isinstance(spec.default, str)}
    params = {name: _parameter(value) for name, value in {**numbers, **case.params}.items()}
    for name, tensor in {**states, **params}.items():
        tensor.requires_grad_(name not in case.fixed)
    return [x.requires_grad_() for x in inputs], states, params


def _finish(output: Tensor, states: dict[str, Tensor], leaves: dict[str, Tensor]) -> Run:
    generator = torch.Generator().manual_seed(1)
    loss = torch.zeros((), dtype=torch.float64)
    for values in (output, *states.values()):
        loss = loss + (values * torch.randn(values.shape, generator=generator, dtype=torch.float64)).sum()
    wanted = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}
    gradients = torch.autograd.grad(loss, list(wanted.values()), allow_unused=True, materialize_grads=True)
    return Run(output, states, dict(zip(wanted, gradients, strict=True)))


def run_neuron(case: Case, backend: str) -> Run:
    """The package's neuron."""
    inputs, states, params = _leaves(case)
    options: dict[str, Any] = {**case.options, **params}
    initial = tuple(states.values())
    if not case.smooth:
        options |= {"surrogate": case.surrogate[0], "slope": case.surrogate[1], "strict": case.strict}
    output, record = case.neuron(
        *inputs,
        initial_state=initial[0] if len(initial) == 1 else initial,
        record=tuple(states),
        backend=backend,
        **options,
    )
    return _finish(output, record, _named(inputs, states, params))


def run_loop(case: Case) -> Run:
    """The loop of the source."""
    inputs, states, params = _leaves(case)
    name, slope = case.surrogate[:2]
    derivative = case.surrogate[2] if len(case.surrogate) == 3 else DERIVATIVES[name](slope)
    interface = case.neuron.definition.interface
    defaults = {name: spec.default for name, spec in interface.params.items()} | interface.choices
    p = SimpleNamespace(**{**defaults, **case.options, **params})
    steps = list(case.loop(*inputs, *states.values(), p, Fire(derivative, case.strict)))
    output, *over_time = (torch.stack(values) for values in zip(*steps, strict=True))
    return _finish(output, dict(zip(states, over_time, strict=True)), _named(inputs, states, params))


def _named(inputs: list[Tensor], states: dict[str, Tensor], params: dict[str, Tensor]) -> dict[str, Tensor]:
    named = {f"input {k}": x for k, x in enumerate(inputs)}
    named |= {f"initial {name}": state for name, state in states.items()}
    return named | {f"parameter {name}": param for name, param in params.items()}


def assert_equal(case: Case, ours: Run, theirs: Run) -> None:
    if not case.smooth:
        rate = (theirs.output != 0).double().mean().item()
        assert 0.02 < rate < 0.95, f"{case}: fires in {rate:.0%} of the steps, which tests little"
    _close(ours.output, theirs.output, f"{case}: output")
    for name, values in theirs.states.items():
        _close(ours.states[name], values, f"{case}: state {name}")
    assert ours.gradients.keys() == theirs.gradients.keys()
    for name, gradient in theirs.gradients.items():
        _close(ours.gradients[name], gradient, f"{case}: gradient of {name}")


def _close(ours: Tensor, theirs: Tensor, what: str) -> None:
    largest = max(1.0, theirs.detach().abs().max().item())
    difference = (ours - theirs).detach().abs().max().item()
    assert difference <= EXACT * largest, f"{what}: differs by {difference:.1e}, the largest value is {largest:.1e}"
