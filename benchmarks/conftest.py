"""How `pytest benchmarks` reports: the columns that a comparison is read by, and versions in the JSON."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from compilations import caches_disabled
from environment import describe
from memory import FRESH, MEMORIES, WARM, keep_memory


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--memory", choices=MEMORIES, default=FRESH, help="warm: the allocator is told to keep memory")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.memory == WARM:
        keep_memory()
    given = any(str(argument).startswith("--benchmark-columns") for argument in config.invocation_params.args)
    if not given:
        config.option.benchmark_columns = ["median", "iqr", "min", "max", "rounds"]
    # What the gate fails is not timed: no more than that, where warnings are errors.
    config.addinivalue_line("filterwarnings", "ignore:Benchmark fixture was not used")
    # torch.compile's own: caches are off, and it looks at the gradient of whatever goes in.
    for text in ("dynamo_pgo force disabled", "The .grad attribute of a Tensor that is not a leaf"):
        config.addinivalue_line("filterwarnings", f"ignore:{text}")
    warnings.filterwarnings("ignore", "Not saving anything")


@pytest.fixture(autouse=True, scope="package")
def compiled_anew() -> Iterator[None]:
    with caches_disabled():
        yield


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict[str, Any]) -> None:
    machine_info["snnkernels"] = describe("cuda" if torch.cuda.is_available() else "cpu")
    machine_info["memory"] = config.option.memory
