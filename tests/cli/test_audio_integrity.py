"""`audio verify|export|remove|quarantine`, for scripts."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from typing_extensions import override

from syncsphere_desktop.settings import ConnectionTarget
from tests.bundle_maker import DATA
from tests.cli.conftest import Command
from tests.read_only import read_only
from tests.servers import execute
from tests.studio.integrity.library import sha256, wav


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The storage, named by the environment; empty."""
    folder = tmp_path / "audio"
    folder.mkdir()
    monkeypatch.setenv("SYNCSPHERE_STORAGE_URL", str(folder))
    monkeypatch.setenv("SYNCSPHERE_HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def tape(root: Path, command: Command, people: list[int], target: ConnectionTarget) -> int:
    """A project with two files that another service stored; their ids are 1 and 2."""
    project: int = command("projects", "add", "Tape", "--owner", "ada", "--json").document["id"]
    for name, content in (("kick.wav", wav()), ("snare.wav", wav(pitch=330))):
        (root / name).write_bytes(content)
        execute(
            target,
            "INSERT INTO audio_files (project_id, filename, file_path)"
            f" VALUES ({project}, '{name}', '{name}')",
        )
    return project


def test_verify_ends_with_0_3_and_1(command: Command, tape: int, root: Path) -> None:
    sound = command("audio", "verify", "--json")
    assert (sound.code, sound.document["sound"], sound.document["files"]) == (0, True, 2)
    content = bytearray((root / "kick.wav").read_bytes())
    content[-1] ^= 1
    (root / "kick.wav").write_bytes(content)
    (root / "stray.wav").write_bytes(wav())
    found = command("audio", "verify", "--json")
    assert found.code == 3
    assert found.document["counts"] == {"changed": 1, "orphan": 1}
    changed = found.document["findings"][0]
    assert list(changed) == [
        "kind",
        "id",
        "project_id",
        "filename",
        "path",
        "details",
        "size",
        "sha256",
        "uses",
    ]
    assert (changed["kind"], changed["id"], changed["sha256"]) == ("changed", 1, sha256(wav()))
    assert "kick.wav" in command("audio", "verify", "--project", "Tape").out
    for path in root.glob("*.wav"):
        path.unlink()
    failed = command("audio", "verify", "--json")
    assert (failed.code, failed.error["code"]) == (1, "store_unavailable")


def test_verify_without_a_storage_says_so(
    command: Command, tape: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SYNCSPHERE_STORAGE_URL")
    failed = command("audio", "verify", "--json")
    assert (failed.code, failed.error["code"]) == (1, "store_unavailable")


def test_files_are_exported(command: Command, tape: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = command("audio", "export", "--project", "Tape", "--to", str(out), "--json")
    assert (done.code, done.document["done"]) == (0, 2)
    assert (out / "Tape" / "kick.wav").read_bytes() == wav()
    assert command("audio", "export", "99", "--to", str(out), "--json").error["code"] == "not_found"
    assert command("audio", "export", "--to", str(out)).code == 2


def test_what_is_removed_comes_back_or_is_removed_for_good(
    command: Command, tape: int, root: Path, target: ConnectionTarget
) -> None:
    assert command("audio", "remove", "1", "--json").code == 2  # nobody can be asked
    removed = command("audio", "remove", "1", "--yes", "--json")
    assert (removed.code, removed.document["files"][0]["status"]) == (0, "done")
    assert len(execute(target, "SELECT id FROM syncsphere_desktop.audio_stores")) == 1
    assert not (root / "kick.wav").exists()
    held = command("audio", "quarantine", "list", "--json").document["rows"]
    assert [(row["file_id"], row["filename"]) for row in held] == [(1, "kick.wav")]
    assert command("audio", "quarantine", "restore", str(held[0]["id"])).code == 0
    assert (root / "kick.wav").read_bytes() == wav()
    assert command("audio", "remove", "1", "--for-good", "--yes").code == 0
    assert command("audio", "quarantine", "list", "--json").document["total"] == 0
    assert not [path for path in root.rglob("*") if path.name == "kick.wav"]


def test_how_many_versions_name_a_file_is_said_before_and_after_it_is_removed(
    command: Command, tape: int, root: Path, target: ConnectionTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "vox take 1.wav").write_bytes(wav())
    execute(
        target,
        "INSERT INTO audio_files (project_id, filename, file_path)"
        f" VALUES ({tape}, 'vox take 1.wav', 'vox take 1.wav')",
    )
    assert command("bundle", "import", str(DATA / "studio-project-v2.odb"), "--project", "Tape").code == 0

    class Terminal(StringIO):
        @override
        def isatty(self) -> bool:
            return True

    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", Terminal("n\n"))
        asked = command("audio", "remove", "1", "3")
    assert asked.code == 1
    assert "1 stored version still names it: it would be silent there." in asked.err
    told = command("audio", "remove", "1", "3", "--yes", "--json").document
    assert {file["id"]: file["versions"] for file in told["files"]} == {1: 0, 3: 1}
    held = command("audio", "quarantine", "list", "--json").document["rows"]
    assert command("audio", "quarantine", "restore", *(str(row["id"]) for row in held)).code == 0
    people = command("audio", "remove", "3", "--yes").out
    assert people.endswith("\n1 stored version still names it: it would be silent there.\n")


def test_a_row_without_its_file_is_said_to_go_alone(command: Command, tape: int, root: Path) -> None:
    (root / "kick.wav").unlink()
    assert command("audio", "remove", "1", "--yes").out == "Removed 1 row alone, without a file.\n"
    held = command("audio", "quarantine", "list", "--json").document["rows"][0]["id"]
    restored = command("audio", "quarantine", "restore", str(held)).out
    assert restored == "Restored 1 row alone, without a file.\n"
    both = command("audio", "quarantine", "put", "1", "2").out
    assert both.startswith("Quarantined 1 file, ")
    assert both.endswith(", and 1 row alone, without a file.\n")


def test_what_a_check_found_is_quarantined_and_emptied(command: Command, tape: int, root: Path) -> None:
    (root / "stray.wav").write_bytes(b"x")
    (root / "later.wav").write_bytes(b"y")
    assert command("audio", "verify").code == 3
    (root / "later.wav").write_bytes(b"changed since")
    done = command("audio", "quarantine", "put", "--found", "orphan", "--json")
    assert done.code == 1
    assert {file["path"]: file["status"] for file in done.document["files"]} == {
        "stray.wav": "done",
        "later.wav": "skipped",
    }
    assert command("audio", "quarantine", "empty", "--yes", "--json").document["done"] == 0  # none is due
    held = command("audio", "quarantine", "list", "--json").document["rows"]
    assert command("audio", "quarantine", "empty", str(held[0]["id"]), "--yes").code == 0


def test_what_a_crash_left_is_settled_before_a_check(
    command: Command, tape: int, root: Path, target: ConnectionTarget
) -> None:
    (root / ".syncsphere" / "trash" / "1").mkdir(parents=True)
    (root / "kick.wav").rename(root / ".syncsphere" / "trash" / "1" / "kick.wav")
    execute(
        target,
        "INSERT INTO syncsphere_desktop.trash"
        " (actor, reason, state, file_id, filename, original_path, trash_path, expires_at)"
        " VALUES ('ada', 'x', 'moving', 1, 'kick.wav', 'kick.wav', '.syncsphere/trash/1/kick.wav', now())",
    )
    assert command("audio", "verify").code == 0
    assert (root / "kick.wav").exists()


def test_a_store_that_is_read_only_is_verified_and_nothing_is_taken_out(
    command: Command, tape: int, root: Path, tmp_path: Path
) -> None:
    with read_only(root):
        sound = command("audio", "verify", "--json")
        assert (sound.code, sound.document["sound"]) == (0, True)
        assert "not written to" in sound.document["notes"][0]
        assert "not written to" in command("audio", "verify").out
        refused = command("audio", "remove", "1", "--yes", "--json")
        assert (refused.code, refused.document["error"]["code"]) == (1, "store_read_only")
        assert command("audio", "export", "1", "--to", str(tmp_path / "out")).code == 0
    assert command("audio", "list", "--json").document["total"] == 2


def test_another_store_is_refused_until_it_is_adopted(
    command: Command, tape: int, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("audio", "remove", "1", "--yes").code == 0  # claims the store
    marker = root / ".syncsphere" / "store.json"
    before = json.loads(marker.read_text())["store"]
    assert "Nothing was changed" in command("audio", "adopt-storage", "--yes").out
    marker.unlink()
    lost = command("audio", "verify", "--json")
    assert lost.code == 1
    assert "audio adopt-storage" in lost.error["message"]

    class Terminal(StringIO):
        @override
        def isatty(self) -> bool:
            return True

    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", Terminal("n\n"))
        asked = command("audio", "adopt-storage")
    assert (asked.code, marker.exists()) == (1, False)
    assert f"remembers the audio storage {before} at {root}" in asked.err
    assert "Of the studio's first 1 file, 1 can be found in it." in asked.err
    assert "has no mark, and gets one" in asked.err
    assert command("audio", "adopt-storage", "--json").code == 2, "nobody can be asked"
    told = command("audio", "adopt-storage", "--yes", "--json").document
    now = json.loads(marker.read_text())["store"]
    assert told == {
        "adopted": True,
        "store": now,
        "url": str(root),
        "before": {"store": before, "url": str(root)},
        "files_sought": 1,
        "files_found": 1,
    }
    assert command("audio", "verify").code == 0

    other = tmp_path / "other"
    shutil.copytree(root, other)
    (other / ".syncsphere" / "store.json").write_text(json.dumps({"store": before}))
    monkeypatch.setenv("SYNCSPHERE_STORAGE_URL", str(other))
    assert "audio adopt-storage" in command("audio", "verify").err
    assert command("audio", "adopt-storage", "--yes").code == 0
    assert command("audio", "verify").code == 0


def test_a_store_without_the_studios_files_is_adopted_only_when_that_is_said(
    command: Command, tape: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("audio", "remove", "1", "--yes").code == 0
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("SYNCSPHERE_STORAGE_URL", str(tmp_path / "empty"))
    refused = command("audio", "adopt-storage", "--yes")
    assert refused.code == 1
    assert "--without-files" in refused.err
    assert not list((tmp_path / "empty").iterdir())
    assert command("audio", "adopt-storage", "--yes", "--without-files").code == 0


def test_a_file_that_lies_elsewhere_is_found_again(command: Command, tape: int, root: Path) -> None:
    assert command("audio", "verify").code == 0
    (root / "kick.wav").rename(root / "moved.wav")
    assert command("audio", "verify").code == 3
    found = command("audio", "relocate", "--json")
    assert found.code == 0
    assert [(file["id"], file["path"], file["status"]) for file in found.document["files"]] == [
        (1, "moved.wav", "done")
    ]
    assert command("audio", "verify").code == 0
    assert command("audio", "relocate").out == "Found again 0 files, 0 B.\n"
    there = command("audio", "relocate", "2", "--json")
    assert (there.code, there.document["files"][0]["status"]) == (1, "skipped")


def test_rows_are_described_anew(command: Command, tape: int, root: Path, target: ConnectionTarget) -> None:
    assert command("audio", "verify").code == 0
    execute(target, "UPDATE audio_files SET duration = 'NaN' WHERE id = 1")
    (root / "snare.wav").write_bytes(wav(1.0))
    assert command("audio", "verify", "--json").document["counts"] == {"changed": 1, "misdescribed": 1}
    told = command("audio", "probe", "1", "--json")
    assert (told.code, told.document["files"][0]["path"]) == (0, "kick.wav")
    assert command("audio", "probe", "--found", "changed").code == 0
    assert command("audio", "verify").code == 0
    rows = {row["id"]: row for row in command("audio", "list", "--json").document["rows"]}
    assert (rows[1]["duration"], rows[2]["duration"]) == (0.25, 1.0)
    assert command("audio", "probe").code == 2


def test_people_read_sizes_and_lengths_and_scripts_the_exact_ones(command: Command, tape: int) -> None:
    assert command("audio", "probe", "1").code == 0
    line = command("audio", "list").out.splitlines()[1]
    assert "4.04 kB" in line
    assert "0:00.25" in line
    exact = command("audio", "list", "--json").document["rows"][0]
    assert (exact["file_size"], exact["duration"]) == (len(wav()), 0.25)
    assert command("audio", "remove", "1", "--yes").code == 0
    assert "4.04 kB" in command("audio", "quarantine", "list").out
    assert command("audio", "quarantine", "list", "--json").document["rows"][0]["size"] == len(wav())


def test_exporting_again_finds_all_there_and_overwrites_when_that_is_said(
    command: Command, tape: int, tmp_path: Path
) -> None:
    export = ("audio", "export", "1", "2", "--structure", "flat", "--to", str(tmp_path / "out"))
    assert command(*export).code == 0
    again = command(*export)
    assert (again.code, again.out) == (0, "Exported 0 files, 0 B. 2 files were there already, the same.\n")
    (tmp_path / "out" / "kick.wav").write_bytes(b"another take")
    told = command(*export, "--overwrite", "--json").document
    assert (told["done"], told["unchanged"], told["not_done"]) == (1, 1, 0)
    assert (tmp_path / "out" / "kick.wav").read_bytes() == wav()
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_names_that_turn_the_writing_round_are_not_printed_so(
    command: Command, tape: int, target: ConnectionTarget
) -> None:
    execute(target, "UPDATE audio_files SET filename = 'kick' || chr(8238) || 'gpj.wav' WHERE id = 1")
    out = command("audio", "list").out
    assert "kick_gpj.wav" in out
    assert "\u202e" not in out
