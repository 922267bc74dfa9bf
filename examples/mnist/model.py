"""The network: what snnkernels gives is one layer, everything else is plain torch."""

from __future__ import annotations

from torch import Tensor, nn

from snnkernels import LIF


class SpikingMLP(nn.Module):
    """Two layers of LIF neurons: inputs-hidden-classes.

    Weights are Kaiming normal, standard deviation gain / sqrt(fan_in); biases start at zero.
    """

    def __init__(self, inputs: int, hidden: int, classes: int, *, beta: float, slope: float, gain: float) -> None:
        super().__init__()
        self.to_hidden = nn.Linear(inputs, hidden)
        self.hidden = LIF(beta, slope=slope)
        self.to_output = nn.Linear(hidden, classes)
        self.output = LIF(beta, slope=slope)
        for linear in (self.to_hidden, self.to_output):
            nn.init.kaiming_normal_(linear.weight, nonlinearity="linear")
            nn.init.zeros_(linear.bias)
            linear.weight.data.mul_(gain)

    def forward(self, spikes: Tensor) -> Tensor:
        """spikes: `[T, B, inputs]`. Returns the output neurons' spikes, `[T, B, classes]`."""
        spikes = self.hidden(self.to_hidden(spikes))
        return self.output(self.to_output(spikes))
