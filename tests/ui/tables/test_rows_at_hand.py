"""Rows in memory answer a list as the database does, and never hold the GUI thread up."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.ui.tables.column import Column
from syncsphere_desktop.ui.tables.rows_at_hand import RowsAtHand


@dataclass(frozen=True, slots=True)
class Take:
    id: int
    name: str
    size: int | None
    kind: str = "wav"


COLUMNS: tuple[Column[Take], ...] = (
    Column("Name", lambda take: take.name, sort_key="name"),
    Column("Size", lambda take: take.size, sort_key="size"),
)


def takes(*rows: Take) -> RowsAtHand[Take]:
    source = RowsAtHand(
        COLUMNS, search=lambda take: (take.name,), filters={"kind": lambda take, kind: take.kind == kind}
    )
    source.replace(rows)
    return source


async def names(source: RowsAtHand[Take], query: ListQuery) -> list[str]:
    page = await source.page(query, 0, 100)
    return [row.name for row in page.rows if row is not None]


async def test_texts_are_sorted_without_regard_to_case_and_missing_values_come_last() -> None:
    source = takes(Take(1, "b", None), Take(2, "A", 5), Take(3, "c", 2))

    assert await names(source, ListQuery(Sort("name"))) == ["A", "b", "c"]
    assert await names(source, ListQuery(Sort("size"))) == ["c", "A", "b"]
    assert await names(source, ListQuery(Sort("size", descending=True))) == ["A", "c", "b"]


async def test_every_word_must_be_found_and_every_filter_pass() -> None:
    source = takes(Take(1, "Kick loud", 1), Take(2, "kick soft", 1, "mp3"), Take(3, "Snare", 1))

    assert await names(source, ListQuery(Sort("name"), "KICK")) == ["Kick loud", "kick soft"]
    assert await names(source, ListQuery(Sort("name"), "kick so")) == ["kick soft"]
    assert await names(source, ListQuery(Sort("name"), "kick", {"kind": "wav"})) == ["Kick loud"]


async def test_an_order_stays_until_it_is_prepared_again() -> None:
    source = takes(Take(1, "b", 1), Take(2, "d", 1))
    query = ListQuery(Sort("name"))
    _page, count = await source.first_page(query, 1)
    source.extend([Take(3, "a", 1)])
    source.drop([2])

    assert count.value == 2
    assert (await source.page(query, 0, 10)).rows == (Take(1, "b", 1), None)
    assert (await source.prepare(query)).value == 2
    assert await names(source, query) == ["a", "b"]
    assert list(await source.ids(query, 1, 5)) == [1]


async def test_a_hundred_thousand_rows_come_in_the_right_order_and_let_others_go_on() -> None:
    rows = [Take(number, f"take {number}", number % 977) for number in range(100_000)]
    random.Random(7).shuffle(rows)
    source = takes(*rows)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(others())
    ids = await source.ids(ListQuery(Sort("size", descending=True), "take"), 0, 100_000)
    beside.cancel()
    assert turns > 50
    assert list(ids) == sorted(range(100_000), key=lambda number: (number % 977, number), reverse=True)
