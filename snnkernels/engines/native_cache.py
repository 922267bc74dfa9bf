"""The folder of compiled neurons, which many processes read and write at once.

One rename puts a whole file there, and the file ends with a hash of its content. So a file that a crash cut off is not
loaded, but compiled again. A process that compiles holds a lock. The system releases the lock when the process ends in
any way, so others wait only while it lives.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".neuron"

_MARK = b"snnkernels neuron"
_HASH_BYTES = hashlib.sha256().digest_size

# A process that waits longer than this for another compiles by itself: the other may have been stopped.
_PATIENCE_SECONDS = 120.0
_LEFT_BEHIND_SECONDS = 3600.0


def default_folder() -> Path:
    """The folder of compiled neurons, which need not exist.

    It is $SNNKERNELS_CACHE, else $XDG_CACHE_HOME/snnkernels, else ~/.cache/snnkernels.
    """
    if named := os.environ.get("SNNKERNELS_CACHE", "").strip():
        return Path(os.path.expanduser(named)).absolute()
    caches = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(caches):  # the standard says that a relative one does not count
        caches = os.path.join(os.path.expanduser("~"), ".cache")
    return Path(caches, "snnkernels")


def libraries(folder: Path) -> list[Path]:
    """The compiled neurons in a folder. There are none if there is no folder."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except OSError:
        return []


def clear(folder: Path) -> list[Path]:
    """Delete the compiled neurons in a folder, and what belongs to them. Returns the neurons."""
    deleted = libraries(folder)
    for path in [*deleted, *folder.glob(f"*{SUFFIX}.lock"), *folder.glob(f"*{SUFFIX}.*.part")]:
        path.unlink(missing_ok=True)
    return deleted


def is_whole(path: Path) -> bool:
    """Whether a file exists and has all that :func:`put` wrote."""
    try:
        content = path.read_bytes()
    except OSError:
        return False
    end = len(content) - len(_MARK) - _HASH_BYTES
    return end > 0 and content[end:] == hashlib.sha256(content[:end]).digest() + _MARK


def put(built: Path, path: Path) -> None:
    """Put a copy of a library into the folder of compiled neurons, as `path`.

    Raises OSError if the folder cannot be made or written.
    """
    prepare(path.parent)
    _delete_left_behind(path.parent)
    content = built.read_bytes()  # loaders do not read what comes after the end of a library
    number, name = tempfile.mkstemp(".part", f"{path.name}.", path.parent)
    try:
        with open(number, "wb") as part:
            part.write(content + hashlib.sha256(content).digest() + _MARK)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def prepare(folder: Path) -> None:
    """Make a folder, but never a home folder. Raises OSError if it cannot be made."""
    home = Path(os.path.expanduser("~"))
    if home in folder.parents and not home.is_dir():
        raise FileNotFoundError(f"there is no home folder {home}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a compiled neuron. In a folder that has no locks, two processes may do the same work."""
    try:
        import fcntl

        prepare(path.parent)
        lock = open(path.with_name(f"{path.name}.lock"), "ab")  # noqa: SIM115 - closed below
    except (ImportError, OSError):
        yield
        return
    with lock:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.02)
            except OSError:  # a file system without locks
                break
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_UN)  # a process that was forked meanwhile has the file open, too


def _delete_left_behind(folder: Path) -> None:
    """Delete the files that killed processes had begun to write."""
    for part in folder.glob(f"*{SUFFIX}.*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                part.unlink()
