"""Which engine runs, and what is said where one cannot."""

from __future__ import annotations

import importlib.metadata
import re
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support import Target, printed, python, required

from snnkernels import Backend, backends, dispatch, lif, use_backend
from snnkernels.engines import native
from snnkernels.inputs import check_backend
from snnkernels.machine import processor
from snnkernels.warn import warn_once


def machine(*pairs: tuple[str, str]) -> Callable[..., str | None]:
    """A stand-in for the package's engines: only these, on these devices, can run."""
    return lambda engine, device, neuron=None: None if (engine, device.type) in pairs else "not here"


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Calls `lif` on a CPU that has every engine, by what it says of itself, and tells which one would run."""
    plans = []
    monkeypatch.setattr(dispatch, "_requests", [["auto"]])
    monkeypatch.setattr(dispatch.engines, "unusable_reason", machine(("native", "cpu"), ("triton", "cpu")))
    monkeypatch.setattr("snnkernels.functional.scan", lambda call, checked, *_: (plans.append(checked.plan), None))

    def call(**options: str) -> str:
        lif(torch.zeros(2, 1, 1), **options)
        return plans[-1].engine

    return call


def test_every_engine_is_listed_with_its_reason() -> None:
    table = backends()
    assert [(row.engine, row.device) for row in table] == [
        ("reference", "any"),
        ("native", "cpu"),
        ("native", "cuda"),
        ("triton", "cuda"),
        ("triton", "cpu"),
    ]
    assert table[0] == Backend("reference", "any", True, "")
    assert [row.neurons for row in table] == ["any", "any", "lif", "any", "any"]
    for row in table:
        assert row.usable == (row.reason == "")
        assert row.reason == (dispatch.unusable_reason(row.engine, row.device) or "")


@pytest.mark.parametrize(
    ("device", "pairs", "chosen"),
    [
        ("cpu", [("native", "cpu"), ("triton", "cpu")], "native"),
        ("cpu", [("triton", "cpu")], "reference"),
        ("cuda", [("triton", "cuda"), ("native", "cuda")], "native"),
        ("cuda", [("triton", "cuda")], "triton"),
        ("cuda", [("native", "cpu")], "reference"),
        ("mps", [("native", "cpu"), ("triton", "cuda")], "reference"),
    ],
)
def test_auto_takes_the_fastest_that_runs(
    device: str, pairs: list[tuple[str, str]], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch.engines, "unusable_reason", machine(*pairs))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert dispatch.choose(device) == chosen


def test_a_slow_choice_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    warn_once.cache_clear()
    monkeypatch.setattr(dispatch.engines, "unusable_reason", machine())
    message = r"^on cpu snnkernels runs its reference engine, which is slow \(native: not here\)$"
    with pytest.warns(UserWarning, match=message) as told:
        assert [dispatch.choose("cpu"), dispatch.choose("cpu")] == ["reference"] * 2
    assert len(told) == 1
    warn_once.cache_clear()


def test_a_call_takes_its_own_backend_then_the_innermost_with_then_auto(ran: Callable[..., str]) -> None:
    assert ran() == "native"
    with use_backend("triton"):
        assert ran() == "triton"
        with use_backend("reference"):
            assert ran() == "reference"
            assert ran(backend="native") == "native"
            with use_backend("auto"):
                assert ran() == "native"
        assert ran() == "triton"
    assert ran() == "native"


def test_use_backend_is_undone_in_any_order(ran: Callable[..., str]) -> None:
    """As threads that use it side by side undo it."""
    first, second = use_backend("reference"), use_backend("triton")
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert ran() == "triton"
    second.__exit__(None, None, None)
    assert ran() == "native"


def test_use_backend_is_undone_by_an_exception(ran: Callable[..., str]) -> None:
    with pytest.raises(KeyError), use_backend("reference"):
        raise KeyError
    assert ran() == "native"


def test_backend_of_the_environment() -> None:
    code = "import torch, snnkernels; snnkernels.lif(torch.zeros(2, 1)); print(snnkernels.dispatch.requested_backend())"
    assert printed(code, SNNKERNELS_BACKEND="reference") == "reference\n"
    assert printed(code, SNNKERNELS_BACKEND=" reference\n") == "reference\n"
    for unset in ("auto", "", " ", "\t\n"):
        assert printed(code, SNNKERNELS_BACKEND=unset) == "auto\n"
    misspelt = python(code, SNNKERNELS_BACKEND="refrence")
    assert misspelt.returncode == 1
    message = "SNNKERNELS_BACKEND must be one of 'auto', 'reference', 'native', 'triton', got 'refrence'"
    assert f"{message}; did you mean 'reference'?" in misspelt.stderr


def test_every_variable_that_is_read_is_in_the_table() -> None:
    """Of the package, its build and its tests."""
    root = Path(__file__).resolve().parents[1]
    files = [path for folder in ("snnkernels", "csrc", "tests") for path in (root / folder).rglob("*.*")]
    sources = [path.read_text() for path in [*files, root / "setup.py"] if path.suffix in (".py", ".cpp", ".h", ".cu")]
    read = {name for text in sources for name in re.findall(r"\bSNNKERNELS_[A-Z_]+\b", text)}
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (root / "CONTRIBUTING.md").read_text(), re.M))
    assert {"SNNKERNELS_BACKEND", "SNNKERNELS_KEEP_MIB", "SNNKERNELS_BUILD"} <= read <= table


def test_backend_of_the_environment_yields_to_the_call_and_to_with() -> None:
    code = """
