"""What a network does on images that it is not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from activity import LayerActivity, layer_activity
from data import Split
from encoding import Encoder
from torch import nn

from snnkernels import Activity, spike_count_accuracy, spike_count_loss

BATCH = 500

# Evaluation has a generator of its own: it takes nothing from the training's.
SEED = 0


@dataclass(frozen=True)
class Evaluation:
    """What a pass over images gave; layers: the activity of every layer of neurons, by its name."""

    loss: float
    accuracy: float
    layers: dict[str, LayerActivity]


@torch.no_grad()
def evaluate(model: nn.Module, images: Split, encode: Encoder, *, amp: bool = False) -> Evaluation:
    """Loss, accuracy and activity over all images; the same spikes go in every time."""
    model.eval()
    device = images.labels.device
    generator = torch.Generator(device).manual_seed(SEED)
    totals = torch.zeros(2, device=device)
    activity = Activity(model, operations=False)
    with activity, torch.autocast(device.type, torch.bfloat16, enabled=amp):
        for index in torch.arange(len(images), device=device).split(BATCH):
            batch = images.take(index)
            output = model(encode(batch.images, generator))
            figures = spike_count_loss(output, batch.labels), spike_count_accuracy(output, batch.labels)
            totals += len(index) * torch.stack(figures)
    loss, correct = totals.tolist()
    layers = {name: layer_activity(rates) for name, rates in activity.neuron_rates().items()}
    return Evaluation(loss / len(images), round(correct) / len(images), layers)
