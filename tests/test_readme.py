"""The README's code: what a reader copies first runs, and its neuron is the one that there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch

from snnkernels import lif
from snnkernels.language import detach

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()


def blocks(heading: str) -> list[str]:
    """The Python code under a heading."""
    section = re.search(rf"^##+ {heading}\n(.*?)(?=^##|\Z)", README, re.M | re.S)
    assert section is not None
    return re.findall(r"```python\n(.*?)```", section[1], re.S)


def test_code_of_a_model_runs() -> None:
    names: dict[str, Any] = {}
    for block in blocks("In a model"):
        exec(block, names)
    assert all(parameter.grad is not None for parameter in names["model"].parameters())
    assert names["spikes"].shape == (25, 128, 1000) and names["v"].shape == (128, 1000)


def test_its_neuron_is_lif() -> None:
    names: dict[str, Any] = {"detach": detach}
    exec(blocks("How to add a neuron")[0], names)
    current, v, spikes = torch.randn(7, 2, 3), torch.zeros(2, 3), []
    for x in current:
        s, v = names["lif"](x, v, spike=lambda distance: (distance >= 0).float(), beta=0.9, threshold=1.0)
        spikes.append(s)
    assert torch.equal(torch.stack(spikes), lif(current))
