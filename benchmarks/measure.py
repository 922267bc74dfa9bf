"""One measurement: everyone on one piece of work, through the gate, in turn, each paired with our engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import torch
from contenders import Contender, Layer, Options, described, forward, forward_backward, our_layer, timed_call
from gate import Gate, WrongResult
from memory import peak_bytes
from timing import Call, DeviceClock, call_clock, copy_call, interleaved, paired_ratios
from workloads import DIRECTIONS, Workload, bytes_moved, random_inputs

from snnkernels import dispatch
from snnkernels.neurons import NEURONS
from snnkernels.tuning import Sizes

_COPY = "copy"

# Who takes longer for the first calls with and without a gradient is not timed, but for compilers.
_FIRST_CALLS_SECONDS = 30.0


@dataclass(frozen=True)
class Row:
    """The result of a contender at one piece of work, beside our engine.

    options: set our engine to the contender's equations; difference: what no option expresses.
    ms: median wall clock of a call from an idle device to an idle one; ours_ms is that of our call.
    times_ours: median of contender / ours over paired, interleaved repeats; _min and _max are their extremes.
    memory: fresh: torch's default allocator; warm: glibc told to keep its memory; gpu: torch's caching allocator.
    device_ms: median time between CUDA events, cache flushed, stream held until the call is launched; None on a CPU.
    bytes: what a fused layer has to move, for any contender: current, spikes, and with backward gradients and states.
    fraction_of_copy: bytes per second, relative to a torch copy of as many bytes, by the device's time.
    peak_bytes: peak memory of a call without its inputs: torch's on a GPU, resident pages on a CPU.
    kept_bytes: memory held from forward to backward without the output, but with the input spikes; measured likewise.
    compile_seconds: time of the first calls, with and without a gradient, if torch.compile compiles the contender.
    differing_neurons: how many neurons differ from the reference, by a potential within rounding of threshold.
    """

    work: str
    shape: str
    dtype: str
    device: str
    memory: str
    contender: str
    options: str
    difference: str
    ms: float
    ours: str
    ours_ms: float
    times_ours: float
    times_ours_min: float
    times_ours_max: float
    device_ms: float | None = None
    ours_device_ms: float | None = None
    bytes: int | None = None
    bytes_per_second: float | None = None
    copy_bytes_per_second: float | None = None
    fraction_of_copy: float | None = None
    peak_bytes: int | None = None
    ours_peak_bytes: int | None = None
    kept_bytes: int | None = None
    ours_kept_bytes: int | None = None
    compile_seconds: float | None = None
    differing_neurons: int = 0


@dataclass(frozen=True)
class Refusal:
    """A contender that the gate refused, with the names of the row it would have. `work` is None for all work."""

    work: str | None
    shape: str
    dtype: str
    device: str
    contender: str
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass
class Measurement:
    """The measured rows, the refusals of the gate, and a sentence for each contender that could not run."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def add(self, other: Measurement) -> None:
        self.rows += other.rows
        self.refused += other.refused
        self.skipped += [sentence for sentence in other.skipped if sentence not in self.skipped]


@dataclass(frozen=True)
class Entry:
    """A contender that passed the gate, the seconds of its first calls if they compile, and how many neurons differ.

    bytes: what it moves, if that is not what the work moves.
    """

    contender: Contender
    layer: Layer
    compile_seconds: float | None = None
    differing: int = 0
    bytes: int | None = None


@dataclass(frozen=True)
class Work:
    """What is measured: its names, how a layer of neurons becomes the call that is timed, and the bytes it moves.

    `call` is given None instead of a contender for our side of a pair, which `ours` names where it is more than an
    engine. sizes: of its scan, where it is one, by which our engine is chosen. neuron: ours, with which contenders are
    paired.
    """

    name: str
    shape: str
    dtype: str
    device: str
    call: Callable[[Contender | None, Layer], Call]
    bytes: int | None = None
    ours: str | None = None
    sizes: Sizes | None = None
    neuron: str = "lif"


@dataclass(frozen=True)
class Timed:
    """Samples of each call, by the wall clock and by the device's, and each one's peak memory."""

    seconds: Mapping[str, list[float]]
    device_seconds: Mapping[str, list[float]]
    peaks: Mapping[str, int | None]


def admit(contenders: Sequence[Contender], workload: Workload, result: Measurement, shape: str) -> list[Entry]:
    """Who can run here and passes the gate on a workload; the others are told of in `result`, for rows of `shape`."""
    gate = Gate(workload, random_inputs(workload))
    entries = (admit_one(contender, gate, result, shape) for contender in contenders)
    return [entry for entry in entries if entry is not None]


def admit_one(contender: Contender, gate: Gate, result: Measurement, shape: str) -> Entry | None:
    """The same for one of them, None for what is told of in `result`."""
    workload = gate.workload
    reason = contender.unusable_reason(workload.device, workload.steps)
    if reason is not None:
        result.skipped.append(f"{contender.name}: {reason}")
        return None
    layer = contender.build(workload.device)
    start = time.perf_counter()
    forward_backward(layer, gate.inputs)
    forward(layer, gate.inputs)
    seconds = time.perf_counter() - start
    if seconds > _FIRST_CALLS_SECONDS and not contender.compiles:
        result.skipped.append(f"{contender.name} on {workload}: its first calls took {seconds:.0f} s")
        return None
    try:
        return Entry(contender, layer, seconds if contender.compiles else None, gate.check(contender, layer))
    except WrongResult as error:
        place = shape, workload.dtype_name, workload.device
        result.refused.append(Refusal(None, *place, contender.name, reason=str(error)))
        return None


