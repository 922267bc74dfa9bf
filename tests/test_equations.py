"""Every built-in neuron beside plain torch loops of the equations of the libraries and papers that it names.

In float64, on the reference engine: outputs and every state over time are equal, and so are the gradients of inputs,
initial states and parameters, to 1e-12 of their largest value.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import equation_loops as loops
import pytest
import torch
from equations import Case, assert_equal, run_loop, run_neuron

from snnkernels.language import exp, where
from snnkernels.neurons.adaptive import adlif, alif, symplectic_adlif
from snnkernels.neurons.current_based import alpha_neuron, current_lif
from snnkernels.neurons.graded import integer_lif, multispike_lif, ternary_lif
from snnkernels.neurons.integrators import current_leaky_integrator, leaky_integrator
from snnkernels.neurons.lif_relatives import integrate_and_fire, parametric_lif, refractory_lif
from snnkernels.neurons.nonlinear import exponential_if

SPIKINGJELLY = ("sigmoid", 4.0)
SNNTORCH = ("arctan", 2.0)
NORSE = ("fast_sigmoid", 1.0)
SPYTORCH = ("fast_sigmoid", 100.0)
BOX = ("rectangle", 1.0)


# Surrogates that the package has no name for: (distance, slope), the slope, and the derivative by the source's formula.
SINABS = (lambda d, k: k * exp(-k * abs(d)), 2.0, lambda d: 1 / 0.5 * torch.exp(-d.abs() / 0.5))
ROCKPOOL = (lambda d, k: where(d >= -k, 1.0, 0.0), 0.5, lambda d: (d >= -0.5).double())
SE_ADLIF = (lambda d, k: exp(-k * abs(d)), 5.0, lambda d: 0.4 * 5 / (2 * torch.exp(d.abs() * 5)))


Bounds = dict[str, float | tuple[float, float]]


def _resets(*words: str) -> Iterator[tuple[str, dict[str, Any], Bounds]]:
    """Every combination of the options of a reset: its name, the options, and the value if that is a parameter."""
    for reset, detach in itertools.product(words, (True, False)):
        name = f"reset={reset}, detach_reset={detach}"
        if reset == "value":
            yield name, {"detach_reset": detach}, {"reset": (-0.3, 0.2)}
        else:
            yield name, {"detach_reset": detach, "reset": reset}, {}


def _one_potential() -> list[Case]:
    cases = []
    for words, options, value in _resets("subtract", "zero", "none", "value"):
        params: Bounds = {"threshold": (0.8, 1.2)} | value
        name = f"SpikingJelly IFNode, {words}"
        cases.append(Case(name, integrate_and_fire, loops.spikingjelly_if, params, options, SPIKINGJELLY, bias=0.0))
        for decay_input in (True, False):
            params, given = {"w": (-1.0, 1.0)} | value, options | {"decay_input": decay_input}
            name = f"SpikingJelly ParametricLIFNode, {words}, decay_input={decay_input}"
            cases.append(Case(name, parametric_lif, loops.spikingjelly_plif, params, given, SPIKINGJELLY, gain=2.0))
    for words, options, value in _resets("zero", "value"):
        params = {"tau": (1.5, 4.0), "sharpness": (0.5, 1.5), "rheobase": (0.7, 0.9)} | value
        name = f"SpikingJelly EIFNode, {words}"
        cases.append(Case(name, exponential_if, loops.spikingjelly_eif, params, options, SPIKINGJELLY, bias=-0.5))
    return cases


def _synaptic_currents() -> list[Case]:
    orders = (
        ("immediate", loops.norse_lif, NORSE),
        ("delayed", loops.snntorch_synaptic, SNNTORCH),
        ("spike_first", loops.spytorch, SPYTORCH),
    )
    params: Bounds = {"alpha": (0.5, 0.9), "beta": (0.7, 0.95), "input_scale": (0.3, 1.0)}
    return [
        Case(f"{order}, {words}", current_lif, loop, params, options | {"order": order}, surrogate, strict=True)
        for words, options, _ in _resets("subtract", "zero", "none")
        for order, loop, surrogate in orders
    ]


def _adaptive_and_refractory() -> list[Case]:
    loops_during = {
        "hold": loops.norse_refractory,
        "leak": loops.bindsnet_refractory,
        "integrate": loops.integrating_refractory,
    }
    rho: Bounds = {"rho": (0.7, 0.98)}
    params: Bounds = {"beta": (0.7, 0.95), "refractory": 3.0}
    resting: dict[str, Any] = {"strict": True, "gain": 1.5, "initial": {"r": 1.0}}
    cases = []
    for words, options, _ in _resets("subtract", "zero"):
        cases.append(Case(f"sinabs ALIF, {words}", alif, loops.sinabs_alif, rho, options, SINABS, gain=2.0))
        cases += [
            Case(f"{during}, {words}", refractory_lif, loop, params, options | {"during": during}, NORSE, **resting)
            for during, loop in loops_during.items()
        ]
    return cases


def _several_spikes() -> list[Case]:
    beta: Bounds = {"beta": (0.7, 0.98)}
    cases = []
    for reset, detach, bounded in itertools.product(("subtract", "zero"), (True, False), (True, False)):
        bound = {"min_v": (-0.9, -0.2)} if bounded else {}
        words = f"reset={reset}, detach_reset={detach}, min_v={bounded}"
        options = {"reset": reset, "detach_reset": detach}
        for name, surrogate in (("sinabs LIF", SINABS), ("Rockpool LIFTorch", ROCKPOOL)):
            params = beta | bound | {"threshold": (0.7, 1.3), "max_spikes": 3.0}
            fixed = ("max_spikes",)
            cases.append(
                Case(
                    f"{name}, {words}", multispike_lif, loops.sinabs_multispike, params, options, surrogate, fixed=fixed
                )
            )
    for detach in (True, False):
        options = {"detach_reset": detach}
        cases += [
            Case(f"EXODUS, detach_reset={detach}", multispike_lif, loops.exodus, beta, options, SINABS, gain=2.0),
            Case(f"SpikeYOLO, detach_reset={detach}", integer_lif, loops.spikeyolo, beta, options, BOX, gain=2.0),
            Case(
                f"SpikingJelly ILIFNode of 8 levels, detach_reset={detach}",
                integer_lif,
                loops.spikeyolo,
                {"threshold": (0.7, 1.3)},
                options | {"levels": 8},
                BOX,
                gain=3.0,
            ),
            Case(
                f"Ternary-Spike, detach_reset={detach}",
                ternary_lif,
                loops.ternary_spike,
                beta,
                options,
                BOX,
                fixed=("threshold",),
            ),
            Case(
                f"SpikingJelly TernaryLIFNode, reset=subtract, detach_reset={detach}",
                ternary_lif,
                loops.spikingjelly_ternary,
                beta | {"threshold": (0.8, 1.2)},
                options | {"reset": "subtract"},
                SPIKINGJELLY,
            ),
        ]
    params = beta | {"threshold": (0.8, 1.2)}
    name = "SpikingJelly TernaryLIFNode, reset=zero, detach_reset=True"
    return [*cases, Case(name, ternary_lif, loops.spikingjelly_ternary, params, {}, SPIKINGJELLY)]


CASES = [
    Case("sinabs ExpLeak", leaky_integrator, loops.exp_leak, {"beta": (0.5, 0.99)}, smooth=True),
    *(
        Case(name, current_leaky_integrator, loop, {"alpha": (0.5, 0.9)}, {"delay_input": delay}, smooth=True)
        for name, loop, delay in (
            ("Norse LICell", loops.norse_li, False),
            ("SpyTorch readout", loops.spytorch_readout, True),
        )
    ),
    *_one_potential(),
    *_synaptic_currents(),
    *_adaptive_and_refractory(),
    *(
        Case(
            f"snnTorch Alpha, reset={reset}",
            alpha_neuron,
            loops.snntorch_alpha,
            {"alpha": (0.85, 0.95), "beta": (0.6, 0.8), "gain": (1.5, 2.5)},
            {"reset": reset},
            SNNTORCH,
            strict=True,
        )
        for reset in ("zero", "subtract", "none")
    ),
    *(
        Case(
            f"sparch adLIF, detach_reset={detach}",
            adlif,
            loops.sparch_adlif,
            {"alpha": (0.82, 0.96), "rho": (0.967, 0.99), "a": (-0.1, 0.1), "b": (0.0, 0.4)},
            {"detach_reset": detach},
            BOX,
            strict=True,
            gain=6.0,
        )
        for detach in (True, False)
    ),
    *(
        Case(
            f"SE-adLIF, detach_reset={detach}",
            symplectic_adlif,
            loops.se_adlif,
            {"alpha": (0.8, 0.96), "a": (0.0, 1.0), "b": (0.0, 2.0), "q": 4.0},
            {"detach_reset": detach},
            SE_ADLIF,
            gain=6.0,
        )
        for detach in (True, False)
    ),
    Case(
        "Norse LSNNCell",
        alif,
        loops.norse_lsnn,
        {"rho": (0.7, 0.98), "adaptation": (0.5, 1.8)},
        {"reset": "zero", "detach_reset": False},
        NORSE,
        strict=True,
    ),
    *_several_spikes(),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_neuron_computes_what_its_source_does(case: Case) -> None:
    assert_equal(case, run_neuron(case, "reference"), run_loop(case))
