"""Real servers for the stores: Debian's OpenSSH and rclone's S3, each on a free port of this machine."""

from __future__ import annotations

import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

KEY_ID, SECRET = "studio-key", "planted-secret-of-the-store"
BUCKET = "takes"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class SshServer:
    """A running sshd. `folder` is served; `home` is a HOME whose keys and known hosts let in."""

    port: int
    folder: Path
    home: Path
    process: subprocess.Popen[bytes]

    @property
    def user(self) -> str:
        return getpass.getuser()

    def url(self, folder: Path) -> str:
        return f"sftp://{self.user}@127.0.0.1:{self.port}{folder}"


@contextmanager
def running_sshd() -> Iterator[SshServer]:
    """Run an OpenSSH server for this account; skips the test where it is not installed."""
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    keygen = shutil.which("ssh-keygen")
    if program is None or keygen is None:
        pytest.skip("openssh-server is not installed")
    base = Path(tempfile.mkdtemp(prefix="syncsphere-sshd-"))
    try:
        home = base / "home"
        (home / ".ssh").mkdir(parents=True, mode=0o700)
        for key in (base / "host_key", home / ".ssh" / "id_ed25519"):
            subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        shutil.copy(home / ".ssh" / "id_ed25519.pub", base / "authorized_keys")
        port = free_port()
        host_key = (base / "host_key.pub").read_text()
        (home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key}")
        (base / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1:{port}\nHostKey {base}/host_key\nPidFile none\nUsePAM no\n"
            f"AuthorizedKeysFile {base}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 100\nMaxSessions 100\n"
            "Subsystem sftp internal-sftp\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where its unprivileged part is locked in
        process = subprocess.Popen(
            [program, "-D", "-f", str(base / "sshd_config"), "-E", str(base / "log")],
            stdin=subprocess.DEVNULL,
            preexec_fn=_end_with_the_tests,  # noqa: PLW1509  # no other thread runs yet
        )
        try:
            wait_for(port, process)
            (base / "served").mkdir()
            yield SshServer(port, base / "served", home, process)
        finally:
            process.terminate()
            process.wait()
    finally:
        shutil.rmtree(base)


@dataclass(frozen=True)
class S3Server:
    """A running S3 server over a folder that holds one bucket."""

    port: int
    folder: Path

    def url(self, prefix: str) -> str:
        return f"s3://{KEY_ID}@{BUCKET}/{prefix}?endpoint=http://127.0.0.1:{self.port}&region=us-east-1"


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """Run rclone's S3 server."""
    program = Path(sys.executable).with_name("rclone")
    if not program.exists():
        pytest.skip("rclone is not installed")
    base = Path(tempfile.mkdtemp(prefix="syncsphere-s3-"))
    (base / BUCKET).mkdir()
    port = free_port()
    address = f"127.0.0.1:{port}"
    options = ["--addr", address, "--auth-key", f"{KEY_ID},{SECRET}", "--vfs-cache-mode", "off"]
    process = subprocess.Popen(
        [str(program), "serve", "s3", *options, str(base)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "RCLONE_CONFIG": str(base / "rclone.conf")},
        preexec_fn=_end_with_the_tests,  # noqa: PLW1509  # no other thread runs yet
    )
    try:
        wait_for(port, process)
        yield S3Server(port, base)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(base)


def _end_with_the_tests() -> None:
    """Have Linux end this process when the tests do, however they do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server that was started listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended at once"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not listen")
