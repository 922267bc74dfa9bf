"""The training loop and evaluation."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from activity import ActivityRecorder, LayerActivity
from data import Split
from torch import Tensor, nn
from tqdm import tqdm

from snnkernels import poisson_encode, spike_count_accuracy, spike_count_loss

EVALUATION_BATCH = 500

# Evaluation has a generator of its own: it takes nothing from the training's.
_EVALUATION_SEED = 0

# Reading a figure for the progress bar waits for the device.
_STEPS_A_REFRESH = 10


@dataclass(frozen=True)
class Epoch:
    """What a pass over the training images gave; loss and accuracy are means over it, taken while weights changed."""

    loss: float
    accuracy: float
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """What a pass over images gave without training; layers: the activity of every LIF layer, by its name."""

    loss: float
    accuracy: float
    layers: dict[str, LayerActivity]


class Trainer:
    """A model with its optimizer, learning-rate schedule and random stream.

    Adam; the learning rate falls to zero over `epochs` along half a cosine. One generator gives the order of the
    images and their Poisson spikes.
    """

    def __init__(
        self,
        model: nn.Module,
        images: Split,
        *,
        epochs: int,
        batch_size: int,
        time_steps: int,
        learning_rate: float,
        seed: int,
    ) -> None:
        self.model, self.images = model, images
        self.epochs, self.batch_size, self.time_steps = epochs, batch_size, time_steps
        self.generator = torch.Generator(images.labels.device).manual_seed(seed)
        self.optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
        steps = epochs * -(-len(images) // batch_size)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, steps)
        self.epoch = 0

    def train_epoch(self) -> Epoch:
        """One pass over all images in a new order, with a progress bar where someone watches."""
        self.epoch += 1
        self.model.train()
        totals = torch.zeros(2, device=self.images.labels.device)
        order = torch.randperm(len(self.images), generator=self.generator, device=totals.device)
        start, seen = time.perf_counter(), 0
        title = f"epoch {self.epoch}/{self.epochs}"
        with tqdm(total=len(order), desc=title, unit=" images", disable=None) as bar:
            for step, index in enumerate(order.split(self.batch_size)):
                totals += len(index) * self._step(self.images.take(index))
                seen += len(index)
                if not bar.disable and (step % _STEPS_A_REFRESH == 0 or seen == len(order)):
                    loss, accuracy = (totals / seen).tolist()
                    bar.set_postfix(loss=f"{loss:.3f}", accuracy=f"{accuracy:.1%}", refresh=False)
                bar.update(len(index))
        loss, accuracy = (totals / seen).tolist()
        return Epoch(loss, accuracy, time.perf_counter() - start)

    def _step(self, batch: Split) -> Tensor:
        """One step of the optimizer; returns the batch's loss and accuracy, `[2]`, on the device."""
        output = self.model(poisson_encode(_intensities(batch), self.time_steps, self.generator))
        loss = spike_count_loss(output, batch.labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return torch.stack((loss.detach(), spike_count_accuracy(output, batch.labels)))


@torch.no_grad()
def evaluate(model: nn.Module, images: Split, time_steps: int) -> Evaluation:
    """Loss, accuracy and activity over all images; the same spikes go in every time."""
    model.eval()
    device = images.labels.device
    generator = torch.Generator(device).manual_seed(_EVALUATION_SEED)
    totals = torch.zeros(2, device=device)
    recorder = ActivityRecorder(model)
    with recorder.recording():
        for index in torch.arange(len(images), device=device).split(EVALUATION_BATCH):
            batch = images.take(index)
            output = model(poisson_encode(_intensities(batch), time_steps, generator))
            figures = spike_count_loss(output, batch.labels), spike_count_accuracy(output, batch.labels)
            totals += len(index) * torch.stack(figures)
    loss, correct = totals.tolist()
    return Evaluation(loss / len(images), round(correct) / len(images), recorder.activity())


def _intensities(batch: Split) -> Tensor:
    """Pixels as firing probabilities from 0 to 1, float32 `[B, pixels]`."""
    return batch.images.float() / 255
