"""What saves bytes or operations beside what one writes without it: counts, packed spikes, events, drawn spikes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from contenders import Contender
from gate import WrongResult
from measure import Entry, Measurement, Refusal, Row, Work, row, time_calls
from memory import kept_bytes
from timing import discard
from torch import Tensor, nn
from torch.nn import functional
from workloads import FORWARD, FORWARD_BACKWARD, Workload, random_inputs

from snnkernels import LIF, SpikeLinear, SpikingLinear, lif, poisson_encode, poisson_spikes, spike_linear

WEIGHT_GRADIENT = "weight gradient"
COUNT, COUNT_FORWARD = (f"spike count, {direction}" for direction in (FORWARD_BACKWARD, FORWARD))
LINEAR, LINEAR_SHAPE, USUAL = (
    "linear layer and neurons, forward+backward",
    "784-1024,T=100,B=128,N=1024",
    "nn.Linear, LIF",
)

Result = Tensor | Sequence[Tensor]


@dataclass(frozen=True)
class Pair:
    """Two ways to one result.

    usual, ours: how each is written.
    run: the usual call and ours; what they return is compared.
    right: what is compared with ours instead, where the usual way rounds otherwise and a spike may fall the other way.
    read: what is compared of ours, where it has another form.
    tolerance: the most that results differ, relative to the largest; 0 for the same bits.
    keep: the same two, returning what holds the graph, and the bytes of the output in it.
    """

    usual: str
    ours: str
    run: tuple[Callable[[], Result], Callable[[], Any]]
    right: Callable[[], Result] | None = None
    read: Callable[[Any], Result] = lambda result: result
    tolerance: float = 0.0
    keep: tuple[Callable[[], Tensor], Callable[[], Tensor], int] | None = None


@dataclass(frozen=True)
class Feature:
    """A pair on one piece of work; made when it is measured."""

    work: str
    shape: str
    device: str
    build: Callable[[str], Pair]

    def __str__(self) -> str:
        return f"{self.work}, {self.shape} float32 {self.device}"


def events(rate: float, direction: str) -> str:
    """The name of an event-driven product."""
    return f"events at {rate:.0%} firing, {direction}"


def features(device: str) -> list[Feature]:
    """The event-driven products are a CPU's; a layer that is large beside a cache of 50 MB is a GPU's."""
    layer, product = "T=100,B=128,N=1024", f"{_ROWS}x{_INPUTS}x{_OUTPUTS}"
    table: list[tuple[str, str, Callable[[str], Pair]]] = [
        (COUNT, layer, _count),
        (COUNT_FORWARD, layer, _count_forward),
        (f"packed spikes, {FORWARD}", layer, _packed),
        (f"constant current, {FORWARD_BACKWARD}", layer, _constant),
        (LINEAR, LINEAR_SHAPE, _spiking_linear),
    ]
    if device == "cuda":
        table.append((COUNT, Workload(_LARGE, torch.float32, device).shape_name, partial(_count, shape=_LARGE)))
    if device == "cpu":
        table.append((f"drawn Poisson spikes, {FORWARD} and {WEIGHT_GRADIENT}", product, _drawn))
        for rate in (0.12, 0.02):
            table.append((events(rate, FORWARD), product, partial(_product, rate=rate)))
            table.append((events(rate, WEIGHT_GRADIENT), product, partial(_weight_gradient, rate=rate)))
    return [Feature(work, shape, device, build) for work, shape, build in table]


def measure_feature(feature: Feature, repeats: int, memory: str) -> Measurement:
    """Compares the results, then times both ways in turn."""
    pair, result = feature.build(feature.device), Measurement()
    try:
        _check(feature, pair)
    except WrongResult as error:
        place = feature.work, feature.shape, "float32", feature.device
        result.refused.append(Refusal(*place, pair.usual, reason=str(error)))
        return result
    usual, ours = (lambda run=run: discard(run()) for run in pair.run)
    work = Work(feature.work, feature.shape, "float32", feature.device, lambda _, layer: layer)
    entry = Entry(Contender(pair.usual, lambda device: usual, gate=None), usual)
    timed = time_calls(work, {pair.usual: usual, pair.ours: ours}, repeats)
    measured = row(work, entry, pair.ours, pair.ours, memory, timed)
    result.rows.append(_with_kept(measured, pair))
    return result


def _with_kept(measured: Row, pair: Pair) -> Row:
    if pair.keep is None:
        return measured
    *calls, output = pair.keep
    kept = [kept_bytes(call, measured.device) for call in calls]
    usual, ours = (None if value is None else value - output for value in kept)
    return replace(measured, kept_bytes=usual, ours_kept_bytes=ours)


def _check(feature: Feature, pair: Pair) -> None:
    expected, actual = map(_tensors, ((pair.right or pair.run[0])(), pair.read(pair.run[1]())))
    for right, ours in zip(expected, actual, strict=True):
        if right.shape != ours.shape:
            raise WrongResult(f"{pair.ours} is not timed on {feature}: it is {tuple(ours.shape)}")
        wrong = ~((ours - right).abs() <= pair.tolerance * right.abs().max())  # NaN is wrong
        if wrong.any():
            raise WrongResult(
                f"{pair.ours} is not timed on {feature}: it differs in {wrong.sum().item()} of {right.numel()} elements"
            )


def _tensors(result: Result) -> Sequence[Tensor]:
    return [result] if isinstance(result, Tensor) else list(result)


_LAYER, _LARGE = (100, 128, 1024), (32, 64, 65536)
_INPUTS, _OUTPUTS, _STEPS, _BATCH = 784, 1000, 25, 128
_ROWS = _STEPS * _BATCH

# Sums of products in another order.
_ROUNDING = 1e-5


def _count(device: str, shape: tuple[int, ...] | None = None) -> Pair:
    inputs = random_inputs(Workload(shape or _LAYER, torch.float32, device))
    grad = inputs.grad_spikes[0]

    def run(count: Callable[[Tensor], Tensor]) -> Result:
        current = inputs.current.detach().requires_grad_()
        counts = count(current)
        return counts.detach(), *torch.autograd.grad(counts, current, grad)

    return Pair(
        "lif(x).sum(0)",
        'lif(x, output="count")',
        (partial(run, lambda x: lif(x).sum(0)), partial(run, lambda x: lif(x, output="count"))),
    )


def _count_forward(device: str) -> Pair:
    current = random_inputs(Workload(_LAYER, torch.float32, device)).current
    calls = (lambda: lif(current).sum(0), lambda: lif(current, output="count"))
    return Pair("lif(x).sum(0)", 'lif(x, output="count")', calls)


def _packed(device: str) -> Pair:
    current = random_inputs(Workload(_LAYER, torch.float32, device)).current
    calls = (lambda: lif(current), lambda: lif(current, output="packed"))
    return Pair("lif(x)", 'lif(x, output="packed")', calls, read=lambda packed: packed.unpack(current.dtype))


def _constant(device: str) -> Pair:
    inputs = random_inputs(Workload(_LAYER, torch.float32, device))
    steps, x = _LAYER[0], inputs.current[0].abs()

    def run(layer: Callable[[Tensor], Tensor]) -> Result:
        current = x.detach().requires_grad_()
        spikes = layer(current)
        return spikes.detach(), *torch.autograd.grad(spikes, current, inputs.grad_spikes)

    usual, ours = (lambda x: lif(x.expand(steps, *x.shape)), lambda x: lif(x, steps=steps))
    return Pair(
        "lif(x.expand(T, ...))", "lif(x, steps=T)", (partial(run, usual), partial(run, ours)), tolerance=_ROUNDING
    )


def _weight(device: str) -> Tensor:
    torch.manual_seed(0)
    return nn.Linear(_INPUTS, _OUTPUTS, device=device).weight


def _spikes(rate: float, device: str) -> Tensor:
    return (torch.rand(_ROWS, _INPUTS, generator=torch.Generator(device).manual_seed(1), device=device) < rate).float()


def _product(device: str, rate: float) -> Pair:
    weight, spikes = _weight(device).detach(), _spikes(rate, device)
    calls = (lambda: functional.linear(spikes, weight), lambda: spike_linear(spikes, weight, product="events"))
    return Pair("dense product", "events", calls, tolerance=_ROUNDING)


def _weight_gradient(device: str, rate: float) -> Pair:
    weight, spikes = _weight(device), _spikes(rate, device)
    grad = torch.randn(_ROWS, _OUTPUTS, generator=torch.Generator(device).manual_seed(2), device=device)
    products = (functional.linear(spikes, weight), spike_linear(spikes, weight, product="events"))
    calls = [partial(torch.autograd.grad, product, weight, grad, retain_graph=True) for product in products]
    return Pair("dense product", "events", (calls[0], calls[1]), tolerance=_ROUNDING)


def _drawn(device: str) -> Pair:
    weight = _weight(device)
    images = torch.rand(_BATCH, _INPUTS, generator=torch.Generator(device).manual_seed(1), device=device) * 0.24
    grad = torch.randn(_STEPS, _BATCH, _OUTPUTS, generator=torch.Generator(device).manual_seed(2), device=device)

    def run(encode: Callable[..., Tensor]) -> Result:
        current = spike_linear(encode(images, _STEPS, seed=3), weight)
        return current.detach(), *torch.autograd.grad(current, weight, grad)

    return Pair("poisson_encode", "poisson_spikes", (partial(run, poisson_encode), partial(run, poisson_spikes)))


def _spiking_linear(device: str) -> Pair:
    """Its spikes are those of SpikeLinear and LIF, whose product rounds otherwise than nn.Linear's."""
    torch.manual_seed(0)
    fused = SpikingLinear(_INPUTS, _LAYER[2]).to(device)
    modules = (nn.Linear(_INPUTS, _LAYER[2]), SpikeLinear(_INPUTS, _LAYER[2]))
    dense, separate = (nn.Sequential(linear, LIF()).to(device) for linear in modules)
    for layers in (dense, separate):
        layers[0].load_state_dict(fused.linear.state_dict())
    spikes = (torch.rand(*_LAYER[:2], _INPUTS, device=device) < 0.12).float()
    grad = random_inputs(Workload(_LAYER, torch.float32, device)).grad_spikes

    def run(layers: nn.Module) -> Result:
        output = layers(spikes)
        return output.detach(), *torch.autograd.grad(output, list(layers.parameters()), grad)

    runs = [partial(run, layers) for layers in (dense, fused)]
    keep = [lambda layers=layers: layers(spikes.clone()) for layers in (dense, fused)]
    return Pair(
        USUAL,
        "SpikingLinear",
        (runs[0], runs[1]),
        right=partial(run, separate),
        tolerance=_ROUNDING,
        keep=(keep[0], keep[1], grad.nbytes),
    )
