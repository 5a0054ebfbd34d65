"""Runs the real command line in this process on a fresh database."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from syncsphere_desktop.cli.run import run
from syncsphere_desktop.settings import ConnectionTarget


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error that the document tells."""
        error: dict[str, Any] = self.document["error"]
        return error


Command = Callable[..., Outcome]


def url_of(target: ConnectionTarget) -> str:
    """Return the address of a database reached by a socket folder."""
    profile = target.profile
    return f"postgresql://{profile.user}@/{profile.database}?host={quote(profile.host, safe='')}"


@pytest.fixture
def database_url(target: ConnectionTarget, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a fresh database, named by the environment for every command."""
    url = url_of(target)
    monkeypatch.setenv("SYNCSPHERE_DATABASE_URL", url)
    return url


@pytest.fixture
def command(database_url: str, capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Run a command line and return its outcome; `capsys` holds nothing of it afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        code = run(arguments)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    yield call
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def password_file(tmp_path: Any) -> str:
    """A file with a password that is good enough."""
    path = tmp_path / "password"
    path.write_text("correct horse battery\n", "utf-8")
    return str(path)


@pytest.fixture
def people(command: Command, password_file: str, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ada, Bob and Eve; their ids."""
    monkeypatch.setattr("syncsphere_desktop.studio.passwords.BCRYPT_COST", 4)
    ids = []
    for name in ("ada", "bob", "eve"):
        added = command(
            "users", "add", name, f"{name}@studio.example", "--password-file", password_file, "--json"
        )
        assert added.code == 0, added
        ids.append(added.document["id"])
    return ids
