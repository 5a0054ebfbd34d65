"""Where a file is in the audio storage: what other services wrote is understood, the rest is refused."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from typing import NewType
from urllib.parse import unquote

from syncsphere_desktop.errors import PathOutsideStoreError

StorePath = NewType("StorePath", str)
"""A path relative to a store's root: parts in Unicode's form NFC joined by `/`, none `.`, `..` or empty."""

OWN_FOLDER = ".syncsphere"
"""The folder in the root that is the app's own: the marker and the quarantine."""

OF_THE_SYSTEM = frozenset({"lost+found", "System Volume Information", "$RECYCLE.BIN"})
"""What file systems keep in their roots, often out of our reach."""

_PART_NAME = re.compile(r"\.syncsphere-[0-9A-Za-z._~+=-]+\.part")
_DRIVE = re.compile(r"[A-Za-z]:")
_FILE_ADDRESS = re.compile(r"file://(?:localhost(?=/))?", re.IGNORECASE)
_RESERVED = re.compile(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³])(?=\.|\Z)", re.IGNORECASE
)
_UNSAFE = re.compile(r'[\\/:*?"<>|]')
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")
_STEM_BYTES = 120


@dataclass(frozen=True, slots=True)
class StoreRoot:
    """By which absolute paths and addresses the root of a store is known, the most usual one first."""

    places: tuple[str, ...]

    @property
    def is_of_windows(self) -> bool:
        """Whether paths below it are Windows': `\\` parts them, and case makes no difference."""
        return any(_DRIVE.match(place) or place.startswith("\\\\") for place in self.places)


def stored_path(text: str, root: StoreRoot) -> StorePath:
    """Return where the file of a row is, from its `file_path` as whichever service wrote it.

    Relative paths are relative to the root; absolute ones and addresses must be inside it. Raises
    PathOutsideStoreError for all others, for `..`, NUL, drives, shares and the app's own folder. Whether a
    link leads out of the root can only be seen by the store, when it opens the file.
    """
    if "\0" in text or not text.strip():
        raise _outside(text)
    inner = _inside(text, root)
    if root.is_of_windows or text.count("/") == 0 < text.count("\\"):
        inner = inner.replace("\\", "/")
    parts = [part for part in inner.split("/") if part not in {"", "."}]
    if (
        not parts
        or any(".." in re.split(r"\\", part) for part in parts)
        or _DRIVE.match(parts[0])
        or parts[0].casefold() == OWN_FOLDER
    ):
        raise _outside(text)
    return StorePath("/".join(map(usual_form, parts)))


def usual_form(name: str) -> str:
    """Return a name in Unicode's composed form, where macOS would have decomposed all of it.

    A name that mixes both forms is left as it is, for no store would find it otherwise.
    """
    if name.isascii():
        return name
    composed = unicodedata.normalize("NFC", name)
    return composed if name == decomposed(name) else name


def decomposed(name: str) -> str:
    """Return a name in the form that macOS gives it."""
    return unicodedata.normalize("NFD", name)


def new_path(project_id: int, filename: str) -> StorePath:
    """Return a fresh place for a file of a project: `projects/12/Kick-3f9a1c2e.wav`.

    The name is safe on every system, keeps what it can of `filename` within 120 bytes of UTF-8, and ends in
    random digits of its own.
    """
    name = _plain(filename)
    ending = _ENDING.search(name)
    suffix = ending[0] if ending else ""
    stem = _shortened(name.removesuffix(suffix).strip(" ."), _STEM_BYTES).strip(" .") or "audio"
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    return StorePath(f"projects/{project_id}/{stem}-{os.urandom(4).hex()}{suffix}")


def trash_path(token: str, at: StorePath) -> StorePath:
    """Return where the quarantine keeps the file that was at `at`; `token` tells it from all others."""
    return StorePath(f"{OWN_FOLDER}/trash/{token}/{name_of(at)}")


def part_path(at: StorePath) -> StorePath:
    """Return a fresh temporary path in the folder of `at`."""
    folder = folder_of(at)
    name = f".syncsphere-{os.urandom(8).hex()}.part"
    return StorePath(f"{folder}/{name}" if folder else name)


def checked_temporary(at: StorePath, temporary: StorePath | None) -> StorePath:
    """Return the temporary path to use for `at`; one that can't be is a bug of the caller: ValueError."""
    if temporary is None:
        return part_path(at)
    if folder_of(temporary) != folder_of(at) or not is_part(name_of(temporary)):
        raise ValueError(f"{temporary!r} is no temporary path for {at!r}")
    return temporary


def is_part(name: str) -> bool:
    """Whether a file of this name is a temporary one of ours."""
    return _PART_NAME.fullmatch(name) is not None


def folder_of(at: StorePath) -> str:
    """Return the folder of a path, empty for the root itself."""
    return at.rpartition("/")[0]


def name_of(at: StorePath) -> str:
    """Return the last part of a path."""
    return at.rpartition("/")[2]


def parts_of(at: StorePath) -> tuple[str, ...]:
    """Return the parts of a path, each of which names something; raises PathOutsideStoreError.

    Stores take paths apart by this alone, so nothing that was made without `stored_path` leads out either.
    """
    parts = tuple(at.split("/"))
    if "\0" in at or any(part in {"", ".", ".."} for part in parts):
        raise _outside(at)
    return parts


def _inside(text: str, root: StoreRoot) -> str:
    """Return what follows the root in `text`, or `text` itself when that is relative."""
    for place in root.places:
        rest = _below(text, place, ignore_case=root.is_of_windows)
        if rest is not None:
            return rest
    address = _FILE_ADDRESS.match(text)
    if address is not None:
        path = unquote(text[address.end() :])
        if not path.startswith(("/", "\\")) and not _DRIVE.match(path):
            raise _outside(text)  # on another machine
        return _inside(path[1:] if _DRIVE.match(path[1:]) else path, root)
    if text.startswith(("/", "\\")) or _DRIVE.match(text) or re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        raise _outside(text)
    return text


def _below(text: str, place: str, *, ignore_case: bool) -> str | None:
    def comparable(path: str) -> str:
        path = unicodedata.normalize("NFC", path)
        return path.replace("\\", "/").casefold() if ignore_case else path

    prefix = comparable(place).rstrip("/") + "/"
    whole = comparable(text)
    if not whole.startswith(prefix):
        return None
    # Normalising may have changed lengths: count the parts that belong to the root instead.
    raw = text.replace("\\", "/") if ignore_case else text
    return "/".join(raw.split("/")[prefix.count("/") :])


def _plain(name: str) -> str:
    """Return the name in NFC, without what a file system or a terminal could stumble over."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    kept = (
        character
        for character in unicodedata.normalize("NFC", text)
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    )
    return _UNSAFE.sub("_", "".join(kept))


def _shortened(text: str, maximum: int) -> str:
    """Return as many whole characters as fit into `maximum` bytes of UTF-8."""
    return text.encode()[:maximum].decode(errors="ignore")


def _outside(text: str) -> PathOutsideStoreError:
    shown = text if len(text) <= 120 else f"{text[:119]}…"
    return PathOutsideStoreError(f"The path {shown!r} is not inside the audio storage.")
