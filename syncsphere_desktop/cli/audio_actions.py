"""What commands that act on audio files share: their ids, and how outcomes are told."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable
from syncsphere_desktop.domain.humane import counted, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from syncsphere_desktop.cli.audio_library import OpenLibrary
    from syncsphere_desktop.domain.bundle_use import BundleUse
    from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
    from syncsphere_desktop.studio.audio_library import AudioLibrary
    from syncsphere_desktop.studio.integrity.outcomes import ActionReport

    Uses = Mapping[AudioFileId, tuple[BundleUse, ...]]

_ROWS_AT_A_TIME = 5000


def an_id(text: str) -> int:
    """Return an id, for argparse."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise argparse.ArgumentTypeError(f"“{text}” is no id")
    return int(text)


async def known_ids(library: AudioLibrary, ids: Sequence[int]) -> list[AudioFileId]:
    """Return the ids once each; raises NotFoundError for one that no row has."""
    from syncsphere_desktop.domain.ids import AudioFileId
    from syncsphere_desktop.errors import NotFoundError

    wanted = [AudioFileId(file_id) for file_id in dict.fromkeys(ids)]
    there = {row.id for row in await library.contents.rows(wanted)}
    for file_id in wanted:
        if file_id not in there:
            raise NotFoundError(f"There is no audio file with the id {file_id}.")
    return wanted


async def ids_of_project(library: AudioLibrary, project_id: ProjectId) -> list[AudioFileId]:
    """Return the ids of a project's files."""
    from syncsphere_desktop.domain.ids import AudioFileId

    found: list[AudioFileId] = []
    while rows := await library.contents.to_check(
        found[-1] if found else AudioFileId(0), _ROWS_AT_A_TIME, project_id=project_id
    ):
        found += [row.id for row in rows]
    return found


async def named_by_versions(library: OpenLibrary, ids: Sequence[AudioFileId]) -> Uses:
    """Return the stored versions that name each of these rows' files, after reading those not read yet."""
    await library.read_bundles()
    return await library.audio.samples.uses_of_rows(ids)


def uses_sentence(uses: Uses, ids: Iterable[AudioFileId | None]) -> str:
    """Say how many stored versions still name these files; nothing where none does."""
    of_them = [uses[file_id] for file_id in dict.fromkeys(ids) if file_id is not None and file_id in uses]
    versions = len({use.bundle_id for found in of_them for use in found})
    if not versions:
        return ""
    name, they = ("names", "it") if versions == 1 else ("name", "they")
    them = "it" if len(of_them) == 1 else f"{counted(len(of_them), 'of the files', 'of the files')}"
    return f"{counted(versions, 'stored version')} still {name} {them}: {they} would be silent there."


def tell_actions(
    namespace: argparse.Namespace, report: ActionReport, deed: str, uses: Uses | None = None
) -> int:
    """Print what became of each thing, for people or as JSON.

    That is `{"files", "done", "unchanged", "not_done", "bytes"}`. `deed` as in `Exported`; `uses` are the
    versions that named rows' files before it, where that was asked.
    Returns the exit code: 1 unless all was done.
    """
    document = {
        "files": [
            {
                "id": outcome.file_id,
                "quarantine_id": outcome.trash_id,
                "path": outcome.path,
                "status": outcome.did.value,
                "reason": outcome.reason,
                "size": outcome.size,
                "versions": _versions(outcome.file_id, uses),
            }
            for outcome in report.outcomes
        ],
        "done": len(report.done),
        "unchanged": len(report.unchanged),
        "not_done": len(report.not_done),
        "bytes": report.bytes,
    }
    lines = [
        printable(f"{outcome.path or outcome.trash_id or outcome.file_id}: {outcome.reason}")
        for outcome in report.not_done
    ]
    lines.append(done_sentence(report, deed))
    if told := uses_sentence(uses or {}, (outcome.file_id for outcome in report.done)):
        lines.append(told)
    tell(document, as_json=wants_json(namespace), text="\n".join(lines))
    return 1 if report.not_done else 0


def done_sentence(report: ActionReport, deed: str) -> str:
    """Say how much was done; a row that went without a file is called that."""
    rows = sum(outcome.size is None for outcome in report.done)
    parts = []
    if rows < len(report.done) or not rows:
        parts.append(f"{counted(len(report.done) - rows, 'file')}, {size(report.bytes)}")
    if rows:
        parts.append(f"{counted(rows, 'row')} alone, without a file")
    told = f"{deed} {', and '.join(parts)}."
    if report.unchanged:
        they = counted(len(report.unchanged), "file was", "files were")
        told += f" {they} there already, the same."
    return told


def _versions(file_id: AudioFileId | None, uses: Uses | None) -> int | None:
    if uses is None or file_id is None:
        return None
    return len({use.bundle_id for use in uses.get(file_id, ())})


def tell_progress(namespace: argparse.Namespace, sentence: str, share: float | None) -> None:
    """Say how far it is on standard error, where somebody looks at it."""
    if wants_json(namespace) or sys.stderr is None or not sys.stderr.isatty():
        return
    percent = "" if share is None else f" {share:.0%}"
    print(f"\r\x1b[K{printable(sentence)}{percent}", end="", file=sys.stderr, flush=True)


def end_progress(namespace: argparse.Namespace) -> None:
    """Clear the line on which progress was told."""
    if not wants_json(namespace) and sys.stderr is not None and sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
