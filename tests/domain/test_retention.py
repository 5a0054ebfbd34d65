"""Retention: what stays, what may go, and what never goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.domain.retention import (
    Candidate,
    Interval,
    Reason,
    RetentionPlan,
    RetentionRules,
    plan_retention,
)
from syncsphere_desktop.errors import InputError

_NOW = datetime(2026, 6, 17, 12, 0)  # a Wednesday


def version(number: int, days_old: float | None, *, project: int = 1, size: int = 10) -> Candidate:
    at = None if days_old is None else _NOW - timedelta(days=days_old)
    return Candidate(BundleId(number + 1000 * project), ProjectId(project), number, size, at)


def reasons(plan: RetentionPlan) -> dict[int | None, Reason]:
    return {decision.candidate.version: decision.reason for decision in plan.decisions}


def test_recent_versions_all_stay_and_older_ones_one_a_week() -> None:
    saved = [version(1, 44), version(2, 43.5), version(3, 43), version(4, 36), version(5, 3), version(6, 2)]
    plan = plan_retention(RetentionRules(days=30), saved, _NOW)
    assert reasons(plan) == {
        1: Reason.SUPERSEDED,
        2: Reason.SUPERSEDED,
        3: Reason.LAST_OF_ITS_STRETCH,
        4: Reason.LAST_OF_ITS_STRETCH,
        5: Reason.RECENT,
        6: Reason.NEWEST,
    }
    assert plan.freed == 20
    assert [candidate.version for candidate in plan.kept] == [3, 4, 5, 6]


def test_labelled_pinned_and_undated_versions_stay_whatever_their_age() -> None:
    saved = [
        replace(version(1, 400), label="Mix for the band"),
        replace(version(2, 400), pinned=True),
        version(3, None),
        version(4, 400),
        version(5, 1),
    ]
    plan = plan_retention(RetentionRules(days=7, then=None), saved, _NOW)
    assert reasons(plan) == {
        1: Reason.LABELLED,
        2: Reason.PINNED,
        3: Reason.UNDATED,
        4: Reason.TOO_OLD,
        5: Reason.NEWEST,
    }


def test_a_week_that_a_recent_version_stands_for_needs_no_older_one() -> None:
    # Both of the same week: Monday and Tuesday of the week before.
    saved = [version(1, 9), version(2, 8), version(3, 0)]
    plan = plan_retention(RetentionRules(days=8, then=Interval.WEEK), saved, _NOW)
    assert reasons(plan)[1] is Reason.SUPERSEDED


def test_a_collapsed_version_never_stands_for_its_stretch() -> None:
    whole, collapsed = version(1, 44.5), replace(version(2, 44), collapsed=True)
    plan = plan_retention(RetentionRules(days=30), [whole, collapsed, version(3, 0)], _NOW)
    assert reasons(plan)[1] is Reason.LAST_OF_ITS_STRETCH
    assert reasons(plan)[2] is Reason.LAST_OF_ITS_STRETCH


def test_each_project_keeps_its_newest_version() -> None:
    saved = [version(9, 900, project=1), version(1, 800, project=2), version(2, 700, project=2)]
    plan = plan_retention(RetentionRules(days=0, then=None), saved, _NOW)
    assert [decision.keeps for decision in plan.decisions] == [True, False, True]


@pytest.mark.parametrize(
    ("interval", "kept"),
    [(Interval.DAY, 12), (Interval.WEEK, 4), (Interval.MONTH, 3), (Interval.YEAR, 2)],
)
def test_the_stretches_follow_the_calendar(interval: Interval, kept: int) -> None:
    first = datetime(2025, 12, 28)
    saved = [
        replace(version(n, 0), created_at=first + timedelta(days=n // 2, hours=n % 2)) for n in range(22)
    ]
    saved.append(version(99, 0))
    plan = plan_retention(RetentionRules(days=0, then=interval), saved, _NOW)
    assert len(plan.kept) == kept


def test_rules_are_told_as_a_sentence_and_checked() -> None:
    assert RetentionRules().told() == (
        "Keep all of the last 30 days, then one a week, always the labelled and the pinned."
    )
    assert RetentionRules(0, None).told() == "Keep the newest version, always the labelled and the pinned."
    assert RetentionRules(1, Interval.DAY).told().startswith("Keep all of the last day, then one a day")
    with pytest.raises(InputError, match="Days"):
        RetentionRules(days=-1)


@given(
    days=st.integers(0, 60),
    then=st.sampled_from([None, *Interval]),
    ages=st.lists(st.one_of(st.none(), st.floats(0, 500)), max_size=40),
    longer=st.integers(1, 60),
)
def test_more_days_never_keep_less_and_nothing_protected_ever_goes(
    days: int, then: Interval | None, ages: list[float | None], longer: int
) -> None:
    saved = [version(number, age) for number, age in enumerate(ages)]
    less = plan_retention(RetentionRules(days, then), saved, _NOW)
    more = plan_retention(RetentionRules(days + longer, then), saved, _NOW)
    assert {candidate.id for candidate in less.kept} <= {candidate.id for candidate in more.kept}
    assert {*less.kept, *less.removed} == set(saved)
    assert not saved or saved[-1] in less.kept
    assert all(candidate.created_at is not None for candidate in less.removed)
