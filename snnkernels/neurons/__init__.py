"""Every built-in neuron, a file a family. Each is one forward step; everything else is derived from it."""

from __future__ import annotations

from ..definition import Neuron
from .lif import LIF, lif

NEURONS: dict[str, Neuron] = {neuron.__name__: neuron for neuron in (lif,)}

__all__ = ["LIF", "NEURONS", "lif"]
