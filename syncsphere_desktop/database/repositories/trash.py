"""The quarantine's entries, and the rows that go into it and come back. The files are moved by the store.

Each step is one transaction and starts from one state; whoever comes second, or too late, gets a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from syncsphere_desktop.database import audit
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_files import remove_rows
from syncsphere_desktop.database.repositories.audio_list import AUDIO_FILES, hashed
from syncsphere_desktop.database.repositories.records import BULK
from syncsphere_desktop.database.session_lock import SessionLock
from syncsphere_desktop.database.side_tables import require, side_tables
from syncsphere_desktop.database.tables import OUR_SCHEMA, audio_content, audio_files, projects, trash, users
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.trash import TrashDraft, TrashEntry, TrashId, TrashState
from syncsphere_desktop.errors import ConflictError, InUseError, NotFoundError

T = TypeVar("T")

_LOCK_KEY = 0x53796E6354726173
"""Some number that nobody else uses: "SyncTras" in ASCII."""

_SHOWN = ("id", "at", "actor", "reason", "file_id", "filename", "project_id", "original_path", "trash_path")
_COLUMNS = (
    *(trash.c[name] for name in _SHOWN),
    trash.c.size,
    trash.c.state,
    trash.c.sha256,
    trash.c.expires_at,
    trash.c.ended_at,
    (trash.c.expires_at <= func.now()).label("due"),
)
_DRAWN = ("waveform", "waveform_error")
_KNOWN: ColumnElement[Any] = literal_column("to_jsonb(audio_content) - 'waveform' - 'waveform_error'", JSONB)
"""What is known of a file, without what can be drawn anew."""


class TrashRepository:
    """Keeps what lies in quarantine. Raises SchemaError where the database has no place for it."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """Keep every other process from changing the quarantine; raises TimedOutError when one does.

        The lock is that of a session of its own: it ends with this process too.
        """
        return SessionLock(
            self._database, _LOCK_KEY, "Another app is changing the quarantine; please try again in a moment."
        )

    async def begin(self, drafts: Sequence[TrashDraft], *, keep_for: timedelta) -> tuple[TrashEntry, ...]:
        """Add entries in state MOVING, in the order of `drafts`; nothing has been touched yet."""
        rows = [self._values(draft) for draft in drafts]

        def work(connection: Connection) -> tuple[TrashEntry, ...]:
            require(connection, trash, audio_content)
            if not rows:
                return ()
            adding = trash.insert().values(expires_at=func.now() + literal(keep_for))
            ids = connection.execute(
                adding.returning(trash.c.id, sort_by_parameter_order=True), rows
            ).scalars()
            places = {entry_id: place for place, entry_id in enumerate(ids)}
            for entry_id, draft in zip(places, drafts, strict=True):
                if draft.former_of is not None:
                    _keep_former(connection, entry_id, draft.former_of, draft.original_path)
            found = _read(connection, _entries().where(trash.c.id == func.any(list(places))))
            return tuple(sorted(found, key=lambda entry: places[entry.id]))

        return await self._database.write(work)

    async def hold(self, entry_id: TrashId) -> TrashEntry:
        """From MOVING to HELD, and remove the row it has, with its content and an audit entry.

        Raises NotFoundError when the row is gone, ConflictError when it names another path by now, and
        InUseError when the entry has no row and one names its path by now.
        """

        def work(connection: Connection, entry: TrashEntry) -> TrashEntry:
            if entry.file_id is None:
                _refuse_if_named(connection, entry)
                return _set(connection, entry, state=TrashState.HELD)
            kept = _lock_rows(connection, entry.file_id, entry.original_path)
            held = _set(connection, entry, state=TrashState.HELD, **kept)
            remove_rows(connection, self._actor, [entry.file_id], action=Action.QUARANTINE)
            return held

        return await self._step(entry_id, TrashState.MOVING, work)

    async def hold_copy(self, entry_id: TrashId) -> TrashEntry:
        """From MOVING to HELD as an orphan, and leave the row as it is: another file took the place."""
        return await self._step(
            entry_id,
            TrashState.MOVING,
            lambda connection, entry: _set(connection, entry, state=TrashState.HELD, file_id=None),
        )

    async def abandon(self, entry_id: TrashId) -> None:
        """Forget an entry in state MOVING, as nothing was moved."""

        def work(connection: Connection, entry: TrashEntry) -> None:
            connection.execute(trash.delete().where(trash.c.id == entry.id))

        await self._step(entry_id, TrashState.MOVING, work)

    async def begin_restoring(self, entry_id: TrashId, to_path: str) -> TrashEntry:
        """From HELD to RESTORING; `to_path` is its original path from now on."""
        return await self._step(
            entry_id,
            TrashState.HELD,
            lambda connection, entry: _set(
                connection, entry, state=TrashState.RESTORING, original_path=to_path
            ),
        )

    async def finish_restoring(
        self, entry_id: TrashId, *, project_id: ProjectId | None = None
    ) -> AudioFileId | None:
        """From RESTORING to RESTORED, and add the row again with its id, content and an audit entry.

        Returns the row's id, another one where that was taken meanwhile; None for a file without a row. With
        `project_id` it is that project's; an uploader who is gone is left out. Raises InUseError when its
        project is gone.
        """

        def work(connection: Connection, entry: TrashEntry) -> AudioFileId | None:
            file_id = None
            if _has_row(connection, entry):
                file_id = _add_row_again(connection, entry, project_id)
                _add_content_again(connection, entry, file_id)
                row = AUDIO_FILES.read(connection, file_id)
                assert row is not None
                values = {**AUDIO_FILES.values_of(row), "quarantine": entry.id}
                audit.record(
                    connection,
                    self._actor,
                    Entity.AUDIO_FILE,
                    file_id,
                    Action.RESTORE,
                    before=None,
                    after=values,
                )
            _set(connection, entry, state=TrashState.RESTORED, ended_at=func.now())
            return file_id

        return await self._step(entry_id, TrashState.RESTORING, work)

    async def hold_again(self, entry_id: TrashId, original_path: str) -> TrashEntry:
        """From RESTORING back to HELD."""
        return await self._step(
            entry_id,
            TrashState.RESTORING,
            lambda connection, entry: _set(
                connection, entry, state=TrashState.HELD, original_path=original_path
            ),
        )

    async def begin_emptying(self, entry_id: TrashId) -> TrashEntry:
        """From HELD to EMPTYING."""
        return await self._step(
            entry_id,
            TrashState.HELD,
            lambda connection, entry: _set(connection, entry, state=TrashState.EMPTYING),
        )

    async def finish_emptying(self, entry_id: TrashId) -> None:
        """From EMPTYING to EMPTIED."""
        await self._step(
            entry_id,
            TrashState.EMPTYING,
            lambda connection, entry: _set(connection, entry, state=TrashState.EMPTIED, ended_at=func.now()),
        )

    async def find(self, entry_id: TrashId) -> TrashEntry | None:
        """Return an entry, or None."""
        found = await self._list(_entries().where(trash.c.id == entry_id))
        return found[0] if found else None

    async def in_states(
        self, states: Collection[TrashState], *, project_id: ProjectId | None = None
    ) -> tuple[TrashEntry, ...]:
        """Return the entries in these states, the newest first."""
        statement = _entries().where(trash.c.state.in_([state.value for state in states]))
        if project_id is not None:
            statement = statement.where(trash.c.project_id == project_id)
        return await self._list(statement)

    async def due(self, *, project_id: ProjectId | None = None) -> tuple[TrashEntry, ...]:
        """Return what is held and whose time is over by the server's clock, the oldest last."""
        held = await self.in_states([TrashState.HELD], project_id=project_id)
        return tuple(entry for entry in held if entry.due)

    def _values(self, draft: TrashDraft) -> dict[str, object]:
        file = draft.file
        return {
            "actor": self._actor,
            "reason": draft.reason,
            "state": TrashState.MOVING.value,
            "project_id": None if file is None else file.project_id,
            "file_id": None if file is None else file.id,
            "filename": draft.original_path.rpartition("/")[2] if file is None else file.filename,
            "original_path": draft.original_path,
            "trash_path": draft.trash_path,
            "size": draft.size if file is None or draft.size is not None else file.file_size,
            "sha256": hashed(draft.sha256 or (None if file is None else file.sha256)),
        }

    async def _step(
        self, entry_id: TrashId, state: TrashState, work: Callable[[Connection, TrashEntry], T]
    ) -> T:
        """Run `work` on an entry that is locked and in this state."""

        def step(connection: Connection) -> T:
            require(connection, trash, audio_content)
            locked = select(trash.c.id).where(trash.c.id == entry_id).with_for_update()
            connection.execute(locked).all()
            found = _read(connection, _entries().where(trash.c.id == entry_id))
            if not found:
                raise NotFoundError(f"The quarantine holds nothing with the id {entry_id}.")
            if found[0].state is not state:
                raise _moved_on(found[0], state)
            return work(connection, found[0])

        return await self._database.write(step, timeouts=BULK)

    async def _list(self, statement: Select[Any]) -> tuple[TrashEntry, ...]:
        def work(connection: Connection) -> tuple[TrashEntry, ...]:
            if not side_tables(connection).can_read(trash):
                return ()
            return _read(connection, statement.order_by(trash.c.at.desc(), trash.c.id.desc()))

        return await self._database.run(work, timeouts=BULK)


