"""`audio relocate` and `audio probe`: mend what a check found, each file looked at again at its turn."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.audio_actions import an_id, end_progress, known_ids, tell_actions, tell_progress
from syncsphere_desktop.cli.audio_library import OpenLibrary, with_library
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from syncsphere_desktop.domain.ids import AudioFileId
    from syncsphere_desktop.studio.integrity.findings import Finding
    from syncsphere_desktop.studio.integrity.outcomes import ActionReport
    from syncsphere_desktop.studio.integrity.parts import Integrity

_READ_ANEW = ("misdescribed", "changed", "truncated", "undecodable")


def register(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    relocating = commands.add_parser(
        "relocate",
        parents=parents,
        help="find files that are not where their rows say, by their content; without ids all that the last"
        " check found",
    )
    relocating.add_argument("ids", nargs="*", type=an_id, metavar="ID", help="ids of audio files")
    relocating.set_defaults(command=_relocate)
    probing = commands.add_parser(
        "probe", parents=parents, help="look into files again, and describe their rows by what is in them"
    )
    probing.add_argument("ids", nargs="*", type=an_id, metavar="ID", help="ids of audio files")
    probing.add_argument(
        "--found",
        action="append",
        choices=_READ_ANEW,
        metavar="KIND",
        help=f"what the last check found: {', '.join(_READ_ANEW)}; the file as it is counts as the right one",
    )
    probing.set_defaults(command=_probe)


def _relocate(namespace: argparse.Namespace) -> int:
    async def work(library: OpenLibrary) -> ActionReport:
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        ids = await known_ids(library.audio, namespace.ids)
        async with opened_integrity(library.audio, claim=True) as integrity:
            found = _of_rows(ids) if ids else await _last_found(integrity)
            return await integrity.repair.relocate(
                [finding for finding in found if ids or finding.can_be_found_again],
                progress=lambda sentence, share: tell_progress(namespace, sentence, share),
            )

    return _told(namespace, work, "Found again")


def _probe(namespace: argparse.Namespace) -> int:
    if bool(namespace.ids) == bool(namespace.found):
        raise UsageError("What? Give ids, or --found KIND.")

    async def work(library: OpenLibrary) -> ActionReport:
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        ids = await known_ids(library.audio, namespace.ids)
        async with opened_integrity(library.audio) as integrity:
            if namespace.found:
                found = await _last_found(integrity)
                ids = [
                    finding.file_id
                    for finding in found
                    if finding.file_id is not None and finding.kind.value in namespace.found
                ]
            return await integrity.repair.reprobe(
                ids, progress=lambda sentence, share: tell_progress(namespace, sentence, share)
            )

    return _told(namespace, work, "Described anew")


def _told(
    namespace: argparse.Namespace, work: Callable[[OpenLibrary], Awaitable[ActionReport]], deed: str
) -> int:
    try:
        report = with_library(namespace, work)
    finally:
        end_progress(namespace)
    return tell_actions(namespace, report, deed)


def _of_rows(ids: list[AudioFileId]) -> list[Finding]:
    """Return the findings of rows whose files are to be looked for, whatever the last check said of them."""
    from syncsphere_desktop.studio.integrity.findings import Finding, FindingKind

    return [Finding(FindingKind.MISSING, file_id, "", "") for file_id in ids]


async def _last_found(integrity: Integrity) -> tuple[Finding, ...]:
    last = await integrity.verifier.last()
    return () if last is None else last.findings
