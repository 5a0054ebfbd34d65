"""Floods are taken in slices, in their order, and the loop has its turn in between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from syncsphere_desktop.studio.ownership.inbox import Inbox


class Taken:
    """What was taken, slice by slice."""

    def __init__(self) -> None:
        self.slices: list[Sequence[int]] = []

    @property
    def items(self) -> list[int]:
        return [item for one in self.slices for item in one]

    async def all(self, count: int) -> None:
        """Let the loop go round until so many were taken."""
        async with asyncio.timeout(10):
            while len(self.items) < count:  # noqa: ASYNC110  # whose turns are what is looked at
                await asyncio.sleep(0)


async def test_a_few_items_are_taken_at_once() -> None:
    taken = Taken()
    inbox = Inbox(taken.slices.append, -1)
    inbox.put([1, 2])
    inbox.put([3])
    assert taken.slices == [(1, 2), (3,)]
    inbox.close()


async def test_many_are_taken_in_slices_and_what_comes_meanwhile_waits_behind_them() -> None:
    taken = Taken()
    inbox = Inbox(taken.slices.append, -1)
    inbox.put(range(1000))
    assert not taken.slices
    inbox.put([1000])
    await taken.all(1001)
    assert taken.items == list(range(1001))
    assert max(map(len, taken.slices)) < 500
    inbox.put([1001])
    assert taken.items[-1] == 1001


async def test_more_than_can_wait_becomes_one_word_that_all_is_to_be_read() -> None:
    taken = Taken()
    inbox = Inbox(taken.slices.append, -1)
    inbox.put(range(100_000))
    await taken.all(1)
    assert taken.items == [-1]


async def test_nothing_is_taken_after_it_was_closed() -> None:
    taken = Taken()
    inbox = Inbox(taken.slices.append, -1)
    inbox.put(range(1000))
    inbox.close()
    for _ in range(10):
        await asyncio.sleep(0)
    assert not taken.slices
