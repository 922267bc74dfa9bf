"""Calls as a user writes them, for mypy to tell their types and what is wrong: nothing here is run."""

from __future__ import annotations

from torch import Tensor, nn
from typing_extensions import assert_type

from snnkernels import (
    LIF,
    Activity,
    EachStep,
    PackedSpikes,
    Sequential,
    SpikeLinear,
    SpikingLinear,
    decay_from_tau,
    detach_states,
    lif,
    spike_count_loss,
)


def calls(current: Tensor, output: str, state: bool) -> None:
    assert_type(lif(current), Tensor)
    assert_type(lif(current, beta=0.5, reset="zero", output="sum"), Tensor)
    assert_type(lif(current, output="packed"), PackedSpikes)
    assert_type(lif(current, return_state=True), tuple[Tensor, Tensor])
    assert_type(lif(current, output="packed", return_state=True), tuple[PackedSpikes, Tensor])
    result = lif(current, output=output, return_state=state)
    assert_type(result, Tensor | PackedSpikes | tuple[Tensor | PackedSpikes, Tensor])


def layers(beta: Tensor) -> None:
    layer = LIF(beta, 0.5, learn_beta=True, constrain=True, slope=2, reset=-0.5, time_dim=1)
    assert_type(layer, LIF)
    assert_type(layer.slope, float | None)
    assert_type(layer.reset, float | str)
    assert_type(layer.learn_beta, bool)
    assert_type(layer.beta, float | Tensor)
    layer.slope = 3
    layer.slope = "steep"  # type: ignore[assignment]
    LIF(bta=0.9)  # type: ignore[call-arg]
    LIF(slope="steep")  # type: ignore[arg-type]
    fused = SpikingLinear(784, 100, product="dense", learn_beta=True, surrogate="arctan")
    assert_type(fused.neuron, LIF)
    assert_type(fused.linear, SpikeLinear)
    SpikingLinear(784, 100, time_dim=1)  # type: ignore[call-arg]
    SpikeLinear(784, 100, prodct="dense")  # type: ignore[call-arg]


def each_step(x: Tensor) -> None:
    assert_type(EachStep(nn.Conv2d(1, 8, 3)), EachStep)
    dropout = EachStep(nn.Dropout(0.2), same_mask=True)
    assert_type(dropout.same_mask, bool)
    assert_type(dropout.forward(x), Tensor | tuple[Tensor, ...])


def around(x: Tensor, targets: Tensor) -> None:
    net = Sequential(nn.Linear(2, 3), LIF(), return_state=True)
    assert_type(net.return_state, bool)
    Sequential(LIF(), return_states=True)  # type: ignore[call-arg]
    state = LIF(return_state=True)(x)[1]
    assert_type(detach_states({"1": x}), dict[str, Tensor])
    with Activity(net) as activity:
        net(x, {"1": state})
    assert_type(activity.firing_rates(), dict[str, float])
    assert_type(decay_from_tau(20e-3, 1e-3), float)
    assert_type(decay_from_tau(x, 1e-3, method="euler"), Tensor)
    assert_type(spike_count_loss(x, targets, num_classes=10), Tensor)
    spike_count_loss(x, targets, classes=10)  # type: ignore[call-arg]
