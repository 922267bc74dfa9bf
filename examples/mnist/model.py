"""The networks: neurons and EachStep are snnkernels', everything else is plain torch."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

import torch
from config import Config, RunError
from torch import nn

from snnkernels import LIF, EachStep, SpikeLinear

# Makes a network from the configuration, the number of pixels and the number of classes.
Build = Callable[[Config, int, int], nn.Module]


def build_model(config: Config, pixels: int, classes: int) -> nn.Sequential:
    """The network, from input `[T, B, pixels]` to the output neurons' spikes, `[T, B, classes]`.

    Its layers of neurons are named conv1, conv2, ..., hidden1, hidden2, ..., output; the weights before each, to_conv1
    and so on. Weights are Kaiming normal, standard deviation gain / sqrt(fan_in); biases start at zero.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    features = pixels
    if config.network.model == "conv":
        features = _add_convolutions(layers, config, pixels)
    names = [f"hidden{i}" for i in range(1, len(config.network.hidden) + 1)]
    for name, size in zip([*names, "output"], [*config.network.hidden, classes], strict=True):
        layers[f"to_{name}"] = SpikeLinear(features, size)
        layers[name] = config.neuron.layer()
        features = size
    model = nn.Sequential(layers)
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear")
            nn.init.zeros_(module.bias)
            module.weight.data.mul_(config.network.gain)
    return model


def layer_sizes(config: Config, pixels: int, classes: int) -> str:
    """Such as 784-1000-10."""
    convolutions = [f"conv{channels}" for channels in config.network.channels] if config.network.model == "conv" else []
    return "-".join(map(str, (pixels, *convolutions, *config.network.hidden, classes)))


def spiking_layers(model: nn.Module) -> dict[str, LIF]:
    """The layers of neurons by name, from input to output."""
    return {name: module for name, module in model.named_modules() if isinstance(module, LIF)}


@torch.no_grad()
def keep_in_range(model: nn.Module) -> None:
    """After a step of the optimizer: what a beta and a threshold can be, where they are learned."""
    for layer in spiking_layers(model).values():
        if isinstance(layer.beta, nn.Parameter):
            layer.beta.clamp_(0, 1)
        if isinstance(layer.threshold, nn.Parameter):
            layer.threshold.clamp_(min=0.01)


def _add_convolutions(layers: OrderedDict[str, nn.Module], config: Config, pixels: int) -> int:
    """Add what comes before the fully connected layers; returns how many features it gives."""
    side, channels = math.isqrt(pixels), 1
    if side >> len(config.network.channels) == 0:
        raise RunError(
            f"--channels has {len(config.network.channels)} convolutions, which halve the image's side each: "
            f"too many for {side}x{side} pixels"
        )
    layers["to_image"] = nn.Unflatten(2, (1, side, side))
    for i, outputs in enumerate(config.network.channels, 1):
        layers[f"to_conv{i}"] = EachStep(nn.Conv2d(channels, outputs, 3, padding=1))
        layers[f"conv{i}"] = config.neuron.layer()
        layers[f"pool{i}"] = EachStep(nn.MaxPool2d(2))
        side, channels = side // 2, outputs
    layers["to_features"] = nn.Flatten(2)
    return channels * side * side
