"""What a list of audio files is made of: the shared rows, and what is known of their files."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Subquery,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from syncsphere_desktop.database.paging import ListSpec
from syncsphere_desktop.database.repositories.bundle_samples import count_uses_of
from syncsphere_desktop.database.repositories.records import Records, row_version
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import (
    audio_content,
    audio_files,
    bundle_facts,
    bundle_samples,
    projects,
    users,
)
from syncsphere_desktop.domain.audio import AUDIO_FIELDS, AudioFile
from syncsphere_desktop.domain.audit import Entity
from syncsphere_desktop.domain.listing import FilterValue
from syncsphere_desktop.domain.sound import ContentState

Filter = Callable[[FilterValue], ColumnElement[bool]]

_NOTHING: ColumnElement[int] = literal_column("NULL::integer")
_UNCHECKED = ContentState.UNCHECKED.value
_STATES = frozenset(ContentState)
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

NAMED: FromClause = audio_files.outerjoin(projects, projects.c.id == audio_files.c.project_id).outerjoin(
    users, users.c.id == audio_files.c.uploaded_by
)

LOOKED_AT: ColumnElement[bool] = and_(
    audio_content.c.file_id == audio_files.c.id, audio_content.c.file_path == audio_files.c.file_path
)
"""Joins a row to what is known of its file, which was learnt at the path that the row names now."""

STATE: ColumnElement[str] = func.coalesce(audio_content.c.state, _UNCHECKED)


def hashed(sha256: FilterValue) -> bytes | None:
    """Return the 32 bytes that 64 hexadecimal digits stand for, or None where they don't."""
    try:
        digest = bytes.fromhex(str(sha256))
    except ValueError:
        return None
    return digest if len(digest) == 32 else None


def state_of(text: str) -> ContentState:
    """Return the state that a column tells; one that only a newer version of the app knows is unchecked."""
    return ContentState(text) if text in _STATES else ContentState.UNCHECKED


def measured(duration: float | None) -> float | None:
    """Return a duration in seconds; None for what another service stored and is no length: NaN, infinite."""
    return duration if duration is not None and math.isfinite(duration) else None


def _audio_file(row: Any) -> AudioFile:
    values = dict(row._mapping)
    values["duration"] = measured(values["duration"])
    return AudioFile(**values)


def _known_file(row: Any) -> AudioFile:
    values = dict(row._mapping)
    values["duration"] = measured(values["duration"])
    values["state"] = state_of(values["state"])
    return AudioFile(**values)


def _with_uses(connection: Connection, files: tuple[AudioFile, ...]) -> tuple[AudioFile, ...]:
    uses = count_uses_of(connection, files)
    return tuple(replace(file, used_by=uses.get(file.id)) for file in files) if uses else files


def _described(file: AudioFile) -> str:
    return f"The audio file “{file.filename}”"


def _named_so(pattern: str) -> ColumnElement[bool]:
    named = select(projects.c.id).where(projects.c.name.ilike(pattern, escape="\\"))
    return audio_files.c.project_id.in_(named)


def _uploaded_by_one_named_so(pattern: str) -> ColumnElement[bool]:
    named = select(users.c.id).where(users.c.username.ilike(pattern, escape="\\"))
    return audio_files.c.uploaded_by.in_(named)


def _is_checked_as(value: FilterValue) -> ColumnElement[bool]:
    if value == _UNCHECKED:
        return or_(audio_content.c.state.is_(None), audio_content.c.state == _UNCHECKED)
    return audio_content.c.state == str(value)


def _is_of_import(value: FilterValue) -> ColumnElement[bool]:
    try:
        return audio_content.c.import_id == UUID(str(value))
    except ValueError:
        return false()


def _has_content(value: FilterValue) -> ColumnElement[bool]:
    digest = hashed(value)
    return false() if digest is None else audio_content.c.sha256 == digest


def _contents_of_several() -> Subquery:
    """Select the contents that several rows have, and how many have each.

    What other services removed is still in `audio_content`, so rows are counted in the end; but first those
    contents are left out that occur once, by the index alone, as most do.
    """
    candidate, known, row = (table.alias() for table in (audio_content, audio_content, audio_files))
    candidates = (
        select(candidate.c.sha256)
        .where(candidate.c.sha256.is_not(None))
        .group_by(candidate.c.sha256)
        .having(func.count() > 1)
    )
    return (
        select(known.c.sha256, func.count().label("copies"))
        .join(row, and_(row.c.id == known.c.file_id, row.c.file_path == known.c.file_path))
        .where(known.c.sha256.in_(candidates))
        .group_by(known.c.sha256)
        .having(func.count() > 1)
        .subquery("several")
    )


def _has_copies(value: FilterValue) -> ColumnElement[bool]:
    several = _contents_of_several()
    found = exists().where(several.c.sha256 == audio_content.c.sha256)
    return found if value else ~found


def _copies() -> ColumnElement[int]:
    """Return how many rows have the content of a row: quick for a page of them."""
    known, row = audio_content.alias(), audio_files.alias()
    counting = (
        select(func.count())
        .select_from(known.join(row, and_(row.c.id == known.c.file_id, row.c.file_path == known.c.file_path)))
        .where(known.c.sha256 == audio_content.c.sha256)
        .scalar_subquery()
    )
    return case((audio_content.c.sha256.is_(None), 1), else_=counting)


_STEM: ColumnElement[str] = func.lower(
    func.regexp_replace(audio_files.c.filename, r"\.(wav|wave|aiff?|flac|ogg|opus|mp3|m4a|aac)$", "", "i")
)
"""What a bundle calls a file, as far as SQL can tell: good enough to sort by."""


