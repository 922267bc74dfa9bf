"""The README and the guide: what a reader copies first runs, and the neuron of both computes what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from snnkernels import Neuron

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
    assert names["loss"] > 0 and names["spikes"].shape == (25, 128, 100)
    assert names["states"]["w"].shape == (25, 128, 100) and names["largest"].shape == (128, 10)
    assert_adaptive(names["adaptive"])


def assert_adaptive(neuron: Neuron) -> None:
    """The neuron of the pages does what a loop over its equations does, on the engine that runs by itself."""
    current, zeros = 3 * torch.randn(20, 4, 6), torch.zeros(4, 6)
    u, w, expected, adaptation = zeros, zeros, [], []
    for x in current:
        w = 0.95 * w + 0.1 * u
        u = 0.9 * u + (1 - torch.tensor(0.9)) * (x - w)
        s = (u >= 1).float()
        u, w = u - s, w + 0.5 * s
        expected.append(s)
        adaptation.append(w)
    spikes, states = neuron(current, record=("w",))
    assert spikes.any() and torch.equal(spikes, torch.stack(expected))
    torch.testing.assert_close(states["w"], torch.stack(adaptation))


def test_code_of_the_guide_runs() -> None:
    names = run(GUIDE)
    assert names["spikes"].shape == (25, 128, 1000) and names["v"].shape == (128, 1000)
    assert names["more"].shape == (5, 128, 1000) and names["rates"].shape == (128, 10)
    assert list(names["states"]) == ["1", "5"] and names["output"].shape == (5, 4, 10) and names["loss"] > 0
    assert (names["tau"], names["refractory"], names["euler"]) == (pytest.approx(20e-3), 2, pytest.approx(0.95))
    activity = names["activity"]
    assert list(activity.firing_rates()) == ["1", "5"] and list(activity.macs()) == ["0"]
    assert list(activity.synaptic_operations()) == ["4"]
    assert names["largest"].shape == (128, 10) and names["traces"]["w"].shape == (25, 128, 1000)
    assert_adaptive(names["adaptive"])


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
