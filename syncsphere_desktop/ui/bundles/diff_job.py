"""A difference put side by side and as text, by the process that knows both bundles; without any Qt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from syncsphere_desktop.odb.diff import Paragraph, compare, describe
from syncsphere_desktop.odb.diff.words import Owners
from syncsphere_desktop.studio.bundles.child.desk import Desk
from syncsphere_desktop.ui.bundles.diff_rows import Mark, SideRow, side_rows, summary_of

_ROWS_AT_ONCE = 250
_TEXT_AT_ONCE = 64_000


@dataclass(frozen=True, slots=True)
class ToldDifference:
    """A difference as rows, as text, and in numbers. `anew` says that UUIDs were made anew."""

    rows: tuple[SideRow, ...]
    text: str
    summary: str
    anew: bool


def tell_side_by_side(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Compare two kept bundles: tell it in numbers, then rows, then text. Owners are by UUID."""
    difference = compare(desk.kept(arguments["before"]), desk.kept(arguments["after"]))
    before, after = _owners(arguments["owners_before"]), _owners(arguments["owners_after"])
    rows = side_rows(difference, owners_before=before, owners_after=after)
    yield {"summary": summary_of(rows), "anew": difference.anew}
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield {"rows": [_plain(row) for row in rows[start : start + _ROWS_AT_ONCE]]}
    paragraphs = describe(difference, owners_before=before, owners_after=after)
    text = "\n\n".join(map(_paragraph, paragraphs))
    for start in range(0, len(text), _TEXT_AT_ONCE):
        yield {"text": text[start : start + _TEXT_AT_ONCE]}


def told_side_by_side(pieces: list[Any]) -> ToldDifference:
    """Return what the job told; for a thread."""
    rows = [SideRow(Mark(mark), *rest) for piece in pieces for mark, *rest in piece.get("rows", ())]
    text = "".join(piece.get("text", "") for piece in pieces)
    return ToldDifference(tuple(rows), text, pieces[0]["summary"], pieces[0]["anew"])


def _owners(told: Mapping[str, str]) -> Owners:
    return {UUID(uuid): name for uuid, name in told.items()}


def _plain(row: SideRow) -> list[str]:
    return [row.mark.value, row.before, row.after, row.icon, row.owners_before, row.owners_after]


def _paragraph(paragraph: Paragraph) -> str:
    return "\n".join((paragraph.text, *(f"    {line}" for line in paragraph.details)))
