"""The rows of the audio library. The files themselves are the storage's."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update

from syncsphere_desktop.database import audit, import_lock
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader
from syncsphere_desktop.database.repositories.audio_list import LOOKED_AT, audio_records, audio_spec, hashed
from syncsphere_desktop.database.repositories.records import BULK
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import audio_content, audio_files, audio_imports, projects, users
from syncsphere_desktop.domain.audio import (
    AddedAudio,
    AudioFile,
    AudioFileDraft,
    StoredAudio,
    checked_audio_changes,
)
from syncsphere_desktop.domain.audio_import import RemainingRows
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId, UserId
from syncsphere_desktop.domain.sound import ContentState
from syncsphere_desktop.errors import InUseError, NotFoundError


class AudioFileRepository:
    """Reads and changes the rows of audio files. `actor` is who the audit log names."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor
        self.rows: ListReader[AudioFile] = ListReader(database, audio_spec)

    async def find(self, file_id: AudioFileId) -> AudioFile | None:
        """Return an audio file's row, or None."""
        return await self._database.run(
            lambda connection: audio_records(connection).read(connection, file_id)
        )

    async def get(self, file_id: AudioFileId) -> AudioFile:
        """Return an audio file's row; raises NotFoundError."""
        file = await self.find(file_id)
        if file is None:
            raise NotFoundError(f"There is no audio file with the id {file_id}.")
        return file

    async def add(self, draft: AudioFileDraft) -> AudioFile:
        """Add a row; raises InputError, and InUseError when the project or the uploader is gone."""
        values = checked_audio_changes(asdict(draft))
        return await self._database.write(
            lambda connection: audio_records(connection).insert(connection, self._actor, values)
        )

    async def add_many(
        self, stored: Sequence[StoredAudio], import_id: UUID, *, but_for: Collection[AudioFileId] = ()
    ) -> tuple[AddedAudio, ...]:
        """Add the rows of files that are whole in the store, and return what became of each, in this order.

        A file whose content a row of its project has by now, other than the rows `but_for`, gets none; of
        the rest all are added or none. What is known of them is kept with them, and the import counts them.
        Raises InputError, and InUseError when a project or an uploader is gone.
        """
        columns = [{**one.columns(), "project_id": one.draft.project_id} for one in stored]

        def work(connection: Connection) -> tuple[AddedAudio, ...]:
            if not stored:
                return ()
            import_lock.hold(connection, import_id)
            wanted = {one.draft.project_id for one in stored}
            import_lock.hold_contents(connection, wanted)
            _hold_projects(connection, wanted)
            _require_uploaders(connection, stored)
            twins = _twins(connection, stored, but_for)
            new = [place for place, one in enumerate(stored) if _content_of(one) not in twins]
            ids = self._insert(connection, [columns[place] for place in new])
            _keep_contents(connection, ids, [stored[place] for place in new], import_id)
            added = dict(zip(new, ids, strict=True))
            return tuple(
                AddedAudio(added[place], True)
                if place in added
                else AddedAudio(twins[_content_of(one)], False)
                for place, one in enumerate(stored)
            )

        return await self._database.write(work, timeouts=BULK)

    async def remaining(self, ids: Collection[AudioFileId], project_id: ProjectId) -> RemainingRows:
        """Return which of these rows there still are, and whether there is the project."""

        def work(connection: Connection) -> RemainingRows:
            of_ids = select(audio_files.c.id).where(audio_files.c.id == func.any(list(ids)))
            of_project = select(projects.c.id).where(projects.c.id == project_id)
            found = frozenset(map(AudioFileId, connection.execute(of_ids).scalars()))
            return RemainingRows(found, connection.execute(of_project).first() is not None)

        return await self._database.run(work, timeouts=BULK)

    async def update(
        self, base: AudioFile, changes: Mapping[str, object], *, undoes: int | None = None
    ) -> AudioFile:
        """Write the changed columns; raises InputError, NotFoundError, ConflictError as users do.

        A row that names another path is unchecked until its file was looked at; `relocate` is for a file
        that was moved.
        """
        checked = checked_audio_changes(changes)
        return await self._database.write(
            lambda connection: audio_records(connection).change(
                connection, self._actor, base, checked, undoes=undoes
            )
        )

    async def relocate(self, base: AudioFile, file_path: str) -> AudioFile:
        """Let the row name another path of the same content, of which all stays known.

        Raises InputError, NotFoundError, ConflictError.
        """
        checked = checked_audio_changes({"file_path": file_path})

        def work(connection: Connection) -> AudioFile:
            records = audio_records(connection)
            records.change(connection, self._actor, base, checked)
            if side_tables(connection).can_write(audio_content):
                connection.execute(
                    update(audio_content)
                    .where(audio_content.c.file_id == base.id, audio_content.c.file_path == base.file_path)
                    .values(file_path=checked["file_path"])
                )
            return _reread(connection, base.id)

        return await self._database.write(work)

    async def replace(self, base: AudioFile, stored: StoredAudio) -> AudioFile:
        """Let the row name another file, which is whole in the store, and keep what is known of that.

        The draft's project and uploader count for nothing. Raises InputError, NotFoundError, ConflictError.
        """
        changes = {
            name: value
            for name, value in stored.columns().items()
            if name not in {"project_id", "uploaded_by"}
        }

        def work(connection: Connection) -> AudioFile:
            audio_records(connection).change(connection, self._actor, base, changes)
            if side_tables(connection).can_write(audio_content):
                connection.execute(delete(audio_content).where(audio_content.c.file_id == base.id))
            _keep_contents(connection, [base.id], [stored], None)
            return _reread(connection, base.id)

        return await self._database.write(work)

    async def remove(self, ids: Sequence[AudioFileId]) -> int:
        """Remove rows and return how many there were; raises NotFoundError when all are gone already."""
        removed = await self._database.write(
            lambda connection: remove_rows(connection, self._actor, ids), timeouts=BULK
        )
        if ids and not removed:
            raise NotFoundError("The audio files were deleted meanwhile.")
        return removed

    def _insert(self, connection: Connection, rows: Sequence[dict[str, object]]) -> list[AudioFileId]:
        """Add rows with their audit entries; return their ids in this order."""
        if not rows:
            return []
        adding = audio_files.insert().returning(audio_files.c.id, sort_by_parameter_order=True)
        ids = [AudioFileId(file_id) for file_id in connection.execute(adding, rows).scalars()]
        audit.record_added(connection, self._actor, Entity.AUDIO_FILE, dict(zip(ids, rows, strict=True)))
        return ids


