"""The files that were dropped or copied, read from what the other program says of them."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import url2pathname

from PySide6.QtCore import QMimeData

_URI_LIST = "text/uri-list"
_BUNDLE = ".odb"
_AT_ONCE = 500
_IS_WINDOWS = os.name == "nt"


@dataclass(frozen=True, slots=True)
class Sources:
    """Files and folders of this computer, and how many other addresses stood beside them."""

    paths: tuple[Path, ...]
    elsewhere: int = 0


def holds_files(mime: QMimeData) -> bool:
    """Whether something that is dragged or copied names files; their names are not looked at."""
    return mime.hasUrls()


def lines_of(mime: QMimeData) -> list[str]:
    """Return the addresses that are dropped or copied, unread: there may be many thousands.

    Text is taken for addresses where there is nothing better, a line each.
    """
    if mime.hasUrls():
        raw = bytes(mime.data(_URI_LIST).data())
    else:
        raw = mime.text().encode("utf-8", "surrogateescape")
    lines = (os.fsdecode(line.strip(b"\r\x00")) for line in raw.split(b"\n"))
    return [line for line in lines if line.strip() and not line.startswith("#")]


def bundles_of(mime: QMimeData) -> list[str]:
    """Return the addresses where all are those of bundles by their names, else none."""
    raw = bytes(mime.data(_URI_LIST).data()).lower()
    if _BUNDLE.encode() not in raw:  # there may be many thousands of other files
        return []
    lines = lines_of(mime)
    return lines if all(line.strip().lower().endswith(_BUNDLE) for line in lines) else []


async def read_addresses(lines: Sequence[str]) -> Sources:
    """Return the paths that the addresses name, a few hundred at a time; none of them is looked at."""
    paths: dict[Path, None] = {}
    elsewhere = 0
    for start in range(0, len(lines), _AT_ONCE):
        for line in lines[start : start + _AT_ONCE]:
            path = _local_path(line)
            if path is None:
                elsewhere += 1
            else:
                paths[path] = None
        await asyncio.sleep(0)
    return Sources(tuple(paths), elsewhere)


def _local_path(line: str) -> Path | None:
    if line[:5].lower() == "file:":
        return _of_url(line)
    # The text of another program: a path is one only when it says where it begins.
    text = line.strip().strip('"')
    absolute = text.startswith("~/") or Path(text).is_absolute()
    return Path(text).expanduser() if absolute and "\x00" not in text else None


def _of_url(line: str) -> Path | None:
    parts = urlsplit(line.strip())
    if _IS_WINDOWS:
        return Path(url2pathname(parts.path if not parts.netloc else f"//{parts.netloc}{parts.path}"))
    if parts.netloc not in ("", "localhost", socket.gethostname()):
        return None
    # Names on disk are bytes, and need not be UTF-8. A name may hold what an address ends with.
    rest = line.strip()[5:].removeprefix(f"//{parts.netloc}")
    name = os.fsdecode(unquote_to_bytes(rest.encode("utf-8", "surrogateescape")))
    return Path(name) if name.startswith("/") and "\x00" not in name else None
