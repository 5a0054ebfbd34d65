"""What ELF files need of each other: which libraries a package carries for nothing, and which it asks for."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

MAGIC = b"\x7fELF"
_NEEDED = re.compile(r"^\s+NEEDED\s+(\S+)$", re.MULTILINE)
_GLIBC = re.compile(r"GLIBC_(\d+)\.(\d+)")


def elf_files(folder: Path) -> list[Path]:
    """Return every ELF file below a folder, sorted; links are left out."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and _begins_with_magic(path)
    ]


def needed(path: Path) -> frozenset[str]:
    """Return the names of the libraries that a file asks the loader for."""
    return frozenset(_NEEDED.findall(_objdump("-p", path)))


def newest_glibc(files: Iterable[Path]) -> tuple[int, int]:
    """Return the newest version of the C library whose symbols any of the files needs."""
    versions = {(2, 0)}
    for path in files:
        versions |= {(int(major), int(minor)) for major, minor in _GLIBC.findall(_objdump("-T", path))}
    return max(versions)


def unused_libraries(folder: Path, places: Iterable[Path]) -> list[Path]:
    """Return the libraries directly in one of `places` that no program or module below `folder` leads to."""
    wants = {path: needed(path) for path in elf_files(folder)}
    homes = set(places)
    unused = {path for path in wants if path.parent in homes and _is_library(path.name)}
    waiting = [path for path in wants if path not in unused]
    while waiting:
        names = wants[waiting.pop()]
        reached = {path for path in unused if path.name in names}
        unused -= reached
        waiting += reached
    return sorted(unused)


def _is_library(name: str) -> bool:
    """Tell libraries from Python's modules, which are imported by name."""
    return ".so" in name and not any(mark in name for mark in (".cpython-", ".abi3."))


def missing(folder: Path) -> dict[str, list[Path]]:
    """Return the libraries that files below `folder` need and that are not there, with who needs them."""
    there = {path.name for path in folder.rglob("*.so*")}
    absent: dict[str, list[Path]] = {}
    for path in elf_files(folder):
        for name in needed(path) - there:
            absent.setdefault(name, []).append(path)
    return absent


def strip(files: Iterable[Path]) -> None:
    """Remove what only a debugger reads, where that leaves a file that can be loaded.

    Wheels' libraries were rewritten to find each other, which `strip` does not always take.
    """
    for path in files:
        stripped = path.with_name(f"{path.name}.stripped")
        done = subprocess.run(
            ["strip", "--strip-unneeded", "-o", str(stripped), str(path)], capture_output=True, check=False
        )
        if done.returncode == 0 and not done.stderr and _can_be_mapped(stripped):
            shutil.copymode(path, stripped)
            stripped.replace(path)
        else:
            stripped.unlink(missing_ok=True)


def _can_be_mapped(path: Path) -> bool:
    """Whether each part that is loaded lies as far into a page of the file as into one of the memory."""
    listed = subprocess.run(["readelf", "-lW", str(path)], check=True, capture_output=True, text=True).stdout
    loads = [line.split() for line in listed.splitlines() if line.split()[:1] == ["LOAD"]]
    return bool(loads) and all(
        (int(words[1], 16) - int(words[2], 16)) % int(words[-1], 16) == 0 for words in loads
    )


def _objdump(option: str, path: Path) -> str:
    return subprocess.run(["objdump", option, str(path)], check=True, capture_output=True, text=True).stdout


def _begins_with_magic(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == MAGIC