def remove_rows(
    connection: Connection, actor: str, ids: Sequence[int], *, action: Action = Action.REMOVE
) -> int:
    """Remove rows with what is known of their files, each with an audit entry; return how many there were."""
    removed = audio_records(connection).delete(connection, actor, ids, action=action)
    if side_tables(connection).can_write(audio_content):
        connection.execute(delete(audio_content).where(audio_content.c.file_id == func.any(list(ids))))
    return removed


def _hold_projects(connection: Connection, wanted: set[ProjectId]) -> None:
    """Keep the projects from being removed until the end of the transaction."""
    held = connection.execute(
        select(projects.c.id)
        .where(projects.c.id == func.any(list(wanted)))
        .order_by(projects.c.id)
        .with_for_update(read=True, key_share=True)
    ).all()
    if len(held) < len(wanted):
        raise InUseError("The project is gone; nothing was added to it.")


def _require_uploaders(connection: Connection, stored: Sequence[StoredAudio]) -> None:
    wanted = {one.draft.uploaded_by for one in stored if one.draft.uploaded_by is not None}
    if not wanted:
        return
    found = connection.execute(select(users.c.id).where(users.c.id == func.any(sorted(wanted)))).scalars()
    gone = sorted(wanted - {UserId(user_id) for user_id in found})
    if gone:
        raise InUseError(
            f"The uploader is gone: the user with the id {gone[0]} was deleted, so no further file was added."
        )


def _content_of(one: StoredAudio) -> tuple[ProjectId, bytes | None]:
    """Return what no two rows shall have because of imports: a content in a project."""
    return one.draft.project_id, hashed(one.content.sha256)


def _twins(
    connection: Connection, stored: Sequence[StoredAudio], but_for: Collection[AudioFileId]
) -> dict[tuple[ProjectId, bytes | None], AudioFileId]:
    """Return the rows that have these contents already, as far as that is known."""
    if not side_tables(connection).can_read(audio_content):
        return {}
    wanted = {_content_of(one) for one in stored}
    found = connection.execute(
        select(audio_files.c.project_id, audio_content.c.sha256, audio_files.c.id)
        .join(audio_content, LOOKED_AT)
        .where(audio_content.c.sha256 == func.any([sha256 for _project, sha256 in wanted if sha256]))
        .order_by(audio_files.c.id.desc())
    )
    passed_over = frozenset(but_for)
    return {
        (ProjectId(project), bytes(sha256)): AudioFileId(file_id)
        for project, sha256, file_id in found
        if file_id not in passed_over
    }


def _keep_contents(
    connection: Connection, ids: Sequence[int], stored: Sequence[StoredAudio], import_id: UUID | None
) -> None:
    """Write what is known of new files, as far as the database has a place for it."""
    if not ids:
        return
    tables = side_tables(connection)
    if tables.can_write(audio_content):
        contents: list[dict[str, Any]] = [
            {
                "file_id": file_id,
                "file_path": one.draft.file_path,
                "size": one.content.size,
                "sha256": hashed(one.content.sha256),
                "state": ContentState.SOUND.value,
                "codec": one.facts.codec,
                "import_id": import_id,
            }
            for file_id, one in zip(ids, stored, strict=True)
        ]
        connection.execute(audio_content.insert().values(verified_at=func.now()), contents)
    if import_id is not None and tables.can_write(audio_imports):
        connection.execute(
            update(audio_imports)
            .where(audio_imports.c.id == import_id)
            .values(
                imported=audio_imports.c.imported + len(stored),
                bytes=audio_imports.c.bytes + sum(one.content.size for one in stored),
            )
        )


def _reread(connection: Connection, file_id: int) -> AudioFile:
    again = audio_records(connection).read(connection, file_id)
    assert again is not None
    return again
