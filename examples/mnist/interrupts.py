"""How a command ends before its end: on what the user can put right, by Ctrl-C, by the signal of a scheduler."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

from config import RunError
from devices import rank

SIGNALS = (signal.SIGINT, signal.SIGTERM)

INTERRUPTED = 130  # as shells say it of a process that Ctrl-C ended


class Interrupted(Exception):
    """The training was asked to stop, and has left a checkpoint; the text, if any, says how to go on."""


@contextmanager
def command() -> Iterator[None]:
    """Ends the process with one sentence, and status 1, on what a user can put right; without a traceback on Ctrl-C."""
    try:
        yield
    except (OSError, RunError) as error:
        sys.exit(f"error: {error}" if rank() == 0 else 1)
    except (Interrupted, KeyboardInterrupt) as interruption:
        if rank() == 0:
            print("; ".join(("interrupted", *map(str, interruption.args))))
        sys.exit(INTERRUPTED)


class Interrupts:
    """Within the with statement, the first of SIGNALS sets `requested`, so that the step under way is finished first;
    the second ends the process as ever."""

    def __init__(self) -> None:
        self.requested = False

    def __enter__(self) -> Interrupts:
        # Only the main thread may set handlers; in another one there are none to catch.
        signals = SIGNALS if threading.current_thread() is threading.main_thread() else ()
        self._previous = {number: signal.signal(number, self._note) for number in signals}
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        signal.signal(number, self._previous[number])
