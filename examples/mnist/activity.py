"""How a network fires: a silent or saturated layer is the usual cause of an accuracy of 10 %."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

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


def layer_activity(rates: Tensor) -> LayerActivity:
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
