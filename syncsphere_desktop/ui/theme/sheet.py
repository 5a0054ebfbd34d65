"""The style sheet, generated from a theme's tokens.

Kept compact: it is parsed before the first paint. Selectors name widget classes and a few properties:
`surface` 0 to 3, `role` of labels, `kind` of buttons, `invalid` of fields.
"""

from __future__ import annotations

from functools import lru_cache

from syncsphere_desktop.assets import RESOURCES
from syncsphere_desktop.ui.theme.tokens import Tokens, mixed


@lru_cache(maxsize=4)
def style_sheet(tokens: Tokens) -> str:
    """Return the style sheet of a theme."""
    values = {key: getattr(tokens, key) for key in Tokens.__slots__ if isinstance(getattr(tokens, key), str)}
    values["faded"] = mixed(tokens.text_muted, tokens.surface_1, 0.6)
    values["pressed"] = mixed(tokens.text, tokens.hover, 0.08)
    values["accent_hover"] = mixed(tokens.text, tokens.accent, 0.12)
    values["danger_hover"] = mixed(tokens.text, tokens.danger, 0.12)
    values["handle"] = mixed(tokens.text_muted, tokens.surface_0, 0.45)
    values["images"] = (RESOURCES / "theme" / tokens.name).as_posix()
    return _SHEET % values


_LABELS = """
QWidget[surface="0"] { background: %(surface_0)s }
QWidget[surface="1"] { background: %(surface_1)s }
QWidget[surface="2"] { background: %(surface_2)s }
QWidget[surface="3"] { background: %(surface_3)s }
QFrame[hairline="true"] { background: %(border)s; border: none }
QLabel[role="title"] { font-size: 18px; font-weight: 600 }
QLabel[role="heading"] { font-weight: 600 }
QLabel[role="secondary"] { font-size: 12px; color: %(text_muted)s }
QLabel[role="caption"] { font-size: 11px; color: %(text_muted)s }
QLabel[role="error"] { font-size: 12px; color: %(danger)s }
QLabel[role="warning"] { font-size: 12px; color: %(warning)s }
QToolTip { background: %(surface_3)s; color: %(text)s; border: 1px solid %(border_strong)s; padding: 4px 6px;
  font-size: 12px }
"""

_BUTTONS = """
QPushButton { min-height: 20px; padding: 5px 11px; border: 1px solid %(border_strong)s; border-radius: 6px;
  background: %(surface_2)s; color: %(text)s }
QPushButton:hover { background: %(hover)s }
QPushButton:pressed, QPushButton:checked { background: %(pressed)s }
QPushButton:focus { border: 2px solid %(focus)s; padding: 4px 10px }
QPushButton:disabled { color: %(faded)s; border-color: %(border)s }
QPushButton[kind="primary"] { background: %(accent)s; color: %(accent_text)s; border-color: %(accent)s }
QPushButton[kind="primary"]:hover { background: %(accent_hover)s; border-color: %(accent_hover)s }
QPushButton[kind="danger"] { background: %(danger)s; color: %(danger_text)s; border-color: %(danger)s }
QPushButton[kind="danger"]:hover { background: %(danger_hover)s; border-color: %(danger_hover)s }
QPushButton[kind="primary"]:focus, QPushButton[kind="danger"]:focus { border-color: %(text)s }
QPushButton[kind="primary"]:disabled, QPushButton[kind="danger"]:disabled { background: %(surface_2)s;
  color: %(faded)s; border-color: %(border)s }
QPushButton[kind="subtle"] { background: transparent; border-color: transparent }
QPushButton[kind="subtle"]:hover { background: %(hover)s }
QPushButton[kind="link"] { background: transparent; border-color: transparent; color: %(accent)s;
  padding: 1px 3px; min-height: 16px }
QPushButton[kind="link"]:hover { text-decoration: underline }
QPushButton[kind="link"]:focus { border: 1px solid %(focus)s; padding: 1px 3px }
QPushButton[kind="subtle"]:focus { border-color: %(focus)s }
QToolButton { padding: 3px; border: 1px solid transparent; border-radius: 6px; background: transparent;
  color: %(text)s }
QToolButton:hover { background: %(hover)s }
QToolButton:pressed, QToolButton:checked { background: %(pressed)s }
QToolButton:focus { border-color: %(focus)s }
QToolButton:disabled { color: %(faded)s }
QToolButton[chip="true"] { padding: 2px 6px; border-color: %(border_strong)s; background: %(surface_2)s }
QToolButton[chip="true"]:hover { background: %(hover)s }
QToolButton[chip="true"]:focus { border-color: %(focus)s }
QToolButton::menu-indicator { image: none }
"""

