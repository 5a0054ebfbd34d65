"""`users`: the same work as the window's, for scripts."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import bcrypt
import psycopg2
import pytest
from typing_extensions import override

from syncsphere_desktop.settings import ConnectionTarget
from tests.cli.conftest import Command


def _sql(target: ConnectionTarget, statement: str) -> list[tuple[object, ...]]:
    profile = target.profile
    connection = psycopg2.connect(host=profile.host, dbname=profile.database, user=profile.user)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


class _Stdin(io.TextIOWrapper):
    def __init__(self, data: bytes, *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data), "utf-8")
        self._terminal = terminal

    @override
    def isatty(self) -> bool:
        return self._terminal


def test_users_are_listed_as_rows_and_total(command: Command, people: list[int]) -> None:
    document = command("users", "list", "--json").document
    assert document["total"] == 3
    assert [row["username"] for row in document["rows"]] == ["ada", "bob", "eve"]
    row = document["rows"][0]
    assert list(row) == ["id", "username", "email", "created_at", "updated_at"]
    assert (row["id"], row["email"]) == (people[0], "ada@studio.example")
    assert datetime.fromisoformat(row["created_at"]).tzinfo is None


def test_a_list_is_searched_sorted_and_cut(command: Command, people: list[int]) -> None:
    newest = command("--json", "users", "list", "--sort", "id", "--descending", "--limit", "2").document
    assert [row["username"] for row in newest["rows"]] == ["eve", "bob"]
    assert newest["total"] == 3
    rest = command("users", "--json", "list", "--offset", "1", "--limit", "0").document
    assert [row["username"] for row in rest["rows"]] == ["bob", "eve"]
    found = command("users", "list", "--search", "DA studio", "--json").document
    assert [row["username"] for row in found["rows"]] == ["ada"]
    assert command("users", "list", "--search", "%", "--json").document == {"rows": [], "total": 0}


def test_people_read_an_aligned_table(command: Command, people: list[int]) -> None:
    lines = command("users", "list", "--limit", "2").out.splitlines()
    assert lines[0].split() == ["id", "username", "email", "created_at"]
    assert lines[1].index("ada") == lines[2].index("bob") == lines[0].index("username")
    assert lines[3] == "2 of 3 rows"


def test_a_user_is_added_with_the_password_of_a_file(
    command: Command, password_file: str, target: ConnectionTarget
) -> None:
    added = command("users", "add", "o'hara 🎸", "o@x", "--password-file", password_file, "--json")
    assert added.document["username"] == "o'hara 🎸"
    ((stored,),) = _sql(target, "SELECT password_hash FROM users")
    assert str(stored).startswith("$2b$12$")
    assert bcrypt.checkpw(b"correct horse battery", str(stored).encode())


def test_a_password_comes_from_standard_input(
    command: Command, people: list[int], monkeypatch: pytest.MonkeyPatch, target: ConnectionTarget
) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin("pässword of öda\r\nmore".encode()))
    done = command("users", "set-password", "ada", "--password-stdin", "--json")
    assert done.document["username"] == "ada"
    ((stored,),) = _sql(target, "SELECT password_hash FROM users WHERE username = 'ada'")
    assert bcrypt.checkpw("pässword of öda".encode(), str(stored).encode())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "can't be empty"),
        (b"short", "at least 8"),
        (b"x" * 73, "this has 73"),
        ("é".encode() * 37, "this has 74"),
        (b"null\0password", "NUL"),
        (b"\xff\xfe password", "UTF-8"),
    ],
)
def test_a_bad_password_is_refused_and_never_told(
    command: Command, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    refused = command("users", "add", "ada", "a@x", "--password-file", str(path), "--json")
    assert refused.code == 1
    assert refused.error["field"] == "password"
    assert said in refused.error["message"]
    assert command("users", "list", "--json").document["total"] == 0


def test_without_anybody_to_ask_a_password_must_be_given(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(b""))
    assert command("users", "add", "ada", "a@x").code == 2
    missing = command("users", "add", "ada", "a@x", "--password-file", str(tmp_path / "none"), "--json")
    assert (missing.code, missing.error["code"]) == (1, "file")


def test_a_password_is_no_argument(command: Command) -> None:
    assert command("users", "add", "ada", "a@x", "--password", "secret-in-ps").code == 2


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        ((b"correct horse\n", b"correct horse\n"), 0, "Added ada"),
        ((b"correct horse\n", b"correct hearse\n"), 1, "differ"),
    ],
)
def test_a_password_is_asked_for_twice(
    database_url: str, answers: tuple[bytes, bytes], code: int, said: str
) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "syncsphere_desktop", "users", "add", "ada", "a@x"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        seen = ""
        for prompt, answer in zip(("Password: ", "Once more: "), answers, strict=True):
            seen += _read_until(prompt, ours)
            os.write(ours, answer)
        seen += _read_until("nothing more", ours)
        assert process.wait() == code, seen
    os.close(ours)
    assert said in seen
    assert "horse" not in seen


def _read_until(prompt: str, terminal: int) -> str:
    seen = ""
    while prompt not in seen:
        try:
            piece = os.read(terminal, 1000)
        except OSError:  # Linux's way to say that the other side is closed
            break
        if not piece:
            break
        seen += piece.decode()
    return seen


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("edit", "ada", "--username", ""), "username"),
        (("edit", "ada", "--username", "x" * 101), "username"),
        (("edit", "ada", "--username", "bob"), "username"),
        (("edit", "ada", "--username", "\udcff"), "username"),
        (("edit", "ada", "--email", "nobody"), "email"),
        (("edit", "ada", "--email", "bob@studio.example"), "email"),
    ],
)
def test_a_bad_value_is_told_with_its_field(
    command: Command, people: list[int], arguments: tuple[str, ...], field: str
) -> None:
    refused = command("users", *arguments, "--json")
    assert refused.code == 1
    assert refused.error["field"] == field
    assert refused.error["code"] in {"invalid_input", "duplicate"}
    assert command("users", "list", "--search", "ada", "--json").document["total"] == 1


def test_a_user_is_named_by_id_username_or_email(command: Command, people: list[int]) -> None:
    for text in (str(people[0]), f"id:{people[0]}", "ada", "ada@studio.example"):
        assert command("users", "edit", text, "--username", "ada", "--json").document["id"] == people[0]
    missing = command("users", "edit", "nob\udcffody", "--username", "x", "--json")
    assert (missing.code, missing.error["code"]) == (1, "not_found")
    assert "There is no user" in command("users", "edit", "nobody", "--username", "x").err
    assert command("users", "edit", "ada").code == 2


def test_a_user_who_owns_things_is_not_removed(
    command: Command, people: list[int], target: ConnectionTarget
) -> None:
    command("projects", "add", "tape", "--owner", "ada")
    _sql(target, f"INSERT INTO audio_files (filename, file_path, uploaded_by) VALUES ('a','a',{people[0]})")
    refused = command("users", "remove", "ada", "--yes", "--json")
    assert (refused.code, refused.error["code"]) == (1, "in_use")
    assert refused.error["impact"]["projects_owned"] == 1
    assert refused.error["impact"]["audio_files"] == 1
    assert command("users", "remove", "ada", "--release", "--yes").code == 1
    done = command("users", "remove", "ada", "--hand-over-to", "bob", "--yes", "--json")
    assert done.document["removed"] == [people[0]]
    assert done.document["handed_over_to"] == people[1]
    assert _sql(target, "SELECT uploaded_by FROM audio_files") == [(people[1],)]
    assert command("users", "remove", "bob", "bob", "--release", "--yes").code == 1


def test_references_are_cleared_on_wish(
    command: Command, people: list[int], target: ConnectionTarget
) -> None:
    _sql(target, f"INSERT INTO audio_files (filename, file_path, uploaded_by) VALUES ('a','a',{people[0]})")
    done = command("users", "remove", "ada", "eve", "--release", "--yes", "--json")
    assert done.document["removed"] == [people[0], people[2]]
    assert _sql(target, "SELECT uploaded_by FROM audio_files") == [(None,)]


def test_a_removal_is_asked_for(command: Command, people: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("users", "remove", "ada", "--json").code == 2
    monkeypatch.setattr(sys, "stdin", _Stdin(b"", terminal=False))
    assert command("users", "remove", "ada").code == 2
    monkeypatch.setattr(sys, "stdin", _Stdin(b"no\n", terminal=True))
    declined = command("users", "remove", "ada")
    assert (declined.code, declined.out) == (1, "Nothing was removed.\n")
    assert "Removing ada touches nothing else." in declined.err
    monkeypatch.setattr(sys, "stdin", _Stdin(b"y\n", terminal=True))
    assert command("users", "remove", "ada").code == 0
    assert command("users", "list", "--json").document["total"] == 2


def test_things_are_handed_over(command: Command, people: list[int]) -> None:
    command("projects", "add", "tape", "--owner", "ada")
    some = command("users", "hand-over", "ada", "--to", "bob", "--only", "audio,boxes", "--json").document
    assert some["handed_over"]["projects"] == 0
    everything = command("users", "hand-over", "ada", "--to", "bob", "--json").document
    assert (everything["from"], everything["to"]) == (people[0], people[1])
    assert everything["handed_over"]["projects"] == 1
    assert command("users", "hand-over", "ada", "--to", "ada").code == 1
    assert command("users", "hand-over", "ada", "--to", "bob", "--only", "cats").code == 2


def test_text_from_the_database_does_not_steer_the_terminal(
    command: Command, target: ConnectionTarget
) -> None:
    _sql(
        target,
        "INSERT INTO users (username, email, password_hash) VALUES (E'\\x1b[31mred\\n', '中文@x', '-')",
    )
    out = command("users", "list").out
    assert "\x1b" not in out
    assert "�[31mred�" in out
    rows = command("users", "list", "--json").document["rows"]
    assert rows[0]["username"] == "\x1b[31mred\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("users",),
        ("users", "list", "--limit", "-1"),
        ("users", "list", "--limit", "many"),
        ("users", "list", "--sort", "password_hash"),
        ("users", "remove"),
        ("users", "remove", "ada", "--release", "--hand-over-to", "bob"),
        ("users", "dance"),
    ],
)
def test_a_wrong_call_is_told_as_json_with_exit_code_2(command: Command, arguments: tuple[str, ...]) -> None:
    outcome = command(*arguments, "--json")
    assert (outcome.code, outcome.error["code"]) == (2, "usage")


def test_the_list_runs_as_a_program(database_url: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "syncsphere_desktop",
            "users",
            "list",
            "--json",
            "--database-url",
            database_url,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, '{"rows": [], "total": 0}\n'), done.stderr
