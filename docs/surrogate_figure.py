"""Draws docs/images/surrogates.png: every surrogate derivative, and the smooth spike it is the derivative of."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch

from snnkernels.surrogates import SURROGATES

IMAGE = Path(__file__).parent / "images" / "surrogates.png"
# Okabe & Ito's palette, which colour-blind readers can tell apart.
DERIVATIVE, SMOOTH, SPIKE = "#0072B2", "#D55E00", "#999999"


def main() -> None:
    distance = torch.linspace(-1.5, 1.5, 1201, dtype=torch.float64)
    figure, grid = plt.subplots(2, 4, figsize=(13, 5.6), layout="constrained")
    for axes, (name, surrogate) in zip(grid.flat, SURROGATES.items(), strict=False):
        slope = torch.tensor(surrogate.default_slope, dtype=torch.float64)
        derivative = surrogate.derivative(distance, slope).expand_as(distance)
        axes.plot(distance, (distance >= 0).double(), color=SPIKE, linewidth=1)
        axes.plot(distance, surrogate.antiderivative(distance, slope), color=SMOOTH, linestyle="--")
        axes.plot(distance, derivative, color=DERIVATIVE)
        axes.set_title(f"{name}, slope {surrogate.default_slope:g}", fontsize=11)
        axes.set_ylim(-0.6, 1.3)
        axes.grid(alpha=0.25)
    for axes in grid[:, 0]:
        axes.set_ylabel("value")
    for axes in grid[1]:
        axes.set_xlabel("membrane potential - threshold")
    legend = grid.flat[-1]
    legend.set_axis_off()
    for color, style, label in (
        (SPIKE, "-", "spike, in forward"),
        (DERIVATIVE, "-", "surrogate derivative, in backward"),
        (SMOOTH, "--", "its antiderivative"),
    ):
        legend.plot([], [], color=color, linestyle=style, label=label)
    legend.legend(loc="center", frameon=False)
    IMAGE.parent.mkdir(exist_ok=True)
    figure.savefig(IMAGE, dpi=110)


if __name__ == "__main__":
    main()
