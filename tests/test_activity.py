"""Activity: rates and operations, beside counts made by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support import assert_same_bits, nodes, random_spikes
from torch import Tensor, nn
from torch.nn import functional

from snnkernels import (
    LIF,
    Activity,
    EachStep,
    Sequential,
    SpikeLinear,
    SpikingLinear,
    firing_rate,
    lif,
    pack_spikes,
    poisson_spikes,
)


def tiny() -> nn.Sequential:
    """Two inputs, three hidden neurons, one output; beta 0: each hidden neuron fires where its input reaches 1."""
    model = nn.Sequential(nn.Linear(2, 3, bias=False), LIF(beta=0.0), nn.Linear(3, 1, bias=False), LIF(beta=0.0))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.2, 0.2]]))
        model[2].weight.fill_(0.5)
    return model


# First sample: input 0 fires at both steps, input 1 at the second. Second sample: nothing.
INPUTS = torch.tensor([[[1.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 0.0]]])


@pytest.mark.parametrize("calls", [1, 2])
def test_counts_of_a_tiny_network(calls: int) -> None:
    """Three input spikes meet three weights each. Hidden neuron 0 fires at both steps, neuron 1 at the second: three
    spikes that meet one weight each. The output fires where both do: at the second step. All for one of two samples."""
    model = tiny()
    with Activity(model) as activity:
        for part in INPUTS.chunk(calls, 1):
            model(part)
    assert activity.firing_rates() == {"1": 3 / (2 * 2 * 3), "3": 1 / (2 * 2 * 1)}
    assert activity.neuron_rates()["1"].tolist() == [0.5, 0.25, 0.0]
    assert activity.synaptic_operations() == {"0": 9 / 2, "2": 3 / 2} and activity.macs() == {}
    first, second = activity.operations().values()
    assert (first.inputs, first.active, first.all, first.needed, first.spiking) == (4, 1.5, 12, 4.5, True)
    assert (second.inputs, second.active, second.all, second.needed) == (6, 1.5, 6, 1.5)
    assert activity.neuron_updates() == 2 * (3 + 1)
    assert not model._forward_pre_hooks and not any(module._forward_hooks for module in model.modules())


def test_a_statement_adds_to_the_one_before() -> None:
    model, activity = tiny(), None
    activity = Activity(model)
    for part in INPUTS.split(1, 1):
        with activity:
            model(part)
    assert activity.synaptic_operations() == {"0": 4.5, "2": 1.5}
    model(INPUTS)  # outside of it nothing is counted
    assert activity.synaptic_operations() == {"0": 4.5, "2": 1.5}
    with Activity(model, operations=False) as rates:
        model(INPUTS)
    assert rates.firing_rates() == activity.firing_rates() and rates.operations() == {}


def test_values_that_are_no_spikes_are_multiplied() -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    with Activity(model) as activity:
        model(torch.tensor([[[0.5, 0.0], [1.0, 0.0]]]))
    assert activity.macs()["0"] == 2 * 3 and "0" not in activity.synaptic_operations()
    layer = activity.operations()["0"]
    assert (layer.needed, layer.active, layer.spiking) == (3.0, 1.0, False)
    assert activity.firing_rates() == {}


def test_spikes_of_another_size_count_by_their_size() -> None:
    """Three spikes at once, and one of the other sign."""
    layer = nn.Linear(3, 5)
    with Activity(layer) as activity:
        layer(torch.tensor([[[3.0, 0.0, -1.0]]]))
    assert activity.synaptic_operations() == {"": 4 * 5}
    assert activity.operations()[""].active == 2


CONVOLUTIONS: list[tuple[nn.Module, tuple[int, ...]]] = [
    (nn.Conv1d(4, 6, 3), (4, 9)),
    (nn.Conv1d(4, 6, 4, padding="same", dilation=2, bias=False), (4, 9)),
    (nn.Conv2d(1, 2, 3, padding=1), (1, 3, 3)),
    (nn.Conv2d(4, 8, 3, stride=2, padding=(1, 0), groups=2), (4, 7, 8)),
    (nn.Conv2d(4, 4, (3, 2), stride=(3, 1), groups=4), (4, 8, 5)),
    (nn.Conv2d(2, 3, 3, padding=2, padding_mode="circular"), (2, 5, 4)),
    (nn.Conv2d(2, 3, 3, padding=(1, 2), padding_mode="reflect", stride=2), (2, 5, 4)),
    (nn.Conv2d(2, 3, 3, padding=1, padding_mode="replicate", dilation=2), (2, 5, 5)),
    (nn.Conv3d(2, 3, 2, padding=1, stride=2), (2, 4, 3, 5)),
    (nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2), (4, 5)),
    (nn.ConvTranspose2d(2, 3, 3, padding=2, dilation=2), (2, 4, 5)),
    (nn.Linear(6, 4), (6,)),
]


@pytest.mark.parametrize(("layer", "shape"), CONVOLUTIONS, ids=lambda value: str(value).replace(" ", ""))
def test_fan_out(layer: Any, shape: tuple[int, ...]) -> None:
    """Beside the layer itself: with weights of 1 its outputs add up to the weights that the spikes meet."""
    spikes = random_spikes(3, 2, *shape, rate=0.3)
    model = EachStep(layer) if len(shape) > 1 else layer
    with Activity(model) as activity:
        model(spikes)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.fill_(0.0 if parameter.dim() == 1 else 1.0)
        met, everything = model(spikes).sum().item(), model(torch.ones_like(spikes)).sum().item()
    counted = activity.operations()[""]
    assert met > 0 and counted.needed == met / 2 and counted.all == everything / 2
    assert counted.active == spikes.sum().item() / 2


def test_samples_are_those_of_the_model() -> None:
    """Layers within EachStep see all steps as one batch; a model may also take its batch first."""

    class Encoded(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = EachStep(nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten()))
            self.neurons = LIF(0.0)

        def forward(self, images: Tensor) -> Tensor:
            return self.neurons(self.body(images.expand(5, *images.shape)))

    model = Encoded()
    with Activity(model, batch_dim=0) as activity:
        model(images=torch.ones(3, 1, 2, 2))
    assert activity.synaptic_operations() == {"body.0": 5 * 4 * 2}
    assert activity.neuron_updates() == 5 * 8


def test_spiking_linear_still_runs_as_one_layer() -> None:
    layer = SpikingLinear(20, 8)
    apart = nn.Sequential()
    apart.linear, apart.neuron = layer.linear, layer.neuron
    model = nn.Sequential(layer, SpikingLinear(8, 4))
    x = random_spikes(6, 3, 20, rate=0.5)
    expected = model(x)
    with Activity(model) as activity:
        spikes = model(x)
    assert "SpikingLinearFunctionBackward" in nodes(spikes)
    assert_same_bits(spikes, expected)
    assert list(activity.firing_rates()) == ["0.neuron", "1.neuron"]
    hidden = layer(x)
    assert activity.firing_rates()["0.neuron"] == pytest.approx(firing_rate(hidden).item(), rel=1e-6)
    assert activity.synaptic_operations() == pytest.approx(
        {"0.linear": x.sum().item() * 8 / 3, "1.linear": hidden.sum().item() * 4 / 3}
    )
    with Activity(apart) as other:
        apart(x)
    assert other.firing_rates()["neuron"] == activity.firing_rates()["0.neuron"]
    assert other.synaptic_operations()["linear"] == activity.synaptic_operations()["0.linear"]


@pytest.mark.parametrize("kind", ["packed", "packed batch first", "poisson", "bool", "float16"])
def test_every_form_of_spikes(kind: str) -> None:
    layer, x = SpikeLinear(12, 5), random_spikes(7, 3, 12, rate=0.5)
    given: Any = {
        "packed": lambda: pack_spikes(x),
        "packed batch first": lambda: pack_spikes(x.transpose(0, 1).contiguous(), time_dim=1),
        "poisson": lambda: poisson_spikes(torch.rand(3, 12), 7, seed=1),
        "bool": lambda: x.bool(),
        "float16": lambda: x.half(),
    }[kind]()
    with Activity(layer, batch_dim=0 if kind == "packed batch first" else 1) as activity:
        layer(given)
    spikes = given if isinstance(given, Tensor) else given.unpack(torch.float32)
    assert activity.synaptic_operations()[""] == spikes.sum().item() * 5 / 3


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_state": True},
        {"output": "packed"},
        {"output": "sum"},
        {"output": "sum", "return_state": True},
        {"time_dim": 1},
        {"time_dim": -1},
        {"time_dim": 1, "output": "packed"},
        {"time_dim": 1, "output": "sum"},
    ],
    ids=str,
)
def test_every_output_of_a_layer(options: dict[str, Any]) -> None:
    current = torch.randn(6, 3, 5) + 0.5
    spikes, layer = lif(current), LIF(**options)
    time_dim = layer.time_dim
    with Activity(layer, batch_dim=0 if time_dim else 1) as activity:
        layer(current.movedim(0, time_dim).contiguous())
    assert activity.firing_rates()[""] == pytest.approx(firing_rate(spikes).item(), rel=1e-6)
    torch.testing.assert_close(activity.neuron_rates()[""], spikes.double().mean((0, 1)))
    assert activity.neuron_updates() == 6 * 5


@pytest.mark.parametrize("output", ["all", "sum", "packed"])
def test_a_constant_current(output: str) -> None:
    current, layer = torch.rand(3, 5) + 0.5, LIF(steps=6, output=output)
    with Activity(layer, batch_dim=0) as activity:
        layer(current)
    assert activity.firing_rates()[""] == pytest.approx(firing_rate(lif(current, steps=6)).item(), rel=1e-6)
    assert activity.neuron_updates() == 6 * 5


def test_states_in_a_sequential() -> None:
    model = Sequential(nn.Conv1d(2, 3, 2), LIF(), nn.Flatten(), SpikingLinear(9, 4), return_state=True)
    x, states = random_spikes(8, 3, 2, 4, rate=0.5), None
    with Activity(model) as activity:
        for chunk in x.split(3):
            _, states = model(chunk, states)
    with Activity(model) as whole:
        spikes, _ = model(x)
    assert list(activity.firing_rates()) == ["1", "3.neuron"]
    # three chunks of three samples each: a third of the operations, for as many more samples
    assert activity.synaptic_operations()["0"] * 3 == pytest.approx(whole.synaptic_operations()["0"])
    assert whole.firing_rates()["3.neuron"] == pytest.approx(firing_rate(spikes).item(), rel=1e-6)


def test_gradients_and_spikes_stay_as_they_are() -> None:
    def step(model: nn.Module) -> list[Tensor]:
        spikes = model(INPUTS)
        spikes.sum().backward()
        return [spikes.detach(), *(parameter.grad for parameter in model.parameters())]

    expected, watched = step(tiny()), tiny()
    with Activity(watched) as activity:
        found = step(watched)
    for one, other in zip(found, expected, strict=True):
        assert_same_bits(one, other)
    assert activity.firing_rates()["3"] == 0.25


def test_inference_mode_and_after() -> None:
    model = tiny()
    with Activity(model) as activity:
        with torch.inference_mode():
            model(INPUTS)
        model(INPUTS)
    assert activity.synaptic_operations() == {"0": 4.5, "2": 1.5}


def test_one_layer_under_two_names_is_counted_once() -> None:
    shared = nn.Linear(2, 2)
    model = nn.Sequential(shared, nn.Identity(), shared)
    with torch.no_grad():
        shared.weight.copy_(torch.eye(2))
        shared.bias.zero_()
    with Activity(model) as activity:
        model(INPUTS)
    assert activity.synaptic_operations() == {"0": 2 * 3 * 2 / 2}  # two calls


def test_counting_waits_for_no_device() -> None:
    """A tensor without values can be counted: nothing is read until results are asked for."""
    model = nn.Sequential(EachStep(nn.Conv2d(1, 2, 3, padding=1)), LIF(), SpikeLinear(4, 2)).to("meta")
    with Activity(model):
        model(torch.ones(5, 3, 1, 4, 4, device="meta"))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_is_not_waited_for() -> None:
    model, inputs = tiny().cuda(), INPUTS.cuda()
    with Activity(model) as activity:
        model(inputs)  # fan-outs are copied to the device once
        torch.cuda.set_sync_debug_mode("error")
        try:
            model(inputs)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert activity.synaptic_operations() == {"0": 4.5, "2": 1.5}


def test_neurons_whose_output_is_a_potential_have_no_rate() -> None:
    """Such as a readout: what comes out is no number of spikes."""

    class Readout(LIF):
        def forward(self, current: Tensor, initial_state: Tensor | None = None) -> Any:
            return functional.softplus(current)

    model = nn.Sequential(LIF(), Readout(), nn.Linear(2, 3))
    with Activity(model) as activity:
        model(INPUTS)
    assert list(activity.firing_rates()) == ["0"] and list(activity.macs()) == ["2"]


def test_wrong_use() -> None:
    model = tiny()
    for wrong, message in (
        (lambda: Activity(lif), "model must be a torch.nn.Module, got function"),
        (lambda: Activity(torch.compile(model)), "given, got .* which is compiled: a graph calls no hooks"),
        (lambda: Activity(nn.Sequential(torch.compile(model))), "in which '0' is compiled"),
        (lambda: Activity(model, batch_dim=0.5), "batch_dim must be a whole number, got 0.5"),
        (lambda: Activity(model, operations=1), "operations must be True or False, got 1"),
    ):
        with pytest.raises(TypeError, match=message):
            wrong()
    activity = Activity(model)
    with pytest.raises(RuntimeError, match="has seen no sample: call the model"):
        activity.firing_rates()
    with activity, pytest.raises(RuntimeError, match="in use by another with statement"), activity:
        pass
    with Activity(model, batch_dim=3), pytest.raises(ValueError, match=r"of shape \(2, 2, 2\), got 3"):
        model(INPUTS)
    with Activity(model), pytest.raises(TypeError, match="must be a tensor or spikes, to count samples, got list"):
        model([1.0])
