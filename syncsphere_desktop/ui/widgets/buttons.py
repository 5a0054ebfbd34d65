"""Buttons by their weight, and small ones that are an icon alone."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QPushButton, QToolButton, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.icons import SMALL, icon
from syncsphere_desktop.ui.widgets.plain_text import plain_tip


class Kind(StrEnum):
    """How much weight a button has; one primary or danger button at most in a dialog or header."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"
    SUBTLE = "subtle"
    LINK = "link"


_TONES = {Kind.PRIMARY: "accent-text", Kind.DANGER: "danger-text"}


class Button(QPushButton):
    """A button with a text. `keys` is shown in the tooltip; the shortcut itself belongs to an action."""

    def __init__(
        self,
        text: str,
        kind: Kind = Kind.PLAIN,
        *,
        icon_name: str | None = None,
        keys: str | None = None,
        tooltip: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setProperty("kind", kind.value)
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if icon_name is not None:
            self.setIcon(icon(icon_name, _TONES.get(kind, "text")))
            self.setIconSize(QSize(SMALL, SMALL))
        if tooltip or keys:
            self.setToolTip(plain_tip(with_keys(tooltip or text, keys)))

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # What shows the focus ring is what Enter presses, never the default button of the dialog.
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)


class IconButton(QToolButton):
    """A button that is an icon alone; `label` is its accessible name and, with the keys, its tooltip."""

    def __init__(
        self,
        icon_name: str,
        label: str,
        *,
        keys: str | None = None,
        tone: str = "text-muted",
        checkable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tone = tone
        self.setIcon(icon(icon_name, tone))
        self.setIconSize(QSize(SMALL, SMALL))
        self.setAccessibleName(label)
        self.setToolTip(plain_tip(with_keys(label, keys)))
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_icon(self, icon_name: str, label: str, *, keys: str | None = None) -> None:
        """Change what the button shows and is called, as when it toggles something."""
        self.setIcon(icon(icon_name, self._tone))
        self.setAccessibleName(label)
        self.setToolTip(plain_tip(with_keys(label, keys)))


def follow(button: QAbstractButton, action: QAction) -> None:
    """Let a button trigger an action, be enabled when it is, and show its shortcut."""

    def take_over() -> None:
        button.setEnabled(action.isEnabled())
        button.setToolTip(with_keys(action.text(), action.shortcut().toString() or None))

    button.clicked.connect(action.trigger)
    action.changed.connect(take_over)
    take_over()


def with_keys(text: str, keys: str | None) -> str:
    """Return a tooltip's text with a shortcut as this system writes it."""
    if not keys:
        return text
    native = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    return f"{text} ({native or keys})"
