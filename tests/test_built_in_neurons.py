"""Every variant of every built-in neuron on every engine, beside the reference."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from support import Target, is_exact, random_current
from torch import Tensor

from snnkernels.interface import VALUE
from snnkernels.neurons import NEURONS
from snnkernels.variants import Variant


def _variants() -> dict[str, tuple[str, dict[str, Any], Variant]]:
    """By a name: the neuron, the options that give the variant, and the variant."""
    found: dict[str, tuple[str, dict[str, Any], Variant]] = {}
    for name, neuron in NEURONS.items():
        options = neuron.definition.interface.options
        for choices in itertools.product(*(spec.choices or (spec.default,) for spec in options.values())):
            variant = neuron.definition.variant(choices)
            if all(variant.key != other.key for _, _, other in found.values()):
                given = {
                    option: -0.25 if choice == VALUE else choice
                    for option, choice in zip(options, choices, strict=True)
                }
                text = ", ".join(f"{option}={choice}" for option, choice in given.items())
                found[f"{name}({text})"] = (name, given, variant)
    return found


VARIANTS = _variants()
DEFAULTS = [name for name, (key, _, variant) in VARIANTS.items() if variant is NEURONS[key].variant()]


def test_there_is_a_default_of_every_neuron() -> None:
    assert [VARIANTS[name][0] for name in DEFAULTS] == list(NEURONS) and len(VARIANTS) >= 80


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # numpy's, of neurons that are not there
@pytest.mark.filterwarnings("ignore:divide by zero encountered:RuntimeWarning")
@pytest.mark.few_interpreted(name=DEFAULTS)
@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_computes_what_the_reference_does(compiled: Target, name: str) -> None:
    """Forward bit for bit, with states at every step; gradients to rounding. In float64: no spike is at a threshold."""
    key, options, variant = VARIANTS[name]
    if compiled.engine == "native" and compiled.device == "cuda" and key != "lif":
        pytest.skip("the CUDA library has LIF alone")
    neuron, (steps, count) = NEURONS[key], (9, 5) if compiled.interpreted else (35, 70)
    interface = neuron.definition.interface
    inputs = [random_current(steps, 2, count, dtype=torch.float64, device=compiled.device) for _ in interface.inputs]
    params = {
        parameter: torch.linspace(0.97, 1.0, count, dtype=torch.float64, device=compiled.device) * spec.default
        for parameter, spec in interface.params.items()
        if not isinstance(spec.default, str)
    }
    expected, actual = (
        _run(neuron, backend, inputs, {**params, **options}) for backend in ("reference", compiled.engine)
    )
    exact = is_exact(variant)
    for what, value in expected.items():
        assert value.isfinite().all(), what
        forward = not what.startswith("gradient")
        relative = 0.0 if forward and exact else 1e-9
        absolute = relative * value.abs().max().item()
        torch.testing.assert_close(
            actual[what], value, rtol=relative, atol=absolute, msg=lambda text, what=what: f"{what}: {text}"
        )


@pytest.mark.filterwarnings("ignore:.* encountered:RuntimeWarning")
@pytest.mark.few_interpreted(name=DEFAULTS[:1])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_the_reference_s_bits_in_float32(compiled: Target, name: str) -> None:
    """Outputs and states, with potentials at their thresholds; to rounding where a step has an exp."""
    key, options, variant = VARIANTS[name]
    if compiled.engine == "native" and compiled.device == "cuda" and key != "lif":
        pytest.skip("the CUDA library has LIF alone")
    interface = NEURONS[key].definition.interface
    steps, count = (9, 5) if compiled.interpreted else (35, 70)
    inputs = [random_current(steps, 2, count, device=compiled.device) for _ in interface.inputs]
    exact = is_exact(variant)
    results = []
    for backend in ("reference", compiled.engine):
        output, record = NEURONS[key](*inputs, record=interface.states, backend=backend, **options)
        results.append({"output": output, **record})
    for what, value in results[0].items():
        near = 0.0 if exact else 1e-4
        torch.testing.assert_close(
            results[1][what], value, rtol=near, atol=near, msg=lambda text, what=what: f"{what}: {text}"
        )


def _run(neuron: Any, backend: str, inputs: list[Tensor], given: dict[str, Any]) -> dict[str, Tensor]:
    leaves = [x.clone().requires_grad_() for x in inputs]
    params = {name: value.clone().requires_grad_() for name, value in given.items() if isinstance(value, Tensor)}
    states = neuron.definition.interface.states
    output, records = neuron(*leaves, record=states, surrogate="arctan", backend=backend, **{**given, **params})
    values = {"output": output, **records}
    torch.autograd.backward(list(values.values()), [_weights(value) for value in values.values()])
    found = {name: value.detach() for name, value in values.items()}
    found |= {f"gradient of input {k}": x.grad for k, x in enumerate(leaves)}
    return found | {f"gradient of {name}": value.grad for name, value in params.items() if value.grad is not None}


def _weights(like: Tensor) -> Tensor:
    return torch.linspace(-1, 2, like.numel(), dtype=like.dtype, device=like.device).view_as(like)
