"""The fields of a box. Their types are not stored: who reads one says what it takes it for."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import UUID

from typing_extensions import override

_HEADER = b"FLDS"
_COUNT = struct.Struct(">h")
_FIELD = struct.Struct(">hi")
_INTEGER = struct.Struct(">i")
_FLOAT = struct.Struct(">f")

_LEAST_FLOAT, _MOST_FLOAT = 1e-9, 1e12


@dataclass(frozen=True, slots=True)
class Pointer:
    """Leads to a box, or to the field of it that `keys` lead to, the outermost key first."""

    uuid: UUID
    keys: tuple[int, ...] = ()

    @override
    def __str__(self) -> str:
        return "/".join((str(self.uuid), *map(str, self.keys)))


class Fields(Protocol):
    """The fields of a box, or of an object in one, by their keys.

    Each method returns None where the key is absent, and where what is there can't be what was asked for.
    """

    @property
    def damaged(self) -> bool:
        """Whether there should be more fields than could be read."""
        ...

    def keys(self) -> tuple[int, ...]:
        """Return the keys in the order of the file."""
        ...

    def integer(self, key: int) -> int | None: ...
    def number(self, key: int) -> float | None:
        """Return a number that files of some years have as an integer, those of others as a float."""
        ...

    def flag(self, key: int) -> bool | None: ...
    def text(self, key: int) -> str | None: ...
    def pointer(self, key: int) -> Pointer | None: ...
    def group(self, key: int) -> Fields | None:
        """Return the fields of an object."""
        ...

    def value(self, key: int) -> Value:
        """Return what the payload most likely is; four bytes of zero are 0, and may be an empty text."""
        ...


Value: TypeAlias = "bool | int | float | str | Pointer | Fields | bytes | None"


class BinaryFields:
    """Fields as a binary graph has them, read when they are asked for."""

    __slots__ = ("_payloads", "damaged", "end")

    def __init__(self, data: bytes, start: int, stop: int) -> None:
        """Read `FLDS` at `start`; nothing at or after `stop` belongs to it. `end` is where it ended."""
        self._payloads: dict[int, bytes] = {}
        self.damaged = False
        self.end = start
        if data[start : start + 4] != _HEADER or start + 6 > stop:
            self.damaged = True
            return
        count = missing = _COUNT.unpack_from(data, start + 4)[0]
        at = start + 6
        last = stop - 6
        payloads, unpack = self._payloads, _FIELD.unpack_from
        while missing > 0 and at <= last:
            key, length = unpack(data, at)
            end = at + 6 + length
            if length < 0 or end > stop:
                break
            payloads.setdefault(key, data[at + 6 : end])
            at = end
            missing -= 1
        self.end = at
        self.damaged = len(payloads) != count

    def keys(self) -> tuple[int, ...]:
        return tuple(self._payloads)

    def payload(self, key: int) -> bytes | None:
        """Return a field's bytes as they are."""
        return self._payloads.get(key)

    def integer(self, key: int) -> int | None:
        payload = self._payloads.get(key)
        return None if payload is None or len(payload) != 4 else int.from_bytes(payload, "big", signed=True)

    def number(self, key: int) -> float | None:
        payload = self._payloads.get(key)
        return None if payload is None or len(payload) != 4 else _number(payload)

    def flag(self, key: int) -> bool | None:
        payload = self._payloads.get(key)
        return None if payload is None or len(payload) != 1 else payload != b"\0"

    def text(self, key: int) -> str | None:
        payload = self._payloads.get(key)
        return None if payload is None else _text(payload)

    def pointer(self, key: int) -> Pointer | None:
        payload = self._payloads.get(key)
        return None if payload is None else _pointer(payload)

    def group(self, key: int) -> BinaryFields | None:
        payload = self._payloads.get(key)
        if payload is None or payload[:4] != _HEADER:
            return None
        return BinaryFields(payload, 0, len(payload))

    def value(self, key: int) -> Value:
        payload = self._payloads.get(key)
        if not payload:
            return None
        if len(payload) == 1:
            return payload != b"\0"
        if len(payload) == 4:
            return _number(payload)
        for read in (_text, _pointer, _bytes):
            found = read(payload)
            if found is not None:
                return found
        return self.group(key) or payload


