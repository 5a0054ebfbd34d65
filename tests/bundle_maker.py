"""Makes box graphs and bundles byte by byte, right ones and wrong ones."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from syncsphere_desktop.odb import Pointer

DATA = Path(__file__).parent / "odb" / "data"
VERSIONS = ("v1", "v2")


def sample_bundle(version: str) -> bytes:
    """The bytes of a bundle that openDAW's own library made."""
    return (DATA / f"studio-project-{version}.odb").read_bytes()


def published_graph(version: str) -> dict[str, dict[str, object]]:
    """What openDAW's own library says of that bundle's boxes: UUID -> name and fields."""
    graph: dict[str, dict[str, object]] = json.loads(
        (DATA / f"studio-project-{version}.graph.json").read_text("utf-8")
    )
    return graph


def payload(value: object) -> bytes:
    """The bytes of a field: None is a pointer to nothing, bytes are taken as they are."""
    if isinstance(value, bool):
        return b"\1" if value else b"\0"
    if isinstance(value, int):
        return struct.pack(">i", value)
    if isinstance(value, float):
        return struct.pack(">f", value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Pointer):
        return b"\1" + value.uuid.bytes + struct.pack(f">b{len(value.keys)}h", len(value.keys), *value.keys)
    if isinstance(value, Mapping):
        return fields(value)
    return value if isinstance(value, bytes) else b"\0"


def text(value: str) -> bytes:
    encoded = value.encode("utf-16-be", "surrogatepass")
    return struct.pack(">i", len(encoded) // 2) + encoded


def fields(values: Mapping[int, object]) -> bytes:
    """FLDS of these values by their keys."""
    parts = [struct.pack(">4sh", b"FLDS", len(values))]
    for key, value in values.items():
        data = payload(value)
        parts.append(struct.pack(">hi", key, len(data)) + data)
    return b"".join(parts)


@dataclass(frozen=True)
class BoxOf:
    """A box to be written."""

    name: str
    uuid: UUID
    values: Mapping[int, object] = field(default_factory=dict)

    def bytes(self, index: int) -> bytes:
        return struct.pack(">i", index) + text(self.name) + self.uuid.bytes + fields(self.values)


def graph(boxes: Sequence[BoxOf | bytes], *, claimed: int | None = None, version: int = 2) -> bytes:
    """A `project.od`; `claimed` is how many boxes it says to have."""
    parts = [struct.pack(">i", len(boxes) if claimed is None else claimed)]
    for index, box in enumerate(boxes):
        data = box if isinstance(box, bytes) else box.bytes(index)
        parts.append(struct.pack(">i", len(data)) + data)
    chunk = b"".join(parts)
    return b"OPEN" + struct.pack(">ii", version, len(chunk)) + chunk


def json_graph(document: object, *, version: int = 2) -> bytes:
    """A `project.od` as odd files have it: a little-endian head, then JSON."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return b"OPEN" + struct.pack("<II", version, len(data)) + data


def bundle(
    project: bytes | None = None,
    *,
    version: bytes | None = b"1",
    meta: object = None,
    extra: Mapping[str, bytes] | None = None,
) -> bytes:
    """A ZIP as openDAW makes it, without what is None."""
    entries: dict[str, bytes] = {}
    if version is not None:
        entries["version"] = version
    entries["uuid"] = UUID(int=7).bytes
    if project is not None:
        entries["project.od"] = project
    entries["meta.json"] = json.dumps(meta or {"name": "Song"}).encode()
    return zipped({**entries, **(extra or {})})


def zipped(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these entries."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return target.getvalue()
