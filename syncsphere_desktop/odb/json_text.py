"""JSON from a bundle, read within limits, and the graphs that odd files hold as JSON."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from uuid import UUID

from syncsphere_desktop.errors import BundleError
from syncsphere_desktop.odb.graph import FORMAT_VERSION, MAGIC, Box, Graph, NewerGraphError
from syncsphere_desktop.odb.limits import Limits
from syncsphere_desktop.odb.values import JsonFields, printable

_HEAD = struct.Struct("<4sII")
_CLASS_KEYS = ("name", "className", "class", "type")
_INDEX_KEYS = ("index", "creationIndex")


def parse_json(data: bytes, what: str, limits: Limits) -> object:
    """Return what a JSON text holds; raises BundleError where it is none, or beyond the limits.

    `what` names it at the beginning of a sentence.
    """
    if len(data) > limits.json_text:
        raise BundleError(f"{what} has {len(data):,} bytes; at most {limits.json_text:,} are read.")
    # Each item has a comma, a colon or a bracket of its own, and costs some hundred bytes of memory.
    if sum(map(data.count, (b",", b"[", b"{", b":"))) > limits.json_items:
        raise BundleError(f"{what} holds too many items to be read.")
    try:
        return json.loads(data.decode("utf-8"), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{what} is no JSON that can be read.", details=type(error).__name__) from error


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= 20 else float(digits)


def is_json_graph(data: bytes) -> bool:
    """Whether a `project.od` has the head of a JSON graph: little-endian, unlike that of a binary one."""
    if len(data) < _HEAD.size:
        return False
    magic, version, _ = _HEAD.unpack_from(data)
    return bool(magic == MAGIC and 0 < version < 1 << 16)


def parse_json_graph(data: bytes, limits: Limits) -> Graph:
    """Return the graph of a `project.od` whose head `is_json_graph`.

    Boxes are taken from a list or an object `boxes`, or from the UUIDs at the top. Raises BundleError where
    it is no JSON, and its NewerGraphError for a format version other than 2.
    """
    _, version, length = _HEAD.unpack_from(data)
    if version != FORMAT_VERSION:
        raise NewerGraphError(f"The project has format version {version}; this app reads version 2.")
    text = data[_HEAD.size : _HEAD.size + length]
    if len(text) < length:
        raise BundleError(f"The project should be {length:,} bytes long, and has {len(text):,}.")
    document = parse_json(text, "The project", limits)
    entries = list(_entries(document))
    if len(entries) > limits.boxes:
        raise BundleError(f"The project has {len(entries):,} boxes; at most {limits.boxes:,} are read.")
    found = [_box(key, entry, number) for number, (key, entry) in enumerate(entries)]
    boxes = tuple(sorted((box for box in found if box is not None), key=lambda box: box.uuid.bytes))
    problem = None if boxes else "The project is JSON without any box in it."
    return Graph(boxes, claimed=len(entries), unreadable=len(entries) - len(boxes), problem=problem)


def _entries(document: object) -> Iterator[tuple[object, dict[str, object]]]:
    if isinstance(document, dict):
        inner = document.get("boxes")
        document = inner if isinstance(inner, dict | list) else document
    pairs = document.items() if isinstance(document, dict) else enumerate(_listed(document))
    for key, entry in pairs:
        if isinstance(entry, dict) and any(isinstance(entry.get(name), str) for name in _CLASS_KEYS):
            yield key, entry


def _listed(document: object) -> list[object]:
    return document if isinstance(document, list) else []


def _box(key: object, entry: dict[str, object], number: int) -> Box | None:
    name = next(value for value in map(entry.get, _CLASS_KEYS) if isinstance(value, str))
    index = next((value for value in map(entry.get, _INDEX_KEYS) if isinstance(value, int)), number)
    try:
        uuid = UUID(str(entry.get("uuid", key)))
    except ValueError:
        return None
    return Box(index, printable(name), uuid, JsonFields(entry.get("fields")))
