"""Which compiled libraries belong to this package: those beside it, or those of an installed copy that it hides.

Python imports the package in the current folder before an installed one, so in a source tree `pip install .` would
have no effect. There this module finds the installed libraries, if they were compiled from the sources of the tree.

setup.py runs this file by itself, so it imports nothing of the package.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

# For host compilers. No FMA contraction and no fast math: every engine rounds every operation alike.
COMPILER_FLAGS = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden"]
COMPILER_FLAGS += ["-Wno-psabi"]  # functions that take vectors are inlined: how they would be passed does not matter
COMPILER_FLAGS += ["-g0"]  # debug information, for which Python's own flags ask, takes seven times the size

PACKAGE = Path(__file__).parents[1]
ROOT = PACKAGE.parent


@cache
def sources(root: Path) -> str | None:
    """A hash of all sources of the libraries, or None if `root` is not a source tree."""
    if not (root / "csrc" / "module.cpp").exists():
        return None
    files = [file for file in (root / "csrc").rglob("[!.]*") if file.suffix in (".h", ".cpp", ".cu", ".py")]
    files = [root / "setup.py", *sorted(files)]
    contents = (part for file in files for part in (file.relative_to(root).as_posix().encode(), file.read_bytes()))
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def record(library: str) -> str:
    """The name of the file in which setup.py writes the "sources" of a library, or the "failure" to build it."""
    return f"_{library}_build.json"


def find(library: str) -> ModuleSpec:
    """Find the library that belongs to this package. If there is none, the ImportError says why, and what to do."""
    expected = sources(ROOT)
    found = _look(PACKAGE, library, expected)
    if expected is not None and not isinstance(found, ModuleSpec) and (hidden := _hidden_copy()):
        behind = _look(hidden, library, expected)
        found = behind if isinstance(behind, ModuleSpec) else found or behind
    if found is None and expected is None:
        found = f"not built: {PACKAGE} has no library, and no reason why: install snnkernels again"
    if found is None:
        found = f"not built: this is a source tree, which pip has not installed: run `pip install .` in {ROOT}"
    if isinstance(found, str):
        raise ImportError(found)
    return found


def load(library: str) -> None:
    """Import the library that belongs to this package. The import registers its operators."""
    spec = find(library)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)  # type: ignore[union-attr] # a library that was found has a loader
    sys.modules[spec.name] = module


def _look(folder: Path, library: str, expected: str | None) -> ModuleSpec | str | None:
    """The library in the folder of a package, or the reason not to use it; None if nothing was built there."""
    try:
        built = json.loads((folder / record(library)).read_text())
    except (OSError, ValueError):  # there is no file, or its build was interrupted
        built = {}
    if "failure" in built:
        return f"not built: {built['failure']}"
    spec = PathFinder.find_spec(f"snnkernels._{library}", [str(folder)])
    if spec is None or expected in (None, built.get("sources")):
        return spec
    reason = f"the library in {folder} was compiled of other sources than those in {ROOT}, which Python imports: "
    reason += f"run `pip install .` in {ROOT} again"
    return reason if folder == PACKAGE else f"{reason}, or start Python in another folder to use what is installed"


def _hidden_copy() -> Path | None:
    """The folder of the package that Python would import if this source tree were not in front of it."""
    entries = [entry for entry in sys.path if isinstance(entry, str) and Path(entry).resolve() != ROOT.resolve()]
    for finder in sys.meta_path:  # editable installs have finders of their own
        spec = finder.find_spec("snnkernels", entries) if hasattr(finder, "find_spec") else None
        folder = None if spec is None or spec.origin is None else Path(spec.origin).parent
        if folder is not None and folder.is_dir() and not PACKAGE.samefile(folder):
            return folder
    return None
