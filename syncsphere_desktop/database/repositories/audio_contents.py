"""What is known of the bytes behind the rows of audio files: hashes, checks, waveforms."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_list import LOOKED_AT, STATE, hashed, state_of
from syncsphere_desktop.database.repositories.audio_paths import odd_spellings
from syncsphere_desktop.database.repositories.records import BULK
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import audio_content, audio_files
from syncsphere_desktop.domain.audio_check import ContentRecord, RowToCheck
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.sound import Content, ContentState, NoWaveform, SoundFacts, Waveform
from syncsphere_desktop.domain.text import can_be_stored
from syncsphere_desktop.errors import AccessDeniedError, ReadOnlyError

KeyT = TypeVar("KeyT")

_WAVEFORM = struct.Struct(">BBI")
_WAVEFORM_LAYOUT = 1
_ROW = (
    "id",
    "project_id",
    "filename",
    "file_path",
    "file_size",
    "duration",
    "sample_rate",
    "channels",
    "format",
)


class AudioContentRepository:
    """Reads and keeps what was found out by looking at files.

    Where the database has no place for it nothing is known, and what would be kept is not: the methods that
    write return whether they did. `actor` is who looks.
    """

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    async def find(self, file_id: AudioFileId) -> RowToCheck | None:
        """Return a row with what is known of its file, or None."""
        found = await self.rows([file_id])
        return found[0] if found else None

    async def rows(self, ids: Collection[AudioFileId]) -> tuple[RowToCheck, ...]:
        """Return the rows of these ids that there are, in the order of ids."""
        if not ids:
            return ()
        return await self._read(audio_files.c.id == func.any(list(ids)))

    async def totals(self, project_id: ProjectId | None = None) -> tuple[int, int]:
        """Return the number of rows, of one project or in all, and the sum of their sizes in bytes."""
        size = func.coalesce(func.sum(audio_files.c.file_size), 0)
        statement = select(func.count(), size).where(*_of_project(project_id))
        row = await self._database.run(
            lambda connection: connection.execute(statement.select_from(audio_files)).one(), timeouts=BULK
        )
        return int(row[0]), int(row[1])

    async def to_check(
        self, after_id: int, limit: int, *, project_id: ProjectId | None = None, troubled: bool = False
    ) -> tuple[RowToCheck, ...]:
        """Return at most `limit` rows with higher ids than `after_id`, in the order of ids.

        `troubled`: those alone whose known state is neither unchecked nor sound, that have no project, or
        whose size or length can't be right.
        """
        following = [audio_files.c.id > after_id, *_of_project(project_id)]

        def work(connection: Connection) -> tuple[RowToCheck, ...]:
            narrowed = [_is_troubled(connection)] if troubled else []
            return _rows(connection, *following, *narrowed, limit=limit)

        return await self._database.run(work, timeouts=BULK)

    async def by_sha256(
        self, project_id: ProjectId | None, sha256s: Collection[str]
    ) -> dict[str, tuple[RowToCheck, ...]]:
        """Return which rows, of one project or of any, are known to have each of these contents.

        Hashes that no row has are left out.
        """
        digests = [digest for digest in map(hashed, sha256s) if digest is not None]
        if not digests:
            return {}
        same = audio_content.c.sha256 == func.any(digests)
        found = await self._read(same, *_of_project(project_id), known=True)
        return _grouped((row.content.sha256, row) for row in found if row.content is not None)

    async def rows_with_sha256(self, sha256s: Collection[str]) -> tuple[RowToCheck, ...]:
        """Return the rows of any project that are known to have one of these contents."""
        found = await self.by_sha256(None, sha256s)
        return tuple(row for rows in found.values() for row in rows)

    async def candidates(
        self, project_id: ProjectId | None, sizes: Collection[int]
    ) -> tuple[RowToCheck, ...]:
        """Return the rows of these sizes in bytes whose content is not known: they may be copies."""
        if not sizes:
            return ()
        as_large = [audio_files.c.file_size == func.any(list(sizes)), *_of_project(project_id)]

        def work(connection: Connection) -> tuple[RowToCheck, ...]:
            known = side_tables(connection).can_read(audio_content)
            return _rows(connection, *as_large, *([audio_content.c.sha256.is_(None)] if known else []))

        return await self._database.run(work, timeouts=BULK)

    async def known_sizes(self, project_id: ProjectId | None, sizes: Collection[int]) -> frozenset[int]:
        """Return which of these sizes in bytes there are among the rows whose content is known."""
        if not sizes:
            return frozenset()
        as_large = (audio_content.c.size == func.any(list(sizes)), audio_content.c.sha256.is_not(None))

        def work(connection: Connection) -> frozenset[int]:
            if not side_tables(connection).can_read(audio_content):
                return frozenset()
            known = select(audio_content.c.size).distinct().join(audio_files, LOOKED_AT)
            found = connection.execute(known.where(*as_large, *_of_project(project_id)))
            return frozenset(found.scalars())

        return await self._database.run(work, timeouts=BULK)

    async def files_at(self, paths: Collection[str]) -> dict[str, tuple[AudioFileId, ...]]:
        """Return which rows name each of these paths, letter by letter; a path without any is left out.

        The table has no index on paths: ask for thousands at once rather than one by one.
        """
        wanted = [path for path in paths if can_be_stored(path)]
        if not wanted:
            return {}
        statement = (
            select(audio_files.c.file_path, audio_files.c.id)
            .where(audio_files.c.file_path.in_(select(func.unnest(wanted))))
            .order_by(audio_files.c.id)
        )
        found = await self._database.run(
            lambda connection: connection.execute(statement).all(), timeouts=BULK
        )
        return _grouped((path, AudioFileId(file_id)) for path, file_id in found)

    async def odd_spellings(self, names: Collection[str]) -> Sequence[tuple[str, AudioFileId]]:
        """Return rows whose path may name a file of these names in a way `files_at` does not look for."""
        return await self._database.run(lambda connection: odd_spellings(connection, names), timeouts=BULK)

    async def record(
        self,
        file_id: AudioFileId,
        file_path: str,
        *,
        state: ContentState,
        details: str | None = None,
        content: Content | None = None,
        facts: SoundFacts | None = None,
    ) -> bool:
        """Keep what a look at a file told; see `record_all`."""
        return await self.record_all([ContentRecord(file_id, file_path, state, details, content, facts)])

    async def record_all(self, records: Sequence[ContentRecord]) -> bool:
        """Keep what looks at files told, in one transaction; return False where there is no place for it.

        A row that is gone, or that names another path by now, is left out. Content and facts that are None
        stay as they were known for the same path. A waveform stays as long as the content does.
        """
        latest = {record.file_id: record for record in records}
        return await self._keep(lambda connection: _keep_records(connection, list(latest.values())))

    async def waveform(self, file_id: AudioFileId) -> Waveform | NoWaveform | None:
        """Return the waveform kept for the file that the row names now, or why there is none, or None."""

        def work(connection: Connection) -> Any:
            if not side_tables(connection).can_read(audio_content):
                return None
            statement = select(audio_content.c.waveform, audio_content.c.waveform_error)
            return connection.execute(
                statement.join(audio_files, LOOKED_AT).where(audio_content.c.file_id == file_id)
            ).one_or_none()

        row = await self._database.run(work)
        if row is None:
            return None
        if row.waveform_error is not None:
            return NoWaveform(row.waveform_error)
        return None if row.waveform is None else _unpacked(bytes(row.waveform))

    async def keep_waveform(
        self, file_id: AudioFileId, file_path: str, waveform: Waveform | NoWaveform
    ) -> bool:
        """Keep the waveform of the file at a path, or why there is none; return whether it is kept.

        Nothing is kept for a row that is gone or names another path by now.
        """
        packed = _packed(waveform) if isinstance(waveform, Waveform) else None
        error = waveform.reason if isinstance(waveform, NoWaveform) else None

        def work(connection: Connection) -> bool:
            named = select(audio_files.c.id, audio_files.c.file_path).where(
                audio_files.c.id == file_id, audio_files.c.file_path == file_path
            )
            adding = insert(audio_content).from_select(["file_id", "file_path"], named)
            connection.execute(adding.on_conflict_do_nothing())
            kept = connection.execute(
                audio_content.update()
                .where(audio_content.c.file_id == file_id, audio_content.c.file_path == file_path)
                .values(waveform=packed, waveform_error=error)
            )
            return kept.rowcount > 0

        return await self._keep(work)

    async def _read(self, *conditions: ColumnElement[bool], known: bool = False) -> tuple[RowToCheck, ...]:
        def work(connection: Connection) -> tuple[RowToCheck, ...]:
            if known and not side_tables(connection).can_read(audio_content):
                return ()
            return _rows(connection, *conditions)

        return await self._database.run(work, timeouts=BULK)

    async def _keep(self, work: Callable[[Connection], bool]) -> bool:
        """Write, if the database has a place for it; return whether it did."""

        def careful(connection: Connection) -> bool:
            if not side_tables(connection).can_write(audio_content):
                return False
            return work(connection)

        try:
            return await self._database.write(careful, timeouts=BULK)
        except (ReadOnlyError, AccessDeniedError):
            return False


def _of_project(project_id: ProjectId | None) -> list[ColumnElement[bool]]:
    return [] if project_id is None else [audio_files.c.project_id == project_id]


def _rows(
    connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None
) -> tuple[RowToCheck, ...]:
    columns = [audio_files.c[name] for name in _ROW]
    known = side_tables(connection).can_read(audio_content)
    if known:
        details = (audio_content.c.size, audio_content.c.sha256, STATE.label("state"))
        statement = select(*columns, *details, audio_content.c.state_details).select_from(
            audio_files.outerjoin(audio_content, LOOKED_AT)
        )
    else:
        statement = select(*columns)
    ordered = statement.where(*conditions).order_by(audio_files.c.id).limit(limit)
    return tuple(_row(row, known=known) for row in connection.execute(ordered))


def _row(row: Any, *, known: bool) -> RowToCheck:
    content = None
    if known and row.sha256 is not None and row.size is not None:
        content = Content(row.size, bytes(row.sha256).hex())
    return RowToCheck(
        **{name: getattr(row, name) for name in _ROW},
        content=content,
        state=state_of(row.state) if known else ContentState.UNCHECKED,
        state_details=row.state_details if known else None,
    )


def _is_troubled(connection: Connection) -> ColumnElement[bool]:
    length = audio_files.c.duration
    by_itself = or_(
        audio_files.c.project_id.is_(None),
        length < 0,
        length > sys.float_info.max,  # NaN too, which PostgreSQL holds to be longer than everything
    )
    if not side_tables(connection).can_read(audio_content):
        return by_itself
    fine = (ContentState.UNCHECKED.value, ContentState.SOUND.value)
    other_size = audio_files.c.file_size != audio_content.c.size
    return or_(by_itself, other_size, audio_content.c.state.not_in(fine))


def _keep_records(connection: Connection, records: Sequence[ContentRecord]) -> bool:
    """Write all in one statement: a check writes as many rows as it reads files."""
    rows = sorted(records, key=lambda record: record.file_id)
    connection.execute(
        _upsert(),
        {
            "file_id": [record.file_id for record in rows],
            "file_path": [record.file_path for record in rows],
            "size": [record.content.size if record.content else None for record in rows],
            "sha256": [record.content.sha256 if record.content else None for record in rows],
            "state": [record.state.value for record in rows],
            "state_details": [record.details for record in rows],
            "codec": [record.facts.codec if record.facts else None for record in rows],
        },
    )
    return True


def _given_records() -> Select[Any]:
    """Return the records, as the statement's parameters give them column by column, of rows that agree."""

    def column(name: str, kind: Any) -> ColumnElement[Any]:
        return func.unnest(bindparam(name, type_=ARRAY(kind))).label(name)

    given = select(
        column("file_id", Integer),
        column("file_path", Text),
        column("size", BigInteger),
        column("sha256", Text),
        column("state", Text),
        column("state_details", Text),
        column("codec", Text),
    ).subquery("given")
    columns = [given.c[name] for name in ("file_id", "file_path", "size", "state", "state_details", "codec")]
    return (
        select(*columns, func.decode(given.c.sha256, "hex").label("sha256"), func.now().label("verified_at"))
        .join(
            audio_files,
            and_(audio_files.c.id == given.c.file_id, audio_files.c.file_path == given.c.file_path),
        )
        .order_by(given.c.file_id)
    )


