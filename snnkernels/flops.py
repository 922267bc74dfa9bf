"""Formulas for torch's FlopCounterMode: it counts an event-driven product as the dense product of the same sizes.

torch.utils.flop_counter imports Triton, which takes longer than to import this package. So the formulas are registered
when somebody imports it, and not before.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import torch

_COUNTER = "torch.utils.flop_counter"


def _linear(bits: Sequence[int], group: int, weight: Sequence[int], *rest: Any, out_shape: Any, **options: Any) -> int:
    """Rows of spikes (`group` in each row of bits), times outputs, times inputs."""
    return 2 * bits[0] * group * weight[0] * weight[1]


def _weight_grad(
    grad: Sequence[int], bits: Sequence[int], group: int, inputs: int, *rest: Any, out_shape: Any, **options: Any
) -> int:
    return 2 * grad[0] * grad[1] * inputs


def _register(counter: ModuleType) -> None:
    operators = torch.ops.snnkernels
    counter.register_flop_formula(operators.native_event_linear)(_linear)
    counter.register_flop_formula(operators.native_event_weight_grad)(_weight_grad)


class _WhenImported(MetaPathFinder):
    """Registers the formulas when the module that counts by them has been imported."""

    def __init__(self) -> None:
        self._asking = threading.local()  # while it asks the finders after it for the module

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != _COUNTER or getattr(self._asking, "now", False):
            return None
        self._asking.now = True
        try:
            spec = find_spec(fullname)
        finally:
            self._asking.now = False
        loader: Any = None if spec is None else spec.loader
        if loader is not None:
            execute = loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                _register(module)

            loader.exec_module = execute_and_register
        return spec


if _COUNTER in sys.modules:
    _register(sys.modules[_COUNTER])
else:
    sys.meta_path.insert(0, _WhenImported())
