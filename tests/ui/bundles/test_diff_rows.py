"""A difference as two sides: by unit, with nothing on the side where a thing is not."""

from __future__ import annotations

from syncsphere_desktop.odb import open_bundle
from syncsphere_desktop.odb.diff import compare
from syncsphere_desktop.ui.bundles.diff_rows import Mark, SideRow, side_rows, summary_of
from tests.bundle_maker import sample_bundle

OLD, NEW = (open_bundle(sample_bundle(version)) for version in ("v1", "v2"))


def of(rows: tuple[SideRow, ...], mark: Mark) -> list[tuple[str, str]]:
    return [(row.before, row.after) for row in rows if row.mark is mark]


def test_what_came_stands_at_the_right_and_what_went_at_the_left() -> None:
    forth, back = side_rows(compare(OLD, NEW)), side_rows(compare(NEW, OLD))
    assert of(forth, Mark.ADDED) == [("", "automation of volume"), ("", "4 notes")]
    assert of(forth, Mark.REMOVED) == []
    assert of(back, Mark.REMOVED) == [("automation of volume", ""), ("4 notes", "")]
    assert of(back, Mark.ADDED) == []


def test_values_stand_beside_each_other_under_their_unit() -> None:
    rows = side_rows(compare(OLD, NEW))
    assert of(rows, Mark.HEADING) == [("Project", "Project"), ("Lead Synth", "Lead Synth (doubled)")]
    assert of(rows, Mark.CHANGED) == [
        ("tempo 118 bpm", "tempo 122 bpm"),
        ("Lead Synth", "Lead Synth (doubled)"),
    ]
    assert summary_of(rows) == "1 unit · 2 changed · 2 added"


def test_a_bundle_does_not_differ_from_itself() -> None:
    assert side_rows(compare(NEW, NEW)) == ()


def test_a_row_says_what_became_of_it_without_its_colour() -> None:
    told = [row.told for row in side_rows(compare(OLD, NEW))]
    assert "changed: tempo 118 bpm → tempo 122 bpm" in told
    assert "added: 4 notes" in told
