"""Captions with their values in two columns, as inspectors show facts."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QWidget

from syncsphere_desktop.ui.widgets.elided_label import ElidedLabel
from syncsphere_desktop.ui.widgets.plain_text import PlainLabel

_CAPTION_WIDTH = 104


def fact_rows(values: Mapping[str, QWidget]) -> QWidget:
    """Return the values under each other, each with its caption at the left."""
    rows = QWidget()
    form = QFormLayout(rows)
    form.setContentsMargins(0, 0, 0, 0)
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(6)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name, value in values.items():
        caption = PlainLabel(name)
        caption.setProperty("role", "secondary")
        caption.setMinimumWidth(_CAPTION_WIDTH)
        form.addRow(caption, value)
    return rows


def show_filled(rows: QWidget, values: Mapping[str, ElidedLabel]) -> None:
    """Leave out the rows whose value is empty."""
    form = rows.layout()
    assert isinstance(form, QFormLayout)
    for value in values.values():
        form.setRowVisible(value, bool(value.whole_text))


def show_fact(value: QWidget, *, shown: bool) -> None:
    """Show a value's line, or leave it out where there is nothing to tell."""
    rows = value.parentWidget()
    form = None if rows is None else rows.layout()
    if isinstance(form, QFormLayout):
        form.setRowVisible(value, shown)
