"""What is done with bundles away from the window: opened and told in short, indexed, compared, verified."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from syncsphere_desktop.errors import BundleError
from syncsphere_desktop.odb import Bundle, open_bundle
from syncsphere_desktop.odb.diff import compare, describe
from syncsphere_desktop.odb.diff.words import Owners
from syncsphere_desktop.odb.summary import summary_of, summary_pieces
from syncsphere_desktop.studio.bundles.child.desk import Desk

LARGEST_COVER = 8 << 20
_BLOCK = 1 << 18
_PARAGRAPHS_AT_ONCE = 50
_MOST_LINES = 2_000
"""Of details in one paragraph: more are counted."""


def open_and_keep(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Open the file, keep it under `key`, tell it in short; then the bytes of its cover, if it has one."""
    bundle = open_bundle(desk.file)
    desk.keep(arguments["key"], bundle)
    yield from summary_pieces(summary_of(bundle))
    cover = _cover(bundle)
    if cover is not None:
        yield cover


def tell_in_short(desk: Desk, _arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Open the file and tell it in short; nothing is kept."""
    yield from summary_pieces(summary_of(open_bundle(desk.file)))


def hash_samples(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Tell UUID and sha256 of each of `samples` in the file; those that can't be read are left out."""
    bundle = open_bundle(desk.file)
    for uuid in arguments["samples"]:
        digest = hashlib.sha256()
        try:
            with bundle.open_sample(UUID(uuid)) as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
                    desk.beat(0.0)
        except BundleError:
            continue
        yield [uuid, digest.hexdigest()]


def tell_difference(desk: Desk, arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Tell what differs between two kept bundles: its paragraphs, and the boxes of each unit in them.

    `owners` are by the UUID of what they hold.
    """
    before, after = desk.kept(arguments["before"]), desk.kept(arguments["after"])
    owners: Owners = {UUID(uuid): name for uuid, name in arguments["owners"].items()}
    units = {unit.uuid: unit for unit in (*after.contents.units, *before.contents.units)}
    rows = []
    for paragraph in describe(compare(before, after), owners_before=owners, owners_after=owners):
        unit = None if paragraph.unit is None else units.get(paragraph.unit)
        boxes = [] if unit is None else [unit.uuid.hex, *(track.uuid.hex for track in unit.tracks)]
        details = paragraph.details[:_MOST_LINES]
        rows.append(
            [
                paragraph.kind.value,
                paragraph.subject,
                None if paragraph.unit is None else paragraph.unit.hex,
                paragraph.parts,
                details,
                paragraph.owners_before,
                boxes,
            ]
        )
        if len(rows) >= _PARAGRAPHS_AT_ONCE:
            yield rows
            rows = []
    yield rows


def _cover(bundle: Bundle) -> bytes | None:
    try:
        cover = bundle.image() if bundle.has_image else None
    except BundleError:
        return None  # a damaged picture is no picture; the music is what counts
    return None if cover is None or len(cover) > LARGEST_COVER else cover
