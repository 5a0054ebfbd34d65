"""The column of relative times, alike in every list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from syncsphere_desktop.domain.humane import ago, exact
from syncsphere_desktop.ui.tables.column import Column, ColumnKind, RowT


def without_zone(moment: datetime) -> datetime:
    """Return a moment of one of our own tables as the server's local time, as the services' tables have it.

    The connection's zone is never set, so what the server sends stands in its own.
    """
    return moment.replace(tzinfo=None)


def time_column(
    title: str,
    value: Callable[[RowT], datetime | None],
    sort_key: str,
    now: Callable[[], datetime],
    *,
    hidden: bool = False,
) -> Column[RowT]:
    """Return a column of relative times with the exact ones in the tooltips."""

    def tooltip(row: RowT) -> str:
        moment = value(row)
        return "" if moment is None else exact(moment)

    return Column(
        title,
        value,
        sort_key=sort_key,
        kind=ColumnKind.TIME,
        format=lambda moment: ago(moment, now()) if isinstance(moment, datetime) else "",
        tooltip=tooltip,
        width=116,
        hidden=hidden,
    )
