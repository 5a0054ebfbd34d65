"""Reads the status of a database's schema: two queries, no Alembic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from syncsphere_desktop import __version__
from syncsphere_desktop.database.reaching import OLDEST_SERVER, too_old
from syncsphere_desktop.database.schema.catalogue import Catalogue, read_catalogue
from syncsphere_desktop.database.schema.comparison import compare
from syncsphere_desktop.database.schema.revisions import known_revisions
from syncsphere_desktop.database.schema.signature import signed_version
from syncsphere_desktop.database.schema.status import Origin, Revision, SchemaState, SchemaStatus
from syncsphere_desktop.database.tables import OUR_SCHEMA, studio_metadata
from syncsphere_desktop.domain.versions import AppVersion

NOTICE_TRIGGERS = 4 * len(studio_metadata.tables)
"""One for each of INSERT, UPDATE, DELETE and TRUNCATE on each of the six tables."""

HISTORY_TRIGGERS = 4
"""One for each of INSERT, UPDATE, DELETE and TRUNCATE on the table of ownership."""

_REVISION_OF = {
    "ownership_events": "0007",
    "bundle_marks": "0006",
    "bundle_facts": "0005",
    "audio_content": "0004",
    "audit_log": "0003",
}
"""The newest revision that a side table stands for, the newest first."""
_LIBRARY = ("audio_content", "audio_imports", "audio_stores", "audio_checks", "audio_orphans", "trash")
_BUNDLES = ("bundle_facts", "bundle_samples", "bundle_marks", "bundle_checks")


@dataclass(frozen=True, slots=True)
class _Ours:
    """What our own tables say: the revision and who made the six tables; `readable` unless a right lacks."""

    revisions: tuple[str, ...] = ()
    origin: Origin | None = None
    readable: bool = True


def read_status(connection: Connection) -> SchemaStatus:
    """Return the schema's status. Raises ConnectionFailedError where the server is too old."""
    refuse_old_server(connection)
    catalogue = read_catalogue(connection)
    ours = _read_ours(connection, catalogue)
    revisions = known_revisions()
    current = _current(ours, catalogue, revisions)
    differences = compare(catalogue.tables, tuple(catalogue.referring)) if catalogue.tables else ()
    hindrances = tuple(difference.sentence for difference in differences if difference.hinders)
    if current is not None and not catalogue.tables:
        hindrances = ("The six shared tables are missing, although this app has set the database up.",)
    state = _state(current, revisions, has_tables=bool(catalogue.tables), is_hindered=bool(hindrances))
    ids = [revision.revision for revision in revisions]
    applied = ids.index(current) + 1 if current in ids else 0
    pending = () if state is SchemaState.AHEAD else revisions[applied:]
    has_notice_triggers = catalogue.triggers >= NOTICE_TRIGGERS
    records = catalogue.history_triggers >= HISTORY_TRIGGERS
    log = catalogue.side_tables.get("audit_log")
    has_audit = log is not None and log.insertable
    told = hindrances if not differences else tuple(difference.sentence for difference in differences)
    return SchemaStatus(
        state=state,
        current=current,
        head=ids[-1],
        pending=pending,
        differences=told,
        hindrances=hindrances,
        goes_without=() if state is SchemaState.EMPTY else _goes_without(catalogue, ours, pending),
        origin=ours.origin,
        may_upgrade=_may_upgrade(catalogue, current),
        has_audit=has_audit,
        has_triggers=has_notice_triggers and (records or "ownership_events" not in catalogue.side_tables),
        has_notices=has_notice_triggers and not catalogue.prepares_transactions,
        is_standby=catalogue.is_standby,
        needs_app=_needed_app(catalogue) if state is SchemaState.AHEAD else None,
    )


