"""Compiles a neuron or a surrogate that is not built in when it is first used, keeps its library in a folder, loads it.

The name of a library has two hashes. One is of the source, the headers of csrc/cpu/strip (which ship with the package),
the flags and the kind of processor. The other is of the compiler. If there is no compiler, the library of any compiler
is used.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch

from ..emit import library
from ..ops import unrecorded
from ..surrogates import SURROGATES, find
from ..tuning import constant
from ..variants import VARIANTS
from ..warn import warn_once
from . import libraries, native_cache

# A library needs only the standard library of C, so it loads beside any standard library of C++.
FLAGS = ("-std=c++17", "-shared", "-fPIC", "-fno-threadsafe-statics", *libraries.COMPILER_FLAGS)
if sys.platform == "linux":
    FLAGS += ("-Wl,--as-needed",)

_reasons: dict[str, str | None] = {}
_building = threading.Lock()


class NotBuilt(Exception):
    """A neuron could not be compiled or loaded. The message says why."""


class Compiler(NamedTuple):
    """A C++ compiler: the words that start it, and what it says of its version."""

    command: tuple[str, ...]
    version: str


class Part(NamedTuple):
    """What is compiled: a "neuron", by the key of a variant, or a "surrogate", by its name."""

    kind: str
    key: str

    @property
    def name(self) -> str:
        """The name that its author gave it."""
        return self.key.rpartition("_")[0]


def part_of(key: str) -> Part:
    """The part that has a key."""
    return Part("neuron" if key in VARIANTS else "surrogate", key)


@constant
def ensure(key: str) -> str | None:
    """Compile and load a part, unless it is loaded. Returns None, or the reason why that is not possible.

    torch.compile calls it while it traces, and takes the answer for a constant.
    """
    if key in _reasons:
        return _reasons[key]
    with _building, unrecorded():
        if key not in _reasons:
            problem = None
            try:
                problem = None if is_registered(key) else _load(part_of(key))
                _reasons[key] = None
            except NotBuilt as error:
                _reasons[key] = str(error)
            if problem:
                warn_once(problem)
    return _reasons[key]


def is_registered(key: str) -> bool:
    """Whether the native engine has a surrogate or a variant: built in, or loaded before. It must be usable."""
    return key in SURROGATES or torch.ops.snnkernels.native_has_neuron(key)


def build(part: Part, folder: Path) -> Path:
    """Compile a part into a folder, unless it is there. Returns the path of its library.

    Raises NotBuilt, or OSError if the folder cannot be written.
    """
    source, compiler = _source(part), _compiler()
    path = _path(folder, part, source, compiler)
    with native_cache.locked(path):
        if not native_cache.is_whole(path):
            with tempfile.TemporaryDirectory(prefix="snnkernels-") as work:
                native_cache.put(_compile(part, source, compiler, Path(work)), path)
    return path


def headers() -> Path:
    """The folder of the headers that a neuron needs: in the source tree, or where they were installed."""
    tree = libraries.ROOT / "csrc" / "cpu" / "strip"
    return tree if tree.is_dir() else libraries.PACKAGE / "strip"


def _source(part: Part) -> str:
    if part.kind == "neuron":
        return library.neuron_library(VARIANTS[part.key])
    return library.surrogate_library(part.key, find(part.key))


def _load(part: Part) -> str | None:
    """Load and register a part. Returns what to warn of, or None. Raises NotBuilt."""
    source, folder = _source(part), native_cache.default_folder()
    try:
        compiler = _compiler()
    except NotBuilt:
        for path in native_cache.libraries(folder):
            if path.name.startswith(_prefix(part, source)) and _is_loaded(part, path):
                return None
        raise
    path = _path(folder, part, source, compiler)
    if _is_loaded(part, path):
        return None
    with native_cache.locked(path):
        if _is_loaded(part, path):  # another process has compiled it meanwhile
            return None
        with tempfile.TemporaryDirectory(prefix="snnkernels-") as work:
            built = _compile(part, source, compiler, Path(work))
            problem = None
            try:
                native_cache.put(built, path)
            except OSError as error:
                problem = (
                    f"snnkernels cannot keep compiled neurons in {folder} ({error.strerror or error}), so each process "
                    "compiles them again: set SNNKERNELS_CACHE to a folder that can be written"
                )
            _register(part, built)
    return problem


def _is_loaded(part: Part, path: Path) -> bool:
    """Load and register the library at a path. Returns False if it is not whole, or cannot be loaded."""
    if not native_cache.is_whole(path):
        return False
    try:
        _register(part, path)
    except NotBuilt:
        return False
    return True


def _register(part: Part, path: Path) -> None:
    try:
        library = ctypes.CDLL(os.fspath(path))  # which stays loaded for as long as the process lives
    except OSError as error:
        raise NotBuilt(f"the compiled {part.kind} {part.name} cannot be loaded: {error}") from None
    table = library.snn_neuron if part.kind == "neuron" else library.snn_surrogate
    table.restype = ctypes.c_void_p
    add = getattr(torch.ops.snnkernels, f"native_add_{part.kind}")
    add(part.key, table())


def _compile(part: Part, source: str, compiler: Compiler, work: Path) -> Path:
    """Compile a part in an empty folder. Returns the path of the library. Raises NotBuilt."""
    (work / "neuron.cpp").write_text(source, encoding="utf-8")
    command = [*compiler.command, *FLAGS, "-I", os.fspath(headers().parent), "neuron.cpp", "-o", "neuron.so"]
    try:
        done = subprocess.run(command, cwd=work, stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as error:
        raise NotBuilt(f"the {part.kind} {part.name} cannot be compiled: {error}") from None
    library = work / "neuron.so"
    if done.returncode or not library.exists():
        words = (done.stderr + done.stdout).decode(errors="replace").strip()
        raise NotBuilt(
            f"the {part.kind} {part.name} cannot be compiled: {shlex.join(command)} "
            f"ended with exit status {done.returncode} and said:\n{words}"
        )
    return library


def _compiler() -> Compiler:
    """The C++ compiler: the one that CXX names, else c++. Raises NotBuilt if there is none."""
    return _find_compiler(os.environ.get("CXX", "").strip() or "c++", os.environ.get("PATH"))


@cache
def _find_compiler(words: str, path: str | None) -> Compiler:
    try:
        command = tuple(shlex.split(words))
    except ValueError as error:
        raise ValueError(f"CXX must be a command, as a shell reads it, got {words!r}: {error}") from None
    if shutil.which(command[0], path=path) is None:
        raise NotBuilt(
            f"a neuron that is not built in is compiled at first use, but there is no C++ compiler: {command[0]} is "
            "not on PATH. Install one, or name one by CXX. Or run `python -m snnkernels compile module:neuron` on a "
            "machine that has one, and set SNNKERNELS_CACHE to the folder that it writes"
        )
    try:
        answer = subprocess.run([*command, "--version"], stdin=subprocess.DEVNULL, capture_output=True)
    except OSError as error:
        raise NotBuilt(f"the C++ compiler {words} cannot be started: {error}") from None
    return Compiler(command, answer.stdout.decode(errors="replace"))


def _path(folder: Path, part: Part, source: str, compiler: Compiler) -> Path:
    return folder / f"{_prefix(part, source)}{_hash(_words(compiler), 8)}{native_cache.SUFFIX}"


def _words(compiler: Compiler) -> str:
    return "\0".join((*compiler.command, compiler.version))


def _prefix(part: Part, source: str) -> str:
    """The start of a library's name, which does not depend on the compiler."""
    content = "\0".join((source, _headers_hash(), *FLAGS, sys.platform, platform.machine()))
    return f"{part.key[:40]}-{_hash(content, 16)}-"


@cache
def _headers_hash() -> str:
    files = sorted(headers().glob("*.h"))
    return hashlib.sha256(b"\0".join(part for f in files for part in (f.name.encode(), f.read_bytes()))).hexdigest()


def _hash(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _forget_lock() -> None:
    """Replace the lock in a forked process: a thread may hold it that only the parent process has."""
    global _building
    _building = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)
