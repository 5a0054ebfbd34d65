"""The revisions this app brings, learnt from their files: importing Alembic takes a quarter of a second."""

from __future__ import annotations

import re
from pathlib import Path

from syncsphere_desktop.assets import MIGRATIONS
from syncsphere_desktop.database.schema.status import Revision
from syncsphere_desktop.errors import UsageError

BASE = "base"
HEAD = "head"

_FILE = re.compile(r"(?P<id>\d{4})_\w+\.py")
_RELATIVE = re.compile(r"[+-]\d{1,4}")


def known_revisions(folder: Path = MIGRATIONS) -> tuple[Revision, ...]:
    """Return every revision from the first to the head.

    The history is one line: a file's number is its revision, its first line says what it does.
    """
    found = []
    for path in sorted((folder / "versions").iterdir()):
        match = _FILE.fullmatch(path.name)
        if match:
            with path.open(encoding="utf-8") as file:
                title = file.readline().strip().strip('"').rstrip(".")
            found.append(Revision(match["id"], title))
    return tuple(found)


def position_of(wanted: str, current: str | None, revisions: tuple[Revision, ...]) -> int:
    """Return how many revisions are applied when the database is at `wanted`.

    `wanted` is a revision, `head`, `base`, or steps from the current one as `+1` or `-1`. Raises UsageError.
    """
    ids = [revision.revision for revision in revisions]
    if wanted == HEAD:
        return len(ids)
    if wanted == BASE:
        return 0
    if _RELATIVE.fullmatch(wanted):
        position = (ids.index(current) + 1 if current in ids else 0) + int(wanted)
        if 0 <= position <= len(ids):
            return position
        raise UsageError(f"There are not as many revisions as {wanted} asks for.")
    if wanted in ids:
        return ids.index(wanted) + 1
    raise UsageError(f"There is no revision {wanted}. This app knows {', '.join([BASE, *ids, HEAD])}.")
