"""Which stored versions name an audio file: by its content, by the sample's UUID in its path, by its name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.records import BULK
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import (
    OUR_SCHEMA,
    audio_content,
    audio_orphans,
    bundle_facts,
    bundle_samples,
    trash,
)
from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.bundle_use import MOST_USES, BundleUse, MatchedBy
from syncsphere_desktop.domain.ids import AudioFileId, BundleId, ProjectId
from syncsphere_desktop.domain.sample_names import comparable, names_in, project_in, stem, uuids_in
from syncsphere_desktop.domain.text import can_be_stored


def _newest(condition: str) -> str:
    """Return what finds the newest versions with a sample of a certain kind, in as many steps of an index."""
    return f"""
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (s.bundle_id) s.bundle_id, s.name, b.project_id, b.version
    FROM {OUR_SCHEMA}.bundle_samples s JOIN project_bundles b ON b.id = s.bundle_id
    WHERE {condition} ORDER BY s.bundle_id DESC, s.name LIMIT %(most)s
) AS found
"""


# `what` is the place of what is looked for, `rank` how sure a match is.
_MATCHES = f"""
SELECT w.what, found.*, 0 AS rank
FROM unnest(%(digest_of)s::int[], %(digests)s::text[]) AS w (what, digest)
{_newest("s.sha256 = decode(w.digest, 'hex')")}
UNION ALL
SELECT w.what, found.*, 1
FROM unnest(%(uuid_of)s::int[], %(uuids)s::uuid[]) AS w (what, sample_uuid)
{_newest("s.sample_uuid = w.sample_uuid")}
UNION ALL
SELECT w.what, found.*, 2
FROM unnest(%(name_of)s::int[], %(stems)s::text[], %(projects)s::int[]) AS w (what, stem, project_id)
{_newest("s.stem = w.stem AND s.project_id = w.project_id")}
UNION ALL
SELECT w.what, found.*, 3
FROM unnest(%(bare_name_of)s::int[], %(bare_stems)s::text[]) AS w (what, stem)
{_newest("s.stem = w.stem")}
"""
_USES = f"""
SELECT what, bundle_id, name, project_id, version, rank FROM (
    SELECT surest.*, row_number() OVER (PARTITION BY what ORDER BY bundle_id DESC) AS place FROM (
        SELECT DISTINCT ON (what, bundle_id) * FROM ({_MATCHES}) AS matches
        ORDER BY what, bundle_id, rank, name
    ) AS surest
) AS newest WHERE place <= %(most)s ORDER BY what, bundle_id DESC
"""
_COUNTS = f"""
SELECT what, least(count(DISTINCT bundle_id), %(most)s) AS uses FROM ({_MATCHES}) AS matches GROUP BY what
"""
_PARTLY_READ = f"""
SELECT DISTINCT b.project_id FROM project_bundles b
LEFT JOIN {OUR_SCHEMA}.bundle_facts f ON f.bundle_id = b.id AND f.row_version = b.xmin::text::bigint
WHERE f.bundle_id IS NULL
"""

_ROWS = """
SELECT f.id, f.project_id, f.filename, f.file_path, {digest} AS sha256 FROM audio_files f {content}
WHERE {condition}
"""
_CONTENT = f"LEFT JOIN {OUR_SCHEMA}.audio_content c ON c.file_id = f.id AND c.file_path = f.file_path"


@dataclass(slots=True)
class _Wanted:
    """What is known of one file. An empty `projects` leaves open which project it belongs to."""

    projects: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    uuids: set[UUID] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)

    def add(self, project_id: int | None, filename: str, path: str, sha256: str | None) -> None:
        """Learn what a row says of the file."""
        if project_id is not None:
            self.projects.add(project_id)
        self.names.update((filename, *names_in(path)))
        self.uuids.update(uuids_in(path))
        if sha256 is not None:
            self.digests.add(sha256)

    def stems(self) -> set[str]:
        """Return the names to look for, as they are compared."""
        return {stem(name) for name in self.names} - {""}


class BundleSampleRepository:
    """Tells which versions use a file, as far as they were read; without our side tables none is known."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def versions_naming(
        self,
        project_id: ProjectId | None,
        filename: str,
        path: str,
        sha256: str | None = None,
        *,
        most: int = MOST_USES,
    ) -> tuple[BundleUse, ...]:
        """Return the versions that name this file, the newest first. Each says by what it was told."""
        wanted = _Wanted()
        wanted.add(project_id, filename, path, sha256)
        found = await self._database.run(lambda connection: _uses(connection, [wanted], most), timeouts=BULK)
        return found.get(0, ())

    async def uses_of_files(
        self, paths: Collection[str], *, most: int = MOST_USES
    ) -> Mapping[str, tuple[BundleUse, ...]]:
        """Return the versions that name the file at each path of the store, the newest first.

        A path without any is left out. What rows, the quarantine and the last check say of a path is used,
        and else what the path itself tells. The table has no index on paths: ask for many at once.
        """
        asked = [path for path in dict.fromkeys(paths) if can_be_stored(path)]

        def work(connection: Connection) -> dict[str, tuple[BundleUse, ...]]:
            if not asked or not side_tables(connection).can_read(bundle_samples):
                return {}
            found = _uses(connection, _wanted_at(connection, asked), most)
            return {asked[place]: uses for place, uses in found.items()}

        return await self._database.run(work, timeouts=BULK)

    async def uses_of_rows(
        self, ids: Collection[AudioFileId], *, most: int = MOST_USES
    ) -> dict[AudioFileId, tuple[BundleUse, ...]]:
        """Return the versions that name each row's file, the newest first; rows without any are left out."""

        def work(connection: Connection) -> dict[AudioFileId, tuple[BundleUse, ...]]:
            if not side_tables(connection).can_read(bundle_samples):
                return {}
            rows = _wanted_rows(connection, ids)
            found = _uses(connection, list(rows.values()), most)
            known = list(rows)
            return {known[place]: uses for place, uses in found.items()}

        return await self._database.run(work, timeouts=BULK)

    async def count_uses(self, ids: Collection[AudioFileId]) -> dict[AudioFileId, int]:
        """Return how many versions name the file of each of these rows, as `count_uses` does."""
        return await self._database.run(lambda connection: count_uses(connection, ids), timeouts=BULK)


