"""What every test starts from: the same random numbers, memory that is NaN until written, and the engine to test."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator

import pytest
import torch

if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")  # which both Triton and the package read when they are imported
# Threads that wait sleep: with other processes on the machine, such as pytest-xdist's, they would take turns spinning.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # which torch reads when it is imported
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # which torch's deterministic algorithms ask for on a GPU

from support import COMPILED, TARGETS, Target, required  # noqa: E402  imports the package

# The longest files. They run first, so that processes that run files side by side end at about the same time.
LONGEST = [
    f"test_{name}.py"
    for name in (
        *("triton_compile", "triton_sizes", "triton", "triton_launch", "cuda_compile", "ops", "outputs", "compile"),
        *("pytorch_page", "every_layer", "engines", "numbers", "tools", "every_neuron", "native_build"),
    )
]


def pytest_configure() -> None:
    required()  # raises if SNNKERNELS_REQUIRE makes no sense
    if os.environ.get("TRITON_INTERPRET") == "1" and importlib.util.find_spec("triton"):
        import interpreter  # which imports Triton

        interpreter.patch_once_a_launch()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of an engine that is interpreted are slow, unless their arguments are those that few_interpreted names.
    The longest files come first.
    """
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
    for item in items:
        arguments = item.callspec.params if hasattr(item, "callspec") else {}
        target = arguments.get("compiled", arguments.get("target"))
        few = {name: values for mark in item.iter_markers("few_interpreted") for name, values in mark.kwargs.items()}
        interpreted = isinstance(target, Target) and target.interpreted
        if interpreted and any(arguments[name] not in few[name] for name in few.keys() & arguments.keys()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def poisoned_memory() -> Iterator[None]:
    """torch.empty and its kin, in Python and in C++, give NaN: what a kernel leaves unwritten does not look right."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


def _params(targets: tuple[Target, ...]) -> list[object]:
    return [pytest.param(t, id=str(t), marks=[pytest.mark.gpu] if t.device == "cuda" else []) for t in targets]


@pytest.fixture(params=_params(TARGETS))
def target(request: pytest.FixtureRequest) -> Target:
    """Every engine on every kind of device; skipped, or failed where SNNKERNELS_REQUIRE says so, if it cannot run."""
    request.param.require()
    return request.param


@pytest.fixture(params=_params(COMPILED))
def compiled(request: pytest.FixtureRequest) -> Target:
    """Likewise, every engine but the reference."""
    request.param.require()
    return request.param


@pytest.fixture
def native() -> None:
    """The native engine on the CPU runs, likewise."""
    Target("native", "cpu").require()