_FIELDS = """
QLineEdit, QComboBox { min-height: 20px; padding: 5px 7px }
QAbstractSpinBox { min-height: 26px; padding: 0 }
QAbstractSpinBox QLineEdit { padding: 0 0 0 7px }
QLineEdit, QPlainTextEdit, QTextEdit { placeholder-text-color: %(text_muted)s }
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox { border: 1px solid %(border_strong)s;
  border-radius: 6px; background: %(surface_0)s; color: %(text)s; selection-background-color: %(selection)s;
  selection-color: %(selection_text)s }
QPlainTextEdit, QTextEdit { padding: 3px 4px }
QLineEdit:focus, QComboBox:focus { border: 2px solid %(focus)s; padding: 4px 6px }
QAbstractSpinBox:focus { border: 2px solid %(focus)s; min-height: 24px }
QPlainTextEdit:focus, QTextEdit:focus { border: 2px solid %(focus)s; padding: 2px 3px }
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"], QComboBox[invalid="true"],
QAbstractSpinBox[invalid="true"] { border-color: %(danger)s }
QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled { color: %(faded)s;
  border-color: %(border)s; background: %(surface_1)s }
QLineEdit:read-only, QPlainTextEdit:read-only { background: %(surface_1)s; border-color: %(border)s }
QAbstractSpinBox QLineEdit { border: none; min-height: 0; background: transparent }
QComboBox QLineEdit, QLineEdit[inner="true"] { border: none; padding: 0;
  min-height: 0; background: transparent }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 20px;
  background: transparent }
QAbstractSpinBox::up-arrow { image: url("%(images)s-chevron-up.svg"); width: 10px; height: 10px }
QAbstractSpinBox::down-arrow { image: url("%(images)s-chevron.svg"); width: 10px; height: 10px }
QComboBox::drop-down { border: none; width: 24px }
QComboBox::down-arrow { image: url("%(images)s-chevron.svg"); width: 14px; height: 14px }
QComboBox QAbstractItemView { background: %(surface_3)s; border: 1px solid %(border_strong)s;
  padding: 4px; outline: none; selection-background-color: %(selection)s;
  selection-color: %(selection_text)s }
QComboBox QAbstractItemView::item { min-height: 28px }
QCheckBox, QRadioButton { spacing: 8px; padding: 2px; border: 1px solid transparent; border-radius: 4px }
QCheckBox:focus, QRadioButton:focus { border-color: %(focus)s }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator { width: 14px; height: 14px;
  border: 1px solid %(border_strong)s; border-radius: 4px; background: %(surface_0)s }
QRadioButton::indicator { border-radius: 8px }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: %(accent)s;
  border-color: %(accent)s; image: url("%(images)s-check.svg") }
QCheckBox::indicator:indeterminate { background: %(accent)s; border-color: %(accent)s;
  image: url("%(images)s-dash.svg") }
QRadioButton::indicator:checked { background: %(accent)s; border-color: %(accent)s;
  image: url("%(images)s-radio.svg") }
QCheckBox:disabled, QRadioButton:disabled { color: %(faded)s }
"""

_LISTS = """
QAbstractItemView { background: %(surface_0)s; border: none; outline: none;
  selection-background-color: %(selection)s; selection-color: %(selection_text)s }
QTableView { gridline-color: transparent }
QListView[plain="true"] { background: transparent; border: none }
QListView::item { padding: 0 8px; min-height: 32px; border-radius: 6px }
QListView::item:hover, QTreeView::item:hover { background: %(hover)s }
QListView::item:selected, QTreeView::item:selected { background: %(selection)s; color: %(selection_text)s }
QTreeView::item { min-height: 28px }
QHeaderView { background: %(surface_0)s; border: none }
QHeaderView::section { background: %(surface_0)s; color: %(text_muted)s; font-size: 12px; font-weight: 400;
  text-align: left; padding: 0 8px; min-height: 30px; border: none; border-bottom: 1px solid %(border)s }
QHeaderView::section:hover { color: %(text)s; background: %(hover)s }
QTableCornerButton::section { background: %(surface_0)s; border: none }
QScrollBar { background: transparent; border: none; margin: 0 }
QScrollBar:vertical { width: 12px }
QScrollBar:horizontal { height: 12px }
QScrollBar::handle { background: %(handle)s; border-radius: 3px; margin: 3px }
QScrollBar::handle:hover { background: %(text_muted)s }
QScrollBar::handle:vertical { min-height: 28px }
QScrollBar::handle:horizontal { min-width: 28px }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0 }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent }
QAbstractScrollArea::corner { background: transparent }
"""

_REST = """
QMenu { background: %(surface_3)s; border: 1px solid %(border_strong)s; padding: 4px }
QMenu::item { padding: 6px 24px 6px 12px; border-radius: 4px; color: %(text)s }
QMenu::item:selected { background: %(selection)s; color: %(selection_text)s }
QMenu::item:disabled { color: %(faded)s }
QMenu::icon { padding-left: 8px }
QMenu::separator { height: 1px; background: %(border)s; margin: 4px 8px }
QTabWidget::pane { border: none; border-top: 1px solid %(border)s }
QTabBar { border: none }
QTabBar::tab { padding: 7px 12px; color: %(text_muted)s; border: none; border-bottom: 2px solid transparent }
QTabBar::tab:hover { color: %(text)s }
QTabBar::tab:selected { color: %(text)s; border-bottom-color: %(accent)s }
QTabBar::tab:focus { border: 1px solid %(focus)s; border-radius: 4px }
QProgressBar { border: none; border-radius: 2px; background: %(border)s; max-height: 4px }
QProgressBar::chunk { background: %(accent)s; border-radius: 2px }
QSplitter::handle { background: %(border)s }
QSplitter::handle:hover { background: %(accent)s }
QSplitter::handle:horizontal { width: 1px }
QSplitter::handle:vertical { height: 1px }
QDialog { background: %(surface_1)s }
QFrame[floating="true"] { background: %(surface_3)s; border: 1px solid %(border_strong)s; border-radius: 8px }
QFrame[card="true"] { background: %(surface_2)s; border: 1px solid %(border)s; border-radius: 6px }
#sidebar { background: %(surface_1)s; border-right: 1px solid %(border)s }
#status-bar { background: %(surface_1)s; border-top: 1px solid %(border)s }
#view-header { background: %(surface_0)s; border-bottom: 1px solid %(border)s }
#content { background: %(surface_0)s }
"""

_SHEET = _LABELS + _BUTTONS + _FIELDS + _LISTS + _REST
