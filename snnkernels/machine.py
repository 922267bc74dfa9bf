"""The machine that runs this, as reports of it say."""

from __future__ import annotations

import platform
import re
from pathlib import Path


def cpu_model() -> str:
    """The processor's name, as the system gives it but for signs of trademarks; empty where it gives none."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return re.sub(r"\((R|TM)\)", "", found[1]).strip() if found else platform.processor()
