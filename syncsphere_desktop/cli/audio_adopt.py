"""`audio adopt-storage`: make the storage at the address the studio's own, whatever mark it has."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.audio_library import OpenLibrary, with_library
from syncsphere_desktop.cli.people import add_yes_option, check_can_ask, confirmed
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable

if TYPE_CHECKING:
    from syncsphere_desktop.studio.integrity.adopting import Adoption


def register(commands: Any, parents: list[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "adopt-storage",
        parents=parents,
        help="take the storage at the address for the studio's own, though the studio remembers another",
        description="A studio remembers its audio storage by a mark in it, and refuses any other. This takes"
        " the one at the address in its place: one that was copied, put back without its mark, or replaced.",
    )
    parser.add_argument(
        "--without-files", action="store_true", help="also a storage in which no file of the studio was found"
    )
    add_yes_option(parser)
    parser.set_defaults(command=_adopt)


def _adopt(namespace: argparse.Namespace) -> int:
    check_can_ask(namespace)

    async def work(library: OpenLibrary) -> tuple[Adoption, str | None]:
        from syncsphere_desktop.domain.ids import AudioFileId
        from syncsphere_desktop.studio.integrity.adopting import StoreAdoption
        from syncsphere_desktop.studio.integrity.guard import WITNESSES_SOUGHT

        rows = await library.audio.contents.to_check(AudioFileId(0), WITNESSES_SOUGHT)
        store = library.audio.access.of_any_studio()
        try:
            adoption = StoreAdoption(store, library.audio.stores, rows)
            what = await adoption.look()
            if what.is_done:
                return what, what.identity
            if not confirmed(namespace, " ".join(what.sentences)):
                return what, None
            return what, await adoption.adopt(what, without_files=namespace.without_files)
        finally:
            store.close()

    what, identity = with_library(namespace, work)
    tell(_document(what, identity), as_json=wants_json(namespace), text=_text(what, identity))
    return 1 if identity is None else 0


def _document(what: Adoption, identity: str | None) -> dict[str, object]:
    before = what.before
    return {
        "adopted": identity is not None and not what.is_done,
        "store": identity,
        "url": what.url,
        "before": None if before is None else {"store": before.identity, "url": before.url},
        "files_sought": what.sought,
        "files_found": what.found,
    }


def _text(what: Adoption, identity: str | None) -> str:
    if identity is None:
        return "Nothing was changed."
    if what.is_done:
        return f"This is the studio's audio storage already, {identity}. Nothing was changed."
    return printable(f"{what.sentences[2]} The audio storage at {what.url} is this studio's now: {identity}.")
