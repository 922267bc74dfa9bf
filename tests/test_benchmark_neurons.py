"""The benchmarks of any neuron: everyone computes the same at small sizes, and the tables show it."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from support import skip_or_fail

import snnkernels

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

import any_neuron  # noqa: E402
import bars  # noqa: E402
import compare  # noqa: E402
import first_use  # noqa: E402
import tables  # noqa: E402
from any_neuron import BESIDE, contenders_of, neuron_gate, work_of  # noqa: E402
from benchmark_rows import result_row  # noqa: E402
from contenders import NAIVE, Contender, forward_backward, our_layer  # noqa: E402
from gate import WrongResult, _distance_to_threshold  # noqa: E402
from judging import of_lif  # noqa: E402
from naive import lif_loop, neuron_loop  # noqa: E402
from neuron_peers import PEERS_OF  # noqa: E402
from own import own_current_lif  # noqa: E402
from workloads import Workload, random_inputs  # noqa: E402

from snnkernels.neurons import NEURONS  # noqa: E402

SMALL = Workload((30, 3, 37), torch.float32, "cpu")


@pytest.mark.parametrize("name", NEURONS)
def test_the_loop_computes_what_the_reference_does(name: str) -> None:
    """The same outputs, of which some are not 0; the same gradients to rounding."""
    inputs = any_neuron.driving_inputs(name, SMALL)
    output, grad = forward_backward(neuron_loop(NEURONS[name]), inputs)
    expected, expected_grad = forward_backward(our_layer("reference", neuron=name), inputs)
    assert torch.equal(output, expected) and output.count_nonzero() > 0.03 * output.numel()
    torch.testing.assert_close(grad, expected_grad, rtol=1e-4, atol=1e-4 * expected_grad.abs().max().item())


def test_the_loop_of_lif_is_the_one_that_is_written_out() -> None:
    inputs = random_inputs(SMALL)
    for actual, expected in zip(
        forward_backward(neuron_loop(snnkernels.lif), inputs), forward_backward(lif_loop, inputs), strict=True
    ):
        torch.testing.assert_close(actual, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lif", {"reset": "zero", "delay_reset": True}),
        ("lif", {"reset": "none", "beta": 0.5}),
        ("refractory_lif", {"reset": -0.25, "threshold": 0.5}),
        ("multispike_lif", {"max_spikes": 2.0}),
    ],
    ids=str,
)
def test_the_loop_takes_options(name: str, options: dict[str, Any]) -> None:
    current = 4 * random_inputs(SMALL).current
    expected = our_layer("reference", options, name)(current)
    assert torch.equal(neuron_loop(NEURONS[name], options)(current), expected) and expected.any()


@pytest.mark.parametrize("name", NEURONS)
def test_our_engine_and_the_loop_pass_the_gate(native: None, name: str) -> None:
    """And neither does with another current's result."""
    gate = neuron_gate(name, SMALL)
    chosen = [one for one in contenders_of(name, "cpu") if one.name in (NAIVE.name, "native")]
    assert [one.name for one in chosen] == [NAIVE.name, "native"]
    for contender in chosen:
        layer = contender.build("cpu")
        assert gate.check(contender, layer) <= 1
        with pytest.raises(WrongResult, match=f"{contender.name} is not timed on .*T=30,B=3,N=37 float32 cpu"):
            gate.check(contender, lambda current, layer=layer: layer(2 * current + 1))


@pytest.mark.filterwarnings("ignore")  # other libraries' warnings are not ours to heed
@pytest.mark.parametrize(
    ("name", "peer"), [(name, peer) for name, peers in PEERS_OF.items() for peer in peers], ids=str
)
def test_a_library_computes_what_it_is_compared_with(name: str, peer: Contender) -> None:
    """Under its options, also a second time; without them it is refused, unless they change nothing."""
    if (reason := peer.unusable_reason("cpu", SMALL.steps)) is not None:
        skip_or_fail(peer.requires[0].split(".")[0], reason)
    gate, layer = neuron_gate(name, SMALL), peer.build("cpu")
    assert layer(gate.inputs.current).any()
    for _ in range(2):
        assert gate.check(peer, layer) <= 1
    with pytest.raises(WrongResult, match=f"{peer.name} is not timed on {name}, {SMALL}"):
        gate.check(replace(peer, options={}), layer)


def test_distances_are_those_of_the_spike_that_is_nearest() -> None:
    """Of two spikes at 1 and -1; a float32 sum is as near to the float64 one as its rounding says."""
    current = torch.tensor([[[0.25, -0.75, 3.0]]])
    distance, band = _distance_to_threshold(NEURONS["ternary_lif"], {"threshold": 1.0}, current)
    assert distance.tolist() == [[[0.75, 0.25, 2.0]]] and 0 < band < 1e-5
    distance, band = _distance_to_threshold(NEURONS["leaky_integrator"], {}, current)
    assert distance.isinf().all() and band == 0.0


