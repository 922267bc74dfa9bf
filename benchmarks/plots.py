"""The figure of a machine: how many times as long as ours everyone takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bars import DEEP, LONG, WIDE
from lineup import lineup, shown
from matplotlib.figure import Figure
from measure import Row
from memory import FRESH, WARM
from workloads import FORWARD_BACKWARD

from snnkernels.dispatch import ENGINES

# Okabe and Ito's colours, which colour-blind readers tell apart.
_MEMORIES = {WARM: "#0072B2", FRESH: "#E69F00", "gpu": "#0072B2"}


def plot_path(folder: Path, stem: str) -> Path:
    """Where the plot of a file of results lies."""
    return folder / f"benchmarks-{stem}.png"


def write_plot(rows: Sequence[Row], folder: Path, stem: str, machine: str) -> Path | None:
    """The path of the plot of a machine, or None where there is nothing to draw."""
    figure, path = layers(rows, machine), plot_path(folder, stem)
    if figure is None:
        return None
    figure.savefig(path, dpi=110)
    return path


def layers(rows: Sequence[Row], machine: str) -> Figure | None:
    """A panel for each layer, a bar for each contender and memory."""
    both = [row for row in rows if row.work == FORWARD_BACKWARD and row.dtype == "float32"]
    found = {(row.shape, row.contender, row.memory): row for row in both if row.contender not in ENGINES}
    shapes = [shape for shape in (WIDE, LONG, DEEP) if any(key[0] == shape for key in found)]
    if not shapes:
        return None
    everyone = [contender.name for contender in lineup("cpu")]
    names = [name for name in everyone if any(key[0] in shapes and key[1] == name for key in found)][::-1]
    figure = Figure(figsize=(3.6 * len(shapes) + 1.4, 1.7 + 0.4 * len(names)), layout="constrained")
    for axes, shape in zip(figure.subplots(1, len(shapes), sharey=True, squeeze=False)[0], shapes, strict=True):
        used = [memory for memory in _MEMORIES if any((shape, name, memory) in found for name in names)]
        height = 0.8 / max(1, len(used))
        for offset, memory in enumerate(used):
            chosen = [(i, found[shape, name, memory]) for i, name in enumerate(names) if (shape, name, memory) in found]
            places = [i + 0.4 - height * (offset + 0.5) for i, _ in chosen]
            values = [row.times_ours for _, row in chosen]
            drawn = axes.barh(places, values, height, color=_MEMORIES[memory], label=f"{memory} memory")
            axes.bar_label(drawn, [f"{value:.1f}" for value in values], padding=2, fontsize=8)
        axes.axvline(1, color="#222222", linewidth=1)
        axes.set(xscale="log", title=shape, xlabel="time / ours (log scale)")
        axes.set(yticks=range(len(names)), yticklabels=map(shown, names))
        axes.set_xlim(0.8, 3 * max(row.times_ours for (one, *_), row in found.items() if one in shapes))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
        axes.grid(axis="x", color="#D9D9D9", linewidth=0.6)
    figure.suptitle(f"{machine}: forward + backward, float32", fontsize=12)
    if len(used) > 1:
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower right", fontsize=8, frameon=False, ncols=2)
    return figure
