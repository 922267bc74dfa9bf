"""Graphs as Python: functions on tensors that do what a step or a surrogate did when it was traced.

A step may read numbers that are none of its arguments, and these may change. The function has those of the trace, as
compiled engines do, so that all engines compute the same.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from .. import language
from ..trace import Graph
from .statements import ARITHMETIC, COMPARISONS, LOGIC, own_names, program, with_own_names

_OPERATIONS = {
    **ARITHMETIC,
    "div": "{0} / {1}",
    "neg": "-{0}",
    "abs": "abs({0})",
    "exp": "exp({0})",
    "sqrt": "sqrt({0})",
    "tanh": "tanh({0})",
    "sigmoid": "sigmoid({0})",
    "floor": "floor({0})",
    "min": "minimum({0}, {1})",
    "max": "maximum({0}, {1})",
    **COMPARISONS,
    **LOGIC,
    "where": "where({0}, {1}, {2})",
    "detach": "detach({0})",
    "spike": "spike({0})",
}


def function_of(graph: Graph, name: str, inputs: Sequence[str]) -> Callable[..., Any]:
    """The function of the inputs and of `spike`, by place, that returns a tuple of the graph's outputs."""
    written = program(with_own_names(graph), _OPERATIONS, repr)
    lines = [f"def step({', '.join(own_names(inputs))}, spike=None):"]
    lines += [f"    {statement.name} = {statement.expression}" for statement in written.statements]
    lines += [f"    return {', '.join(written.results.values())},"]
    source = "\n".join(lines) + "\n"
    file = f"<snnkernels {name} in Python>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    # torch.compile up to 2.13 imports the module of a function that it traces.
    module = sys.modules[f"{__name__}.{name}"] = ModuleType(f"{__name__}.{name}")
    names = vars(module)
    names |= {word: value for word, value in vars(language).items() if not word.startswith("__")}
    exec(compile(source, file, "exec"), names)
    return names["step"]
