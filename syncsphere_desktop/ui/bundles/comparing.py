"""Compares two versions, a version with the one before it, or a version with a file on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.humane import day, size
from syncsphere_desktop.domain.ids import ProjectId
from syncsphere_desktop.domain.listing import ListQuery, RowSource, Sort
from syncsphere_desktop.domain.ownership import BoxOwnership
from syncsphere_desktop.errors import InputError
from syncsphere_desktop.studio.bundle_contents import BundleReading
from syncsphere_desktop.studio.bundles.child.desk import Job
from syncsphere_desktop.studio.bundles.opening import Source
from syncsphere_desktop.ui.app.tasks import TaskScope
from syncsphere_desktop.ui.app.view import ViewContext
from syncsphere_desktop.ui.bundles.diff_dialog import DiffDialog, ShownDiff, SideTitle
from syncsphere_desktop.ui.bundles.diff_job import tell_side_by_side, told_side_by_side
from syncsphere_desktop.ui.bundles.diff_rows import NOT_KNOWN
from syncsphere_desktop.ui.bundles.words import version_name, version_of_project
from syncsphere_desktop.ui.tables.selection import RowSelection
from syncsphere_desktop.ui.widgets.dialog import open_dialog
from syncsphere_desktop.ui.widgets.file_dialog import ask_for_paths

_IDS_AT_ONCE = 10_000
_HOLDERS_AT_ONCE = 2_000


class ReadsBundles(Protocol):
    """Opens versions and files in the background, and compares what was opened."""

    async def of(self, source: Source) -> BundleReading: ...
    async def compared(
        self, before: Source, after: Source, job: Job, arguments: Mapping[str, Any]
    ) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: its title, what it is, its project, and since when it is another's past.

    `at` is None where it is what the project is now.
    """

    title: SideTitle
    source: Source
    project_id: ProjectId | None = None
    at: datetime | None = None


