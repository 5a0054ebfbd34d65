"""How much of a bundle the reader takes before it gives up: bundles come from anywhere."""

from __future__ import annotations

from dataclasses import dataclass

_KIB = 1024
_MIB = 1024 * _KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes. A part of a bundle that is beyond them is not read, and the bundle says so.

    `ratio` is how many times larger than packed an entry may be that is read into memory, once it is over
    1 MiB; one that is streamed, as a silent take is, may be as small as packing makes it. `depth` is how deep
    fields may be nested; `fields` counts all the fields of one graph, `json_items` what a JSON text can hold.
    """

    entries: int = 20_000
    directory: int = 4 * _MIB
    graph: int = 64 * _MIB
    meta: int = 256 * _KIB
    image: int = 16 * _MIB
    ratio: int = 250
    stream: int = 8 * 1024 * _MIB
    boxes: int = 300_000
    fields: int = 3_000_000
    depth: int = 32
    json_text: int = 16 * _MIB
    json_items: int = 1_500_000
