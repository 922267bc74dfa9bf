"""Draws docs/images/neurons.png: what every built-in neuron answers to a step of current."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch

from snnkernels.neurons import NEURONS

IMAGE = Path(__file__).parent / "images" / "neurons.png"
# Okabe & Ito's palette, which colour-blind readers can tell apart.
POTENTIAL, OTHERS, OUTPUT, CURRENT = "#0072B2", ("#D55E00", "#CC79A7"), "#009E73", "#999999"
STEPS, ON, OFF = 120, 10, 90
# The height of the step, and parameters other than the defaults that show what is special about a neuron.
SETTINGS: dict[str, tuple[float, dict[str, float]]] = {
    "lif": (0.16, {}),
    "integrate_and_fire": (0.1, {}),
    "parametric_lif": (1.6, {"w": -2.2}),
    "refractory_lif": (0.3, {"refractory": 10.0}),
    "current_lif": (0.05, {}),
    "alpha_neuron": (0.5, {}),
    "leaky_integrator": (0.1, {}),
    "current_leaky_integrator": (0.03, {}),
    "adlif": (2.5, {"rho": 0.97, "a": 0.02, "b": 0.4}),
    "symplectic_adlif": (2.5, {"rho": 0.97, "a": 0.5, "b": 10.0}),
    "alif": (0.3, {"rho": 0.98}),
    "exponential_if": (0.75, {"tau": 10.0, "sharpness": 0.2}),
    "multispike_lif": (1.3, {"beta": 0.95}),
    "integer_lif": (0.7, {"beta": 0.9}),
    "ternary_lif": (0.12, {"beta": 0.9}),
}


def main() -> None:
    figure, grid = plt.subplots(5, 3, figsize=(13, 14), layout="constrained", sharex=True)
    for axes, (name, neuron) in zip(grid.flat, NEURONS.items(), strict=True):
        height, params = SETTINGS[name]
        current = torch.zeros(STEPS, 1, 1)
        current[ON:OFF] = height
        if name == "ternary_lif":
            current[(ON + OFF) // 2 : OFF] = -height
        states = neuron.definition.interface.states
        output, record = neuron(current, **params, record=states, backend="reference")
        first = "u" if "u" in states else "v"
        axes.plot(record[first].flatten(), color=POTENTIAL)
        for state, color in zip((state for state in states if state not in (first, "r")), OTHERS, strict=False):
            axes.plot(record[state].flatten(), color=color, linewidth=1)
        axes.axvspan(ON, OFF, color=CURRENT, alpha=0.2, linewidth=0)
        axes.margins(y=0.25)
        if neuron.definition.interface.fires:
            fired = output.flatten().nonzero().flatten()
            tops = 0.88 + 0.04 * output.flatten()[fired]
            axes.vlines(fired, 0.88, tops, color=OUTPUT, linewidth=1.5, transform=axes.get_xaxis_transform())
        shown = "".join(f", {key}={value:g}" for key, value in params.items())
        axes.set_title(f"{name}(x{shown})", fontsize=10)
        axes.grid(alpha=0.25)
    for axes in grid[-1]:
        axes.set_xlabel("time step")
    handles = (
        plt.Line2D([], [], color=POTENTIAL, label="potential, as the state has it"),
        plt.Line2D([], [], color=OTHERS[0], label="other states"),
        plt.Line2D([], [], color=OUTPUT, label="spikes of a step, down if negative"),
        plt.Rectangle((0, 0), 1, 1, color=CURRENT, alpha=0.2, label="input current"),
    )
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    IMAGE.parent.mkdir(exist_ok=True)
    figure.savefig(IMAGE, dpi=72)


if __name__ == "__main__":
    main()
