"""docs/coming-from.md: every row of its tables, and its code, beside the library that it comes from.

The page is the list of tests: what stands in its tables is evaluated here, on both sides, and compared.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from support import assert_rounded, assert_same_bits, random_spikes, skip_or_fail
from torch import Tensor, nn

from snnkernels import lif

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "coming-from.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
BITS, ROUNDING, BELOW = "bits", "rounding", "bits below 2 thresholds"
STEPS, BATCH = 40, 3
GAIN = 2.0 ** torch.arange(-2, 6)  # of the current of each neuron: some hardly fire, some fire far above threshold

pytestmark = pytest.mark.filterwarnings("ignore")  # other libraries' warnings are not ours to heed


def run_snntorch(neuron: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    neuron.reset_mem()
    outputs = [neuron(step) for step in x]
    return torch.stack([out if isinstance(out, Tensor) else out[0] for out in outputs]), neuron.mem


def run_spikingjelly(neuron: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    spikes = neuron(x) if neuron.step_mode == "m" else torch.stack([neuron(step) for step in x])
    return spikes, neuron.v - (neuron.v_reset or 0.0)


def run_norse(neuron: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """Its defaults are float32 tensors, made when it was imported: here they are of x's dtype."""
    values = (value.detach().to(x.dtype) if isinstance(value, Tensor) else value for value in neuron.p)
    p = neuron.p = type(neuron.p)(*values)
    state, spikes = None, []
    for step in x:
        spike, state = neuron(step, state)
        spikes.append(spike)
    return torch.stack(spikes), state.v - (p.v_leak if hasattr(p, "v_leak") else p.v_reset)


