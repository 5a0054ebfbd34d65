"""SIGINT and SIGTERM end the program as closing its window does."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier


class SignalBridge(QObject):
    """Brings POSIX signals into Qt's loop.

    Python runs its signal handlers only when the interpreter has the control, which Qt's loop keeps; the
    wake-up socket makes Qt give it back at once.
    """

    def __init__(self, on_signal: Callable[[int], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._on_signal = on_signal
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_notifier_activated)
        self._previous_wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        numbers = (signal.SIGINT, signal.SIGTERM)
        self._previous = {number: signal.signal(number, self._handle) for number in numbers}

    def close(self) -> None:
        """Give the signals back to whoever had them."""
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        signal.set_wakeup_fd(self._previous_wakeup)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._on_signal(number)

    def _on_notifier_activated(self) -> None:
        # The bytes only wake the loop; Python calls `_handle` by itself.
        self._reader.recv(64)
