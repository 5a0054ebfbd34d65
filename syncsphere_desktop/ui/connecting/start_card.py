"""A way to begin, as a card: what it is, the button that takes it, and in place how far it is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from syncsphere_desktop.ui.theme.icons import LARGE, icon
from syncsphere_desktop.ui.theme.style import RADIUS, current_tokens
from syncsphere_desktop.ui.widgets.buttons import Button, Kind
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

CARD_HEIGHT = 164


class StartCard(QWidget):
    """`chosen` when its button is pressed; while something opens the button cancels it instead."""

    chosen = Signal()
    cancelled = Signal()

    def __init__(self, title: str, text: str, action: str, icon_name: str, kind: Kind) -> None:
        super().__init__()
        self._title_at_rest, self._text_at_rest = title, text
        self._is_opening = False
        self.setFixedHeight(CARD_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button = Button(action, kind)
        self.button.setAccessibleName(f"{action}: {title}")
        self.button.clicked.connect(self.chosen)
        self.cancel = Button("Cancel", keys="Esc")
        self.cancel.setAccessibleName(f"Cancel opening: {title}")
        self.cancel.clicked.connect(self.cancelled)
        self.cancel.hide()
        self._icon = PlainLabel()
        self._icon.setPixmap(
            icon(icon_name, "accent" if kind is Kind.PRIMARY else "text-muted").pixmap(LARGE, LARGE)
        )
        self._icon_name, self._icon_tone = icon_name, "accent" if kind is Kind.PRIMARY else "text-muted"
        self._title = ElidedLabel(title)
        self._title.setProperty("role", "heading")
        self._text = PlainLabel(text)
        self._text.setProperty("role", "secondary")
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(4)
        self._bar.hide()
        self._build()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._icon)
        head.addWidget(self._title, 1)
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self.button)
        foot.addWidget(self._bar, 1, Qt.AlignmentFlag.AlignVCenter)
        foot.addWidget(self.cancel)
        foot.addStretch(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._text, 1)
        layout.addLayout(foot)

    @property
    def is_opening(self) -> bool:
        """Whether the card shows a progress."""
        return self._is_opening

    @property
    def sentence(self) -> str:
        """Return the text that is shown."""
        return self._text.text()

    def show_progress(self, title: str, sentence: str, share: float | None) -> None:
        """Tell how far an opening is; `share` is 0 to 1, None where it can't be said."""
        had_focus = self.button.hasFocus()
        self._is_opening = True
        self._title.set_text(title)
        self._text.setText(sentence)
        if share is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(share * 1000))
        self._bar.setAccessibleName(sentence)
        self._bar.show()
        self.cancel.show()
        if had_focus:
            self.cancel.setFocus()
        self.button.hide()

    def show_rest(self) -> None:
        """Offer the way to begin again."""
        had_focus = self.cancel.hasFocus()
        self._is_opening = False
        self._title.set_text(self._title_at_rest)
        self._text.setText(self._text_at_rest)
        self._bar.setRange(0, 1)  # an undetermined bar keeps a timer
        self._bar.hide()
        self.button.show()
        if had_focus:
            self.button.setFocus()
        self.cancel.hide()

    def renew_icon(self) -> None:
        """Draw the icon in the colours of the theme that is on."""
        self._icon.setPixmap(icon(self._icon_name, self._icon_tone).pixmap(LARGE, LARGE))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = current_tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.border))
        painter.setBrush(QColor(tokens.surface_1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
