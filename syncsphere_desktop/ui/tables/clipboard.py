"""Rows as a table on the clipboard: tab-separated text with a header, as spreadsheets take it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from syncsphere_desktop.ui.tables.column import Column

_BLANKS = str.maketrans("\t\r\n", "   ")


def rows_as_text(columns: Sequence[Column[Any]], rows: Iterable[Any], *, heading: bool = True) -> str:
    """Return the rows' exact values, a line each, below the columns' titles unless there is no `heading`."""
    lines = ["\t".join(column.title for column in columns)] if heading else []
    lines += ["\t".join(column.exact(row).translate(_BLANKS) for column in columns) for row in rows]
    return "\n".join(lines) + "\n"
