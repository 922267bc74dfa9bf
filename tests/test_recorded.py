"""Neurons beside numbers that other libraries' own modules gave once: tests/recorded/record.py wrote them.

In float64 outputs, states after the last step, and the gradient of the current are equal to 1e-12 of their largest
value. Each file of numbers names the version of its library.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from example_neurons import example
from torch import Tensor

from snnkernels import lif
from snnkernels.language import exp
from snnkernels.neurons.adaptive import alif
from snnkernels.neurons.current_based import alpha_neuron, current_lif
from snnkernels.neurons.graded import integer_lif, multispike_lif, ternary_lif
from snnkernels.neurons.integrators import current_leaky_integrator, leaky_integrator
from snnkernels.neurons.lif_relatives import integrate_and_fire, parametric_lif, refractory_lif
from snnkernels.neurons.nonlinear import exponential_if

FOLDER = Path(__file__).parent / "recorded"
FILES = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
RECORDED = {recording["neuron"]: recording for file in FILES.values() for recording in file["recordings"]}
EXACT = 1e-12

Result = tuple[Tensor, dict[str, Tensor]]


def _weights(like: Tensor) -> Tensor:
    return (torch.cos(torch.arange(like.numel())) * 64).round().double().reshape(like.shape) / 64


def ours(neuron: Any, *names: str, start: float = 0.0, **options: Any) -> Callable[[Tensor], Result]:
    """A neuron of ours; `names` are the library's names for its states, `start` is where those that are not 0 start."""

    def run(x: Tensor) -> Result:
        initial = torch.full_like(x[0], start) if start else None
        given = {"initial_state": initial, "return_state": True, "backend": "reference", **options}
        output, final = neuron(x, **given)
        states = (final,) if isinstance(final, Tensor) else final
        return output, {name: state for name, state in zip(names, states, strict=True) if name}

    return run


def norse_refractory(x: Tensor) -> Result:
    """Its input is a current that decays by itself."""
    current, i = leaky_integrator(x, beta=0.8, return_state=True)
    options = {"reset": "zero", "detach_reset": False, "refractory": 2.0, **NORSE}
    output, (v, r) = refractory_lif(current, beta=0.9, input_scale=0.1, return_state=True, **options)
    return output, {"v": v, "i": 0.8 * i, "rho": r}


def norse_lsnn(x: Tensor) -> Result:
    """The potential takes the current of the step before; Norse's b is the threshold, as it stands before its decay."""
    current, i = leaky_integrator(x, beta=0.8, return_state=True)
    before = torch.cat([torch.zeros_like(current[:1]), current[:-1]])
    rho, added = 0.9, 1.8
    output, (v, b) = alif(
        before,
        beta=0.9,
        input_scale=0.1,
        rho=rho,
        adaptation=rho * added / (1 - rho),
        reset="zero",
        detach_reset=False,
        return_state=True,
        **NORSE,
    )
    return output, {"v": v, "i": i, "b": 1 + added / (1 - rho) * b}


def sinabs_synaptic_lif(x: Tensor) -> Result:
    decay = math.exp(-1 / 5)
    current, i = leaky_integrator(decay * x, beta=decay, return_state=True)
    output, states = ours(multispike_lif, "v_mem", beta=TEN, detach_reset=False, **SINABS)(current)
    return output, {**states, "i_syn": i}


def gated_lif(x: Tensor) -> Result:
    record = load_record()
    logit = {name: torch.as_tensor(value, dtype=torch.float64) for name, value in record.GATED.items()}
    conduct = logit.pop("conduct").unsqueeze(1).double()
    steps = len(x)
    numbers = {"decay": -math.log(3.0), "threshold": 0.0, "subtract": 0.0, "linear_decay": -math.log(4 * steps - 1.0)}
    numbers = {name: torch.tensor(value).double() for name, value in numbers.items()}  # which it keeps in float32
    return example("glif")(x.unsqueeze(1), conduct, **logit, **numbers, **RECTANGLE).squeeze(1), {}


