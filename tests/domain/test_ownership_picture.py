from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from syncsphere_desktop.domain.ids import OwnershipId, ProjectId, UserId
from syncsphere_desktop.domain.ownership import (
    ChangeSource,
    Holding,
    HoldingState,
    OwnershipChange,
    holding_of,
)
from syncsphere_desktop.domain.ownership_box import GRACE_SECONDS, Moment
from syncsphere_desktop.domain.ownership_picture import ECHO_SECONDS, Picture

PROJECT = ProjectId(1)
ADA, BOB, EVE = UserId(1), UserId(2), UserId(3)
BOX, OTHER = UUID(int=1), UUID(int=2)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float) -> Moment:
    return Moment(START + timedelta(seconds=seconds), seconds)


def held(box: UUID, *owners: UserId | None, first_row: int = 1) -> Holding:
    return holding_of([(OwnershipId(first_row + n), owner) for n, owner in enumerate(owners)], box)


def notice(
    owner: UserId | None, previous: UserId | None, row: int | None = 1, *, gone: bool = False, box: UUID = BOX
) -> OwnershipChange:
    row_id = None if row is None else OwnershipId(row)
    return OwnershipChange(START, PROJECT, box, owner, previous, ChangeSource.NOTICE, row_id, gone)


def pictured(*holdings: Holding) -> Picture:
    picture = Picture(PROJECT)
    picture.take_read(holdings, at(0), at(0))
    return picture


def test_the_first_reading_paints_everything_and_changes_nothing() -> None:
    picture = Picture(PROJECT)
    step = picture.take_read([held(BOX, ADA), held(OTHER, None)], at(0), at(0.1))
    assert step.repaint == {BOX, OTHER}
    assert step.changes == ()
    assert (picture.boxes[BOX].owner_id, picture.boxes[OTHER].state) == (ADA, HoldingState.UNOWNED)


def test_a_claim_is_shown_at_once_and_confirmed_by_the_table() -> None:
    picture = pictured(held(BOX, ADA))
    step = picture.take_claim(BOX, BOB, None, at(10))
    assert [(c.owner_id, c.previous_owner_id, c.source) for c in step.changes] == [
        (BOB, ADA, ChangeSource.FEED)
    ]
    assert step.wants_read
    assert not picture.boxes[BOX].is_confirmed
    confirmed = picture.take_read([held(BOX, BOB)], at(10.1), at(10.1))
    assert confirmed.changes == ()
    assert confirmed.repaint == {BOX}
    assert picture.boxes[BOX].is_confirmed


def test_a_claim_ahead_of_its_row_is_waited_for_and_a_false_one_is_taken_back() -> None:
    picture = pictured(held(BOX, ADA))
    picture.take_claim(BOX, BOB, None, at(10))
    assert not picture.take_read([held(BOX, ADA)], at(10.1), at(10.1)).repaint
    assert picture.boxes[BOX].owner_id == BOB
    late = at(10.1 + GRACE_SECONDS)
    step = picture.take_read([held(BOX, ADA)], late, late)
    assert [(c.owner_id, c.source) for c in step.changes] == [(ADA, ChangeSource.TABLE)]
    assert not picture.unconfirmed


def test_a_frame_older_than_the_tables_word_never_overwrites_it() -> None:
    picture = pictured(held(BOX, ADA))
    picture.take_notice(notice(BOB, ADA), at(10))
    old = picture.take_claim(BOX, EVE, at(9).at, at(11))
    assert (old.changes, old.wants_read) == ((), True)
    assert picture.boxes[BOX].owner_id == BOB


def test_an_echo_of_what_the_table_gave_up_is_not_shown_whatever_its_clock_says() -> None:
    picture = pictured(held(BOX, ADA))
    picture.take_notice(notice(BOB, ADA), at(10))
    echo = picture.take_claim(BOX, ADA, at(5000).at, at(11))
    assert (echo.changes, echo.wants_read) == ((), True)
    later = picture.take_claim(BOX, ADA, None, at(10 + ECHO_SECONDS + 1))
    assert [change.owner_id for change in later.changes] == [ADA]


