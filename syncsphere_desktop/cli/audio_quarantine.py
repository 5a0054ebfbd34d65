"""`audio remove`, and `audio quarantine list|put|restore|empty`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.audio_actions import (
    an_id,
    known_ids,
    named_by_versions,
    tell_actions,
    uses_sentence,
)
from syncsphere_desktop.cli.audio_library import OpenLibrary, with_library
from syncsphere_desktop.cli.listing import document_table
from syncsphere_desktop.cli.people import add_yes_option, check_can_ask, confirmed, found_project, iso
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.domain.humane import counted, size
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsphere_desktop.cli.audio_actions import Uses
    from syncsphere_desktop.domain.trash import TrashEntry
    from syncsphere_desktop.studio.integrity.findings import Finding
    from syncsphere_desktop.studio.integrity.outcomes import ActionReport

_COLUMNS = ("id", "filename", "path", "size", "reason", "at", "expires_at")
_FOUND = ("missing", "truncated", "changed", "undecodable", "unreadable", "outside", "no_project", "orphan")
_REASON = "Removed on the command line"


def register(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    removing = commands.add_parser(
        "remove", parents=parents, help="remove audio files; they stay in quarantine for 30 days"
    )
    removing.add_argument("ids", nargs="+", type=an_id, metavar="ID")
    removing.add_argument("--reason", default=_REASON, metavar="TEXT")
    removing.add_argument("--for-good", action="store_true", help="remove them from quarantine too, at once")
    _add_even_used(removing)
    add_yes_option(removing)
    removing.set_defaults(command=_remove)

    group = commands.add_parser("quarantine", parents=parents, help="what was taken out of the library")
    actions = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = actions.add_parser("list", parents=parents, help="what is in quarantine")
    listing.set_defaults(command=_list)
    _register_put(actions, parents)
    restoring = actions.add_parser("restore", parents=parents, help="bring things back")
    restoring.add_argument("ids", nargs="+", type=an_id, metavar="ID", help="ids that `list` tells")
    restoring.add_argument("--project", metavar="PROJECT", help="into this project instead of their own")
    restoring.set_defaults(command=_restore)
    emptying = actions.add_parser(
        "empty", parents=parents, help="remove things for good; without ids those whose time is over"
    )
    emptying.add_argument("ids", nargs="*", type=an_id, metavar="ID", help="ids that `list` tells")
    _add_even_used(emptying)
    add_yes_option(emptying)
    emptying.set_defaults(command=_empty)


def _register_put(actions: Any, parents: list[argparse.ArgumentParser]) -> None:
    putting = actions.add_parser("put", parents=parents, help="take files out of the library")
    putting.add_argument("ids", nargs="*", type=an_id, metavar="ID", help="ids of audio files")
    putting.add_argument(
        "--found",
        action="append",
        choices=_FOUND,
        metavar="KIND",
        help=f"what the last check found: {', '.join(_FOUND)}; each is looked at again",
    )
    putting.add_argument("--reason", default=_REASON, metavar="TEXT")
    putting.set_defaults(command=_put)


def _add_even_used(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--even-used",
        action="store_true",
        help="when removing for good: also what stored versions still name, which stays in quarantine else",
    )


def _remove(namespace: argparse.Namespace) -> int:
    check_can_ask(namespace)

    async def work(library: OpenLibrary) -> tuple[ActionReport, Uses] | None:
        from syncsphere_desktop.domain.trash import TrashId
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        ids = await known_ids(library.audio, namespace.ids)
        uses = await named_by_versions(library, ids)
        what = "for good" if namespace.for_good else "into quarantine"
        deed = f"This moves {counted(len(ids), 'audio file')} {what}."
        if not confirmed(namespace, f"{deed} {uses_sentence(uses, ids)}".strip()):
            return None
        async with opened_integrity(library.audio, claim=True) as integrity:
            report = await integrity.quarantine.put(ids, namespace.reason)
            if not namespace.for_good:
                return report, uses
            taken = [TrashId(one.trash_id) for one in report.done if one.trash_id is not None]
            emptied = await integrity.quarantine.empty(taken, even_used=namespace.even_used)
            return type(report)((*report.not_done, *emptied.outcomes)), uses

    done = with_library(namespace, work)
    if done is None:
        tell({}, as_json=False, text="Nothing was removed.")
        return 1
    return tell_actions(namespace, done[0], "Removed", done[1])


def _put(namespace: argparse.Namespace) -> int:
    if bool(namespace.ids) == bool(namespace.found):
        raise UsageError("What? Give ids, or --found KIND.")

    async def work(library: OpenLibrary) -> tuple[ActionReport, Uses | None]:
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        ids = await known_ids(library.audio, namespace.ids)
        uses = await named_by_versions(library, ids) if ids else None
        async with opened_integrity(library.audio, claim=True) as integrity:
            if ids:
                return await integrity.quarantine.put(ids, namespace.reason), uses
            last = await integrity.verifier.last()
            found: Sequence[Finding] = last.findings if last is not None else ()
            wanted = [finding for finding in found if finding.kind.value in namespace.found]
            return await integrity.quarantine.put_findings(wanted, namespace.reason), uses

    report, uses = with_library(namespace, work)
    return tell_actions(namespace, report, "Quarantined", uses)


def _restore(namespace: argparse.Namespace) -> int:
    async def work(library: OpenLibrary) -> ActionReport:
        from syncsphere_desktop.domain.trash import TrashId
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        project = None
        if namespace.project is not None:
            project = (await found_project(library.projects, namespace.project)).id
        async with opened_integrity(library.audio, claim=True) as integrity:
            ids = [TrashId(entry_id) for entry_id in namespace.ids]
            return await integrity.quarantine.restore(ids, project_id=project)

    return tell_actions(namespace, with_library(namespace, work), "Restored")


def _empty(namespace: argparse.Namespace) -> int:
    check_can_ask(namespace)
    what = counted(len(set(namespace.ids)), "file") if namespace.ids else "every file whose time is over"
    if not confirmed(namespace, f"This removes {what} for good."):
        tell({}, as_json=False, text="Nothing was removed.")
        return 1

    async def work(library: OpenLibrary) -> ActionReport:
        from syncsphere_desktop.domain.trash import TrashId
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        await library.read_bundles()
        async with opened_integrity(library.audio, claim=True) as integrity:
            ids = [TrashId(entry_id) for entry_id in namespace.ids] or None
            return await integrity.quarantine.empty(ids, even_used=namespace.even_used)

    return tell_actions(namespace, with_library(namespace, work), "Removed")


def _list(namespace: argparse.Namespace) -> int:
    async def work(library: OpenLibrary) -> Sequence[TrashEntry]:
        from syncsphere_desktop.domain.trash import TrashState

        return await library.audio.trash.in_states([TrashState.HELD])

    documents = [_document(entry) for entry in with_library(namespace, work)]
    table = document_table(documents, _COLUMNS, {"size": size})
    tell({"rows": documents, "total": len(documents)}, as_json=wants_json(namespace), text=table)
    return 0


def _document(entry: TrashEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "file_id": entry.file_id,
        "project_id": entry.project_id,
        "filename": entry.filename,
        "path": entry.original_path,
        "size": entry.size,
        "sha256": entry.sha256,
        "reason": entry.reason,
        "actor": entry.actor,
        "at": iso(entry.at),
        "expires_at": iso(entry.expires_at),
        "due": entry.due,
    }
