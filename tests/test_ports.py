"""Three networks of other libraries, written with this package, beside plain torch loops of them and the libraries.

All start from the same weights and train with Adam: their losses are the same at every update.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from equations import DERIVATIVES, Fire
from support import skip_or_fail
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from snnkernels import (
    LIF,
    EachStep,
    Sequential,
    activity_penalty,
    current_leaky_integrator,
    current_lif,
    integrate_and_fire,
    max_potential_loss,
    spike_count_mse,
    spike_rate_loss,
    use_backend,
)

UPDATES, CLASSES = 20, 4


def fire(surrogate: str, slope: float, *, strict: bool) -> Fire:
    return Fire(DERIVATIVES[surrogate](slope), strict)


# --- SpikingJelly's network for Fashion-MNIST: convolutions, T = 4, mean squared error of the firing rates


def fashion_layers(neuron: Callable[..., nn.Module], last: nn.Module, layers: Any = nn) -> list[nn.Module]:
    """Its layers, of torch or of SpikingJelly."""
    return [
        *(layers.Conv2d(1, 4, 3, padding=1, bias=False), layers.BatchNorm2d(4), neuron(), layers.MaxPool2d(2)),
        *(layers.Conv2d(4, 6, 3, padding=1, bias=False), layers.BatchNorm2d(6), neuron(), layers.MaxPool2d(2)),
        *(layers.Flatten(), layers.Linear(24, 20, bias=False), neuron(), layers.Linear(20, CLASSES, bias=False), last),
    ]


class FashionOurs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        node = {"reset": "zero", "detach_reset": False, "surrogate": "arctan"}
        last = integrate_and_fire.layer(output="mean", **node)
        self.net = Sequential(*fashion_layers(lambda: integrate_and_fire.layer(**node), last))

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        return spike_count_mse(self.net(x.expand(4, *x.shape)), y, steps=1)


class HardReset(nn.Module):
    """Integrate-and-fire in a loop over time."""

    def forward(self, x: Tensor) -> Tensor:
        v, spikes, rule = torch.zeros_like(x[0]), [], fire("arctan", 2.0, strict=False)
        for current in x:
            v = v + current
            spikes.append(rule(v - 1.0))
            v = (1.0 - spikes[-1]) * v
        return torch.stack(spikes)


class FashionLoop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(fashion_layers(HardReset, HardReset()))

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        x = x.expand(4, *x.shape)
        for layer in self.layers:
            x = layer(x) if isinstance(layer, HardReset) else layer(x.flatten(0, 1)).unflatten(0, (4, -1))
        return functional.mse_loss(x.mean(0), functional.one_hot(y, CLASSES).to(x.dtype))


class FashionTheirs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        part = lambda name: importlib.import_module(f"spikingjelly.activation_based.{name}")  # noqa: E731
        self.functional = part("functional")
        node = lambda: part("neuron").IFNode(surrogate_function=part("surrogate").ATan())  # noqa: E731
        self.net = nn.Sequential(*fashion_layers(node, node(), part("layer")))
        self.functional.set_step_mode(self.net, "m")

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        self.functional.reset_net(self.net)
        rates = self.net(x.expand(4, *x.shape)).mean(0)
        return functional.mse_loss(rates, functional.one_hot(y, CLASSES).to(x.dtype))


# --- snnTorch's tutorial 6: convolutions, T = 25, cross-entropy at every step; the image is the same at all steps

LEAKY: dict[str, Any] = {"delay_reset": True, "strict": True, "slope": 25}  # fast_sigmoid, our default too


class TutorialSixOurs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            *(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), LIF(0.9, **LEAKY, steps=25)),
            *(EachStep(nn.Conv2d(4, 6, 2)), EachStep(nn.MaxPool2d(2)), LIF(0.9, **LEAKY)),
            *(nn.Flatten(2), nn.Linear(6, CLASSES), LIF(0.9, **LEAKY)),
        )

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        return spike_rate_loss(self.net(x), y)


class Leaky:
    """snnTorch's neuron at one step: the reset comes a step after the spike."""

    def __init__(self, beta: float) -> None:
        self.beta, self.fire = beta, fire("fast_sigmoid", 25.0, strict=True)

    def __call__(self, x: Tensor, mem: Tensor | float) -> tuple[Tensor, Tensor]:
        last = self.fire(mem - 1.0).detach() if isinstance(mem, Tensor) else 0.0
        mem = self.beta * mem + x - last * 1.0
        return self.fire(mem - 1.0), mem


