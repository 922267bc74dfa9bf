"""Public code bases of spiking networks, and how their neurons are written with this package.

COMPLETE: each neuron that the code base's networks are made of, hidden layers and readouts. PARTS: the neuron alone,
for code bases whose networks feed spikes back through a matrix, which no neuron does by itself. LEFT_OUT: the others.
"""

from __future__ import annotations

import code_base_loops as lifs
import code_base_neurons as own
import equation_example_loops as example_loops
import equation_loops as loops
import torch
from equations import Case
from example_neurons import example, load
from torch import Tensor

from snnkernels import lif
from snnkernels.neurons.adaptive import adlif, symplectic_adlif
from snnkernels.neurons.current_based import current_lif
from snnkernels.neurons.graded import integer_lif, multispike_lif, ternary_lif
from snnkernels.neurons.integrators import current_leaky_integrator, leaky_integrator
from snnkernels.neurons.lif_relatives import parametric_lif

OWN = load("own_surrogates")
ATAN, SIGMOID, BOX, TRIANGLE = ("arctan", 2.0), ("sigmoid", 4.0), ("rectangle", 1.0), ("triangle", 1.0)
ZERO = {"reset": "zero"}
ATTACHED = {"reset": "zero", "detach_reset": False}


def _multi_gaussian(d: Tensor) -> Tensor:
    def gaussian(mu: float, sigma: float) -> Tensor:
        return torch.exp(-((d - mu) ** 2) / (2 * sigma**2)) / (2 * torch.pi) ** 0.5 / sigma

    return 0.5 * (1.15 * gaussian(0.0, 0.5) - 0.15 * gaussian(0.5, 3.0) - 0.15 * gaussian(-0.5, 3.0))


def _double_gaussian(d: Tensor) -> Tensor:
    wide, narrow = ((2 * torch.pi) ** -0.5 / s * torch.exp(-(d**2) / (2 * s * s)) for s in (3.0, 0.5))
    return 0.5 * (1.15 * narrow - 0.3 * wide)


LOW_TRIANGLE = (OWN.damped_triangle, 0.3, lambda d: 0.3 * torch.clamp(1 - d.abs(), min=0))
MULTI_GAUSSIAN = (OWN.multi_gaussian, 0.5, _multi_gaussian)
DOUBLE_GAUSSIAN = (OWN.double_gaussian, 1.0, _double_gaussian)
EXPONENTIAL = (OWN.single_exponential, 2.0, lambda d: 2 * torch.exp(-2 * d.abs()))
SLAYER = (OWN.exponential, 5.0, lambda d: 0.4 * 5 / (2 * torch.exp(d.abs() * 5)))
WINDOW = (OWN.window, 0.5, lambda d: (d >= -0.5).double())


def _jelly(name: str, surrogate: tuple = SIGMOID, decay_input: bool = True, threshold: float = 1.0, **options) -> Case:
    """SpikingJelly's LIFNode with tau = 2."""
    params = {"beta": 0.5, "input_scale": 0.5 if decay_input else 1.0, "threshold": threshold}
    return Case(name, lif, lifs.spikingjelly_lif, params, {**ZERO, **options}, surrogate, gain=2.0)


def _readout(name: str, beta: float = 0.9) -> Case:
    return Case(name, leaky_integrator, loops.exp_leak, {"beta": beta, "input_scale": 1 - beta}, smooth=True)


def _lif(name: str, loop, surrogate: tuple, options: dict, strict: bool = True, **params) -> Case:
    return Case(name, lif, loop, {"beta": 0.5, **params}, options, surrogate, strict, gain=1.5)