import snnkernels
from snnkernels import dispatch
with snnkernels.use_backend("native"):
    print(dispatch.requested_backend())
"""
    assert printed(code, SNNKERNELS_BACKEND="reference") == "native\n"


def test_import_needs_torch_alone() -> None:
    """Triton, which takes long and may be missing, is not imported until it is used."""
    code = "import sys, torch; before = set(sys.modules); import snnkernels; print(sorted(set(sys.modules) - before))"
    modules = printed(code)
    assert "snnkernels.autograd" in modules and "'triton'" not in modules


@pytest.mark.parametrize(
    "error",
    [
        ImportError("libc.so.6: version `GLIBC_9.9' not found"),
        ModuleNotFoundError("No module named 'other'", name="other"),
    ],
    ids=["broken library", "missing dependency"],
)
def test_reason_holds_the_text_of_the_import_error(error: ImportError, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr(native.libraries, "load", fail)
    assert native._load("cpu") == str(error)


def test_native_engine_is_for_cpu_and_cuda() -> None:
    assert native.unusable_reason(torch.device("mps")) == "written for cpu and cuda, not for mps"


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose CUDA library has code for the second of its GPUs, as it says, and not for the current one."""
    monkeypatch.setitem(native._REASONS, "cuda", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda gpu: "NVIDIA T4")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda gpu: (7, 5))
    monkeypatch.setattr(native, "_has_code_for", lambda gpu: gpu == 1)
    monkeypatch.setattr(dispatch.engines.triton, "_import_failure", lambda: None)


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_that_the_library_has_no_code_for_runs_triton() -> None:
    assert dispatch.unusable_reason("native", "cuda") == (
        'the library has no code for NVIDIA T4, of compute capability 7.5: install with TORCH_CUDA_ARCH_LIST="7.5+PTX"'
    )
    assert dispatch.choose("cuda") == dispatch.choose("cuda:0") == "triton"
    assert dispatch.unusable_reason("native", "cuda:1") is None
    assert dispatch.choose("cuda:1") == "native"


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_runs_a_neuron_that_its_library_does_not_have_on_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_has_neuron", lambda key: key == "lif_0")
    assert dispatch.choose("cuda:1", parts=("lif_0", "arctan")) == "native"
    assert dispatch.choose("cuda:1", parts=("adlif_0", "arctan")) == "triton"
    assert check_backend("native", "cuda:1", parts=("lif_0", "arctan")) == "native"
    message = (
        'backend="native" cannot run on cuda: on cuda it has the neurons of lif and the built-in surrogates alone, not '
        'adlif_0: write backend="triton"'
    )
    with pytest.raises(RuntimeError, match=f"^{re.escape(message)}$"):
        check_backend("native", "cuda:1", parts=("adlif_0", "arctan"))


def test_what_code_there_is_is_no_part_of_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked of an operator that gives no tensor."""

    def ask(gpu: int) -> bool:
        torch._dynamo.graph_break()
        return True

    monkeypatch.setattr(native, "_has_code_for", ask)
    torch._dynamo.reset()
    whole = torch.compile(lambda x: -x if native._why_not_on(0) else x, fullgraph=True, backend="eager")
    assert whole(torch.ones(())) == 1


def test_command_line_lists_the_engines() -> None:
    try:
        version = importlib.metadata.version("snnkernels")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("snnkernels is on the path, but not installed")
    out = printed("import runpy; runpy.run_module('snnkernels', run_name='__main__')")
    assert out.startswith(f"snnkernels {version}, torch {torch.__version__}, Python ")
    assert str(processor()) in out.splitlines()[1] and f"{torch.get_num_threads()} threads" in out.splitlines()[1]
    rows = [line.split(maxsplit=2) for line in out.splitlines()[2 : 2 + len(backends())]]
    assert [row[:2] for row in rows] == [[row.engine, row.device] for row in backends()]
    assert all(state == "usable" or state.startswith("not usable: ") for _, _, state in rows)


@pytest.mark.parametrize(
    ("required", "outcome"), [("", pytest.skip.Exception), ("triton, native", pytest.fail.Exception)]
)
def test_engine_that_must_be_there_fails_the_tests_where_it_is_not(
    required: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.unusable_reason", lambda engine, device: "broken")
    monkeypatch.setenv("SNNKERNELS_REQUIRE", required)
    with pytest.raises(outcome, match="native.* cannot run on cpu: broken"):
        Target("native", "cpu").require()


def test_a_requirement_that_no_test_knows_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNNKERNELS_REQUIRE", "natve,triton")
    with pytest.raises(pytest.UsageError, match="^SNNKERNELS_REQUIRE must name native, triton, .*, got natve$"):
        required()
