"""`audio verify`: read every file again, and tell what is missing, spoilt or nobody's."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.audio_actions import end_progress, tell_progress
from syncsphere_desktop.cli.audio_library import OpenLibrary, with_library
from syncsphere_desktop.cli.people import found_project
from syncsphere_desktop.cli.run import FOUND_SOMETHING_WRONG, tell, wants_json
from syncsphere_desktop.cli.text_table import printable, text_table
from syncsphere_desktop.domain.humane import duration, size

if TYPE_CHECKING:
    from syncsphere_desktop.studio.integrity.findings import CheckProgress, CheckReport, Finding

_SHOWN = 200


def register(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "verify",
        parents=parents,
        help="check every file against its row and its recorded hash (exit 3 when something is wrong)",
    )
    parser.add_argument("--project", metavar="PROJECT", help="this project's rows alone, by id or name")
    parser.add_argument("--quick", action="store_true", help="look at sizes alone, read no file")
    parser.add_argument(
        "--decode", action="store_true", help="decode every file, also what was found sound before"
    )
    parser.add_argument("--resume", action="store_true", help="go on with a check that was interrupted")
    parser.set_defaults(command=_verify)


def _verify(namespace: argparse.Namespace) -> int:
    async def work(library: OpenLibrary) -> CheckReport:
        from syncsphere_desktop.studio.integrity.findings import CheckScope
        from syncsphere_desktop.studio.integrity.parts import opened_integrity

        project = None
        if namespace.project is not None:
            project = (await found_project(library.projects, namespace.project)).id
        await library.read_bundles(lambda sentence, share: tell_progress(namespace, sentence, share))
        async with opened_integrity(library.audio) as integrity:
            return await integrity.verifier.run(
                CheckScope(project),
                deep=not namespace.quick,
                decode=namespace.decode,
                resume=namespace.resume,
                progress=lambda told: _tell_progress(namespace, told),
            )

    try:
        report = with_library(namespace, work)
    finally:
        end_progress(namespace)
    tell(_document(report), as_json=wants_json(namespace), text=_text(report))
    return 0 if report.sound else FOUND_SOMETHING_WRONG


def _tell_progress(namespace: argparse.Namespace, told: CheckProgress) -> None:
    share = told.bytes_done / told.bytes if told.bytes else None
    left = "" if told.seconds_left is None else f", {duration(told.seconds_left)} left"
    sentence = f"{told.files_done:,} files, {size(told.bytes_done)}, {size(round(told.rate))}/s{left}"
    tell_progress(namespace, sentence, share)


def _document(report: CheckReport) -> dict[str, object]:
    return {
        "sound": report.sound,
        "complete": report.complete,
        "resumed": report.resumed,
        "recorded": report.recorded,
        "files": report.files,
        "bytes": report.bytes,
        "seconds": round(report.seconds, 3),
        "counts": {kind.value: number for kind, number in report.counts.items()},
        "findings": [finding_document(finding) for finding in report.findings],
        "notes": list(report.notes),
    }


def finding_document(finding: Finding) -> dict[str, object]:
    """Return a finding as scripts read it."""
    return {
        "kind": finding.kind.value,
        "id": finding.file_id,
        "project_id": finding.project_id,
        "filename": finding.filename,
        "path": finding.path,
        "details": finding.details,
        "size": finding.size,
        "sha256": finding.sha256,
        "uses": [
            {
                "bundle_id": use.bundle_id,
                "project_id": use.project_id,
                "version": use.version,
                "sample": use.sample,
                "by": use.by.value,
            }
            for use in finding.uses
        ],
    }


def _text(report: CheckReport) -> str:
    lines: list[str] = []
    if report.findings:
        shown = report.findings[:_SHOWN]
        rows = [
            [finding.kind.value, finding.file_id, finding.path, finding.details, len(finding.uses) or None]
            for finding in shown
        ]
        lines.append(text_table(("kind", "id", "path", "details", "versions"), rows))
        if len(report.findings) > _SHOWN:
            lines.append(f"and {len(report.findings) - _SHOWN:,} more; --json tells all")
    lines += [printable(note) for note in report.notes]
    lines.append(report.sentence)
    return "\n".join(lines)
