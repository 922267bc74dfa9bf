"""A network in training, step by step, and all that decides how it goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import torch
from config import Config, OptimizationConfig
from data import Split
from devices import World
from encoding import Encoder, shift_images
from graphed import StepGraph, use_graph
from model import keep_in_range
from torch import Tensor, nn

from snnkernels import spike_count_accuracy, spike_count_loss


@dataclass
class Progress:
    """How far the training is.

    step: over all epochs; step_in_epoch: within the epoch that has begun; seconds: spent in it on training.
    """

    epoch: int = 0
    step: int = 0
    step_in_epoch: int = 0
    seconds: float = 0.0
    best_epoch: int = 0
    best_accuracy: float = -1.0


class Trainer:
    """A model with its optimizer, learning-rate schedule and random stream.

    One generator gives the order of the images and their Poisson spikes. config: a resolved one.
    """

    def __init__(self, config: Config, model: nn.Module, images: Split, world: World) -> None:
        self.config, self.model, self.images, self.world = config, model, images, world
        self.encode = Encoder(config.coding)
        batch_size = config.optimization.batch_size
        self.steps_in_epoch = -(-len(images) // batch_size)
        limit = config.optimization.max_steps
        self.total_steps = min(self.steps_in_epoch * config.optimization.epochs, limit or 2**63)
        self.optimizer = make_optimizer(config.optimization, model)
        self.generator = torch.Generator(world.device).manual_seed(config.seed)
        self.progress = Progress()
        self._epoch_start = self.generator.get_state()
        self._totals = torch.zeros(3, device=world.device)  # of this process, in the epoch: what steps() gives
        self._forward = world.share_gradients(model)
        if config.machine.compile:
            self._forward = torch.compile(self._forward)
        self._graph = None
        if use_graph(config.machine, world):
            self._graph = StepGraph(min(batch_size, len(images)), self.generator)

    @property
    def finished(self) -> bool:
        return self.progress.step == self.total_steps

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        config = self.config.optimization
        if config.schedule == "none":
            return config.learning_rate
        return config.learning_rate * (1 + math.cos(math.pi * self.progress.step / self.total_steps)) / 2

    @property
    def images_seen(self) -> int:
        """In the epoch that has begun, by all processes."""
        return min(self.progress.step_in_epoch * self.config.optimization.batch_size, len(self.images))

    def steps(self) -> Iterator[Tensor]:
        """Train to the end of the epoch, from wherever in it the training is.

        Gives after each step this process's sums over images of loss, correctness and 1, `[3]`.
        """
        self.model.train()
        batches = self._order().split(self.config.optimization.batch_size)
        step = self._step if self._graph is None else partial(self._graph.take, self._step)
        started = time.perf_counter() - self.progress.seconds
        while self.progress.step_in_epoch < len(batches) and not self.finished:
            set_learning_rate(self.optimizer, self.learning_rate)
            figures = step(batches[self.progress.step_in_epoch])
            self.progress.step += 1
            self.progress.step_in_epoch += 1
            self.progress.seconds = time.perf_counter() - started
            yield figures

    def means(self, sums: Tensor | None = None) -> tuple[float, float]:
        """Loss and accuracy, over all processes' images, of a step or (None) of the epoch so far. All must ask."""
        loss, correct, images = self.world.sum(self._totals if sums is None else sums).tolist()
        return loss / images, round(correct) / images

    def end_epoch(self) -> None:
        self.progress.epoch += 1
        self.progress.step_in_epoch, self.progress.seconds = 0, 0.0
        self._totals.zero_()
        self._epoch_start = self.generator.get_state()

    def state(self) -> dict[str, Any]:
        """For a checkpoint: tensors and plain values. Every process must ask."""
        return {
            "progress": asdict(self.progress),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": {"epoch_start": self._epoch_start, "now": self.generator.get_state()},
            "torch_rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state() if self.world.device.type == "cuda" else None,
            "totals": self.world.sum(self._totals).cpu(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state` gave, as if there had been no interruption."""
        self.progress = Progress(**state["progress"])
        self.model.load_state_dict(state["model"])
        load_in_place(self.optimizer, state["optimizer"])
        self.generator.set_state(state["generator"]["now"])
        self._epoch_start = state["generator"]["epoch_start"]
        torch.set_rng_state(state["torch_rng"])
        if state["cuda_rng"] is not None:
            torch.cuda.set_rng_state(state["cuda_rng"])
        if self.world.leads:  # the sum over all processes: one of them has it all
            self._totals.copy_(state["totals"])

    def _order(self) -> Tensor:
        """Of the images in this epoch; the generator then stands after it, or further on where the epoch had begun."""
        generator = torch.Generator(self.world.device)
        generator.set_state(self._epoch_start)
        order = torch.randperm(len(self.images), generator=generator, device=self.world.device)
        if self.progress.step_in_epoch == 0:
            self.generator.set_state(generator.get_state())
        return order

    def _step(self, index: Tensor) -> Tensor:
        """One step of the optimizer on this process's share of a batch.

        No value is read on the CPU, and what is there after the step is changed in place: it can be captured.
        """
        batch = self.images.take(index)
        share, weight = self.world.share(len(batch))
        images, labels = batch.images, batch.labels[share]
        if self.config.data.shift:
            images = shift_images(images, self.config.data.shift, self.generator)
        inputs = self.encode(images, self.generator)[:, share]
        with torch.autocast(self.world.device.type, torch.bfloat16, enabled=self.config.machine.amp):
            output = self._forward(inputs)
        loss = spike_count_loss(output, labels)
        self.optimizer.zero_grad()
        (weight * loss).backward()
        self.optimizer.step()
        keep_in_range(self.model)
        count = weight * len(batch) / self.world.size
        figures = count * torch.stack((loss.detach(), spike_count_accuracy(output, labels), torch.ones_like(loss)))
        self._totals += figures
        return figures


def make_optimizer(config: OptimizationConfig, model: nn.Module) -> torch.optim.Optimizer:
    """Weights decay, where asked, by the optimizer's own way; biases, betas and thresholds do not.

    On a GPU all that it reads lies there, even the learning rate, as a CUDA graph asks; fused, it is few kernels.
    """
    parameters = list(model.parameters())
    groups = [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]
    device = parameters[0].device
    on_gpu = device.type == "cuda"
    learning_rate = torch.tensor(config.learning_rate, device=device) if on_gpu else config.learning_rate
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=learning_rate, momentum=0.9, fused=on_gpu)
    return torch.optim.AdamW(groups, lr=learning_rate, fused=on_gpu, capturable=on_gpu)


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(value)
        else:
            group["lr"] = value


@torch.no_grad()
def load_in_place(optimizer: torch.optim.Optimizer, saved: dict[str, Any]) -> None:
    """The optimizer's load_state_dict, into the tensors that it has, where it has some: a graph writes to those."""
    groups, held = optimizer.param_groups, dict(optimizer.state)
    optimizer.load_state_dict(saved)
    optimizer.param_groups = groups  # options are the configuration's
    for parameter, tensors in held.items():
        loaded = optimizer.state[parameter]
        for name, tensor in tensors.items():
            tensor.copy_(loaded.get(name, torch.zeros_like(tensor)))  # zero, as both optimizers' are before a step
        optimizer.state[parameter] = tensors
