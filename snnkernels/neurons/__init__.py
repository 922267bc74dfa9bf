"""Every built-in neuron, a file a family. Each is one forward step; everything else is derived from it."""

from __future__ import annotations

from ..definition import Neuron
from .adaptive import adlif, alif, symplectic_adlif
from .current_based import alpha_neuron, current_lif
from .graded import integer_lif, multispike_lif, ternary_lif
from .integrators import current_leaky_integrator, leaky_integrator
from .leaky import LIF, lif
from .lif_relatives import integrate_and_fire, parametric_lif, refractory_lif
from .nonlinear import exponential_if

_ALL = (
    lif,
    integrate_and_fire,
    parametric_lif,
    refractory_lif,
    current_lif,
    alpha_neuron,
    leaky_integrator,
    current_leaky_integrator,
    adlif,
    symplectic_adlif,
    alif,
    exponential_if,
    multispike_lif,
    integer_lif,
    ternary_lif,
)

NEURONS: dict[str, Neuron] = {neuron.__name__: neuron for neuron in _ALL}

__all__ = ["LIF", "NEURONS", *NEURONS]