def test_frames_of_one_box_out_of_order_show_the_latest() -> None:
    picture = pictured(held(BOX, ADA))
    picture.take_claim(BOX, EVE, at(12).at, at(12.1))
    picture.take_claim(BOX, BOB, at(11).at, at(12.2))
    picture.take_claim(BOX, EVE, at(12).at, at(12.3))
    assert picture.boxes[BOX].owner_id == EVE


def test_a_release_by_the_feed_is_a_claim_for_nobody() -> None:
    picture = pictured(held(BOX, ADA))
    step = picture.take_claim(BOX, None, None, at(10))
    assert [(c.owner_id, c.previous_owner_id) for c in step.changes] == [(None, ADA)]
    assert picture.boxes[BOX].state is HoldingState.UNOWNED


def test_a_claim_of_a_box_that_the_table_does_not_know_comes_and_goes() -> None:
    picture = pictured()
    picture.take_claim(BOX, ADA, None, at(10))
    assert picture.boxes[BOX].owner_id == ADA
    gone = at(11)
    step = picture.take_read([], gone, gone)
    assert [(c.owner_id, c.previous_owner_id) for c in step.changes] == [(None, ADA)]
    assert BOX not in picture.boxes


def test_made_up_boxes_do_not_fill_the_memory() -> None:
    picture = pictured()
    for number in range(12_000):
        picture.take_claim(UUID(int=number + 10), ADA, None, at(10))
    assert len(picture.boxes) <= 10_000


def test_notices_are_the_tables_word() -> None:
    picture = pictured(held(BOX, ADA))
    step = picture.take_notice(notice(BOB, ADA), at(10))
    assert [(c.owner_id, c.previous_owner_id, c.source) for c in step.changes] == [
        (BOB, ADA, ChangeSource.NOTICE)
    ]
    assert not step.wants_read
    assert picture.owners() == {BOX: (BOB,)}


def test_a_second_row_contests_a_box_and_its_removal_ends_that() -> None:
    picture = pictured(held(BOX, ADA))
    picture.take_notice(notice(BOB, None, row=2), at(10))
    assert picture.boxes[BOX].state is HoldingState.CONTESTED
    assert picture.boxes[BOX].owners == (ADA, BOB)
    step = picture.take_notice(notice(None, ADA, row=1, gone=True), at(11))
    assert picture.boxes[BOX].owners == (BOB,)
    assert [(c.owner_id, c.previous_owner_id) for c in step.changes] == [(BOB, ADA)]


def test_the_last_row_of_a_box_leaves_nobody_and_a_reading_forgets_it() -> None:
    picture = pictured(held(BOX, ADA))
    picture.take_notice(notice(None, ADA, gone=True), at(10))
    assert picture.boxes[BOX].state is HoldingState.UNOWNED
    assert picture.owners() == {}
    picture.take_read([], at(11), at(11))
    assert BOX not in picture.boxes


def test_a_read_that_began_before_a_notice_does_not_undo_it() -> None:
    picture = pictured(held(BOX, ADA))
    picture.take_notice(notice(BOB, ADA), at(10.5))
    step = picture.take_read([held(BOX, ADA)], at(10), at(11))
    assert step.wants_read
    assert picture.boxes[BOX].owner_id == BOB


def test_a_notice_that_a_read_was_ahead_of_does_not_turn_back_time() -> None:
    picture = pictured(held(BOX, ADA))
    picture.take_read([held(BOX, EVE)], at(10), at(10))
    late = picture.take_notice(notice(BOB, ADA), at(10.1))
    assert (late.changes, late.wants_read) == ((), True)
    assert not picture.take_notice(notice(EVE, BOB), at(10.2)).repaint
    assert picture.boxes[BOX].owner_id == EVE


def test_a_notice_after_one_that_was_missed_is_believed_and_asks_for_a_reading() -> None:
    picture = pictured(held(BOX, ADA))
    step = picture.take_notice(notice(EVE, BOB), at(100))
    assert step.wants_read
    assert picture.boxes[BOX].owner_id == EVE


