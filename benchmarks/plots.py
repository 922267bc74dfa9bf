"""Plots of measured rows, in Okabe and Ito's colours, which colour-blind readers tell apart, and with markers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bars import DEEP, LONG, WIDE
from lineup import shown
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from measure import Row
from memory import FRESH, WARM
from workloads import FORWARD_BACKWARD, Workload, scaling_workloads

from snnkernels.dispatch import ENGINES

# Contenders in the order in which they are drawn, each with its colour, marker and line: dashed is the loop of
# a library that has one call, too, and dotted what is compiled.
STYLES = {
    "native": ("#0072B2", "o", "-"),
    "triton": ("#56B4E9", "v", "-"),
    "torch loop": ("#8C8C8C", "s", "-"),
    "torch loop, compiled": ("#222222", "D", "-"),
    "snnTorch": ("#D55E00", "^", "-"),
    "snnTorch, compiled": ("#D55E00", "<", ":"),
    "SpikingJelly": ("#E69F00", "P", "-"),
    "SpikingJelly, compiled": ("#E69F00", "d", ":"),
    "Norse": ("#009E73", "X", "-"),
    "Norse cell, loop": ("#009E73", "p", "--"),
    "Norse cell, loop, compiled": ("#009E73", "H", ":"),
    "sinabs": ("#CC79A7", "*", "-"),
    "sinabs, loop": ("#CC79A7", "h", "--"),
}


def plot_path(folder: Path, stem: str, name: str) -> Path:
    """Where the plot of a file of results lies."""
    return folder / f"benchmarks-{stem}-{name}.png"


def write_plots(rows: Sequence[Row], folder: Path, stem: str) -> list[Path]:
    """Those for which there are rows."""
    both = [row for row in rows if row.work == FORWARD_BACKWARD and row.dtype == "float32"]
    figures = {"layers": _layers(both), "scaling": _scaling(both), "memory": _memory(both)}
    paths = []
    for name, figure in figures.items():
        if figure is not None:
            paths.append(plot_path(folder, stem, name))
            figure.savefig(paths[-1], dpi=110)
    return paths


def _layers(rows: Sequence[Row]) -> Figure | None:
    """How many times as long as ours everyone takes, layer by layer."""
    memories = {WARM: "#0072B2", FRESH: "#E69F00", "gpu": "#0072B2"}
    found = {(row.shape, row.contender, row.memory): row for row in rows if row.contender not in ENGINES}
    shapes = [shape for shape in (WIDE, LONG, DEEP) if any(key[0] == shape for key in found)]
    if not shapes:
        return None
    names = [name for name in STYLES if any(key[0] in shapes and key[1] == name for key in found)][::-1]
    figure = Figure(figsize=(3.6 * len(shapes) + 1.4, 1.3 + 0.4 * len(names)), layout="constrained")
    for axes, shape in zip(figure.subplots(1, len(shapes), sharey=True, squeeze=False)[0], shapes, strict=True):
        used = [memory for memory in memories if any((shape, name, memory) in found for name in names)]
        height = 0.8 / max(1, len(used))
        for offset, memory in enumerate(used):
            chosen = [(i, found[shape, name, memory]) for i, name in enumerate(names) if (shape, name, memory) in found]
            places = [i + 0.4 - height * (offset + 0.5) for i, _ in chosen]
            values = [row.times_ours for _, row in chosen]
            drawn = axes.barh(places, values, height, color=memories[memory], label=f"{memory} memory")
            axes.bar_label(drawn, [f"{value:.1f}" for value in values], padding=2, fontsize=8)
        axes.axvline(1, color="#222222", linewidth=1)
        axes.set(
            xscale="log",
            title=shape,
            xlabel="time / ours (log scale)",
            yticks=range(len(names)),
            yticklabels=map(shown, names),
        )
        axes.set_xlim(0.8, 3 * max(row.times_ours for row in found.values()))
        axes.xaxis.set_major_formatter("{x:g}")
        _clean(axes)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower right", fontsize=8, frameon=False, ncols=2)
    return figure


def _scaling(rows: Sequence[Row]) -> Figure | None:
    """Time over the number of steps, and over the number of neurons."""
    workloads = scaling_workloads(rows[0].device) if rows else []
    steps = [w for w in workloads if w.shape[1:] == workloads[0].shape[1:]]
    neurons = [w for w in workloads if w not in steps]
    found = {(row.shape, row.contender): row for row in rows}
    if not any((workload.shape_name, name) in found for workload in workloads for name in STYLES):
        return None
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, chosen, dimension, label in ((left, steps, 0, "time steps"), (right, neurons, 2, "neurons")):
        axes.set(xscale="log", yscale="log", xlabel=f"number of {label}, {_others(chosen[0], dimension)}")
        _lines(axes, chosen, dimension, found)
        axes.set_ylabel("forward + backward, ms")
        _clean(axes)
    right.legend(fontsize=8, frameon=False, ncols=2)
    return figure


def _lines(axes: Axes, workloads: Sequence[Workload], dimension: int, found: dict[tuple[str, str], Row]) -> None:
    for name, (color, marker, line) in STYLES.items():
        points = [
            (w.shape[dimension], found[w.shape_name, name].ms) for w in workloads if (w.shape_name, name) in found
        ]
        if points:
            axes.plot(*zip(*points, strict=True), color=color, marker=marker, linestyle=line, label=shown(name))
    sizes = [workload.shape[dimension] for workload in workloads]
    axes.set_xticks(
        sizes, [f"{size:,}" if size < 2**12 else f"$2^{{{size.bit_length() - 1}}}$" for size in sizes], minor=False
    )
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")


def _others(workload: Workload, dimension: int) -> str:
    return ", ".join(part for i, part in enumerate(workload.shape_name.split(",")) if i != dimension)


def _memory(rows: Sequence[Row]) -> Figure | None:
    """Memory at the peak of forward and backward, a CPU's in the one of its memories where everyone is measured."""
    measured = [row for row in rows if row.shape == LONG and row.memory != FRESH and row.peak_bytes is not None]
    chosen = {row.contender: row.peak_bytes / 1e6 for row in measured}
    names = [name for name in STYLES if name in chosen][::-1]
    if not names:
        return None
    figure = Figure(figsize=(8, 1.2 + 0.22 * len(names)), layout="constrained")
    axes = figure.subplots()
    drawn = axes.barh([*map(shown, names)], [chosen[name] for name in names], color=[STYLES[name][0] for name in names])
    axes.bar_label(drawn, fmt="%.0f", padding=2, fontsize=8)
    memory = f"{measured[0].memory} memory"
    axes.set(title=LONG, xlabel=f"MB at the peak of forward and backward, besides the inputs, {memory}")
    _clean(axes)
    return figure


def _clean(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis="x", color="#D9D9D9", linewidth=0.6)
