"""What a bundle says of its project: `meta.json`."""

from __future__ import annotations

from dataclasses import dataclass

from syncsphere_desktop.errors import BundleError
from syncsphere_desktop.odb.graph import Graph
from syncsphere_desktop.odb.json_text import parse_json
from syncsphere_desktop.odb.limits import Limits
from syncsphere_desktop.odb.values import printable

_TAGS = 200


@dataclass(frozen=True, slots=True)
class ProjectMeta:
    """A project's own words. `created` and `modified` are ISO 8601 as they were written.

    What else the file may hold, a token for broadcasting among it, is not even kept in memory.
    """

    name: str | None = None
    artist: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    created: str | None = None
    modified: str | None = None
    notepad: str | None = None


@dataclass(frozen=True, slots=True)
class SampleMeta:
    """What a bundle says of one sample in it. `duration` in seconds, `sample_rate` in Hz."""

    name: str | None = None
    bpm: float | None = None
    duration: float | None = None
    sample_rate: float | None = None
    origin: str | None = None


def parse_project_meta(data: bytes, limits: Limits) -> ProjectMeta:
    """Return what `meta.json` holds; raises BundleError where it is no JSON object."""
    document = _object(data, "“meta.json”", limits)
    tags = document.get("tags")
    return ProjectMeta(
        name=_text(document, "name"),
        artist=_text(document, "artist"),
        description=_text(document, "description"),
        tags=tuple(printable(tag) for tag in tags[:_TAGS] if isinstance(tag, str))
        if isinstance(tags, list)
        else (),
        created=_text(document, "created"),
        modified=_text(document, "modified"),
        notepad=_text(document, "notepad"),
    )


def parse_sample_meta(data: bytes, limits: Limits) -> SampleMeta:
    """Return what a sample's `meta.json` holds; raises BundleError where it is no JSON object."""
    document = _object(data, "The sample's “meta.json”", limits)
    return SampleMeta(
        name=_text(document, "name"),
        bpm=_number(document, "bpm"),
        duration=_number(document, "duration"),
        sample_rate=_number(document, "sample_rate"),
        origin=_text(document, "origin"),
    )


def meta_in(graph: Graph) -> ProjectMeta | None:
    """Return what the graph itself says, as files of 2026 do; None where it says nothing."""
    for box in graph.of("ProjectMetaBox"):
        fields = box.fields
        name, artist = fields.text(1) or None, fields.text(2) or None
        return ProjectMeta(name=name, artist=artist, modified=fields.text(7) or None)
    return None


def _object(data: bytes, what: str, limits: Limits) -> dict[str, object]:
    document = parse_json(data, what, limits)
    if not isinstance(document, dict):
        raise BundleError(f"{what} is no JSON object.")
    return document


def _text(document: dict[str, object], key: str) -> str | None:
    value = document.get(key)
    return printable(value) if isinstance(value, str) else None


def _number(document: dict[str, object], key: str) -> float | None:
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**63:
        return None
    return value
