"""Our engines, the torch loop and other libraries, interleaved in one process: `python benchmarks/compare.py --help`.

Prints, and adds to a JSON file, medians of paired repeats: how many times as long as ours a contender takes at the same
equations, its speed as a fraction of the copy bandwidth of the same run, peak memory.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from any_neuron import measure_neuron, neuron_workload, work_of
from contenders import Contender, caches_disabled
from features import features, measure_feature
from first_use import OWN, measure_first_use
from lineup import contenders_for
from measure import Measurement, measure_layer
from memory import FRESH, MEMORIES, WARM, available_bytes, keep_memory
from networks import measure_step, mnist_network
from results import add_run, report
from tables import table
from workloads import DIRECTIONS, FORWARD_BACKWARD, Workload, public_workloads, standard_workloads

from snnkernels.neurons import NEURONS

# What a suite measures: a name to choose by, and the measurement.
Case = tuple[str, Callable[[], Measurement]]

# What the torch loop keeps for backward, and the gate's, in float32.
_BYTES_PER_ELEMENT = 64


def layers(options: argparse.Namespace, device: str) -> list[Case]:
    """A layer of neurons alone. Each shape is compiled for itself, which is the best that a compiler can do."""
    run = partial(_layer, options, device, directions=DIRECTIONS)
    return [(str(workload), partial(run, workload)) for workload in standard_workloads(device)]


def public(options: argparse.Namespace, device: str) -> list[Case]:
    """Large layers that others have published times of, as far as memory goes."""
    run = partial(_layer, options, device, directions=[FORWARD_BACKWARD])
    return [(str(workload), partial(run, workload)) for workload in public_workloads(device)]


def steps(options: argparse.Namespace, device: str) -> list[Case]:
    """A whole training step."""
    network = mnist_network(device)
    run = partial(measure_step, network, _chosen(options), options.repeats, _memory(options, device))
    return [(str(network), run)]


def pairs(options: argparse.Namespace, device: str) -> list[Case]:
    """What saves bytes or operations beside what one writes without it."""
    run = partial(measure_feature, repeats=options.repeats, memory=_memory(options, device))
    return [(str(feature), partial(run, feature)) for feature in features(device)]


def neurons(options: argparse.Namespace, device: str) -> list[Case]:
    """A layer of each built-in neuron, beside a loop over its own step."""
    workload, chosen = neuron_workload(device), partial(_of, options)
    run = partial(
        measure_neuron, workload=workload, chosen=chosen, repeats=options.repeats, memory=_memory(options, device)
    )
    return [(f"{work_of(name)}, {workload}", partial(run, name)) for name in NEURONS]


def first_use(options: argparse.Namespace, device: str) -> list[Case]:
    """What a user's neuron costs before it runs, on a CPU."""
    return [(one.__name__, partial(measure_first_use, one, options.repeats)) for one in OWN]


SUITES = {
    "layers": layers,
    "public": public,
    "steps": steps,
    "features": pairs,
    "neurons": neurons,
    "first-use": first_use,
}


def _layer(options: argparse.Namespace, device: str, workload: Workload, directions: Sequence[str]) -> Measurement:
    torch.compiler.reset()
    needed, available = workload.elements * _BYTES_PER_ELEMENT, available_bytes(device)
    if available is not None and needed > available:
        return Measurement(skipped=[f"{workload}: needs {needed >> 30} GiB, {available >> 30} are free"])
    return measure_layer(workload, _chosen(options), options.repeats, _memory(options, device), directions)


def _chosen(options: argparse.Namespace) -> Callable[..., list[Contender]]:
    """The line-up, without those that --skip or --contender leave out."""

    return lambda *work: _of(options, contenders_for(*work))


def _of(options: argparse.Namespace, contenders: Sequence[Contender]) -> list[Contender]:
    return [
        contender
        for contender in contenders
        if options.contender in contender.name and not (options.skip and options.skip in contender.name)
    ]


def _memory(options: argparse.Namespace, device: str) -> str:
    return options.memory if device == "cpu" else "gpu"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", nargs="?", choices=SUITES, default="layers", help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also add the rows, versions and machine to it")
    parser.add_argument("--memory", choices=MEMORIES, default=FRESH, help="of a CPU's allocator (default %(default)s)")
    parser.add_argument("--repeats", type=int, default=15, help="paired repeats (default %(default)s)")
    parser.add_argument("--threads", type=int, help="CPU threads (default: torch's)")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="default: cuda where there is one")
    parser.add_argument("--only", default="", metavar="TEXT", help="work whose name has this text: T=25, bfloat16")
    parser.add_argument("--contender", default="", metavar="TEXT", help="contenders whose name has this text")
    parser.add_argument("--skip", default="", metavar="TEXT", help="no contender whose name has this text: compiled")
    options = parser.parse_args(arguments)
    if options.repeats < 1:
        parser.error(f"--repeats must be 1 or more, got {options.repeats}")
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: there is no CUDA device here")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns 1 where the gate refused a contender."""
    options = parse(arguments)
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    device = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    if options.memory == WARM:
        keep_memory()
    result = Measurement()
    with caches_disabled():
        for name, measure in SUITES[options.suite](options, device):
            if options.only in name:
                print(f"measuring {name}", file=sys.stderr)
                result.add(measure())
    print(table(result.rows))
    for sentence in result.skipped:
        print(f"skipped {sentence}", file=sys.stderr)
    for sentence in result.refused:
        print(f"REFUSED: {sentence}", file=sys.stderr)
    if options.json:
        add_run(options.json, report(device, result, options.repeats))
    return 1 if result.refused else 0


if __name__ == "__main__":
    sys.exit(main())
