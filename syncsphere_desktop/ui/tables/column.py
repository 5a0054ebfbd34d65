"""What a list's columns are: a tuple of `Column` describes a whole table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from syncsphere_desktop.domain.exact import exact_text
from syncsphere_desktop.domain.humane import exact as exact_moment

Validate = Callable[[str], str]
"""Returns the text as it will be stored; raises InputError when it can't be."""


class Identified(Protocol):
    """A row that a list can show: it has an id that no other row of the list has."""

    @property
    def id(self) -> int:
        """Return the row's id."""
        ...


RowT = TypeVar("RowT", bound=Identified)


class ColumnKind(StrEnum):
    """How the cells of a column are drawn."""

    TEXT = "text"
    PERSON = "person"
    STATUS = "status"
    TIME = "time"
    NUMBER = "number"
    MONO = "mono"


class Tone(StrEnum):
    """The colour of a status's dot; its name is the theme's token."""

    NEUTRAL = "text_muted"
    ACCENT = "accent"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


class Elide(StrEnum):
    """Where a text that is too long for its cell is cut: names at the end, paths in the middle."""

    END = "end"
    MIDDLE = "middle"


@dataclass(frozen=True, slots=True)
class Column(Generic[RowT]):
    """One column. `value` gives the exact value, as it is copied and exported; None leaves the cell blank.

    `sort_key` is the source's key, or None where the column can't be sorted by. `format` makes the text that
    is shown from a value that is not None. `person` gives the id behind a PERSON's colour, `tone` the colour
    of a STATUS's dot. `tooltip` replaces the exact value. `width` is the first width in pixels; without it
    the column is sized to its content once. `least` is what it needs where it is the last one shown.
    `validate` checks what was typed into an `editable` column.
    """

    title: str
    value: Callable[[RowT], object]
    sort_key: str | None = None
    format: Callable[[object], str] | None = None
    kind: ColumnKind = ColumnKind.TEXT
    key: str = ""
    width: int | None = None
    least: int | None = None
    elide: Elide = Elide.END
    editable: bool = False
    validate: Validate | None = None
    tooltip: Callable[[RowT], str] | None = None
    person: Callable[[RowT], int | None] | None = None
    tone: Callable[[RowT], Tone] | None = None
    hidden: bool = False
    right_aligned: bool | None = None

    @property
    def name(self) -> str:
        """Return what layouts and edits call the column: its key, its sort key or its title."""
        return self.key or self.sort_key or self.title.lower()

    @property
    def aligned_right(self) -> bool:
        """Whether the cells stand at the right, as numbers do unless the column says otherwise."""
        return self.kind is ColumnKind.NUMBER if self.right_aligned is None else self.right_aligned

    def text(self, row: RowT) -> str:
        """Return what the cell shows."""
        value = self.value(row)
        if value is None:
            return ""
        return self.format(value) if self.format is not None else exact_text(value)

    def exact(self, row: RowT) -> str:
        """Return the exact value as text, as it is copied and exported."""
        return exact_text(self.value(row))

    def tip(self, row: RowT) -> str:
        """Return the cell's tooltip: the exact value unless the column has a better one."""
        if self.tooltip is not None:
            return self.tooltip(row)
        value = self.value(row)
        return exact_moment(value) if isinstance(value, datetime) else exact_text(value)
