"""A whole training step: linear layers, each followed by a contender's neurons, called for all time steps at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from contenders import Contender, Layer
from measure import Measurement, Work, admit, measure_work
from torch import Tensor, nn
from workloads import FORWARD_BACKWARD, Workload

from snnkernels import SpikeLinear, dispatch, poisson_encode, poisson_spikes, spike_count_loss

TRAINING_STEP = "training step"

# Ours with event-driven linear layers and Poisson spikes that are never stored; all others with dense ones.
EVENT_STEP = "training step against event-driven"

# After the name of a library whose step begins with its own encoder; all others begin with ours.
ITS_ENCODER = ", its encoder"

# Of the pixels of MNIST a fifth is not black, and an image's mean intensity is about 0.12.
_LIT, _INTENSITY = 0.2, 0.6


@dataclass(frozen=True)
class Network:
    """A classifier of images as Poisson spikes; `sizes` are those of its layers, the loss is on spike counts."""

    sizes: tuple[int, ...]
    steps: int
    batch: int
    device: str

    @property
    def shape_name(self) -> str:
        return f"{'-'.join(map(str, self.sizes))},T={self.steps},B={self.batch}"

    @property
    def layer(self) -> Workload:
        """Its first layer of neurons alone."""
        return Workload((self.steps, self.batch, self.sizes[1]), torch.float32, self.device)

    def __str__(self) -> str:
        return f"{self.shape_name} float32 {self.device}"


def mnist_network(device: str) -> Network:
    return Network((784, 1000, 10), 25, 128, device)


# What is left of a step is its encoder, matrix products, loss and optimizer.
NO_NEURONS = Contender("neurons left out", lambda device: lambda current: current, gate=None)


def measure_step(
    network: Network, contenders: Callable[[Workload, str], Sequence[Contender]], repeats: int, memory: str
) -> Measurement:
    """The gate is that of the first layer of neurons alone; then whole steps take turns."""
    torch.compiler.reset()
    result = Measurement()
    everyone = [*contenders(network.layer, FORWARD_BACKWARD), NO_NEURONS]
    everyone += [replace(one, name=one.name + ITS_ENCODER, own_encoder=True) for one in everyone if one.encode]
    entries = admit(everyone, network.layer, result, network.shape_name)
    dense = Work(
        name=TRAINING_STEP,
        shape=network.shape_name,
        dtype="float32",
        device=network.device,
        call=partial(_dense_step, network),
    )
    works = [dense]
    if network.device == "cpu":
        ours = f"{dispatch.choose(network.device)}, events"
        works.append(replace(dense, name=EVENT_STEP, call=partial(_beside_events, network), ours=ours))
    for work in works:
        result.rows += measure_work(work, entries, repeats, memory)
    return result


def _dense_step(network: Network, contender: Contender | None, layer: Layer) -> Callable[[], Tensor]:
    own = contender is not None and contender.own_encoder
    return step_call(network, layer, encode=contender.encode if own else poisson_encode)


def _beside_events(network: Network, contender: Contender | None, layer: Layer) -> Callable[[], Tensor]:
    return step_call(network, layer, events=True) if contender is None else _dense_step(network, contender, layer)


def step_call(
    network: Network, layer: Layer, events: bool = False, encode: Callable[[Tensor, int], Tensor] = poisson_encode
) -> Callable[[], Tensor]:
    """A training step with Adam; the same weights and images for everyone."""
    torch.manual_seed(0)
    kind, encode = (SpikeLinear, poisson_spikes) if events else (nn.Linear, encode)
    model = nn.Sequential(*(kind(*pair) for pair in zip(network.sizes, network.sizes[1:], strict=False)))
    model.to(network.device)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    images, targets = _digits(network)

    def step() -> Tensor:
        spikes = encode(images, network.steps)
        for linear in model:
            spikes = layer(linear(spikes))
        loss = spike_count_loss(spikes, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def _digits(network: Network) -> tuple[Tensor, Tensor]:
    """Random images as bright as digits, and labels."""
    lit = torch.rand(network.batch, network.sizes[0]) < _LIT
    images = (lit * torch.rand(lit.shape) * 2 * _INTENSITY).clamp(max=1).to(network.device)
    return images, torch.randint(network.sizes[-1], (network.batch,)).to(network.device)
