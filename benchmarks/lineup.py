"""Everyone who is measured on a kind of device, in the order of the tables."""

from __future__ import annotations

from contenders import ELEMENTWISE, NAIVE, NAIVE_COMPILED, Contender, engines_for
from peers import PEERS
from workloads import BACKWARD, FORWARD, Workload

# Elements up to which a layer measures the overhead of a call, which an elementwise operator has too.
_TINY = 1024


def lineup(device: str) -> list[Contender]:
    """The torch loop first: others are related to it."""
    return [NAIVE, NAIVE_COMPILED, *engines_for(device), *PEERS]


_BY_NAME = {contender.name: contender for contender in lineup("cuda")}


def shown(name: str) -> str:
    """What pages call the contender of a row."""
    contender = _BY_NAME.get(name)
    return f"{name}, {contender.form}" if contender and contender.form else name


def contenders_for(workload: Workload, direction: str) -> list[Contender]:
    """The line-up of one measurement. Backward alone tells how near our engines are to the memory's speed."""
    if direction == BACKWARD:
        return list(engines_for(workload.device))
    tiny = workload.elements <= _TINY and direction == FORWARD
    return lineup(workload.device) + ([ELEMENTWISE] if tiny else [])
