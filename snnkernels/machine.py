"""The processor of this machine by its numbers, for reports: virtual machines shorten names."""

from __future__ import annotations

import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

_INFO = Path("/proc/cpuinfo")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")

# What Linux calls a processor's vendor, family, model and stepping: on x86, and on ARM.
_NUMBERS = (
    ("vendor_id", "cpu family", "model", "stepping"),
    ("CPU implementer", "CPU architecture", "CPU part", "CPU revision"),
)
# The same numbers as macOS calls them; an Apple processor has only a family.
_SYSCTL_NUMBERS = ("machdep.cpu.vendor", "machdep.cpu.family", "machdep.cpu.model", "machdep.cpu.stepping")
_SYSCTL_CACHES = {"L1d": "hw.l1dcachesize", "L2": "hw.l2cachesize", "L3": "hw.l3cachesize"}
_VENDORS = {"AuthenticAMD": "AMD", "GenuineIntel": "Intel", "0x41": "ARM", "0x61": "Apple"}


@dataclass(frozen=True)
class Processor:
    """A processor. A field that the system does not tell is empty or None.

    name: as the system gives it, without signs of trademarks.
    caches: bytes by level, as the first core sees them: L1d, L2, L3.
    """

    name: str
    vendor: str
    family: int | None
    model: int | None
    stepping: int | None
    caches: dict[str, int]

    def __str__(self) -> str:
        numbers = [("family", self.family), ("model", self.model), ("stepping", self.stepping)]
        known = " ".join(f"{what} {number}" for what, number in numbers if number is not None)
        caches = ", ".join(f"{_size(count)} {level}" for level, count in self.caches.items())
        about = "; ".join(filter(None, (known, caches)))
        return f"{self.name} ({about})" if about else self.name


def processor() -> Processor:
    """The processor of this machine."""
    if _INFO.exists():
        text = _INFO.read_text()
        numbers = next((names for names in _NUMBERS if _field(text, names[0])), _NUMBERS[0])
        values = [_field(text, name) for name in numbers]
        return _processor(_field(text, "model name"), values, _linux_caches())
    if platform.system() == "Darwin":
        vendor, family, *rest = map(_sysctl, _SYSCTL_NUMBERS)
        values = [vendor or "Apple", family or _sysctl("hw.cpufamily"), *rest]
        sizes = ((level, _number(_sysctl(key))) for level, key in _SYSCTL_CACHES.items())
        caches = {level: size for level, size in sizes if size}
        return _processor(_sysctl("machdep.cpu.brand_string"), values, caches)
    return _processor("", ["", "", "", ""], {})


def _processor(name: str, values: list[str], caches: dict[str, int]) -> Processor:
    """values: vendor, family, model and stepping as text."""
    name = re.sub(r"\((R|TM)\)", "", name).strip() or platform.processor()
    vendor, family, model, stepping = values
    return Processor(name, _VENDORS.get(vendor, vendor), _number(family), _number(model), _number(stepping), caches)


def _field(text: str, name: str) -> str:
    """The first value of a name in /proc/cpuinfo."""
    found = re.search(rf"^{re.escape(name)}\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def _linux_caches() -> dict[str, int]:
    """The data caches of the first core, from the innermost."""
    found = {}
    for folder in sorted(_CACHES.glob("index*")):
        try:
            level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction" and size.removesuffix("K").isdigit():
            found["L1d" if level == "1" else f"L{level}"] = int(size.removesuffix("K")) * 1024
    return found


def _sysctl(key: str) -> str:
    """A value of macOS, or "" if there is none."""
    try:
        return subprocess.run(("sysctl", "-n", key), capture_output=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 and not count & 0xFFFFF else f"{count >> 10} KiB"
