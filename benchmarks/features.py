"""What saves bytes or operations beside what one writes without it: counts, readouts, events, SpikingLinear.

And what must not cost anything: a user's copy of a built-in neuron.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from contenders import NAIVE, Contender, forward_backward
from gate import WrongResult
from measure import Entry, Measurement, Refusal, Row, Work, row, time_calls
from memory import kept_bytes
from own import own_current_lif
from timing import discard
from torch import Tensor, nn
from torch.nn import functional
from workloads import FORWARD, FORWARD_BACKWARD, Workload, random_inputs

from snnkernels import LIF, SpikeLinear, SpikingLinear, current_lif, leaky_integrator, lif, spike_linear

WEIGHT_GRADIENT = "weight gradient"
COUNT, COUNT_FORWARD = (f"spike count, {direction}" for direction in (FORWARD_BACKWARD, FORWARD))
LARGEST, LARGEST_BESIDE = "largest potential, forward+backward", "largest potential beside spikes, forward+backward"
COPY = f"a user's copy of a neuron, {FORWARD_BACKWARD}"
LINEAR, USUAL = "linear layer and neurons, forward+backward", "nn.Linear, LIF"
LINEAR_SHAPE, PRODUCT, READOUT_SHAPE = "784-1024,T=100,B=128,N=1024", "3200x784x1000", "T=100,B=64,N=20"

Result = Tensor | Sequence[Tensor]


@dataclass(frozen=True)
class Pair:
    """Two ways to one result.

    usual, ours: how each is written.
    run: the usual call and ours; what they return is compared.
    right: what is compared with ours instead, where the usual way rounds otherwise and a spike may fall the other way.
    tolerance: the most that results differ, relative to the largest; 0 for the same bits.
    keep: the same two, returning what holds the graph, and the bytes of the output in it.
    """

    usual: str
    ours: str
    run: tuple[Callable[[], Result], Callable[[], Result]]
    right: Callable[[], Result] | None = None
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
    layer = Workload(_LAYER, torch.float32, device).shape_name
    table: list[tuple[str, str, Callable[[str], Pair]]] = [
        (COUNT, layer, _count),
        (COUNT_FORWARD, layer, partial(_count, backward=False)),
        (LINEAR, LINEAR_SHAPE, _spiking_linear),
    ]
    if device == "cuda":
        table.append((COUNT, Workload(_LARGE, torch.float32, device).shape_name, partial(_count, shape=_LARGE)))
    else:
        table.append((LARGEST, READOUT_SHAPE, _largest))
        table.append((LARGEST_BESIDE, READOUT_SHAPE, partial(_largest, beside_spikes=True)))
        table.append((COPY, layer, _copy))
        for rate in (0.12, 0.02):
            table.append((events(rate, FORWARD), PRODUCT, partial(_product, rate=rate)))
            table.append((events(rate, WEIGHT_GRADIENT), PRODUCT, partial(_product, rate=rate, backward=True)))
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
    expected, actual = map(_tensors, ((pair.right or pair.run[0])(), pair.run[1]()))
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


_LAYER, _LARGE, _READOUT = (100, 128, 1024), (32, 64, 65536), (100, 64, 20)
_INPUTS, _OUTPUTS, _ROWS = 784, 1000, 3200

# Sums of products in another order.
_ROUNDING = 1e-5


def _count(device: str, shape: tuple[int, ...] | None = None, backward: bool = True) -> Pair:
    inputs = random_inputs(Workload(shape or _LAYER, torch.float32, device))

    def run(count: Callable[[Tensor], Tensor]) -> Result:
        current = inputs.current.detach().requires_grad_(backward)
        counts = count(current)
        return [counts.detach(), *torch.autograd.grad(counts, current, inputs.grad_spikes[0])] if backward else counts

    calls = partial(run, lambda x: lif(x).sum(0)), partial(run, lambda x: lif(x, output="sum"))
    return Pair("lif(x).sum(0)", 'lif(x, output="sum")', calls)


def _largest(device: str, beside_spikes: bool = False) -> Pair:
    """The readout beside a loop over its step; or beside spikes of as large a layer, which are another result."""
    inputs = random_inputs(Workload(_READOUT, torch.float32, device))

    def run(layer: Callable[[Tensor], Tensor], grad: Tensor) -> Result:
        current = inputs.current.detach().requires_grad_()
        output = layer(current)
        return output.detach(), *torch.autograd.grad(output, current, grad)

    largest = inputs.grad_spikes[0]
    ours = partial(run, lambda x: leaky_integrator(x, output="max"), largest)
    reference = partial(run, lambda x: leaky_integrator(x, output="max", backend="reference"), largest)
    usual = partial(run, lif, inputs.grad_spikes) if beside_spikes else partial(run, _loop_of_largest, largest)
    return Pair(
        "lif(x)" if beside_spikes else NAIVE.name,
        'leaky_integrator(x, output="max")',
        (usual, ours),
        right=reference if beside_spikes else None,
        tolerance=_ROUNDING,
    )


def _loop_of_largest(current: Tensor) -> Tensor:
    v, potentials = torch.zeros_like(current[0]), []
    for x in current.unbind(0):
        v = 0.9 * v + x
        potentials.append(v)
    return torch.stack(potentials).max(0).values


def _copy(device: str) -> Pair:
    """The same bits, from a step that is compiled at first use."""
    inputs = random_inputs(Workload(_LAYER, torch.float32, device))
    calls = tuple(partial(forward_backward, neuron, inputs) for neuron in (current_lif, own_current_lif))
    return Pair("current_lif(x)", "a user's copy", calls)


def _random(device: str, seed: int, *shape: int, draw: Callable[..., Tensor] = torch.rand) -> Tensor:
    return draw(*shape, generator=torch.Generator(device).manual_seed(seed), device=device)


def _weight(device: str) -> Tensor:
    torch.manual_seed(0)
    return nn.Linear(_INPUTS, _OUTPUTS, device=device).weight


def _product(device: str, rate: float, backward: bool = False) -> Pair:
    """The products with spikes; or the weight's gradients, whose graphs are made before."""
    weight, spikes = _weight(device), (_random(device, 1, _ROWS, _INPUTS) < rate).float()
    products = (functional.linear, partial(spike_linear, product="events"))
    if not backward:
        dense, events = (partial(product, spikes, weight.detach()) for product in products)
    else:
        grad = _random(device, 2, _ROWS, _OUTPUTS, draw=torch.randn)
        outputs = [product(spikes, weight) for product in products]
        dense, events = (partial(torch.autograd.grad, one, weight, grad, retain_graph=True) for one in outputs)
    return Pair("dense product", "events", (dense, events), tolerance=_ROUNDING)


def _spiking_linear(device: str) -> Pair:
    """Its spikes are those of SpikeLinear and LIF, whose product rounds otherwise than nn.Linear's."""
    torch.manual_seed(0)
    fused = SpikingLinear(_INPUTS, _LAYER[2]).to(device)
    dense, separate = (nn.Sequential(kind(_INPUTS, _LAYER[2]), LIF()).to(device) for kind in (nn.Linear, SpikeLinear))
    for layers in (dense, separate):
        layers[0].load_state_dict(fused.linear.state_dict())
    spikes = (torch.rand(*_LAYER[:2], _INPUTS, device=device) < 0.12).float()
    grad = random_inputs(Workload(_LAYER, torch.float32, device)).grad_spikes

    def run(layers: nn.Module) -> Result:
        output = layers(spikes)
        return output.detach(), *torch.autograd.grad(output, list(layers.parameters()), grad)

    def keep(layers: nn.Module) -> Tensor:
        return layers(spikes.clone())

    calls, kept = ((partial(what, dense), partial(what, fused)) for what in (run, keep))
    return Pair(USUAL, "SpikingLinear", calls, partial(run, separate), tolerance=_ROUNDING, keep=(*kept, grad.nbytes))