class TutorialSixLoop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.fc1 = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 6, 2), nn.Linear(6, CLASSES)
        self.lif1 = self.lif2 = self.lif3 = Leaky(0.9)

    def start(self) -> list[Any]:
        return [0.0, 0.0, 0.0]

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        (mem1, mem2, mem3), loss = self.start(), x.new_zeros(())
        for _ in range(25):
            spk1, mem1 = self.lif1(functional.max_pool2d(self.conv1(x), 2), mem1)
            spk2, mem2 = self.lif2(functional.max_pool2d(self.conv2(spk1), 2), mem2)
            spk3, mem3 = self.lif3(self.fc1(spk2.flatten(1)), mem3)
            loss = loss + functional.cross_entropy(spk3, y)
        return loss / 25


class TutorialSixTheirs(TutorialSixLoop):
    def __init__(self) -> None:
        super().__init__()
        snn = importlib.import_module("snntorch")
        leaky = lambda: snn.Leaky(0.9, spike_grad=snn.surrogate.fast_sigmoid(slope=25))  # noqa: E731
        self.lif1, self.lif2, self.lif3 = leaky(), leaky(), leaky()

    def start(self) -> list[Any]:
        return [self.lif1.reset_mem(), self.lif2.reset_mem(), self.lif3.reset_mem()]


# --- snnTorch's tutorial 5: T = 25, cross-entropy on the potentials of every step, added up


class TutorialFiveOurs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            *(nn.Flatten(), nn.Linear(64, 30), LIF(0.95, **LEAKY, steps=25)),
            *(nn.Linear(30, CLASSES), LIF(0.95, **LEAKY, record=("v",))),
        )

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        _, over_time = self.net(x)
        return 25 * spike_rate_loss(over_time["v"], y)


class TutorialFiveLoop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(64, 30), nn.Linear(30, CLASSES)
        self.lif1 = self.lif2 = Leaky(0.95)

    def start(self) -> list[Any]:
        return [0.0, 0.0]

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        (mem1, mem2), loss = self.start(), x.new_zeros(())
        for _ in range(25):
            spk1, mem1 = self.lif1(self.fc1(x.flatten(1)), mem1)
            _, mem2 = self.lif2(self.fc2(spk1), mem2)
            loss = loss + functional.cross_entropy(mem2, y)
        return loss


class TutorialFiveTheirs(TutorialFiveLoop):
    def __init__(self) -> None:
        super().__init__()
        snn = importlib.import_module("snntorch")
        leaky = lambda: snn.Leaky(0.95, spike_grad=snn.surrogate.fast_sigmoid(slope=25))  # noqa: E731
        self.lif1, self.lif2 = leaky(), leaky()

    def start(self) -> list[Any]:
        return [self.lif1.reset_mem(), self.lif2.reset_mem()]


# --- a network for spoken digits as SpyTorch has it: T = 100, readout by the largest potential, penalties on spikes

ALPHA, BETA = 0.82, 0.9


class SpokenOurs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        spytorch = {"order": "spike_first", "reset": "zero", "strict": True, "slope": 100}
        self.hidden = nn.Sequential(nn.Linear(30, 24, bias=False), current_lif.layer(ALPHA, BETA, **spytorch))
        integrator = current_leaky_integrator.layer(ALPHA, BETA, delay_input=True, output="max")
        self.readout = nn.Sequential(nn.Linear(24, CLASSES, bias=False), integrator)

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        spikes = self.hidden(x)
        few = 1e-5 * len(y) * 24 * activity_penalty(spikes)
        even = 1e-5 * len(y) ** 2 * activity_penalty(spikes, order=2, over="batch")
        return max_potential_loss(self.readout(spikes), y) + few + even