def count_uses(connection: Connection, ids: Collection[AudioFileId]) -> dict[AudioFileId, int]:
    """Return how many versions name the file of each row, `MOST_USES` where they are as many or more.

    A row is left out where that can't be known: none that was read names its file, and others of its project
    were not read yet.
    """
    if not ids or not side_tables(connection).can_read(bundle_samples, bundle_facts):
        return {}
    return _counts(connection, _wanted_rows(connection, ids))


def count_uses_of(connection: Connection, files: Sequence[AudioFile]) -> dict[AudioFileId, int]:
    """Return what `count_uses` does, for rows that were read already."""
    if not files or not side_tables(connection).can_read(bundle_samples, bundle_facts):
        return {}
    wanted: dict[AudioFileId, _Wanted] = {}
    for file in files:
        wanted[file.id] = each = _Wanted()
        each.add(file.project_id, file.filename, file.file_path, file.sha256)
    return _counts(connection, wanted)


def _counts(connection: Connection, rows: Mapping[AudioFileId, _Wanted]) -> dict[AudioFileId, int]:
    counted = connection.exec_driver_sql(_COUNTS, _parameters(list(rows.values()), MOST_USES)).all()
    uses = {row.what: int(row.uses) for row in counted}
    partly_read = _partly_read(connection) if len(uses) < len(rows) else frozenset()
    return {
        file_id: uses.get(place, 0)
        for place, (file_id, wanted) in enumerate(rows.items())
        if uses.get(place) or not (wanted.projects & partly_read if wanted.projects else partly_read)
    }


def _partly_read(connection: Connection) -> frozenset[int | None]:
    """Return the projects that have versions of which nothing is known."""
    return frozenset(connection.exec_driver_sql(_PARTLY_READ).scalars())


def _uses(connection: Connection, wanted: Sequence[_Wanted], most: int) -> dict[int, tuple[BundleUse, ...]]:
    if not side_tables(connection).can_read(bundle_samples):
        return {}
    found: dict[int, list[BundleUse]] = {}
    for row in connection.exec_driver_sql(_USES, _parameters(wanted, most)):
        found.setdefault(row.what, []).append(
            BundleUse(
                bundle_id=BundleId(row.bundle_id),
                project_id=None if row.project_id is None else ProjectId(row.project_id),
                version=row.version,
                sample=row.name,
                by=_matched_by(row.rank, row.name, wanted[row.what]),
            )
        )
    return {place: tuple(uses) for place, uses in found.items()}


