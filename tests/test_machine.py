from __future__ import annotations

import platform
from pathlib import Path

import pytest

from snnkernels.machine import cpu_model


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AMD EPYC", "AMD EPYC"),
        ("Intel(R) Xeon(R) Processor", "Intel Xeon Processor"),
        ("Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", "Intel Core i7-8650U CPU @ 1.90GHz"),
    ],
)
def test_processor_is_named_without_signs_of_trademarks(
    name: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: True)
    monkeypatch.setattr(Path, "read_text", lambda path: f"processor\t: 0\nmodel name\t: {name} \nflags\t\t: fpu\n")
    assert cpu_model() == expected


def test_a_system_without_processor_information_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda path: False)
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert cpu_model() == "arm"
