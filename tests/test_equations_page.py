"""docs/neurons.md: its table has every built-in neuron, with its states, parameters and options, and its code runs."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from snnkernels.neurons import NEURONS

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "neurons.md").read_text()


def test_the_table_has_every_neuron_as_it_is() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")
    ]
    assert [row[0].strip("`") for row in rows] == list(NEURONS)
    for name, states, params, options, *_ in rows:
        interface = NEURONS[name.strip("`")].definition.interface
        words = [tuple(filter(None, cell.split(", "))) for cell in (states, params, options)]
        assert words[0] == interface.states
        assert sorted(words[1]) == sorted(interface.params)
        assert sorted(words[2]) == sorted(interface.choices)


def test_every_neuron_is_in_the_picture() -> None:
    source = (DOCS / "neuron_figure.py").read_text()
    assert re.findall(r'^    "(\w+)": \(', source, re.M) == list(NEURONS)
    assert (DOCS / "images" / "neurons.png").stat().st_size > 10_000


def test_the_code_of_the_page_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    names: dict = {}
    exec(code, names)
    assert names["over_time"]["u"].shape == (100, 32, 128)
    torch.testing.assert_close(names["largest"], names["leaky_integrator"](names["spikes"]).max(0).values)
