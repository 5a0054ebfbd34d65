"""Actions: one QAction a wish, found again in menus, tooltips, the palette and the cheat sheet."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

GROUP = "syncsphere-group"
"""Dynamic property with the heading under which the palette and the cheat sheet show an action."""


def add_action(
    owner: QWidget,
    text: str,
    callback: Callable[[], None],
    *,
    shortcut: str | None = None,
    group: str = "General",
    everywhere: bool = False,
) -> QAction:
    """Give `owner` an action and return it.

    `shortcut` works while the focus is inside `owner`, or with `everywhere` anywhere in the window. The
    tooltip carries the shortcut.
    """
    action = QAction(text, owner)
    if shortcut is not None:
        action.setShortcut(QKeySequence(shortcut))
        scope = (
            Qt.ShortcutContext.WindowShortcut if everywhere else Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        action.setShortcutContext(scope)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{text} ({keys})")
    action.setProperty(GROUP, group)
    action.triggered.connect(lambda _checked=False: callback())
    owner.addAction(action)
    return action


def visible_actions(window: QWidget) -> list[QAction]:
    """Return the actions that could be triggered now: enabled, with a text, of a widget that is shown."""
    found: list[QAction] = []
    for action in window.findChildren(QAction):
        owner = action.parent()
        shown = owner is window or (isinstance(owner, QWidget) and owner.isVisibleTo(window))
        if shown and action.isEnabled() and action.text() and action.property(GROUP):
            found.append(action)
    return found


def shortcut_text(action: QAction) -> str:
    """Return the action's first shortcut as people read it, or an empty text."""
    return action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)


def show_menu(owner: QWidget, group: str, place: QPoint) -> None:
    """Show the enabled actions of one group of `owner` as a menu at a global place."""
    menu = QMenu(owner)
    for action in owner.actions():
        if action.property(GROUP) == group and action.isEnabled():
            menu.addAction(action)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(place)
