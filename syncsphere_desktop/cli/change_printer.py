"""Changes of who holds what, each on a line of its own, for as long as somebody reads them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from syncsphere_desktop.cli.line_output import LineOutput
from syncsphere_desktop.cli.text_table import printable

if TYPE_CHECKING:
    from syncsphere_desktop.domain.ownership import OwnershipChange
    from syncsphere_desktop.studio.ownership.titles import Titles

_MOST_WAITING = 50_000
"""Changes kept for a slow reader; of more only the newest of each box."""


class ChangePrinter:
    """Names and writes changes in their order."""

    def __init__(self, titles: Titles, *, as_json: bool) -> None:
        self._titles = titles
        self._as_json = as_json
        self._output = LineOutput()
        self._waiting: list[OwnershipChange] = []
        self._woken = asyncio.Event()

    def take(self, changes: Sequence[OwnershipChange]) -> None:
        """Take changes to be written."""
        self._waiting.extend(changes)
        if len(self._waiting) > _MOST_WAITING:
            newest = {(change.project_id, change.box_uuid): change for change in self._waiting}
            self._waiting = list(newest.values())
        self._woken.set()

    async def run(self) -> None:
        """Write until nobody reads any more; raises BrokenPipeError then."""
        closed = asyncio.ensure_future(self._output.until_closed())
        writing = asyncio.ensure_future(self._write())
        try:
            done, _pending = await asyncio.wait({closed, writing}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (closed, writing):
                task.cancel()
                with suppress(asyncio.CancelledError, BrokenPipeError):
                    await task

    def close(self) -> None:
        """Write nothing more."""
        self._output.close()

    async def _write(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._output.waiting > _MOST_WAITING // 10:  # noqa: ASYNC110  # the reader sets the pace
                await asyncio.sleep(0.05)
            changes, self._waiting = self._waiting, []
            self._output.write([await self._line(change) for change in changes])

    async def _line(self, change: OwnershipChange) -> str:
        track = await self._titles.track(change.project_id, change.box_uuid)
        if self._as_json:
            return json.dumps(
                {
                    "at": change.at.isoformat(),
                    "project_id": change.project_id,
                    "box_uuid": str(change.box_uuid),
                    "track": track,
                    "owner_id": change.owner_id,
                    "previous_owner_id": change.previous_owner_id,
                    "source": change.source.value,
                }
            )
        project = await self._titles.project(change.project_id)
        people = [
            "nobody" if user is None else await self._titles.user(user)
            for user in (change.previous_owner_id, change.owner_id)
        ]
        at = change.at.astimezone()
        return printable(
            f"{at:%H:%M:%S}  {project}  {track}  {people[0]} → {people[1]}  ({change.source.value})"
        )
