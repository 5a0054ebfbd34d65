"""`bundle export|import`: stored versions as files, and files as versions."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.bundle_list import version_document
from syncsphere_desktop.cli.bundle_reading import bundle_id
from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.people import found_project, found_user
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable
from syncsphere_desktop.domain.humane import size as humane_size
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.bundle import BundleVersion
    from syncsphere_desktop.studio.bundles.files import ExportedBundle


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the commands."""
    exporting = commands.add_parser("export", parents=[connection], help="write versions to .odb files")
    exporting.add_argument("ids", nargs="+", type=bundle_id, metavar="ID", help="ids of stored versions")
    exporting.add_argument(
        "--to", required=True, type=Path, metavar="PATH", help="a file, or a folder that is there"
    )
    exporting.add_argument("--overwrite", action="store_true", help="replace files that are there already")
    exporting.set_defaults(command=_export)

    importing = commands.add_parser("import", parents=[connection], help="store a file as the next version")
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument("--project", required=True, metavar="PROJECT", help="an id or a name")
    importing.add_argument("--as", dest="author", metavar="USER", help="who the version is told to be by")
    importing.add_argument("--force", action="store_true", help="also where there are warnings")
    importing.set_defaults(command=_import)


def _export(namespace: argparse.Namespace) -> int:
    into_folder = os.path.isdir(namespace.to)  # noqa: PTH112  # False for whatever can't be a path, too
    if len(namespace.ids) > 1 and not into_folder:
        raise UsageError(f"{namespace.to} is no folder, and several versions need one.")

    async def work(database: Database) -> list[ExportedBundle]:
        from syncsphere_desktop.database.bundle_stream import BundleStreams
        from syncsphere_desktop.database.repositories.bundle_facts import BundleFactsRepository
        from syncsphere_desktop.database.repositories.bundles import BundleRepository
        from syncsphere_desktop.studio.actor import current_actor
        from syncsphere_desktop.studio.bundles.files import BundleExporter, export_name

        bundles = BundleRepository(database, current_actor())
        exporter = BundleExporter(BundleStreams(database), BundleFactsRepository(database))
        done = []
        for number in dict.fromkeys(namespace.ids):
            version = await bundles.get(number)
            path = namespace.to / export_name(version) if into_folder else namespace.to
            done.append(await exporter.export(number, path, overwrite=namespace.overwrite))
        return done

    done = with_database(namespace, work)
    documents = [{"path": str(each.path), "size": each.size, "sha256": each.sha256} for each in done]
    lines = [f"{printable(str(each.path))}   {humane_size(each.size)}   {each.sha256}" for each in done]
    tell({"files": documents}, as_json=wants_json(namespace), text="\n".join(lines))
    return 0


def _import(namespace: argparse.Namespace) -> int:
    async def work(database: Database) -> tuple[BundleVersion, tuple[str, ...]]:
        from syncsphere_desktop.database.repositories.projects import ProjectRepository
        from syncsphere_desktop.database.repositories.users import UserRepository
        from syncsphere_desktop.studio.actor import current_actor
        from syncsphere_desktop.studio.bundles.importing import BundleImporter

        actor = current_actor()
        project = await found_project(ProjectRepository(database, actor), namespace.project)
        users = UserRepository(database, actor)
        author = None if namespace.author is None else await found_user(users, namespace.author)
        importer = BundleImporter(database, actor)
        check = await importer.check(namespace.file, project.id)
        if check.warnings and not namespace.force:
            raise UsageError(
                "Nothing was stored. " + " ".join(check.warnings) + " Give --force to store it all the same."
            )
        stored = await importer.store(
            namespace.file, project.id, created_by=None if author is None else author.id
        )
        return stored, check.warnings

    stored, warnings = with_database(namespace, work)
    text = f"Stored as version {stored.version} of “{printable(stored.project_name or '')}” (id {stored.id})."
    tell(
        {**version_document(stored), "warnings": list(warnings)},
        as_json=wants_json(namespace),
        text="\n".join((text, *(f"Note: {printable(warning)}" for warning in warnings))),
    )
    return 0
