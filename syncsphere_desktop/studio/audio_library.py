"""The audio library of a session: the rows, the store behind them, and what looks into the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.repositories.audio_checks import AudioCheckRepository
from syncsphere_desktop.database.repositories.audio_contents import AudioContentRepository
from syncsphere_desktop.database.repositories.audio_files import AudioFileRepository
from syncsphere_desktop.database.repositories.audio_imports import AudioImportRepository
from syncsphere_desktop.database.repositories.audio_stores import AudioStoreRepository
from syncsphere_desktop.database.repositories.bundle_samples import BundleSampleRepository
from syncsphere_desktop.database.repositories.trash import TrashRepository
from syncsphere_desktop.domain.ids import AudioFileId
from syncsphere_desktop.settings import ConnectionTarget, Paths
from syncsphere_desktop.studio.store_access import StoreAccess

if TYPE_CHECKING:
    from syncsphere_desktop.domain.audio_check import RowToCheck
    from syncsphere_desktop.storage.probing.pool import ProbePool


@dataclass(slots=True)
class AudioLibrary:
    """What views and commands need of the audio library. Opening it reaches for nothing.

    `access` opens the store when it is first wished for; `journals` is the folder of import journals.
    """

    files: AudioFileRepository
    contents: AudioContentRepository
    imports: AudioImportRepository
    trash: TrashRepository
    checks: AudioCheckRepository
    stores: AudioStoreRepository
    samples: BundleSampleRepository
    access: StoreAccess
    journals: Path
    actor: str
    _probes: ProbePool | None = None

    @classmethod
    def over(cls, database: Database, target: ConnectionTarget, actor: str, paths: Paths) -> AudioLibrary:
        """Return the library of the studio that an open database holds."""
        known = AudioStoreRepository(database, actor)
        contents = AudioContentRepository(database, actor)

        async def witnesses() -> Sequence[RowToCheck]:
            from syncsphere_desktop.studio.integrity.guard import WITNESSES_SOUGHT

            return await contents.to_check(AudioFileId(0), WITNESSES_SOUGHT)

        return cls(
            files=AudioFileRepository(database, actor),
            contents=contents,
            imports=AudioImportRepository(database, actor),
            trash=TrashRepository(database, actor),
            checks=AudioCheckRepository(database, actor),
            stores=known,
            samples=BundleSampleRepository(database),
            access=StoreAccess(
                target.profile.storage_url, known, secret=target.storage_secret, witnesses=witnesses
            ),
            journals=paths.data / "imports",
            actor=actor,
        )

    @property
    def probes(self) -> ProbePool:
        """Return the children that look into audio files; none runs before the first file."""
        if self._probes is None:
            from syncsphere_desktop.storage.probing.pool import ProbePool

            self._probes = ProbePool()
        return self._probes

    async def shutdown(self) -> None:
        """End the children, close the store, end the threads."""
        if self._probes is not None:
            probes, self._probes = self._probes, None
            await self.access.blockingly(probes.close)
        await self.access.shutdown()
