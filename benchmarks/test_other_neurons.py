"""Neurons of several states beside a loop over their own step; every built-in neuron if all are asked for."""

from __future__ import annotations

from functools import lru_cache

import pytest
from any_neuron import contenders_of, neuron_gate, neuron_workload
from contenders import COMPILED_ENGINES, NAIVE, Contender, timed_call
from environment import slug
from gate import Gate
from tables import MEDIANS
from test_lif import DEVICES, admit, timed
from workloads import FORWARD_BACKWARD

from snnkernels.neurons import NEURONS

TELLING = ("current_lif", "adlif")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize(("neuron", "device", "contender"), cases(metafunc.config.option.all_shapes))


def cases(all_neurons: bool) -> list[object]:
    """The loop and our engines; with all neurons, other libraries' too."""
    return [
        pytest.param(neuron, device, contender, id="-".join((neuron, device, slug(contender.name))))
        for device in DEVICES
        for neuron in (NEURONS if all_neurons else TELLING)
        for contender in contenders_of(neuron, device)
        if contender.name in (NAIVE.name, *COMPILED_ENGINES) or (all_neurons and contender.requires)
    ]


@lru_cache(maxsize=1)
def gate_of(neuron: str, device: str) -> Gate:
    return neuron_gate(neuron, neuron_workload(device))


@pytest.mark.benchmark(min_rounds=5, max_time=0.5)
def test_neuron(benchmark, neuron: str, device: str, contender: Contender) -> None:
    gate = gate_of(neuron, device)
    entry = admit(contender, gate)
    seconds = timed(benchmark, entry, timed_call(entry.layer, FORWARD_BACKWARD, gate.inputs), neuron, device)
    if seconds is not None:
        what = f"{FORWARD_BACKWARD} of other neurons, {gate.workload}"
        MEDIANS.setdefault(what, {})[contender.name, neuron] = seconds
