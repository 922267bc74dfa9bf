"""Neurons that are not built in, on a CPU: compiled at first use or before, kept, and what is said if they
cannot be.

The compilers here are scripts that write down each call, and compile without optimisation, which takes half a second.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from support import assert_same_bits, printed
from torch import Tensor
from user_neurons import current_based

from snnkernels import Neuron, SpikingLinear, detach, lif, neuron, ops
from snnkernels.__main__ import main
from snnkernels.engines import native_build, native_cache
from snnkernels.warn import warn_once

pytestmark = [
    pytest.mark.usefixtures("native"),
    pytest.mark.skipif(sys.platform != "linux", reason="the compiler is a shell script"),
    pytest.mark.skipif(shutil.which("c++") is None, reason="there is no C++ compiler"),
]

COMPILER = """#!/bin/sh
[ "$1" = --version ] && echo a compiler for tests && exit
echo $$ >> "{log}"
{before}
exec c++ "$@" -O0 -w
"""

USE = f"""
import sys, torch
sys.path.insert(0, {str(Path(__file__).parent)!r})
from snnkernels import ops
from user_neurons import current_based

runs = []
native = ops.FORWARD["native"]
ops.FORWARD["native"] = lambda *args: (runs.append(1), native(*args))[1]

def use(backend):
    x = (torch.arange(-40.0, 120).reshape(10, 2, 8) / 32).requires_grad_()
    spikes, (i, v) = current_based(x, backend=backend, return_state=True)
    (spikes * torch.arange(160.0).reshape(10, 2, 8)).sum().backward()
    return spikes.detach(), i.detach(), v.detach(), x.grad

def check():
    asked, expected = use("auto"), use("reference")
    assert len(runs) == 1, "the native engine did not run"
    assert expected[0].sum() > 10
    assert all(map(torch.equal, asked[:3], expected[:3]))
    torch.testing.assert_close(asked[3], expected[3])
"""


class Compiler:
    """A compiler that counts its calls. before: what it does first, as a shell does it."""

    def __init__(self, folder: Path, before: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self.log = folder / "c++", folder / "log"
        self.path.write_text(COMPILER.format(log=self.log, before=before))
        self.path.chmod(0o755)

    @property
    def words(self) -> str:
        return f"'{self.path}'"

    @property
    def processes(self) -> list[int]:
        return [int(line) for line in self.log.read_text().split()] if self.log.exists() else []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache, which is not there yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SNNKERNELS_CACHE", str(folder))
    return folder


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compiler:
    compiler = Compiler(tmp_path / "bin")
    monkeypatch.setenv("CXX", compiler.words)
    return compiler


@pytest.fixture(autouse=True)
def forget_warnings() -> None:
    """As if none had been given."""
    warn_once.cache_clear()


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the native engine has run."""
    runs, native = [], ops.FORWARD["native"]
    monkeypatch.setitem(ops.FORWARD, "native", lambda *args: (runs.append(1), native(*args))[1])
    return lambda: len(runs)


_numbers = itertools.count(1)


@pytest.fixture
def fresh() -> Callable[..., Neuron]:
    """Makes neurons that this process has not compiled: each has another number in its step."""

    def make(name: str = "scaled") -> Neuron:
        scale = 1 + next(_numbers) / 256

        def step(x, v, *, spike, beta=0.75, threshold=1.0):
            v = beta * v + scale * x
            s = spike(v - threshold)
            return s, v - threshold * detach(s)

        step.__name__ = name
        return neuron(states=("v",))(step)

    return make


def current() -> Tensor:
    return torch.arange(-20.0, 40).reshape(5, 2, 6) / 16


def assert_equals_reference(neuron: Neuron, backend: str = "auto") -> None:
    made = neuron(current(), backend=backend, return_state=True)
    expected = neuron(current(), backend="reference", return_state=True)
    assert 0 < expected[0].sum() < expected[0].numel()
    for value, reference in zip(made, expected, strict=True):
        assert_same_bits(value, reference)


def kept(folder: Path) -> list[Path]:
    return native_cache.libraries(folder)


