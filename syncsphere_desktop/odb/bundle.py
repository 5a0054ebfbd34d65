"""A stored version of a project, opened: what it is, what it holds, and what is wrong with it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import BinaryIO
from uuid import UUID

from syncsphere_desktop.errors import BundleError
from syncsphere_desktop.odb import container as zipped
from syncsphere_desktop.odb.container import Container, Entry
from syncsphere_desktop.odb.contents import Contents, Sample
from syncsphere_desktop.odb.graph import MAGIC, Graph, NewerGraphError, parse_graph
from syncsphere_desktop.odb.json_text import is_json_graph, parse_json_graph
from syncsphere_desktop.odb.limits import Limits
from syncsphere_desktop.odb.meta import (
    ProjectMeta,
    SampleMeta,
    meta_in,
    parse_project_meta,
    parse_sample_meta,
)
from syncsphere_desktop.odb.reading import MusicReader

CONTAINER_VERSION = b"1"

_GRAPH, _META, _IMAGE, _UUID, _VERSION = "project.od", "meta.json", "image.bin", "uuid", "version"
_UUID_PATTERN = "([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})"
_SAMPLE = re.compile(rf"samples/{_UUID_PATTERN}/(audio\.wav|peaks\.bin|meta\.json)")
_SOUNDFONT = re.compile(rf"soundfonts/{_UUID_PATTERN}/(soundfont\.sf2|meta\.json)")
_NAMES_LOOKED_UP = 16


class BundleKind(StrEnum):
    """What some bytes are that were stored as a bundle."""

    BUNDLE = "bundle"
    """A ZIP with a box graph."""
    JSON_BUNDLE = "json_bundle"
    """A ZIP whose graph is JSON."""
    GRAPH = "graph"
    """A box graph without a ZIP around it."""
    JSON_GRAPH = "json_graph"
    NEWER = "newer"
    """Of a version that this reader does not know, and does not guess at."""
    DAMAGED = "damaged"
    """A bundle or a graph that can't be read whole; what could be read is there."""
    EMPTY = "empty"
    FOREIGN = "foreign"
    """Something else altogether."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was found in one stored version. Its source must stay open for what is read on demand.

    `size` in bytes. `version` is the container's, None without one; `uuid` the project's. `problem` is a
    sentence on why not all of it could be read, None where it could. `entries` are the files of the ZIP.
    """

    kind: BundleKind
    size: int
    version: str | None = None
    uuid: UUID | None = None
    meta: ProjectMeta | None = None
    graph: Graph = field(default_factory=lambda: Graph((), claimed=0), repr=False)
    contents: Contents = field(default_factory=Contents, repr=False)
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    problem: str | None = None
    warnings: tuple[str, ...] = ()
    _container: Container | None = field(default=None, repr=False, compare=False)
    _limits: Limits = field(default_factory=Limits, repr=False, compare=False)

    @property
    def has_image(self) -> bool:
        """Whether there is a cover picture."""
        return self._container is not None and _IMAGE in self._container

    def image(self) -> bytes | None:
        """Return the cover picture's bytes, or None; raises BundleError where it is damaged or too large."""
        if self._container is None or not self.has_image:
            return None
        return self._container.read(_IMAGE, self._limits.image)

    def sample_meta(self, sample: UUID) -> SampleMeta:
        """Return what the bundle says of a sample; raises BundleError where it says nothing."""
        if self._container is None:
            raise BundleError("It is no bundle with samples in it.")
        return parse_sample_meta(
            self._container.read(f"samples/{sample}/meta.json", self._limits.meta), self._limits
        )

    def open_sample(self, sample: UUID) -> BinaryIO:
        """Return the audio of a sample as a stream; reading it raises BundleError where it is damaged."""
        if self._container is None:
            raise BundleError("It is no bundle with samples in it.")
        return self._container.open(f"samples/{sample}/audio.wav")

    def detached(self) -> Bundle:
        """Return it without its source, to be kept: all is there but what is read on demand."""
        return replace(self, _container=None)

    def open_entry(self, name: str) -> BinaryIO:
        """Return any file of the ZIP as a stream; reading it raises BundleError where it is damaged."""
        if self._container is None:
            raise BundleError("It is no ZIP.")
        return self._container.open(name)


