"""Loads the sample studio of `resources/sample/studio.json` into a database at head.

Times in the file are minutes before the moment of loading. Names stand for ids, which the server gives.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg2 import Binary
from psycopg2.extensions import connection as RawConnection  # noqa: N812
from psycopg2.extras import execute_values

from syncsphere_desktop.assets import RESOURCES

SAMPLE_FOLDER = RESOURCES / "sample"

Entry = Mapping[str, Any]

_WAV_HEADER = 44
_SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class SampleAudio:
    """A WAV file of the sample studio, 16 bits a sample; `pitch` in Hz, `rate` in Hz, `path` relative."""

    path: str
    pitch: float
    frames: int
    rate: int
    channels: int

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return _WAV_HEADER + self.frames * self.channels * _SAMPLE_BYTES

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.frames / self.rate


def sample_audio() -> list[SampleAudio]:
    """Return the audio files that the sample studio's rows refer to."""
    projects: Sequence[Entry] = _document()["projects"]
    return [_audio_of(entry) for project in projects for entry in project["audio"]]


def sample_password_hash() -> str:
    """Return the bcrypt hash that all people of the sample studio share."""
    return str(_document()["password_hash"])


def load_sample(connection: RawConnection) -> None:
    """Insert the sample studio in the connection's transaction; the caller commits. Raises psycopg2's errors.

    The tables need not be empty, only the sample's names must not be taken.
    """
    document = _document()
    with connection.cursor() as cursor:
        loader = _Loader(cursor)
        loader.add_users(document["users"], document["password_hash"])
        for project in document["projects"]:
            loader.add_project(project)


def _document() -> dict[str, Any]:
    text = (SAMPLE_FOLDER / "studio.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def _audio_of(entry: Entry) -> SampleAudio:
    return SampleAudio(entry["path"], entry["pitch"], entry["frames"], entry["rate"], entry["channels"])


class _Loader:
    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._users: dict[str | None, int | None] = {None: None}
        self._bundles: dict[str, int] = {}

    def add_users(self, users: Iterable[Entry], password_hash: str) -> None:
        rows = [(u["username"], u["email"], password_hash, u["created"], u["updated"]) for u in users]
        added = self._insert(
            "users (username, email, password_hash, created_at, updated_at)",
            "(%s, %s, %s, {ago}, {ago})",
            rows,
            returning="username, id",
        )
        self._users |= dict(added)

    def add_project(self, project: Entry) -> None:
        owner = self._users[project["owner"]]
        fields = ("name", "description", "room_id", "is_public", "created", "updated")
        ((project_id,),) = self._insert(
            "projects (owner_id, name, description, room_id, is_public, created_at, updated_at)",
            "(%s, %s, %s, %s, %s, {ago}, {ago})",
            [(owner, *(project[name] for name in fields))],
            returning="id",
        )
        self._add_collaborators(project_id, project["collaborators"])
        self._add_audio(project_id, project["audio"])
        self._add_boxes(project_id, project["boxes"])
        for bundle in project["bundles"]:
            self._add_bundle(project_id, bundle)

    def _add_collaborators(self, project_id: int, entries: Iterable[Entry]) -> None:
        rows = [(project_id, self._users[e["username"]], e["role"], e["joined"]) for e in entries]
        target = "project_collaborators (project_id, user_id, role, joined_at)"
        self._insert(target, "(%s, %s, %s, {ago})", rows)

    def _add_audio(self, project_id: int, entries: Iterable[Entry]) -> None:
        rows = []
        for entry in entries:
            audio = _audio_of(entry)
            facts = (audio.size, audio.duration, audio.rate, audio.channels, "wav")
            by = self._users[entry["by"]]
            rows.append((project_id, entry["filename"], audio.path, *facts, by, entry["created"]))
        self._insert(
            "audio_files (project_id, filename, file_path, file_size, duration, sample_rate, channels,"
            " format, uploaded_by, created_at)",
            "(%s, %s, %s, %s, %s, %s, %s, %s, %s, {ago})",
            rows,
        )

    def _add_boxes(self, project_id: int, entries: Iterable[Entry]) -> None:
        rows = [
            (project_id, e["uuid"], e["track_index"], self._users[e["owner"]], e["created"], e["updated"])
            for e in entries
        ]
        self._insert(
            "box_ownership (project_id, box_uuid, track_index, owner_id, created_at, updated_at)",
            "(%s, %s::uuid, %s, %s::integer, {ago}, {ago})",
            rows,
        )

    def _add_bundle(self, project_id: int, entry: Entry) -> None:
        """Send each bundle file once; further versions with the same content are copied by the server."""
        name = entry["file"]
        facts = (project_id, entry["version"], self._users[entry["by"]], entry["created"])
        target = "INSERT INTO project_bundles (project_id, version, created_by, created_at, bundle_data)"
        values = f"%s, %s, %s, {_AGO}"
        if name in self._bundles:
            self._cursor.execute(
                f"{target} SELECT {values}, bundle_data FROM project_bundles WHERE id = %s",
                (*facts, self._bundles[name]),
            )
            return
        data = Binary((SAMPLE_FOLDER / Path(name).name).read_bytes())
        self._cursor.execute(f"{target} VALUES ({values}, %s) RETURNING id", (*facts, data))
        self._bundles[name] = self._cursor.fetchone()[0]

    def _insert(
        self, target: str, template: str, rows: Sequence[tuple[object, ...]], returning: str | None = None
    ) -> list[tuple[Any, ...]]:
        statement = f"INSERT INTO {target} VALUES %s" + (f" RETURNING {returning}" if returning else "")
        template = template.replace("{ago}", _AGO)
        fetch = returning is not None
        return execute_values(self._cursor, statement, rows, template, fetch=fetch) or [] if rows else []


_AGO = "(now() - %s * interval '1 minute')::timestamp"
