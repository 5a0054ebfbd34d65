"""A file becomes a project's next version, after it was looked at."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from syncsphere_desktop.database.bundle_stream import BundleStreams
from syncsphere_desktop.database.bundle_writer import BundleWriter, refuse_too_large
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.bundles import BundleRepository
from syncsphere_desktop.domain.bundle import BundleVersion
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.studio.bundles.child.desk import BundleWorker, OwnProcess
from syncsphere_desktop.studio.bundles.files import ImportCheck, OnBytes, check_import
from syncsphere_desktop.studio.bundles.opening import BundleOpener
from syncsphere_desktop.studio.outgoing import opened_file, told_as_file_errors


class BundleImporter:
    """Looks at files and stores them. `actor` is who the audit log names.

    `worker` looks at them, this process itself where none is given.
    """

    def __init__(self, database: Database, actor: str, worker: BundleWorker | None = None) -> None:
        self._bundles = BundleRepository(database, actor)
        self._opener = BundleOpener(BundleStreams(database), worker or OwnProcess())
        self._writer = BundleWriter(database, actor)

    async def check(self, path: Path, project_id: ProjectId) -> ImportCheck:
        """Return what is to be said of a file before it is stored; nothing is changed.

        Raises InputError for what is no bundle, or too large for the database, FileError, AppError.
        """
        refuse_too_large(await asyncio.to_thread(_size, path))
        bundle = await self._opener.in_short(path)
        newest = await self._bundles.newest(project_id)
        return check_import(bundle, None if newest is None else await self._opener.in_short(newest))

    async def store(
        self,
        path: Path,
        project_id: ProjectId,
        *,
        created_by: UserId | None = None,
        on_bytes: OnBytes | None = None,
    ) -> BundleVersion:
        """Store a file as the project's next version and return it; whole or not at all.

        Raises InputError where it is too large, or was cut while it was read, FileError, AppError.
        """
        with opened_file(path) as file:
            size = os.fstat(file.fileno()).st_size
            return await self._writer.add(
                project_id, file, size, created_by=created_by, origin="import", on_bytes=on_bytes
            )


def _size(path: Path) -> int:
    with told_as_file_errors(path):
        return path.stat().st_size
