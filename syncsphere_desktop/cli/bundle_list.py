"""`bundle list`: which versions there are. Their bytes are never read for it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.listing import add_list_options, query_of, read_rows, tell_rows
from syncsphere_desktop.cli.people import found_project, iso
from syncsphere_desktop.cli.run import wants_json

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.bundle import BundleVersion
    from syncsphere_desktop.domain.listing import FilterValue

_SORT_KEYS = ("version", "created_at", "size", "project", "creator", "id", "boxes", "label", "pinned")
_COLUMNS = (
    "id",
    "project",
    "version",
    "size",
    "size_delta",
    "boxes",
    "boxes_delta",
    "label",
    "pinned",
    "created_by",
    "created_at",
    "notes",
)


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser("list", parents=[connection], help="list stored versions")
    add_list_options(parser, default_sort="version", sort_keys=_SORT_KEYS)
    parser.add_argument("--project", metavar="PROJECT", help="versions of this project, by id or name")
    parser.add_argument("--labelled", action="store_true", help="labelled versions alone")
    parser.add_argument("--pinned", action="store_true", help="pinned versions alone")
    parser.set_defaults(command=_list)


def _list(namespace: argparse.Namespace) -> int:
    async def work(database: Database) -> tuple[list[BundleVersion], int]:
        from syncsphere_desktop.database.repositories.bundles import BundleRepository
        from syncsphere_desktop.database.repositories.projects import ProjectRepository
        from syncsphere_desktop.studio.actor import current_actor

        filters: dict[str, FilterValue] = {}
        filters |= {name: True for name in ("labelled", "pinned") if getattr(namespace, name)}
        if namespace.project is not None:
            projects = ProjectRepository(database, current_actor())
            filters["project_id"] = (await found_project(projects, namespace.project)).id
        bundles = BundleRepository(database, current_actor())
        return await read_rows(bundles.rows, query_of(namespace, filters), namespace)

    rows, total = with_database(namespace, work)
    document = version_document if wants_json(namespace) else _row_document
    tell_rows(namespace, rows, total, document=document, columns=_COLUMNS)
    return 0


def version_document(bundle: BundleVersion) -> dict[str, object]:
    """Return what is told of a version, ready for JSON."""
    return {
        "id": bundle.id,
        "project_id": bundle.project_id,
        "project": bundle.project_name,
        "version": bundle.version,
        "size": bundle.size,
        "created_by_id": bundle.created_by,
        "created_by": bundle.creator_name,
        "created_at": iso(bundle.created_at),
        "size_delta": bundle.size_delta,
        "boxes": bundle.boxes,
        "boxes_delta": bundle.boxes_delta,
        "label": bundle.label,
        "pinned": bundle.pinned,
        "collapsed": bundle.collapsed,
        "twin": bundle.twin,
        "check": None if bundle.check is None else bundle.check.value,
    }


def _row_document(bundle: BundleVersion) -> dict[str, object]:
    """Return what the table shows of a version: what is odd about it in one column."""
    notes = (
        ("most boxes are gone", bundle.collapsed),
        ("the number is there twice", bundle.twin),
        ("damaged", bundle.check is not None and bundle.check.value == "damaged"),
    )
    told = ", ".join(note for note, holds in notes if holds)
    return {**version_document(bundle), "pinned": "pinned" if bundle.pinned else None, "notes": told or None}
