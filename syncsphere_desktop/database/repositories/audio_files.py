"""The rows of the audio library. The files themselves are the storage's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader, ListSpec
from syncsphere_desktop.database.repositories.records import BULK, Records, row_version
from syncsphere_desktop.database.tables import audio_files, projects, users
from syncsphere_desktop.domain.audio import AUDIO_FIELDS, AudioFile, AudioFileDraft, checked_audio_changes
from syncsphere_desktop.domain.audit import Entity
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.errors import NotFoundError

_OWN = (
    "filename",
    "file_path",
    "file_size",
    "duration",
    "sample_rate",
    "channels",
    "format",
    "created_at",
    "id",
)


def _audio_file(row: Any) -> AudioFile:
    return AudioFile(**row._mapping)


def _described(file: AudioFile) -> str:
    return f"The audio file “{file.filename}”"


AUDIO_FILES: Records[AudioFile] = Records(
    spec=ListSpec(
        table=audio_files,
        columns=(
            *audio_files.c,
            projects.c.name.label("project_name"),
            users.c.username.label("uploader_name"),
            row_version(audio_files),
        ),
        source=audio_files.outerjoin(projects, projects.c.id == audio_files.c.project_id).outerjoin(
            users, users.c.id == audio_files.c.uploaded_by
        ),
        row=_audio_file,
        sort_keys={
            **{name: audio_files.c[name] for name in _OWN},
            "project": projects.c.name,
            "uploader": users.c.username,
        },
        search=(audio_files.c.filename, audio_files.c.file_path, projects.c.name, users.c.username),
        filters={
            "project_id": lambda value: audio_files.c.project_id == value,
            "user_id": lambda value: audio_files.c.uploaded_by == value,
            "format": lambda value: audio_files.c.format == value,
        },
    ),
    entity=Entity.AUDIO_FILE,
    fields=AUDIO_FIELDS,
    described=_described,
)


class AudioFileRepository:
    """Reads and changes the rows of audio files. `actor` is who the audit log names."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor
        self.rows: ListReader[AudioFile] = ListReader(database, AUDIO_FILES.spec)

    async def find(self, file_id: AudioFileId) -> AudioFile | None:
        """Return an audio file's row, or None."""
        return await self._database.run(lambda connection: AUDIO_FILES.read(connection, file_id))

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
            lambda connection: AUDIO_FILES.insert(connection, self._actor, values)
        )

    async def update(self, base: AudioFile, changes: Mapping[str, object]) -> AudioFile:
        """Write the changed columns; raises InputError, NotFoundError, ConflictError as users do."""
        checked = checked_audio_changes(changes)
        return await self._database.write(
            lambda connection: AUDIO_FILES.change(connection, self._actor, base, checked)
        )

    async def remove(self, ids: Sequence[AudioFileId]) -> int:
        """Remove rows and return how many there were; raises NotFoundError when all are gone already."""
        removed = await self._database.write(
            lambda connection: AUDIO_FILES.delete(connection, self._actor, ids), timeouts=BULK
        )
        if ids and not removed:
            raise NotFoundError("The audio files were deleted meanwhile.")
        return removed
