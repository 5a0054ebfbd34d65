"""Settles a conflict with the user: base, theirs and mine, until one of them is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from PySide6.QtWidgets import QWidget

from syncsphere_desktop.domain.ids import RowVersion
from syncsphere_desktop.errors import ConflictError
from syncsphere_desktop.ui.widgets.conflict import ConflictDialog, Format


class Versioned(Protocol):
    """A row that knows which of its states it is."""

    @property
    def row_version(self) -> RowVersion: ...


RowT = TypeVar("RowT", bound=Versioned)


@dataclass(frozen=True, slots=True)
class Settled(Generic[RowT]):
    """The row as it is stored now; `wrote` is false where the user was content with theirs."""

    row: RowT
    wrote: bool


async def settle(
    window: QWidget,
    conflict: ConflictError,
    *,
    title: str,
    labels: Mapping[str, str],
    read: Callable[[], Awaitable[RowT]],
    update: Callable[[RowT, Mapping[str, object]], Awaitable[RowT]],
    format_value: Format | None = None,
) -> Settled[RowT] | None:
    """Ask until the chosen values are stored on top of the state that was shown; None when the user left it.

    A row that changes again while the dialog is open is shown again. Raises AppError.
    """
    while True:
        dialog = ConflictDialog(window, title=title, error=conflict, labels=labels, format_value=format_value)
        answer = await dialog.ask()
        if answer is None:
            return None
        theirs = await read()
        if answer.reload:
            return Settled(theirs, wrote=False)
        if theirs.row_version != conflict.their_version:
            conflict = _newer(conflict, theirs)
            continue
        try:
            return Settled(await update(theirs, answer.values), wrote=True)
        except ConflictError as newer:
            conflict = newer


def _newer(conflict: ConflictError, theirs: Versioned) -> ConflictError:
    """Return the same conflict with what they wrote since it was found."""
    return ConflictError(
        conflict.message,
        base=conflict.base,
        theirs={name: getattr(theirs, name) for name in conflict.theirs},
        mine=conflict.mine,
        their_version=theirs.row_version,
    )
