"""What is known of stored versions, kept beside them: facts and the samples they name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Connection, and_, delete, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.records import BULK
from syncsphere_desktop.database.side_tables import side_tables
from syncsphere_desktop.database.tables import OUR_SCHEMA, bundle_facts, bundle_samples, project_bundles
from syncsphere_desktop.domain.bundle_facts import BundleFacts, BundleSample, UnreadBundle
from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion
from syncsphere_desktop.domain.sample_names import stem, storable
from syncsphere_desktop.errors import AccessDeniedError, ReadOnlyError

READER = 1
"""The generation of what reads bundles: one that sees more has the next number, and reads all again."""

_ROW_VERSION: Any = literal_column("project_bundles.xmin::text::bigint", BigInteger)
_IN_JSON = (
    "name",
    "artist",
    "boxes",
    "units",
    "tracks",
    "regions",
    "samples",
    "samples_inside",
    "sample_bytes",
    "tempo",
)
_KNOWN = and_(
    bundle_facts.c.bundle_id == project_bundles.c.id,
    bundle_facts.c.row_version == _ROW_VERSION,
    bundle_facts.c.reader == READER,
)

_KEEP_SAMPLE_HASHES = f"""
UPDATE {OUR_SCHEMA}.bundle_samples s SET sha256 = decode(told.digest, 'hex')
FROM unnest(%(uuids)s::uuid[], %(digests)s::text[]) AS told (uuid, digest)
WHERE s.bundle_id = %(id)s AND s.sample_uuid = told.uuid AND s.in_bundle
"""


class BundleFactsRepository:
    """Reads and keeps what reading a version told.

    Where the database has no place for it nothing is known, and `keep` says that it kept nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def can_keep(self) -> bool:
        """Return whether the database has a place for facts where the role may write."""
        if self._database.read_only_reason is not None:
            return False
        return await self._database.run(
            lambda connection: side_tables(connection).can_write(bundle_facts, bundle_samples)
        )

    async def unread(self, after: BundleId | None = None, limit: int = 200) -> tuple[UnreadBundle, ...]:
        """Return versions with higher ids of which nothing is known, or that changed since, in id order."""
        statement = (
            select(
                project_bundles.c.id,
                project_bundles.c.project_id,
                project_bundles.c.version,
                func.octet_length(project_bundles.c.bundle_data).label("size"),
                _ROW_VERSION.label("row_version"),
            )
            .select_from(project_bundles.outerjoin(bundle_facts, _KNOWN))
            .where(bundle_facts.c.bundle_id.is_(None), project_bundles.c.id > (after or 0))
            .order_by(project_bundles.c.id)
            .limit(limit)
        )

        def work(connection: Connection) -> tuple[UnreadBundle, ...]:
            if not side_tables(connection).can_read(bundle_facts):
                return ()
            return tuple(UnreadBundle(**row._mapping) for row in connection.execute(statement))

        return await self._database.run(work, timeouts=BULK)

    async def count_unread(self) -> int:
        """Return how many versions nothing is known of; 0 where nothing can be kept."""
        statement = (
            select(func.count())
            .select_from(project_bundles.outerjoin(bundle_facts, _KNOWN))
            .where(bundle_facts.c.bundle_id.is_(None))
        )

        def work(connection: Connection) -> int:
            known = side_tables(connection).can_read(bundle_facts)
            return int(connection.execute(statement).scalar_one()) if known else 0

        return await self._database.run(work, timeouts=BULK)

    async def of(self, ids: Collection[BundleId]) -> dict[BundleId, BundleFacts]:
        """Return what is known of these versions as they are now; the others are left out."""
        return await self._find(project_bundles.c.id == func.any(list(ids)))

    async def of_project(self, project_id: ProjectId) -> dict[BundleId, BundleFacts]:
        """Return what is known of a project's versions as they are now."""
        return await self._find(project_bundles.c.project_id == project_id)

    async def samples_of(self, bundle_id: BundleId) -> tuple[BundleSample, ...]:
        """Return the samples that a version names or holds, by name."""
        statement = (
            select(bundle_samples)
            .where(bundle_samples.c.bundle_id == bundle_id)
            .order_by(bundle_samples.c.stem, bundle_samples.c.sample_uuid)
        )

        def work(connection: Connection) -> tuple[BundleSample, ...]:
            if not side_tables(connection).can_read(bundle_samples):
                return ()
            return tuple(
                BundleSample(row.sample_uuid, row.name, row.bytes, row.crc32, _hex(row.sha256))
                for row in connection.execute(statement)
            )

        return await self._database.run(work)

    async def keep(self, facts: BundleFacts, samples: Sequence[BundleSample]) -> bool:
        """Keep what a version holds in place of what was known of it; return whether it was kept.

        It is not where the role may not write, and where the version is gone or was changed meanwhile.
        """

        def work(connection: Connection) -> bool:
            if not side_tables(connection).can_write(bundle_facts, bundle_samples):
                return False
            still = select(project_bundles.c.id).where(
                project_bundles.c.id == facts.bundle_id, facts.row_version == _ROW_VERSION
            )
            if connection.execute(still).first() is None:
                return False
            row = _row(facts)
            changed = {name: value for name, value in row.items() if name != "bundle_id"}
            connection.execute(
                insert(bundle_facts)
                .values(**row)
                .on_conflict_do_update(index_elements=["bundle_id"], set_={**changed, "read_at": func.now()})
            )
            connection.execute(delete(bundle_samples).where(bundle_samples.c.bundle_id == facts.bundle_id))
            if samples:
                connection.execute(bundle_samples.insert(), [_sample_row(facts, each) for each in samples])
            return True

        try:
            return await self._database.write(work, timeouts=BULK)
        except (ReadOnlyError, AccessDeniedError):
            return False

    async def keep_hashes(
        self,
        bundle_id: BundleId,
        row_version: RowVersion,
        sha256: str | None = None,
        samples: Mapping[UUID, str] = MappingProxyType({}),
    ) -> bool:
        """Keep the sha256 of a version's bytes, and of those of its samples; return whether it was kept.

        It is not where nothing is known of the version, or it was changed meanwhile, nor where the role may
        not write. What is not given stays as it was known.
        """

        def work(connection: Connection) -> bool:
            if not side_tables(connection).can_write(bundle_facts, bundle_samples):
                return False
            of_version = (
                bundle_facts.c.bundle_id == bundle_id,
                bundle_facts.c.row_version == row_version,
                select(project_bundles.c.id)
                .where(project_bundles.c.id == bundle_id, row_version == _ROW_VERSION)
                .exists(),
            )
            known = bundle_facts.c.sha256 if sha256 is None else bytes.fromhex(sha256)
            if not connection.execute(update(bundle_facts).where(*of_version).values(sha256=known)).rowcount:
                return False
            if samples:
                told = {"id": bundle_id, "uuids": list(map(str, samples)), "digests": list(samples.values())}
                connection.exec_driver_sql(_KEEP_SAMPLE_HASHES, told)
            return True

        if not samples and sha256 is None:
            return False
        try:
            return await self._database.write(work, timeouts=BULK)
        except (ReadOnlyError, AccessDeniedError):
            return False

    async def forget_gone(self) -> int:
        """Remove what is known of versions that are gone; return how many there were."""
        gone = ~select(project_bundles.c.id).where(project_bundles.c.id == bundle_facts.c.bundle_id).exists()
        lost = (
            ~select(bundle_facts.c.bundle_id)
            .where(bundle_facts.c.bundle_id == bundle_samples.c.bundle_id)
            .exists()
        )

        def work(connection: Connection) -> int:
            if not side_tables(connection).can_write(bundle_facts, bundle_samples):
                return 0
            removed = connection.execute(delete(bundle_facts).where(gone)).rowcount
            if removed:
                connection.execute(delete(bundle_samples).where(lost))
            return removed

        try:
            return await self._database.write(work, timeouts=BULK)
        except (ReadOnlyError, AccessDeniedError):
            return 0

    async def _find(self, condition: Any) -> dict[BundleId, BundleFacts]:
        statement = (
            select(bundle_facts).select_from(bundle_facts.join(project_bundles, _KNOWN)).where(condition)
        )

        def work(connection: Connection) -> dict[BundleId, BundleFacts]:
            if not side_tables(connection).can_read(bundle_facts):
                return {}
            return {BundleId(row.bundle_id): _facts(row) for row in connection.execute(statement)}

        return await self._database.run(work)