COMPLETE: dict[str, list[Case]] = {
    "fangwei123456/Spike-Element-Wise-ResNet": [
        Case("SEW-ResNet", lif, lifs.spikingjelly_lif, {"beta": 1.0}, ZERO, ATAN, gain=0.5)
    ],
    "fangwei123456/Parametric-Leaky-Integrate-and-Fire-Spiking-Neuron": [
        Case("PLIF", parametric_lif, loops.spikingjelly_plif, {}, ZERO, ATAN, gain=2.0)
    ],
    "ZK-Zhou/spikformer": [_jelly("Spikformer"), _jelly("Spikformer's attention", threshold=0.5)],
    "BICLab/Spike-Driven-Transformer": [_jelly("SDT")],
    "BICLab/Spike-Driven-Transformer-V2": [_jelly("SDT-V2")],
    "zhouchenlin2096/QKFormer": [_jelly("QKFormer")],
    "xyshi2000/SpikingResformer": [_jelly("SpikingResformer", ATAN)],
    "ridgerchu/SpikeGPT": [_jelly("SpikeGPT", ATAN, detach_reset=False)],
    "NeuroCompLab-psu/SpikingBERT": [_lif("SpikingBERT", lifs.spiking_bert, ATAN, {}, False, beta=0.9)],
    "brain-intelligence-lab/temporal_efficient_training": [_lif("TET", lifs.tet, TRIANGLE, ATTACHED)],
    "TEBN (Duan et al. 2022)": [_lif("TEBN", lifs.tet, TRIANGLE, ATTACHED, beta=0.25)],
    "yjwu17/STBP-for-training-SpikingNN": [_lif("STBP", lifs.stbp, BOX, {**ATTACHED, "pre_reset_state": True})],
    "thiswinex/STBP-simple": [_lif("tdBN", lifs.stbp, BOX, {**ATTACHED, "pre_reset_state": True}, beta=0.25)],
    "BICLab/TA-SNN": [
        _lif("TA-SNN", lifs.ta_snn, BOX, {"detach_reset": False}, False, beta=0.3, threshold=0.5, reset=0.5),
        Case("TA-SNN, LIAF", example("liaf"), example_loops.spikingjelly_liaf, {"beta": 0.3}, {}, BOX, gain=2.0),
    ],
    "BrainCog-X/Brain-Cog": [
        _jelly("BrainCog LIFNode", ("triangle", 2.0), threshold=0.5),
        Case(
            "BrainCog IzhNode",
            example("izhikevich"),
            example_loops.norse_izhikevich,
            surrogate=("triangle", 2.0),
            gain=40.0,
            bias=1.5,
            initial={"v": -65.0, "u": -13.0},
        ),
    ],
    "qymeng94/DSR": [Case("DSR", own.dsr, lifs.dsr, gain=4.0, smooth=True)],
    "qymeng94/SLTT": [Case("SLTT", own.sltt, lifs.sltt, {}, {}, TRIANGLE)],
    "pkuxmq/OTTT-SNN": [Case("OTTT", own.ottt, lifs.ottt, {}, {}, SIGMOID)],
    "BNTT (Kim & Panda 2021)": [
        Case("BNTT", lif, lifs.bntt, {"beta": 0.95}, {}, LOW_TRIANGLE, strict=True, gain=0.5, fixed=("threshold",)),
        _readout("BNTT's sum", 1.0),
    ],
    "nitin-rathi/hybrid-snn-conversion": [
        Case("STDB", own.stdb, lifs.stdb, initial={"age": 5.0}, fixed=("age", "alpha", "beta"), gain=0.5)
    ],
    "fangwei123456/Parallel-Spiking-Neuron": [
        Case("PSN", lif, lifs.parallel, {"beta": 0.0, "threshold": 0.2}, {"reset": "none"}, SIGMOID, fixed=("beta",))
    ],
    "Thvnvtos/SNN-delays": [_jelly("SNN-delays", ("arctan", 5.0), decay_input=False), _readout("SNN-delays' readout")],
    "jeshraghian/snntorch": [
        Case("snnTorch's tutorials", lif, lifs.snntorch_leaky, {}, {"delay_reset": True}, ATAN, strict=True, gain=0.5)
    ],
    "kmheckel/spyx": [
        Case("Spyx LIF", own.spyx, lifs.spyx, surrogate=("fast_sigmoid", 25.0), strict=True, gain=0.5),
        _readout("Spyx LI"),
    ],
    "idiap/sparch": [
        _lif("sparch LIF", lifs.sparch_lif, BOX, {"detach_reset": False}, beta=0.9, input_scale=0.1, threshold=0.2),
        Case(
            "sparch adLIF",
            adlif,
            loops.sparch_adlif,
            {"a": (-0.1, 0.1), "b": (0.0, 0.4), "rho": 0.98},
            {"detach_reset": False},
            BOX,
            strict=True,
            gain=6.0,
        ),
        _readout("sparch's readout"),
    ],
    "CAS-CLab/Gated-LIF": [
        Case("GLIF", example("glif"), example_loops.gated_lif, surrogate=BOX, strict=True, gain=1.5)
    ],
    "HuuYuLong/Complementary-LIF": [Case("CLIF", example("clif"), example_loops.complementary_lif, surrogate=BOX)],
    "yfguo91/Ternary-Spike": [
        Case(
            "Ternary-Spike",
            ternary_lif,
            loops.ternary_spike,
            {},
            ATTACHED,
            BOX,
            fixed=("threshold",),
        )
    ],
    "BICLab/SpikeYOLO": [Case("SpikeYOLO", integer_lif, loops.spikeyolo, {}, {}, BOX, gain=2.0)],
    "BICLab/Spike-Driven-Transformer-V3": [
        Case("SDT-V3", integer_lif, loops.spikeyolo, {"beta": 0.0}, {}, BOX, gain=2.0)
    ],
    "Xingrun-Xing/SpikeLM": [Case("SpikeLM", example("spike_lm"), example_loops.spikelm, surrogate=BOX)],
    "ZhangShimin1/TC-LIF": [
        Case("TC-LIF", example("tc_lif"), example_loops.two_compartments, {}, {"detach_reset": False}, TRIANGLE)
    ],
    "synsense/sinabs": [
        Case(
            "sinabs LIF",
            multispike_lif,
            loops.sinabs_multispike,
            {"min_v": -1.0, "input_scale": 0.5},
            {"detach_reset": False},
            EXPONENTIAL,
            gain=3.0,
            fixed=("max_spikes",),
        ),
        _readout("sinabs ExpLeak"),
    ],
    "synsense/sinabs-exodus": [
        Case("EXODUS", multispike_lif, loops.exodus, {}, {"detach_reset": False}, EXPONENTIAL, fixed=("max_spikes",))
    ],
    "synsense/rockpool": [
        Case(
            "Rockpool LIFTorch",
            multispike_lif,
            loops.sinabs_multispike,
            {},
            {"detach_reset": False},
            WINDOW,
            fixed=("max_spikes",),
        ),
        Case("Rockpool's current", leaky_integrator, loops.exp_leak, {"beta": 0.9, "input_scale": 0.9}, smooth=True),
    ],
}

