"""The scripts behind `make run` and `make test`, on machines made of a few fake programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
TOOLS = ("sh", "cat", "dirname", "env", "head", "mktemp", "rm", "sed", "tail", "tr", "wc")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="these scripts install on Linux")


class Machine:
    """A PATH with nothing but what the test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        for name in TOOLS:
            real = shutil.which(name)
            assert real is not None
            (folder / name).symlink_to(real)

    def has(self, name: str, body: str) -> None:
        """Put a program there, written in shell."""
        program = self.folder / name
        program.write_text(f"#!{shutil.which('sh')}\n{body}\n")
        program.chmod(0o755)

    def has_libraries(self, *, without: str = "$^") -> None:
        """Put an `ldconfig` there that knows every library but those the pattern matches."""
        sonames = re.findall(
            r"^(lib\S+\.so\.\d+)\s", (SCRIPTS / "install_system_libraries.sh").read_text(), re.MULTILINE
        )
        known = "\n".join(
            f"{name} (libc6,x86-64) => /{name}" for name in sonames if not re.match(without, name)
        )
        self.has("ldconfig", f"cat <<'END'\n{known}\nEND")

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one of our scripts on this machine."""
        return subprocess.run(
            [str(self.folder / "sh"), str(SCRIPTS / script)],
            env={"PATH": str(self.folder), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A Debian with everything, an ordinary user, and no sudo."""
    machine = Machine(tmp_path)
    machine.has("uname", "echo Linux")
    machine.has("id", "echo 1000")
    machine.has("fc-list", "echo DejaVu")
    machine.has("apt-get", f'echo "$@" >> "{machine.calls}"')
    machine.has("python3.12", f'exec "{sys.executable}" "$@"')
    machine.has_libraries()
    return machine


def test_the_newest_python_that_really_runs_is_taken(machine: Machine) -> None:
    machine.has("python3.13", "exit 127")  # a shim without a version behind it

    assert machine.run("find_python.sh").stdout.strip() == str(machine.folder / "python3.12")


def test_a_python_that_is_too_old_is_told_with_what_to_install(machine: Machine) -> None:
    machine.has("python3.12", "exit 1")

    done = machine.run("find_python.sh")

    assert done.returncode == 1
    assert "3.11 or newer" in done.stderr
    assert "apt-get install" in done.stderr


def test_a_named_python_is_taken_or_refused(machine: Machine) -> None:
    machine.has("old", "exit 1")

    assert machine.run("find_python.sh", SYNCSPHERE_PYTHON=sys.executable).stdout.strip() == sys.executable
    assert machine.run("find_python.sh", SYNCSPHERE_PYTHON=str(machine.folder / "old")).returncode == 1


def test_nothing_is_installed_where_nothing_is_missing(machine: Machine) -> None:
    done = machine.run("install_system_libraries.sh")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not machine.calls.exists()


def test_root_installs_what_is_missing_and_nothing_else(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has_libraries(without=r"libEGL|libxcb-cursor")
    machine.has("fc-list", "true")

    done = machine.run("install_system_libraries.sh")

    assert done.returncode == 0, done.stderr
    installed = machine.calls.read_text().splitlines()[-1]
    assert installed.endswith("install --no-install-recommends libegl1 fonts-dejavu-core libxcb-cursor0")
    assert "libegl1" in done.stdout


def test_a_user_without_rights_is_told_the_exact_command(machine: Machine) -> None:
    machine.has_libraries(without="libEGL")

    done = machine.run("install_system_libraries.sh")

    assert done.returncode == 1
    assert "apt-get install --no-install-recommends libegl1\n" in done.stderr
    assert not machine.calls.exists()


def test_what_only_a_window_needs_does_not_stop_a_user_without_rights(machine: Machine) -> None:
    machine.has_libraries(without="libxcb-cursor")

    done = machine.run("install_system_libraries.sh")

    assert done.returncode == 0
    assert "libxcb-cursor0" in done.stderr
    assert "Going on" in done.stderr


def test_a_failing_installation_is_told_with_its_reason(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("apt-get", 'echo "E: no space left"; exit 100')
    machine.has_libraries(without="libEGL")

    done = machine.run("install_system_libraries.sh")

    assert done.returncode == 1
    assert "no space left" in done.stderr


def test_a_python_without_venv_gets_the_package_of_its_version(machine: Machine) -> None:
    machine.has("id", "echo 0")
    machine.has("python3.12", f'case "$2" in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"')

    machine.run("install_system_libraries.sh")

    version = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    assert machine.calls.read_text().splitlines()[-1].endswith(version)


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ":4711"}, {"WAYLAND_DISPLAY": "none-such"}])
def test_a_display_that_does_not_answer_is_none(environment: dict[str, str]) -> None:
    kept = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}

    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "has_display.py")], env=kept | environment, check=False, timeout=30
    )

    assert done.returncode == 1