def _entries() -> Select[Any]:
    return select(*_COLUMNS)


def _read(connection: Connection, statement: Select[Any]) -> tuple[TrashEntry, ...]:
    return tuple(_entry(row) for row in connection.execute(statement))


def _entry(row: Any) -> TrashEntry:
    values = dict(row._mapping)
    values["state"] = TrashState(values["state"])
    values["sha256"] = None if values["sha256"] is None else bytes(values["sha256"]).hex()
    return TrashEntry(**values)


def _set(connection: Connection, entry: TrashEntry, *, state: TrashState, **values: Any) -> TrashEntry:
    changing = update(trash).where(trash.c.id == entry.id).values(state=state.value, **values)
    return _entry(connection.execute(changing.returning(*_COLUMNS)).one())


def _moved_on(entry: TrashEntry, expected: TrashState) -> ConflictError:
    return ConflictError(
        f"“{entry.filename}” is not {_WORDS[expected]} any more: it is {_WORDS[entry.state]}.",
        base={"state": expected.value},
        theirs={"state": entry.state.value},
        mine={"state": expected.value},
        their_version=0,
        who=entry.actor,
    )


_WORDS = {
    TrashState.MOVING: "on its way into quarantine",
    TrashState.HELD: "in quarantine",
    TrashState.RESTORING: "on its way back",
    TrashState.RESTORED: "back in the library",
    TrashState.EMPTYING: "being removed for good",
    TrashState.EMPTIED: "removed for good",
}


