"""Each kind of store, over a real folder or server of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from syncsphere_desktop.storage.folders import PathFolder
from syncsphere_desktop.storage.local import LocalStore
from syncsphere_desktop.storage.s3 import S3Store
from syncsphere_desktop.storage.store import AudioStore, open_store
from tests.storage.servers import BUCKET, SECRET, S3Server, SshServer, running_s3, running_sshd

KINDS = ("folder", "folder by paths", "sftp", "s3")


@pytest.fixture(scope="session")
def ssh_server() -> Iterator[SshServer]:
    """A running sshd."""
    with running_sshd() as server:
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """A running S3 server."""
    with running_s3() as server:
        yield server


@pytest.fixture
def sshd(ssh_server: SshServer, monkeypatch: pytest.MonkeyPatch) -> SshServer:
    """The sshd, to which this account's own keys lead."""
    monkeypatch.setenv("HOME", str(ssh_server.home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return ssh_server


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which kind of store the test is about."""
    return str(request.param)


@pytest.fixture
def folder(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Where the store's files are on this machine, behind the server's back."""
    name = f"root-{uuid4().hex[:8]}"
    if kind == "sftp":
        place: Path = request.getfixturevalue("sshd").folder / name
    elif kind == "s3":
        place = request.getfixturevalue("s3_server").folder / BUCKET / name
    else:
        place = tmp_path / name
    place.mkdir()
    return place


class Behind:
    """Changes what is in a store as other services would, not by the store."""

    def __init__(self, folder: Path, bucket: AudioStore | None) -> None:
        self._folder = folder
        self._bucket = bucket

    def write(self, name: str, data: bytes) -> None:
        """Put a file there."""
        if isinstance(self._bucket, S3Store):
            # Its server would not notice what is done to its folder.
            self._bucket._system.pipe_file(f"{BUCKET}/{self._folder.name}/{name}", data)
        else:
            (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / name).write_bytes(data)

    def take_away(self, name: str) -> bytes:
        """Remove a file, and return what was in it."""
        data = (self._folder / name).read_bytes()
        if isinstance(self._bucket, S3Store):
            self._bucket._system.rm_file(f"{BUCKET}/{self._folder.name}/{name}")
        else:
            (self._folder / name).unlink()
        return data


@pytest.fixture
def behind(kind: str, folder: Path, opener: Callable[[], AudioStore]) -> Behind:
    """A hand behind the store's back."""
    return Behind(folder, opener() if kind == "s3" else None)


@pytest.fixture
def opener(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[], AudioStore]]:
    """Opens the test's store, each time as another app would."""
    opened: list[AudioStore] = []

    def open_it() -> AudioStore:
        match kind:
            case "sftp":
                store = open_store(request.getfixturevalue("sshd").url(folder))
            case "s3":
                store = open_store(request.getfixturevalue("s3_server").url(folder.name), secret=SECRET)
            case "folder by paths":
                store = LocalStore(folder, open_folder=PathFolder.at)
            case _:
                store = open_store(str(folder))
        opened.append(store)
        return store

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(opener: Callable[[], AudioStore]) -> AudioStore:
    """A store with nothing in it."""
    return opener()
