"""How the Triton engine cuts a scan into programs. There are a few ways, and measurements choose one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Tiling:
    """How a scan is cut into programs, and a program's time into chunks."""

    block: int  # neurons of a program
    warps: int  # of a program, 32 threads each
    group: int  # neighbouring neurons of a thread, which it loads at once
    forward_chunk: int  # time steps that are loaded at once
    backward_chunk: int  # time steps whose states are in registers at once
    ahead: bool  # the loads of a chunk are in flight while the one before it is computed


@dataclass(frozen=True)
class Variation:
    """How a tiling differs from one of full width."""

    narrower: int = 1  # a thread has so many times fewer neurons, but one at least
    warps: int | None = None  # of a program, whatever the sizes
    ahead: bool = False  # if the registers suffice


# By the names in tuning.json. There are few, because each may be compiled for every dtype and every width of loads.
# None of them spills registers with any neuron. 16 bytes of float32 with loads ahead would, and so would 8 warps.
VARIATIONS = {
    "full": Variation(),
    "half": Variation(narrower=2, ahead=True),
    "quarter": Variation(narrower=4),
    "single": Variation(narrower=8),
    "one_warp": Variation(warps=1),
}


@lru_cache(maxsize=1024)
def tile(
    outer: int,
    inner: int,
    strides: tuple[int, ...],
    item_bytes: int,
    held: int,
    interval: int,
    processors: int,
    variation: str = "full",
) -> Tiling:
    """The tiling of a scan.

    outer, inner, strides: of its sequences, in elements; item_bytes: of an element; held: how many numbers of a neuron
    stay in registers for some time steps; interval: time steps between checkpoints, or 0; processors: how many
    multiprocessors the GPU has; variation: a name in VARIATIONS.

    A thread has 16 bytes of neurons. It has fewer if sizes and strides do not allow one load of so many, or if they
    would hold more than 8 numbers. It has one neuron if more would leave one of a multiprocessor's 4 schedulers without
    a warp. A program has 4 warps, or 1 if so few programs would be an uneven load. A thread whose neurons take few
    registers has more time steps in flight.
    """
    varied = VARIATIONS[variation]
    group = min(math.gcd(16 // item_bytes, inner, *strides), _power_of_two(max(8 // held, 1)))
    if outer * inner < 4 * processors * 32 * group:
        group = 1
    group = max(group // varied.narrower, 1)
    warps = varied.warps or (4 if outer * inner >= 8 * processors * 32 * group else 1)
    held_bytes = group * held * max(item_bytes, 4)
    few_registers = held_bytes < 16
    return Tiling(
        block=32 * warps * group,
        warps=warps,
        group=group,
        forward_chunk=round_up(16 if few_registers else 8, interval),
        backward_chunk=math.gcd(8 if few_registers else 4, interval),
        ahead=few_registers or (varied.ahead and held_bytes == 16),
    )


def held_forward(inputs: int, states: int, kept: bool) -> int:
    """How many numbers of a neuron a thread of the forward loop holds for some time steps.

    kept: whether it keeps spikes to make bits of them, or stores records, whose dtype may differ from the inputs'.
    """
    return inputs + states // 4 + int(kept)


def held_backward(per_step: int, throughout: int) -> int:
    """How many numbers of a neuron a thread of the backward loop holds for some time steps.

    per_step: how many there are for each of 4 time steps; throughout: how many there are for all steps: parameters,
    their gradients, and a spike beyond the first, because the derivatives of spikes are computed side by side. A neuron
    with one number a step and up to 5 throughout, 9 in all, counts as one number.
    """
    return max(per_step, -(-(4 * per_step + throughout) // 9))


def _power_of_two(number: int) -> int:
    """The largest power of two that is not above a number."""
    return 1 << number.bit_length() - 1


def round_up(number: int, unit: int) -> int:
    """The smallest multiple of a unit that is not below a number. If the unit is 0, the number itself."""
    return -(-number // unit) * unit if unit else number
