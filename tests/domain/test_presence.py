from __future__ import annotations

from datetime import UTC, datetime, timedelta

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.ownership_box import Moment
from syncsphere_desktop.domain.presence import LEAVE_SECONDS, SILENT_SECONDS, PersonRef, Presence, Roster

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA, BOB = UserId(1), UserId(2)


def at(seconds: float) -> Moment:
    return Moment(START + timedelta(seconds=seconds), seconds)


def roster(*people: PersonRef) -> Roster:
    made = Roster()
    made.synced(people, at(0))
    return made


def test_nothing_is_known_before_the_server_has_said_it() -> None:
    made = Roster()
    made.joined(ADA, at(0))
    assert not made.presence().is_known
    assert made.presence().absent_since(BOB) is None
    assert not made.presence().is_stale([BOB], at(9999).at)


def test_who_joins_and_leaves_is_told_once() -> None:
    made = roster(ADA)
    assert made.joined(BOB, at(1))
    assert not made.joined(BOB, at(2))
    assert made.left(BOB, at(3), dropped=False)
    assert not made.left(BOB, at(3), dropped=False)
    assert made.presence().active == {ADA}
    assert made.presence().last_seen[BOB] == at(3).at


def test_a_socket_that_drops_and_comes_back_is_no_leave() -> None:
    made = roster(ADA)
    made.left(ADA, at(10), dropped=True)
    assert not made.aged(at(11))
    made.joined(ADA, at(12))
    assert not made.aged(at(12 + LEAVE_SECONDS * 2))
    assert made.presence().active == {ADA}


def test_a_socket_that_stays_away_is_a_leave_since_it_was_heard_last() -> None:
    made = roster(ADA)
    made.heard(ADA, at(9))
    made.left(ADA, at(10), dropped=True)
    assert made.aged(at(10 + LEAVE_SECONDS))
    assert made.presence().absent_since(ADA) == at(9).at


def test_who_falls_silent_is_gone_in_the_end() -> None:
    made = roster(ADA, BOB)
    made.heard(BOB, at(SILENT_SECONDS - 1))
    assert made.aged(at(SILENT_SECONDS + 1))
    assert made.presence().active == {BOB}


def test_the_servers_list_takes_out_who_is_missing_after_a_moment() -> None:
    made = roster(ADA, "guest")
    made.synced([ADA], at(5))
    assert made.presence().active == {ADA, "guest"}
    made.aged(at(5 + LEAVE_SECONDS))
    assert made.presence().active == {ADA}


def test_a_lost_feed_knows_nobody_and_remembers_who_was_seen() -> None:
    made = roster(ADA)
    assert made.lost()
    assert not made.lost()
    presence = made.presence()
    assert (presence.is_known, presence.active) == (False, frozenset())
    assert ADA in presence.last_seen


def test_a_box_is_stale_when_all_that_hold_it_are_away_for_long() -> None:
    presence = Presence(
        is_known=True, known_since=START, active=frozenset({ADA}), last_seen={BOB: at(300).at}
    )
    assert not presence.is_stale([BOB], at(800).at)
    assert presence.is_stale([BOB], at(901).at)
    assert not presence.is_stale([ADA, BOB], at(901).at)
    assert presence.is_stale([UserId(9)], at(601).at)  # never seen since the watching began
    assert not presence.is_stale([], at(9999).at)


def test_the_memory_of_people_is_bounded() -> None:
    made = roster()
    for number in range(5_000):
        made.joined(UserId(number + 1), at(number))
    assert len(made.presence().active) <= 2_000
    assert len(made.presence().last_seen) <= 2_000