@cache
def _upsert() -> Any:
    rows = _given_records()
    adding = insert(audio_content).from_select([column.name for column in rows.selected_columns], rows)
    given = adding.excluded
    same_path = audio_content.c.file_path == given.file_path
    same_content = and_(same_path, or_(given.sha256.is_(None), given.sha256 == audio_content.c.sha256))

    def unless_new(name: str) -> ColumnElement[Any]:
        return func.coalesce(given[name], case((same_path, audio_content.c[name])))

    return adding.on_conflict_do_update(
        index_elements=[audio_content.c.file_id],
        set_={
            "file_path": given.file_path,
            "size": unless_new("size"),
            "sha256": unless_new("sha256"),
            "codec": unless_new("codec"),
            "state": given.state,
            "state_details": given.state_details,
            "verified_at": given.verified_at,
            "import_id": case((same_path, audio_content.c.import_id)),
            "waveform": case((same_content, audio_content.c.waveform)),
            "waveform_error": case((same_content, audio_content.c.waveform_error)),
        },
    )


def _grouped(pairs: Iterable[tuple[str, KeyT]]) -> dict[str, tuple[KeyT, ...]]:
    groups: dict[str, list[KeyT]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in groups.items()}


def _packed(waveform: Waveform) -> bytes:
    head = _WAVEFORM.pack(_WAVEFORM_LAYOUT, waveform.channels, waveform.buckets)
    return head + waveform.peaks


def _unpacked(packed: bytes) -> Waveform | None:
    """Return what was packed; None for what another version of the app packed in another way."""
    if len(packed) < _WAVEFORM.size:
        return None
    layout, channels, buckets = _WAVEFORM.unpack_from(packed)
    peaks = packed[_WAVEFORM.size :]
    if layout != _WAVEFORM_LAYOUT or len(peaks) != 2 * channels * buckets:
        return None
    return Waveform(buckets, channels, peaks)
