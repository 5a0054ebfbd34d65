"""Reads a stored version to its last byte: whether it is whole, and the hashes of it and its samples."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from uuid import UUID

from syncsphere_desktop.domain.bundle_check import CheckState
from syncsphere_desktop.errors import BundleError
from syncsphere_desktop.odb import Bundle, BundleKind, open_bundle
from syncsphere_desktop.studio.bundles.child.desk import Desk
from syncsphere_desktop.studio.bundles.hashing import HashingFile

_BLOCK = 1 << 20
_BUFFER = 64 << 10
_AT_ONCE = 200
_MOST_PROBLEMS = 20
_BROKEN = {BundleKind.DAMAGED, BundleKind.EMPTY, BundleKind.FOREIGN}

Tell = Callable[[float], None]
"""Takes how many bytes of the stored version were decoded; may raise to end it."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """How a version was found; `problems` are sentences.

    `sha256` is that of all its bytes, and `samples` has those of the audio in it that is whole, by the UUIDs
    of the samples; lower-case hex.
    """

    state: CheckState
    problems: tuple[str, ...] = ()
    sha256: str | None = None
    samples: Mapping[UUID, str] = field(default_factory=dict)


def decode(file: BinaryIO, tell: Tell = lambda _done: None) -> Decoded:
    """Read a stored version to its last byte. Raises what reading the file raises, and what `tell` does."""
    hashing = HashingFile(file)
    with io.BufferedReader(hashing, _BUFFER) as buffered:
        bundle = open_bundle(buffered)
        tell(0.0)
        problems = [bundle.problem or "It can't be read."] if bundle.kind in _BROKEN else []
        if bundle.graph.unreadable:
            problems.append(
                f"{bundle.graph.unreadable:,} of its {bundle.graph.claimed:,} boxes can't be read."
            )
        samples: dict[UUID, str] = {}
        problems += _unpack(bundle, samples, tell)
        sha256 = hashing.digest()
    state = CheckState.SOUND
    if problems:
        state = CheckState.DAMAGED
        several = len(problems) - _MOST_PROBLEMS
        problems = problems[:_MOST_PROBLEMS] + ([f"And {several:,} more."] if several > 0 else [])
    elif bundle.kind is BundleKind.NEWER:
        state, problems = CheckState.UNKNOWN, [bundle.problem or "It is of a newer version."]
    return Decoded(state, tuple(problems), sha256, samples)


def decode_whole(desk: Desk, _arguments: Mapping[str, Any]) -> Iterator[Any]:
    """Decode the job's file; tell how it was found, then the hashes of its samples."""
    decoded = decode(desk.file, desk.beat)
    yield [decoded.state.value, decoded.problems, decoded.sha256]
    hashes = [[uuid.hex, digest] for uuid, digest in decoded.samples.items()]
    for start in range(0, len(hashes), _AT_ONCE):
        yield hashes[start : start + _AT_ONCE]


def decoded_from(pieces: list[Any]) -> Decoded:
    """Return what the job told."""
    state, problems, sha256 = pieces[0]
    samples = {UUID(uuid): digest for rows in pieces[1:] for uuid, digest in rows}
    return Decoded(CheckState(state), tuple(problems), sha256, samples)


def _unpack(bundle: Bundle, samples: dict[UUID, str], tell: Tell) -> list[str]:
    """Unpack each entry into nothing, and return what is wrong: reading to its end compares its checksum."""
    if sum(entry.packed for entry in bundle.entries) > bundle.size:
        return ["Its files claim more bytes than it has."]
    audio = {f"samples/{one.uuid}/audio.wav": one.uuid for one in bundle.contents.samples if one.in_bundle}
    problems = []
    done = 0
    for entry in {entry.name: entry for entry in bundle.entries}.values():
        if entry.name.endswith("/"):
            continue
        read = 0
        digest = hashlib.sha256()
        try:
            with bundle.open_entry(entry.name) as stream:
                while block := stream.read(_BLOCK):
                    if entry.name in audio:
                        digest.update(block)
                    read += len(block)
                    tell(done + entry.packed * min(read / max(entry.size, 1), 1.0))
        except BundleError as error:
            if error.message != bundle.problem:
                problems.append(error.message)
        else:
            if entry.name in audio:
                samples[audio[entry.name]] = digest.hexdigest()
        done += entry.packed
    return problems
