"""What is said of an import, and in which forms it is saved."""

from __future__ import annotations

import csv
import io
import json
from pathlib import PurePosixPath
from uuid import UUID

import pytest

from syncsphere_desktop.domain.ids import AudioFileId, ProjectId
from syncsphere_desktop.domain.sound import AudioFormat
from syncsphere_desktop.studio.audio_import.naming import library_name, shown, whole
from syncsphere_desktop.studio.audio_import.report import COLUMNS, ImportedFile, ImportReport, ImportStatus

IMPORT = UUID("9953e2fb-820d-44d8-8f35-bdb1acab4733")


def report(*files: ImportedFile, problem: str | None = None) -> ImportReport:
    return ImportReport(IMPORT, ProjectId(7), "Song", files, seconds=2.0, problem=problem)


KICK = ImportedFile(
    "takes/kick.wav",
    ImportStatus.IMPORTED,
    None,
    AudioFileId(12),
    1.5,
    48_000,
    2,
    AudioFormat.WAV,
    "ab" * 32,
    1_000_000,
)
TEXT = ImportedFile("takes/=text.wav", ImportStatus.REJECTED, "It's text named .wav.", size=10)
LEFT = ImportedFile(
    "takes/left.wav", ImportStatus.CANCELLED, "The import was cancelled before it came to this file."
)


def test_json_names_what_became_of_every_file() -> None:
    document = json.loads(report(KICK, TEXT).as_json())

    assert document["import_id"] == str(IMPORT)
    assert (document["imported"], document["rejected"], document["bytes"]) == (1, 1, 1_000_000)
    assert list(document["files"][0]) == list(COLUMNS)
    assert document["files"][0] == {
        "path": "takes/kick.wav",
        "status": "imported",
        "reason": None,
        "id": 12,
        "duration": 1.5,
        "sample_rate": 48_000,
        "channels": 2,
        "format": "wav",
        "sha256": "ab" * 32,
        "size": 1_000_000,
    }


def test_csv_is_read_back_and_runs_no_formula() -> None:
    strange = ImportedFile('=cmd|"/c calc"!A1\n.wav', ImportStatus.REJECTED, "It's empty.")

    rows = list(csv.reader(io.StringIO(report(KICK, strange).as_csv(), newline="")))

    assert rows[0] == list(COLUMNS)
    assert rows[1][:4] == ["takes/kick.wav", "imported", "", "12"]
    assert rows[2][0] == '\'=cmd|"/c calc"!A1\n.wav'


def test_text_says_why_not_first() -> None:
    text = report(KICK, TEXT, LEFT, problem="The audio storage is full.").as_text()

    assert text.splitlines()[0] == (
        "Imported 1 file (1.00 MB) into Song in 2.0 s, 1 not imported, 1 not come to."
        " The audio storage is full."
    )
    assert "  takes/=text.wav: It's text named .wav." in text
    assert text.index("Not imported") < text.index("\nImported (1)")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Kick.wav", "Kick.wav"),
        ("two\nlines.wav", "two lines.wav"),
        ("caf\udce9.wav", "caf\ufffd.wav"),
        ("e\u0301.wav", "\u00e9.wav"),
        (" \t.wav", ".wav"),
        ("x" * 300 + ".wav", "x" * 251 + ".wav"),
        ("x" * 300 + "." + "y" * 30, "x" * 255),
        ("\x01\x02", "audio"),
    ],
)
def test_the_name_of_a_row_is_one_line_that_the_column_holds(given: str, expected: str) -> None:
    assert library_name(PurePosixPath(given)) == expected


def test_paths_are_escaped_where_they_can_not_be_shown() -> None:
    assert shown("a\udce9\n\u202e\x07\u2028é") == "a\\xe9\\n\\u202e\\x07\\u2028é"
    assert whole("a\udce9\n\u202eé") == "a\\xe9\n\u202eé"
