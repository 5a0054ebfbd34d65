"""The built `.deb`, from end to end, as somebody without Python has it.

It installs and removes a package of the system, so it runs only where it is asked to: `make package-check`.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PACKAGE_VARIABLE = "SYNCSPHERE_TEST_PACKAGE"
PROGRAM = "syncsphere-desktop"
ACCOUNT = "syncsphere-check"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(PACKAGE_VARIABLE not in os.environ, reason=f"{PACKAGE_VARIABLE} names no package"),
]


@pytest.fixture(scope="module")
def package() -> Path:
    """The package, where this may be tried."""
    if os.geteuid() != 0:
        pytest.fail("Installing a package takes root's rights.")
    return Path(os.environ[PACKAGE_VARIABLE]).resolve()


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """An ordinary user's empty home."""
    subprocess.run(["useradd", "--create-home", ACCOUNT], check=True)
    try:
        yield Path(pwd.getpwnam(ACCOUNT).pw_dir)
    finally:
        subprocess.run(["pkill", "-KILL", "-u", ACCOUNT], check=False)
        subprocess.run(["userdel", "--remove", ACCOUNT], check=True, capture_output=True)


@pytest.fixture(scope="module")
def installed(package: Path) -> Iterator[list[Path]]:
    """The files that the installed package has."""
    apt("install", "--yes", "--reinstall", "--no-install-recommends", str(package))
    try:
        listed = run(["dpkg", "--listfiles", PROGRAM]).stdout.splitlines()
        yield [Path(line) for line in listed]
    finally:
        if shutil.which(PROGRAM):
            apt("purge", "--yes", PROGRAM)


def apt(*words: str) -> None:
    """Change the system's packages without a question."""
    subprocess.run(
        ["apt-get", "--quiet", *words], check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    )


def run(command: list[str], **options: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the system's to its end."""
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **options})


def as_user(home: Path, *command: str, environment: dict[str, str] | None = None) -> list[str]:
    """Return the command line that runs a command as the ordinary user, without any Python on the path."""
    settings = {"HOME": str(home), "PATH": str(home / "programs"), **(environment or {})}
    words = [f"{name}={value}" for name, value in settings.items()]
    return [
        *("setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups"),
        *("env", "--ignore-environment", f"--chdir={home}", *words, *command),
    ]


def ours(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the installed program as the ordinary user."""
    command = as_user(home, f"/usr/bin/{PROGRAM}", *words, environment=environment)
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@contextmanager
def display() -> Iterator[str]:
    """A display of a server of its own."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1440x900x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield f":{told.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


def test_the_package_asks_for_libraries_alone(package: Path) -> None:
    depends = run(["dpkg-deb", "--field", str(package), "Depends"]).stdout
    assert "python" not in depends
    assert "libc6 (>= " in depends


def test_the_desktop_is_told_of_the_program(installed: list[Path]) -> None:
    run(["desktop-file-validate", f"/usr/share/applications/{PROGRAM}.desktop"])
    run(["appstreamcli", "validate", "--no-net", "/usr/share/metainfo/io.syncsphere.desktop.metainfo.xml"])
    assert Path(f"/usr/share/man/man1/{PROGRAM}.1.gz") in installed
    for size in (16, 48, 256):
        assert Path(f"/usr/share/icons/hicolor/{size}x{size}/apps/{PROGRAM}.png") in installed


def test_every_part_of_the_program_works(installed: list[Path], home: Path) -> None:
    tried = ours(home, "self-test", "--json")
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert json.loads(tried.stdout)


def test_the_window_shows_the_users_of_the_local_studio(installed: list[Path], home: Path) -> None:
    with display() as place:
        command = as_user(
            home,
            f"/usr/bin/{PROGRAM}",
            "--local",
            environment={"DISPLAY": place, "SYNCSPHERE_MEASURE_USABLE": "stay"},
        )
        window = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            assert window.stderr is not None
            lines = iter(window.stderr.readline, "")
            assert any(line.startswith("usable ") for line in lines)
            titles = run(["xdotool", "search", "--onlyvisible", "--name", "SyncSphere"], DISPLAY=place)
            assert titles.stdout.strip()
            users = json.loads(ours(home, "users", "list", "--local", "--json").stdout)
            assert len(users["rows"]) >= 40
        finally:
            window.send_signal(signal.SIGTERM)
            window.communicate(timeout=60)
    assert not processes_of(ACCOUNT)


def test_removing_it_leaves_the_user_s_data_and_nothing_else(installed: list[Path], home: Path) -> None:
    data = home / ".local" / "share" / PROGRAM
    before = sorted(path for path in data.rglob("*"))
    assert before
    apt("purge", "--yes", PROGRAM)
    assert sorted(path for path in data.rglob("*")) == before
    ours_alone = [path for path in installed if PROGRAM in path.name or f"/{PROGRAM}/" in str(path)]
    assert ours_alone
    assert [path for path in ours_alone if path.exists()] == []


def processes_of(account: str, *, patience: float = 20.0) -> str:
    """Return what an account runs, after it had time to end."""
    deadline = time.monotonic() + patience
    while True:
        found = subprocess.run(["pgrep", "-u", account, "-a"], capture_output=True, text=True, check=False)
        if not found.stdout or time.monotonic() > deadline:
            return found.stdout
        time.sleep(0.2)