def run_sinabs(neuron: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    return neuron(x.transpose(0, 1)).transpose(0, 1), neuron.v_mem


@dataclass(frozen=True)
class Library:
    """Another library.

    run: its neuron over all steps; spikes and the final state as ours is.
    surrogate: a neuron of its and the same of ours, where a surrogate goes into both.
    """

    module: str
    run: Callable[[Any, Tensor], tuple[Tensor, Tensor]]
    surrogate: tuple[str, str]


LIBRARIES = {
    "snnTorch": Library(
        "snntorch", run_snntorch, ("snn.Leaky(0.9, spike_grad={})", "LIF(0.9, delay_reset=True, strict=True, {})")
    ),
    "SpikingJelly": Library(
        "spikingjelly",
        run_spikingjelly,
        ("neuron.IFNode(surrogate_function={})", 'LIF(1, reset="zero", detach_reset=False, {})'),
    ),
    "Norse": Library(
        "norse",
        run_norse,
        (
            "LIFBoxCell(LIFBoxParameters({}))",
            'LIF(0.9, input_scale=0.1, reset="zero", strict=True, detach_reset=False, {})',
        ),
    ),
    "sinabs": Library(
        "sinabs",
        run_sinabs,
        ("sl.IAF(spike_fn=sina.SingleSpike, surrogate_grad_fn={})", "LIF(1, detach_reset=False, {})"),
    ),
}


class Row(NamedTuple):
    """A neuron of a library, the same of ours, and how equal they are in float32."""

    library: str
    theirs: str
    ours: str
    equal: str

    def __str__(self) -> str:
        return f"{self.library}: {self.theirs}"


def _cells(section: str) -> Iterator[list[str]]:
    """The header of a section's table, then its rows, without the marks of code."""
    for line in re.findall(r"^\|(.*)\|$", section, re.M):
        cells = [cell.strip().strip("`") for cell in line.split("|")]
        if set(cells) != {"---"}:
            yield cells


def _neuron_rows() -> Iterator[Row]:
    for library in LIBRARIES:
        header, *rows = _cells(SECTIONS[library])
        assert header == [library, "snnkernels", "float32"] and rows
        yield from (Row(library, *row) for row in rows)


def _surrogate_rows() -> Iterator[Row]:
    header, *rows = _cells(SECTIONS["Surrogates"])
    assert header == ["snnkernels", *LIBRARIES] and rows
    for ours, *cells in rows:
        for (name, library), theirs in zip(LIBRARIES.items(), cells, strict=True):
            if theirs:
                their_neuron, our_neuron = library.surrogate
                yield Row(name, their_neuron.format(theirs), our_neuron.format(ours), ROUNDING)


class LayerRow(NamedTuple):
    """A layer without time of a library, and ours over all steps."""

    library: str
    theirs: str
    ours: str

    def __str__(self) -> str:
        return f"{self.library}: {self.theirs}"


def _layer_rows() -> Iterator[LayerRow]:
    header, *rows = _cells(SECTIONS["Layers without time"])
    assert header == ["there", "here"] and rows
    for there, here in rows:
        library, theirs = re.fullmatch(r"(\w+)(?:, a step at a time)?: `(.*)", there).groups()
        yield LayerRow(library, theirs, here)


LAYERS = list(_layer_rows())
NEURONS, SURROGATES = list(_neuron_rows()), list(_surrogate_rows())


def blocks(section: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", SECTIONS[section], re.S)


def load_weights(net: nn.Module, state: dict[str, Tensor]) -> None:
    """The page's own function, which raises where a weight is missing or has no place."""
    names: dict[str, Any] = {}
    exec(blocks("Trained weights")[0], names)
    names["load_weights"](net, state)


@pytest.fixture
def dtype(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.dtype]:
    """The default dtype of a test, float64 unless it says otherwise.

    snnTorch and sinabs make their spikes float32, which rounds gradients of float64: here they stay float64.
    """
    dtype = getattr(request, "param", torch.float64)
    if dtype == torch.float64:
        monkeypatch.setattr(Tensor, "float", Tensor.double)
    torch.set_default_dtype(dtype)
    yield dtype
    torch.set_default_dtype(torch.float32)


class Result(NamedTuple):
    """What a neuron gives, and the gradients of its current and of what it learns."""

    spikes: Tensor
    state: Tensor
    grads: dict[str, Tensor]


def require(library: str) -> None:
    """Skip where the library is not installed, or fail where SNNKERNELS_REQUIRE names it."""
    module = LIBRARIES[library].module
    try:
        importlib.import_module(module)
    except ImportError as error:
        skip_or_fail(module, f"{library} cannot be imported: {error}")


def names_of(library: str, x: Tensor) -> tuple[nn.Module, Tensor, dict[str, Any]]:
    """Run the code of a library's section on an x: the model and spikes of theirs, then all names, ours last."""
    require(library)
    names: dict[str, Any] = {"x": x}
    theirs, ours = blocks(library)
    torch.manual_seed(0)
    exec(theirs, names)
    net, spikes = names["net"], names["spikes"]
    torch.manual_seed(0)  # for the same weights
    exec(ours, names)
    return net, spikes, names


def backward(outputs: tuple[Tensor, Tensor], leaves: dict[str, Tensor]) -> Result:
    spikes, state = outputs
    torch.manual_seed(1)
    torch.autograd.backward(outputs, [torch.randn(out.shape) for out in outputs])
    return Result(spikes.detach(), state.detach(), {name: leaf.grad for name, leaf in leaves.items()})


def run_row(row: Row, dtype: torch.dtype) -> tuple[Result, Result]:
    """Both sides of a row, theirs first."""
    *_, names = names_of(row.library, torch.zeros(2, 1, 784))
    current = (torch.randn(STEPS, BATCH, len(GAIN)) + 0.25) * GAIN.to(dtype)
    if row.equal == BELOW:
        current.clamp_(max=1)
    neuron = eval(row.theirs, names).to(dtype)
    learned = {name: value for name, value in neuron.named_parameters() if value.requires_grad}
    copies = {name: value.detach().clone().requires_grad_() for name, value in learned.items()}
    x = current.clone().requires_grad_()
    theirs = backward(LIBRARIES[row.library].run(neuron, x), {"x": x, **learned})

    x = current.clone().requires_grad_()
    names |= copies | {"x": x}
    neuron = names[re.match(r"\w+", row.ours)[0]]
    states = getattr(neuron, "definition", lif.definition).interface.states
    if "(x, " in row.ours:
        leaves = copies
        spikes, state = eval(row.ours.removesuffix(")") + ", return_state=True)", names)
    else:
        layer = eval(row.ours, names)
        layer.return_state = True
        leaves, (spikes, state) = dict(layer.named_parameters()), layer(x)
    ours = backward((spikes, state if len(states) == 1 else state[states.index("v")]), {"x": x, **leaves})
    assert 0.05 < (theirs.spikes > 0).double().mean() < 0.95
    return theirs, ours


def assert_grads_rounded(actual: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert actual.keys() == expected.keys()
    for name, grad in expected.items():
        assert_rounded(actual[name].reshape(grad.shape), grad, f"gradient of {name}", terms=STEPS)


@pytest.mark.parametrize("row", NEURONS + SURROGATES, ids=str)
def test_neuron_computes_the_same_in_float64(row: Row, dtype: torch.dtype) -> None:
    theirs, ours = run_row(row, dtype)
    assert_same_bits(ours.spikes, theirs.spikes, "spikes")
    assert_rounded(ours.state, theirs.state, "final state", terms=STEPS)
    assert_grads_rounded(ours.grads, theirs.grads)


@pytest.mark.parametrize("dtype", [torch.float32], indirect=True, ids=str)
@pytest.mark.parametrize("row", [row for row in NEURONS if row.equal in (BITS, BELOW)], ids=str)
def test_neuron_computes_the_same_bits_in_float32(row: Row, dtype: torch.dtype) -> None:
    theirs, ours = run_row(row, dtype)
    assert_same_bits(ours.spikes, theirs.spikes, "spikes")
    assert_same_bits(ours.state, theirs.state, "final state")
    assert_grads_rounded(ours.grads, theirs.grads)


@pytest.mark.parametrize("library", LIBRARIES)
def test_model_computes_the_same(library: str, dtype: torch.dtype) -> None:
    """The code before and after: spikes, gradients of the weights, and the weights load, all of them."""
    x = 6 * torch.rand(STEPS, BATCH, 784)
    net, spikes, names = names_of(library, x)
    grad = torch.randn_like(spikes)
    spikes.backward(grad)
    names["spikes"].backward(grad)
    assert 0.02 < spikes.mean() < 0.98
    assert_same_bits(names["spikes"].detach(), spikes.detach(), "spikes")
    theirs, ours = net[0].weight.grad, names["net"][0].weight.grad
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-6 * theirs.abs().max().item())  # Norse's 0.1 is float32
    load_weights(names["net"], net.state_dict())


def test_every_row_says_how_equal_it_is() -> None:
    assert {row.equal for row in NEURONS} == {BITS, ROUNDING, BELOW}


@pytest.mark.parametrize("row", LAYERS, ids=str)
def test_layer_without_time_computes_the_same(row: LayerRow, dtype: torch.dtype) -> None:
    """After its weights are loaded: outputs, in training where it keeps statistics over all steps, and gradients."""
    require(row.library)
    names: dict[str, Any] = {}
    exec(blocks(row.library)[0].split("\n\n")[0] + "\n" + blocks("Layers without time")[0].split("\n\n")[0], names)
    if row.library == "SpikingJelly":
        exec("from spikingjelly.activation_based import layer", names)
    if row.library == "Norse":
        exec("from norse.torch import Lift", names)
    theirs, ours = eval(row.theirs, names), eval(row.ours, names)
    load_weights(ours, theirs.state_dict())
    x, grads = random_spikes(STEPS, BATCH, 2, 8, 8, rate=0.5, dtype=dtype), []
    outputs = []
    for net in (theirs, ours):
        torch.manual_seed(0)  # for the same mask
        leaf = x.clone().requires_grad_()
        loop = row.library == "snnTorch" and net is theirs
        outputs.append(torch.stack([net(step) for step in leaf]) if loop else net(leaf))
        grads.append(torch.autograd.grad(outputs[-1].square().sum(), leaf)[0])
    assert_rounded(outputs[1].detach(), outputs[0].detach(), "output")
    assert_rounded(grads[1], grads[0], "gradient")


def test_model_with_convolutions_of_the_page(dtype: torch.dtype) -> None:
    names: dict[str, Any] = {"nn": nn, "x": torch.rand(STEPS, BATCH, 1, 28, 28)}
    exec(blocks("Layers without time")[0], names)
    assert names["spikes"].shape == (STEPS, BATCH, 10)


CONVOLUTIONS = """
net = nn.Sequential(
    {0}nn.Conv2d(1, 4, 3){1}, {0}nn.BatchNorm2d(4){1}, {2},
    {0}nn.MaxPool2d(2){1}, {0}nn.Flatten(){1}, nn.Linear(36, 5), {2},
)
"""


@pytest.mark.parametrize(
    ("library", "theirs", "ours"),
    [
        ("snnTorch", "snn.Leaky(0.8, learn_beta=True, init_hidden=True)", "LIF(0.9, learn_beta=True, **leaky)"),
        ("snnTorch", "snn.Leaky(0.9, threshold=0.5, init_hidden=True)", "LIF(0.9, 0.5, **leaky)"),
        ("SpikingJelly", "neuron.IFNode(v_threshold=0.5)", 'LIF(1, 0.5, reset="zero", **node)'),
    ],
)
def test_trained_network_with_convolutions(library: str, theirs: str, ours: str, dtype: torch.dtype) -> None:
    """Its weights and statistics, and what its neurons learned, strictly: the same spikes of the last layer."""
    *_, names = names_of(library, torch.zeros(2, 1, 784))
    exec("from snnkernels import EachStep\n" + CONVOLUTIONS.format("", "", theirs), names)
    net = names["net"]
    x = torch.rand(STEPS, BATCH, 1, 8, 8)
    for step in x:  # statistics, in training
        net(step)
    state = net.eval().state_dict()
    if library == "snnTorch":
        names["utils"].reset(net)
    else:
        names["functional"].reset_net(net)
    expected = torch.stack([net(step) for step in x])
    exec(CONVOLUTIONS.format("EachStep(", ")", ours), names)
    timed = names["net"].eval()
    load_weights(timed, state)
    assert 0.02 < expected.mean() < 0.98
    assert_same_bits(timed(x).detach(), expected.detach(), "spikes")
    without = {name: value for name, value in state.items() if name != "0.weight"}
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0.weight"'):
        load_weights(timed, without)
    with pytest.raises(RuntimeError, match=r'Unexpected key\(s\) in state_dict: "0.gain"'):
        load_weights(timed, {**state, "0.gain": torch.ones(1)})
