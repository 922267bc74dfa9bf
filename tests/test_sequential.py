"""Sequential: states in and out, layers that know no time, and what nn.Sequential promises."""

from __future__ import annotations

import copy
import pickle
import threading
from collections import OrderedDict
from typing import Any

import pytest
import torch
from support import assert_same_bits, nodes, random_spikes
from torch import Tensor, nn

from snnkernels import LIF, EachStep, Sequential, SpikeLinear, SpikingLinear, detach_states, lif


def on_a_grid(net: nn.Module) -> nn.Module:
    """Weights of which every sum is exact, in whatever order a product of any number of rows adds them."""
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim():
                parameter.copy_(torch.randint(-6, 8, parameter.shape) / 8)
    return net


def spiking_net(**options: Any) -> Sequential:
    """Neurons of every kind of layer: alone, with their linear layer, and nested."""
    nested = nn.Sequential(SpikeLinear(12, 10), LIF(0.5, learn_beta=True))
    return on_a_grid(Sequential(nn.Linear(8, 12), LIF(0.5), nested, SpikingLinear(10, 6, beta=0.5), **options))


class Trace(nn.Module):
    """A module of a user's own with a state of two tensors: a running sum and the last input."""

    def __init__(self) -> None:
        super().__init__()
        self.return_state = False

    def forward(self, x: Tensor, initial_state: Any = None) -> Any:
        total, last = (torch.zeros_like(x[0]),) * 2 if initial_state is None else initial_state
        sums = total + x.cumsum(0)
        output = sums + torch.cat([last.unsqueeze(0), x[:-1]])
        return (output, (sums[-1], x[-1])) if self.return_state else output


def assert_same_states(actual: Any, expected: Any) -> None:
    if isinstance(expected, Tensor):
        assert_same_bits(actual, expected, "state")
        return
    assert type(actual) is type(expected) and len(actual) == len(expected)
    if isinstance(expected, dict):
        assert list(actual) == list(expected)
        actual, expected = actual.values(), expected.values()
    for one, other in zip(actual, expected, strict=True):
        assert_same_states(one, other)


def test_output_and_states_are_those_of_the_layers_called_by_hand() -> None:
    net, x = spiking_net(return_state=True), random_spikes(9, 4, 8, rate=0.5)
    first = lif(net[0](x), beta=0.5, return_state=True)
    second = lif(net[2][0](first[0]), beta=net[2][1].beta, return_state=True)
    third = lif(net[3].linear(second[0]), beta=0.5, return_state=True)
    spikes, states = net(x)
    assert 0.05 < spikes.mean() < 0.95
    assert_same_bits(spikes, third[0])
    assert "SpikingLinearFunctionBackward" in nodes(spikes)  # its two parts as one
    assert_same_states(states, {"1": first[1], "2": {"1": second[1]}, "3": third[1]})
    net.return_state = False
    assert_same_bits(net(x), spikes)


@pytest.mark.parametrize("chunks", [[1] * 12, [5, 7], [11, 1]])
def test_chunks_equal_the_whole(chunks: list[int]) -> None:
    net = spiking_net(return_state=True)
    net.append(Trace())
    x = random_spikes(12, 3, 8, rate=0.5)
    whole, final = net(x)
    states, outputs = None, []
    for chunk in x.split(chunks):
        output, states = net(chunk, states)
        outputs.append(output)
    assert whole.any()
    assert_same_bits(torch.cat(outputs), whole)
    assert_same_states(states, final)


def test_gradients_through_chunks_equal_those_of_the_whole() -> None:
    net, x = spiking_net(return_state=True).double(), random_spikes(12, 3, 8, rate=0.5, dtype=torch.float64)
    grad = torch.randn(12, 3, 6, dtype=torch.float64)
    net(x)[0].backward(grad)
    expected = [parameter.grad.clone() for parameter in net.parameters()]
    net.zero_grad()
    states, loss = None, torch.zeros((), dtype=torch.float64)
    for chunk, part in zip(x.split(5), grad.split(5), strict=True):
        spikes, states = net(chunk, states)
        loss = loss + (spikes * part).sum()
    loss.backward()
    for parameter, whole in zip(net.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, whole, rtol=1e-12, atol=1e-12)
        assert whole.any()


