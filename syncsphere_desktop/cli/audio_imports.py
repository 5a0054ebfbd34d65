"""`audio imports` and `audio undo`: which imports there were, and taking one back as a whole."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any
from uuid import UUID

from syncsphere_desktop.cli.audio_actions import end_progress, tell_actions, tell_progress
from syncsphere_desktop.cli.audio_library import OpenLibrary, with_library
from syncsphere_desktop.cli.listing import DEFAULT_LIMIT, tell_rows, whole_number
from syncsphere_desktop.cli.people import iso
from syncsphere_desktop.domain.humane import size

if TYPE_CHECKING:
    from syncsphere_desktop.domain.audio_import import AudioImport
    from syncsphere_desktop.studio.audio_import.undoing import UndoReport

_COLUMNS = (
    "id",
    "started_at",
    "project",
    "source",
    "imported",
    "bytes",
    "duplicates",
    "rejected",
    "undone_at",
)
_MOST = 1_000_000


def register(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    listing = commands.add_parser("imports", parents=parents, help="list imports, the newest first")
    listing.add_argument(
        "--limit", type=whole_number, default=DEFAULT_LIMIT, metavar="N", help="at most N; 0 for all"
    )
    listing.set_defaults(command=_list)
    undo = commands.add_parser(
        "undo", parents=parents, help="take a whole import back: its files go into quarantine"
    )
    undo.add_argument("import_id", type=_import_id, metavar="IMPORT", help="the id of an import")
    undo.set_defaults(command=_undo)


def _list(namespace: argparse.Namespace) -> int:
    async def work(library: OpenLibrary) -> tuple[AudioImport, ...]:
        return await library.audio.imports.recent(namespace.limit or _MOST)

    found = with_library(namespace, work)
    tell_rows(namespace, found, len(found), document=_document, columns=_COLUMNS, shown={"bytes": size})
    return 0


def _undo(namespace: argparse.Namespace) -> int:
    async def work(library: OpenLibrary) -> UndoReport:
        from syncsphere_desktop.studio.audio_import.opening import importer_of

        importer = await importer_of(library.audio)
        try:
            return await importer.undo(
                namespace.import_id,
                progress=lambda sentence, share: tell_progress(namespace, sentence, share),
            )
        finally:
            await importer.close()

    try:
        report = with_library(namespace, work)
    finally:
        end_progress(namespace)
    return tell_actions(namespace, report.action, "Quarantined")


def _document(one: AudioImport) -> dict[str, object]:
    return {
        "id": str(one.id),
        "started_at": iso(one.started_at),
        "finished_at": iso(one.finished_at),
        "actor": one.actor,
        "project_id": one.project_id,
        "project": one.project_name,
        "source": one.source,
        "imported": one.imported,
        "duplicates": one.duplicates,
        "rejected": one.rejected,
        "bytes": one.bytes,
        "undone_at": iso(one.undone_at),
    }


def _import_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no id of an import") from None
