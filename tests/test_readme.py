"""The README and the guide: what a reader copies first runs, and the guide's neuron is the one that there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from snnkernels import lif

ROOT = Path(__file__).resolve().parents[1]
README, GUIDE = ROOT / "README.md", ROOT / "docs" / "guide.md"
PAGES = [path for folder in ("docs", "examples", "benchmarks") for path in sorted((ROOT / folder).rglob("*.md"))]


def run(page: Path) -> dict[str, Any]:
    """All Python code of a page, from top to bottom; the names that it leaves."""
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.S):
        exec(block, names)
    return names


def test_code_of_the_readme_runs() -> None:
    names = run(README)
    assert all(parameter.grad is not None for parameter in names["model"].parameters())
    assert names["spikes"].shape == (25, 128, 10)


def test_code_of_the_guide_runs() -> None:
    names = run(GUIDE)
    assert names["spikes"].shape == (25, 128, 1000) and names["v"].shape == (128, 1000)
    assert names["more"].shape == (5, 128, 1000) and names["rates"].shape == (128, 10)
    assert list(names["states"]) == ["1", "5"] and names["output"].shape == (5, 4, 10) and names["loss"] > 0
    assert (names["tau"], names["refractory"], names["euler"]) == (pytest.approx(20e-3), 2, pytest.approx(0.95))
    activity = names["activity"]
    assert list(activity.firing_rates()) == ["1", "5"] and list(activity.macs()) == ["0"]
    assert list(activity.synaptic_operations()) == ["4"]
    current = torch.randn(7, 2, 3)
    assert torch.equal(names["leaky"](current), lif(current)) and names["layer"].beta.requires_grad


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *PAGES], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """To a file, and where a heading is named, to one of its."""
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)", page.read_text()):
        path = (page.parent / target).resolve() if target else page
        if target.startswith("https://"):
            continue
        assert path.exists(), target
        headings = re.findall(r"^#+ (.+)$", path.read_text(), re.M) if anchor else []
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}


def test_the_readme_takes_three_minutes() -> None:
    """At some 250 words a minute, tables and code among them; and no table cell that says nothing."""
    text = README.read_text()
    assert sum(word not in ("|", "---", "-") for word in text.split()) <= 850
    cells = [cell.strip() for line in text.splitlines() if line.startswith("|") for cell in line.split("|")[1:-1]]
    assert cells and not {"", "-"} & set(cells)