def load_record() -> Any:
    spec = importlib.util.spec_from_file_location("recorded_record", FOLDER / "record.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def izhikevich(x: Tensor) -> Result:
    start = (torch.full_like(x[0], -70.0), torch.full_like(x[0], -14.0))
    neuron = ours(example("izhikevich"), "v", "u", d=6.0, initial_state=start, **NORSE)
    return neuron(x)


SNNTORCH = {"strict": True, "surrogate": "arctan"}
SIGMOID = {"surrogate": "sigmoid", "slope": 4.0}
ATTACHED = {**SIGMOID, "detach_reset": False}
RECTANGLE = {"surrogate": "rectangle", "slope": 1.0}
NORSE = {"strict": True, "surrogate": "fast_sigmoid", "slope": 1.0}
SINABS = {"surrogate": lambda d, k: k * exp(-k * abs(d)), "slope": 2.0}
SYNAPTIC = {"alpha": 0.8, "beta": 0.9, "order": "delayed", **SNNTORCH}
ALPHA = {"gain": math.log(0.9) / (math.log(0.8) - math.log(0.9)) + 1, **SNNTORCH}
TEN = math.exp(-1 / 10)
PLIF = {"w": -math.log(3.0 - 1.0)}

OURS: dict[str, Callable[[Tensor], Result]] = {
    # snnTorch
    "snn.Synaptic(0.8, 0.9)": ours(current_lif, "syn", "mem", **SYNAPTIC),
    "snn.Synaptic(0.8, 0.9, reset_mechanism='zero')": ours(current_lif, "syn", "mem", reset="zero", **SYNAPTIC),
    "snn.Synaptic(0.8, 0.9, reset_mechanism='none')": ours(current_lif, "syn", "mem", reset="none", **SYNAPTIC),
    "snn.Alpha(0.9, 0.8)": ours(alpha_neuron, "syn_exc", "syn_inh", "mem", **ALPHA),
    "snn.Alpha(0.9, 0.8, reset_mechanism='subtract')": ours(
        alpha_neuron, "syn_exc", "syn_inh", "mem", reset="subtract", **ALPHA
    ),
    "snn.Alpha(0.9, 0.8, reset_mechanism='none')": ours(
        alpha_neuron, "syn_exc", "syn_inh", "mem", reset="none", **ALPHA
    ),
    "snn.Lapicque(R=5.0, C=2.0)": ours(lif, "mem", beta=0.9, input_scale=0.5, delay_reset=True, **SNNTORCH),
    # SpikingJelly
    "neuron.IFNode()": ours(integrate_and_fire, "v", reset="zero", **ATTACHED),
    "neuron.IFNode(v_reset=None, detach_reset=True)": ours(integrate_and_fire, "v", **SIGMOID),
    "neuron.NonSpikingLIFNode(tau=4.0)": ours(leaky_integrator, "v", beta=0.75, input_scale=0.25),
    "neuron.ParametricLIFNode(init_tau=3.0)": ours(parametric_lif, "v", reset="zero", **PLIF, **ATTACHED),
    "neuron.ParametricLIFNode(init_tau=3.0, decay_input=False, v_reset=None)": ours(
        parametric_lif, "v", decay_input=False, **PLIF, **ATTACHED
    ),
    "neuron.CUBALIFNode()": lambda x: spikingjelly_cuba(x),
    "neuron.QIFNode()": ours(example("quadratic"), "v", start=-0.1, **ATTACHED),
    "neuron.EIFNode()": ours(exponential_if, "v", start=-0.1, reset=-0.1, **ATTACHED),
    "neuron.IzhikevichNode(a=0.3, b=0.2)": ours(example("adaptive_quadratic"), "v", "w", a=0.3, **ATTACHED),
    "neuron.RAFNode()": ours(
        example("resonate_and_fire"),
        "u",
        "v",
        c=math.exp(-0.2) * math.cos(1),
        d=math.exp(-0.2) * math.sin(1),
        **ATTACHED,
    ),
    "neuron.KLIFNode()": ours(example("klif"), "v", **ATTACHED),
    "neuron.KLIFNode(scale_reset=True, detach_reset=True)": ours(example("klif"), "v", scale_reset=True, **SIGMOID),
    "neuron.LIAFNode(torch.relu, False)": ours(example("liaf"), "v", **ATTACHED),
    "neuron.LIAFNode(torch.relu, True, detach_reset=True)": ours(example("liaf"), "v", above_threshold=True, **SIGMOID),
    "neuron.ComplementaryLIFNode()": ours(example("clif"), "v", "m", **RECTANGLE),
    "neuron.ILIFNode()": ours(integer_lif, "v", detach_reset=False, **RECTANGLE),
    "neuron.TernaryLIFNode(detach_reset=True)": ours(
        ternary_lif, "v", beta=0.5, input_scale=0.5, threshold=1.0, **SIGMOID
    ),
    "neuron.TernaryLIFNode(v_reset=None)": ours(
        ternary_lif, "v", beta=0.5, input_scale=0.5, threshold=1.0, reset="subtract", **ATTACHED
    ),
    "neuron.GatedLIFNode(14, 4, surrogate_function=surrogate.Rect())": gated_lif,
    # Norse
    "IAFCell()": ours(integrate_and_fire, "v", reset="zero", detach_reset=False, **NORSE),
    "LIBoxCell()": ours(leaky_integrator, "v", beta=0.9, input_scale=0.1),
    "LICell()": ours(current_leaky_integrator, "i", "v", input_scale=0.1),
    "LIFCell()": ours(current_lif, "i", "v", input_scale=0.1, reset="zero", detach_reset=False, **NORSE),
    "LIFRefracCell(LIFRefracParameters(rho_reset=torch.as_tensor(2.0)))": norse_refractory,
    "LSNNCell(LSNNParameters(tau_adapt_inv=torch.as_tensor(100.0)))": norse_lsnn,
    "LIFAdExCell()": ours(example("adex"), "i", "v", "a", **NORSE),
    "IzhikevichCell(tonic.tonic_spiking)": izhikevich,
    # sinabs
    "sl.ExpLeak(10.0)": ours(leaky_integrator, "v_mem", beta=TEN),
    "sl.IAF()": ours(multispike_lif, "v_mem", beta=1.0, detach_reset=False, **SINABS),
    "sl.IAF(spike_threshold=torch.tensor(0.5), min_v_mem=-0.75)": ours(
        multispike_lif, "v_mem", beta=1.0, threshold=0.5, min_v=-0.75, detach_reset=False, **SINABS
    ),
    "sl.LIF(10.0)": ours(multispike_lif, "v_mem", beta=TEN, input_scale=1 - TEN, detach_reset=False, **SINABS),
    "sl.LIF(10.0, spike_fn=sina.MaxSpike(2), norm_input=False)": ours(
        multispike_lif, "v_mem", beta=TEN, max_spikes=2.0, detach_reset=False, **SINABS
    ),
    "sl.LIF(10.0, reset_fn=sina.MembraneReset(), norm_input=False)": ours(
        multispike_lif, "v_mem", beta=TEN, reset="zero", **SINABS
    ),
    "sl.LIF(10.0, 5.0, norm_input=False)": sinabs_synaptic_lif,
    "sl.ALIF(10.0, 20.0)": ours(
        alif,
        "v_mem",
        "b",
        beta=TEN,
        rho=math.exp(-1 / 20),
        input_scale=1 - TEN,
        detach_reset=False,
        **SINABS,
    ),
}


def spikingjelly_cuba(x: Tensor) -> Result:
    """Its current is counted before the decay of the step, ours after it."""
    options = {"alpha": 0.5, "beta": 0.75, "threshold": 0.5, "reset": "zero", "detach_reset": False, **RECTANGLE}
    output, (i, v) = current_lif(x, return_state=True, **options)
    return output, {"c": i / 0.5, "v": v}


# As the docstrings of refractory_lif and alif say: Norse differentiates its counter of refractory steps, and sinabs
# does not differentiate the moving threshold where it is compared.
OTHER_GRADIENT = {"LIFRefracCell(LIFRefracParameters(rho_reset=torch.as_tensor(2.0)))", "sl.ALIF(10.0, 20.0)"}
SINGLE = 1e-6  # sinabs' spikes are float32, and so is what it multiplies them with


def test_every_recording_has_a_neuron_of_ours() -> None:
    assert OURS.keys() == RECORDED.keys()
    assert [file["library"] for file in FILES.values()] == ["norse", "sinabs", "snntorch", "spikingjelly"]


@pytest.mark.parametrize("name", OURS)
def test_a_neuron_gives_the_numbers_that_the_library_gave(name: str) -> None:
    recording = RECORDED[name]
    x = torch.tensor(recording["current"], dtype=torch.float64, requires_grad=True)
    output, states = OURS[name](x)
    tolerance = SINGLE if name.startswith("sl.") else EXACT
    _assert_close(output, recording["output"], "output")
    assert states.keys() == recording["states"].keys()
    for state, values in recording["states"].items():
        _assert_close(states[state], values, f"state {state}", tolerance)
    gradient = torch.autograd.grad((output * _weights(output)).sum(), x)[0]
    if name not in OTHER_GRADIENT:
        _assert_close(gradient, recording["gradient"], "gradient", tolerance)


def _assert_close(ours: Tensor, recorded: list, what: str, tolerance: float = EXACT) -> None:
    theirs = torch.tensor(recorded, dtype=torch.float64)
    largest = max(1.0, theirs.abs().max().item())
    difference = (ours.detach() - theirs).abs().max().item()
    assert difference <= tolerance * largest, f"{what} differs by {difference:.1e}"
    assert what != "output" or theirs.count_nonzero() > 2, "the neuron hardly fires"
