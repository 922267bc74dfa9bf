"""Pictures of spikes: what goes into a network, what its layers fire, and the membrane potentials behind it."""

from __future__ import annotations

import math

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from recording import LayerRecord, Recording
from style import BLUE, FAINT, INK, ORANGE, new_figure, show_image
from torch import Tensor


def square(pixels: Tensor) -> Tensor:
    """`[..., side * side]` as `[..., side, side]`, on the CPU."""
    side = math.isqrt(pixels.shape[-1])
    return pixels.detach().cpu().unflatten(-1, (side, side))


def are_spikes(inputs: Tensor) -> bool:
    """Or else, where an encoding gives none, currents."""
    return bool(((inputs == 0) | (inputs == 1)).all())


def amount(inputs: Tensor) -> str:
    """How much of it there is: spikes, or current."""
    return f"{int(inputs.sum()):,} spikes" if are_spikes(inputs) else f"current {float(inputs.sum()):,.0f}"


def draw_raster(axes: Axes, spikes: Tensor, size: float) -> None:
    """A dot for every spike of `spikes`, `[T, neurons]`; time steps count from 1."""
    steps, neurons = spikes.detach().cpu().nonzero(as_tuple=True)
    axes.scatter(steps + 1, neurons, s=size, color=INK, linewidths=0)
    axes.set(xlim=(0.2, len(spikes) + 0.8), ylim=(-0.5, spikes.shape[1] - 0.5))


def draw_values(axes: Axes, values: Tensor) -> None:
    """`[T, neurons]`: the darker, the stronger."""
    extent = (0.5, len(values) + 0.5, -0.5, values.shape[1] - 0.5)
    options = {"origin": "lower", "aspect": "auto", "interpolation": "nearest"}
    axes.imshow(values.T.cpu().numpy(), cmap="Greys", extent=extent, **options)


def first_of_each_class(labels: Tensor) -> Tensor:
    """Index of the first image of every class, in the order of the classes."""
    return torch.stack([(labels == label).nonzero()[0, 0] for label in labels.unique()])


def draw_digits(images: Tensor, spikes: Tensor, labels: Tensor) -> Figure:
    """Ten digits over the spikes that they become. images: `[10, pixels]`, 0 to 1; spikes: `[T, 10, pixels]`.

    Pixels come in the order of their brightness, and black ones, which never fire, are left out: chance shows in the
    middle, between the pixels that always fire and those that hardly do.
    """
    figure = new_figure(10, 7.6)
    grid = figure.subplots(4, 5, height_ratios=[1, 1.5, 1, 1.5])
    most = int((images > 0).flatten(1).sum(1).max())
    for position, (image, train, label) in enumerate(zip(images, spikes.unbind(1), labels, strict=True)):
        row, column = divmod(position, 5)
        picture, raster = grid[2 * row, column], grid[2 * row + 1, column]
        show_image(picture, square(image))
        picture.set_title(f"{int(label)}: {amount(train)}")
        order = image.flatten().argsort(descending=True, stable=True)[: int((image > 0).sum())]
        draw_values(raster, train[:, order])
        raster.set(xlabel="time step" if row else "", ylabel="" if column else "pixel, brightest first")
        raster.set(ylim=(-0.5, most - 0.5))
        raster.tick_params(labelbottom=bool(row), labelleft=not column)
    return figure


def draw_layers(recording: Recording, image: int, label: int) -> Figure:
    """Every layer's spikes for one image, its input first, and above them how many neurons fire at each time step.

    An input that is no spikes is drawn as the current that it is, in grey, and its mean above it.
    """
    trains = {"input": recording.inputs[:, image]}
    trains |= {name: layer.spikes[:, image].flatten(1) for name, layer in recording.layers.items()}
    figure = new_figure(10, 4.8)
    grid = figure.subplots(2, len(trains), height_ratios=[1, 3], sharex="col", squeeze=False)
    for column, (name, train) in enumerate(trains.items()):
        train = train.cpu()
        share, raster = grid[:, column]
        fires = are_spikes(train)
        height = (100 if fires else 1) * train.mean(1)
        share.bar(range(1, len(train) + 1), height.tolist(), color=BLUE, width=0.8)
        share.set_title(f"{name}: {train.shape[1]:,} neurons,\n{amount(train)}")
        few = train.shape[1] <= 20
        if few:
            raster.set_yticks(range(train.shape[1]))
            raster.grid(axis="y", linewidth=0.5)
        if fires:
            draw_raster(raster, train, size=40 if few else 2.5)
        else:
            draw_values(raster, train)
        raster.set_xlabel("time step")
    spikes_come_in = are_spikes(trains["input"])
    grid[0, 0].set_ylabel("firing, %" if spikes_come_in else "mean current")
    grid[0, 1].set_ylabel("" if spikes_come_in else "firing, %")
    grid[1, 0].set_ylabel("neuron")
    figure.suptitle(f"The spikes for a {label}")
    return figure


def draw_potentials(recording: Recording, image: int, label: int) -> Figure:
    """Membrane potentials over time of three neurons of the first layer and three of the last, for one image."""
    layers = list(recording.layers.items())
    chosen = [layers[0], layers[-1]] if len(layers) > 1 else layers
    figure = new_figure(10, 6)
    grid = figure.subplots(3, len(chosen), sharex=True, squeeze=False)
    for column, (name, layer) in enumerate(chosen):
        counts = layer.spikes[:, image].sum(0).flatten()
        for row, neuron in enumerate(_busy_middle_quiet(counts)):
            axes = grid[row, column]
            _draw_potential(axes, layer, image, neuron)
            axes.set_title(f"{name}, neuron {neuron}: {int(counts[neuron])} spikes", loc="left")
        grid[-1, column].set_xlabel("time step")
    grid[1, 0].set_ylabel("membrane potential, dimensionless")
    handles, labels = grid[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    figure.suptitle(f"Membrane potentials for a {label}")
    return figure


def _busy_middle_quiet(counts: Tensor) -> list[int]:
    """The neuron that fired most, one in the middle of those that fired, and one that did not, or fired least."""
    order = counts.argsort(descending=True, stable=True)
    firing = int((counts > 0).sum())
    return [int(order[0]), int(order[firing // 2]), int(order[-1])]


def _draw_potential(axes: Axes, layer: LayerRecord, image: int, neuron: int) -> None:
    """At each time step before its reset and after it: where the neuron fires, the line falls."""
    before, after = (layer.potentials(before_reset=b)[:, image].flatten(1)[:, neuron].cpu() for b in (True, False))
    threshold = float(layer.thresholds()[image].flatten()[neuron])
    steps = torch.arange(1, len(before) + 1)
    fired = layer.spikes[:, image].flatten(1)[:, neuron].cpu().bool()
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.axhline(threshold, color=ORANGE, linestyle="--", linewidth=1.2, label="threshold")
    axes.plot(steps.repeat_interleave(2), torch.stack((before, after), 1).flatten(), color=BLUE, label="potential")
    axes.plot(steps[fired], before[fired], "^", color=INK, markersize=6, label="spike, and reset")
