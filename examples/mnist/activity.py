"""How a network fires: a silent or saturated layer is the usual cause of an accuracy of 10 %."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from model import spiking_layers
from torch import Tensor, nn

# Of a neuron above this rate, a mean over all images, the count is near its highest for most of them, and of one that
# never fires it is the lowest for all: the one can say little of which image it was, and the other nothing. Networks
# that learn have a tenth of their neurons silent and next to none saturated.
SATURATED_RATE = 0.5
WARN_SILENT_FRACTION = 0.5
WARN_SATURATED_FRACTION = 0.25


@dataclass(frozen=True)
class LayerActivity:
    """A layer's firing over a set of images.

    firing_rate: spikes per neuron and time step; silent: the fraction of neurons that never fired; saturated: the
    fraction that fired in more than half of all time steps.
    """

    firing_rate: float
    silent: float
    saturated: float


class ActivityRecorder:
    """Adds up, by the layer's name in the model, what every neuron fired while :meth:`recording`."""

    def __init__(self, model: nn.Module) -> None:
        self._layers = spiking_layers(model)
        self._rates: dict[str, Tensor] = {}
        self._images: dict[str, int] = {}

    @contextmanager
    def recording(self) -> Iterator[None]:
        handles = [layer.register_forward_hook(self._hook(name)) for name, layer in self._layers.items()]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hook(self, name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def add(module: nn.Module, inputs: tuple[Tensor, ...], spikes: Tensor) -> None:
            images = spikes.shape[1]
            rates = spikes.detach().mean((0, 1), dtype=torch.float32).flatten()
            self._rates[name] = self._rates.get(name, 0) + images * rates
            self._images[name] = self._images.get(name, 0) + images

        return add

    def activity(self) -> dict[str, LayerActivity]:
        """Of every layer that was called."""
        return {name: _layer_activity(total / self._images[name]) for name, total in self._rates.items()}


def _layer_activity(rates: Tensor) -> LayerActivity:
    """rates: of each neuron, spikes per time step."""
    silent, saturated = (rates == 0).float().mean(), (rates > SATURATED_RATE).float().mean()
    return LayerActivity(rates.mean().item(), silent.item(), saturated.item())


def activity_warnings(layers: Mapping[str, LayerActivity]) -> list[str]:
    """A plain sentence for every layer that is silent or saturated."""
    warnings = []
    for name, layer in layers.items():
        if layer.silent > WARN_SILENT_FRACTION:
            warnings.append(
                f"layer '{name}' is silent: {layer.silent:.0%} of its neurons never fire. "
                "Raise --gain or --beta, or lower --learning-rate."
            )
        if layer.saturated > WARN_SATURATED_FRACTION:
            warnings.append(
                f"layer '{name}' is saturated: {layer.saturated:.0%} of its neurons fire in more than half of all "
                "time steps. Lower --gain, --beta or --learning-rate."
            )
    return warnings


def print_activity(layers: Mapping[str, LayerActivity]) -> None:
    """The firing rates in a line, and the warnings that they call for."""
    rates = ", ".join(f"{name} {layer.firing_rate:.3f}" for name, layer in layers.items())
    print(f"firing rates, spikes per neuron and time step: {rates}")
    print_warnings(layers)


def print_warnings(layers: Mapping[str, LayerActivity]) -> None:
    for warning in activity_warnings(layers):
        print(f"warning: {warning}")
