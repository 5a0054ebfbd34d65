"""`audio list`: the rows of audio files, with what is known of their content."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any
from uuid import UUID

from syncsphere_desktop.cli.audio_library import OpenLibrary, with_library
from syncsphere_desktop.cli.listing import add_list_options, query_of, read_rows, tell_rows
from syncsphere_desktop.cli.people import found_project, found_user, iso
from syncsphere_desktop.domain.humane import length, size

if TYPE_CHECKING:
    from syncsphere_desktop.domain.audio import AudioFile
    from syncsphere_desktop.domain.listing import FilterValue

_SORT_KEYS = (
    "filename",
    "project",
    "uploader",
    "file_path",
    "file_size",
    "duration",
    "sample_rate",
    "channels",
    "format",
    "state",
    "codec",
    "sha256",
    "copies",
    "verified_at",
    "created_at",
    "id",
)
_COLUMNS = (
    "id",
    "filename",
    "project",
    "format",
    "sample_rate",
    "channels",
    "duration",
    "file_size",
    "state",
)
_SHOWN = {"file_size": size, "duration": length}
_FORMATS = ("wav", "aiff", "flac", "ogg", "opus", "mp3", "m4a", "aac")
_STATES = (
    "unchecked",
    "sound",
    "missing",
    "truncated",
    "changed",
    "undecodable",
    "unreadable",
    "outside",
)


def register(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("list", parents=parents, help="list audio files")
    add_list_options(parser, default_sort="filename", sort_keys=_SORT_KEYS)
    whose = parser.add_mutually_exclusive_group()
    whose.add_argument("--project", metavar="PROJECT", help="files of this project, by id or name")
    whose.add_argument("--no-project", action="store_true", help="files that belong to no project")
    parser.add_argument("--user", metavar="USER", help="files that this user uploaded")
    parser.add_argument("--format", choices=_FORMATS, help="files of this format")
    parser.add_argument("--sample-rate", type=_positive, metavar="HZ", help="files of this sample rate")
    parser.add_argument("--channels", type=_positive, metavar="N", help="files of so many channels")
    parser.add_argument("--min-duration", type=_seconds, metavar="SECONDS", help="files at least as long")
    parser.add_argument("--max-duration", type=_seconds, metavar="SECONDS", help="files at most as long")
    parser.add_argument("--state", choices=_STATES, help="what the last check of the file found")
    parser.add_argument(
        "--import", dest="import_id", type=_import_id, metavar="ID", help="files of an import"
    )
    parser.add_argument("--sha256", metavar="HEX", help="files with this content")
    parser.add_argument(
        "--duplicates",
        action="store_const",
        const=True,
        help="files whose content another row has too, side by side",
    )
    parser.set_defaults(command=_list)


def _list(namespace: argparse.Namespace) -> int:
    async def work(library: OpenLibrary) -> tuple[list[AudioFile], int]:
        query = query_of(namespace, await _filters(library, namespace))
        return await read_rows(library.audio.files.rows, query, namespace)

    rows, total = with_library(namespace, work)
    tell_rows(namespace, rows, total, document=_document, columns=_COLUMNS, shown=_SHOWN)
    return 0


async def _filters(library: OpenLibrary, namespace: argparse.Namespace) -> dict[str, FilterValue]:
    given: dict[str, FilterValue | None] = {
        "format": namespace.format,
        "sample_rate": namespace.sample_rate,
        "channels": namespace.channels,
        "duration_min": namespace.min_duration,
        "duration_max": namespace.max_duration,
        "state": namespace.state,
        "import_id": namespace.import_id,
        "sha256": namespace.sha256,
        "duplicates": namespace.duplicates,
    }
    filters: dict[str, FilterValue] = {name: value for name, value in given.items() if value is not None}
    if namespace.no_project:
        filters["project_id"] = None
    elif namespace.project is not None:
        filters["project_id"] = (await found_project(library.projects, namespace.project)).id
    if namespace.user is not None:
        from syncsphere_desktop.database.repositories.users import UserRepository

        users = UserRepository(library.database, library.audio.actor)
        filters["user_id"] = (await found_user(users, namespace.user)).id
    return filters


def _document(file: AudioFile) -> dict[str, object]:
    return {
        "id": file.id,
        "project_id": file.project_id,
        "project": file.project_name,
        "filename": file.filename,
        "file_path": file.file_path,
        "file_size": file.file_size,
        "duration": file.duration,
        "sample_rate": file.sample_rate,
        "channels": file.channels,
        "format": file.format,
        "codec": file.codec,
        "uploaded_by": file.uploaded_by,
        "uploader": file.uploader_name,
        "created_at": iso(file.created_at),
        "state": file.state.value,
        "state_details": file.state_details,
        "sha256": file.sha256,
        "verified_at": iso(file.verified_at),
        "import_id": None if file.import_id is None else str(file.import_id),
        "copies": file.copies,
        "used_by": file.used_by,
    }


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        raise argparse.ArgumentTypeError(f"“{text}” is no such number")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 1e9:  # refuses NaN too
        raise argparse.ArgumentTypeError(f"“{text}” is no number of seconds")
    return seconds


def _import_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no id of an import") from None
