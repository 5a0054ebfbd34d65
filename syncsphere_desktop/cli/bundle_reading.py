"""`bundle inspect|diff`: what a version or a file holds, and what differs between two. Nothing is changed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable, text_table
from syncsphere_desktop.domain.humane import size as humane_size
from syncsphere_desktop.domain.ids import BundleId
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.odb import Bundle
    from syncsphere_desktop.odb.diff import BundleDiff

_MARKS = {"added": "+", "removed": "-", "changed": "~"}


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the commands."""
    inspecting = commands.add_parser("inspect", parents=[connection], help="tell what a bundle holds")
    inspecting.add_argument("file", nargs="?", metavar="FILE", help="a file on disk, or an id as well")
    inspecting.add_argument("--id", type=bundle_id, metavar="N", help="a stored version by its id")
    inspecting.set_defaults(command=_inspect)

    differing = commands.add_parser(
        "diff",
        parents=[connection],
        help="tell what differs between two bundles",
        description="A and B are files, or ids of stored versions, which may also be written id:N.",
    )
    differing.add_argument("before", metavar="A")
    differing.add_argument("after", metavar="B")
    differing.set_defaults(command=_diff)


def bundle_id(text: str) -> BundleId:
    """Return the id of a version, for argparse."""
    digits = text.removeprefix("id:")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise argparse.ArgumentTypeError(f"“{text}” is no id of a version")
    return BundleId(int(digits))


def _inspect(namespace: argparse.Namespace) -> int:
    if (namespace.file is None) == (namespace.id is None):
        raise UsageError("Which bundle? Give a FILE or --id N.")
    (bundle,) = _opened(namespace, [_place(namespace.file) if namespace.id is None else namespace.id])
    from syncsphere_desktop.odb.documents import bundle_document

    as_json = wants_json(namespace)
    tell(
        bundle_document(bundle) if as_json else {},
        as_json=as_json,
        text="" if as_json else _described(bundle),
    )
    return 0


def _diff(namespace: argparse.Namespace) -> int:
    before, after = _opened(namespace, [_place(namespace.before), _place(namespace.after)])
    from syncsphere_desktop.odb.diff import compare
    from syncsphere_desktop.odb.documents import diff_document

    difference = compare(before, after)
    as_json = wants_json(namespace)
    sides = ((namespace.before, before), (namespace.after, after))
    problems = [f"{name}: {bundle.problem}" for name, bundle in sides if bundle.problem]
    document = {**diff_document(difference), "problems": problems} if as_json else {}
    tell(document, as_json=as_json, text="" if as_json else _told(difference, problems))
    return 0


def _place(text: str) -> Path | BundleId:
    path = Path(text)
    if path.exists():
        return path
    try:
        return bundle_id(text)
    except argparse.ArgumentTypeError:
        return path  # reading it tells what is wrong with it


def _opened(namespace: argparse.Namespace, places: list[Path | BundleId]) -> list[Bundle]:
    """Return the bundles; a database is opened only where one of them is there."""
    if all(isinstance(place, Path) for place in places):
        return [_of_file(place) for place in places if isinstance(place, Path)]

    async def work(database: Database) -> list[Bundle]:
        from syncsphere_desktop.database.bundle_stream import BundleStreams
        from syncsphere_desktop.odb import open_bundle

        streams = BundleStreams(database)
        return [
            _of_file(place) if isinstance(place, Path) else await streams.read(place, open_bundle)
            for place in places
        ]

    return with_database(namespace, work)


def _of_file(path: Path) -> Bundle:
    from syncsphere_desktop.studio.bundles.files import read_bundle_file

    return read_bundle_file(path)


def _described(bundle: Bundle) -> str:
    contents = bundle.contents
    name = bundle.meta.name if bundle.meta and bundle.meta.name else "(no name)"
    kinds = bundle.kind.value.replace("_", " ")
    lines = [f"{printable(name)}   {kinds}, {humane_size(bundle.size)}, {len(bundle.graph.boxes):,} boxes"]
    if bundle.problem:
        lines.append(printable(bundle.problem))
    if contents.tempo is not None:
        beats = "/".join(map(str, contents.signature)) if contents.signature else ""
        lines.append(f"{contents.tempo:g} bpm {beats}".rstrip())
    tracks = [
        (unit.name, unit.type.value, track.name, track.kind.value)
        for unit in contents.units
        for track in unit.tracks
    ]
    if tracks:
        lines += ["", text_table(("unit", "type", "track", "kind"), tracks)]
    if contents.samples:
        rows = [
            (sample.name, None if sample.bytes is None else humane_size(sample.bytes))
            for sample in contents.samples
        ]
        lines += ["", text_table(("sample", "size"), rows)]
    lines += [f"Note: {printable(warning)}" for warning in bundle.warnings]
    return "\n".join(lines)


def _told(difference: BundleDiff, problems: list[str]) -> str:
    from syncsphere_desktop.odb.diff import describe

    paragraphs = describe(difference)
    lines = [f"Note: {printable(problem)}" for problem in problems]
    if not paragraphs:
        lines.append("Nothing differs in what could be read." if problems else "Nothing differs.")
    for paragraph in paragraphs:
        lines.append(f"{_MARKS[paragraph.kind.value]} {printable(paragraph.text)}")
        lines += [f"    {printable(detail)}" for detail in paragraph.details]
    return "\n".join(lines)