def refuse_old_server(connection: Connection) -> None:
    """Raise ConnectionFailedError where the server is older than PostgreSQL 13."""
    raw = connection.connection.dbapi_connection
    version: int = getattr(raw, "server_version", 0)
    if version < OLDEST_SERVER:
        raise too_old(version // 10_000)


def _needed_app(catalogue: Catalogue) -> str | None:
    found = signed_version(catalogue.signature)
    # A signature of our own version, or an older one, does not explain a revision that we don't know.
    return str(found) if found is not None and found > AppVersion.parse(__version__) else None


def _read_ours(connection: Connection, catalogue: Catalogue) -> _Ours:
    found = catalogue.side_tables
    revisions: tuple[str, ...] = ()
    if "alembic_version" in found:
        if not found["alembic_version"].readable:
            return _Ours(readable=False)
        query = f"SELECT version_num FROM {OUR_SCHEMA}.alembic_version"
        revisions = tuple(connection.exec_driver_sql(query).scalars())
    origin = None
    if "studio_origin" in found and found["studio_origin"].readable:
        query = f"SELECT origin FROM {OUR_SCHEMA}.studio_origin"
        origin = connection.exec_driver_sql(query).scalar_one_or_none()
    return _Ours(revisions, None if origin is None else Origin(origin))


def _current(ours: _Ours, catalogue: Catalogue, revisions: tuple[Revision, ...]) -> str | None:
    ids = [revision.revision for revision in revisions]
    if not ours.readable:
        # The catalogue tells what is there, as far as it can be told without the right to read.
        return next((_REVISION_OF[name] for name in _REVISION_OF if name in catalogue.side_tables), ids[0])
    unknown = [revision for revision in ours.revisions if revision not in ids]
    return unknown[0] if unknown else max(ours.revisions, default=None)


def _state(
    current: str | None, revisions: tuple[Revision, ...], *, has_tables: bool, is_hindered: bool
) -> SchemaState:
    if current is not None and current not in {revision.revision for revision in revisions}:
        return SchemaState.AHEAD
    if is_hindered:
        return SchemaState.FOREIGN
    if not has_tables:
        return SchemaState.EMPTY
    if current is None:
        return SchemaState.ADOPTABLE
    return SchemaState.CURRENT if current == revisions[-1].revision else SchemaState.BEHIND


def _goes_without(catalogue: Catalogue, ours: _Ours, pending: tuple[Revision, ...]) -> tuple[str, ...]:
    sentences = []
    log = catalogue.side_tables.get("audit_log")
    if log is None:
        sentences.append("Changes leave no entry in an activity log and can't be undone from it.")
    elif not log.insertable:
        sentences.append(
            f"The role {catalogue.role} may not add to the activity log, so changes leave no entry in it."
        )
    sentences.extend(_library_sentences(catalogue))
    sentences.extend(_bundle_sentences(catalogue))
    sentences.extend(_ownership_sentences(catalogue))
    if catalogue.triggers < NOTICE_TRIGGERS:
        sentences.append(
            "The database does not tell of every change of others; the tables are asked every 3 seconds."
        )
    elif catalogue.prepares_transactions:
        sentences.append(
            "The server allows prepared transactions, so it tells of no changes;"
            " the tables are asked every 3 seconds."
        )
    if not ours.readable:
        sentences.append(f"The role {catalogue.role} may not read which revision the database has.")
    if pending and not _may_upgrade(catalogue, None if not ours.revisions else ours.revisions[0]):
        sentences.append(
            f"The role {catalogue.role} may not create what is missing; the owner of the database can."
        )
    return tuple(sentences)


def _library_sentences(catalogue: Catalogue) -> Iterator[str]:
    """Yield what the audio library goes without."""
    found = [catalogue.side_tables.get(name) for name in _LIBRARY]
    if None in found:
        yield (
            "What is found out about audio files is not kept: no hashes, states and waveforms, no undoing of"
            " imports and no quarantine."
        )
    elif not all(table.insertable for table in found if table is not None):
        yield (
            f"The role {catalogue.role} may not keep what is found out about audio files: imports can't be"
            " undone, and nothing can be put into quarantine."
        )


def _bundle_sentences(catalogue: Catalogue) -> Iterator[str]:
    """Yield what the timelines of projects go without."""
    found = [catalogue.side_tables.get(name) for name in _BUNDLES]
    if None in found:
        yield (
            "Stored versions can't be labelled and pinned, and not all that is found out about them is kept."
        )
    elif not all(table.insertable for table in found if table is not None):
        yield (
            f"The role {catalogue.role} may not keep what is found out about stored versions: they can't be"
            " labelled and pinned."
        )


def _ownership_sentences(catalogue: Catalogue) -> Iterator[str]:
    """Yield what the grid of ownership goes without."""
    history = catalogue.side_tables.get("ownership_events")
    if history is None:
        yield "Who held which track before is not recorded, so the grid has no history."
        return
    if catalogue.history_triggers < HISTORY_TRIGGERS:
        yield "What happens to tracks is not recorded: the app's triggers are not on the table of ownership."
    if not history.readable:
        yield f"The role {catalogue.role} may not read the history of ownership."


def _may_upgrade(catalogue: Catalogue, current: str | None) -> bool:
    if catalogue.may_change_ours is None:
        creates_tables = not catalogue.tables and current is None
        return catalogue.may_create_schema and (catalogue.may_create_tables or not creates_tables)
    return catalogue.may_change_ours