def test_a_notice_without_its_row_asks_for_a_reading() -> None:
    picture = pictured(held(BOX, ADA))
    step = picture.take_notice(notice(EVE, ADA, row=None), at(100))
    assert step.wants_read
    assert picture.boxes[BOX].owner_id == EVE


def test_a_claim_between_two_notices_is_not_undone_by_the_first_of_them() -> None:
    # Ada lets go, Bob claims: the feed has told both before the first notice comes.
    picture = pictured(held(BOX, ADA))
    picture.take_claim(BOX, None, None, at(10))
    picture.take_claim(BOX, BOB, None, at(10.01))
    first = picture.take_notice(notice(None, ADA), at(10.02))
    second = picture.take_notice(notice(BOB, None), at(10.03))
    assert (first.changes, second.changes) == ((), ())
    assert picture.boxes[BOX].owner_id == BOB
    assert picture.boxes[BOX].is_confirmed


def test_a_change_of_the_table_beside_a_claim_wins() -> None:
    picture = pictured(held(BOX, ADA))
    picture.take_claim(BOX, BOB, None, at(10))
    picture.take_notice(notice(EVE, ADA), at(10.1))
    assert picture.boxes[BOX].owner_id == EVE
    assert picture.boxes[BOX].is_confirmed


def test_slices_come_to_the_same_as_one_reading() -> None:
    before = [held(UUID(int=n), ADA) for n in range(1, 60)]
    after = [held(UUID(int=n), BOB if n % 3 else None) for n in range(30, 90)]
    whole, sliced = pictured(*before), pictured(*before)
    step = whole.take_read(after, at(5), at(5))
    steps = list(sliced.read_in_slices(after, at(5), at(5), 7))
    assert len(steps) > 10
    assert sorted(c.box_uuid for s in steps for c in s.changes) == sorted(c.box_uuid for c in step.changes)
    assert sliced.boxes == whole.boxes
    assert whole.owners() == {holding.box_uuid: holding.owners for holding in after}


def test_a_project_that_is_gone_has_no_boxes() -> None:
    picture = pictured(held(BOX, ADA), held(OTHER, BOB))
    step = picture.take_read((), at(10), at(10))
    assert len(step.changes) == 2
    assert not picture.boxes


_WORDS = st.lists(
    st.tuples(
        st.sampled_from(["write", "notice", "late notice", "claim", "read", "wait"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=60,
)


@given(_WORDS)
def test_at_rest_the_picture_is_the_table_whatever_was_said(words: list[tuple[str, int, int]]) -> None:
    """Rows change; notices of it come in order but late; the feed says anything at any time."""
    table: dict[UUID, UserId | None] = {}
    rows = {UUID(int=n): OwnershipId(n + 1) for n in range(4)}
    pending: list[OwnershipChange] = []
    picture = Picture(PROJECT)
    seconds = 0.0
    for word, number, person in words:
        seconds += 0.05
        box, owner = UUID(int=number), UserId(person) if person else None
        if word == "write":
            previous = table.get(box)
            table[box] = owner
            pending.append(
                OwnershipChange(START, PROJECT, box, owner, previous, ChangeSource.NOTICE, rows[box])
            )
        elif word in ("notice", "late notice") and pending:
            picture.take_notice(pending.pop(0), at(seconds))
        elif word == "claim":
            picture.take_claim(box, owner, at(seconds - person).at, at(seconds))
        elif word == "read":
            snapshot = [holding_of([(rows[b], o)], b) for b, o in table.items()]
            picture.take_read(snapshot, at(seconds - 0.01), at(seconds))
        else:
            seconds += 1
    for change in pending:
        seconds += 0.001
        picture.take_notice(change, at(seconds))
    last = at(seconds + GRACE_SECONDS + 0.1)
    snapshot = [holding_of([(rows[b], o)], b) for b, o in table.items()]
    step = picture.take_read(snapshot, last, last)
    assert not step.wants_read
    assert not picture.unconfirmed
    assert picture.owners() == {b: (() if o is None else (o,)) for b, o in table.items()}
    assert {b: box.owner_id for b, box in picture.boxes.items()} == table