class Comparing(QObject):
    """Opens the dialog that tells what changed."""

    def __init__(
        self,
        selection: RowSelection[BundleVersion],
        rows: RowSource[BundleVersion],
        holders: RowSource[BoxOwnership],
        contents: ReadsBundles,
        context: ViewContext,
        scope: TaskScope,
    ) -> None:
        super().__init__(selection)
        self._selection = selection
        self._rows = rows
        self._holders = holders
        self._contents = contents
        self._context = context
        self._scope = scope

    def compare(self) -> None:
        """Tell what changed between two selected versions, or since the version before a single one."""
        if self._selection.count and open_dialog(self._context.window) is None:
            self._scope.spawn(self._compare(), key="dialog")

    def compare_with_file(self) -> None:
        """Ask for a file, and tell what differs between it and the selected version."""
        if self._selection.count != 1 or open_dialog(self._context.window) is not None:
            return
        dialog = QFileDialog(self._context.window, "Compare with a file", "", "Bundles (*.odb *.od);;All (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        ask_for_paths(dialog, lambda chosen: self.compare_with(chosen[0]))

    def compare_with(self, path: Path) -> None:
        """Tell what differs between the selected version and a file."""
        self._scope.spawn(self._compare_with(path), key="dialog")

    async def _compare(self) -> None:
        chosen = await self._selection.fetch(3)
        if len(chosen) == 1:
            before = await self._before(chosen[0])
            if before is None:
                raise InputError(
                    f"{version_of_project(chosen[0])} is the first one. Select two versions to compare them."
                )
            pair = [before, chosen[0]]
        elif len(chosen) == 2:
            pair = sorted(chosen, key=_age)
        else:
            raise InputError("Two versions are compared at once: select one or two.")
        several = pair[0].project_id != pair[1].project_id
        sides = [await self._side(version, several=several) for version in pair]
        await self._ask(sides[0], sides[1])

    async def _compare_with(self, path: Path) -> None:
        chosen = await self._selection.fetch(1)
        if chosen:
            file = Side(SideTitle(path.name, "A file on this machine"), path)
            await self._ask(await self._side(chosen[0], several=True), file)

    async def _ask(self, before: Side, after: Side) -> None:
        async def load() -> ShownDiff:
            return await self._load(before, after)

        window = self._context.window
        dialog = DiffDialog(window, self._scope, before.title, after.title, load)
        await asyncio.sleep(0)  # building it and showing it are two turns of the GUI thread
        await dialog.ask()

    async def _side(self, version: BundleVersion, *, several: bool) -> Side:
        name = version_of_project(version) if several else version_name(version)
        facts = (
            None if version.created_at is None else day(version.created_at),
            version.creator_name,
            size(version.size),
            version.label,
        )
        told = " · ".join(fact for fact in facts if fact)
        return Side(
            SideTitle(name, told),
            version,
            version.project_id,
            None if await self._is_newest(version) else version.created_at,
        )

    async def _is_newest(self, version: BundleVersion) -> bool:
        """Return whether a version is its project's newest: what is held now is held in it."""
        if version.project_id is None:
            return False
        query = ListQuery(Sort("version", descending=True), filters={"project_id": version.project_id})
        page, _count = await self._rows.first_page(query, 1)
        return any(row is not None and row.id == version.id for row in page.rows)

    async def _before(self, version: BundleVersion) -> BundleVersion | None:
        """Return the version before one in its project, or None."""
        if version.project_id is None:
            return None
        query = ListQuery(Sort("version", descending=True), filters={"project_id": version.project_id})
        count = await self._rows.prepare(query)
        for start in range(0, count.value, _IDS_AT_ONCE):
            ids = list(await self._rows.ids(query, start, _IDS_AT_ONCE))
            if version.id in ids:
                page = await self._rows.page(query, start + ids.index(version.id) + 1, 1)
                return page.rows[0] if page.rows else None
        return None

    async def _load(self, before: Side, after: Side) -> ShownDiff:
        readings = await self._contents.of(before.source), await self._contents.of(after.source)
        holders = {
            project: await self._holders_of(project)
            for project in {before.project_id, after.project_id} - {None}
            if project is not None
        }
        held = [_held(holders.get(side.project_id or ProjectId(0), ()), side.at) for side in (before, after)]
        notes = [
            f"{side.title.name}: {reading.bundle.problem}"
            for side, reading in zip((before, after), readings, strict=True)
            if reading.bundle.problem
        ]
        owners = {"owners_before": _by_text(held[0]), "owners_after": _by_text(held[1])}
        pieces = await self._contents.compared(before.source, after.source, tell_side_by_side, owners)
        return await asyncio.to_thread(_shown, pieces, notes)

    async def _holders_of(self, project: ProjectId) -> tuple[BoxOwnership, ...]:
        query = ListQuery(Sort("id"), filters={"project_id": project})
        page, _count = await self._holders.first_page(query, _HOLDERS_AT_ONCE)
        return tuple(row for row in page.rows if row is not None)


def _shown(pieces: list[Any], notes: list[str]) -> ShownDiff:
    told = told_side_by_side(pieces)
    if told.anew:
        notes.append("The UUIDs were made anew between both: what is the same was told by its content.")
    return ShownDiff(told.rows, told.text, told.summary, tuple(notes))


def _by_text(held: Mapping[UUID, str]) -> dict[str, str]:
    return {str(uuid): name for uuid, name in held.items()}


def _held(rows: Iterable[BoxOwnership], at: datetime | None) -> dict[UUID, str]:
    """Return who held each box at a moment: whoever holds it since then or before, else it is not known."""
    held: dict[UUID, str] = {}
    for row in rows:
        since = row.updated_at or row.created_at
        was_so = at is None or since is None or since <= at
        if row.owner_name is not None:
            held[row.box_uuid] = row.owner_name if was_so else NOT_KNOWN
    return held


def _age(version: BundleVersion) -> tuple[datetime, int, int]:
    return version.created_at or datetime.min, version.version or 0, version.id  # noqa: DTZ901  # no zone
