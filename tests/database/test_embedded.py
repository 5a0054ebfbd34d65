"""The embedded server on real folders: made, found again, killed, kept, and refused with a reason."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from syncsphere_desktop.database import server_programs
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.parameters import Timeouts, connect_parameters, open_connection
from syncsphere_desktop.database.postmaster import find_postmaster, is_server_of, servers_of
from syncsphere_desktop.errors import LocalStudioError

_ROOT = Path(__file__).resolve().parents[2]

_HOLD = """
import sys
from pathlib import Path
from syncsphere_desktop.database.embedded import EmbeddedServer
from syncsphere_desktop.database.postmaster import find_postmaster
server = EmbeddedServer(Path(sys.argv[1]))
with server.held():
    print(find_postmaster(server.cluster).pid, flush=True)
    sys.stdin.readline()
"""

as_root_only = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="needs root, to mount or to change the account"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A new folder with a short path; its server is stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        path = Path(name)
        yield path
        EmbeddedServer(path).stop()


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A folder with a stopped cluster, to be copied."""
    with tempfile.TemporaryDirectory(prefix="ss-") as name:
        server = EmbeddedServer(Path(name))
        server.start()
        server.stop()
        yield Path(name)


@pytest.fixture
def server(folder: Path, made: Path) -> EmbeddedServer:
    """A server on a copy of that cluster, not started."""
    subprocess.run(["cp", "-a", f"{made}/.", str(folder)], check=True)
    return EmbeddedServer(folder)


