"""Rows as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contenders import NAIVE
from measure import Row

# Median seconds that pytest has measured, by direction, dtype and device, then by contender and shape, or neuron.
MEDIANS: dict[str, dict[tuple[str, str], float]] = {}

_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("shape", lambda row: row.shape),
    ("dtype", lambda row: row.dtype),
    ("memory", lambda row: row.memory),
    ("contender", lambda row: row.contender),
    ("ours", lambda row: row.ours),
    ("ms", lambda row: f"{row.ms:.3f}"),
    ("ours ms", lambda row: f"{row.ours_ms:.3f}"),
    ("x ours", lambda row: f"{row.times_ours:.2f}"),
    ("min - max", lambda row: f"{row.times_ours_min:.2f} - {row.times_ours_max:.2f}"),
    ("device ms", lambda row: "" if row.device_ms is None else f"{row.device_ms:.3f}"),
    ("ours device ms", lambda row: "" if row.ours_device_ms is None else f"{row.ours_device_ms:.3f}"),
    ("GB/s", lambda row: "" if row.bytes_per_second is None else f"{row.bytes_per_second / 1e9:.1f}"),
    ("of copy", lambda row: "" if row.fraction_of_copy is None else f"{row.fraction_of_copy:.0%}"),
    ("peak MB", lambda row: "" if row.peak_bytes is None else f"{row.peak_bytes / 1e6:.1f}"),
    ("ours peak MB", lambda row: "" if row.ours_peak_bytes is None else f"{row.ours_peak_bytes / 1e6:.1f}"),
    ("kept MB", lambda row: "" if row.kept_bytes is None else f"{row.kept_bytes / 1e6:.1f}"),
    ("ours kept MB", lambda row: "" if row.ours_kept_bytes is None else f"{row.ours_kept_bytes / 1e6:.1f}"),
    ("compiled", lambda row: f"{row.compile_seconds:.1f} s" if row.compile_seconds else ""),
)
_TEXT_COLUMNS = ("shape", "dtype", "memory", "contender", "ours")


def table(rows: Sequence[Row]) -> str:
    """A table for each piece of work; columns without a single value are left out."""
    tables = []
    for work in dict.fromkeys((row.work, row.device) for row in rows):
        chosen = [row for row in rows if (row.work, row.device) == work]
        columns = [(header, [cell(row) for row in chosen]) for header, cell in _COLUMNS]
        padded = [_padded(header, cells) for header, cells in columns if any(cells)]
        lines = ["  ".join(line).rstrip() for line in zip(*padded, strict=True)]
        tables.append("\n".join([", ".join(work), *lines]))
    return "\n\n".join(tables)


# Shapes, or neurons, beside each other in a table that is read at a glance.
_BESIDE = 4


def glance(found: dict[tuple[str, str], float]) -> list[str]:
    """A line for each contender and two columns for each shape, or neuron; several tables where there are many."""
    shapes = list(dict.fromkeys(shape for _, shape in found))
    chosen = [shapes[at : at + _BESIDE] for at in range(0, len(shapes), _BESIDE)]
    return [line for some in chosen for line in _glance({key: found[key] for key in found if key[1] in some})]


def _glance(found: dict[tuple[str, str], float]) -> list[str]:
    names, shapes = (list(dict.fromkeys(key[place] for key in found)) for place in (0, 1))
    lines = [["", *(cell for shape in shapes for cell in (shape, ""))]]
    for name in names:
        cells = [name]
        for shape in shapes:
            seconds, loop = found.get((name, shape)), found.get((NAIVE.name, shape))
            cells.append("" if seconds is None else f"{seconds * 1e3:.3g}" if seconds < 1 else f"{seconds * 1e3:.0f}")
            cells.append("" if seconds is None or loop is None else f"{loop / seconds:.2g} x")
        lines.append(cells)
    width = max(map(len, names))
    return columns([[cells[0].ljust(width), *cells[1:]] for cells in lines])


def columns(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines of cells, one below the other."""
    padded = [_padded("", cells)[1:] for cells in zip(*lines, strict=True)]
    return ["  ".join(line).rstrip() for line in zip(*padded, strict=True)]


def _padded(header: str, cells: Sequence[str]) -> list[str]:
    width = max(map(len, (header, *cells)))
    pad = str.ljust if header in _TEXT_COLUMNS else str.rjust
    return [pad(text, width) for text in (header, *cells)]