def names(folder: Path) -> set[str]:
    """Of all files but locks, which are empty."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_a_neuron_is_compiled_once_and_then_needs_no_compiler(folder: Path, compiler: Compiler, tmp_path: Path) -> None:
    code = USE + "import time\nstart = time.perf_counter(); check(); print(time.perf_counter() - start)"
    seconds = [float(printed(code)), float(printed(code))]
    assert len(compiler.processes) == 1
    (library,) = kept(folder)
    assert library.name.startswith("current_based_") and names(folder) == {library.name}
    seconds.append(float(printed(code, CXX=None, PATH=str(tmp_path))))
    assert kept(folder) == [library] and len(compiler.processes) == 1
    print("seconds of the first call in each process:", seconds)


def test_built_in_neurons_are_not_compiled(folder: Path, compiler: Compiler) -> None:
    lif(current(), backend="native")
    assert not folder.exists() and not compiler.processes


def test_the_plan_of_a_call_keeps_the_answer(
    folder: Path, compiler: Compiler, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ensure = [], native_build.ensure
    monkeypatch.setattr(native_build, "ensure", lambda key: (asked.append(key), ensure(key))[1])
    scaled = fresh()
    for beta in (0.5, 0.75, 0.5):
        scaled(current(), beta=beta)
    assert asked == [scaled.variant().key, "fast_sigmoid"]


def test_sixteen_processes_that_start_at_once_compile_once(folder: Path, tmp_path: Path) -> None:
    compiler = Compiler(tmp_path / "bin", "sleep 1")
    code = f"""{USE}
import multiprocessing
torch.set_num_threads(1)
context = multiprocessing.get_context("fork")
barrier = context.Barrier(16)
def work():
    barrier.wait()
    check()
processes = [context.Process(target=work) for _ in range(16)]
for process in processes: process.start()
for process in processes: process.join()
print([process.exitcode for process in processes])
"""
    assert printed(code, CXX=compiler.words) == f"{[0] * 16}\n"
    assert len(compiler.processes) == 1
    assert names(folder) == {path.name for path in kept(folder)} and len(kept(folder)) == 1


def test_a_process_that_is_killed_while_it_compiles_blocks_and_breaks_nothing(folder: Path, tmp_path: Path) -> None:
    slow, quick = Compiler(tmp_path / "slow", "sleep 600"), Compiler(tmp_path / "quick")
    shutil.copy(quick.path, tmp_path / "both")  # the same compiler by its name, so that the lock is the same
    both, environment = tmp_path / "both", {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    shutil.copy(slow.path, both)
    first = subprocess.Popen([sys.executable, "-c", USE + "check()"], env={**environment, "CXX": f"'{both}'"})
    try:
        while not slow.processes:
            assert first.poll() is None
            time.sleep(0.05)
        first.kill()
        first.wait()
        shutil.copy(quick.path, both)
        printed(USE + "check()", CXX=f"'{both}'")
    finally:
        first.kill()
        for process in slow.processes:  # the script, which has become `sleep`, outlives the one that started it
            os.kill(process, signal.SIGKILL)
    assert len(quick.processes) == 1
    assert names(folder) == {path.name for path in kept(folder)} and len(kept(folder)) == 1


def test_what_a_killed_process_had_begun_to_write_is_deleted_later(
    folder: Path, compiler: Compiler, fresh: Callable[..., Neuron]
) -> None:
    folder.mkdir()
    old, new, other = folder / "a.neuron.x.part", folder / "b.neuron.y.part", folder / "c.part"
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (0, 0))
    assert_equals_reference(fresh())
    assert not old.exists() and new.exists() and other.exists()


def test_a_process_that_was_stopped_is_not_waited_for_forever(
    folder: Path, compiler: Compiler, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_cache, "_PATIENCE_SECONDS", 0.1)
    scaled = fresh()
    path = native_build.build(native_build.part_of(scaled.variant().key), folder)
    path.unlink()
    with native_cache.locked(path):
        assert_equals_reference(scaled, "native")
    assert kept(folder) == [path]


UNUSABLE = r"^snnkernels cannot keep compiled neurons in {} \(.*{}.*\), so each process compiles them again: set "


def test_a_file_in_the_place_of_the_folder(folder: Path, compiler: Compiler, fresh: Callable[..., Neuron]) -> None:
    folder.touch()
    with pytest.warns(UserWarning, match=UNUSABLE.format(folder, "exists")) as warned:
        assert_equals_reference(fresh())
        assert_equals_reference(fresh())
    assert len(warned) == 1
    assert len(compiler.processes) == 2 and folder.read_bytes() == b""


@pytest.mark.parametrize(("options", "problem"), [("ro", "Read-only"), ("size=64k", "No space left")])
def test_a_folder_that_cannot_be_written(tmp_path: Path, compiler: Compiler, options: str, problem: str) -> None:
    """One that is mounted read-only or is full, for real."""
    folder = tmp_path / "mounted"
    folder.mkdir()
    mount = f"mount -t tmpfs -o {options} tmpfs '{folder}'"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    code = f"""{USE}
import os, warnings
with warnings.catch_warnings(record=True) as warned:
    check()
