"""Which rows name a file of the store, whatever way they write its path."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from urllib.parse import quote

from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.errors import PathOutsideStoreError
from syncsphere_desktop.storage.paths import StorePath, StoreRoot, decomposed, name_of, stored_path

PATHS_AT_A_TIME = 500


class PathRows(Protocol):
    """Which rows name a path."""

    async def files_at(self, paths: Collection[str]) -> Mapping[str, tuple[AudioFileId, ...]]: ...
    async def odd_spellings(self, names: Collection[str]) -> Sequence[tuple[str, AudioFileId]]: ...


def ways_to_write(path: StorePath, root: StoreRoot) -> set[str]:
    """Return the texts by which services name a file: relative, absolute, an address, in both Unicode forms.

    There is none for a name that no text column can hold.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        return set()
    texts = {path, f"./{path}"}
    for place in root.places:
        texts.add(f"{place.rstrip('/')}/{path}")
    spelled = {form for text in texts if text.startswith("/") for form in (text, quote(text))}
    texts |= {f"file://{host}{text}" for text in spelled for host in ("", "localhost")}
    if root.is_of_windows:
        texts |= {text.replace("/", "\\") for text in texts}
    return texts | {unicodedata.normalize("NFD", text) for text in texts}


async def rows_naming(
    paths: Collection[StorePath], contents: PathRows, root: StoreRoot
) -> Mapping[StorePath, tuple[AudioFileId, ...]]:
    """Return the rows that name each of these files, however they spell it; what none names is left out."""
    texts = {text: path for path in paths for text in ways_to_write(path, root)}
    found: dict[StorePath, set[AudioFileId]] = {}
    for text, ids in (await contents.files_at(list(texts))).items():
        found.setdefault(texts[text], set()).update(ids)
    wanted = set(paths)
    names = {form for path in paths for form in (name_of(path), decomposed(name_of(path)))}
    for text, file_id in await contents.odd_spellings(names):
        named = _understood(text, root)
        if named in wanted:
            found.setdefault(named, set()).add(file_id)
    return {path: tuple(sorted(ids)) for path, ids in found.items()}


def _understood(text: str, root: StoreRoot) -> StorePath | None:
    try:
        return stored_path(text, root)
    except PathOutsideStoreError:
        return None
