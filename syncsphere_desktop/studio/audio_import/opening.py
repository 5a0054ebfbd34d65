"""Makes the importer of a session or a command."""

from __future__ import annotations

from syncsphere_desktop.studio.audio_import.importer import AudioImporter
from syncsphere_desktop.studio.audio_library import AudioLibrary
from syncsphere_desktop.studio.integrity.quarantine import Quarantine


async def importer_of(library: AudioLibrary) -> AudioImporter:
    """Open the store of a library and return what imports into it; the caller closes that.

    Raises StorageError and what the database raises.
    """
    store = await library.access.open()
    return AudioImporter(
        store=store,
        files=library.files,
        contents=library.contents,
        imports=library.imports,
        pool=library.probes,
        keeper=Quarantine(store=store, trash=library.trash, files=library.files, contents=library.contents),
        journals=library.journals,
        claim=library.access.claim,
    )
