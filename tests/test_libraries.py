"""Which compiled library a source tree uses: its own, or that of the installed copy that it hides."""

from __future__ import annotations

import importlib.util
import json
import os
import runpy
import shutil
import subprocess
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

import pytest

from snnkernels.engines import libraries

ROOT = Path(__file__).parents[1]
LIBRARY = "_cpu.abi3.so"

pytestmark = pytest.mark.skipif(libraries.sources(ROOT) is None, reason="the tests are not in a source tree")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree in which nothing was built."""
    tree, built = tmp_path / "tree", shutil.ignore_patterns("*.so", "*_build.json", "__pycache__")
    for name in ("snnkernels", "csrc"):
        shutil.copytree(ROOT / name, tree / name, ignore=built)
    shutil.copy(ROOT / "setup.py", tree)
    return tree


@pytest.fixture
def installed(tmp_path: Path, tree: Path) -> Path:
    """The package of this tree, with a library of its sources, in a folder of installed packages."""
    installed = tmp_path / "site-packages" / "snnkernels"
    shutil.copytree(tree / "snnkernels", installed)
    build(installed, sources=libraries.sources(tree))
    return installed


def build(folder: Path, **built: str | None) -> None:
    """Write what a build leaves in the folder of a package: a file in the library's place, and the record of it."""
    (folder / libraries.record("cpu")).write_text(json.dumps(built))
    (folder / LIBRARY).touch()


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch):
    """The library that the package in a folder finds, or the reason why it finds none."""

    def find(package: Path, *path: Path | bytes | None, finders: tuple[type, ...] = (PathFinder,)) -> Path | str:
        monkeypatch.setattr(
            sys, "path", [str(package.parent), *(str(entry) if isinstance(entry, Path) else entry for entry in path)]
        )
        monkeypatch.setattr(sys, "meta_path", finders)
        try:
            spec: ModuleSpec = runpy.run_path(str(package / "engines/libraries.py"))["find"]("cpu")
        except ImportError as error:
            return str(error)
        assert spec.origin is not None
        return Path(spec.origin)

    return find


def test_a_tree_runs_the_real_library_of_the_installed_copy_that_it_hides(
    tree: Path, installed: Path, native: None
) -> None:
    library = sys.modules["snnkernels._cpu"].__file__
    assert library is not None
    shutil.copy(library, installed / LIBRARY)
    environment = {**os.environ, "PYTHONPATH": str(installed.parent)}
    code = "import sys, torch, snnkernels as s; print(s.__file__, sys.modules['snnkernels._cpu'].__file__)"
    code += "; print(s.lif(torch.full((2, 1, 3), 2.0), backend='native').sum().item())"
    for folder, package in ((tree, tree / "snnkernels"), (tree.parent, installed)):
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
        assert done.stdout == f"{package / '__init__.py'} {installed / LIBRARY}\n6.0\n", done.stderr


def test_a_tree_takes_its_own_library_first(tree: Path, installed: Path, found) -> None:
    assert found(tree / "snnkernels", installed.parent) == installed / LIBRARY
    build(tree / "snnkernels", sources=libraries.sources(tree))
    assert found(tree / "snnkernels", installed.parent) == tree / "snnkernels" / LIBRARY


def test_but_not_one_of_other_sources(tree: Path, installed: Path, found) -> None:
    build(tree / "snnkernels", sources="of before")
    assert found(tree / "snnkernels", installed.parent) == installed / LIBRARY


@pytest.mark.parametrize("file", ["csrc/cpu/forward.cpp", "csrc/generated/neurons.h", "csrc/toolkit.py", "setup.py"])
def test_what_is_of_other_sources_is_not_used_and_the_reason_says_what_to_do(
    tree: Path, installed: Path, file: str, found
) -> None:
    build(tree / "snnkernels", sources=libraries.sources(tree))
    with open(tree / file, "a") as opened:
        opened.write("\n")
    other = f"was compiled of other sources than those in {tree}, which Python imports: "
    other += f"run `pip install .` in {tree} again"
    assert found(tree / "snnkernels") == f"the library in {tree / 'snnkernels'} {other}"
    (tree / "snnkernels" / LIBRARY).unlink()
    advice = f"the library in {installed} {other}, or start Python in another folder to use what is installed"
    assert found(tree / "snnkernels", installed.parent) == advice
    assert found(installed) == installed / LIBRARY


def test_a_library_without_a_record_is_not_used(tree: Path, found) -> None:
    build(tree / "snnkernels")
    assert "was compiled of other sources" in found(tree / "snnkernels")


def test_a_record_that_was_cut_off_is_none(tree: Path, found) -> None:
    build(tree / "snnkernels", sources=libraries.sources(tree))
    record = tree / "snnkernels" / libraries.record("cpu")
    record.write_text(record.read_text()[:9])
    assert "was compiled of other sources" in found(tree / "snnkernels")


def test_what_is_no_folder_on_the_path_is_passed_over(tree: Path, installed: Path, found) -> None:
    (installed.parent / "copy.zip").write_text("")
    assert (
        found(tree / "snnkernels", None, b"/", installed.parent / "copy.zip", installed.parent) == installed / LIBRARY
    )


def test_what_an_editor_leaves_is_no_source(tree: Path) -> None:
    before = libraries.sources.__wrapped__(tree)
    (tree / "csrc" / "cpu" / ".#scan.cpp").symlink_to("nowhere")
    assert libraries.sources.__wrapped__(tree) == before


def test_the_reason_of_the_installed_copy_is_handed_on(tree: Path, installed: Path, found) -> None:
    build(installed, failure="no C++ compiler")
    assert found(installed) == found(tree / "snnkernels", installed.parent) == "not built: no C++ compiler"
    build(tree / "snnkernels", failure="left out")
    assert found(tree / "snnkernels", installed.parent) == "not built: left out"


def test_where_nothing_was_built_that_is_the_reason(tree: Path, installed: Path, found) -> None:
    reason = f"not built: this is a source tree, which pip has not installed: run `pip install .` in {tree}"
    assert found(tree / "snnkernels") == reason
    for file in (LIBRARY, libraries.record("cpu")):
        (installed / file).unlink()
    assert found(tree / "snnkernels", installed.parent) == reason
    reason = f"not built: {installed} has no library, and no reason why: install snnkernels again"
    assert found(installed) == reason


def test_an_editable_install_of_another_tree_is_found_as_well(tree: Path, installed: Path, found) -> None:
    class Finder:
        """As setuptools installs one: the package is on no path."""

        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
            file = installed / "__init__.py"
            return importlib.util.spec_from_file_location(name, file) if name == "snnkernels" else None

    assert found(tree / "snnkernels", finders=(PathFinder, Finder)) == installed / LIBRARY