print(warned[0].message)
print(len(warned), os.listdir({str(folder)!r}))
"""
    command = ["unshare", "-rm", "sh", "-c", mount + ' && exec "$0" -c "$1"', sys.executable, code]
    starting = f"import subprocess; subprocess.run({command!r}, check=True)"
    said = printed(starting, SNNKERNELS_CACHE=str(folder))
    assert said.startswith(f"snnkernels cannot keep compiled neurons in {folder} (") and problem in said
    assert said.splitlines()[1].startswith("1 [") and ".part" not in said
    assert len(compiler.processes) == 1


def test_a_home_that_does_not_exist(
    tmp_path: Path, compiler: Compiler, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SNNKERNELS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    with pytest.warns(UserWarning, match=f"there is no home folder {tmp_path / 'nobody'}"):
        assert_equals_reference(fresh(), "native")
    assert not (tmp_path / "nobody").exists()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SNNKERNELS_CACHE": "{}/own", "XDG_CACHE_HOME": "{}/caches"}, "own"),
        ({"SNNKERNELS_CACHE": "", "XDG_CACHE_HOME": "{}/caches"}, "caches/snnkernels"),
        ({"SNNKERNELS_CACHE": " \n", "XDG_CACHE_HOME": "{}/caches"}, "caches/snnkernels"),
        ({"SNNKERNELS_CACHE": "", "XDG_CACHE_HOME": "relative"}, ".cache/snnkernels"),
        ({"SNNKERNELS_CACHE": "~/own", "XDG_CACHE_HOME": ""}, "own"),
    ],
)
def test_where_the_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name, value in {"HOME": "{}", **variables}.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    assert native_cache.default_folder() == tmp_path / expected


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied", "no library"])
def test_a_damaged_library_is_compiled_again(
    folder: Path, compiler: Compiler, fresh: Callable[..., Neuron], damage: str, tmp_path: Path
) -> None:
    scaled = fresh()
    path = native_build.build(native_build.part_of(scaled.variant().key), folder)
    content = path.read_bytes()
    if damage == "no library":
        (tmp_path / "text").write_text("not a library")
        native_cache.put(tmp_path / "text", path)  # as it is from a file system that no library can be loaded from
    else:
        middle = len(content) // 2
        changed = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"cut": content[:middle], "changed": changed, "emptied": b""}[damage])
    assert_equals_reference(scaled, "native")
    assert len(compiler.processes) == 2
    assert native_cache.is_whole(path) and len(kept(folder)) == 1


def test_two_versions_of_the_package_keep_libraries_of_their_own(
    folder: Path, compiler: Compiler, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    variant = fresh().variant()
    first = native_build.build(native_build.part_of(variant.key), folder)
    other = tmp_path / "other" / "strip"
    shutil.copytree(native_build.headers(), other)
    with (other / "scan.h").open("a") as header:
        header.write("// another version\n")
    with monkeypatch.context() as patch:
        patch.setattr(native_build, "headers", lambda: other)
        native_build._headers_hash.cache_clear()
        second = native_build.build(native_build.part_of(variant.key), folder)
    native_build._headers_hash.cache_clear()
    assert native_build.build(native_build.part_of(variant.key), folder) == first != second
    assert set(kept(folder)) == {first, second} and len(compiler.processes) == 2


def test_spaces_and_other_scripts_in_paths(
    tmp_path: Path, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "ein Ordner" / "神経"
    (place / "tmp").mkdir(parents=True)
    compiler = Compiler(place / "bin é")
    monkeypatch.setenv("CXX", compiler.words)
    monkeypatch.setenv("SNNKERNELS_CACHE", str(place / "ca che"))
    monkeypatch.setenv("TMPDIR", str(place / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    shutil.copytree(native_build.headers(), place / "strip")
    monkeypatch.setattr(native_build, "headers", lambda: place / "strip")
    assert_equals_reference(fresh("нейрон"), "native")
    assert len(kept(place / "ca che")) == 1 and kept(place / "ca che")[0].name.startswith("нейрон_")
    assert not list((place / "tmp").iterdir())


def test_what_a_compiler_says_is_shown(
    folder: Path, tmp_path: Path, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch, ran: Callable[[], int]
) -> None:
    compiler = Compiler(tmp_path / "bin", "echo 'out of luck: line 7' >&2; exit 3")
    monkeypatch.setenv("CXX", compiler.words)
    resonator = fresh("resonator")
    words = r"the neuron resonator cannot be compiled: .* ended with exit status 3 and said:\nout of luck: line 7"
    for _ in range(2):
        with pytest.raises(RuntimeError, match=rf'^backend="native" cannot run on cpu: {words}$'):
            resonator(current(), backend="native")
    with pytest.warns(UserWarning, match=rf"^on cpu snnkernels runs its reference engine, .*{words}") as warned:
        assert_equals_reference(resonator)
        resonator(current(), beta=torch.tensor([0.5]))
    assert len(warned) == 1 and ran() == 0
    assert len(compiler.processes) == 1 and not kept(folder)


@pytest.mark.parametrize("words", ["c++ '", '"'])
def test_a_variable_that_names_no_command_is_an_error(
    folder: Path, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("CXX", words)
    scaled = fresh()
    for _ in range(2):
        with pytest.raises(ValueError, match=f"^CXX must be a command, .*, got {re.escape(repr(words))}: No closing"):
            scaled(current())


def test_without_a_compiler_the_reference_runs_and_one_warning_says_what_to_do(
    folder: Path, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch, ran: Callable[[], int]
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler -O3")
    first, second = fresh("first"), fresh("second")
    what = "there is no C\\+\\+ compiler: no-such-compiler is not on PATH. Install one, .*`python -m snnkernels compile"
    with pytest.warns(UserWarning, match=f"^on cpu snnkernels runs its reference engine, .*{what}") as warned:
        assert_equals_reference(first)
        assert_equals_reference(second)
    assert len(warned) == 1 and ran() == 0
    with pytest.raises(RuntimeError, match=rf'^backend="native" cannot run on cpu: .*{what}'):
        first(current(), backend="native")
    assert not folder.exists()


@pytest.mark.parametrize("backend", ["auto", "native"])
def test_the_first_use_may_be_under_torch_compile(
    folder: Path, compiler: Compiler, fresh: Callable[..., Neuron], backend: str
) -> None:
    scaled, nodes = fresh(), []

    def look(graph: torch.fx.GraphModule, inputs: list[Tensor]) -> Callable[..., object]:
        nodes.extend(str(node.target) for node in graph.graph.nodes)
        return graph

    call = torch.compile(lambda x: scaled(x, backend=backend), fullgraph=True, backend=look)
    made = call(current())
    assert [node for node in nodes if "_forward" in node] == ["snnkernels.native_forward.default"]
    assert_same_bits(made, scaled(current(), backend="reference"))
    assert len(compiler.processes) == 1


def test_the_first_use_may_be_in_an_export(folder: Path, compiler: Compiler, fresh: Callable[..., Neuron]) -> None:
    scaled = fresh()
    program = torch.export.export(scaled.layer(), (current(),))
    assert "native_forward" in str(program.graph)
    assert_same_bits(program.module()(current()), scaled(current(), backend="reference"))


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated")
def test_the_first_use_may_be_in_a_trace(folder: Path, compiler: Compiler, fresh: Callable[..., Neuron]) -> None:
    scaled = fresh()
    traced = torch.jit.trace(scaled.layer(), current())
    called = {node.kind() for node in traced.inlined_graph.nodes() if "snnkernels" in node.kind()}
    assert called == {"snnkernels::native_forward"}
    assert_same_bits(traced(current()), scaled(current(), backend="reference"))
    assert len(compiler.processes) == 1


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated")
def test_what_was_saved_runs_in_a_process_that_has_called_the_neuron(
    folder: Path, compiler: Compiler, tmp_path: Path
) -> None:
    layer = current_based.layer()
    torch.jit.save(torch.jit.trace(layer, current()), tmp_path / "trace.pt")
    torch.export.save(torch.export.export(layer, (current(),)), tmp_path / "program.pt2")
    load = f"""
