"""Type checkers know the built-in neurons by a stub that is written from their signatures: it is fresh and right.

tests/typed_calls.py says which types calls have. `make lint` runs mypy on it.
"""

from __future__ import annotations

import ast
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import snnkernels
from snnkernels.emit import stub
from snnkernels.neurons import NEURONS

FOLDER = Path(snnkernels.__file__).parent / "neurons"


@pytest.fixture(scope="module")
def classes() -> dict[str, ast.ClassDef]:
    """The classes of the stub, by name."""
    tree = ast.parse((FOLDER / "__init__.pyi").read_text())
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _variables() -> dict[str, str]:
    tree = ast.parse((FOLDER / "__init__.pyi").read_text())
    found = [node for node in tree.body if isinstance(node, ast.AnnAssign)]
    return {ast.unparse(node.target): ast.unparse(node.annotation) for node in found}


def _methods(of: ast.ClassDef, name: str) -> list[ast.FunctionDef]:
    return [node for node in of.body if isinstance(node, ast.FunctionDef) and node.name == name]


def _fields(of: ast.ClassDef) -> list[str]:
    return [ast.unparse(node.target) for node in of.body if isinstance(node, ast.AnnAssign)]


def test_the_stub_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    code = stub.main([str(FOLDER), "--check"])
    assert (code, capsys.readouterr().err) == (0, "")


def test_a_stale_stub_is_found_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "__init__.pyi").write_text("lif: int\n")
    assert stub.main([str(tmp_path), "--check"]) == 1
    assert f"stale: __init__.pyi in {tmp_path}; run `make codegen`" in capsys.readouterr().err
    assert stub.main([str(tmp_path)]) == 0
    assert (tmp_path / "__init__.pyi").read_text() == (FOLDER / "__init__.pyi").read_text()


def test_the_stub_declares_what_the_module_has() -> None:
    declared = _variables()
    assert declared.keys() == {"NEURONS", *NEURONS}
    assert declared["NEURONS"] == "dict[str, Neuron]"


@pytest.mark.parametrize("name", NEURONS)
def test_a_call_takes_the_arguments_of_the_function(name: str, classes: dict[str, ast.ClassDef]) -> None:
    function = classes[_variables()[name]]
    calls = _methods(function, "__call__")
    arguments = inspect.signature(NEURONS[name]).parameters
    (options,) = {
        ast.unparse(call.args.kwarg.annotation) for call in calls if call.args.kwarg and call.args.kwarg.annotation
    }
    taken = _fields(classes[options.removeprefix("Unpack[").removesuffix("]")])
    for call in calls:
        own = [argument.arg for argument in (*call.args.args[1:], *call.args.kwonlyargs)]
        assert sorted([*own, *taken]) == sorted(arguments)
    results = [ast.unparse(call.returns) for call in calls if call.returns]
    interface = NEURONS[name].definition.interface
    state = "torch.Tensor"
    if len(interface.states) > 1:
        state = f"tuple[{', '.join([state] * len(interface.states))}]"
    spikes = any(variant.gives_spikes for variant in NEURONS[name].definition.variants())
    for output in ("torch.Tensor", *(["PackedSpikes"] if spikes else [])):
        expected = [
            output,
            f"tuple[{output}, _Records]",
            f"tuple[{output}, {state}]",
            f"tuple[{output}, {state}, _Records]",
        ]
        assert results[:4] == expected
        results = results[4:]
    assert len(results) == 1


@pytest.mark.parametrize("name", NEURONS)
def test_a_layer_takes_the_arguments_of_its_constructor(name: str, classes: dict[str, ast.ClassDef]) -> None:
    (layer,) = _methods(classes[_variables()[name]], "layer")
    assert layer.returns is not None
    stubbed = classes[ast.unparse(layer.returns).removeprefix("type[").removesuffix("]")]
    (constructor,) = _methods(stubbed, "__init__")
    parameters = inspect.signature(NEURONS[name].layer).parameters
    positional = [p.name for p in parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [argument.arg for argument in constructor.args.args[1:]] == positional
    named: dict[str, Any] = {
        argument.arg: ast.literal_eval(default)
        for argument, default in zip(constructor.args.kwonlyargs, constructor.args.kw_defaults, strict=True)
        if default is not None
    }
    assert named == {p.name: p.default for p in parameters.values() if p.kind is p.KEYWORD_ONLY}
    made = NEURONS[name].layer()
    for attribute in _fields(stubbed):
        assert hasattr(made, attribute), attribute
    assert set(made.arguments) <= set(_fields(stubbed))


def test_no_module_has_a_name_that_the_package_gives_to_something_else() -> None:
    """A type checker may take the one for the other: with its cache, mypy took `snnkernels.lif` for a module."""
    for package in (snnkernels, snnkernels.neurons):
        modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
        assert modules & set(package.__all__) == set()
