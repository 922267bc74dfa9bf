"""A whole training step of a classifier, Poisson spikes to optimizer, with each contender's neurons and with none."""

from __future__ import annotations

import pytest
from contenders import Contender
from environment import slug
from lineup import lineup
from networks import NO_NEURONS, Network, networks, step_call
from test_lif import DEVICES, admit
from timing import synchronize


def cases() -> list[object]:
    return [
        pytest.param(network, contender, id=f"{network.shape_name}-{network.device}-{slug(contender.name)}")
        for device in DEVICES
        for network in networks(device)[:1]
        for contender in (NO_NEURONS, *lineup(device))
    ]


@pytest.mark.benchmark(min_rounds=5, max_time=1)
@pytest.mark.parametrize(("network", "contender"), cases())
def test_training_step(benchmark, network: Network, contender: Contender) -> None:
    call = step_call(network, admit(contender, network.layer).layer)

    def synchronized_call() -> None:
        call()
        synchronize(network.device)

    synchronized_call()
    benchmark.name, benchmark.group = contender.name, f"training step {network}"
    benchmark(synchronized_call)
