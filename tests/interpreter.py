"""Triton's interpreter without the work that it repeats; conftest.py calls what is here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triton.runtime import interpreter


def patch_once_a_launch() -> None:
    """Have the interpreter prepare triton.language for a function once a launch.

    It does so at every call of a function, by a search of all of triton.language, which takes longer than the kernels.
    What it puts there is the same each time, and stays there until the launch ends.
    """
    prepare, launch = interpreter._patch_lang, interpreter.GridExecutor.__call__
    prepared: set[Callable[..., Any]] = set()

    def prepare_once(function: Callable[..., Any]) -> Any:
        if function in prepared:
            return None  # only a launch, which comes first, uses what is returned
        prepared.add(function)
        return prepare(function)

    def launch_anew(self: Any, *arguments: Any, **options: Any) -> Any:
        prepared.clear()
        return launch(self, *arguments, **options)

    interpreter._patch_lang = prepare_once
    interpreter.GridExecutor.__call__ = launch_anew
