"""The wheel is whole: it runs from a folder of its own, with no checkout beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what the project consists of, without the network."""
    source = tmp_path_factory.mktemp("source")
    for name in ("syncsphere_desktop", "migrations", "resources"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    built = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    [path] = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content in a folder, as an installer lays it down."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_unpacked(unpacked: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python where the package comes from the wheel, and the checkout is out of sight."""
    # `-P` keeps the working folder out of the path, and PYTHONPATH comes before the editable install.
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=unpacked,
        env={**os.environ, "PYTHONPATH": str(unpacked), "SYNCSPHERE_HOME": str(unpacked / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def packed(wheel: Path) -> Iterator[str]:
    """Yield the names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        yield from archive.namelist()


def files_below(name: str) -> set[str]:
    """Return what the wheel should hold of a data folder of the checkout."""
    return {
        f"syncsphere_desktop/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_migrations_and_resources_inside_the_package(wheel: Path) -> None:
    names = set(packed(wheel))

    assert files_below("migrations") <= names
    assert files_below("resources") <= names
    assert "syncsphere_desktop/migrations/env.py" in names


def test_the_wheel_holds_the_package_and_nothing_beside_it(wheel: Path) -> None:
    names = set(packed(wheel))

    assert {name.split("/")[0].split("-")[0] for name in names} == {"syncsphere_desktop"}
    assert "syncsphere_desktop/py.typed" in names
    assert not [
        name for name in names if "test" in name.split("/") or "/tests/" in name or "__pycache__" in name
    ]
    assert [name for name in names if name.endswith("/LICENSE")]


def test_the_wheel_finds_its_own_data(unpacked: Path) -> None:
    program = "from syncsphere_desktop import assets; print(assets.MIGRATIONS, assets.RESOURCES, sep='\\n')"

    done = run_unpacked(unpacked, "-c", program)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        str(unpacked / "syncsphere_desktop" / "migrations"),
        str(unpacked / "syncsphere_desktop" / "resources"),
    ]


def test_the_command_line_answers_from_the_wheel(unpacked: Path) -> None:
    done = run_unpacked(unpacked, "-m", "syncsphere_desktop", "--help")

    assert done.returncode == 0, done.stderr
    assert "migrate" in done.stdout


def test_the_wheel_knows_the_migrations(unpacked: Path) -> None:
    done = run_unpacked(unpacked, "-m", "syncsphere_desktop", "migrate", "sql")

    assert done.returncode == 0, done.stderr
    assert "CREATE TABLE users" in done.stdout
