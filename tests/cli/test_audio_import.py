"""`audio import|list|imports|undo`: taking files in, on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from syncsphere_desktop.cli.run import run
from tests.cli.conftest import Command, Outcome
from tests.studio.audio_import.studio import sha256, write_takes, write_wav

KEYS = ["path", "status", "reason", "id", "duration", "sample_rate", "channels", "format", "sha256", "size"]


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """A folder with three takes, and one text that is none."""
    folder = write_takes(tmp_path / "takes", 3)
    (folder / "notes.wav").write_text("take 2 is the one")
    return folder


@pytest.fixture
def project(command: Command, people: list[int]) -> str:
    """The id of a project of Ada's."""
    added = command("projects", "add", "Song", "--owner", "ada", "--json")
    return str(added.document["id"])


@pytest.fixture
def audio(
    command: Command, project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Outcome]:
    """Run a command about audio, with a folder as the storage."""
    root = tmp_path / "audio"
    root.mkdir()
    monkeypatch.setenv("SYNCSPHERE_STORAGE_URL", str(root))
    monkeypatch.setenv("SYNCSPHERE_HOME", str(tmp_path / "home"))

    def call(*arguments: object) -> Outcome:
        return command("audio", *map(str, arguments))

    return call


def test_an_import_reports_on_every_file(audio: Callable[..., Outcome], project: str, takes: Path) -> None:
    done = audio("import", "--project", project, "--as", "ada", takes, "--json")

    assert done.code == 0, done
    files = done.document["files"]
    assert [list(file) for file in files] == [KEYS] * 4
    assert [file["status"] for file in files] == ["imported", "imported", "imported", "rejected"]
    assert files[0]["path"] == str(takes / "000.wav")
    assert files[0]["sha256"] == sha256(takes / "000.wav")
    assert (files[0]["duration"], files[0]["sample_rate"], files[0]["channels"]) == (0.05, 8000, 1)
    assert files[3]["reason"] == "It's text named .wav."

    again = audio("import", "--project", "Song", takes, "--json")
    assert [file["status"] for file in again.document["files"]] == ["duplicate"] * 3 + ["rejected"]
    assert [file["id"] for file in again.document["files"]] == [file["id"] for file in files]


def test_a_dry_run_writes_nothing(
    audio: Callable[..., Outcome], project: str, takes: Path, tmp_path: Path
) -> None:
    done = audio("import", "--project", project, takes, "--dry-run", "--json")

    assert done.code == 0, done
    assert (done.document["dry_run"], done.document["new"], done.document["rejected"]) == (True, 3, 1)
    assert [file["status"] for file in done.document["files"]] == ["new", "new", "new", "rejected"]
    assert list((tmp_path / "audio").iterdir()) == []
    assert audio("list", "--json").document["total"] == 0


def test_people_read_what_was_not_imported_and_why(
    audio: Callable[..., Outcome], project: str, takes: Path
) -> None:
    done = audio("import", "--project", project, takes)

    assert done.out.splitlines()[0] == f"{takes}/notes.wav: It's text named .wav."
    assert done.out.splitlines()[-1].startswith("Imported 3 files")


def test_repeats_within_an_import_and_hidden_files_are_counted_apart(
    audio: Callable[..., Outcome], project: str, takes: Path, tmp_path: Path
) -> None:
    (takes / "notes.wav").unlink()
    (takes / "again.wav").write_bytes((takes / "000.wav").read_bytes())
    (takes / ".DS_Store").write_bytes(b"x")
    (takes / "._000.wav").write_bytes(b"x")

    planned = audio("import", "--project", project, takes, "--dry-run")
    assert planned.code == 0, planned
    *lines, last = planned.out.splitlines()
    assert f"{takes}/001.wav: new, WAV, 0:00.05, " in lines[1]
    assert f"{takes}/again.wav: It has the same content as takes/000.wav." in lines
    assert len(lines) == 4
    assert last.endswith("into Song, 1 the same as another of them, 2 hidden of desktops passed over.")

    done = audio("import", "--project", project, takes)
    assert "here already" not in done.out
    assert ", 1 the same as another of them, 2 hidden files of desktops passed over." in done.out
    again = audio("import", "--project", project, takes, "--json").document
    assert (again["duplicates"], again["repeats"], again["rejected"], again["skipped"]) == (4, 0, 0, 2)
    assert {file["status"] for file in again["files"]} == {"duplicate"}


def test_help_names_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["audio", "import", "--help"])
    assert "FLAC, Ogg Vorbis, Opus, MP3" in " ".join(capsys.readouterr().out.split())


def test_an_import_that_can_take_nothing_fails(
    audio: Callable[..., Outcome], project: str, tmp_path: Path
) -> None:
    done = audio("import", "--project", project, tmp_path / "nothing.wav", "--json")

    assert done.code == 1
    assert done.document["files"][0]["reason"] == "It isn't there."


def test_who_and_where_must_be_known(audio: Callable[..., Outcome], project: str, takes: Path) -> None:
    assert audio("import", "--project", "9999", takes, "--json").error["code"] == "not_found"
    assert (
        audio("import", "--project", project, "--as", "nobody", takes, "--json").error["code"] == "not_found"
    )
    assert audio("import", takes).code == 2


def test_a_storage_that_is_not_there_is_told(
    audio: Callable[..., Outcome], project: str, takes: Path, tmp_path: Path
) -> None:
    done = audio("import", "--project", project, takes, "--storage-url", tmp_path / "nowhere", "--json")

    assert (done.code, done.error["code"]) == (1, "store_unavailable")


def test_files_are_listed_by_what_they_are(
    audio: Callable[..., Outcome], project: str, takes: Path, tmp_path: Path
) -> None:
    audio("import", "--project", project, "--as", "bob", takes)
    long = write_wav(tmp_path / "long.wav", seconds=2)
    imported = audio("import", "--project", project, long, "--json").document

    def names(*options: object) -> list[str]:
        listed = audio("list", *options, "--json")
        assert listed.code == 0, listed
        return [row["filename"] for row in listed.document["rows"]]

    assert names() == ["000.wav", "001.wav", "002.wav", "long.wav"]
    assert names("--min-duration", "1") == ["long.wav"]
    assert names("--user", "bob", "--sort", "filename", "--descending")[0] == "002.wav"
    assert names("--import", imported["import_id"]) == ["long.wav"]
    assert names("--sha256", sha256(long)) == ["long.wav"]
    assert names("--project", "Song", "--format", "wav", "--state", "sound", "--sample-rate", 8000) == names()
    assert names("--no-project") == names("--duplicates") == names("--channels", 2) == []
    assert audio("list", "--max-duration", "nan").code == 2
    assert "long.wav" in audio("list").out


def test_a_whole_import_is_undone(audio: Callable[..., Outcome], project: str, takes: Path) -> None:
    imported = audio("import", "--project", project, takes, "--json").document
    (listed,) = audio("imports", "--json").document["rows"]
    assert (listed["id"], listed["imported"], listed["rejected"]) == (imported["import_id"], 3, 1)

    undone = audio("undo", imported["import_id"], "--json")

    assert (undone.code, undone.document["done"]) == (0, 3)
    assert audio("list", "--json").document["total"] == 0
    assert audio("imports", "--json").document["rows"][0]["undone_at"] is not None
    assert audio("undo", imported["import_id"], "--json").error["code"] == "not_found"
    assert audio("undo", "nonsense").code == 2
