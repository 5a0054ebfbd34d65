"""`audio export`: copy files out of the storage, in folders that say where they belong."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.audio_actions import (
    an_id,
    end_progress,
    ids_of_project,
    known_ids,
    tell_actions,
    tell_progress,
)
from syncsphere_desktop.cli.audio_library import OpenLibrary, with_library
from syncsphere_desktop.cli.people import found_project
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
    from syncsphere_desktop.studio.integrity.outcomes import ActionReport

_STRUCTURES = ("projects", "stored", "flat")


def register(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("export", parents=parents, help="copy audio files into a folder")
    parser.add_argument("ids", nargs="*", type=an_id, metavar="ID", help="ids of audio files")
    parser.add_argument("--project", metavar="PROJECT", help="all files of this project, by id or name")
    parser.add_argument("--to", required=True, type=Path, metavar="FOLDER", help="the folder; it is made")
    parser.add_argument(
        "--structure",
        choices=_STRUCTURES,
        default="projects",
        help="a folder a project, those of the storage, or none (default: %(default)s)",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace files of the same names with another content, which stay beside the copies else",
    )
    parser.set_defaults(command=_export)


def _export(namespace: argparse.Namespace) -> int:
    if not namespace.ids and namespace.project is None:
        raise UsageError("Which files? Give ids or --project.")

    async def work(library: OpenLibrary) -> ActionReport:
        from syncsphere_desktop.studio.integrity.exporting import Structure
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        ids = await known_ids(library.audio, namespace.ids)
        if namespace.project is not None:
            project = await found_project(library.projects, namespace.project)
            ids += await ids_of_project(library.audio, project.id)
        async with opened_integrity(library.audio) as integrity:
            return await integrity.exporter.export(
                ids,
                namespace.to,
                structure=Structure(namespace.structure),
                project_names=await _names(library, ids),
                overwrite=namespace.overwrite,
                progress=lambda sentence, share: tell_progress(namespace, sentence, share),
            )

    try:
        report = with_library(namespace, work)
    finally:
        end_progress(namespace)
    return tell_actions(namespace, report, "Exported")


async def _names(library: OpenLibrary, ids: list[AudioFileId]) -> dict[ProjectId, str]:
    """Return the names of the projects that the files belong to."""
    from syncsphere_desktop.errors import NotFoundError

    names: dict[ProjectId, str] = {}
    for row in await library.audio.contents.rows(ids):
        if row.project_id is not None and row.project_id not in names:
            try:
                names[row.project_id] = (await library.projects.get(row.project_id)).name
            except NotFoundError:
                continue  # deleted this moment, and the file with it
    return names
