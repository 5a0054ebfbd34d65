"""Files of the store that no row names, and parts of files that were never finished."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import islice

from syncsphere_desktop.domain.humane import size as humane_size
from syncsphere_desktop.storage.base import AudioStore, StoredFile
from syncsphere_desktop.storage.paths import StorePath, name_of
from syncsphere_desktop.studio.integrity.findings import Finding, FindingKind
from syncsphere_desktop.studio.integrity.naming import rows_naming
from syncsphere_desktop.studio.integrity.ports import ContentRows
from syncsphere_desktop.studio.threads import Threads

RECENT_SECONDS = 3600.0
"""While an import runs, files younger than this may be its own: their rows come after them."""

_FILES_AT_A_TIME = 2000


class NamedPaths:
    """Which paths the rows name, in 8 bytes each: a million rows take 8 MB. Any thread may add to it.

    It may hold a path that no row names, once in ten thousand checks of a million files; never the reverse.
    """

    def __init__(self) -> None:
        self._digests = array("Q")
        self._sorted = True

    def add(self, path: StorePath) -> None:
        """Remember a path."""
        self._digests.append(_digest(path))
        self._sorted = False

    def __contains__(self, path: StorePath) -> bool:
        if not self._sorted:
            self._digests = array("Q", sorted(self._digests))
            self._sorted = True
        digest = _digest(path)
        place = bisect_left(self._digests, digest)
        return place < len(self._digests) and self._digests[place] == digest


class OrphanSearch:
    """Walks the store. `seen` is told how many files were looked at; `check` may pause or raise."""

    def __init__(
        self,
        store: AudioStore,
        contents: ContentRows,
        threads: Threads,
        *,
        seen: Callable[[int], None],
        check: Callable[[], None],
    ) -> None:
        self._store = store
        self._contents = contents
        self._threads = threads
        self._seen = seen
        self._check = check
        self.left_out = 0
        """How many files were left out, as they may belong to an import that runs."""

    async def run(self, named: NamedPaths, found: Callable[[Finding], None], *, importing: bool) -> None:
        """Tell `found` of each file that no row names, and each part of one; `importing` spares new ones."""
        newest = time.time() - RECENT_SECONDS if importing else None
        files = self._store.walk()
        while (chunk := await self._threads(lambda: self._unnamed(files, named))) is not None:
            ours = await rows_naming([file.path for file in chunk], self._contents, self._store.root)
            for file in chunk:
                if file.path not in ours and not self._is_new(file, newest):
                    found(_orphan(file))
        for file in await self._threads(lambda: list(self._store.leftovers())):
            if not self._is_new(file, newest):
                found(_leftover(file))

    def _unnamed(self, files: Iterator[StoredFile], named: NamedPaths) -> list[StoredFile] | None:
        """Return which of the next files are in no row as far as `named` knows, or None at the end."""
        self._check()
        chunk = list(islice(files, _FILES_AT_A_TIME))
        self._seen(len(chunk))
        return [file for file in chunk if file.path not in named] if chunk else None

    def _is_new(self, file: StoredFile, newest: float | None) -> bool:
        if newest is None or file.modified < newest:
            return False
        self.left_out += 1
        return True


def _orphan(file: StoredFile) -> Finding:
    return Finding(
        FindingKind.ORPHAN,
        None,
        file.path,
        f"No row names this file of {humane_size(file.size)}.",
        filename=name_of(file.path),
        size=file.size,
        modified=file.modified,
    )


def _leftover(file: StoredFile) -> Finding:
    return Finding(
        FindingKind.LEFTOVER,
        None,
        file.path,
        f"A file of {humane_size(file.size)} that was never finished.",
        filename=name_of(file.path),
        size=file.size,
        modified=file.modified,
    )


def _digest(path: StorePath) -> int:
    return int.from_bytes(blake2b(path.encode("utf-8", "surrogateescape"), digest_size=8).digest())
