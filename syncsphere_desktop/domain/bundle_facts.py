"""What reading a stored version once told about it, kept so that it need not be read again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from syncsphere_desktop.domain.ids import BundleId, ProjectId, RowVersion


@dataclass(frozen=True, slots=True)
class UnreadBundle:
    """A version of which nothing is known yet, or that changed since. `size` in bytes."""

    id: BundleId
    project_id: ProjectId | None
    version: int | None
    size: int
    row_version: RowVersion


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """What a version holds, in numbers. `kind` as the reader of bundles calls it; `tempo` in beats a minute.

    `problem` says why not all of it could be read. `sample_bytes` are those of the audio in it, unpacked;
    `samples_inside` counts the samples whose audio is in it. `sha256` is lower-case hex, None until all of
    the bytes were read once.
    """

    bundle_id: BundleId
    project_id: ProjectId | None
    size: int
    row_version: RowVersion
    kind: str
    problem: str | None = None
    uuid: UUID | None = None
    name: str | None = None
    artist: str | None = None
    boxes: int = 0
    units: int = 0
    tracks: int = 0
    regions: int = 0
    samples: int = 0
    samples_inside: int = 0
    sample_bytes: int = 0
    tempo: float | None = None
    signature: tuple[int, int] | None = None
    warnings: tuple[str, ...] = ()
    sha256: str | None = None
    read_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class BundleSample:
    """A sample that a version names, holds, or both. `bytes` and `crc32` are None where it holds none.

    `sha256` of its bytes in the bundle, lower-case hex, is None until they were read.
    """

    uuid: UUID
    name: str
    bytes: int | None = None
    crc32: int | None = None
    sha256: str | None = None

    @property
    def in_bundle(self) -> bool:
        """Whether the version holds the audio itself."""
        return self.bytes is not None
