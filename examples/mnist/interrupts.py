"""Ctrl-C, and the signal by which schedulers end a job: noted, so that the step under way is finished first."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(Exception):
    """The training was asked to stop, and has left a checkpoint."""


class Interrupts:
    """Within the with statement, the first such signal sets `requested`; the second ends the process as ever."""

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
