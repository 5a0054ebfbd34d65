"""Keeps to itself what psycopg2 prints when the connection breaks in the middle of a COPY.

The server's last word and the broken connection are two errors. psycopg2 raises the first, and while it
raises it trips over the second, which it hands to `sys.excepthook` as a SystemError caused by the first.
Whoever called gets the right exception, so the other one is no bug to be reported.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

import psycopg2

_Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]

_LOCK = threading.Lock()


class _Filter:
    """Stands before another hook for as long as somebody copies."""

    def __init__(self, before: _Hook) -> None:
        self.before = before
        self.users = 0

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not (isinstance(error, SystemError) and isinstance(error.__cause__, psycopg2.Error)):
            self.before(kind, error, trace)


@contextmanager
def repeated_errors_unheard() -> Iterator[None]:
    """Let nobody hear of an error of psycopg2 that came while it raised another."""
    with _LOCK:
        found = sys.excepthook
        hook = found if isinstance(found, _Filter) else _Filter(found)
        hook.users += 1
        sys.excepthook = hook
    try:
        yield
    finally:
        with _LOCK:
            hook.users -= 1
            if not hook.users and sys.excepthook is hook:
                sys.excepthook = hook.before
