"""Pictures of results: how a network learned, what it gets wrong, and which of its neurons do the work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from activity import SATURATED_RATE
from data import CLASSES, Split
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from recording import Survey
from spike_pictures import square
from style import BLUE, GREY, INK, ORANGE, SKY, new_figure, show_image
from torch import Tensor, nn

ERROR_TICKS = [step * 10.0**power for power in range(-5, 2) for step in (1, 2, 5)] + [100.0]


def draw_firing_rates(rates: dict[str, Tensor]) -> Figure:
    """How often the neurons of every layer fire: a histogram, or, of a few neurons, a bar for each."""
    figure = new_figure(10, 4)
    for axes, (name, rate) in zip(figure.subplots(1, len(rates), squeeze=False)[0], rates.items(), strict=True):
        silent, saturated = int((rate == 0).sum()), int((rate > SATURATED_RATE).sum())
        if len(rate) <= 20:
            axes.bar(range(len(rate)), rate.tolist(), color=BLUE)
            axes.set(xlabel="neuron", ylabel="firing rate, spikes per time step", xticks=range(len(rate)))
        else:
            width = max(float(rate.max()), SATURATED_RATE) / 40
            edges = width * torch.arange(41)
            axes.hist(rate[rate > 0].clamp(max=edges[-1]), edges, color=BLUE, label="firing")
            axes.bar(-1.5 * width, silent, width, color=GREY, label="silent")
            axes.axvspan(SATURATED_RATE, edges[-1] + width, color=ORANGE, alpha=0.15, linewidth=0, zorder=0)
            axes.text(SATURATED_RATE, 1, " saturated", color=ORANGE, va="top", transform=axes.get_xaxis_transform())
            axes.set(xlabel="firing rate, spikes per time step", ylabel="neurons", yscale="log", ylim=(0.8, None))
            axes.legend(loc=(0.3, 0.55))
        axes.set_title(
            f"{name}, mean rate {rate.mean():.3f}: of {len(rate):,} neurons\n{silent} silent, {saturated} saturated"
        )
    return figure


def draw_learning_curves(metrics: Sequence[dict[str, Any]]) -> Figure:
    """Loss and accuracy over a run: of training batches, of a whole epoch of them, and in validation.

    metrics: the lines of the run's metrics.jsonl.
    """
    steps = [line for line in metrics if line["kind"] == "step"]
    epochs = [line for line in metrics if line["kind"] == "epoch"]
    figure = new_figure(10, 3.8)
    for axes, quantity, scale in zip(figure.subplots(1, 2), ("loss", "accuracy"), (1, 100), strict=True):
        batches = [scale * line[quantity] for line in steps]
        axes.plot([line["step"] for line in steps], batches, color=SKY, linewidth=0.8, label="training batch")
        for name, kind, color in (("train", "training, mean of the epoch", INK), ("validation", "validation", ORANGE)):
            values = [scale * line[name][quantity] for line in epochs]
            axes.plot([line["step"] for line in epochs], values, "o-", color=color, markersize=4, label=kind)
        axes.set_xlabel("training step")
        axes.grid()
    loss, accuracy = figure.axes
    loss.set(ylabel="loss, cross-entropy of spike counts", yscale="log")
    loss.yaxis.set_major_formatter("{x:g}")
    loss.yaxis.set_minor_formatter(NullFormatter())
    lowest = min(100 * line[name]["accuracy"] for line in epochs for name in ("train", "validation"))
    accuracy.set(ylabel="accuracy, %", ylim=(lowest - 2, 100.5))
    loss.legend()
    return figure


def draw_confusion(answers: Tensor, labels: Tensor) -> Figure:
    """How often each class was taken for each other one; colour shows the mistakes, right answers stand in grey."""
    matrix = torch.zeros(CLASSES, CLASSES, dtype=torch.long)
    matrix.index_put_((labels, answers), torch.ones_like(labels), accumulate=True)
    right = torch.eye(CLASSES, dtype=torch.bool)
    mistakes = matrix.masked_fill(right, 0)
    figure = new_figure(7, 7)
    axes = figure.subplots()
    axes.imshow(mistakes.numpy(), cmap="Blues", vmin=0, vmax=max(1, 1.5 * int(mistakes.max())))
    for row in range(CLASSES):
        for column in range(CLASSES):
            if count := int(matrix[row, column]):
                axes.text(column, row, count, ha="center", va="center", color=GREY if row == column else INK)
    axes.set(xticks=range(CLASSES), yticks=range(CLASSES), xlabel="answer of the network", ylabel="true class")
    axes.spines[:].set_visible(False)
    axes.set_title(
        f"{int(mistakes.sum()):,} mistakes in {len(labels):,} images, {(answers == labels).float().mean():.2%} right"
    )
    axes.tick_params(length=0)
    return figure


def draw_mistakes(images: Split, survey: Survey, count: int = 10) -> Figure:
    """The misclassified images whose wrong neuron led furthest, with all output spike counts."""
    counts = survey.counts[-1]
    right = counts.gather(1, survey.labels[:, None])[:, 0]
    lead = counts.max(1).values - right
    wrong = (survey.answers != survey.labels).nonzero()[:, 0]
    worst = wrong[lead[wrong].argsort(descending=True, stable=True)][:count]
    figure = new_figure(10, 6.6)
    grid = figure.subplots(4, count // 2, height_ratios=[1.2, 1, 1.2, 1])
    for axes in grid.flat:
        axes.set_axis_off()
    if len(worst) == 0:
        figure.suptitle(f"no mistakes in {len(images):,} images")
    for position, index in enumerate(worst.tolist()):
        row, column = divmod(position, count // 2)
        picture, bars = grid[2 * row, column], grid[2 * row + 1, column]
        label, answer = int(survey.labels[index]), int(survey.answers[index])
        picture.set_axis_on()
        show_image(picture, square(images.images[index].cpu() / 255))
        picture.set_title(f"a {label}, taken for {answer}")
        bars.set_axis_on()
        colors = [BLUE if c == label else ORANGE if c == answer else GREY for c in range(counts.shape[1])]
        bars.bar(range(counts.shape[1]), counts[index].tolist(), color=colors)
        bars.set(ylim=(0, max(1, 1.05 * int(counts.max()))), xticks=range(counts.shape[1]))
        bars.set(xlabel="class" if row else "", ylabel="" if column else "output spikes")
        bars.tick_params(axis="x", length=0, labelsize=9)
    return figure


def draw_time_steps(survey: Survey) -> Figure:
    """The answer after every time step: how many have one, how many are right; and, closer, how many are wrong."""
    counts = survey.counts
    wrong = 100 * (counts.argmax(-1) != survey.labels).float().mean(1)
    first, second = counts.topk(2, dim=-1).values.unbind(-1)
    steps = range(1, len(counts) + 1)
    figure = new_figure(10, 4)
    left, right = figure.subplots(1, 2)
    left.plot(steps, 100 * (first > second).float().mean(1), "--", color=GREY, label="with one leading output neuron")
    left.plot(steps, 100 - wrong, "o-", color=BLUE, markersize=4, label="with the right answer")
    left.set(xlabel="time steps seen", ylabel="test images, %", ylim=(0, 102))
    left.legend(loc="lower right")
    # None wrong has no place on a logarithmic scale: it is drawn as half an image.
    shown = wrong.clamp(min=50 / len(survey.labels))
    lowest = min(0.5, 0.8 * float(shown.min()))
    ticks = [tick for tick in ERROR_TICKS if tick >= lowest]
    right.plot(steps, shown, "o-", color=BLUE, markersize=4)
    right.set(xlabel="time steps seen", ylabel="test error, %", ylim=(lowest, 100), yscale="log")
    right.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    right.minorticks_off()
    right.annotate(f"{wrong[-1]:.2f} %", (steps[-1], float(shown[-1])), (0, 12), textcoords="offset points", ha="right")
    for axes in (left, right):
        axes.grid()
    return figure


def draw_receptive_fields(model: nn.Module, seen: Tensor, rows: int = 3, columns: int = 8) -> Figure:
    """Weights into the neurons of the first layer that have the strongest, or a convolution's first kernels.

    seen: whether a pixel was ever bright in training. The weights of the others have learned nothing: left out.
    """
    first = next(module for module in model.modules() if isinstance(module, nn.Linear | nn.Conv2d))
    weights = first.weight.detach().cpu()
    if isinstance(first, nn.Linear):
        weights = weights * seen.cpu()
        strongest = weights.norm(dim=1).argsort(descending=True, stable=True)
        fields = square(weights[strongest[: rows * columns]])
    else:
        fields = weights[: rows * columns, 0]
    figure = new_figure(10, 3.5)
    scale = float(fields.abs().quantile(0.995))
    grid = figure.subplots(rows, columns)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, field in zip(grid.flat, fields, strict=False):
        axes.set_axis_on()
        shown = show_image(axes, field, cmap="PuOr_r", vmin=-scale, vmax=scale)
    figure.colorbar(shown, ax=grid, label="weight", shrink=0.8)
    return figure
