"""Freezes the program twice and lists the files that differ: `python packaging/compare_builds.py`."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import freeze
import make_packages


def hashes(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below a folder, by its place in it; of a link, where it leads."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[place] = f"link to {path.readlink()}"
        elif path.is_file():
            found[place] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def main() -> int:
    """Return 1 when the two builds of this commit differ."""
    epoch = make_packages.commit_epoch()
    first = hashes(freeze.freeze(epoch))
    shutil.rmtree(freeze.BUILD / "pyinstaller")
    second = hashes(freeze.freeze(epoch))
    differing = sorted(
        place for place in first.keys() | second.keys() if first.get(place) != second.get(place)
    )
    for place in differing:
        print(place)
    print(f"{len(differing)} of {len(first)} files differ.")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
