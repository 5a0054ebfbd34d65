"""`audio import`: take files and folders into a project."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.audio_actions import end_progress, tell_progress
from syncsphere_desktop.cli.audio_library import OpenLibrary, with_library
from syncsphere_desktop.cli.people import found_project, found_user
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable
from syncsphere_desktop.domain import humane
from syncsphere_desktop.domain.sound import FORMATS_IN_WORDS

if TYPE_CHECKING:
    from syncsphere_desktop.domain.ids import UserId
    from syncsphere_desktop.studio.audio_import.plan import ImportPlan, PlannedFile
    from syncsphere_desktop.studio.audio_import.progress import ImportProgress
    from syncsphere_desktop.studio.audio_import.report import ImportReport


def register(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "import",
        parents=parents,
        help="take audio files and folders into a project",
        description="Takes audio files and folders into a project:"
        f" {FORMATS_IN_WORDS}. What the project has already, by its"
        " content, is not stored twice, so an import that was cut off is gone on with by the same command."
        " Ends with 1 when it stopped early or could take none of the files, else with 0: the report says"
        " what was rejected.",
    )
    parser.add_argument("--project", required=True, metavar="PROJECT", help="an id or a unique name")
    parser.add_argument("--as", dest="uploader", metavar="USER", help="who uploads: id, username or email")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder with all in it"
    )
    parser.set_defaults(command=_import)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What there is to tell, and the exit code."""

    document: dict[str, object]
    text: str
    code: int


def _import(namespace: argparse.Namespace) -> int:
    async def work(library: OpenLibrary) -> _Outcome:
        from syncsphere_desktop.studio.audio_import.opening import importer_of

        project = await found_project(library.projects, namespace.project)
        uploader = await _uploader(library, namespace.uploader)
        importer = await importer_of(library.audio)
        try:
            plan = await importer.plan(
                namespace.paths,
                project,
                progress=lambda sentence, share: tell_progress(namespace, sentence, share),
            )
            if namespace.dry_run:
                return _planned(plan)
            report = await importer.run(
                plan, uploader=uploader, progress=lambda told: _tell_progress(namespace, told)
            )
        finally:
            await importer.close()
        return _done(report)

    try:
        outcome = with_library(namespace, work)
    finally:
        end_progress(namespace)
    tell(outcome.document, as_json=wants_json(namespace), text=outcome.text)
    return outcome.code


async def _uploader(library: OpenLibrary, text: str | None) -> UserId | None:
    if text is None:
        return None
    from syncsphere_desktop.database.repositories.users import UserRepository

    return (await found_user(UserRepository(library.database, library.audio.actor), text)).id


def _tell_progress(namespace: argparse.Namespace, told: ImportProgress) -> None:
    left = "" if told.seconds_left is None else f", {humane.duration(told.seconds_left)} left"
    sentence = (
        f"Importing: {humane.number(told.files_done)} of {humane.counted(told.files, 'file')},"
        f" {humane.size(round(told.rate))}/s{left}"
    )
    tell_progress(namespace, sentence, told.bytes_done / told.bytes if told.bytes else None)


def _planned(plan: ImportPlan) -> _Outcome:
    from syncsphere_desktop.studio.audio_import.naming import whole
    from syncsphere_desktop.studio.audio_import.plan import Verdict

    files = [file for file in plan.files if file.verdict is not Verdict.HIDDEN]
    document: dict[str, object] = {
        "dry_run": True,
        "project_id": plan.project_id,
        "new": plan.new,
        "duplicates": plan.duplicates,
        "repeats": plan.repeats,
        "rejected": plan.rejected,
        "skipped": plan.hidden,
        "bytes": plan.bytes,
        "files": [_file(file) for file in files],
    }
    lines = [printable(f"{whole(str(file.source))}: {file.reason or _new(file)}") for file in files]
    counts = (
        (plan.duplicates - plan.repeats, "here already"),
        (plan.repeats, "the same as another of them"),
        (plan.rejected, "can't be imported"),
        (plan.hidden, "hidden of desktops passed over"),
    )
    told = f"{humane.counted(plan.new, 'file')} ({humane.size(plan.bytes)}) into {plan.project_name}"
    rest = "".join(f", {humane.number(count)} {words}" for count, words in counts if count)
    lines.append(printable(f"Would import {told}{rest}."))
    return _Outcome(document, "\n".join(lines), 0)


def _new(file: PlannedFile) -> str:
    """Return what of a file would be imported."""
    facts = file.facts
    sound = "" if facts is None else f", {facts.format.upper()}, {humane.length(facts.duration)}"
    return f"new{sound}, {humane.size(file.size)}"


def _file(file: PlannedFile) -> dict[str, object]:
    from syncsphere_desktop.studio.audio_import.naming import whole
    from syncsphere_desktop.studio.audio_import.plan import Verdict

    known = {Verdict.NEW: "new", Verdict.DUPLICATE: "duplicate"}
    facts = file.facts
    return {
        "path": whole(str(file.source)),
        "status": known.get(file.verdict, "rejected"),
        "reason": file.reason,
        "id": file.duplicate_of,
        "duration": facts.duration if facts else None,
        "sample_rate": facts.sample_rate if facts else None,
        "channels": facts.channels if facts else None,
        "format": facts.format.value if facts else None,
        "sha256": file.sha256,
        "size": file.size,
    }


def _done(report: ImportReport) -> _Outcome:
    from syncsphere_desktop.studio.audio_import.report import ImportStatus

    told = (ImportStatus.REJECTED, ImportStatus.DUPLICATE)
    lines = [printable(f"{file.path}: {file.reason}") for file in report.files if file.status in told]
    lines.append(printable(report.summary()))
    is_in_vain = report.rejected > 0 and not report.imported and not report.duplicates
    return _Outcome(report.document(), "\n".join(lines), 0 if report.is_complete and not is_in_vain else 1)
