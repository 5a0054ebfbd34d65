"""What the `list` commands share: their options, and how rows are read and told."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import Shown, text_table
from syncsphere_desktop.domain.listing import FilterValue, ListQuery, RowSource, Sort
from syncsphere_desktop.errors import UsageError

RowT = TypeVar("RowT")

DEFAULT_LIMIT = 100
_CHUNK = 2000


def add_list_options(parser: argparse.ArgumentParser, *, default_sort: str, sort_keys: Sequence[str]) -> None:
    """Add the options that every list takes."""
    parser.add_argument("--search", default="", metavar="TEXT", help="rows that hold all of these words")
    parser.add_argument("--sort", default=default_sort, choices=sort_keys, help="the order of the rows")
    parser.add_argument("--descending", action="store_true", help="the last row first")
    parser.add_argument(
        "--limit",
        type=whole_number,
        default=DEFAULT_LIMIT,
        metavar="N",
        help="at most N rows; 0 for all (default: %(default)s)",
    )
    parser.add_argument("--offset", type=whole_number, default=0, metavar="N", help="leave out the first N")


def whole_number(text: str) -> int:
    """Return a number of rows, for argparse."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise argparse.ArgumentTypeError(f"“{text}” is no number of rows")
    return int(text)


def query_of(namespace: argparse.Namespace, filters: Mapping[str, FilterValue] | None = None) -> ListQuery:
    """Return the query that the options ask for."""
    sort = Sort(namespace.sort, namespace.descending)
    return ListQuery(sort, search=namespace.search, filters=dict(filters or {}))


async def read_rows(
    source: RowSource[RowT], query: ListQuery, namespace: argparse.Namespace
) -> tuple[list[RowT], int]:
    """Return the rows that `--limit` and `--offset` ask for, and how many the query has in all."""
    total = (await source.prepare(query)).value
    end = min(total, namespace.offset + namespace.limit) if namespace.limit else total
    rows: list[RowT] = []
    for offset in range(namespace.offset, end, _CHUNK):
        page = await source.page(query, offset, min(_CHUNK, end - offset))
        rows.extend(row for row in page.rows if row is not None)
    return rows, total


def tell_rows(
    namespace: argparse.Namespace,
    rows: Sequence[RowT],
    total: int,
    *,
    document: Callable[[RowT], Mapping[str, object]],
    columns: Sequence[str],
    shown: Mapping[str, Callable[[Any], str]] | None = None,
) -> None:
    """Print rows: as JSON `{"rows", "total"}` or as a table with some of the document's keys as columns.

    `shown` says how people read the values of a column; JSON is always exact.
    """
    documents = [document(row) for row in rows]
    if wants_json(namespace):
        tell({"rows": documents, "total": total}, as_json=True, text="")
        return
    table = document_table(documents, columns, shown or {})
    more = f"\n{len(rows):,} of {total:,} rows" if len(rows) < total else ""
    tell({}, as_json=False, text=table + more)


def document_table(
    documents: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    shown: Mapping[str, Callable[[Any], str]],
) -> str:
    """Return some of the documents' keys as a table; see `tell_rows`."""

    def cell(row: Mapping[str, object], name: str) -> object:
        value = row[name]
        return Shown(shown[name](value)) if name in shown and value is not None else value

    return text_table(columns, [[cell(row, name) for name in columns] for row in documents])


def require_changes(changes: Mapping[str, object]) -> None:
    """Raise UsageError for an edit that names nothing to change."""
    if not changes:
        raise UsageError("Nothing to change was given; see --help.")
