"""Brings what Qt says into the app's log, where secrets are taken out and crash reports find it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_log = logging.getLogger("qt")

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

# The offscreen platform, on which pictures are drawn, says this for each dialog; it means nothing there.
_MEANINGLESS = ("This plugin does not support propagateSizeHints()",)


def log_qt_messages() -> Callable[[], None]:
    """Send Qt's messages to the logger `qt`; returns what ends that."""
    qInstallMessageHandler(_take)

    def end() -> None:
        qInstallMessageHandler(None)

    return end


def _take(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
    if message not in _MEANINGLESS:
        _log.log(_LEVELS.get(kind, logging.WARNING), "%s", message)