def _matched_by(rank: int, sample: str, wanted: _Wanted) -> MatchedBy:
    if rank == 2:
        same = comparable(sample) in {comparable(name) for name in wanted.names}
        return MatchedBy.NAME if same else MatchedBy.STEM
    return {0: MatchedBy.CONTENT, 1: MatchedBy.UUID}.get(rank, MatchedBy.NAME_ONLY)


def _parameters(wanted: Sequence[_Wanted], most: int) -> dict[str, Any]:
    digests = [(place, digest) for place, each in enumerate(wanted) for digest in each.digests]
    uuids = [(place, str(uuid)) for place, each in enumerate(wanted) for uuid in each.uuids]
    stems = [(place, name, each.projects) for place, each in enumerate(wanted) for name in each.stems()]
    named = [(place, name, project) for place, name, projects in stems for project in projects]
    bare = [(place, name) for place, name, projects in stems if not projects]
    return {
        "digest_of": [place for place, _ in digests],
        "digests": [digest for _, digest in digests],
        "uuid_of": [place for place, _ in uuids],
        "uuids": [uuid for _, uuid in uuids],
        "name_of": [place for place, _, _ in named],
        "stems": [name for _, name, _ in named],
        "projects": [project for _, _, project in named],
        "bare_name_of": [place for place, _ in bare],
        "bare_stems": [name for _, name in bare],
        "most": most,
    }


def _wanted_rows(connection: Connection, ids: Collection[AudioFileId]) -> dict[AudioFileId, _Wanted]:
    wanted: dict[AudioFileId, _Wanted] = {}
    for row in _rows(connection, "f.id = ANY(%(ids)s)", {"ids": list(ids)}):
        wanted[AudioFileId(row.id)] = each = _Wanted()
        each.add(row.project_id, row.filename, row.file_path, row.sha256)
    return wanted


def _wanted_at(connection: Connection, paths: Sequence[str]) -> list[_Wanted]:
    """Return what is known of the file at each path, in their order."""
    known: dict[str, _Wanted] = {path: _Wanted() for path in paths}
    for row in _rows(connection, "f.file_path IN (SELECT unnest(%(paths)s))", {"paths": list(paths)}):
        known[row.file_path].add(row.project_id, row.filename, row.file_path, row.sha256)
    for path, project_id, filename, sha256 in _kept_aside(connection, paths):
        known[path].add(project_id, filename or names_in(path)[0], path, sha256)
    for path, each in known.items():
        each.add(None if each.projects else project_in(path), names_in(path)[0], path, None)
    return list(known.values())


def _kept_aside(
    connection: Connection, paths: Sequence[str]
) -> Iterable[tuple[str, int | None, str | None, str | None]]:
    """Yield path, project, name and hash of what lies in quarantine, and of orphans of the last check."""
    tables = side_tables(connection)
    if tables.can_read(trash):
        yield from _tuples(
            connection,
            "SELECT original_path, project_id, filename, encode(sha256, 'hex')"
            f" FROM {OUR_SCHEMA}.trash WHERE ended_at IS NULL AND original_path = ANY(%(paths)s)",
            paths,
        )
    if tables.can_read(audio_orphans):
        yield from _tuples(
            connection,
            "SELECT path, NULL::int, NULL::text, encode(sha256, 'hex')"
            f" FROM {OUR_SCHEMA}.audio_orphans WHERE path = ANY(%(paths)s)",
            paths,
        )


def _tuples(
    connection: Connection, sql: str, paths: Sequence[str]
) -> list[tuple[str, int | None, str | None, str | None]]:
    return [
        (row[0], row[1], row[2], row[3]) for row in connection.exec_driver_sql(sql, {"paths": list(paths)})
    ]


def _rows(connection: Connection, condition: str, parameters: dict[str, Any]) -> Sequence[Any]:
    known = side_tables(connection).can_read(audio_content)
    sql = _ROWS.format(
        digest="encode(c.sha256, 'hex')" if known else "NULL",
        content=_CONTENT if known else "",
        condition=condition,
    )
    return connection.exec_driver_sql(sql, parameters).all()
