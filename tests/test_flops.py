"""torch's FlopCounterMode counts products of spikes as dense ones, whichever product runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from pages import section
from support import printed, random_spikes
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from snnkernels import LIF, SpikeLinear, SpikingLinear, pack_spikes, poisson_spikes
from snnkernels.linear import Spikes

pytestmark = pytest.mark.usefixtures("native")

T, B, K, N = 5, 3, 24, 128
DENSE = 2 * T * B * K * N

FORMS: dict[str, Callable[[], Spikes]] = {
    "tensor": lambda: random_spikes(T, B, K, rate=0.02),
    "packed": lambda: pack_spikes(random_spikes(T, B, K, rate=0.02)),
    "drawn": lambda: poisson_spikes(torch.full((B, K), 0.02), T),
}


def count(call: Callable[[], Any]) -> tuple[int, Any]:
    with FlopCounterMode(display=False) as counter:
        result = call()
    return counter.get_total_flops(), result


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("product", ["auto", "events", "dense"])
def test_a_product_counts_as_the_dense_one(product: str, form: Callable[[], Spikes]) -> None:
    """SpikingLinear is two layers where a hook watches all modules, as the counter's does: its backward counts as
    theirs, unless forward ran without the counter. Then backward computes the current a second time."""
    spikes = form()
    for layer in (SpikeLinear(K, N, product=product), SpikingLinear(K, N, product=product)):
        forward, result = count(lambda layer=layer: layer(spikes))
        assert forward == DENSE
        assert count(result.sum().backward) == (DENSE, None)
    assert count(layer(spikes).sum().backward) == (2 * DENSE, None)


def test_the_gradient_of_the_input_counts_too() -> None:
    for layer in (nn.Linear(K, N), SpikeLinear(K, N, product="events")):
        spikes: Tensor = random_spikes(T, B, K).requires_grad_()
        assert count(lambda layer=layer, spikes=spikes: layer(spikes).sum().backward())[0] == 3 * DENSE


def test_neurons_count_nothing() -> None:
    assert count(lambda: LIF()(torch.randn(T, B, K)))[0] == 0


@pytest.mark.parametrize("order", ["counter first", "counter last"])
def test_whichever_is_imported_first(order: str) -> None:
    """The counter imports Triton, which takes long: the package does not import it."""
    lines = ["from torch.utils.flop_counter import FlopCounterMode", "from snnkernels import SpikeLinear"]
    first, last = lines if order == "counter first" else reversed(lines)
    script = [
        "import importlib.util, sys, torch",
        first,
        "importlib.util.find_spec('torch.utils.flop_counter')",  # which finds it and does not import it
        last,
        "spikes = torch.ones(2, 3, 8)",
        "with FlopCounterMode(display=False) as counter:",
        "    SpikeLinear(8, 4, product='events')(spikes)",
        "print(counter.get_total_flops())",
    ]
    alone = "import sys, snnkernels; print('torch.utils.flop_counter' in sys.modules)"
    for code, expected in (("\n".join(script), str(2 * 6 * 8 * 4)), (alone, "False")):
        assert printed(code).split() == [expected]


def test_the_page_says_so() -> None:
    text = section("docs/pytorch.md", "Counting operations")
    assert "as the dense product of the same sizes,\n2 T B K N" in text and "is its two layers under it" in text
