"""Reads the stored versions that nothing is known of yet, in the background, once each.

Of each version its ZIP directory and its graph are fetched, not its samples. Afterwards the audio library can
say which versions still use a file, and the timeline of a project what each version holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from syncsphere_desktop.domain.bundle_facts import BundleFacts, BundleSample, UnreadBundle
from syncsphere_desktop.domain.ids import BundleId
from syncsphere_desktop.domain.progress import Progress, silent
from syncsphere_desktop.errors import BundleError, NotFoundError, QueryError
from syncsphere_desktop.odb import BundleKind
from syncsphere_desktop.odb.summary import Summary
from syncsphere_desktop.studio.bundles.child.desk import BundleWorker, OwnProcess
from syncsphere_desktop.studio.bundles.opening import BundleBytes, BundleOpener

_MOST_WARNINGS = 20
_MOST_BYTES = 2**62  # a ZIP may claim more, a column can't hold more


class FactRows(Protocol):
    """What is known of versions; met by the database's repository."""

    async def can_keep(self) -> bool: ...
    async def count_unread(self) -> int: ...
    async def unread(self, after: BundleId | None = None, limit: int = 200) -> tuple[UnreadBundle, ...]: ...
    async def keep(self, facts: BundleFacts, samples: tuple[BundleSample, ...]) -> bool: ...
    async def forget_gone(self) -> int: ...


@dataclass(frozen=True, slots=True)
class BundleIndexReport:
    """What a run did: how many versions it read, how many of them are not whole, and how many it left.

    Left are those that were deleted or changed meanwhile; the next run takes those that are still there.
    `possible` is False where the database has no place for what is found out.
    """

    read: int = 0
    troubled: int = 0
    left: int = 0
    forgotten: int = 0
    possible: bool = True


async def index_bundles(
    facts: FactRows,
    streams: BundleBytes,
    *,
    worker: BundleWorker | None = None,
    progress: Progress = silent,
) -> BundleIndexReport:
    """Read every version of which nothing is known, and forget those that are gone.

    `worker` reads them, this process itself where none is given.
    What one version holds never stops the others. Cancelling leaves what was read until then; the next run
    goes on from there. Raises AppError where the connection is lost.
    """
    if not await facts.can_keep():
        return BundleIndexReport(possible=False)
    opener = BundleOpener(streams, worker or OwnProcess())
    forgotten = await facts.forget_gone()
    total = await facts.count_unread()
    read = troubled = left = 0
    last: BundleId | None = None
    while batch := await facts.unread(last):
        for unread in batch:
            last = unread.id
            done = read + left
            share = min(done / max(total, 1), 1.0)
            progress(f"Reading bundle {done + 1:,} of {max(total, done + 1):,}", share)
            found = await _read(opener, unread)
            if found is None or not await facts.keep(*found):
                left += 1
                continue
            read += 1
            troubled += found[0].problem is not None
    progress(f"{read:,} bundles were read.", 1.0)
    return BundleIndexReport(read, troubled, left, forgotten)


async def _read(
    opener: BundleOpener, unread: UnreadBundle
) -> tuple[BundleFacts, tuple[BundleSample, ...]] | None:
    try:
        summary = await opener.in_short(unread.id)
    except NotFoundError:
        return None
    except (QueryError, BundleError) as error:  # the server's own storage is damaged, or it is a trap
        summary = Summary(BundleKind.DAMAGED, unread.size, problem=error.message)
    return facts_of(summary, unread)


def facts_of(bundle: Summary, row: UnreadBundle) -> tuple[BundleFacts, tuple[BundleSample, ...]]:
    """Return what to keep of an opened bundle that the row holds."""
    facts = BundleFacts(
        bundle_id=row.id,
        project_id=row.project_id,
        size=bundle.size,
        row_version=row.row_version,
        kind=bundle.kind.value,
        problem=bundle.problem,
        uuid=bundle.uuid,
        name=bundle.meta.name if bundle.meta else None,
        artist=bundle.meta.artist if bundle.meta else None,
        boxes=bundle.boxes,
        units=bundle.units,
        tracks=bundle.tracks,
        regions=bundle.regions,
        samples=bundle.sample_count,
        samples_inside=bundle.samples_inside,
        sample_bytes=bundle.sample_bytes,
        tempo=bundle.tempo,
        signature=bundle.signature,
        warnings=bundle.warnings[:_MOST_WARNINGS],
    )
    samples = tuple(
        BundleSample(sample.uuid, sample.name, _within(sample.bytes), sample.crc32)
        for sample in bundle.samples
    )
    return facts, samples


def _within(size: int | None) -> int | None:
    return None if size is None else min(size, _MOST_BYTES)
