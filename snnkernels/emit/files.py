"""What the commands that write generated files share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def write_or_check(description: str, files: Mapping[str, str], arguments: Sequence[str] | None) -> int:
    """Write files to the folder that the command line names, or with --check say which are not fresh.

    files: the text of each file by its name; arguments: the command line, or None for that of this process. Returns the
    exit status.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a file is not fresh")
    options = parser.parse_args(arguments)
    stale = []
    for name, text in files.items():
        path = options.folder / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not options.check:
            path.write_text(text)
    if options.check and stale:
        print(f"stale: {', '.join(stale)} in {options.folder}; run `make codegen`", file=sys.stderr)
        return 1
    return 0
