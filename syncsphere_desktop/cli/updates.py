"""`updates`: whether there is a newer version, and where that is looked for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncsphere_desktop.studio.updates import News, Updates


def register(groups: Any, shared: argparse.ArgumentParser, _connection: argparse.ArgumentParser) -> None:
    """Add the commands about updates."""
    group = groups.add_parser("updates", parents=[shared], help="newer versions of this app")
    commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = commands.add_parser(
        "check",
        parents=[shared],
        help="look for a newer version",
        description="Fetch the signed manifest of the newest version and say what it tells. Nothing is"
        " downloaded or installed. Exit code 1 where it can't be had or is not to be believed.",
    )
    check.set_defaults(command=_check)
    source = commands.add_parser(
        "source",
        parents=[shared],
        help="say where to look, or show it",
        description="Show or set where the manifest is. SYNCSPHERE_UPDATES_URL comes before it.",
    )
    source.add_argument("url", nargs="?", metavar="URL", help="an https:// address")
    source.add_argument("--none", action="store_true", help="look nowhere")
    source.set_defaults(command=_source)


def _updates() -> Updates:
    from syncsphere_desktop.settings import Paths
    from syncsphere_desktop.settings_store import SettingsStore
    from syncsphere_desktop.studio.updates import Updates

    store = SettingsStore(Paths.of_this_user())
    store.load()
    if store.notice is not None:
        raise store.notice
    return Updates(store)


def _check(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.cli.event_loop import run_async
    from syncsphere_desktop.cli.run import tell, wants_json

    news = run_async(_updates().check())
    tell(_document(news), as_json=wants_json(namespace), text=_text(news))
    return 0


def _source(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.cli.run import tell, wants_json
    from syncsphere_desktop.errors import UsageError
    from syncsphere_desktop.studio.updates import NO_SOURCE

    updates = _updates()
    if namespace.none and namespace.url:
        raise UsageError("Give either an address or --none.")
    if namespace.none or namespace.url:
        updates.set_source(namespace.url)
    found = updates.source
    tell({"source": found}, as_json=wants_json(namespace), text=found or NO_SOURCE)
    return 0


def _document(news: News) -> dict[str, object]:
    manifest, file = news.manifest, news.file
    return {
        "state": news.standing.value,
        "running": news.running,
        "version": str(manifest.version),
        "released": manifest.released.isoformat(),
        "expires": manifest.expires.isoformat(),
        "page": manifest.page,
        "notes": manifest.notes,
        "file": None if file is None else {"url": file.url, "sha256": file.sha256, "size": file.size},
    }


def _text(news: News) -> str:
    from syncsphere_desktop.domain.updates import Standing

    manifest = news.manifest
    if news.standing is Standing.CURRENT:
        return f"This is the newest version: {news.running}."
    lines = [f"Version {manifest.version} of {manifest.released:%d %B %Y} is there; this is {news.running}."]
    lines += [] if news.file is None else [f"SHA-256:  {news.file.sha256}"]
    return "\n".join([*lines, f"Download: {manifest.page}", "", manifest.notes.rstrip()])
