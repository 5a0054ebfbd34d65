"""Servers that are strange, closed, gone or full are told for what they are, and no secret is shown."""

from __future__ import annotations

import io
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from syncsphere_desktop.errors import AppError, InputError, StoreFullError, StoreUnavailableError
from syncsphere_desktop.storage.paths import StorePath
from syncsphere_desktop.storage.store import BLOCK_BYTES, AudioStore, open_store
from tests.storage.servers import (
    BUCKET,
    KEY_ID,
    SECRET,
    S3Server,
    SshServer,
    free_port,
    running_s3,
    running_sshd,
)

AT = StorePath("projects/12/Kick-3f9a1c2e.wav")


def told(store: AudioStore, words: str, *, retryable: bool) -> None:
    """Check that the store can't be used, and says why."""
    with pytest.raises(StoreUnavailableError, match=words) as caught:
        store.check()
    assert caught.value.retryable is retryable
    assert SECRET not in f"{caught.value.message} {caught.value.details} {store.url} {store!r} {store.root}"
    store.close()


def test_a_server_that_is_not_known_is_refused(sshd: SshServer) -> None:
    known = sshd.home / ".ssh" / "known_hosts"
    kept = known.read_text()
    known.write_text("")
    try:
        told(open_store(sshd.url(sshd.folder)), "host key", retryable=False)
    finally:
        known.write_text(kept)


def test_a_server_with_another_key_than_the_known_one_is_refused(sshd: SshServer) -> None:
    known = sshd.home / ".ssh" / "known_hosts"
    kept = known.read_text()
    other = (sshd.home / ".ssh" / "id_ed25519.pub").read_text()
    known.write_text(f"[127.0.0.1]:{sshd.port} {other}")
    try:
        told(open_store(sshd.url(sshd.folder)), "somebody may listen in", retryable=False)
    finally:
        known.write_text(kept)


def test_a_key_that_is_not_accepted_is_told(
    sshd: SshServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".ssh").mkdir()
    shutil.copy(sshd.home / ".ssh" / "known_hosts", tmp_path / ".ssh")
    monkeypatch.setenv("HOME", str(tmp_path))
    told(open_store(sshd.url(sshd.folder), secret=SECRET), "doesn't let us in", retryable=False)


def test_a_folder_that_the_server_has_not_is_told(sshd: SshServer) -> None:
    told(open_store(sshd.url(sshd.folder / "none")), "not there", retryable=True)


@pytest.mark.parametrize(
    "address", ["sftp://ada@127.0.0.1:{port}/x", "s3://{key}@b?endpoint=http://127.0.0.1:{port}"]
)
def test_a_server_that_is_off_is_told(address: str, sshd: SshServer) -> None:
    store = open_store(address.format(port=free_port(), key=KEY_ID), secret=SECRET)
    told(store, "can't be reached", retryable=True)


def test_a_server_that_goes_away_in_the_middle_is_told_and_may_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running_sshd() as server:
        monkeypatch.setenv("HOME", str(server.home))
        store = open_store(server.url(server.folder))
        store.put(io.BytesIO(b"x"), AT)
        stored = store.open(AT)
        for session in subprocess.run(
            ["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True, check=True
        ).stdout.split():
            subprocess.run(["kill", "-9", session], check=True)  # the sessions of this very server
        with pytest.raises(OSError, match="broke"):
            stored.read()
        stored.close()
        store.put(io.BytesIO(b"y"), StorePath("y.wav"))  # by a new connection
        store.close()


def test_a_link_on_the_server_is_not_followed(sshd: SshServer, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.wav").write_bytes(b"outside")
    (root / "folder").symlink_to(tmp_path / "secret")
    (root / "a.wav").symlink_to(tmp_path / "secret" / "a.wav")
    store = open_store(sshd.url(root))
    for path in (StorePath("folder/a.wav"), StorePath("a.wav")):
        with pytest.raises(AppError, match="link"):
            store.open(path)
        with pytest.raises(AppError, match="link"):
            store.put(io.BytesIO(b"x"), StorePath(f"{path}/b.wav"))
    assert not list(store.walk())
    assert [path.name for path in (tmp_path / "secret").iterdir()] == ["a.wav"]
    store.close()


def test_a_full_server_is_told(sshd: SshServer, tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this account may not mount a file system")
    store = open_store(sshd.url(place))
    try:
        store.mark()
        with pytest.raises(StoreFullError):
            store.put(io.BytesIO(bytes(9 * BLOCK_BYTES)), AT)
        assert not list(store.leftovers())
    finally:
        store.close()
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_secret_that_is_wrong_is_told(s3_server: S3Server) -> None:
    told(open_store(s3_server.url("x"), secret="no"), "right", retryable=False)


def test_a_bucket_that_is_not_there_is_told(s3_server: S3Server) -> None:
    url = s3_server.url("x").replace(BUCKET, "nowhere")
    told(open_store(url, secret=SECRET), "no bucket “nowhere”", retryable=False)


def test_an_upload_that_a_crash_broke_off_is_found_and_given_up(s3_server: S3Server) -> None:
    store = open_store(s3_server.url("broken-off"), secret=SECRET)
    store.mark()
    part = "broken-off/a/.syncsphere-0123456789abcdef.part"
    store._system.call_s3("create_multipart_upload", Bucket=BUCKET, Key=part)  # type: ignore[attr-defined]
    [found] = store.leftovers()
    assert found.path == part.removeprefix("broken-off/")
    store.remove(found.path)
    assert not list(store.leftovers())
    store.close()


def test_a_bucket_that_goes_away_is_told() -> None:
    with running_s3() as server:
        store = open_store(server.url("x"), secret=SECRET)
        store.put(io.BytesIO(b"x"), AT)
    with pytest.raises(StoreUnavailableError, match="reached"):
        store.stat(AT)
    store.close()


@pytest.mark.parametrize(
    "address",
    [
        f"sftp://ada:{SECRET}@nas/audio",
        f"s3://key:{SECRET}@takes/x",
        "sftp:///audio",
        "sftp://nas",
        "sftp://nas/",
        "sftp://nas/a/../b",
        "sftp://nas:port/audio",
        "s3://",
        "s3://takes/a/../b",
        "s3://takes?password=x",
        "s3://takes?region=a&region=b",
        "gopher://nas/audio",
    ],
)
def test_an_address_that_is_none_or_holds_a_password_is_refused(address: str) -> None:
    with pytest.raises(InputError) as caught:
        open_store(address)
    assert caught.value.field == "storage_url"
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("address", "library"), [("sftp://nas/audio", "paramiko"), ("s3://takes", "s3fs")])
def test_a_missing_extra_is_named(address: str, library: str) -> None:
    script = (
        "import sys\n"
        f"sys.modules[{library!r}] = None\n"
        "from syncsphere_desktop.errors import StorageError\n"
        "from syncsphere_desktop.storage.store import open_store\n"
        "try:\n"
        f"    open_store({address!r})\n"
        "except StorageError as error:\n"
        "    print(error.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert f"syncsphere-desktop[{address.partition(':')[0]}]" in done.stdout


def test_no_secret_is_logged(s3_server: S3Server, sshd: SshServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for store in (
        open_store(s3_server.url("log"), secret=SECRET),
        open_store(sshd.url(sshd.folder), secret=SECRET),
    ):
        store.check()
        store.close()
        assert SECRET not in repr(vars(store).get("root"))
    assert SECRET not in caplog.text
