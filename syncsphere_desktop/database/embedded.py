"""The embedded PostgreSQL: made once, found again by other processes, stopped with the last of them.

Everything is in one folder: the cluster `postgres`, its log, the socket folder `run`, the lock that starting
and stopping happen under, and the list of those who use the server.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from syncsphere_desktop.database.embedded_failures import disk_errors, failure_of
from syncsphere_desktop.database.file_lock import FileLock, HolderList, give_to_owner_of_folder
from syncsphere_desktop.database.postmaster import (
    FILE_NAME,
    Postmaster,
    find_postmaster,
    is_alive,
    is_server_of,
    servers_of,
)
from syncsphere_desktop.database.server_programs import MAJOR_VERSION, ServerPrograms, account_for, is_root
from syncsphere_desktop.database.socket_folder import SOCKET_PORT, choose_socket_folder, free_port
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.errors import LocalStudioError
from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Environment, SslMode

SUPERUSER = "postgres"

_log = logging.getLogger(__name__)

_LOCK_SECONDS = 60.0
_READY_SECONDS = 300.0
"""Recovery after a crash of the machine may take long; while the server lives there is hope."""
_STOP_SECONDS = 30.0
_ORPHAN_SECONDS = 10.0
_POLL_SECONDS = 0.01
_LOG_LIMIT = 2_000_000

_IS_WINDOWS = sys.platform == "win32"

_CONFIGURATION = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    # The log is for reasons, not for data: no statement with its values, no row.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] ",
}


class EmbeddedServer:
    """The PostgreSQL server of one folder, which is made when it is first started.

    Blocking; every method raises LocalStudioError where folder, disk or programs can't be used.
    """

    def __init__(self, data_folder: Path) -> None:
        self.folder = data_folder.absolute()
        self.cluster = self.folder / "postgres"
        self.log = self.folder / "postgres.log"
        self._lock = FileLock(self.folder / "server.lock")
        self._holders = HolderList(self.folder / "holders")
        self._kept = self.folder / "kept"
        self._password_file = self.folder / "password"

    @property
    def is_running(self) -> bool:
        """Whether the server runs and takes connections, whoever started it."""
        postmaster = self._postmaster()
        return postmaster is not None and postmaster.is_ready

    @property
    def is_kept(self) -> bool:
        """Whether it goes on running when nobody uses it any more."""
        return self._kept.exists()

    def holders(self) -> tuple[int, ...]:
        """Return the ids of the processes that use it, this one too if it does."""
        if not self.folder.is_dir():
            return ()
        with self._locked():
            return self._holders.pids()

    def start(self, progress: Progress = silent) -> None:
        """Start the server, and make its cluster first where there is none. Nothing happens if it runs."""
        with self._locked():
            self._start(progress)

    def stop(self, *, force: bool = True) -> None:
        """Stop the server and forget that it was kept. Nothing happens if it does not run.

        Without `force` raises LocalStudioError while processes use it; it then stops with the last of them.
        """
        if not self.folder.is_dir():
            return
        with self._locked():
            self._kept.unlink(missing_ok=True)
            if not force:
                self._refuse_if_held("It stops when that ends; --force stops it now.")
            self._stop()

    @contextmanager
    def held(self, progress: Progress = silent) -> Iterator[None]:
        """Have the server running in a `with` block; the last to leave stops it, unless it is kept."""
        with self._locked():
            entry = self._holders.add()
            try:
                self._start(progress)
            except BaseException:
                self._holders.remove(entry)
                raise
        try:
            yield
        finally:
            with self._locked():
                self._holders.remove(entry)
                if not self._holders.pids() and not self.is_kept:
                    self._stop()

    def keep(self) -> None:
        """Let the server run on when nobody uses it any more, until `stop`."""
        with self._locked():
            self._kept.touch(mode=0o600)
            give_to_owner_of_folder(self._kept)

    def destroy(self, *, force: bool = False) -> None:
        """Stop the server and remove its cluster with everything in it.

        Without `force` raises LocalStudioError while processes use it.
        """
        if not self.folder.is_dir():
            return
        with self._locked():
            if not force:
                self._refuse_if_held("Close it first; --force takes it away from it.")
            self._stop()
            # Renamed first: a removal that is cut short leaves no half cluster under the true name.
            if self.cluster.exists():
                self.cluster.rename(self._leftover())
            self._remove_leftovers()

    def target(self, database: str, name: str = "Local studio") -> ConnectionTarget:
        """Return what to connect with; the server must run."""
        postmaster = self._postmaster()
        if postmaster is None:
            raise LocalStudioError("The local studio's server is not running.")
        profile = ConnectionProfile(
            name=name,
            host=postmaster.socket_folder or "127.0.0.1",
            port=postmaster.port,
            database=database,
            user=SUPERUSER,
            sslmode=SslMode.DISABLE,
            environment=Environment.LOCAL,
        )
        password = self._password_file.read_text("ascii") if _IS_WINDOWS else None
        return ConnectionTarget(profile, password)

    def _postmaster(self) -> Postmaster | None:
        with disk_errors(self.folder):
            return find_postmaster(self.cluster)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with disk_errors(self.folder):
            if not self.folder.is_dir():
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if is_root() and self.folder.stat().st_uid == 0:
                # The server's account passes through to its cluster; it can't list or read what is here.
                self.folder.chmod(0o711)
            busy = "Another process has been starting or stopping the local studio for a minute."
            with self._lock.held(_LOCK_SECONDS, busy=busy):
                yield

    def _refuse_if_held(self, advice: str) -> None:
        pids = self._holders.pids()
        if pids:
            listed = ", ".join(str(pid) for pid in sorted(set(pids)))
            raise LocalStudioError(f"The local studio is in use by another process (id {listed}). {advice}")

    def _start(self, progress: Progress) -> None:
        postmaster = find_postmaster(self.cluster)
        if postmaster is not None and postmaster.is_ready:
            return
        self._refuse_other_version()
        progress("Starting the database server", None)
        if postmaster is not None and not postmaster.is_stopping:
            self._wait_until_ready(postmaster.pid, log_start=0)
            return
        self._stop()
        account = account_for(self.cluster)
        sockets = choose_socket_folder(self.folder, account)
        programs = ServerPrograms(account, [self.folder, *([sockets] if sockets else [])])
        if not self.cluster.exists():
            progress("Making the database server's folder", None)
            self._make_cluster(programs)
        self._remove_stale_files(sockets)
        self._launch(programs, sockets)

    def _refuse_other_version(self) -> None:
        if not self.cluster.exists():
            return
        try:
            version = (self.cluster / "PG_VERSION").read_text("ascii").strip()
        except FileNotFoundError:
            raise LocalStudioError(
                f"The local studio's folder {self.cluster} holds no PostgreSQL cluster. "
                "Move it away, or make the local studio anew with `local reset`."
            ) from None
        if version != MAJOR_VERSION:
            raise LocalStudioError(
                f"The local studio was made by PostgreSQL {version}, and this app brings {MAJOR_VERSION}. "
                "Open it with the app's version that made it, or make it anew with `local reset`."
            )

    def _make_cluster(self, programs: ServerPrograms) -> None:
        """Make the cluster under another name, so that one that was cut short is never taken for whole."""
        self._remove_leftovers()
        partial = self._leftover()
        partial.mkdir(mode=0o700)
        programs.own(partial)
        arguments = [
            f"--pgdata={partial}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
            *(f"--set={name}={value}" for name, value in _CONFIGURATION.items()),
        ]
        if _IS_WINDOWS:
            arguments += ["--auth=scram-sha-256", f"--pwfile={self._new_password()}"]
        else:
            # Whoever may enter the socket folder, which is ours alone, is us.
            arguments += ["--auth-local=trust", "--auth-host=reject"]
        done = programs.run("initdb", arguments)
        if done.returncode != 0:
            shutil.rmtree(partial, ignore_errors=True)
            raise failure_of(done.stdout + done.stderr, self.folder)
        partial.rename(self.cluster)
        _sync_folder(self.folder)

    def _new_password(self) -> Path:
        partial = self._password_file.with_suffix(".new")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(24))
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(self._password_file)
        return self._password_file

    def _leftover(self) -> Path:
        return self.folder / f"postgres.partial-{uuid4().hex[:8]}"

    def _remove_leftovers(self) -> None:
        for path in self.folder.glob("postgres.partial-*"):
            # One may still be written to by an initdb whose parent was killed: the next start gets it then.
            shutil.rmtree(path, ignore_errors=True)

    def _remove_stale_files(self, sockets: Path | None) -> None:
        """Remove what a killed server left behind, which a process with its old number would keep alive."""
        deadline = time.monotonic() + _ORPHAN_SECONDS
        while servers := servers_of(self.cluster):
            # Backends notice within moments that their postmaster was killed.
            if time.monotonic() > deadline:
                listed = ", ".join(str(pid) for pid in servers)
                raise LocalStudioError(
                    "Processes of an earlier database server still use the local studio; end them first.",
                    details=f"Process ids: {listed}",
                    retryable=True,
                )
            time.sleep(_POLL_SECONDS)
        (self.cluster / FILE_NAME).unlink(missing_ok=True)
        if sockets is not None:
            for path in sockets.glob(".s.PGSQL.*"):
                path.unlink(missing_ok=True)

    def _launch(self, programs: ServerPrograms, sockets: Path | None) -> None:
        log_start = self._rotate_log()
        if sockets is None:
            self._launch_on_windows(programs)
            return
        arguments = ["-D", str(self.cluster), "-h", "", "-k", str(sockets), "-p", str(SOCKET_PORT)]
        arguments += ["-c", "unix_socket_permissions=0700"]
        with self.log.open("ab") as log:
            pid = programs.launch(arguments, log)
        self._wait_until_ready(pid, log_start)

    def _launch_on_windows(self, programs: ServerPrograms) -> None:
        # pg_ctl drops administrator rights, with which PostgreSQL would refuse to run, and waits.
        options = f"-h 127.0.0.1 -p {free_port()}"
        arguments = ["start", "-w", "-D", str(self.cluster), "-l", str(self.log), "-o", options]
        done = programs.run("pg_ctl", arguments)
        if done.returncode != 0:
            raise failure_of(done.stdout + done.stderr, self.folder)

    def _rotate_log(self) -> int:
        """Return where in the log this start's lines will begin."""
        if not self.log.exists():
            self.log.touch(mode=0o600)
            give_to_owner_of_folder(self.log)
        elif self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
            return self._rotate_log()
        return self.log.stat().st_size

    def _wait_until_ready(self, pid: int, log_start: int) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            postmaster = find_postmaster(self.cluster)
            if postmaster is not None and postmaster.is_ready:
                return
            if not is_alive(pid):
                with self.log.open("rb") as log:
                    log.seek(log_start)
                    said = log.read(20_000).decode("utf-8", "replace")
                raise failure_of(said, self.folder)
            if time.monotonic() > deadline:
                raise LocalStudioError(
                    "The local studio's database server is still recovering; please try again later.",
                    details=f"Its log is {self.log}.",
                    retryable=True,
                )
            time.sleep(_POLL_SECONDS)

    def _stop(self) -> None:
        postmaster = find_postmaster(self.cluster)
        if postmaster is None:
            return
        if _IS_WINDOWS:
            programs = ServerPrograms(None, [])
            programs.run("pg_ctl", ["stop", "-D", str(self.cluster), "-m", "fast"])
            return
        # Fast first: it ends sessions and writes a checkpoint. Immediate leaves recovery to the next start.
        for number in (signal.SIGINT, signal.SIGQUIT):
            if self._end(postmaster.pid, number):
                return
        raise LocalStudioError(
            "The local studio's database server does not stop.",
            details=f"Its process id is {postmaster.pid}.",
        )

    def _end(self, pid: int, number: signal.Signals) -> bool:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + _STOP_SECONDS
        while is_server_of(pid, self.cluster):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True


def _sync_folder(folder: Path) -> None:
    if _IS_WINDOWS:
        return  # a folder can't be opened there; NTFS keeps the rename in its own journal
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
