"""How time is measured, on a CPU and on a GPU."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence

import torch

Call = Callable[[], object]
Clock = Callable[[Call, int], float]  # seconds of one call, as the mean of so many one after the other

# A sample is made of several calls where all are short: so many that reading the clock does not count for the quickest,
# and no more than the slowest has time for. As many for everyone: who had more of them, one after the other, would find
# data in caches more often.
_SHORTEST_SAMPLE, _LONGEST_SAMPLE = 1e-3, 0.05  # seconds

# All samples of one contender take no more than about this, as some calls take seconds each.
_ALL_SAMPLES = 6.0  # seconds

# Zeroed before every call that a DeviceClock times: more than any second-level cache.
_FLUSH_BYTES = 2**28

# How long a DeviceClock holds the stream: so many times what the host took for the call before, and so much more.
_HOLD, _HOLD_SECONDS = 2, 1e-3

# Cycles of a GPU's clock by which its rate is measured: some milliseconds.
_CYCLES = 10**7

# Calls that a DeviceClock takes the mean of: events are exact enough for one, and each waits for its hold.
_MOST_HELD = 3


def discard(_: object) -> None:
    """Free a result before the clock is read."""


def synchronize(device: str) -> None:
    """Wait until the device has done what it was told; a CPU always has."""
    if device == "cuda":
        torch.cuda.synchronize()


def call_clock(device: str) -> Clock:
    """Wall-clock time as a training loop sees it: from an idle device to an idle device, launches included."""

    def clock(call: Call, number: int) -> float:
        synchronize(device)
        start = time.perf_counter()
        for _ in range(number):
            call()
            synchronize(device)
        return (time.perf_counter() - start) / number

    return clock


class DeviceClock:
    """Time on a GPU by CUDA events, with nothing of the input in its cache and the launches out of the way.

    The stream is held until the host has launched the whole call. A call is still charged for waiting where it waits
    for the GPU itself, and where it has more launches than CUDA queues, about a thousand: the rest wait for the stream.
    """

    def __init__(self) -> None:
        self._flush = torch.empty(_FLUSH_BYTES, dtype=torch.uint8, device="cuda")
        # The fastest of several, as an idle GPU's clock has to rise first: a hold is to last too long, not too short.
        self._rate = max(_CYCLES / _seconds_between_events(lambda: torch.cuda._sleep(_CYCLES)) for _ in range(3))

    def __call__(self, call: Call, number: int) -> float:
        torch.cuda.synchronize()
        start = time.perf_counter()
        call()
        hold = int(self._rate * (_HOLD * (time.perf_counter() - start) + _HOLD_SECONDS))
        seconds = []
        for _ in range(min(number, _MOST_HELD)):
            self._flush.zero_()
            torch.cuda._sleep(hold)
            seconds.append(_seconds_between_events(call))
        return sum(seconds) / len(seconds)


def _seconds_between_events(call: Call) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    call()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1000


def interleaved(calls: Mapping[str, Call], repeats: int, clock: Clock) -> dict[str, list[float]]:
    """Seconds of a call, `repeats` samples of each, after a warm-up.

    All take turns, so that what disturbs the machine disturbs all: sample i of one is to be compared with sample i of
    another. Each repeat has an order of its own, drawn from a fixed seed: what a call leaves in caches and allocators
    is not always left to the same one. Samples are means of as many calls for all. A call that takes seconds has
    fewer samples, but three at least.
    """
    seconds = {}
    for name, call in calls.items():
        clock(call, 1)
        seconds[name] = max(clock(call, 1), 1e-9)
    number = _calls_in_a_sample(seconds.values())
    turns = {name: min(repeats, max(3, math.ceil(_ALL_SAMPLES / taken))) for name, taken in seconds.items()}
    names = list(calls)
    samples: dict[str, list[float]] = {name: [] for name in names}
    order = random.Random(0)
    for repeat in range(repeats):
        for name in order.sample(names, len(names)):
            if repeat < turns[name]:
                samples[name].append(clock(calls[name], number))
    return samples


def _calls_in_a_sample(seconds: Collection[float]) -> int:
    """For calls that take so long."""
    return max(1, min(math.ceil(_SHORTEST_SAMPLE / min(seconds)), math.floor(_LONGEST_SAMPLE / max(seconds))))


def paired_ratios(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """The ratio of every sample to the one that was taken beside it, as far as there are samples of both."""
    return [above / below for above, below in zip(numerators, denominators, strict=False)]


def copy_call(count: int, device: str) -> Call:
    """A torch copy that moves `count` bytes, half read and half written, between memory that was used before."""
    source, target = (torch.ones(max(1, count // 8), dtype=torch.float32, device=device) for _ in range(2))
    return lambda: target.copy_(source)
