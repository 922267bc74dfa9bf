"""Warnings that a process gives once."""

from __future__ import annotations

import warnings
from functools import cache


@cache
def warn_once(problem: str) -> None:
    """Warn of a problem, unless this process has warned of it before."""
    warnings.warn(problem, stacklevel=3)
