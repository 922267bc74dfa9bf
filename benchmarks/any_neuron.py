"""Every built-in neuron, forward and backward: our engine, a loop over its own step, LIF, and libraries' neurons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from contenders import NAIVE, REFERENCE, Contender, compiled, engines_for, our_layer, timed_call
from gate import Gate
from measure import Measurement, Work, admit_one, measure_work, sizes_of
from naive import neuron_loop
from neuron_peers import PEERS_OF
from workloads import FORWARD_BACKWARD, LONG_SHAPE, Inputs, Workload, bytes_moved, random_inputs

from snnkernels import dispatch
from snnkernels.neurons import NEURONS

# LIF beside another neuron, in the same run.
BESIDE = "lif, beside it"

# Operations that engines round each in their own way: then no two of them are equal bit for bit.
_ROUNDED = {"exp", "tanh", "sigmoid"}

# Factors of the current, of which the first is taken at which a twentieth of the outputs are not 0.
_GAINS = (0.25, 0.5, 1, 2, 4, 8, 16)
_ACTIVE = 0.05


def work_of(neuron: str) -> str:
    """The name of the work in rows."""
    return f"{neuron}, {FORWARD_BACKWARD}"


def neuron_workload(device: str) -> Workload:
    return Workload(LONG_SHAPE, torch.float32, device)


def contenders_of(neuron: str, device: str) -> list[Contender]:
    """The loop comes first, because others are compared with it."""
    loop = replace(NAIVE, build=lambda device: neuron_loop(NEURONS[neuron]))
    graph = NEURONS[neuron].variant().graph
    gate = "rounding" if _ROUNDED & {graph.nodes[index].op for index in graph.needed()} else "exact"
    engines = [
        replace(engine, build=lambda device, name=engine.name: our_layer(name, neuron=neuron), gate=gate)
        for engine in engines_for(device)
        if engine.name != REFERENCE.name
    ]
    lif = Contender(BESIDE, lambda device: our_layer(dispatch.choose(device)), gate=None)
    return [loop, compiled(loop), *engines, lif, *PEERS_OF.get(neuron, ())]


def neuron_gate(neuron: str, workload: Workload) -> Gate:
    """The gate of a neuron, with inputs that let it fire now and then."""
    return Gate(workload, driving_inputs(neuron, workload), neuron)


def driving_inputs(neuron: str, workload: Workload) -> Inputs:
    inputs, layer = random_inputs(workload), our_layer("reference", neuron=neuron)
    some = inputs.current[:, :1]
    gain = next((g for g in _GAINS if layer(some * g).count_nonzero() >= _ACTIVE * some.numel()), _GAINS[-1])
    return replace(inputs, current=inputs.current * gain)


def measure_neuron(
    neuron: str,
    workload: Workload,
    chosen: Callable[[Sequence[Contender]], Sequence[Contender]],
    repeats: int,
    memory: str,
) -> Measurement:
    """A layer of the neuron; `chosen` gives those of its contenders that are to be measured."""
    torch.compiler.reset()
    result, gate = Measurement(), neuron_gate(neuron, workload)

    def moved(states: int) -> int:
        interval = dispatch.checkpoint_interval(workload.device)
        return bytes_moved(workload, FORWARD_BACKWARD, interval, states)

    found = (
        admit_one(one, gate, result, workload.shape_name) for one in chosen(contenders_of(neuron, workload.device))
    )
    entries = [
        replace(entry, bytes=moved(1)) if entry.contender.name == BESIDE else entry
        for entry in found
        if entry is not None
    ]
    work = Work(
        name=work_of(neuron),
        shape=workload.shape_name,
        dtype=workload.dtype_name,
        device=workload.device,
        call=lambda _, layer: timed_call(layer, FORWARD_BACKWARD, gate.inputs),
        bytes=moved(len(NEURONS[neuron].definition.interface.states)),
        sizes=sizes_of(workload),
        neuron=neuron,
    )
    result.rows += measure_work(work, entries, repeats, memory)
    return result