PARTS: dict[str, list[Case]] = {
    "eva1801/DH-SNN": [
        Case("DH-SNN", example("dh_lif"), example_loops.dendrites, surrogate=MULTI_GAUSSIAN, strict=True, gain=3.0)
    ],
    "H0lzm1ch3l/SE-adlif": [Case("SE-adLIF", symplectic_adlif, loops.se_adlif, {"q": 4.0}, {}, SLAYER, gain=6.0)],
    "AdaptiveAILab/brf-neurons": [
        Case(
            "BRF",
            example("balanced_resonate_and_fire"),
            example_loops.brf,
            {"dt": 0.05},
            surrogate=DOUBLE_GAUSSIAN,
            strict=True,
            gain=20.0,
        )
    ],
    "byin-cwi/Efficient-spiking-networks": [
        Case("SRNN", example("srnn_alif"), example_loops.srnn, surrogate=MULTI_GAUSSIAN, strict=True)
    ],
    "IGITUGraz/LSNN-official": [
        Case(
            "LSNN",
            example("lsnn"),
            example_loops.lsnn,
            surrogate=LOW_TRIANGLE,
            strict=True,
            gain=8.0,
            initial={"r": 0.0, "s": 0.0},
            fixed=("r", "refractory"),
        )
    ],
    "IGITUGraz/eligibility_propagation": [
        Case(
            "e-prop",
            example("lsnn"),
            example_loops.lsnn,
            {"refractory": 5.0},
            surrogate=LOW_TRIANGLE,
            strict=True,
            gain=8.0,
            initial={"r": 0.0, "s": 0.0},
            fixed=("r", "refractory"),
        )
    ],
    "fzenke/spytorch": [
        Case(
            "SpyTorch",
            current_lif,
            loops.spytorch,
            {},
            {"order": "spike_first", "reset": "zero"},
            ("fast_sigmoid", 100.0),
            strict=True,
        ),
        Case(
            "SpyTorch's readout",
            current_leaky_integrator,
            loops.spytorch_readout,
            {},
            {"delay_input": True},
            smooth=True,
        ),
    ],
    "fmi-basel/stork": [
        Case(
            "stork",
            current_lif,
            loops.spytorch,
            {"input_scale": 0.1},
            {"order": "spike_first", "reset": "zero"},
            ("fast_sigmoid", 100.0),
            strict=True,
            gain=4.0,
        )
    ],
    "norse/norse": [
        Case(
            "Norse LIF", current_lif, loops.norse_lif, {"input_scale": 0.1}, ATTACHED, ("fast_sigmoid", 1.0), True, 4.0
        ),
        Case("Norse LI", current_leaky_integrator, loops.norse_li, {"input_scale": 0.1}, smooth=True),
    ],
}

LEFT_OUT = {
    "haoxiangsnr/spiking-fullsubnet": "its gate is a matrix product of the last spikes",
    "lava-nc/lava-dl": "its potentials are whole numbers of 12 bits",
    "bamsumit/slayerPytorch": "its spikes come from response kernels over all of time",
    "lolemacs/pytorch-eventprop": "its adjoint is one of its own",
    "Efficient-Scalable-Machine-Learning/event-ssm": "it is a state space model, and does not spike",
}
