"""`bundle verify`: decode every stored version, and tell what is wrong."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.audio_actions import end_progress, tell_progress
from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.people import found_project
from syncsphere_desktop.cli.run import FOUND_SOMETHING_WRONG, tell, wants_json
from syncsphere_desktop.cli.text_table import text_table
from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.humane import size as humane_size

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.studio.bundles.verifying import VerifyReport

_SHOWN = 200


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "verify",
        parents=[connection],
        help="decode every stored version (exit 3 when something is wrong)",
    )
    parser.add_argument("--project", metavar="PROJECT", help="versions of this project alone, by id or name")
    parser.add_argument("--resume", action="store_true", help="leave out what the last run has done already")
    parser.set_defaults(command=_verify)


def _verify(namespace: argparse.Namespace) -> int:
    async def work(database: Database) -> VerifyReport:
        from syncsphere_desktop.database.repositories.projects import ProjectRepository
        from syncsphere_desktop.studio.actor import current_actor
        from syncsphere_desktop.studio.bundles.verifying import verify_bundles

        project = None
        if namespace.project is not None:
            projects = ProjectRepository(database, current_actor())
            project = (await found_project(projects, namespace.project)).id
        return await verify_bundles(
            database,
            project,
            resume=namespace.resume,
            progress=lambda sentence, share: tell_progress(namespace, sentence, share),
        )

    try:
        report = with_database(namespace, work)
    finally:
        end_progress(namespace)
    tell(_document(report), as_json=wants_json(namespace), text=_text(report))
    return 0 if report.is_sound else FOUND_SOMETHING_WRONG


def _document(report: VerifyReport) -> dict[str, object]:
    return {
        "is_sound": report.is_sound,
        "sound": report.sound,
        "damaged": report.damaged,
        "unknown": report.unknown,
        "left": report.left,
        "bytes": report.bytes,
        "kept": report.kept,
        "resumed": report.resumed,
        "findings": [
            {
                "id": check.bundle_id,
                "project_id": check.project_id,
                "project": check.project_name,
                "version": check.version,
                "size": check.size,
                "state": check.state.value,
                "problems": list(check.problems),
            }
            for check in report.findings
        ],
    }


def _text(report: VerifyReport) -> str:
    lines = []
    if report.findings:
        columns = ("id", "project", "version", "state", "problems")
        rows = [
            (check.bundle_id, check.project_name, check.version, check.state.value, " ".join(check.problems))
            for check in report.findings[:_SHOWN]
        ]
        lines.append(text_table(columns, rows))
        if len(report.findings) > _SHOWN:
            lines.append(f"and {len(report.findings) - _SHOWN:,} more; --json tells all")
    if report.left:
        lines.append(f"{counted(report.left, 'version')} changed or went away while they were read.")
    if not report.kept:
        lines.append("The database has no place for what was found, so it is told here alone.")
    done = report.sound + report.damaged + report.unknown
    newer = f", {report.unknown:,} of a newer kind" if report.unknown else ""
    lines.append(
        f"{counted(done, 'version')}, {humane_size(report.bytes)}: {report.sound:,} sound,"
        f" {report.damaged:,} damaged{newer}."
    )
    return "\n".join(lines)
