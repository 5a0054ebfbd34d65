"""Aligned columns for people, safe to print: what a row holds can't steer the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from syncsphere_desktop.domain.text import can_be_stored, without_directions
from syncsphere_desktop.override import override

_WIDEST = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as people read it, such as `12.4 MB`; it stands right as numbers do."""

    text: str

    @override
    def __str__(self) -> str:
        return self.text


def text_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return lines with one row each; None is shown as nothing, long texts are cut, numbers stand right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [
        max([_width(header), *(_width(row[column]) for row in cells)])
        for column, header in enumerate(headers)
    ]
    right = [
        bool(rows) and all(type(row[column]) in {int, float, Shown, type(None)} for row in rows)
        for column in range(len(headers))
    ]
    lines = [list(headers), *cells]
    return "\n".join(
        "  ".join(
            _padded(text, width, right=to_the_right)
            for text, width, to_the_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def printable(text: str) -> str:
    """Return the text with what a terminal can't print, or is turned round by, replaced."""
    if text.isprintable() and can_be_stored(text):
        return text
    text = without_directions(text)
    return "".join(
        character
        if character.isprintable() or unicodedata.category(character) == "Cf"
        else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = printable(str(value))
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _width(text: str) -> int:
    width = 0
    for character in text:
        if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
            continue
        width += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
    return width


def _padded(text: str, width: int, *, right: bool) -> str:
    blank = " " * (width - _width(text))
    return blank + text if right else text + blank