def open_bundle(source: BinaryIO | bytes, limits: Limits = Limits()) -> Bundle:  # noqa: B008  # frozen
    """Return what some bytes are that were stored as a bundle, whatever they are.

    `source` is the bytes, or a file object that reads and seeks; of a ZIP its directory and graph are read,
    not its samples. Content of any kind gives a Bundle. Raises what reading the source raises, an OSError as
    FileError where it is a ZIP.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    head = stream.read(4)
    if not size:
        return Bundle(BundleKind.EMPTY, 0, problem="It is empty.")
    if head == MAGIC:
        return _bare_graph(stream, size, limits)
    if head[:2] == zipped.MAGIC:
        return _zip(stream, size, limits)
    return Bundle(BundleKind.FOREIGN, size, problem="It is neither a bundle nor a project.")


def _bare_graph(stream: BinaryIO, size: int, limits: Limits) -> Bundle:
    bundle = Bundle(BundleKind.GRAPH, size)
    if size > limits.graph:
        sentence = f"The project has {size:,} bytes; at most {limits.graph:,} are read."
        return replace(bundle, kind=BundleKind.DAMAGED, problem=sentence)
    stream.seek(0)
    return _with_graph(bundle, stream.read(size), limits)


def _zip(stream: BinaryIO, size: int, limits: Limits) -> Bundle:
    try:
        container = Container(stream, limits)
    except BundleError as error:
        return Bundle(BundleKind.DAMAGED, size, problem=error.message)
    bundle = Bundle(
        BundleKind.BUNDLE,
        size,
        entries=container.entries,
        warnings=container.warnings,
        _container=container,
        _limits=limits,
    )
    if _GRAPH not in container and _VERSION not in container:
        return replace(bundle, kind=BundleKind.FOREIGN, problem="It is a ZIP without a project in it.")
    bundle = _with_version(bundle, container)
    if bundle.kind is BundleKind.NEWER:
        return bundle
    bundle = _with_uuid(_with_meta(bundle, container, limits), container)
    try:
        data = container.read(_GRAPH, limits.graph)
    except BundleError as error:
        return replace(bundle, kind=BundleKind.DAMAGED, problem=error.message)
    return _with_stored_samples(_with_graph(bundle, data, limits), container)


def _with_version(bundle: Bundle, container: Container) -> Bundle:
    try:
        text = container.read(_VERSION, 64)
    except BundleError as error:
        return _warned(bundle, f"Its version is not told: {error.message}")
    version = text.decode("ascii", "replace").strip()
    if text.strip() == CONTAINER_VERSION:
        return replace(bundle, version=version)
    told = version if version.isprintable() else repr(text)
    sentence = f"It is a bundle of version {told}; this app reads version 1."
    return replace(bundle, kind=BundleKind.NEWER, version=told, problem=sentence)


def _with_uuid(bundle: Bundle, container: Container) -> Bundle:
    try:
        data = container.read(_UUID, 64)
    except BundleError as error:
        return _warned(bundle, f"The project's UUID is not told: {error.message}")
    if len(data) != 16:
        return _warned(bundle, f"The project's UUID has {len(data)} bytes instead of 16.")
    return replace(bundle, uuid=UUID(bytes=data))


def _with_meta(bundle: Bundle, container: Container, limits: Limits) -> Bundle:
    try:
        return replace(bundle, meta=parse_project_meta(container.read(_META, limits.meta), limits))
    except BundleError as error:
        return _warned(bundle, f"The project's description can't be read: {error.message}")


def _with_graph(bundle: Bundle, data: bytes, limits: Limits) -> Bundle:
    zipped_up = bundle.kind is BundleKind.BUNDLE
    try:
        if is_json_graph(data):
            bundle = replace(bundle, kind=BundleKind.JSON_BUNDLE if zipped_up else BundleKind.JSON_GRAPH)
            graph = parse_json_graph(data, limits)
        else:
            graph = parse_graph(data, limits)
    except NewerGraphError as error:
        return replace(bundle, kind=BundleKind.NEWER, problem=error.message)
    except BundleError as error:
        return replace(bundle, kind=BundleKind.DAMAGED, problem=error.message)
    reader = MusicReader(graph)
    contents = reader.contents()
    bundle = _warned(replace(bundle, graph=graph, contents=contents), *_oddities(graph), *reader.warnings)
    if bundle.meta is None:
        bundle = replace(bundle, meta=meta_in(graph))
    return replace(bundle, kind=BundleKind.DAMAGED, problem=graph.problem) if graph.problem else bundle


def _oddities(graph: Graph) -> list[str]:
    told = []
    if graph.unreadable:
        told.append(f"{graph.unreadable:,} of its {graph.claimed:,} boxes can't be read.")
    if graph.repeated:
        told.append(
            "1 box has the UUID of another one."
            if graph.repeated == 1
            else f"{graph.repeated:,} boxes have the UUID of another one."
        )
    return told


def _with_stored_samples(bundle: Bundle, container: Container) -> Bundle:
    """Add what the ZIP's directory tells of samples and soundfonts."""
    stored: dict[UUID, Entry] = {}
    soundfonts: dict[UUID, int] = {}
    unknown = 0
    for entry in container.entries:
        if match := _SAMPLE.fullmatch(entry.name):
            if match[2] == "audio.wav":
                stored[UUID(match[1])] = entry
        elif match := _SOUNDFONT.fullmatch(entry.name):
            if match[2] == "soundfont.sf2":
                soundfonts[UUID(match[1])] = entry.size
        elif entry.name not in {_GRAPH, _META, _IMAGE, _UUID, _VERSION}:
            unknown += 1
    named = {sample.uuid: sample for sample in bundle.contents.samples}
    for uuid, entry in stored.items():
        sample = named.get(uuid) or Sample(uuid, "", in_project=False)
        named[uuid] = replace(sample, bytes=entry.size, crc32=entry.crc32)
    contents = replace(bundle.contents, samples=_named(named.values(), bundle), soundfonts=soundfonts)
    bundle = replace(bundle, contents=contents)
    return _warned(bundle, f"It holds other files too: {unknown:,}.") if unknown else bundle


def _named(samples: Iterable[Sample], bundle: Bundle) -> tuple[Sample, ...]:
    """Return samples with the names that the bundle has beside their audio, where the project has none."""
    named: list[Sample] = []
    left = _NAMES_LOOKED_UP
    for sample in samples:
        if sample.name or not sample.in_bundle or not left:
            named.append(sample)
            continue
        left -= 1
        try:
            named.append(replace(sample, name=bundle.sample_meta(sample.uuid).name or ""))
        except BundleError:
            named.append(sample)  # its name was never known; nothing else of it is less true
    return tuple(named)


def _warned(bundle: Bundle, *sentences: str) -> Bundle:
    return replace(bundle, warnings=(*bundle.warnings, *sentences))
