"""Which rows name a file of the store, whatever way they write its path."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from urllib.parse import quote

from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.storage.paths import StorePath, StoreRoot
from syncsphere_desktop.studio.integrity.ports import ContentRows

PATHS_AT_A_TIME = 500


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
    texts |= {f"file://{quote(text)}" for text in texts if text.startswith("/")}
    texts |= {f"file://{text}" for text in texts if text.startswith("/")}
    if root.is_of_windows:
        texts |= {text.replace("/", "\\") for text in texts}
    return texts | {unicodedata.normalize("NFD", text) for text in texts}


async def rows_naming(
    paths: Collection[StorePath], contents: ContentRows, root: StoreRoot
) -> Mapping[StorePath, tuple[AudioFileId, ...]]:
    """Return the rows that name each of these files; what none names is left out."""
    texts = {text: path for path in paths for text in ways_to_write(path, root)}
    found: dict[StorePath, set[AudioFileId]] = {}
    for text, ids in (await contents.files_at(list(texts))).items():
        found.setdefault(texts[text], set()).update(ids)
    return {path: tuple(sorted(ids)) for path, ids in found.items()}
