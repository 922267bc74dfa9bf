"""The Triton engine."""

from __future__ import annotations


def unusable_reason(device: str) -> str | None:
    """Why the Triton engine cannot run on a kind of device, or None where it can."""
    return "not written yet"
