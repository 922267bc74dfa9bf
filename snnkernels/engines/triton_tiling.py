"""How the Triton engine cuts a scan into programs: a few ways, of which measurements choose."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Tiling:
    """How a scan is cut into programs, and a program's time into chunks."""

    block: int  # neurons of a program
    warps: int  # of a program, 32 threads each
    group: int  # neurons of a thread, side by side: one load
    forward_chunk: int  # time steps that are loaded at once
    backward_chunk: int  # time steps whose states are in registers at once
    ahead: bool  # the loads of a chunk are in flight while the one before it is computed


@dataclass(frozen=True)
class Variation:
    """What a tiling has otherwise than one of full width."""

    narrower: int = 1  # so many times fewer neurons a thread, if one is left
    warps: int | None = None
    ahead: bool = False  # where the registers suffice


# By the names that tuning.json has. Few, as each may be compiled for every dtype and width of its loads; and none that
# spills registers with any neuron, as 16 bytes of float32 with loads ahead, or 8 warps, do.
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
    """The tiling of a scan over sequences of these sizes and strides, on a GPU of so many multiprocessors.

    A thread has 16 bytes of neurons, or as many as sizes and strides allow to load at once, or as have 8 numbers that
    are held in registers for some time steps, of which each neuron has `held`. Where that would leave one of a
    multiprocessor's 4 schedulers without a warp, it has one neuron. A program has 4 warps, or 1 where so few programs
    would be an uneven load. A thread whose neurons take few registers has more time steps in flight. A variation has
    that otherwise, by its name.
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
    """Numbers of a neuron that a thread holds for some time steps forward.

    kept: whether it keeps spikes, which become bits, or stores records, whose type may be another than the inputs'.
    """
    return inputs + states // 4 + int(kept)


def held_backward(per_step: int, throughout: int) -> int:
    """Those backward.

    per_step: the numbers that there are of each of 4 time steps; throughout: those for all steps, of parameters and
    their gradients, and the spikes beyond the first, whose derivatives are computed side by side. A neuron with one
    number a step and up to 5 throughout counts as one number, as does one that has less.
    """
    return max(per_step, -(-(4 * per_step + throughout) // 9))


def _power_of_two(number: int) -> int:
    """The largest that is not above a number."""
    return 1 << number.bit_length() - 1


def round_up(number: int, unit: int) -> int:
    """The next multiple of a unit, where there is one."""
    return -(-number // unit) * unit if unit else number
