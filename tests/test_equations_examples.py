"""Every neuron of examples/neurons beside a plain torch loop of its source's equations, and in training."""

from __future__ import annotations

import equation_example_loops as loops
import pytest
import torch
from equations import Case, assert_equal, run_loop, run_neuron
from example_neurons import FOLDER, example, load
from torch import Tensor

SPIKINGJELLY = ("sigmoid", 4.0)
NORSE = ("fast_sigmoid", 1.0)
BOX = ("rectangle", 1.0)
OWN = load("own_surrogates")


def _gaussian(x: Tensor, mu: float, sigma: float) -> Tensor:
    return torch.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (2 * torch.pi) ** 0.5 / sigma


def _multi_gaussian(d: Tensor) -> Tensor:
    sides = _gaussian(d, 0.5, 3.0) * 0.15 + _gaussian(d, -0.5, 3.0) * 0.15
    return (_gaussian(d, 0.0, 0.5) * 1.15 - sides) * 0.5


SRNN = (OWN.multi_gaussian, 0.5, _multi_gaussian)
BRF = (OWN.double_gaussian, 1.0, lambda d: (1.15 * _gaussian(d, 0.0, 0.5) - 2 * 0.15 * _gaussian(d, 0.0, 3.0)) * 0.5)
LSNN = (OWN.damped_triangle, 0.3, lambda d: torch.clamp(1 - d.abs(), min=0) * 0.3)

CASES = [
    *(
        case
        for detach in (True, False)
        for case in (
            Case(
                f"SpikingJelly QIFNode, detach_reset={detach}",
                example("quadratic"),
                loops.spikingjelly_qif,
                {"tau": (1.5, 4.0), "critical": (0.6, 0.9)},
                {"detach_reset": detach},
                SPIKINGJELLY,
            ),
            Case(
                f"SpikingJelly IzhikevichNode, detach_reset={detach}",
                example("adaptive_quadratic"),
                loops.spikingjelly_izhikevich,
                {"tau": (1.5, 4.0), "a": (0.0, 0.3), "b": (0.0, 0.4)},
                {"detach_reset": detach},
                SPIKINGJELLY,
                gain=1.5,
            ),
            Case(
                f"SpikingJelly RAFNode, detach_reset={detach}",
                example("resonate_and_fire"),
                loops.spikingjelly_raf,
                {"c": (0.3, 0.6)},
                {"detach_reset": detach},
                SPIKINGJELLY,
            ),
            *(
                Case(
                    f"SpikingJelly KLIFNode, detach_reset={detach}, scale_reset={scale}",
                    example("klif"),
                    loops.spikingjelly_klif,
                    {"k": (0.7, 1.5), "tau": (1.5, 3.0)},
                    {"detach_reset": detach, "scale_reset": scale},
                    SPIKINGJELLY,
                    gain=2.0,
                )
                for scale in (True, False)
            ),
            *(
                Case(
                    f"TC-LIF, detach_reset={detach}, hard_reset={hard}",
                    example("tc_lif"),
                    loops.two_compartments,
                    {"beta1": (-1.0, 1.0), "beta2": (-2.0, 0.0)},
                    {"detach_reset": detach, "hard_reset": hard},
                    ("triangle", 1.0),
                )
                for hard in (True, False)
            ),
            *(
                Case(
                    f"SpikingJelly LIAFNode, detach_reset={detach}, above_threshold={above}",
                    example("liaf"),
                    loops.spikingjelly_liaf,
                    {"beta": (0.3, 0.7)},
                    {"detach_reset": detach, "above_threshold": above},
                    SPIKINGJELLY,
                    gain=2.0,
                )
                for above in (True, False)
            ),
        )
    ),
    Case(
        "Norse IzhikevichCell",
        example("izhikevich"),
        loops.norse_izhikevich,
        {"a": (0.02, 0.1), "d": (2.0, 8.0)},
        surrogate=NORSE,
        strict=True,
        gain=40.0,
        bias=1.5,
        initial={"v": -65.0, "u": -13.0},
    ),
    Case(
        "Norse LIFAdExCell",
        example("adex"),
        loops.norse_adex,
        {"alpha": (0.7, 0.9), "a": (1.0, 4.0)},
        surrogate=NORSE,
        strict=True,
        gain=2.0,
    ),
    Case(
        "brf-neurons BRFCell",
        example("balanced_resonate_and_fire"),
        loops.brf,
        {"omega": (-8.0, 15.0), "offset": (-1.0, 3.0), "dt": 0.05},
        surrogate=BRF,
        strict=True,
        gain=20.0,
    ),
    Case(
        "Gated-LIF",
        example("glif"),
        loops.gated_lif,
        {"alpha": (-1.0, 1.0), "gamma": (-1.0, 1.0)},
        surrogate=BOX,
        strict=True,
        gain=1.5,
    ),
    Case("CLIF", example("clif"), loops.complementary_lif, {"tau": (1.5, 4.0)}, surrogate=BOX),
    Case("DH-SNN", example("dh_lif"), loops.dendrites, surrogate=SRNN, strict=True, gain=3.0),
    Case(
        "SRNN ALIF",
        example("srnn_alif"),
        loops.srnn,
        {"alpha": (0.8, 0.97), "rho": (0.9, 0.99)},
        surrogate=SRNN,
        strict=True,
        initial={"s": 1.0},
    ),
    Case(
        "LSNN-official ALIF",
        example("lsnn"),
        loops.lsnn,
        {"beta": (0.8, 0.97), "rho": (0.9, 0.99)},
        surrogate=LSNN,
        strict=True,
        gain=4.0,
        initial={"r": 1.0, "s": 0.0},
        fixed=("r", "refractory"),
    ),
    Case(
        "SpikeLM",
        example("spike_lm"),
        loops.spikelm,
        {"beta": (0.1, 0.4)},
        surrogate=BOX,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_example_computes_what_its_source_does(case: Case) -> None:
    assert_equal(case, run_neuron(case, "reference"), run_loop(case))


def test_every_example_is_compared_and_trained() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"own_surrogates", "train"}
    assert files == {case.neuron.__name__ for case in CASES} == set(load("train").SETTINGS)


@pytest.mark.parametrize("name", sorted(load("train").SETTINGS))
def test_an_example_trains(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)  # as Python does for a script
    first, last = load("train").train(name, updates=50)
    assert last < first / 2
