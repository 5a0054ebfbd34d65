"""The frame of the inspector: who or what is selected, its sections, its actions."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from syncsphere_desktop.ui.theme.icons import LARGE
from syncsphere_desktop.ui.theme.style import set_surface
from syncsphere_desktop.ui.widgets.buttons import IconButton
from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.empty_state import EmptyState
from syncsphere_desktop.ui.widgets.flow import FlowLayout
from syncsphere_desktop.ui.widgets.icon_mark import IconMark
from syncsphere_desktop.ui.widgets.person import Avatar
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

WIDTH = 360


class InspectorPanel(QFrame):
    """Title row, scrolled sections with captions, a footer of actions; or an empty state.

    `close_requested` is the wish to fold it away.
    """

    close_requested = Signal()

    def __init__(self, empty_icon: str, empty_title: str, empty_sentence: str = "") -> None:
        super().__init__()
        set_surface(self, 1)
        self.setMinimumWidth(280)
        self._avatar = Avatar()
        self._sign = IconMark(size=LARGE)
        self._title = ElidedLabel(copyable=True)
        self._title.setProperty("role", "heading")
        self._subtitle = ElidedLabel(copyable=True)
        self._subtitle.setProperty("role", "secondary")
        self._sections = QVBoxLayout()
        self._sections.setContentsMargins(16, 12, 16, 16)
        self._sections.setSpacing(16)
        self._sections.addStretch(1)
        self._footer = QWidget()
        self._footer_row = FlowLayout(self._footer, last_at_end=True)
        self._footer_row.setContentsMargins(16, 12, 16, 12)
        self._footer.hide()
        self._empty = EmptyState(empty_icon, empty_title, empty_sentence)
        self._content = QWidget()
        self._build_content()
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._content)

    def _build_content(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._title)
        names.addWidget(self._subtitle)
        close = IconButton("close", "Close the inspector")
        close.clicked.connect(self.close_requested)
        row = QHBoxLayout()
        row.setContentsMargins(16, 12, 12, 12)
        row.setSpacing(12)
        row.addWidget(self._avatar)
        row.addWidget(self._sign)
        row.addLayout(names, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        inner = QWidget()
        inner.setLayout(self._sections)
        set_surface(inner, 1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        set_surface(scroll, 1)
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(hairline())
        layout.addWidget(scroll, 1)
        layout.addWidget(self._footer)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is selected."""
        return self._stack.currentWidget() is self._empty

    def show_person(self, person_id: int, name: str, subtitle: str = "") -> None:
        """Show a person's title row."""
        self._avatar.show_person(person_id, name)
        self._show_title(name, subtitle, avatar=True)

    def show_object(self, icon_name: str, title: str, subtitle: str = "") -> None:
        """Show the title row of anything else."""
        self._sign.show_icon(icon_name)
        self._show_title(title, subtitle, avatar=False)

    def show_empty(self, icon_name: str, title: str, sentence: str = "") -> None:
        """Show that nothing, or too much, is selected."""
        self._empty.show_state(icon_name, title, sentence)
        self._stack.setCurrentWidget(self._empty)

    def add_section(self, caption: str, content: QWidget) -> QWidget:
        """Put a section below the others and return it, to be hidden where it does not apply."""
        section = QWidget()
        layout = QVBoxLayout(section)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        if caption:
            heading = PlainLabel(caption)
            heading.setProperty("role", "caption")
            layout.addWidget(heading)
        layout.addWidget(content)
        self._sections.insertWidget(self._sections.count() - 1, section)
        return section

    def set_footer(self, *buttons: QPushButton) -> None:
        """Put the actions at the foot, from the left; the last of several stands at the right edge.

        Those that have no room beside the others stand in a second line.
        """
        for button in buttons:
            self._footer_row.addWidget(button)
        set_surface(self._footer, 1)
        self._footer.show()

    def set_footer_visible(self, *, visible: bool) -> None:
        """Show the actions at the foot, or leave them out where they don't apply."""
        self._footer.setVisible(visible)

    def _show_title(self, title: str, subtitle: str, *, avatar: bool) -> None:
        self._title.set_text(title)
        self._subtitle.set_text(subtitle)
        self._subtitle.setVisible(bool(subtitle))
        self._avatar.setVisible(avatar)
        self._sign.setVisible(not avatar)
        self._stack.setCurrentWidget(self._content)


def hairline() -> QFrame:
    """Return a horizontal line of one pixel that divides."""
    line = QFrame()
    line.setProperty("hairline", "true")
    line.setFixedHeight(1)
    line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return line
