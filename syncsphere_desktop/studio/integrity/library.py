"""What every action works with: the rows, the store, and a look at both as they are at this moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from syncsphere_desktop.domain.audio import AudioFile
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.domain.sound import Content
from syncsphere_desktop.errors import NotFoundError, PathOutsideStoreError
from syncsphere_desktop.storage.base import AudioStore, StoredFile
from syncsphere_desktop.storage.paths import StorePath, folder_of, name_of, new_path, stored_path
from syncsphere_desktop.studio.integrity.hashing import hashed
from syncsphere_desktop.studio.integrity.naming import rows_naming
from syncsphere_desktop.studio.integrity.ports import ContentRows, FileRows
from syncsphere_desktop.studio.threads import Threads


@dataclass(frozen=True, slots=True)
class RowNow:
    """A row and its file at this moment. `path` is None for one that leads outside."""

    file: AudioFile
    path: StorePath | None
    stored: StoredFile | None


class Library:
    """Looks things up as they are now. Raises what the store and the database raise."""

    def __init__(self, store: AudioStore, files: FileRows, contents: ContentRows, threads: Threads) -> None:
        self.store = store
        self.files = files
        self.contents = contents
        self.threads = threads

    async def row(self, file_id: AudioFileId) -> RowNow:
        """Return the row with its file; raises NotFoundError."""
        file = await self.files.find(file_id)
        if file is None:
            raise NotFoundError("The row was deleted meanwhile.")
        path = path_in(self.store, file.file_path)
        stored = None
        if path is not None:
            try:
                stored = await self.stat(path)
            except PathOutsideStoreError:  # a link leads out
                path = None
        return RowNow(file, path, stored)

    async def stat(self, path: StorePath) -> StoredFile | None:
        """Return the file as it is now, or None."""
        return await self.threads(lambda: self.store.stat(path))

    async def move(self, source: StorePath, target: StorePath) -> None:
        """Give a file another name."""
        await self.threads(lambda: self.store.move(source, target))

    async def remove(self, path: StorePath) -> None:
        """Remove a file for good."""
        await self.threads(lambda: self.store.remove(path))

    async def content(self, path: StorePath) -> Content:
        """Read a file and return what it is."""
        return await self.threads(lambda: self.read(path))

    def read(self, path: StorePath) -> Content:
        """Read a file and return what it is; blocks."""
        with self.store.open(path) as stream:
            return hashed(stream)

    async def rows_naming(self, path: StorePath) -> tuple[AudioFileId, ...]:
        """Return the rows that name a file, whatever way."""
        return (await rows_naming([path], self.contents, self.store.root)).get(path, ())

    async def recorded(self, file_id: AudioFileId) -> Content | None:
        """Return what was recorded of a row's content."""
        rows = await self.contents.rows([file_id])
        return rows[0].content if rows else None

    async def same(self, first: StorePath, second: StorePath) -> bool:
        """Whether two files have the same bytes, or are one file with two names."""
        one, other = await self.stat(first), await self.stat(second)
        if one is None or other is None or one.size != other.size:
            return False
        return await self.content(first) == await self.content(second)


def path_in(store: AudioStore, text: str) -> StorePath | None:
    """Return where in the store a row's path leads, or None where it leads outside."""
    try:
        return stored_path(text, store.root)
    except PathOutsideStoreError:
        return None


def beside(path: StorePath) -> StorePath:
    """Return a fresh name in the same folder."""
    folder, name = folder_of(path), name_of(new_path(0, name_of(path)))
    return StorePath(f"{folder}/{name}" if folder else name)


def others(ids: Collection[AudioFileId], than: AudioFileId) -> list[AudioFileId]:
    """Return the rows but this one."""
    return [file_id for file_id in ids if file_id != than]