class SpokenLoop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.readout = nn.Linear(30, 24, bias=False), nn.Linear(24, CLASSES, bias=False)

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        spike = fire("fast_sigmoid", 100.0, strict=True)
        syn = mem = x.new_zeros(len(y), 24)
        flt = out = x.new_zeros(len(y), CLASSES)
        spikes, potentials = [], [out]
        for current in x:
            spikes.append(spike(mem - 1.0))
            new = (BETA * mem + syn) * (1.0 - spikes[-1].detach())
            syn, mem = ALPHA * syn + self.hidden(current), new
            flt, out = ALPHA * flt + self.readout(spikes[-1]), BETA * out + flt
            potentials.append(out)
        largest, counts = torch.stack(potentials).max(0).values, torch.stack(spikes).sum(0)
        return functional.cross_entropy(largest, y) + 1e-5 * counts.sum() + 1e-5 * counts.sum(0).square().mean()


# --- the tests


@dataclass(frozen=True)
class Port:
    """x: the shape of a batch of inputs, which are drawn up to `scale`; rate: that of Adam; neurons: their layers;
    library: that of `theirs`, if it is one that can be installed.
    """

    x: tuple[int, ...]
    scale: float
    rate: float
    neurons: int
    ours: type[nn.Module]
    loop: type[nn.Module]
    library: str = ""
    theirs: type[nn.Module] | None = None


PORTS = {
    "SpikingJelly": Port((6, 1, 8, 8), 2.0, 1e-2, 4, FashionOurs, FashionLoop, "spikingjelly", FashionTheirs),
    "tutorial 6": Port((6, 1, 8, 8), 2.0, 5e-3, 3, TutorialSixOurs, TutorialSixLoop, "snntorch", TutorialSixTheirs),
    "tutorial 5": Port((6, 1, 8, 8), 2.0, 1e-2, 2, TutorialFiveOurs, TutorialFiveLoop, "snntorch", TutorialFiveTheirs),
    "spoken digits": Port((100, 6, 30), 1.0, 2e-3, 2, SpokenOurs, SpokenLoop),
}


class Operators(TorchDispatchMode):
    """Counts the calls of the engines, forward and backward."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function.namespace == "snnkernels" and function.name().endswith(("_forward", "_backward")):
            self.calls[function.name().removeprefix("snnkernels::")] += 1
        return function(*args, **(kwargs or {}))


@pytest.fixture(autouse=True)
def float64(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """snnTorch makes its spikes float32, which rounds gradients of float64: here they stay float64."""
    monkeypatch.setattr(Tensor, "float", Tensor.double)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def train(port: Port, network: type[nn.Module]) -> Tensor:
    """The losses before each of the updates. Every network has the same weights, in the same order."""
    torch.manual_seed(0)
    net = network()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 2 / parameter[0].numel() ** 0.5)
    x = port.scale * torch.rand(port.x, generator=generator)
    y = torch.randint(CLASSES, (6,), generator=generator)
    optimizer = torch.optim.Adam(net.parameters(), lr=port.rate)
    losses = []
    for _ in range(UPDATES):
        optimizer.zero_grad()
        loss = net.loss(x, y)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def assert_trains_as(port: Port, network: type[nn.Module], ours: Tensor) -> None:
    theirs = train(port, network)
    assert theirs[-1] < 0.95 * theirs[0], "it hardly trains, which tests little"
    torch.testing.assert_close(ours, theirs.reshape(ours.shape), rtol=1e-12, atol=0)


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("port", PORTS.values(), ids=PORTS.keys())
def test_a_network_trains_as_a_plain_loop_of_it(native: None, port: Port, engine: str) -> None:
    with Operators() as operators, use_backend("auto" if engine == "native" else engine):
        ours = train(port, port.ours)
    calls = port.neurons * UPDATES
    expected = {"native_forward": calls, "native_backward": calls} if engine == "native" else {}
    assert operators.calls == expected
    assert_trains_as(port, port.loop, ours)


@pytest.mark.filterwarnings("ignore")  # other libraries' warnings are not ours to heed
@pytest.mark.parametrize("name", [name for name, port in PORTS.items() if port.theirs])
def test_a_network_trains_as_the_library_s_own(native: None, name: str) -> None:
    port = PORTS[name]
    try:
        importlib.import_module(port.library)
    except ImportError as error:
        skip_or_fail(port.library, f"{port.library} cannot be imported: {error}")
    assert_trains_as(port, port.theirs, train(port, port.ours))
