"""The page cache keeps what was shown last, and knows where each row is."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as some

from syncsphere_desktop.ui.tables.pages import Absent, PageCache


@dataclass(frozen=True)
class Row:
    id: int
    text: str = ""


def rows(first: int, last: int) -> list[Row]:
    return [Row(number) for number in range(first, last + 1)]


def cache(*, page_size: int = 10, capacity: int = 3) -> PageCache[Row]:
    return PageCache(page_size=page_size, capacity=capacity)


def test_rows_are_found_by_position_and_by_id() -> None:
    pages = cache()
    pages.put(20, rows(120, 129))

    assert pages.row(23) == Row(123)
    assert pages.position_of(123) == 23
    assert pages.row(3) is Absent.PENDING
    assert pages.position_of(3) is None


def test_a_removed_row_is_not_a_missing_one() -> None:
    pages = cache()
    pages.put(0, [Row(1), None])

    assert pages.row(1) is Absent.REMOVED
    assert pages.row(2) is Absent.PENDING


def test_the_page_shown_longest_ago_goes_first() -> None:
    pages = cache()
    for offset in (0, 10, 20):
        pages.put(offset, rows(offset, offset + 9))
    pages.missing([0])
    pages.put(30, rows(30, 39))

    assert pages.row(5) == Row(5)
    assert pages.row(15) is Absent.PENDING
    assert pages.position_of(15) is None
    assert len(pages) == 3


def test_stale_pages_show_and_are_wanted_again() -> None:
    pages = cache()
    pages.put(0, rows(0, 9))
    assert pages.missing(range(2)) == [1]
    pages.age()

    assert pages.row(5) == Row(5)
    assert pages.missing(range(2)) == [0, 1]


def test_a_row_that_moved_is_found_in_its_new_place() -> None:
    pages = cache()
    pages.put(0, rows(0, 9))
    pages.put(10, [Row(5), *rows(11, 19)])
    assert pages.position_of(5) == 10

    pages.put(0, rows(50, 59))
    assert pages.position_of(5) == 10


def test_a_replaced_row_keeps_its_place() -> None:
    pages = cache()
    pages.put(0, rows(0, 9))

    assert pages.replace(Row(4, "new")) == 4
    assert pages.row(4) == Row(4, "new")
    assert pages.replace(Row(99)) is None


def test_a_shorter_list_forgets_its_end_and_a_longer_one_wants_it() -> None:
    pages = cache()
    pages.put(0, rows(0, 19))

    pages.truncate(15)
    assert pages.row(14) == Row(14)
    assert pages.row(15) is Absent.PENDING
    assert pages.position_of(15) is None
    assert pages.missing(range(2)) == []

    pages.lengthen(18)
    assert pages.missing(range(2)) == [1]

    pages.truncate(10)
    assert len(pages) == 1


@given(
    some.lists(
        some.one_of(
            some.tuples(some.just("put"), some.integers(0, 6), some.integers(0, 40)),
            some.tuples(some.just("truncate"), some.integers(0, 70), some.just(0)),
            some.tuples(some.just("age"), some.just(0), some.just(0)),
        ),
        max_size=30,
    )
)
def test_positions_and_rows_always_agree(script: list[tuple[str, int, int]]) -> None:
    pages = cache()
    for what, where, first_id in script:
        if what == "put":
            pages.put(where * 10, rows(first_id, first_id + 9))
        elif what == "truncate":
            pages.truncate(where)
        else:
            pages.age()
        assert len(pages) <= 3
        for row_id in range(60):
            position = pages.position_of(row_id)
            assert position is None or pages.row(position) == Row(row_id)
