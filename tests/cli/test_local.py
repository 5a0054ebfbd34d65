"""`local` as scripts use it: documents, exit codes, and a server that runs on between two commands."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg2
import pytest
from psycopg2.extensions import connection as RawConnection  # noqa: N812
from websockets.sync.client import connect

from syncsphere_desktop.cli.run import run

_CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One home for this module: its studio is made once, and stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNCSPHERE_HOME", name)
        yield Path(name)
        run(["local", "stop", "--force"])


@pytest.fixture
def running(home: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The home, with its studio running."""
    assert run(["local", "start", "--json"]) == 0
    capsys.readouterr()
    return home


def _document(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, object]:
    assert run(["local", *arguments, "--json"]) == code
    output = capsys.readouterr().out
    document: dict[str, object] = json.loads(output)
    return document


def test_start_stop_and_status_tell_how_it_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = _document(capsys, "start")
    assert (started["running"], started["kept"], started["users"], started["projects"]) == (
        True,
        True,
        40,
        25,
    )
    status = _document(capsys, "status")
    assert {**status, "database_size": 0} == {**started, "database_size": 0}
    assert _document(capsys, "stop") == {"stopped": True, "running": False}
    assert _document(capsys, "stop") == {"stopped": False, "running": False}
    resting = _document(capsys, "status")
    assert set(resting) == set(started)
    assert (resting["running"], resting["database_url"], resting["feed_url"]) == (False, None, None)


def test_activity_moves_tracks_until_the_studio_stops(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started = _document(capsys, "start", "--activity", "--seed", "3", "--pace", "0.02")
    assert started["activity"] is True
    trusting = ssl.create_default_context(cafile=str(started["feed_authorities"]))
    with connect(str(started["feed_url"]), ssl=trusting) as feed:
        for project in range(1, 26):
            asked = {"type": "SYNC_REQUEST", "projectId": project, "userId": "x", "data": {"observe": True}}
            feed.send(json.dumps(asked))
        kinds: set[str] = set()
        while not kinds >= {"USER_JOIN", "BOX_OWNERSHIP_CLAIMED", "BOX_OWNERSHIP_RELEASED"}:
            kinds.add(json.loads(feed.recv(timeout=30))["type"])
    assert _document(capsys, "stop")["stopped"] is True
    assert _document(capsys, "start")["activity"] is False
    error = _document(capsys, "start", "--pace", "0", code=2)["error"]
    assert isinstance(error, dict)
    assert error["code"] == "usage"


def test_the_text_forms_say_the_same(running: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["local", "status"]) == 0
    assert "40 users, 25 projects" in capsys.readouterr().out
    assert run(["local", "url"]) == 0
    assert "wss://127.0.0.1:" in capsys.readouterr().out
    assert run(["local", "stop"]) == 0
    assert "was stopped" in capsys.readouterr().out
    assert run(["local", "status"]) == 0
    assert "not running" in capsys.readouterr().out


def test_url_gives_addresses_that_answer(running: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = _document(capsys, "url")
    assert set(document) == {"database_url", "feed_url", "feed_authorities", "storage_url"}
    trusting = ssl.create_default_context(cafile=str(document["feed_authorities"]))
    with connect(str(document["feed_url"]), ssl=trusting) as feed:
        feed.send('{"type": "SYNC_REQUEST", "projectId": "1", "userId": "watcher", "data": {}}')
        assert json.loads(feed.recv(timeout=20))["type"] == "SYNC_RESPONSE"
    folder = Path(unquote(urlsplit(str(document["storage_url"])).path))
    connection = psycopg2.connect(str(document["database_url"]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT file_path, file_size FROM audio_files")
        for path, size in cursor.fetchall():
            assert (folder / path).stat().st_size == size
    connection.close()


def test_url_of_a_resting_studio_is_an_error(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["local", "stop"]) == 0
    capsys.readouterr()
    error = _document(capsys, "url", code=1)["error"]
    assert isinstance(error, dict)
    assert error["code"] == "local_studio"


def test_a_new_studio_has_its_audio_before_a_command_works_on_it_and_only_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        monkeypatch.setenv("SYNCSPHERE_HOME", name)
        assert run(["audio", "verify", "--quick", "--local"]) == 0, capsys.readouterr()
        takes = sorted((Path(name) / "data" / "local-studio" / "audio").rglob("*.wav"))
        assert takes
        takes[0].unlink()
        assert run(["audio", "verify", "--quick", "--local"]) == 3  # what is gone is not made up for
        assert not takes[0].exists()


def test_seed_adds_what_is_asked_for(running: Path, capsys: pytest.CaptureFixture[str]) -> None:
    amounts = ("--users", "200", "--projects", "20", "--audio", "30", "--boxes", "40")
    report = _document(capsys, "seed", *amounts, "--seed", "9")
    collaborators = report.pop("collaborators")
    assert isinstance(collaborators, int)
    assert collaborators >= 20
    assert report == {"users": 200, "projects": 20, "audio": 30, "boxes": 40}
    before = _document(capsys, "status")["users"]
    assert run(["local", "seed", "--users", "10"]) == 0
    assert "Added 10 users" in capsys.readouterr().out
    assert _document(capsys, "status")["users"] == int(str(before)) + 10


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("seed",), "usage"),
        (("seed", "--users", "many"), "usage"),
        (("nonsense",), "usage"),
        (("reset",), "usage"),
    ],
)
def test_wrong_use_ends_with_2(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: str,
) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        error = _document(capsys, *arguments, code=2)["error"]
    assert isinstance(error, dict)
    assert error["code"] == code


def test_a_negative_number_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    error = _document(capsys, "seed", "--users", "-1", code=1)["error"]
    assert isinstance(error, dict)
    assert (error["code"], error["field"]) == ("invalid_input", "users")


def test_reset_gives_the_sample_back_and_it_runs_on(
    running: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["local", "seed", "--users", "5"]) == 0
    capsys.readouterr()
    assert _document(capsys, "reset", "--yes") == {"reset": True}
    status = _document(capsys, "status")
    assert (status["users"], status["running"], status["kept"]) == (40, True, True)


def test_ctrl_c_ends_a_seeding_and_leaves_nothing(running: Path, capsys: pytest.CaptureFixture[str]) -> None:
    users = _document(capsys, "status")["users"]
    command = [sys.executable, "-m", "syncsphere_desktop", "local", "seed", "--users", "3000000"]
    seeding = subprocess.Popen(
        command,
        cwd=_CHECKOUT,
        env={**os.environ, "SYNCSPHERE_HOME": str(running), "PYTHONPATH": str(_CHECKOUT)},
    )
    connection = psycopg2.connect(str(_document(capsys, "url")["database_url"]))
    connection.autocommit = True
    while not _is_adding_users(connection):
        assert seeding.poll() is None
    connection.close()
    seeding.send_signal(signal.SIGINT)
    assert seeding.wait(timeout=60) == 130
    assert _document(capsys, "status")["users"] == users


def _is_adding_users(connection: RawConnection) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%INSERT INTO users%'"
            " AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone() is not None
