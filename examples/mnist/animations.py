"""Moving pictures: a network at work, time step by time step."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from recording import Recording, Survey
from spike_pictures import are_spikes, square
from style import FAINT, GREEN, GREY, INK, ORANGE, new_figure, show_image, write_gif
from torch import Tensor
from torch.nn import functional

MILLISECONDS_A_STEP = 250


def animate_spikes(recording: Recording, image: int, label: int, path: Path) -> None:
    """The spikes of input, first layer and output at every time step, the output's as a raster that grows."""
    name, layer = next(iter(recording.layers.items()))
    inputs, spikes = recording.inputs[:, image], layer.spikes[:, image].cpu()
    blocks = [square(inputs), _as_block(spikes) if spikes.dim() == 2 else _as_tiles(spikes)]
    fires = [are_spikes(inputs), True]
    output = recording.output[:, image].cpu()
    steps, classes = output.shape
    figure = new_figure(8.2, 3.4)
    *pictures, raster = figure.subplots(1, 3, width_ratios=[1, 1, 1.4])
    shown = [show_image(axes, block[0]) for axes, block in zip(pictures, blocks, strict=True)]
    for axes, title in zip(pictures, ("input: the pixels", f"layer '{name}'"), strict=True):
        axes.set_title(title)
    raster.set(xlim=(0.2, steps + 0.8), ylim=(-0.6, classes - 0.4), yticks=range(classes))
    raster.set(xlabel="time step", ylabel="output neuron", title=f"output for a {label}")
    raster.grid(axis="y", linewidth=0.5)
    now = raster.axvline(1, color=FAINT, linewidth=6, zorder=0)
    dots = raster.scatter([], [], s=34, linewidths=0)

    def update(step: int) -> None:
        for axes, picture, block, fire in zip(pictures, shown, blocks, fires, strict=True):
            picture.set_data(block[step].numpy())
            total, of = float(block[step].nansum()), int((~block[step].isnan()).sum())
            axes.set_xlabel(f"{total:.0f} of {of:,} fire" if fire else f"current {total:,.0f}")
        times, neurons = output[: step + 1].nonzero(as_tuple=True)
        dots.set_offsets(torch.stack((times + 1, neurons), 1))
        dots.set_facecolor([GREEN if neuron == label else INK for neuron in neurons])
        now.set_xdata([step + 1, step + 1])

    write_gif(figure, update, range(steps), path, milliseconds=MILLISECONDS_A_STEP)


def _as_block(spikes: Tensor) -> Tensor:
    """`[T, neurons]` as `[T, rows, columns]`, nearly square, filled up with NaN, which is drawn as nothing."""
    columns = math.ceil(math.sqrt(spikes.shape[1]))
    rows = -(-spikes.shape[1] // columns)
    block = torch.full((len(spikes), rows * columns), torch.nan)
    block[:, : spikes.shape[1]] = spikes
    return block.view(len(spikes), rows, columns)


def _as_tiles(spikes: Tensor) -> Tensor:
    """`[T, channels, side, side]` as `[T, rows, columns]`: the channels' images beside each other, with NaN between."""
    tiles = functional.pad(spikes, (0, 1, 0, 1), value=torch.nan)
    columns = math.ceil(math.sqrt(tiles.shape[1]))
    rows = -(-tiles.shape[1] // columns)
    missing = rows * columns - tiles.shape[1]
    grid = functional.pad(tiles, (0, 0, 0, 0, 0, missing), value=torch.nan).unflatten(1, (rows, columns))
    return grid.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def animate_counts(recording: Recording, image: int, label: int, path: Path) -> None:
    """What has come in so far, and the output spike counts as they grow."""
    inputs = recording.inputs[:, image]
    seen = square(inputs).cumsum(0)
    counts = recording.output[:, image].cpu().cumsum(0)
    steps, classes = counts.shape
    figure = new_figure(8.2, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=[1, 2])
    shown = show_image(left, seen[-1])
    left.set_title(f"input {'spikes' if are_spikes(inputs) else 'currents'} so far, averaged")
    bars = right.bar(range(classes), [0] * classes)
    right.set(xticks=range(classes), ylim=(0, max(1, 1.1 * float(counts.max()))))
    right.set(xlabel="class", ylabel="output spikes so far")
    title = right.set_title(" ")

    def update(step: int) -> None:
        shown.set_data((seen[step] / (step + 1)).numpy())
        left.set_xlabel(f"time step {step + 1} of {steps}")
        first, second = counts[step].topk(2).values
        leader = int(counts[step].argmax()) if first > second else None
        for neuron, bar in enumerate(bars):
            bar.set_height(counts[step, neuron])
            bar.set_color((GREEN if leader == label else ORANGE) if neuron == leader else GREY)
        title.set_text(f"a {label}: " + ("no class leads" if leader is None else f"the answer is {leader}"))

    write_gif(figure, update, range(steps), path, milliseconds=MILLISECONDS_A_STEP)


def late_convert(survey: Survey) -> int:
    """The image that is rightly answered in the end, after a wrong class led for longest."""
    first, second = survey.counts.topk(2, dim=-1)[0].unbind(-1)
    misled = (first > second) & (survey.counts.argmax(-1) != survey.labels)
    right = (first > second)[-1] & (survey.answers == survey.labels)
    return int(misled.sum(0).masked_fill(~right, -1).argmax())