def _row(facts: BundleFacts) -> dict[str, object]:
    document: dict[str, object] = {name: getattr(facts, name) for name in _IN_JSON}
    document["uuid"] = None if facts.uuid is None else str(facts.uuid)
    document["signature"] = facts.signature
    document["warnings"] = [storable(warning, 1000) for warning in facts.warnings]
    for name in ("name", "artist"):
        text = document[name]
        document[name] = storable(text) if isinstance(text, str) else None
    return {
        "bundle_id": facts.bundle_id,
        "project_id": facts.project_id,
        "row_version": facts.row_version,
        "reader": READER,
        "size": facts.size,
        "sha256": None if facts.sha256 is None else bytes.fromhex(facts.sha256),
        "kind": facts.kind,
        "problem": None if facts.problem is None else storable(facts.problem, 1000),
        "facts": document,
    }


def _facts(row: Any) -> BundleFacts:
    document: dict[str, Any] = row.facts
    signature = document.get("signature")
    uuid = document.get("uuid")
    return BundleFacts(
        bundle_id=BundleId(row.bundle_id),
        project_id=None if row.project_id is None else ProjectId(row.project_id),
        size=row.size,
        row_version=RowVersion(row.row_version),
        kind=row.kind,
        problem=row.problem,
        uuid=UUID(uuid) if uuid else None,
        signature=(int(signature[0]), int(signature[1])) if signature else None,
        warnings=tuple(document.get("warnings", ())),
        sha256=_hex(row.sha256),
        read_at=row.read_at,
        **{name: document[name] for name in _IN_JSON if name in document},
    )


def _sample_row(facts: BundleFacts, sample: BundleSample) -> dict[str, object]:
    name = storable(sample.name)
    return {
        "bundle_id": facts.bundle_id,
        "sample_uuid": sample.uuid,
        "project_id": facts.project_id,
        "name": name,
        "stem": stem(name),
        "bytes": sample.bytes,
        "crc32": sample.crc32,
        "sha256": None if sample.sha256 is None else bytes.fromhex(sample.sha256),
        "in_bundle": sample.in_bundle,
    }


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else bytes(digest).hex()
