"""The grid's model: holders, people, filters, and what of it changed."""

from __future__ import annotations

from dataclasses import replace

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.ownership.grid_model import HOLDERS
from syncsphere_desktop.ui.ownership.people import STALE_AFTER_SECONDS
from syncsphere_desktop.ui.ownership.values import FREE, NOBODY, Held, Narrowing, Shown, Track
from syncsphere_desktop.ui.ownership.words import cell_words, held_for, holder_lines, track_tip
from tests.ui.ownership.grids import ADA, BOB, CLOCK, MIRA, SECONDS, box, held_by, small_model


def test_a_change_names_the_cells_of_both_holders_and_the_name() -> None:
    model = small_model()
    model.set_held(box(1), held_by(ADA))
    assert model.take_changes() == {(1, 2), (1, 0), (1, HOLDERS)}
    model.set_held(box(1), held_by(BOB))
    assert model.take_changes() == {(1, 0), (1, 1), (1, HOLDERS)}
    model.set_held(box(1), held_by(BOB))
    assert not model.take_changes()
    assert not model.set_held(box(99), held_by(BOB))


def test_a_holder_who_is_no_collaborator_gets_a_column_after_the_others() -> None:
    model = small_model()
    shapes: list[int] = []
    model.on_shape = lambda: shapes.append(model.column_count)
    model.set_held(box(0), held_by(MIRA))
    assert shapes == [4]
    assert [(one.name, one.is_collaborator) for one in model.people] == [
        ("ada", True),
        ("bob", True),
        ("User 3", False),
    ]
    model.set_people(replace(one, name=one.name.replace("User 3", "mira")) for one in list(model.people))
    assert model.people.name_of(MIRA) == "mira"
    assert model.people.columns_of(model.held(0)) == (2,)
    assert model.people.column_of(NOBODY) == 3


def test_stale_is_who_was_away_for_long_and_held_it_as_long() -> None:
    model = small_model()
    for at, ago in enumerate((STALE_AFTER_SECONDS + 60, 30.0)):
        model.set_held(box(at), held_by(ADA, ago=ago))
    assert not model.people.any_stale(model.held(0)), "nothing is known of presence without a feed"
    model.set_presence({BOB}, {ADA: SECONDS - 2 * STALE_AFTER_SECONDS})
    assert [model.people.any_stale(model.held(at)) for at in range(3)] == [True, False, False]
    assert model.tally().stale == 1
    model.set_presence({ADA, BOB}, {})
    assert model.tally().stale == 0


def test_filters_leave_the_tracks_they_name_and_follow_what_happens() -> None:
    model = small_model("Kick", "Snare", "Bass", "Bass amp")
    model.set_held(box(0), held_by(ADA))
    model.set_held(box(1), held_by(ADA, BOB))

    def shown(**wanted: object) -> list[str]:
        model.narrow(Narrowing(**wanted))  # type: ignore[arg-type]
        return [model.track(row).name for row in range(model.row_count)]

    assert shown(shown=Shown.HELD) == ["Kick", "Snare"]
    assert shown(shown=Shown.FREE) == ["Bass", "Bass amp"]
    assert shown(shown=Shown.CONTESTED) == ["Snare"]
    assert shown(person=BOB) == ["Snare"]
    assert shown(person=NOBODY, words=("amp",)) == ["Bass amp"]
    model.set_held(box(3), held_by(BOB))
    model.refilter()
    assert model.row_count == 0
    assert model.tally().of(Shown.HELD) == 3
    assert shown() == ["Kick", "Snare", "Bass", "Bass amp"]


def test_holders_stay_when_a_new_bundle_names_the_tracks_otherwise() -> None:
    model = small_model()
    model.set_held(box(2), held_by(BOB))
    model.set_tracks([Track(box(2), "Bass DI"), Track(box(0), "Kick")])
    assert [model.track(row).name for row in range(model.row_count)] == ["Bass DI", "Kick"]
    assert model.held(0).owners == (BOB,)
    assert model.row_of(box(1)) is None


def test_a_flood_on_one_box_leaves_a_handful_of_cells_to_paint() -> None:
    model = small_model()
    for at in range(10_000):
        model.set_held(box(0), held_by(UserId(1 + at % 2), ago=float(at)))
    assert len(model.take_changes()) == 4, "two people, Nobody, and the name's end"


def test_times_are_told_by_their_largest_unit() -> None:
    assert [held_for(one) for one in (-5, 0, 59, 60, 3599, 3600, 86399, 86400 * 9)] == [
        "0 s",
        "0 s",
        "59 s",
        "1 min",
        "59 min",
        "1 h",
        "23 h",
        "9 d",
    ]
    assert cell_words(held_by(ADA), stale=False, now=SECONDS) == "3 min"
    assert cell_words(held_by(ADA), stale=True, now=SECONDS) == "3 min · stale"
    assert cell_words(held_by(ADA, confirmed=False), stale=False, now=SECONDS) == "claiming…"


def test_a_tip_tells_the_whole_facts() -> None:
    model = small_model()
    model.set_held(box(0), held_by(ADA, BOB))
    told = track_tip(model.track(0), model.held(0), model.people, CLOCK)
    assert "Held by ada for 3 min" in told
    assert "Contested" in told
    assert "Since 1 Jun 2025, 11:57:00" in told
    assert str(box(0)) in told
    assert holder_lines(FREE, model.people, SECONDS) == ["Nobody holds it"]
    assert "Released" in holder_lines(Held(confirmed=False), model.people, SECONDS)[0]