def measure_layer(
    workload: Workload,
    contenders: Callable[[Workload, str], Sequence[Contender]],
    repeats: int,
    memory: str,
    directions: Sequence[str] = DIRECTIONS,
) -> Measurement:
    """A layer of neurons alone, in each direction; `contenders` gives those of a direction."""
    result, inputs = Measurement(), random_inputs(workload)
    everyone = {c.name: c for direction in directions for c in contenders(workload, direction)}
    entries = admit(list(everyone.values()), workload, result, workload.shape_name)
    admitted = {entry.contender.name: entry for entry in entries}
    for direction in directions:
        work = Work(
            name=direction,
            shape=workload.shape_name,
            dtype=workload.dtype_name,
            device=workload.device,
            call=lambda _, layer, direction=direction: timed_call(layer, direction, inputs),
            bytes=bytes_moved(workload, direction, dispatch.checkpoint_interval(workload.device)),
            sizes=sizes_of(workload),
        )
        entries = [admitted[c.name] for c in contenders(workload, direction) if c.name in admitted]
        result.rows += measure_work(work, entries, repeats, memory)
    return result


def sizes_of(workload: Workload) -> Sizes:
    neurons = workload.elements // workload.steps
    return Sizes(torch.device(workload.device), workload.dtype.itemsize, neurons, workload.steps)


def measure_work(work: Work, entries: Sequence[Entry], repeats: int, memory: str) -> list[Row]:
    """Everyone in turn with our engine under the same options, and with a copy of as many bytes."""
    if not entries:
        return []
    engine = dispatch.choose(work.device, work.sizes, (NEURONS[work.neuron].variant().key,))
    ours = work.ours or engine
    calls: dict[str, Call] = {}
    for entry in entries:
        calls[entry.contender.name] = work.call(entry.contender, entry.layer)
        options = entry.contender.options
        calls.setdefault(_partner(ours, options), work.call(None, our_layer(engine, options, work.neuron)))
    timed = time_calls(work, calls, repeats)
    return [row(work, entry, ours, _partner(ours, entry.contender.options), memory, timed) for entry in entries]


def _partner(ours: str, options: Options) -> str:
    """The name of our call under a contender's options; with none, an engine is a contender itself."""
    return f"{ours} ({described(options)})" if options else ours


def time_calls(work: Work, calls: Mapping[str, Call], repeats: int) -> Timed:
    """All calls in turn."""
    peaks = {name: peak_bytes(call, work.device) for name, call in calls.items()}
    timed = calls | ({_COPY: copy_call(work.bytes, work.device)} if work.bytes else {})
    seconds = device_seconds = interleaved(timed, repeats, call_clock(work.device))
    if work.device == "cuda":
        device_seconds = interleaved(timed, repeats, DeviceClock())
    return Timed(seconds, device_seconds, peaks)


def row(work: Work, entry: Entry, ours: str, partner: str, memory: str, timed: Timed) -> Row:
    """A contender beside our call named `partner`."""
    contender, seconds, device_seconds = entry.contender, timed.seconds, timed.device_seconds
    ratios = paired_ratios(seconds[contender.name], seconds[partner])
    bandwidth = {}
    if work.bytes:
        moved = entry.bytes or work.bytes
        beside_copy = paired_ratios(device_seconds[_COPY], device_seconds[contender.name])
        bandwidth = {
            "bytes": moved,
            "bytes_per_second": moved / median(device_seconds[contender.name]),
            "copy_bytes_per_second": work.bytes / median(device_seconds[_COPY]),
            "fraction_of_copy": median(beside_copy) * moved / work.bytes,
        }
    return Row(
        work=work.name,
        shape=work.shape,
        dtype=work.dtype,
        device=work.device,
        memory=memory,
        contender=contender.name,
        options=described(contender.options),
        difference=contender.difference,
        ms=median(seconds[contender.name]) * 1e3,
        ours=ours,
        ours_ms=median(seconds[partner]) * 1e3,
        times_ours=median(ratios),
        times_ours_min=min(ratios),
        times_ours_max=max(ratios),
        device_ms=median(device_seconds[contender.name]) * 1e3 if work.device == "cuda" else None,
        ours_device_ms=median(device_seconds[partner]) * 1e3 if work.device == "cuda" else None,
        **bandwidth,
        peak_bytes=timed.peaks[contender.name],
        ours_peak_bytes=timed.peaks[partner],
        compile_seconds=entry.compile_seconds,
        differing_neurons=entry.differing,
    )


def row_by_itself(work: str, shape: str, device: str, memory: str, what: str, ms: float) -> Row:
    """The time of what nothing is compared with."""
    return Row(work, shape, "float32", device, memory, what, "", "", ms, what, ms, 1.0, 1.0, 1.0)