def _refuse_if_named(connection: Connection, entry: TrashEntry) -> None:
    named = exists().where(audio_files.c.file_path == entry.original_path)
    if connection.execute(select(named)).scalar_one():
        raise InUseError(f"A row names “{entry.original_path}” by now.")


def _keep_former(connection: Connection, entry_id: int, file_id: AudioFileId, path: str) -> None:
    """Keep a row as it is with an entry, and what is known of its file: soon it names another one."""
    kept = _lock_rows(connection, file_id, path)
    row = kept["audio_row"]
    shown = {"filename": row["filename"], "project_id": row["project_id"]}
    connection.execute(update(trash).where(trash.c.id == entry_id).values(**kept, **shown))


def _has_row(connection: Connection, entry: TrashEntry) -> bool:
    """Return whether a row was kept with the entry."""
    kept = select(trash.c.audio_row.is_not(None)).where(trash.c.id == entry.id)
    return bool(connection.execute(kept).scalar_one())


def _lock_rows(connection: Connection, file_id: AudioFileId, path: str) -> dict[str, Any]:
    """Lock a row, and return it with what is known of its file, as the trash keeps them."""
    row = connection.execute(
        select(audio_files.c.file_path, literal_column("to_jsonb(audio_files)", JSONB).label("row"))
        .where(audio_files.c.id == file_id)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"The audio file at “{path}” was deleted meanwhile.")
    if row.file_path != path:
        raise ConflictError(
            f"The audio file “{row.row['filename']}” names another path by now.",
            base={"file_path": path},
            theirs={"file_path": row.file_path},
            mine={"file_path": path},
            their_version=0,
        )
    known = connection.execute(
        select(_KNOWN).where(audio_content.c.file_id == file_id, audio_content.c.file_path == path)
    ).scalar_one_or_none()
    return {"audio_row": row.row, "content_row": null() if known is None else known}


def _add_row_again(connection: Connection, entry: TrashEntry, project_id: ProjectId | None) -> AudioFileId:
    kept = connection.execute(select(trash.c.audio_row).where(trash.c.id == entry.id)).scalar_one()
    project = kept["project_id"] if project_id is None else project_id
    if project is not None and not _is_there(connection, projects, project):
        raise InUseError(f"The project that “{entry.filename}” belongs to is gone: choose another one.")
    uploader = kept["uploaded_by"]
    if uploader is not None and not _is_there(connection, users, uploader):
        uploader = None
    row = {**kept, "project_id": project, "uploaded_by": uploader, "file_path": entry.original_path}
    names = [column.name for column in audio_files.columns]
    added = _add_again(connection, "audio_files", names, row)
    if added is None:  # somebody gave the id to another row
        added = _add_again(connection, "audio_files", [name for name in names if name != "id"], row)
    assert added is not None
    return AudioFileId(added)


def _add_content_again(connection: Connection, entry: TrashEntry, file_id: AudioFileId) -> None:
    kept = connection.execute(select(trash.c.content_row).where(trash.c.id == entry.id)).scalar_one()
    if kept is not None:
        row = {**kept, "file_id": file_id, "file_path": entry.original_path}
        names = [column.name for column in audio_content.columns if column.name not in _DRAWN]
        _add_again(connection, f"{OUR_SCHEMA}.audio_content", names, row)


def _add_again(
    connection: Connection, table: str, names: Sequence[str], row: Mapping[str, object]
) -> int | None:
    """Insert a row as `to_jsonb` told it; return its first column, or None where its key is taken."""
    columns = ", ".join(names)
    key = "file_id" if "file_id" in names else "id"
    adding = text(
        f"INSERT INTO {table} ({columns}) SELECT {columns}"  # names of our own
        f" FROM jsonb_populate_record(CAST(NULL AS {table}), :row) ON CONFLICT DO NOTHING RETURNING {key}"
    ).bindparams(bindparam("row", type_=JSONB))
    found: int | None = connection.execute(adding, {"row": row}).scalar_one_or_none()
    return found


def _is_there(connection: Connection, table: Table, row_id: int) -> bool:
    """Return whether there is a row, and keep it from being removed until the end of the transaction."""
    held = select(table.c.id).where(table.c.id == row_id).with_for_update(read=True, key_share=True)
    return connection.execute(held).one_or_none() is not None
