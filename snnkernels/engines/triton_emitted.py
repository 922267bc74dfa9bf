"""The jitted functions of neurons and surrogates, from the text that emit/triton.py writes."""

from __future__ import annotations

import linecache
from functools import cache
from typing import Any

from ..emit.triton import neuron_source, surrogate_source
from ..surrogates import find
from ..variants import VARIANTS


@cache
def neuron_functions(key: str) -> dict[str, Any]:
    """The jitted functions of a neuron."""
    return _module(key, neuron_source(VARIANTS[key]))


@cache
def surrogate_functions(name: str) -> dict[str, Any]:
    """The jitted functions of a surrogate."""
    return _module(name, surrogate_source(find(name)))


def _module(name: str, source: str) -> dict[str, Any]:
    """Run source text as a module. Triton asks for the source of its functions, which Python finds in linecache if the
    name of the file is in angle brackets."""
    file = f"<snnkernels {name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    functions = {"__name__": f"snnkernels.emitted.{name}"}
    exec(compile(source, file, "exec"), functions)
    return functions
