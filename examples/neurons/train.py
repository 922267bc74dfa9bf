"""Train a network of any neuron of this folder on patterns drawn at random: `python examples/neurons/train.py clif`.

The network tells four classes apart. A class is a pattern of currents over 25 time steps, and a sample is its pattern
with noise: linear layer, neuron, linear layer, leaky integrator, whose largest potential is the score of a class.
"""

import argparse
import importlib
from dataclasses import dataclass, field

import own_surrogates
import torch
from torch import Tensor, nn

from snnkernels import leaky_integrator

STEPS, BATCH, INPUTS, HIDDEN, CLASSES = 25, 64, 20, 32, 4


@dataclass
class Setting:
    """How a neuron is driven: the scale and offset of its current, its starting state, and what its layer is given."""

    gain: float = 1.0
    offset: float = 0.0
    initial: tuple[float, ...] | None = None
    options: dict = field(default_factory=dict)


BOX = {"surrogate": "rectangle", "slope": 1.0}
SMOOTH = {"surrogate": "sigmoid", "slope": 4.0}
BELLS = {"surrogate": own_surrogates.multi_gaussian, "slope": 0.5}
SETTINGS = {
    "adaptive_quadratic": Setting(options=SMOOTH),
    "adex": Setting(gain=2.0, options={"surrogate": "fast_sigmoid", "slope": 1.0}),
    "balanced_resonate_and_fire": Setting(40.0, options={"surrogate": own_surrogates.double_gaussian, "slope": 1.0}),
    "clif": Setting(options=BOX),
    "dh_lif": Setting(gain=2.0, options=BELLS),
    "glif": Setting(options=BOX),
    "izhikevich": Setting(20.0, 10.0, (-65.0, -13.0), {"surrogate": "fast_sigmoid", "slope": 0.2}),
    "klif": Setting(gain=2.0, options=SMOOTH),
    "liaf": Setting(options=SMOOTH),
    "lsnn": Setting(gain=4.0, options={"surrogate": own_surrogates.damped_triangle, "slope": 0.3}),
    "quadratic": Setting(options=SMOOTH),
    "resonate_and_fire": Setting(options=SMOOTH),
    "spike_lm": Setting(options=BOX),
    "srnn_alif": Setting(options=BELLS),
    "tc_lif": Setting(options={"surrogate": "triangle", "slope": 1.0}),
}


class Network(nn.Module):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.setting = SETTINGS[name]
        self.branches = 4 if name == "dh_lif" else 1
        self.amplitudes = name in ("glif", "spike_lm")  # neurons with a second input: a value for each step
        self.first = nn.Linear(INPUTS, self.branches * HIDDEN)
        self.neuron = getattr(importlib.import_module(name), name).layer(**self.setting.options)
        self.last = nn.Linear(HIDDEN, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """x: [T, B, inputs]. Returns the scores, [B, classes]."""
        current = self.setting.gain * self.first(x) + self.setting.offset
        inputs = list(current.split(HIDDEN, dim=-1))
        if self.amplitudes:
            inputs.append(torch.ones(len(x), 1, HIDDEN))
        start = None
        if self.setting.initial is not None:
            start = tuple(torch.full_like(inputs[0][0], value) for value in self.setting.initial)
        spikes = self.neuron(*inputs, initial_state=start)
        return leaky_integrator(self.last(spikes), beta=0.9, output="max")


def train(name: str, updates: int = 100, seed: int = 0) -> tuple[float, float]:
    """Train; the mean loss of the first and of the last ten updates."""
    torch.manual_seed(seed)
    patterns = torch.randn(CLASSES, STEPS, INPUTS)
    network = Network(name)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    losses = []
    for _ in range(updates):
        label = torch.randint(CLASSES, (BATCH,))
        sample = patterns[label].transpose(0, 1) + torch.randn(STEPS, BATCH, INPUTS)
        loss = nn.functional.cross_entropy(network(sample), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses[:10]) / 10, sum(losses[-10:]) / 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("neuron", choices=sorted(SETTINGS))
    parser.add_argument("--updates", type=int, default=100)
    arguments = parser.parse_args()
    first, last = train(arguments.neuron, arguments.updates)
    print(f"{arguments.neuron}: the loss went from {first:.3f} to {last:.3f} in {arguments.updates} updates")


if __name__ == "__main__":
    main()
