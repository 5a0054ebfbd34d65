"""A PostgreSQL 15 on loopback with TLS and passwords, and certificates to run it with."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncsphere_desktop.settings import ConnectionProfile, ConnectionTarget, Environment, SslMode
from tests.servers import PROGRAMS_15

PASSWORD = "hunter2"
USER = "ada"


@dataclass(frozen=True, slots=True)
class TlsServer:
    """A running server, whose certificate is for `localhost` alone and signed by `authority`."""

    port: int
    folder: Path
    authority: Path
    other_authority: Path

    def target(
        self,
        *,
        host: str = "localhost",
        mode: SslMode = SslMode.VERIFY_FULL,
        authority: Path | None = None,
        password: str | None = PASSWORD,
    ) -> ConnectionTarget:
        """Return the way to the server for the user with a password."""
        profile = ConnectionProfile(
            "TLS", host, self.port, "postgres", USER, mode, authority, Environment.PRODUCTION
        )
        return ConnectionTarget(profile, password)

    def use(self, certificate: str) -> None:
        """Have new connections meet another certificate: `server`, `expired` or `self-signed`; or `none`."""
        settings = self.folder / "data" / "postgresql.auto.conf"
        on = "off" if certificate == "none" else "on"
        text = f"ssl = {on}\n"
        if certificate != "none":
            text += f"ssl_cert_file = '{self.folder}/{certificate}.pem'\n"
            text += f"ssl_key_file = '{self.folder}/{certificate}.key'\n"
        settings.write_text(text)
        _call(self.folder, "pg_ctl", "-D", str(self.folder / "data"), "reload")
        self._wait_for(certificate)

    def _wait_for(self, certificate: str) -> None:
        """Wait until new connections meet the certificate: a reload gives no answer of its own."""
        for _ in range(1000):
            if self._shown() == certificate:
                return
        raise AssertionError(f"the server did not take the certificate {certificate}")

    def _shown(self) -> str:
        with socket.create_connection(("127.0.0.1", self.port)) as wire:
            wire.sendall(bytes.fromhex("0000000804d2162f"))
            if wire.recv(1) == b"N":
                return "none"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(wire) as secured:
                shown = ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True) or b"")
        names = ("server", "expired", "self-signed")
        return next(
            (name for name in names if (self.folder / f"{name}.pem").read_text().strip() == shown.strip()), ""
        )


@contextmanager
def running_tls_server() -> Iterator[TlsServer]:
    """Run the server; skips the test where PostgreSQL 15 or openssl is not installed."""
    if not (PROGRAMS_15 / "initdb").exists() or shutil.which("openssl") is None:
        pytest.skip("PostgreSQL 15 or openssl is not installed")
    account = _account()
    if account is not None and account not in {entry.pw_name for entry in pwd.getpwall()}:
        pytest.skip("there is no account to run PostgreSQL as")
    folder = Path(tempfile.mkdtemp(prefix="syncsphere-tls-"))
    try:
        folder.chmod(0o755)
        _make_certificates(folder)
        for path in (folder, *folder.iterdir()):
            if account is not None:
                shutil.chown(path, account)
        yield from _run(folder)
    finally:
        shutil.rmtree(folder)


def _run(folder: Path) -> Iterator[TlsServer]:
    data = folder / "data"
    _call(folder, "initdb", "-D", str(data), "--username=postgres", "--auth=trust", "--locale=C", "--no-sync")
    (data / "pg_hba.conf").write_text(
        "local all all trust\n"
        "hostnossl all needs_tls 127.0.0.1/32 reject\n"
        f"host all {USER} 127.0.0.1/32 scram-sha-256\nhost all needs_tls 127.0.0.1/32 trust\n"
    )
    port = _free_port()
    server = TlsServer(port, folder, folder / "ca.pem", folder / "other.pem")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    _call(folder, "pg_ctl", "-D", str(data), "start", "-w", "-l", str(folder / "log"), "-o", options)
    try:
        sql = f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'; CREATE ROLE needs_tls LOGIN"
        _call(
            folder, "psql", "-q", "-h", str(folder), "-p", str(port), "-U", "postgres", "-c", sql, "postgres"
        )
        server.use("server")
        yield server
    finally:
        _call(folder, "pg_ctl", "-D", str(data), "stop", "-w", "-m", "immediate")


def _make_certificates(folder: Path) -> None:
    for name in ("ca", "other"):
        _openssl(
            folder, f"req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {name}.key -out {name}.pem", name
        )
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    _openssl(folder, "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr", "localhost")
    sign = "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names"
    _openssl(folder, f"{sign} -days 2 -out server.pem")
    _openssl(folder, f"{sign} -days -1 -out expired.pem")
    _openssl(
        folder,
        "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout self-signed.key -out self-signed.pem"
        " -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE",
        "localhost",
    )
    shutil.copy(folder / "server.key", folder / "expired.key")
    for key in folder.glob("*.key"):
        key.chmod(0o600)


def _openssl(folder: Path, arguments: str, subject: str | None = None) -> None:
    command = ["openssl", *arguments.split(), *(["-subj", f"/CN={subject}"] if subject else [])]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def _call(folder: Path, program: str, *arguments: str) -> None:
    subprocess.run(
        [str(PROGRAMS_15 / program), *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        user=_account(),
        cwd=folder,
    )


def _account() -> str | None:
    return "postgres" if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