def test_detached_states_cut_the_gradient() -> None:
    net, x = spiking_net(return_state=True), random_spikes(8, 3, 8, rate=0.5).requires_grad_()
    _, states = net(x[:4])
    cut = detach_states(states)
    assert_same_states(cut, states)
    assert not any(state.requires_grad for state in (cut["1"], cut["2"]["1"], cut["3"]))
    net(x[4:], states)[0].sum().backward(retain_graph=True)
    assert x.grad[:4].any()
    x.grad = None
    net(x[4:], cut)[0].sum().backward()
    assert not x.grad[:4].any() and x.grad[4:].any()


def test_every_form_of_state_is_detached() -> None:
    leaf = torch.ones(2, requires_grad=True)
    state = leaf * 2
    cut = detach_states({"0": (state, [state]), "1": None})
    assert list(cut) == ["0", "1"] and cut["1"] is None
    assert isinstance(cut["0"], tuple) and isinstance(cut["0"][1], list)
    assert torch.equal(cut["0"][0], state) and not cut["0"][0].requires_grad and not cut["0"][1][0].requires_grad
    assert detach_states(None) is None
    with pytest.raises(TypeError, match="states must be None, a tensor, or dicts, lists and tuples .* got str"):
        detach_states({"0": "state"})


def test_layers_keep_their_own_return_state() -> None:
    """Whatever it is, the container asks for what it needs, and others get what they asked for."""
    x = random_spikes(6, 2, 8)
    layers = [LIF(return_state=True), SpikingLinear(8, 4, return_state=True), LIF()]
    net = Sequential(*layers)
    alone = net(x)
    assert isinstance(alone, Tensor)
    net.return_state = True
    spikes, states = net(x)
    assert_same_bits(spikes, alone)
    assert list(states) == ["0", "1", "2"]
    assert [layers[0].return_state, layers[1].neuron.return_state, layers[2].return_state] == [True, True, False]
    assert isinstance(layers[0](x), tuple) and isinstance(layers[1](x), tuple) and isinstance(layers[2](x), Tensor)


def test_hooks_numbers_and_parameters_of_a_layer_count_in_a_container() -> None:
    layer, seen = LIF(0.5, learn_threshold=True, constrain=True), []
    net = Sequential(layer, return_state=True)
    layer.register_forward_hook(lambda module, inputs, output: seen.append(output))
    x = torch.rand(5, 2, 3)
    spikes, states = net(x)
    assert seen[0][0] is spikes and seen[0][1] is states["0"]
    layer.beta = 0.25
    with torch.no_grad():
        layer.threshold = 0.5
    expected = lif(x, beta=0.25, threshold=layer.threshold, return_state=True)
    spikes, states = net(x)
    assert_same_bits(spikes, expected[0])
    spikes.sum().backward()
    assert layer.parametrizations.threshold.original.grad.any()
    net.double()
    assert net(x.double())[1]["0"].dtype == torch.float64


