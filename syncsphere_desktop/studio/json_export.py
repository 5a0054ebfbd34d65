"""Writes what a list shows to a JSON file: an array of objects, all of it or no file at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from syncsphere_desktop.domain.exact import exact_text
from syncsphere_desktop.domain.listing import ListQuery, RowSource
from syncsphere_desktop.studio.csv_export import ExportColumn, PartialFile, Progress, listed_rows, on_thread

RowT = TypeVar("RowT")
_ROWS_AT_ONCE = 500


async def export_json(
    path: Path,
    columns: Sequence[ExportColumn[RowT]],
    source: RowSource[RowT],
    query: ListQuery,
    progress: Progress | None = None,
) -> int:
    """Write all rows that `query` lists to `path` and return their number.

    Names are the columns' titles in lower case with underscores; numbers, truth values and null stay what
    they are, times are in ISO 8601, everything else is text. Raises as `export_csv` does.
    """
    names = [column.title.lower().replace(" ", "_") for column in columns]
    partial = PartialFile(path)
    written = 0
    batch: list[str] = []

    async def put(text: str) -> None:
        await on_thread(lambda: partial.write(text.encode()))

    try:
        await on_thread(partial.open)
        async for row in listed_rows(columns, source, query):
            values = {name: _value(value) for name, value in zip(names, row, strict=True)}
            batch.append(("[\n" if written == 0 else ",\n") + json.dumps(values))
            written += 1
            if len(batch) >= _ROWS_AT_ONCE:
                await put("".join(batch))
                batch.clear()
                if progress is not None:
                    progress(written)
        await put("".join(batch) + ("\n]\n" if written else "[]\n"))
        await on_thread(partial.publish)
    except BaseException:
        partial.discard()
        raise
    if progress is not None:
        progress(written)
    return written


def _value(value: object) -> str | int | float | bool | None:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return value.isoformat() if isinstance(value, datetime) else exact_text(value)
