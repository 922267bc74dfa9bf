"""The checked-in C++ is what the emitter writes from neurons.py and surrogates.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnkernels.emit import cpp
from snnkernels.neurons import NEURONS
from snnkernels.surrogates import SURROGATES

GENERATED = Path(__file__).parent.parent / "csrc" / "generated"


@pytest.mark.skipif(not GENERATED.exists(), reason="the tests run without the sources of the package")
def test_generated_code_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    code = cpp.main([str(GENERATED), "--check"])
    assert (code, capsys.readouterr().err) == (0, "")


def test_check_finds_what_is_stale_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cpp.main([str(tmp_path)]) == 0
    assert cpp.main([str(tmp_path), "--check"]) == 0
    surrogates = tmp_path / "surrogates.h"
    edited = surrogates.read_text().replace("+", "-", 1)
    surrogates.write_text(edited)
    (tmp_path / "neurons.h").unlink()
    assert cpp.main([str(tmp_path), "--check"]) == 1
    assert f"stale: neurons.h, surrogates.h in {tmp_path}; run `make codegen`" in capsys.readouterr().err
    assert surrogates.read_text() == edited and not (tmp_path / "neurons.h").exists()


def test_writing_mends_what_is_stale_and_leaves_the_rest(tmp_path: Path) -> None:
    cpp.main([str(tmp_path)])
    surrogates, neurons = tmp_path / "surrogates.h", tmp_path / "neurons.h"
    wanted, untouched = surrogates.read_text(), neurons.stat().st_mtime_ns
    surrogates.write_text("")
    cpp.main([str(tmp_path)])
    assert surrogates.read_text() == wanted and neurons.stat().st_mtime_ns == untouched


def test_every_neuron_and_surrogate_is_written_and_listed() -> None:
    files = cpp.generated_files()
    for name, keys in (("neurons.h", NEURONS), ("surrogates.h", SURROGATES)):
        for key in keys:
            assert f"struct {key} {{" in files[name] and f"X({key})" in files[name]


def test_text_is_the_same_every_time() -> None:
    assert cpp.generated_files() == cpp.generated_files()
