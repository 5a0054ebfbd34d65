"""Short notifications at the window's lower right, with an optional action such as Undo."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPropertyAnimation, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QGraphicsOpacityEffect,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from syncsphere_desktop.ui.theme.motion import FADE_MS, motion_wanted
from syncsphere_desktop.ui.theme.style import current_tokens
from syncsphere_desktop.ui.widgets.banner import ICONS, TONES, details_box, fold_details
from syncsphere_desktop.ui.widgets.buttons import Button, IconButton, Kind
from syncsphere_desktop.ui.widgets.icon_mark import IconMark
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel
from syncsphere_desktop.ui.widgets.shadow import SHADOW, paint_floating

AT_MOST = 4
WIDTH = 380
_SECONDS = 6.0
_ERROR_SECONDS = 20.0
_MARGIN = 16
_CLEAR_AT_THE_RIGHT = 360  # an inspector's buttons stand there
_STATUS_BAR = 28
_BY_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class Toast(QWidget):
    """One notification. Its time stands still while the pointer or the focus is on it."""

    closed = Signal()

    def __init__(
        self,
        sentence: str,
        tone: str,
        seconds: float,
        *,
        action: str | None = None,
        on_action: Callable[[], None] | None = None,
        details: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.sentence = sentence
        self.tone = tone
        self._on_action = on_action
        self._closing = False
        self._fade: QPropertyAnimation | None = None
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(round(seconds * 1000))
        self._clock.timeout.connect(self.close_softly)
        self._details = details_box()
        fold_details(self._details, details)
        self.setAccessibleName(sentence)
        self.setFixedWidth(WIDTH + 2 * SHADOW)
        self._build(action, has_details=bool(details))
        self._clock.start()

    def _build(self, action: str | None, *, has_details: bool) -> None:
        sign = IconMark(ICONS[self.tone], TONES[self.tone])
        text = PlainLabel(self.sentence)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(text, 1)
        if has_details:
            more = Button("Details", Kind.LINK)
            more.clicked.connect(self._on_more_clicked)
            row.addWidget(more)
        if action is not None:
            button = Button(action, Kind.LINK)
            button.clicked.connect(self._on_button_clicked)
            row.addWidget(button)
        close = IconButton("close", "Dismiss")
        close.clicked.connect(self.close_softly)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SHADOW + 12, SHADOW + 8, SHADOW + 8, SHADOW + 8)
        layout.addLayout(row)
        layout.addWidget(self._details)
        for focusable in self.findChildren(QAbstractButton):
            focusable.installEventFilter(self)

    @property
    def is_paused(self) -> bool:
        """Return whether its time stands still."""
        return not self._clock.isActive()

    def close_softly(self) -> None:
        """Fade out and go; at once where motion isn't wanted."""
        if self._closing:
            return
        self._closing = True
        self._clock.stop()
        if motion_wanted():
            self._animate(1.0, 0.0).finished.connect(self.closed)
        else:
            self.closed.emit()

    def appear(self) -> None:
        """Fade in."""
        self.show()
        if motion_wanted():
            self._animate(0.0, 1.0).finished.connect(self._on_fade_in_finished)

    @override
    def enterEvent(self, event: QEnterEvent) -> None:
        self._clock.stop()
        super().enterEvent(event)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        if not self._closing:
            self._clock.start()
        super().leaveEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        box = self.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        paint_floating(QPainter(self), box, current_tokens())

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent):
            # A window without any other place for the focus puts it here by itself: that is no interest.
            came = event.gotFocus() and event.reason() in _BY_KEYBOARD
            if came:
                self._clock.stop()
            elif event.lostFocus() and not self._closing:
                self._clock.start()
        return super().eventFilter(watched, event)

    def _animate(self, start: float, end: float) -> QPropertyAnimation:
        effect = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(effect)
        self._fade = QPropertyAnimation(effect, b"opacity", self)
        self._fade.setDuration(FADE_MS)
        self._fade.setStartValue(start)
        self._fade.setEndValue(end)
        self._fade.start()
        return self._fade

    def _on_fade_in_finished(self) -> None:
        if not self._closing:
            # An effect that stays would render the toast into a buffer at each painting.
            self.setGraphicsEffect(None)  # type: ignore[arg-type]  # None takes the effect away

    def _on_more_clicked(self) -> None:
        self._details.setVisible(self._details.isHidden())
        self.adjustSize()
        parent = self.parentWidget()
        if isinstance(parent, ToastHost):
            parent.place()

    def _on_button_clicked(self) -> None:
        self.close_softly()
        if self._on_action is not None:
            self._on_action()


class ToastHost(QWidget):
    """Stacks toasts over `window`, the newest lowest and four at most; it takes no room where none is."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAccessibleName("Notifications")
        self._toasts: list[Toast] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        window.installEventFilter(self)
        self.hide()

    @property
    def sentences(self) -> list[str]:
        """Return what is shown, oldest first."""
        return [toast.sentence for toast in self._toasts]

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """Return the notifications that are shown, oldest first."""
        return tuple(self._toasts)

    def show_message(
        self,
        sentence: str,
        tone: str = "info",
        *,
        action: str | None = None,
        on_action: Callable[[], None] | None = None,
        details: str | None = None,
        seconds: float = _SECONDS,
    ) -> Toast:
        """Show a notification; `tone` is info, success, warning or danger.

        What is shown already with the same sentence is replaced, not doubled.
        """
        for same in [toast for toast in self._toasts if toast.sentence == sentence]:
            self._remove(same)
        while len(self._toasts) >= AT_MOST:
            self._remove(self._expendable())
        toast = Toast(
            sentence, tone, seconds, action=action, on_action=on_action, details=details, parent=self
        )
        toast.closed.connect(lambda: self._remove(toast))
        self._toasts.append(toast)
        self._layout.addWidget(toast)
        # In its place before it is seen, or it would be under the pointer for a moment.
        self.place()
        toast.appear()
        return toast

    def show_success(
        self, sentence: str, *, action: str | None = None, on_action: Callable[[], None] | None = None
    ) -> Toast:
        """Tell that something was done, perhaps with Undo."""
        return self.show_message(sentence, "success", action=action, on_action=on_action)

    def show_error(
        self,
        sentence: str,
        *,
        details: str | None = None,
        action: str | None = None,
        on_action: Callable[[], None] | None = None,
    ) -> Toast:
        """Tell that something failed; it stays longer."""
        return self.show_message(
            sentence, "danger", action=action, on_action=on_action, details=details, seconds=_ERROR_SECONDS
        )

    def clear(self) -> None:
        """Take all of them away."""
        for toast in list(self._toasts):
            self._remove(toast)

    def place(self) -> None:
        """Put the stack into the window's corner, above the status bar."""
        parent = self.parentWidget()
        if parent is None or not self._toasts:
            self.hide()
            return
        self._layout.activate()
        width = WIDTH + 2 * SHADOW
        height = sum(toast.heightForWidth(width) for toast in self._toasts)
        self.setGeometry(
            max(_MARGIN, parent.width() - width - _MARGIN - _CLEAR_AT_THE_RIGHT) + SHADOW,
            parent.height() - height - _STATUS_BAR - _MARGIN + SHADOW,
            width,
            height,
        )
        self.show()
        self.raise_()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.place()
        return super().eventFilter(watched, event)

    def _expendable(self) -> Toast:
        quiet = [toast for toast in self._toasts if toast.tone != "danger"]
        return (quiet or self._toasts)[0]

    def _remove(self, toast: Toast) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            self._layout.removeWidget(toast)
            toast.hide()
            toast.deleteLater()
            self.place()
