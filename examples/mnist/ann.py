"""The artificial network that a spiking one is compared with: the same layers, with ReLU in place of the neurons."""

from __future__ import annotations

import dataclasses
import math

from config import CodingConfig, Config
from model import build_model, spiking_layers
from torch import nn


def ann_config(config: Config) -> Config:
    """The same run for the artificial network: the images themselves, once, and He's initialisation, as suits ReLU."""
    return dataclasses.replace(
        config,
        coding=CodingConfig(encoding="constant", time_steps=1, eval_time_steps=1),
        network=dataclasses.replace(config.network, gain=math.sqrt(2)),
    )


def build_ann(config: Config, pixels: int, classes: int) -> nn.Sequential:
    """From `[1, B, pixels]` to logits, `[1, B, classes]`.

    Summed over its one time step, as spikes are counted, logits are logits: loss, accuracy and training are the same
    code for both networks.
    """
    model = build_model(config, pixels, classes)
    *hidden, output = spiking_layers(model)
    for name in hidden:
        setattr(model, name, nn.ReLU())
    setattr(model, output, nn.Identity())
    return model
