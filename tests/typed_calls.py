"""Calls as a user writes them, for mypy to tell their types and what is wrong: nothing here is run."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from typing_extensions import assert_type

from snnkernels import (
    LIF,
    Activity,
    EachStep,
    Neuron,
    PackedSpikes,
    Sequential,
    SpikeLinear,
    SpikingLinear,
    adlif,
    decay_from_tau,
    detach_states,
    integer_lif,
    leaky_integrator,
    lif,
    neuron,
    spike_count_loss,
)
from snnkernels.neuron_layer import NeuronLayer
from snnkernels.neurons import NEURONS

Records = dict[str, Tensor]
Output = Tensor | PackedSpikes


def calls(current: Tensor, output: str, state: bool) -> None:
    assert_type(lif(current), Tensor)
    assert_type(lif(current, beta=0.5, reset="zero", output="sum"), Tensor)
    assert_type(lif(current, output="packed"), PackedSpikes)
    assert_type(lif(current, return_state=True), tuple[Tensor, Tensor])
    assert_type(lif(current, output="packed", return_state=True), tuple[PackedSpikes, Tensor])
    assert_type(lif(current, record=("v",)), tuple[Tensor, Records])
    assert_type(lif(current, record=()), Tensor)
    assert_type(lif(current, output="packed", record=("v",)), tuple[PackedSpikes, Records])
    assert_type(lif(current, output="max", return_state=True, record=("v",)), tuple[Tensor, Tensor, Records])
    result = lif(current, output=output, return_state=state)
    some = tuple[Output, Records] | tuple[Output, Tensor] | tuple[Output, Tensor, Records]
    assert_type(result, Output | some)
    lif(current, bta=0.5)  # type: ignore[call-overload]
    lif(current, 0.5)  # type: ignore[call-overload]
    lif(current, detach_reset="no")  # type: ignore[call-overload]


def calls_of_others(x: Tensor) -> None:
    spikes, states = adlif(x, alpha=x, return_state=True)
    assert_type(spikes, Tensor)
    assert_type(states, tuple[Tensor, Tensor])
    assert_type(
        adlif(x, initial_state=(states[0], None), output="packed", record=("w", "u")), tuple[PackedSpikes, Records]
    )
    adlif(x, initial_state=x)  # type: ignore[call-overload]
    adlif(x, beta=0.5)  # type: ignore[call-overload]
    assert_type(leaky_integrator(x, output="last", record=("v",)), tuple[Tensor, Records])
    assert_type(integer_lif(x, levels=8), Tensor)
    layer = adlif.layer(0.5, learn_rho=True, threshold=x)
    assert_type(layer.alpha, float | Tensor)
    assert_type(layer.learn_rho, bool)
    layer.rho = "slow"  # type: ignore[assignment]
    adlif.layer(learn_beta=True)  # type: ignore[call-arg]
    assert_type(integer_lif.layer(levels=8).levels, int)
    assert_type(NEURONS["adlif"], Neuron)


@neuron(states=("v",))
def user(x: Any, v: Any, *, spike: Any, threshold: float = 1.0) -> tuple[Any, Any]:
    v = v + x
    return spike(v - threshold), v


def calls_of_a_user(x: Tensor) -> None:
    assert_type(user, Neuron)
    user(x, threshold=0.5, output="sum")
    layer = user.layer(0.5, learn_threshold=True)
    layer.threshold = 0.25
    assert_type(layer.threshold, Any)
    assert_type(layer.slope, float | None)
    assert_type(user.definition.interface.states, tuple[str, ...])
    fused = SpikingLinear(784, 100, neuron=user, threshold=0.5, learn_threshold=True)
    fused.neuron.threshold = 0.25
    SpikingLinear(784, 100, neuron=adlif, rho=0.5)
    SpikingLinear(784, 100, neuron=nn.ReLU())  # type: ignore[call-overload]


def layers(beta: Tensor) -> None:
    layer = LIF(beta, 0.5, learn_beta=True, constrain=True, slope=2, reset=-0.5, time_dim=1)
    assert_type(layer, LIF)
    assert_type(lif.layer(beta), LIF)
    assert_type(layer.slope, float | None)
    assert_type(layer.reset, float | Tensor | str)
    assert_type(layer.learn_beta, bool)
    assert_type(layer.beta, float | Tensor)
    layer.slope = 3
    layer.slope = "steep"  # type: ignore[assignment]
    LIF(bta=0.9)  # type: ignore[call-arg]
    LIF(slope="steep")  # type: ignore[arg-type]
    fused = SpikingLinear(784, 100, product="dense", learn_beta=True, surrogate="arctan")
    assert_type(fused.neuron, NeuronLayer)
    assert_type(fused.linear, SpikeLinear)
    SpikingLinear(784, 100, neuron=lif, beta=0.5)
    SpikingLinear(784, 100, time_dim=1)  # type: ignore[call-overload]
    SpikingLinear(784, 100, slopp=2)  # type: ignore[call-overload]
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
