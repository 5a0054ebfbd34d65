"""The box graph of a project, as `project.od` holds it: binary, or in odd files as JSON."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from uuid import UUID

from typing_extensions import override

from syncsphere_desktop.errors import BundleError
from syncsphere_desktop.odb.limits import Limits
from syncsphere_desktop.odb.values import BinaryFields, Fields, Pointer, payload_at

MAGIC = b"OPEN"
FORMAT_VERSION = 2

_HEAD = struct.Struct(">4sii")
_COUNT = struct.Struct(">i")
_BOX = struct.Struct(">ii")
_HEADER_BYTES = _HEAD.size
_LEAST_BOX = _BOX.size + 16 + 6


class NewerGraphError(BundleError):
    """Raised when a graph has a format version that this reader does not know."""


class Box:
    """One box: its class, its UUID, and `index`, the place in the order in which boxes were made."""

    __slots__ = ("_source", "_start", "_stop", "index", "name", "uuid")

    def __init__(
        self, index: int, name: str, uuid: UUID, source: bytes | Fields, start: int = 0, stop: int = 0
    ) -> None:
        self.index = index
        self.name = name
        self.uuid = uuid
        self._source = source
        self._start = start
        self._stop = stop

    @property
    def fields(self) -> Fields:
        """Return the fields. They are read anew at each call, which keeps a large graph small."""
        if isinstance(self._source, bytes):
            return BinaryFields(self._source, self._start, self._stop)
        return self._source

    def payload(self, key: int) -> bytes | None:
        """Return one field's bytes as a binary graph has them, far quicker than by `fields`; else None."""
        if isinstance(self._source, bytes):
            return payload_at(self._source, self._start, self._stop, key)
        return None

    def has_the_fields_of(self, other: Box) -> bool:
        """Whether both hold the same values, to the byte where both are binary."""
        if isinstance(self._source, bytes) and isinstance(other._source, bytes):
            mine = self._source[self._start : self._stop]
            return mine == other._source[other._start : other._stop]
        return plain_fields(self.fields) == plain_fields(other.fields)

    @override
    def __repr__(self) -> str:
        return f"Box({self.index}, {self.name}, {self.uuid})"


def plain_fields(fields: Fields, depth: int = 16) -> dict[int, object]:
    """Return the values of fields by their keys, those of objects as mappings, `depth` objects deep."""
    plain: dict[int, object] = {}
    for key in fields.keys():  # noqa: SIM118  # no mapping
        inner = fields.group(key) if depth else None
        plain[key] = fields.value(key) if inner is None else plain_fields(inner, depth - 1)
    return plain


class Graph:
    """The boxes of a project, in the order of the file. `claimed` is how many there should be.

    `problem` says why boxes are missing, or is None; `unreadable` counts boxes that were skipped.
    """

    __slots__ = ("_by_name", "_by_uuid", "boxes", "claimed", "problem", "repeated", "unreadable")

    def __init__(
        self, boxes: tuple[Box, ...], *, claimed: int, unreadable: int = 0, problem: str | None = None
    ) -> None:
        self.boxes = boxes
        self.claimed = claimed
        self.unreadable = unreadable
        self.problem = problem
        self._by_uuid = {box.uuid: box for box in reversed(boxes)}  # the first of equals is the one
        self.repeated = len(boxes) - len(self._by_uuid)
        self._by_name: dict[str, list[Box]] = {}
        for box in self._by_uuid.values() if self.repeated else boxes:
            self._by_name.setdefault(box.name, []).append(box)

    def find(self, uuid: UUID) -> Box | None:
        """Return the box of a UUID, or None."""
        return self._by_uuid.get(uuid)

    def target(self, pointer: Pointer | None) -> Box | None:
        """Return the box that a pointer leads to, or None where it leads nowhere."""
        return None if pointer is None else self._by_uuid.get(pointer.uuid)

    def of(self, *names: str) -> Iterator[Box]:
        """Yield the boxes of these classes, class by class; of those with one UUID the first alone."""
        for name in names:
            yield from self._by_name.get(name, ())

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the classes that there are boxes of."""
        return tuple(self._by_name)


def parse_graph(data: bytes, limits: Limits = Limits()) -> Graph:  # noqa: B008  # frozen
    """Return the graph of a binary `project.od`.

    What follows the graph, as in files of 2025, is left alone. A graph that ends too early gives the boxes
    that are there, and its `problem`. Raises BundleError when there is no graph to read at all, and its
    NewerGraphError for a format version other than 2.
    """
    if data[:4] != MAGIC:
        raise BundleError("It is no openDAW project: it does not begin with OPEN.")
    if len(data) < _HEADER_BYTES + _COUNT.size:
        raise BundleError("The project ends before its first box.")
    _, version, length = _HEAD.unpack_from(data)
    if version != FORMAT_VERSION:
        raise NewerGraphError(f"The project has format version {version}; this app reads version 2.")
    (claimed,) = _COUNT.unpack_from(data, _HEADER_BYTES)
    if not 0 <= claimed <= limits.boxes:
        raise BundleError(
            f"The project claims {claimed & 0xFFFFFFFF:,} boxes; at most {limits.boxes:,} are read."
        )
    problem = None
    stop = _HEADER_BYTES + length
    if length < _COUNT.size or stop > len(data):
        stop = len(data)
        problem = f"The project should be {length & 0xFFFFFFFF:,} bytes long, and has {stop - 12:,}."
    return _read(data, stop, claimed, problem, limits)


def _read(data: bytes, stop: int, claimed: int, problem: str | None, limits: Limits) -> Graph:
    boxes: list[Box] = []
    names: dict[bytes, str] = {}
    unreadable = fields = 0
    at = _HEADER_BYTES + _COUNT.size
    unpack = _COUNT.unpack_from
    for number in range(claimed):
        if at + 4 > stop:
            problem = problem or f"The project ends after {number:,} of its {claimed:,} boxes."
            break
        (length,) = unpack(data, at)
        at += 4
        if length < 0 or at + length > stop:
            problem = problem or f"Box {number + 1:,} of {claimed:,} leads out of the project."
            break
        box = _box(data, at, at + length, names)
        at += length
        if box is None:
            unreadable += 1
            continue
        boxes.append(box)
        fields += int.from_bytes(data[box._start + 4 : box._start + 6], "big")
        if fields > limits.fields:
            problem = f"The project has more than {limits.fields:,} fields; the rest is not read."
            break
    return Graph(tuple(boxes), claimed=claimed, unreadable=unreadable, problem=problem)


def _box(data: bytes, start: int, stop: int, names: dict[bytes, str]) -> Box | None:
    """Return the box between two offsets, or None where there is none."""
    if stop - start < _LEAST_BOX:
        return None
    index, units = _BOX.unpack_from(data, start)
    at = start + _BOX.size
    after = at + 2 * units
    if units < 0 or after + 16 + 6 > stop:
        return None
    spelt = data[at:after]
    name = names.get(spelt)
    if name is None:
        name = names[spelt] = spelt.decode("utf-16-be", "replace")
    return Box(index, name, UUID(bytes=data[after : after + 16]), data, after + 16, stop)
