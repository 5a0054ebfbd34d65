"""A million audio files in the library's list, nearly all of which have been looked at."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg2.extensions import connection as RawConnection  # noqa: N812

from benchmarks.frame import Result
from benchmarks.lists import ROWS, measure_on, seeded
from syncsphere_desktop.database.seed import SeedAmounts, Seeder
from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.listing import Sort
from syncsphere_desktop.domain.sound import ContentState

if TYPE_CHECKING:
    from benchmarks.shown_list import Subject

_NOW = datetime(2030, 1, 1)
_ROWS = """
SELECT f.id, f.project_id, p.name, f.filename, f.file_path, f.file_size, f.duration, f.sample_rate,
       f.channels, f.format, f.uploaded_by, u.username, f.created_at, f.xmin::text::bigint, c.state,
       c.state_details,
       encode(c.sha256, 'hex'), c.codec, c.verified_at, c.import_id
FROM audio_files f LEFT JOIN projects p ON p.id = f.project_id LEFT JOIN users u ON u.id = f.uploaded_by
LEFT JOIN syncsphere_desktop.audio_content c ON c.file_id = f.id
"""
_STATE = 14

# One in a hundred has a copy, one in a thousand is missing, one in ten was never looked at.
_LOOK_AT_THEM = """
INSERT INTO syncsphere_desktop.audio_content
       (file_id, file_path, size, sha256, state, codec, verified_at, import_id)
SELECT id, file_path, file_size,
       sha256(convert_to((CASE WHEN id % 100 = 0 THEN id / 200 ELSE -id END)::text, 'UTF8')),
       CASE WHEN id % 1000 = 1 THEN 'missing' ELSE 'sound' END, 'PCM 24 bit', created_at,
       md5((id / 500)::text)::uuid
FROM audio_files WHERE id % 10 <> 7
"""


def run() -> list[Result]:
    """Seed an embedded server and measure."""
    with (
        tempfile.TemporaryDirectory(prefix="ss-") as name,
        seeded(Path(name) / "studio", "audio_files", _seed) as target,
    ):
        return measure_on(target, subject)


def subject() -> Subject[AudioFile]:
    """The list of audio files."""
    from benchmarks.shown_list import Subject
    from syncsphere_desktop.database.repositories.audio_files import AudioFileRepository
    from syncsphere_desktop.ui.library.columns import audio_columns

    return Subject(
        label="Audio: ",
        source=lambda database: AudioFileRepository(database, "bench").rows,
        columns=audio_columns(lambda: _NOW, editable=True),
        page=f"{_ROWS} WHERE f.id = ANY(%s)",
        search=(
            f"{_ROWS} WHERE f.filename ILIKE %s OR f.file_path ILIKE %s OR p.name ILIKE %s"
            " OR u.username ILIKE %s ORDER BY f.filename, f.id LIMIT 100"
        ),
        patterns=4,
        row=_audio_file,
        sort=Sort("filename"),
        sorts=(
            Sort("duration"),
            Sort("created_at", descending=True),
            Sort("state"),
            Sort("project"),
            Sort("file_size", descending=True),
            Sort("filename"),
        ),
        typed="kick",
        words=("snare", "vox", "99999", "zzz", "anthem"),
    )


def _audio_file(row: tuple[Any, ...]) -> AudioFile:
    values = list(row)
    values[_STATE] = ContentState(row[_STATE] or ContentState.UNCHECKED)
    return AudioFile(*values)


def _seed(connection: RawConnection) -> list[str]:
    amounts = SeedAmounts(users=20_000, projects=5_000, audio=ROWS)
    Seeder(connection, password_hash="x" * 60).run(amounts)
    with connection, connection.cursor() as cursor:
        cursor.execute(_LOOK_AT_THEM)
    return ["users", "projects", "audio_files", "syncsphere_desktop.audio_content"]
