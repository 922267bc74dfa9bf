"""A report names the machine exactly: by numbers, where its processor's name says as little as "AMD EPYC"."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from snnkernels import machine
from snnkernels.machine import Processor, processor

EPYC = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: {} \nstepping\t: 1\n"
GRAVITON = "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd40\nCPU revision\t: 1\n"


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder whose file "info" is /proc/cpuinfo, with the caches of an EPYC."""
    for index, (level, kind, size) in enumerate(
        (("1", "Data", "32K"), ("1", "Instruction", "32K"), ("2", "Unified", "1024K"), ("3", "Unified", "32768K"))
    ):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        for name, text in (("level", level), ("type", kind), ("size", size)):
            (folder / name).write_text(f"{text}\n")
    monkeypatch.setattr(machine, "_INFO", tmp_path / "info")
    monkeypatch.setattr(machine, "_CACHES", tmp_path)
    return tmp_path


def test_two_processors_of_one_name_differ_by_their_numbers(linux: Path) -> None:
    caches = {"L1d": 32 << 10, "L2": 1 << 20, "L3": 32 << 20}
    (linux / "info").write_text(EPYC.format("AMD EPYC"))
    assert processor() == Processor("AMD EPYC", "AMD", 25, 17, 1, caches)
    assert str(processor()) == "AMD EPYC (family 25 model 17 stepping 1; 32 KiB L1d, 1 MiB L2, 32 MiB L3)"
    (linux / "info").write_text(EPYC.format("AMD EPYC").replace("25", "26").replace("17", "2"))
    assert str(processor()).startswith("AMD EPYC (family 26 model 2 stepping 1; ")


def test_numbers_of_an_arm_processor(linux: Path) -> None:
    (linux / "info").write_text(GRAVITON)
    found = processor()
    assert (found.vendor, found.family, found.model, found.stepping) == ("ARM", 8, 0xD40, 1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("AMD EPYC", "AMD EPYC"),
        ("Intel(R) Xeon(R) Processor", "Intel Xeon Processor"),
        ("Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", "Intel Core i7-8650U CPU @ 1.90GHz"),
    ],
)
def test_processor_is_named_without_signs_of_trademarks(linux: Path, name: str, expected: str) -> None:
    (linux / "info").write_text(EPYC.format(name))
    assert processor().name == expected


def test_macos_is_asked_by_sysctl(linux: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "machdep.cpu.brand_string": "Apple M2",
        "hw.cpufamily": "3660830781",
        "hw.l1dcachesize": "65536",
        "hw.l2cachesize": "4194304",
    }
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(machine, "_sysctl", lambda key: answers.get(key, ""))
    caches = {"L1d": 64 << 10, "L2": 4 << 20}
    assert processor() == Processor("Apple M2", "Apple", 3660830781, None, None, caches)
    assert str(processor()) == "Apple M2 (family 3660830781; 64 KiB L1d, 4 MiB L2)"


def test_a_system_without_processor_information_is_asked(linux: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert str(processor()) == "arm"


def test_this_machine_is_named() -> None:
    """Wherever the tests run: by a name at least, and on Linux on x86 by its numbers too."""
    found = processor()
    assert str(found).startswith(found.name)
    if platform.system() == "Linux" and platform.machine() == "x86_64":
        assert found.vendor and None not in (found.family, found.model)
