"""How `pytest benchmarks` reports: one table to be read at a glance, and versions in the JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from contenders import caches_disabled
from environment import describe
from memory import FRESH, MEMORIES, WARM, keep_memory
from tables import MEDIANS, glance

_MORE = (
    "more: --all-shapes (every kind of layer, every neuron, and how users of Norse and sinabs call them), "
    "--benchmark-verbose (pytest-benchmark's own table), python benchmarks/compare.py --help (training steps, memory, "
    "compiled loops and libraries)"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--memory", choices=MEMORIES, default=FRESH, help="warm: the allocator is told to keep memory")
    parser.addoption("--all-shapes", action="store_true", help="all layers, neurons, contenders, not the telling ones")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.memory == WARM:
        keep_memory()
    config.option.benchmark_quiet = True  # its table has a line for each row of ours, and nine columns
    # What the gate fails is not timed: no more than that, where warnings are errors.
    config.addinivalue_line("filterwarnings", "ignore:Benchmark fixture was not used")
    # torch.compile's own: caches are off, and it looks at the gradient of whatever goes in.
    for text in ("dynamo_pgo force disabled", "The .grad attribute of a Tensor that is not a leaf"):
        config.addinivalue_line("filterwarnings", f"ignore:{text}")


@pytest.fixture(autouse=True, scope="package")
def compiled_anew() -> Iterator[None]:
    with caches_disabled():
        yield


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for what, found in MEDIANS.items():
        terminalreporter.write_line(f"\n{what}: milliseconds, and how many times as fast as the torch loop")
        terminalreporter.write_line("\n".join(glance(found)))
    if MEDIANS:
        terminalreporter.write_line(f"\n{_MORE}")


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    machine_info["snnkernels"] = describe("cuda" if torch.cuda.is_available() else "cpu")
    machine_info["memory"] = config.option.memory
