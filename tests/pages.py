"""Pages of the documentation, for the tests that hold them to what they say."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def section(page: str, heading: str) -> str:
    """What stands under a heading of a page."""
    text = (ROOT / page).read_text()
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    assert found is not None, f"{page} has no heading {heading!r}"
    return found[1]


def code(page: str, heading: str) -> list[str]:
    """The Python code under a heading of a page."""
    return re.findall(r"```python\n(.*?)```", section(page, heading), re.S)