def _uses_of_names() -> Subquery:
    uses = func.count(bundle_samples.c.bundle_id.distinct()).label("uses")
    columns = (bundle_samples.c.project_id, bundle_samples.c.stem)
    return select(*columns, uses).group_by(*columns).subquery("uses_of_names")


def _uses_of_contents() -> Subquery:
    uses = func.count(bundle_samples.c.bundle_id.distinct()).label("uses")
    known = bundle_samples.c.sha256.is_not(None)
    columns = (bundle_samples.c.sha256,)
    return select(*columns, uses).where(known).group_by(*columns).subquery("uses_of_contents")


def _is_one_of(value: FilterValue) -> ColumnElement[bool]:
    """Return whether a row's id is among these, joined by commas; what is no id names no row."""
    ids = [
        int(part) for part in str(value).split(",") if part.isascii() and part.isdigit() and len(part) < 10
    ]
    return audio_files.c.id == func.any(ids)


_FILTERS: Mapping[str, Filter] = {
    "ids": _is_one_of,
    "project_id": lambda value: audio_files.c.project_id == value,
    "user_id": lambda value: audio_files.c.uploaded_by == value,
    "format": lambda value: audio_files.c.format == value,
    "sample_rate": lambda value: audio_files.c.sample_rate == value,
    "channels": lambda value: audio_files.c.channels == value,
    # What is no length, as NaN, counts as longer than everything.
    "duration_min": lambda value: audio_files.c.duration.between(value, sys.float_info.max),
    "duration_max": lambda value: audio_files.c.duration <= value,
}

_PLAIN: ListSpec[AudioFile] = ListSpec(
    table=audio_files,
    columns=(
        *audio_files.c,
        projects.c.name.label("project_name"),
        users.c.username.label("uploader_name"),
        row_version(audio_files),
    ),
    source=NAMED,
    row=_audio_file,
    sort_keys={
        **{name: audio_files.c[name] for name in _OWN},
        "project": projects.c.name,
        "uploader": users.c.username,
        # Nothing is known of the files, so the rows keep to the order of their ids.
        **dict.fromkeys(("state", "sha256", "codec", "verified_at", "copies", "used_by"), _NOTHING),
    },
    search=(audio_files.c.filename, audio_files.c.file_path),
    search_through=(_named_so, _uploaded_by_one_named_so),
    filters={
        **_FILTERS,
        "state": lambda value: literal(value == _UNCHECKED),
        "import_id": lambda _value: false(),
        "sha256": lambda _value: false(),
        "duplicates": lambda value: literal(not value),
    },
)

_SEVERAL = _contents_of_several()
_LOOKED_AT_ROWS = NAMED.outerjoin(audio_content, LOOKED_AT)

_KNOWN: ListSpec[AudioFile] = ListSpec(
    table=audio_files,
    columns=(
        *_PLAIN.columns,
        STATE.label("state"),
        audio_content.c.state_details,
        func.encode(audio_content.c.sha256, "hex").label("sha256"),
        audio_content.c.codec,
        audio_content.c.verified_at,
        audio_content.c.import_id,
        _copies().label("copies"),
    ),
    source=_LOOKED_AT_ROWS,
    row=_known_file,
    sort_keys={
        **_PLAIN.sort_keys,
        "state": STATE,
        "sha256": audio_content.c.sha256,
        "codec": audio_content.c.codec,
        "verified_at": audio_content.c.verified_at,
        "copies": func.coalesce(_SEVERAL.c.copies, 1),
    },
    search=_PLAIN.search,
    search_through=_PLAIN.search_through,
    filters={
        **_FILTERS,
        "state": _is_checked_as,
        "import_id": _is_of_import,
        "sha256": _has_content,
        "duplicates": _has_copies,
    },
    grouped_by=("duplicates", audio_content.c.sha256),
    sort_sources={"copies": _LOOKED_AT_ROWS.outerjoin(_SEVERAL, _SEVERAL.c.sha256 == audio_content.c.sha256)},
)

_BY_NAME, _BY_CONTENT = _uses_of_names(), _uses_of_contents()

_USED: ListSpec[AudioFile] = replace(
    _KNOWN,
    sort_keys={
        **_KNOWN.sort_keys,
        "used_by": func.greatest(func.coalesce(_BY_NAME.c.uses, 0), func.coalesce(_BY_CONTENT.c.uses, 0)),
    },
    sort_sources={
        **_KNOWN.sort_sources,
        "used_by": _LOOKED_AT_ROWS.outerjoin(
            _BY_NAME, and_(_BY_NAME.c.project_id == audio_files.c.project_id, _BY_NAME.c.stem == _STEM)
        ).outerjoin(_BY_CONTENT, _BY_CONTENT.c.sha256 == audio_content.c.sha256),
    },
    completed=_with_uses,
)

AUDIO_FILES: Records[AudioFile] = Records(
    spec=_PLAIN, entity=Entity.AUDIO_FILE, fields=AUDIO_FIELDS, described=_described
)
"""The rows alone, as every server has them."""

KNOWN_AUDIO_FILES: Records[AudioFile] = Records(
    spec=_KNOWN, entity=Entity.AUDIO_FILE, fields=AUDIO_FIELDS, described=_described
)


USED_AUDIO_FILES: Records[AudioFile] = Records(
    spec=_USED, entity=Entity.AUDIO_FILE, fields=AUDIO_FIELDS, described=_described
)


def audio_records(connection: Connection) -> Records[AudioFile]:
    """Return the rows with all that the connection's role may know of them."""
    tables = side_tables(connection)
    if not tables.can_read(audio_content):
        return AUDIO_FILES
    return USED_AUDIO_FILES if tables.can_read(bundle_samples, bundle_facts) else KNOWN_AUDIO_FILES


def audio_spec(connection: Connection) -> ListSpec[AudioFile]:
    """Return what the list is made of on this connection."""
    return audio_records(connection).spec
