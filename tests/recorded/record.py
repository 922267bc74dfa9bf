"""Records what other libraries' neurons compute, as numbers for tests/test_recorded.py.

`python tests/recorded/record.py` needs snntorch, spikingjelly, norse and sinabs (`make peers` installs them), and
writes a file of numbers for each beside itself. Every neuron gets a current [T, N] in float64. What is kept: the
current, the output, the states after the last step, and the gradient of the current where the loss is the sum of the
output times `weights`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

STEPS, NEURONS = 14, 4


def weights() -> Tensor:
    """Exact in float32, which some libraries' spikes are whatever the current is."""
    return (torch.cos(torch.arange(STEPS * NEURONS)) * 64).round().double().reshape(STEPS, NEURONS) / 64


def current(gain: float, offset: float) -> Tensor:
    """Numbers with few digits, so that the files stay small."""
    values = torch.randn(STEPS, NEURONS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return (gain * (values * 32).round() / 32 + offset).requires_grad_()


Result = tuple[Tensor, dict[str, Any]]


def run_snntorch(neuron: Any, x: Tensor, states: tuple[str, ...]) -> Result:
    outputs = [neuron(step)[0] for step in x]
    return torch.stack(outputs), {name: getattr(neuron, name) for name in states}


def run_spikingjelly(neuron: Any, x: Tensor, states: tuple[str, ...]) -> Result:
    neuron.double()  # some parameters are float32 whatever torch's default is
    if type(neuron).__name__ == "GatedLIFNode":  # it takes images
        with torch.no_grad():
            for name, value in GATED.items():
                getattr(neuron, name).copy_(torch.as_tensor(value))
        return neuron(x.reshape(STEPS, 1, NEURONS, 1, 1)).reshape(STEPS, NEURONS), {}
    if type(neuron).__name__.startswith("NonSpiking"):  # it takes all steps, and gives a list
        return torch.stack(neuron(x)), {name: getattr(neuron, name) for name in states}
    return torch.stack([neuron(step) for step in x]), {name: getattr(neuron, name) for name in states}


def run_norse(neuron: Any, x: Tensor, states: tuple[str, ...]) -> Result:
    state, outputs = None, []
    for step in x:
        output, state = neuron(step, state)
        outputs.append(output)
    parts = {**state._asdict(), **(state.lif._asdict() if hasattr(state, "lif") else {})}
    return torch.stack(outputs), {name: parts[name] for name in states}


def run_sinabs(neuron: Any, x: Tensor, states: tuple[str, ...]) -> Result:
    neuron.double()  # its numbers are float32 whatever torch's default is
    return neuron(x.unsqueeze(0))[0], {name: getattr(neuron, name)[0] for name in states}


GATED = {
    "alpha": [0.4, -0.3, 0.8, 0.0],
    "beta": [-0.5, 0.2, 0.0, 0.6],
    "gamma": [0.1, 0.9, -0.7, 0.3],
    "conduct": torch.linspace(-1, 1, STEPS).unsqueeze(1).expand(STEPS, NEURONS),
}

# For each library: the names that its expressions use, how it is run, and its neurons. A neuron is an expression, the
# states that are kept, and the gain and offset of its current.
RECORDINGS: dict[str, tuple[dict[str, str], Callable[..., Result], list[tuple[str, str, float, float]]]] = {
    "snntorch": (
        {"snn": "snntorch"},
        run_snntorch,
        [
            ("snn.Synaptic(0.8, 0.9)", "syn mem", 0.5, 0.1),
            ("snn.Synaptic(0.8, 0.9, reset_mechanism='zero')", "syn mem", 0.5, 0.1),
            ("snn.Synaptic(0.8, 0.9, reset_mechanism='none')", "syn mem", 0.5, 0.1),
            ("snn.Alpha(0.9, 0.8)", "syn_exc syn_inh mem", 2.0, 0.6),
            ("snn.Alpha(0.9, 0.8, reset_mechanism='subtract')", "syn_exc syn_inh mem", 2.0, 0.6),
            ("snn.Alpha(0.9, 0.8, reset_mechanism='none')", "syn_exc syn_inh mem", 2.0, 0.6),
            ("snn.Lapicque(R=5.0, C=2.0)", "mem", 2.0, 0.5),
        ],
    ),
    "spikingjelly": (
        {
            "neuron": "spikingjelly.activation_based.neuron",
            "surrogate": "spikingjelly.activation_based.surrogate",
            "torch": "torch",
        },
        run_spikingjelly,
        [
            ("neuron.IFNode()", "v", 0.7, 0.1),
            ("neuron.IFNode(v_reset=None, detach_reset=True)", "v", 0.7, 0.1),
            ("neuron.NonSpikingLIFNode(tau=4.0)", "v", 0.7, 0.1),
            ("neuron.ParametricLIFNode(init_tau=3.0)", "v", 2.0, 0.5),
            ("neuron.ParametricLIFNode(init_tau=3.0, decay_input=False, v_reset=None)", "v", 1.0, 0.2),
            ("neuron.CUBALIFNode()", "c v", 0.5, 0.1),
            ("neuron.QIFNode()", "v", 1.0, 0.5),
            ("neuron.EIFNode()", "v", 1.0, 0.0),
            ("neuron.IzhikevichNode(a=0.3, b=0.2)", "v w", 1.0, 0.5),
            ("neuron.RAFNode()", "u v", 1.0, 0.2),
            ("neuron.KLIFNode()", "v", 2.0, 0.3),
            ("neuron.KLIFNode(scale_reset=True, detach_reset=True)", "v", 2.0, 0.3),
            ("neuron.LIAFNode(torch.relu, False)", "v", 2.0, 0.3),
            ("neuron.LIAFNode(torch.relu, True, detach_reset=True)", "v", 2.0, 0.3),
            ("neuron.ComplementaryLIFNode()", "v m", 1.0, 0.3),
            ("neuron.ILIFNode()", "v", 1.5, 0.51),
            ("neuron.TernaryLIFNode(detach_reset=True)", "v", 2.0, 0.0),
            ("neuron.TernaryLIFNode(v_reset=None)", "v", 2.0, 0.0),
            (f"neuron.GatedLIFNode({STEPS}, {NEURONS}, surrogate_function=surrogate.Rect())", "", 0.7, 0.2),
        ],
    ),
    "norse": (
        {name: "norse.torch" for name in ("LIFCell", "LSNNCell", "LICell", "LIFRefracCell", "LIBoxCell", "IAFCell")}
        | {name: "norse.torch" for name in ("LIFAdExCell", "IzhikevichCell", "LIFRefracParameters", "LSNNParameters")}
        | {"tonic": "norse.torch.functional.izhikevich", "torch": "torch"},
        run_norse,
        [
            ("IAFCell()", "v", 0.7, 0.1),
            ("LIBoxCell()", "v", 1.0, 0.0),
            ("LICell()", "v i", 1.0, 0.0),
            ("LIFCell()", "v i", 4.0, 1.0),
            ("LIFRefracCell(LIFRefracParameters(rho_reset=torch.as_tensor(2.0)))", "v i rho", 6.0, 2.0),
            ("LSNNCell(LSNNParameters(tau_adapt_inv=torch.as_tensor(100.0)))", "v i b", 4.0, 1.0),
            ("LIFAdExCell()", "v i a", 4.0, 1.0),
            ("IzhikevichCell(tonic.tonic_spiking)", "v u", 10.0, 30.0),
        ],
    ),
    "sinabs": (
        {"sl": "sinabs.layers", "sina": "sinabs.activation", "torch": "torch"},
        run_sinabs,
        [
            ("sl.ExpLeak(10.0)", "v_mem", 1.0, 0.0),
            ("sl.IAF()", "v_mem", 1.5, 0.3),
            ("sl.IAF(spike_threshold=torch.tensor(0.5), min_v_mem=-0.75)", "v_mem", 1.0, 0.0),
            ("sl.LIF(10.0)", "v_mem", 15.0, 3.0),
            ("sl.LIF(10.0, spike_fn=sina.MaxSpike(2), norm_input=False)", "v_mem", 1.5, 0.3),
            ("sl.LIF(10.0, reset_fn=sina.MembraneReset(), norm_input=False)", "v_mem", 1.5, 0.3),
            ("sl.LIF(10.0, 5.0, norm_input=False)", "v_mem i_syn", 1.0, 0.0),
            ("sl.ALIF(10.0, 20.0)", "v_mem b", 10.0, 3.0),
        ],
    ),
}


def record(expression: str, names: dict[str, Any], run: Callable[..., Result], states: str, x: Tensor) -> dict:
    output, final = run(eval(expression, names), x, tuple(states.split()))
    gradient = torch.autograd.grad((output * weights()).sum(), x)[0]
    values = {"current": x, "output": output, "gradient": gradient, "states": final}
    return {"neuron": expression} | {name: _as_lists(value) for name, value in values.items()}


def _as_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_lists(part) for name, part in value.items()}
    return value.detach().double().tolist()