x = torch.arange(-20.0, 40).reshape(5, 2, 6) / 16
current_based(x[:1])
expected = current_based(x, backend="reference")
assert 0 < expected.sum() < expected.numel()
for saved in (torch.jit.load("{tmp_path}/trace.pt"), torch.export.load("{tmp_path}/program.pt2").module()):
    print(torch.equal(saved(x), expected))
"""
    assert printed(USE + load) == "True\nTrue\n"
    assert len(compiler.processes) == 1


def test_under_torch_compile_a_missing_compiler_is_warned_of_too(
    folder: Path, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch, ran: Callable[[], int]
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    scaled = fresh()
    with pytest.warns(UserWarning, match="no C\\+\\+ compiler"):
        made = torch.compile(lambda x: scaled(x), fullgraph=True, backend="eager")(current())
    assert_same_bits(made, scaled(current(), backend="reference"))
    assert ran() == 0


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module with a neuron of three variants."""
    name = f"neurons_of_a_user_{next(_numbers)}"
    (tmp_path / f"{name}.py").write_text(f"""
from typing import Literal
from snnkernels import neuron

class group:
    @neuron(states=("v",))
    def leak(x, v, *, kind: Literal["linear", "square", "none"] = "linear", beta=0.5):
        v = {1 + next(_numbers) / 256} * x + (beta * v if kind == "linear" else beta * v * v if kind == "square" else v)
        return v, v

number = 7
""")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_neurons_are_compiled_ahead_listed_and_deleted(
    folder: Path,
    compiler: Compiler,
    module: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    image = tmp_path / "image"
    assert main(["compile", f"{module}:group.leak", "snnkernels:lif", "--out", str(image)]) == 0
    *paths, summary = capsys.readouterr().out.splitlines()
    assert sorted(paths) == [str(path) for path in kept(image)] and len(paths) == 3
    assert summary == f"3 compiled neurons for {module}:group.leak, snnkernels:lif in {image}"
    assert len(compiler.processes) == 3 and not folder.exists()

    monkeypatch.setenv("SNNKERNELS_CACHE", str(image))
    monkeypatch.setenv("CXX", "no-such-compiler")
    leak = sys.modules[module].group.leak
    for kind in ("linear", "square", "none"):
        made = leak(current(), kind=kind, backend="native")
        assert_same_bits(made, leak(current(), kind=kind, backend="reference"))

    assert main([]) == 0
    said = capsys.readouterr().out
    assert f"3 compiled neurons in {image}\n" in said
    for path in kept(image):
        assert f"  {path.stem} {path.stat().st_size / 1024:.0f} KiB\n" in said

    (image / "of another program").touch()
    assert main(["clear-cache"]) == 0
    assert capsys.readouterr().out == f"deleted 3 compiled neurons in {image}\n"
    assert [path.name for path in image.iterdir()] == ["of another program"]
    assert main(["clear-cache"]) == 0


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("leak", "a neuron is written as module:neuron, such as my_module:adlif, got leak"),
        ("no_such_module:leak", "there is no no_such_module:leak: No module named 'no_such_module'"),
        ("{}:spike", "there is no {}:spike: module '{}' has no attribute 'spike'"),
        ("{}:number", "{}:number must be a neuron, which @snnkernels.neuron makes of a step, got 7"),
    ],
)
def test_names_that_are_no_neuron(module: str, capsys: pytest.CaptureFixture[str], name: str, error: str) -> None:
    assert main(["compile", name.replace("{}", module)]) == 1
    assert capsys.readouterr().err == f"python -m snnkernels compile: {error.replace('{}', module)}\n"


