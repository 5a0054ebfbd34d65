"""Which files there are in what was dropped: each once, through no link, and none of the storage's own."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.audio_import.naming import shown
from syncsphere_desktop.studio.audio_import.plan import PlannedFile, Verdict
from syncsphere_desktop.studio.audio_import.sources import kind, stamp_of, unreadable

_Place = tuple[int, int]
"""Device and inode: which folder it is, by whatever path."""

_OF_DESKTOPS = frozenset({".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".directory"})
_OF_A_DESKTOP = "It's a file that a desktop keeps for itself."
_STORE_ITSELF = "It's the audio storage itself."
_IN_STORE = "It's in the audio storage already."


@dataclass(frozen=True, slots=True)
class _Folder:
    path: Path
    relative: str
    within: frozenset[_Place]
    """The folder itself and those it is in, so that none is walked into from inside itself."""


def scan(sources: Sequence[Path], store: AudioStore, check: Callable[[], None]) -> Iterator[PlannedFile]:
    """Yield what is in `sources`, folders in the order of names; NEW stands for what is yet to be looked at.

    A source that is a link is followed, links in folders are not. `check` is called for each entry, and ends
    the scan by raising. Nothing is opened but folders.
    """
    own = _place_of_store(store)
    for source in _outermost(sources):
        check()
        relative = shown(source.name or str(source.absolute()))
        try:
            known = source.stat()
        except (OSError, ValueError) as error:
            yield _unreadable(source, relative, error)
            continue
        if own is not None and _is_within(source, own):
            yield _skipped(source, relative, _IN_STORE)
        elif stat.S_ISDIR(known.st_mode):
            place = (known.st_dev, known.st_ino)
            yield from _walk(_Folder(source, relative, frozenset({place})), own, check)
        else:
            yield _file(source, relative, known)


def _walk(top: _Folder, own: _Place | None, check: Callable[[], None]) -> Iterator[PlannedFile]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder.path) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield _unreadable(folder.path, folder.relative, error)
            continue
        inner: list[_Folder] = []
        for entry in found:
            check()
            path = folder.path / entry.name
            relative = f"{folder.relative}/{shown(entry.name)}"
            try:
                known = path.lstat()
            except OSError as error:
                yield _unreadable(path, relative, error)
                continue
            if not stat.S_ISDIR(known.st_mode):
                yield _file(path, relative, known)
                continue
            place = (known.st_dev, known.st_ino)
            if place == own:
                yield _skipped(path, relative, _STORE_ITSELF)
            elif place in folder.within:  # mounted inside itself
                yield _skipped(path, relative, "The folder is inside itself.")
            else:
                inner.append(_Folder(path, relative, folder.within | {place}))
        waiting.extend(reversed(inner))


def _file(path: Path, relative: str, known: os.stat_result) -> PlannedFile:
    if not stat.S_ISREG(known.st_mode):
        return _skipped(path, relative, kind(known.st_mode))
    if path.name.startswith("._") or path.name.casefold() in _OF_DESKTOPS:
        return PlannedFile(path, relative, known.st_size, Verdict.HIDDEN, _OF_A_DESKTOP)
    return PlannedFile(path, relative, known.st_size, Verdict.NEW, stamp=stamp_of(known))


def _skipped(path: Path, relative: str, reason: str) -> PlannedFile:
    return PlannedFile(path, relative, 0, Verdict.SKIPPED, reason)


def _unreadable(path: Path, relative: str, error: OSError | ValueError) -> PlannedFile:
    reason = unreadable(error) if isinstance(error, OSError) else "Its name can't be that of a file."
    return PlannedFile(path, relative, 0, Verdict.UNREADABLE, reason)


def _outermost(sources: Sequence[Path]) -> list[Path]:
    """Return the sources without those that are named twice, or are in another one of them."""
    by_place = {_resolved(source): source for source in reversed(sources)}
    return [
        source
        for place, source in reversed(by_place.items())
        if not any(parent in by_place for parent in place.parents)
    ]


def _resolved(path: Path) -> Path:
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError):
        return path


def _place_of_store(store: AudioStore) -> _Place | None:
    """Return which folder the store is, or None for one that is elsewhere."""
    if "://" in store.url:
        return None
    try:
        known = os.stat(store.url)  # noqa: PTH116
    except OSError:
        return None
    return known.st_dev, known.st_ino


def _is_within(source: Path, own: _Place) -> bool:
    place = _resolved(source)
    for folder in (place, *place.parents):
        try:
            known = folder.stat()
        except OSError:
            continue
        if (known.st_dev, known.st_ino) == own:
            return True
    return False