def test_a_neuron_that_does_not_fire_may_round_but_not_differ() -> None:
    gate = neuron_gate("leaky_integrator", SMALL)

    def other(layer: Any) -> Contender:
        return Contender("other", lambda device: layer)

    right = our_layer("reference", neuron="leaky_integrator")
    assert gate.check(other(right), lambda x: right(x) * (1 + 1e-6)) == 0
    with pytest.raises(WrongResult, match="by more than rounding"):
        gate.check(other(right), lambda x: right(x) * 1.01)


def test_a_neuron_is_measured_beside_lif(native: None) -> None:
    """Each row has the bytes of its own neuron: two states of adlif, one of LIF, every 16 steps but the first."""
    result = any_neuron.measure_neuron(
        "adlif", SMALL, lambda everyone: [one for one in everyone if not one.compiles], repeats=2, memory="fresh"
    )
    assert not result.refused and {row.work for row in result.rows} == {work_of("adlif")}
    rows = {row.contender: row for row in result.rows}
    assert list(rows) == [NAIVE.name, "native", BESIDE]
    elements, step = 30 * 3 * 37, 3 * 37
    moved = {name: 20 * elements + 8 * step * states for name, states in ((NAIVE.name, 2), ("native", 2), (BESIDE, 1))}
    assert {name: row.bytes for name, row in rows.items()} == moved
    assert all(row.fraction_of_copy is not None and row.fraction_of_copy > 0 for row in rows.values())
    assert {row.ours for row in rows.values()} == {"native"} and rows["native"].times_ours == 1.0


def test_every_neuron_is_a_case_of_the_suite() -> None:
    options = compare.parse(["neurons", "--device", "cpu", "--skip", "compiled"])
    assert [name.partition(",")[0] for name, _ in compare.SUITES["neurons"](options, "cpu")] == list(NEURONS)


def test_a_users_copy_is_the_built_in_neuron(native: None) -> None:
    """Under another name, so that it is compiled and not taken from the library."""
    assert own_current_lif.variant().key != snnkernels.current_lif.variant().key
    inputs = random_inputs(SMALL)
    copy, original = (
        forward_backward(lambda x, neuron=neuron: neuron(x, backend="native"), inputs)
        for neuron in (own_current_lif, snnkernels.current_lif)
    )
    assert torch.equal(copy[0], original[0]) and torch.equal(copy[1], original[1]) and original[0].any()


def test_a_share_is_related_to_that_of_lif_in_the_same_run() -> None:
    place = {"work": work_of("adlif"), "shape": bars.LONG}
    rows = [
        result_row(**place, contender="native", fraction_of_copy=0.72),
        result_row(**place, contender=BESIDE, fraction_of_copy=0.8),
    ]
    assert of_lif("adlif")(rows) == pytest.approx(0.9) and of_lif("adlif")(rows[:1]) is None
    assert of_lif("current_lif")(rows) is None


def test_the_first_use_is_measured(native: None) -> None:
    """The first process compiles, the second does not."""
    rows = {row.contender: row for row in first_use.measure_first_use(own_current_lif, repeats=1).rows}
    assert list(rows) == [first_use.DERIVES, first_use.COMPILES, first_use.LOADS]
    assert all(math.isfinite(row.ms) and row.ms > 0 for row in rows.values())
    assert rows[first_use.COMPILES].ms > rows[first_use.LOADS].ms


def test_few_neurons_are_timed_unless_all_are_asked_for() -> None:
    """And no compiler is asked for any."""
    pytest.importorskip("pytest_benchmark")
    import test_other_neurons

    few, every = ([case.values for case in test_other_neurons.cases(all_neurons)] for all_neurons in (False, True))
    assert {name for name, device, _ in few if device == "cpu"} == {"current_lif", "adlif"}
    assert [who.name for name, device, who in few if (name, device) == ("adlif", "cpu")] == [NAIVE.name, "native"]
    assert [name for name in dict.fromkeys(name for name, *_ in every)] == list(NEURONS)
    assert not any(who.compiles for *_, who in every) and len({who.name for *_, who in every}) > 5


def test_many_neurons_are_several_tables() -> None:
    found = {(who, f"n{k}"): 0.1 / (1 + (who == "native")) for k in range(5) for who in (NAIVE.name, "native")}
    lines = tables.glance(found)
    assert len(lines) == 6 and lines[0].split() == ["n0", "n1", "n2", "n3"] and lines[3].split() == ["n4"]
    assert lines[5].split() == ["native", "50", "2", "x"]


def test_an_exact_engine_may_not_round() -> None:
    """An engine is compared bit for bit, unless its step computes what engines round each in their own way."""
    gates = {name: next(c.gate for c in contenders_of(name, "cpu") if c.name == "native") for name in NEURONS}
    assert gates["adlif"] == "exact" and gates["exponential_if"] == "rounding" == gates["parametric_lif"]
    assert {gates[name] for name in ("lif", "current_lif", "alpha_neuron", "leaky_integrator")} == {"exact"}