def test_two_threads_ask_for_different_things() -> None:
    layer, x, wrong = LIF(), torch.rand(5, 2, 3), []

    def call(net: Sequential, kind: type) -> None:
        wrong.extend(1 for _ in range(200) if not isinstance(net(x), kind))

    nets = (Sequential(layer, return_state=True), tuple), (Sequential(layer), Tensor)
    threads = [threading.Thread(target=call, args=pair) for pair in nets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and layer.return_state is False


def test_layers_without_time_run_at_every_step() -> None:
    def layers() -> list[nn.Module]:
        torch.manual_seed(0)
        return [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), LIF(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5), LIF()]

    each = [isinstance(layer, (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.Flatten)) for layer in layers()]
    by_hand = nn.Sequential(*(EachStep(layer) if know else layer for layer, know in zip(layers(), each, strict=True)))
    net, x = Sequential(*layers()), torch.rand(6, 3, 1, 8, 8)
    assert [isinstance(layer, EachStep) for layer in net] == each
    assert_same_bits(net(x), by_hand(x))
    assert list(net.state_dict()) == list(nn.Sequential(*layers()).state_dict())
    nested = Sequential(nn.Sequential(*layers()[:4]), nn.Sequential(*layers()[4:]))
    assert_same_bits(nested.train()(x), net(x))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.GroupNorm(2, 4), (4, 3)),
        (nn.PReLU(4), (4,)),
        (nn.Softmax(1), (4,)),
        (nn.Unflatten(1, (2, 2)), (4,)),
        (nn.Upsample(scale_factor=2), (4, 3)),
        (nn.ChannelShuffle(2), (4, 3)),
        (nn.BatchNorm1d(4), (4,)),
        (nn.Unfold(2), (4, 3, 3)),
        (nn.GLU(1), (4,)),
        (nn.LocalResponseNorm(2), (4, 3)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_layer_is_written_as_for_one_step(layer: nn.Module, shape: tuple[int, ...]) -> None:
    x = torch.rand(5, 4, *shape)
    if isinstance(layer, nn.BatchNorm1d):
        expected = layer(x.flatten(0, 1)).unflatten(0, (5, 4))
    else:
        expected = torch.stack([layer(step) for step in x])
    torch.testing.assert_close(Sequential(layer)(x), expected, rtol=1e-6, atol=1e-6)


def test_layers_that_need_no_help_are_left_alone() -> None:
    layers = [
        nn.Linear(3, 3),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.LayerNorm(3),
        nn.Identity(),
        EachStep(nn.Flatten()),
        LIF(),
    ]
    assert all(held is layer for held, layer in zip(Sequential(*layers), layers, strict=True))


def test_a_container_of_torch_stays_as_it_is() -> None:
    plain = nn.Sequential(nn.Conv1d(2, 2, 1), LIF()).eval()
    calls: list[Any] = []
    plain.register_forward_hook(lambda *_: calls.append(1))
    net = Sequential(plain, return_state=True)
    assert type(plain) is nn.Sequential and type(plain[0]) is nn.Conv1d and plain[1] is net[0][1]
    x = torch.rand(4, 3, 2, 5)
    _, states = net(x)
    assert list(states) == ["0"] and list(states["0"]) == ["1"] and calls == [1] and not net[0].training
    assert net[0][0].weight is plain[0].weight


def test_it_is_an_nn_sequential() -> None:
    named = Sequential(OrderedDict(to_hidden=nn.Linear(3, 4), hidden=LIF()), return_state=True)
    assert list(named(torch.rand(2, 1, 3))[1]) == ["hidden"]
    net = Sequential(nn.Linear(3, 4))
    net.append(LIF())
    net.insert(1, nn.Conv1d(2, 2, 1))
    net.extend([nn.Flatten(), LIF()])
    net[0] = nn.MaxPool1d(2)
    net.add_module("4x", nn.Flatten())
    net.layer1 = nn.BatchNorm1d(3)
    assert [isinstance(layer, EachStep) for layer in net] == [True, True, False, True, False, True, True]
    part = named[1:]
    assert type(part) is Sequential and part.return_state and part[0] is named.hidden
    assert repr(Sequential(LIF(), return_state=True)).startswith("Sequential(\n  return_state=True\n  (0): LIF(")
    with pytest.raises(TypeError, match="has no option 'return_states'; did you mean 'return_state'"):
        Sequential(LIF(), return_states=True)
    with pytest.raises(AttributeError, match="did you mean 'return_state'"):
        net.return_stat = True
    with pytest.raises(TypeError, match="return_state must be True or False, got 1"):
        net.return_state = 1


@pytest.mark.parametrize("how", ["deepcopy", "pickle", "state_dict"])
def test_copies(how: str) -> None:
    net, x = spiking_net(return_state=True), random_spikes(6, 2, 8, rate=0.5)
    net.insert(0, nn.Unflatten(1, (1, 8)))
    net.insert(1, nn.Flatten())
    spikes, states = net(x)
    if how == "state_dict":
        other = spiking_net(return_state=True)
        other.insert(0, nn.Unflatten(1, (1, 8)))
        other.insert(1, nn.Flatten())
        other.load_state_dict(net.state_dict())
    else:
        other = copy.deepcopy(net) if how == "deepcopy" else pickle.loads(pickle.dumps(net))
    again, same = other(x)
    assert_same_bits(again, spikes)
    assert_same_states(same, states)
    assert not {id(parameter) for parameter in other.parameters()} & {id(p) for p in net.parameters()}


@pytest.mark.parametrize("own", [False, True])
def test_one_graph(own: bool) -> None:
    """Also where it is the first call of new classes: a constrained layer has a class of its own."""
    layers = LIF(0.5, learn_beta=True, constrain=True, return_state=own), SpikingLinear(8, 6, return_state=own)
    nested = Sequential(nn.Linear(6, 6), LIF(), return_state=own)
    net = Sequential(*layers, nested, nn.Unflatten(1, (2, 3)), nn.BatchNorm1d(2), LIF(), return_state=True)
    x = torch.rand(7, 3, 8)
    compiled = torch.compile(net, fullgraph=True, backend="aot_eager")
    first, states = compiled(x[:4])
    second, states = compiled(x[4:], detach_states(states))
    expected, past = net(x[:4])
    assert_same_bits(first, expected)
    expected, past = net(x[4:], past)
    assert_same_bits(second, expected)
    assert_same_states(states, past)
    net.return_state = False
    assert_same_bits(torch.compile(net, fullgraph=True, backend="aot_eager")(x), net(x))


def test_layers_that_are_compiled_and_graphs_of_other_tools() -> None:
    """A layer that was compiled in place is asked for its state in eager mode."""
    layer, x = LIF(0.5), torch.rand(6, 3, 8)
    net = Sequential(layer, Sequential(SpikingLinear(8, 8), LIF(return_state=True)), return_state=True)
    expected = net(x)
    layer.compile(backend="aot_eager")
    recorded = torch.fx.symbolic_trace(net, concrete_args={"initial_state": None})
    exported = torch.export.export(net, (x,)).module()
    for graph in (net, recorded, exported):
        spikes, states = graph(x)
        assert_same_bits(spikes, expected[0])
        assert_same_states(states, expected[1])


def test_parameters_of_functional_call() -> None:
    net, x = Sequential(LIF(0.5, learn_beta=True), return_state=True), torch.rand(6, 3, 8)
    beta = torch.tensor([0.25])
    spikes, states = torch.func.functional_call(net, {"0.beta": beta}, (x,))
    expected = lif(x, beta=beta, return_state=True)
    assert_same_bits(spikes, expected[0])
    assert_same_bits(states["0"], expected[1])


def test_states_of_some_layers() -> None:
    net, x = Sequential(LIF(0.5), LIF(0.5), return_state=True), torch.rand(4, 2, 3)
    _, states = net(x)
    spikes, _ = net(x, {"1": states["1"]})
    assert_same_bits(spikes, lif(lif(x, beta=0.5), beta=0.5, initial_state=states["1"]))
    net.return_state = False
    assert_same_bits(net(x, {"1": states["1"]}), spikes)


def test_layers_whose_batch_is_first() -> None:
    """`[B, T, ...]` goes through layers without time as `[T, B, ...]` does."""
    net = Sequential(nn.Conv1d(2, 3, 1), LIF(time_dim=1), nn.Flatten(), nn.Linear(12, 5), LIF(time_dim=1))
    time_first = copy.deepcopy(net)
    for layer in (time_first[1], time_first[4]):
        layer.time_dim = 0
    on_a_grid(net)
    time_first.load_state_dict(net.state_dict())
    x = random_spikes(6, 3, 2, 4)
    assert_same_bits(net(x.transpose(0, 1)).transpose(0, 1), time_first(x))


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.neurons = LIF()

    def forward(self, x: Tensor) -> Tensor:
        return x + self.neurons(x)


class Triple(nn.Module):
    return_state = False

    def forward(self, x: Tensor, initial_state: Any = None) -> Any:
        return x, None, None


def test_wrong_layers_and_states() -> None:
    x = torch.rand(3, 2, 4)
    for layer in (nn.LSTM(4, 4), nn.GRU(4, 4), nn.LSTMCell(4, 4)):
        with pytest.raises(TypeError, match=f"cannot hold {type(layer).__name__}, whose states it does not hand on"):
            Sequential(nn.Linear(4, 4), layer)
    net = Sequential(nn.Linear(4, 4), Block())
    assert net(x).shape == (3, 2, 4)  # nobody asks for its state
    net.return_state = True
    with pytest.raises(TypeError, match="cannot hand on the states in '1', Block, which holds LIF as 'neurons'"):
        net(x)
    with pytest.raises(
        TypeError, match=r"'0', Triple, must return \(output, state\) in a Sequential, got a tuple of 3"
    ):
        Sequential(Triple(), return_state=True)(x)
    net = Sequential(nn.Linear(4, 4), LIF())
    with pytest.raises(TypeError, match="states must be None or a dict .* got Tensor"):
        net(x, torch.zeros(2, 4))
    with pytest.raises(ValueError, match="got '0': those with one are '1'"):
        net(x, {"0": torch.zeros(2, 4)})
    with pytest.raises(ValueError, match=r"initial_state must broadcast to .* \(2, 4\), got \(2, 5\)"):
        net(x, {"1": torch.zeros(2, 5)})
    with pytest.raises(ValueError, match=r"EachStep\(Conv2d\) must be given \[T, B, C, H, W\], got shape \(3, 2, 4\)"):
        Sequential(nn.Conv2d(1, 1, 1))(x)
