"""What must not be in a package: tests, secrets, and any path of the machine that built it."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import contents
import elf
from PyInstaller.archive.readers import CArchiveReader

_KEY = re.compile(rb"-----BEGIN (?:RSA |EC |OPENSSH |ENCRYPTED )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{64}")


def faults(folder: Path, build_paths: tuple[str, ...]) -> list[str]:
    """Return a line for each thing in a frozen program that must not be there."""
    found = [f"{path.relative_to(folder)}: belongs to a test suite" for path in _test_files(folder)]
    words = [os.fsencode(path) for path in build_paths if len(path) > 1]
    for name, data in _all_bytes(folder):
        found += [f"{name}: names the path {os.fsdecode(word)}" for word in words if word in data]
        # Libraries for TLS hold keys of everybody's knowledge, to test themselves with.
        if not data.startswith(elf.MAGIC) and _KEY.search(data):
            found.append(f"{name}: holds a private key")
    return found


def _test_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and any(
            part in contents.FORBIDDEN_NAMES for part in path.relative_to(folder).parts
        ):
            yield path


def _all_bytes(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give every file's bytes, and those of the modules packed into the executables, unpacked."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        yield str(path.relative_to(folder)), path.read_bytes()
        if path.parent == folder and path.suffix in {"", ".exe"}:
            yield from _packed(path)


def _packed(executable: Path) -> Iterator[tuple[str, bytes]]:
    archive = CArchiveReader(str(executable))
    for name in archive.toc:
        if name.endswith(".pyz"):
            modules = archive.open_embedded_archive(name)
            for module in modules.toc:
                data = modules.extract(module, raw=True)
                if data is not None:
                    yield f"{executable.name}:{module}", _inflated(data)
        else:
            yield f"{executable.name}:{name}", archive.extract(name)


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error:  # stored as it is
        return data