def test_a_folder_that_was_named_to_compile_into_must_be_one(
    tmp_path: Path, compiler: Compiler, module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "image").touch()
    assert main(["compile", f"{module}:group.leak", "--out", str(tmp_path / "image")]) == 1
    assert "File exists" in capsys.readouterr().err


def test_the_command_itself(folder: Path) -> None:
    code = "import runpy, sys; sys.argv[1:] = ['clear-cache']; runpy.run_module('snnkernels', run_name='__main__')"
    with warnings.catch_warnings():
        result = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, f"deleted 0 compiled neurons in {folder}\n"), result.stderr


def test_current_based_is_the_same_after_it_was_compiled_with_all_optimisation(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the machine's own compiler, with the flags that users have."""
    monkeypatch.delenv("CXX", raising=False)
    x = torch.randn(20, 3, 70)
    for made, expected in zip(
        current_based(x, backend="native", return_state=True)[1],
        current_based(x, backend="reference", return_state=True)[1],
        strict=True,
    ):
        assert_same_bits(made, expected)


def test_without_a_compiler_a_spiking_linear_runs_the_reference_too(
    folder: Path, fresh: Callable[..., Neuron], monkeypatch: pytest.MonkeyPatch, ran: Callable[[], int]
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    both = SpikingLinear(6, 4, neuron=fresh())
    torch.nn.init.uniform_(both.linear.weight, 0.0, 0.5)
    spikes = (torch.rand(5, 2, 6) < 0.5).float()
    with pytest.warns(UserWarning, match="no C\\+\\+ compiler"):
        made = both(spikes)
    made.square().sum().backward()
    grad, both.linear.weight.grad = both.linear.weight.grad, None
    expected = both.neuron(both.linear(spikes))
    expected.square().sum().backward()
    assert 0 < expected.sum() < expected.numel() and ran() == 0
    assert_same_bits(made, expected)
    torch.testing.assert_close(grad, both.linear.weight.grad)