def payload_at(data: bytes, start: int, stop: int, wanted: int) -> bytes | None:
    """Return the payload that `BinaryFields` of the same place has for one key, read no further than that."""
    if data[start : start + 4] != _HEADER or start + 6 > stop:
        return None
    at = start + 6
    unpack = _FIELD.unpack_from
    for _ in range(_COUNT.unpack_from(data, start + 4)[0]):
        if at > stop - 6:
            return None
        key, length = unpack(data, at)
        end = at + 6 + length
        if length < 0 or end > stop:
            return None
        if key == wanted:
            return data[at + 6 : end]
        at = end
    return None


def _number(payload: bytes) -> int | float:
    """Tell floats from integers by their size: what is a float of a musical size is a huge integer."""
    floating: float = _FLOAT.unpack(payload)[0]
    if math.isfinite(floating) and _LEAST_FLOAT <= abs(floating) <= _MOST_FLOAT:
        return floating
    integer: int = _INTEGER.unpack(payload)[0]
    return integer


def _text(payload: bytes) -> str | None:
    if len(payload) < 4 or int.from_bytes(payload[:4], "big") * 2 != len(payload) - 4:
        return None
    return payload[4:].decode("utf-16-be", "replace")


def _bytes(payload: bytes) -> bytes | None:
    if len(payload) < 4 or int.from_bytes(payload[:4], "big") != len(payload) - 4:
        return None
    return payload[4:]


def _pointer(payload: bytes) -> Pointer | None:
    if len(payload) < 18 or payload[0] != 1 or len(payload) != 18 + 2 * payload[17]:
        return None
    keys = struct.unpack_from(f">{payload[17]}h", payload, 18)
    return Pointer(UUID(bytes=payload[1:17]), keys)


def payload_of(value: Value) -> bytes | None:
    """Return the payload that a binary graph would have for a plain value, None for anything else."""
    if isinstance(value, bool):
        return b"\1" if value else b"\0"
    if isinstance(value, int):
        return _INTEGER.pack(value) if -(2**31) <= value < 2**31 else None
    if isinstance(value, float):
        return _FLOAT.pack(value) if abs(value) < 3e38 else None
    if isinstance(value, str):
        encoded = value.encode("utf-16-be", "surrogatepass")
        return _INTEGER.pack(len(encoded) // 2) + encoded
    return None


class JsonFields:
    """Fields as a JSON graph has them: by their keys as text, pointers as `uuid/key/key`."""

    __slots__ = ("_values", "damaged")

    def __init__(self, values: object) -> None:
        self.damaged = not isinstance(values, dict)
        self._values: dict[int, object] = dict(_by_key(values)) if isinstance(values, dict) else {}

    def keys(self) -> tuple[int, ...]:
        return tuple(self._values)

    def integer(self, key: int) -> int | None:
        value = self._values.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def number(self, key: int) -> float | None:
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**63:
            return None
        return value

    def flag(self, key: int) -> bool | None:
        value = self._values.get(key)
        return value if isinstance(value, bool) else None

    def text(self, key: int) -> str | None:
        value = self._values.get(key)
        return printable(value) if isinstance(value, str) else None

    def pointer(self, key: int) -> Pointer | None:
        value = self._values.get(key)
        return pointer_in(value) if isinstance(value, str) else None

    def group(self, key: int) -> JsonFields | None:
        value = self._values.get(key)
        return JsonFields(value) if isinstance(value, dict) else None

    def value(self, key: int) -> Value:
        value = self._values.get(key)
        if isinstance(value, dict):
            return JsonFields(value)
        if isinstance(value, str):
            return pointer_in(value) or printable(value)
        return value if isinstance(value, bool | int | float) else None


def _by_key(values: dict[object, object]) -> Iterator[tuple[int, object]]:
    for key, value in values.items():
        text = str(key)
        if text.isascii() and text.isdigit() and len(text) <= 5:
            yield int(text), value


def pointer_in(text: str) -> Pointer | None:
    """Return the pointer that a text such as `uuid/20` is, or None."""
    first, *rest = text.split("/", 32)
    if len(first) != 36 or any(not (key.isascii() and key.isdigit() and len(key) <= 5) for key in rest):
        return None
    try:
        return Pointer(UUID(first), tuple(map(int, rest)))
    except ValueError:
        return None


def printable(text: str) -> str:
    """Return a text of a JSON document without the lone surrogates that JSON lets through."""
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")
