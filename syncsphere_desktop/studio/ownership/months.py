"""Keeps months made ahead for the history of ownership, for as long as somebody works with it."""

from __future__ import annotations

import asyncio
import logging

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.ownership_months import HistoryMonths
from syncsphere_desktop.errors import AppError

_log = logging.getLogger(__name__)

_DAY = 86_400.0


async def keep_months_made(database: Database, *, every: float = _DAY) -> None:
    """Make missing months now and each day, until cancelled; what can't be done now is tried the next day.

    Without the right, or without a history, nothing happens.
    """
    while True:
        try:
            made = await HistoryMonths(database).make()
        except AppError as error:
            _log.info("No months were made for the history of ownership: %s", error.message)
        else:
            if made:
                _log.info("Made %s months for the history of ownership", made)
        await asyncio.sleep(every)
