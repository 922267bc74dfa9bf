"""Leaky integrators: neurons that do not fire. Their output is the potential, so they serve as readouts and filters."""

from __future__ import annotations

from ..definition import neuron
from ..language import Value
from ..ranges import Decay


@neuron(states=("v",))
def leaky_integrator(x: Value, v: Value, *, beta: Decay = 0.9, input_scale: Value = 1.0) -> tuple[Value, Value]:
    """Leaky integrator: a neuron that does not fire, for readouts, traces and filters.

        v[t] = beta v[t-1] + input_scale x[t]
        output[t] = v[t]

    Source: the membrane between spikes in Lapicque (1907); Abbott (1999), doi:10.1016/S0361-9230(99)00161-6. In other
    libraries: Norse's LIBoxCell (input_scale = 1 - beta), sinabs' ExpLeak, SpikingJelly's NonSpikingLIFNode
    (tau = 1 / (1 - beta), input_scale = 1 / tau), Spyx's LI, the readout of sparch (input_scale = 1 - beta), and
    snnTorch's Leaky with a threshold that is never reached. A sum over time is `output="sum"`, the largest potential
    `output="max"`.

    Args:
        x: input current, in the unit of the potential.
        v: potential.
        beta: decay of the potential in one step, exp(-dt / tau).
        input_scale: factor of the input.
    """
    v = beta * v + input_scale * x
    return v, v


@neuron(states=("i", "v"))
def current_leaky_integrator(
    x: Value,
    i: Value,
    v: Value,
    *,
    alpha: Decay = 0.8,
    beta: Decay = 0.9,
    input_scale: Value = 1.0,
    delay_input: bool = False,
) -> tuple[Value, Value, Value]:
    """Current-based leaky integrator: a synaptic current that decays, into a potential that does not fire.

        v[t] = beta v[t-1] + input_scale (i[t-1] + x[t])
        i[t] = alpha (i[t-1] + x[t])
        output[t] = v[t]

    With delay_input=True the potential takes the current of the step before:

        v[t] = beta v[t-1] + input_scale i[t-1]
        i[t] = alpha i[t-1] + x[t]

    In other libraries: Norse's LICell (alpha = 1 - dt tau_syn_inv, beta = 1 - dt tau_mem_inv, input_scale = 1 - beta);
    with delay_input=True the readout of SpyTorch (Neftci, Mostafa & Zenke 2019, doi:10.1109/MSP.2019.2931595) and of
    stork.

    Args:
        x: input to the synapse.
        i: synaptic current.
        v: potential.
        alpha: decay of the current in one step.
        beta: decay of the potential in one step.
        input_scale: factor of the current.
        delay_input: let the potential take the current of the step before.
    """
    if delay_input:
        v = beta * v + input_scale * i
        return v, alpha * i + x, v
    jump = i + x
    v = beta * v + input_scale * jump
    return v, alpha * jump, v
