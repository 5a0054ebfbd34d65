"""All that integrity offers, made for one session or one command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from syncsphere_desktop.domain.trash import UNSETTLED
from syncsphere_desktop.errors import (
    AccessDeniedError,
    ReadOnlyError,
    SchemaError,
    StoreReadOnlyError,
    TimedOutError,
)
from syncsphere_desktop.storage.base import AudioStore
from syncsphere_desktop.studio.audio_library import AudioLibrary
from syncsphere_desktop.studio.integrity.exporting import AudioExporter
from syncsphere_desktop.studio.integrity.ports import SampleUses
from syncsphere_desktop.studio.integrity.quarantine import Quarantine
from syncsphere_desktop.studio.integrity.repair import Repair
from syncsphere_desktop.studio.integrity.replacing import ContentReplacer
from syncsphere_desktop.studio.integrity.verifier import AudioVerifier


@dataclass(frozen=True, slots=True)
class Integrity:
    """The parts, over one open store. Making them reaches for nothing; `close` ends their threads."""

    verifier: AudioVerifier
    quarantine: Quarantine
    repair: Repair
    replacer: ContentReplacer
    exporter: AudioExporter

    @classmethod
    def over(cls, library: AudioLibrary, store: AudioStore, uses: SampleUses | None = None) -> Integrity:
        """Return the parts for a library whose store is open; `uses` stands in for what the library has."""
        uses = uses or library.samples
        files, contents, checks, trash = library.files, library.contents, library.checks, library.trash
        probes = library.probes
        return cls(
            verifier=AudioVerifier(
                store=store,
                known=library.stores,
                contents=contents,
                checks=checks,
                prober=probes,
                uses=uses,
                imports=library.imports,
            ),
            quarantine=Quarantine(store=store, trash=trash, files=files, contents=contents, uses=uses),
            repair=Repair(
                store=store, files=files, contents=contents, checks=checks, trash=trash, prober=probes
            ),
            replacer=ContentReplacer(store=store, trash=trash, files=files, contents=contents, prober=probes),
            exporter=AudioExporter(store=store, contents=contents),
        )

    async def close(self) -> None:
        """Wait for what is under way and end the threads."""
        for part in (self.verifier, self.quarantine, self.repair, self.replacer, self.exporter):
            await part.close()


@asynccontextmanager
async def opened_integrity(
    library: AudioLibrary, uses: SampleUses | None = None, *, claim: bool = False
) -> AsyncIterator[Integrity]:
    """Open the store of a library and give the parts while an `async with` block lasts.

    What a crash left of the quarantine is settled first. `claim` marks the store as this studio's, as is due
    before files are moved. Raises StoreUnavailableError and what the database raises.
    """
    store = await (library.access.claim() if claim else library.access.open())
    integrity = Integrity.over(library, store, uses)
    try:
        if await library.trash.in_states(UNSETTLED):
            # Whoever is at it this moment settles too, and who may only read leaves it to others.
            with suppress(TimedOutError, ReadOnlyError, AccessDeniedError, SchemaError, StoreReadOnlyError):
                await integrity.quarantine.settle()
        yield integrity
    finally:
        await integrity.close()
