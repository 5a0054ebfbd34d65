"""Where the packaged data folders are: inside the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    embedded = _PACKAGE / name
    return embedded if embedded.is_dir() else _PACKAGE.parent / name


RESOURCES = _folder("resources")
MIGRATIONS = _folder("migrations")