def _hold(folder: Path, *prefix: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", _HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )


def _first_line(holder: subprocess.Popen[str]) -> str:
    assert holder.stdout is not None
    return holder.stdout.readline().strip()


def _end(holder: subprocess.Popen[str]) -> None:
    holder.communicate("\n", timeout=60)


def _query(server: EmbeddedServer, statement: str) -> tuple[object, ...] | None:
    connection = open_connection(connect_parameters(server.target("postgres"), Timeouts()))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone() if cursor.description else None
    finally:
        connection.close()


def _pid(server: EmbeddedServer) -> int:
    postmaster = find_postmaster(server.cluster)
    assert postmaster is not None
    return postmaster.pid


def _kill_postmaster(server: EmbeddedServer) -> None:
    os.kill(_pid(server), signal.SIGKILL)
    while find_postmaster(server.cluster) is not None:
        time.sleep(0.01)


def test_start_makes_a_safe_cluster_that_only_its_user_reaches(folder: Path) -> None:
    server = EmbeddedServer(folder)
    told: list[str] = []
    server.start(lambda sentence, _share: told.append(sentence))
    assert told
    assert server.is_running
    settings = "fsync", "full_page_writes", "listen_addresses", "server_encoding", "data_checksums"
    shown = ", ".join(f"current_setting('{name}')" for name in settings)
    assert _query(server, f"SELECT {shown}") == ("on", "on", "", "UTF8", "on")
    collation = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'postgres'"
    assert _query(server, collation) == ("b", "C.UTF-8")
    sockets = Path(server.target("postgres").profile.host)
    assert sockets.stat().st_mode & 0o077 == 0
    assert server.cluster.stat().st_mode & 0o077 == 0


def test_the_log_keeps_no_statement_and_no_row(server: EmbeddedServer) -> None:
    server.start()
    _query(server, "CREATE TABLE people (name text UNIQUE)")
    _query(server, "INSERT INTO people VALUES ('planted-secret')")
    with pytest.raises(psycopg2.IntegrityError):
        _query(server, "INSERT INTO people VALUES ('planted-secret')")
    server.stop()
    log = server.log.read_text()
    assert "duplicate key" in log
    assert "planted-secret" not in log


def test_a_running_server_is_found_again(server: EmbeddedServer) -> None:
    server.start()
    pid = _pid(server)
    other = EmbeddedServer(server.folder)
    other.start()
    assert _pid(other) == pid
    assert other.target("postgres") == server.target("postgres")


def test_stop_ends_every_process_and_may_be_repeated(server: EmbeddedServer) -> None:
    server.start()
    server.stop()
    assert not server.is_running
    assert servers_of(server.cluster) == []
    server.stop()
    with pytest.raises(LocalStudioError, match="not running"):
        server.target("postgres")


def test_nothing_is_made_by_asking(folder: Path) -> None:
    server = EmbeddedServer(folder / "none")
    assert not server.is_running
    assert server.holders() == ()
    server.stop()
    server.destroy()
    assert not server.folder.exists()


def test_two_processes_start_one_server_and_the_last_stops_it(folder: Path) -> None:
    first, second = _hold(folder), _hold(folder)
    assert _first_line(first) == _first_line(second)
    server = EmbeddedServer(folder)
    assert sorted(server.holders()) == sorted([first.pid, second.pid])
    _end(first)
    assert server.is_running
    _end(second)
    assert not server.is_running


def test_a_kept_server_outlives_its_holders_until_stop(server: EmbeddedServer) -> None:
    with server.held():
        server.keep()
    with EmbeddedServer(server.folder).held():
        pass
    assert server.is_running
    server.stop(force=False)
    assert find_postmaster(server.cluster) is None
    with server.held():
        pass
    assert find_postmaster(server.cluster) is None


def test_stop_and_destroy_are_refused_while_it_is_used(server: EmbeddedServer) -> None:
    with server.held():
        with pytest.raises(LocalStudioError, match=f"in use by another process .id {os.getpid()}"):
            server.stop(force=False)
        with pytest.raises(LocalStudioError, match="in use"):
            server.destroy()
        assert server.is_running
    assert not server.is_running


def test_a_killed_holder_is_not_counted(server: EmbeddedServer) -> None:
    holder = _hold(server.folder)
    pid = int(_first_line(holder))
    holder.kill()
    holder.communicate()
    assert server.is_running, "the server survives its killed user"
    with server.held():
        assert _pid(server) == pid
        assert server.holders() == (os.getpid(),)
    assert not server.is_running


def test_rows_survive_the_killing_of_everything(server: EmbeddedServer) -> None:
    holder = _hold(server.folder)
    _first_line(holder)
    _query(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    holder.kill()
    holder.communicate()
    _kill_postmaster(server)
    assert (server.cluster / "postmaster.pid").exists()
    server.start()
    assert _query(server, "SELECT answer FROM kept") == (42,)


def test_backends_that_outlive_their_postmaster_are_waited_for(server: EmbeddedServer) -> None:
    server.start()
    parameters = connect_parameters(server.target("postgres"), Timeouts())
    sleeper = open_connection(parameters)
    started = threading.Event()

    def sleep() -> None:
        with sleeper.cursor() as cursor:
            started.set()
            with pytest.raises(psycopg2.OperationalError):
                cursor.execute("SELECT pg_sleep(60)")

    thread = threading.Thread(target=sleep)
    thread.start()
    started.wait()
    _kill_postmaster(server)
    server.start()
    thread.join()
    sleeper.close()
    assert _query(server, "SELECT 1") == (1,)


def test_a_stale_file_whose_number_was_given_out_again_is_seen_through(server: EmbeddedServer) -> None:
    server.start()
    pid = _pid(server)
    noted = (server.cluster / "postmaster.pid").read_text()
    _kill_postmaster(server)
    while servers_of(server.cluster):
        time.sleep(0.01)
    owner = server.cluster.stat()
    stale = server.cluster / "postmaster.pid"
    stale.write_text(noted.replace(str(pid), str(os.getpid()), 1))
    os.chown(stale, owner.st_uid, owner.st_gid)
    assert not is_server_of(os.getpid(), server.cluster)
    assert not server.is_running
    server.start()
    assert _pid(server) != pid


def test_the_server_of_another_cluster_is_not_taken_for_ours(server: EmbeddedServer, tmp_path: Path) -> None:
    server.start()
    elsewhere = tmp_path / "postgres"
    elsewhere.mkdir()
    assert not is_server_of(_pid(server), elsewhere)


@pytest.mark.parametrize("content", ["", "12\n", "not a number\n/x\n1\n5432\n"])
def test_a_broken_pid_file_is_seen_through(server: EmbeddedServer, content: str) -> None:
    (server.cluster / "postmaster.pid").write_text(content)
    server.start()
    assert server.is_running


def test_a_start_that_was_killed_half_way_is_redone(folder: Path) -> None:
    holder = _hold(folder)
    while not list(folder.glob("postgres.partial-*/PG_VERSION")):
        time.sleep(0.01)
    holder.kill()
    holder.communicate()
    server = EmbeddedServer(folder)
    assert not server.cluster.exists()
    server.start()
    assert _query(server, "SELECT 1") == (1,)


def test_a_server_that_is_stopping_is_awaited_and_started_again(server: EmbeddedServer) -> None:
    server.start()
    pid = _pid(server)
    session = open_connection(connect_parameters(server.target("postgres"), Timeouts()))
    os.kill(pid, signal.SIGTERM)  # a smart shutdown, which waits for the session
    while server.is_running:
        time.sleep(0.01)
    server.start()
    assert _pid(server) != pid
    session.close()


def test_a_folder_too_long_for_a_socket_gets_a_short_private_one(folder: Path, made: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    deep.parent.mkdir()
    subprocess.run(["cp", "-a", str(made), str(deep)], check=True)
    server = EmbeddedServer(deep)
    server.start()
    sockets = Path(server.target("postgres").profile.host)
    try:
        assert _query(server, "SELECT 1") == (1,)
        assert folder not in sockets.parents
        assert sockets.stat().st_mode & 0o077 == 0
        # A process with another environment finds the same socket.
        assert EmbeddedServer(deep).target("postgres").profile.host == str(sockets)
    finally:
        server.stop()
        shutil.rmtree(sockets)


def test_a_folder_with_quotes_and_spaces_works(folder: Path, made: Path) -> None:
    odd = folder / "a 'b\" $HOME `é"
    subprocess.run(["cp", "-a", str(made), str(odd)], check=True)
    server = EmbeddedServer(odd)
    with server.held():
        assert _query(server, "SELECT 1") == (1,)


def test_a_folder_of_another_version_is_refused_with_both_numbers(server: EmbeddedServer) -> None:
    (server.cluster / "PG_VERSION").write_text("14\n")
    with pytest.raises(LocalStudioError, match=r"PostgreSQL 14, and this app brings 18"):
        server.start()
    assert not server.is_running


def test_a_folder_that_is_no_cluster_is_refused(folder: Path) -> None:
    (folder / "postgres").mkdir()
    with pytest.raises(LocalStudioError, match="holds no PostgreSQL cluster"):
        EmbeddedServer(folder).start()


def test_damaged_settings_are_told_with_the_servers_words(server: EmbeddedServer) -> None:
    with (server.cluster / "postgresql.conf").open("a") as stream:
        stream.write("no_such_setting = 1\n")
    with pytest.raises(LocalStudioError, match="could not be started") as failure:
        server.start()
    assert "FATAL" in (failure.value.details or "")


def test_missing_programs_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_programs, "_PACKAGE", "no_such_package_of_programs")
    with pytest.raises(LocalStudioError, match="programs of the local studio are missing"):
        EmbeddedServer(folder).start()


def test_a_file_in_the_place_of_the_folder_is_told(folder: Path) -> None:
    (folder / "file").write_text("x")
    with pytest.raises(LocalStudioError, match="can't be used"):
        EmbeddedServer(folder / "file").start()


def test_destroy_removes_the_cluster_and_a_new_one_can_be_made(server: EmbeddedServer) -> None:
    with server.held():
        server.destroy(force=True)
        assert not server.cluster.exists()
        assert not list(server.folder.glob("postgres.partial-*"))
        server.start()
        assert _query(server, "SELECT 1") == (1,)


@as_root_only
@pytest.mark.parametrize(
    ("options", "sentence"), [("size=20m", "disk is full"), ("size=20m,ro", "can only be read")]
)
def test_a_disk_that_takes_nothing_is_told(folder: Path, options: str, sentence: str) -> None:
    place = folder / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(LocalStudioError, match=sentence):
            EmbeddedServer(place / "studio").start()
        assert not (place / "studio" / "postgres").exists()
    finally:
        subprocess.run(["umount", str(place)], check=True)


_NOBODY = 65534
# The interpreter of the tests may be in root's home: reading there is lent, writing is not.
_AS_NOBODY = (
    "setpriv",
    f"--reuid={_NOBODY}",
    f"--regid={_NOBODY}",
    "--clear-groups",
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
)


@as_root_only
def test_an_ordinary_user_runs_the_server_and_root_keeps_it_theirs(folder: Path) -> None:
    studio = folder / "studio"
    os.chown(folder, _NOBODY, _NOBODY)
    for _ in range(2):
        holder = _hold(studio, *_AS_NOBODY)
        assert _first_line(holder).isdigit()
        _end(holder)
        server = EmbeddedServer(studio)
        with server.held():
            assert _query(server, "SELECT 1") == (1,)
            assert server.cluster.stat().st_uid == _NOBODY
        owners = {path.name: path.stat().st_uid for path in studio.iterdir()}
        assert set(owners.values()) == {_NOBODY}, owners


@as_root_only
def test_a_folder_of_another_user_is_told(server: EmbeddedServer) -> None:
    done = subprocess.run(
        [*_AS_NOBODY, sys.executable, "-c", _HOLD, str(server.folder)],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 1
    assert "LocalStudioError" in done.stderr
    assert "belongs to another user" in done.stderr


@as_root_only
def test_root_uses_a_closed_folder_without_opening_it(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedServer(closed / "studio")
    with server.held():
        assert _query(server, "SELECT 1") == (1,)
        assert server.cluster.stat().st_uid != 0
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root_only
def test_root_runs_programs_that_only_root_can_reach(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = server_programs.programs_folder().parents[1]
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for place in (installed, installed.with_name(f"{installed.name}.libs")):
        subprocess.run(["cp", "-a", str(place), str(closed)], check=True)
    monkeypatch.syspath_prepend(str(closed))
    assert closed in server_programs.programs_folder().parents
    server = EmbeddedServer(closed / "studio")
    with server.held():
        assert _query(server, "SELECT 1") == (1,)


@as_root_only
def test_root_is_told_what_to_do_where_rights_cannot_be_lent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(LocalStudioError, match="Set SYNCSPHERE_HOME to a folder that others may enter"):
        EmbeddedServer(closed / "studio").start()