def write_json(path: Path, content: dict) -> None:
    """One line for every list of numbers; whole numbers without a point."""
    lines = []
    for recording in content["recordings"]:
        parts = [f"    {json.dumps(name)}: {_short(value)}" for name, value in recording.items()]
        lines.append("  {\n" + ",\n".join(parts) + "\n  }")
    head = "".join(f"{json.dumps(key)}: {json.dumps(content[key])},\n" for key in ("library", "version", "torch"))
    path.write_text("{\n" + head + '"recordings": [\n' + ",\n".join(lines) + "\n]\n}\n")


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {_short(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_short(part) for part in value) + "]"
    if isinstance(value, float) and value == math.trunc(value):
        return str(int(value))
    return json.dumps(value)


def main() -> None:
    torch.set_default_dtype(torch.float64)  # before the libraries are imported, which make tensors then
    for library, (modules, run, neurons) in RECORDINGS.items():
        names: dict[str, Any] = {}
        for name, module in modules.items():
            imported = importlib.import_module(module)
            names[name] = getattr(imported, name, imported)
        recordings = [record(text, names, run, states, current(*drive)) for text, states, *drive in neurons]
        version = importlib.metadata.version(library)
        content = {"library": library, "version": version, "torch": torch.__version__, "recordings": recordings}
        write_json(Path(__file__).parent / f"{library}.json", content)


if __name__ == "__main__":
    main()
