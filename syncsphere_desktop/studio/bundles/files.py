"""Versions as files: out to a `.odb`, whole or not at all, and in as a project's next version."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from syncsphere_desktop.database.bundle_stream import BundleStreams, PouredBundle
from syncsphere_desktop.domain.bundle import BundleVersion, has_collapsed
from syncsphere_desktop.domain.ids import BundleId, RowVersion
from syncsphere_desktop.errors import FileError, InputError
from syncsphere_desktop.files import make_durable
from syncsphere_desktop.odb import Bundle, BundleKind, open_bundle
from syncsphere_desktop.odb.summary import Summary
from syncsphere_desktop.storage.renaming import rename_new
from syncsphere_desktop.studio.bundles.write_behind import WriteBehind
from syncsphere_desktop.studio.outgoing import opened_file, safe_name, told_as_file_errors

OnBytes = Callable[[int], None]

_LONGEST_NAME = 100
_REFUSED = {BundleKind.FOREIGN, BundleKind.EMPTY}


@dataclass(frozen=True, slots=True)
class ExportedBundle:
    """Where a version was written to, its size in bytes and its sha256 in lower-case hex."""

    path: Path
    size: int
    sha256: str


class KeepsHashes(Protocol):
    """Keeps the sha256 of versions; met by the database's repository."""

    async def keep_hashes(
        self, bundle_id: BundleId, row_version: RowVersion, sha256: str | None = None
    ) -> bool: ...


class BundleExporter:
    """Writes stored versions to files; the hashes that come out of it are kept by `hashes`."""

    def __init__(self, streams: BundleStreams, hashes: KeepsHashes | None = None) -> None:
        self._streams = streams
        self._hashes = hashes

    async def export(
        self, bundle_id: BundleId, path: Path, *, overwrite: bool = False, on_bytes: OnBytes | None = None
    ) -> ExportedBundle:
        """Write a version to `path`: under that name it is whole and on the disk, or not there.

        Raises FileError where the file is there already (unless `overwrite`) or can't be written,
        NotFoundError, AppError. Cancelling leaves nothing.
        """
        with told_as_file_errors(path):
            await asyncio.to_thread(_refuse_place, path, overwrite=overwrite)
        part = path.with_name(f".{path.name[:100]}.{os.urandom(6).hex()}.part")
        with told_as_file_errors(path):
            try:
                poured = await self._pour(bundle_id, part, on_bytes)
                if overwrite:
                    part.replace(path)
                else:
                    rename_new(str(part), str(path))
                make_durable(path.parent)
            except FileExistsError as error:
                raise _there_already(path) from error
            finally:
                part.unlink(missing_ok=True)
        if self._hashes is not None:
            await self._hashes.keep_hashes(bundle_id, poured.row_version, poured.sha256)
        return ExportedBundle(path, poured.size, poured.sha256)

    async def _pour(self, bundle_id: BundleId, part: Path, on_bytes: OnBytes | None) -> PouredBundle:
        # Unbuffered: what is written here is written nowhere else, so a failure is told by the write itself.
        with part.open("xb", buffering=0) as file:
            behind = WriteBehind(file)

            def begin() -> BinaryIO:
                behind.begin_again()
                return cast(BinaryIO, behind)

            try:
                poured = await self._streams.pour(bundle_id, begin, on_bytes=on_bytes)
                await asyncio.to_thread(behind.finish)
            finally:
                await asyncio.to_thread(behind.close)
        return poured


def read_bundle_file(path: Path) -> Bundle:
    """Return what a file is as a bundle, whatever it is. Raises FileError where it can't be read.

    Its samples can't be opened from what is returned: the file is closed again.
    """
    with opened_file(path) as file:
        return open_bundle(file)


@dataclass(frozen=True, slots=True)
class ImportCheck:
    """What is to be said of a file before it becomes a version. `warnings` are sentences."""

    bundle: Summary
    warnings: tuple[str, ...]


def check_import(bundle: Summary, newest: Summary | None) -> ImportCheck:
    """Say what is odd about a bundle that is to follow `newest`, the project's newest version.

    Raises InputError for what is no bundle at all.
    """
    if bundle.kind in _REFUSED:
        raise InputError(f"It's not a bundle. {bundle.problem or ''}".strip(), field="file")
    warnings = []
    if bundle.problem:
        warnings.append(bundle.problem)
    if bundle.kind is BundleKind.NEWER:
        warnings.append("Its contents can't be checked by this app.")
    if newest is not None and newest.uuid and bundle.uuid and newest.uuid != bundle.uuid:
        warnings.append("It's a bundle of another project: its UUID is not that of the newest version.")
    if newest is not None and has_collapsed(newest.boxes, bundle.boxes):
        warnings.append(f"It has {bundle.boxes:,} boxes where the newest version has {newest.boxes:,}.")
    return ImportCheck(bundle, (*warnings, *bundle.warnings))


def export_name(version: BundleVersion) -> str:
    """Return a name for the file of a version, as in `Night train v12 (34).odb`; the id keeps twins apart."""
    number = "" if version.version is None else f" v{version.version}"
    name = (version.project_name or "").strip()[:_LONGEST_NAME] or "project"
    return safe_name(f"{name}{number} ({version.id}).odb")


def _refuse_place(path: Path, *, overwrite: bool) -> None:
    """Raise FileError where a file must not be written: a device that is replaced is gone for everybody."""
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return
    if path.is_dir():
        raise FileError(f"{path} is a folder.")
    if not overwrite:
        raise _there_already(path)
    if not stat.S_ISREG(found) and not stat.S_ISLNK(found):
        raise FileError(f"{path} is no regular file; nothing was written.")


def _there_already(path: Path) -> FileError:
    return FileError(f"{path} is there already; nothing was written.")
