"""Which versions of a project to keep, and which may go: decided here, shown before anything is removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syncsphere_desktop.domain.ids import BundleId, ProjectId
from syncsphere_desktop.errors import InputError

_LONGEST_DAYS = 36_500


class Interval(StrEnum):
    """The stretches of which one version is kept, beyond the days that keep every one."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Reason(StrEnum):
    """Why a version is kept, or why it may go."""

    NEWEST = "newest"
    LABELLED = "labelled"
    PINNED = "pinned"
    BEFORE_COLLAPSE = "before a collapse"
    """Most of its boxes are gone in the version after it."""
    UNDATED = "undated"
    RECENT = "recent"
    LAST_OF_ITS_STRETCH = "last of its stretch"
    SUPERSEDED = "superseded"
    """A later version of the same stretch is kept."""
    TOO_OLD = "too old"
    """It's older than the days that keep every one, and no stretches were asked for."""


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """Keep every version of the last `days`, then the last one of each `then`; None: none beyond the days.

    The newest version of a project, the labelled, the pinned, the last whole one before most boxes went,
    and those without a date stay in any case.
    Raises InputError.
    """

    days: int = 30
    then: Interval | None = Interval.WEEK

    def __post_init__(self) -> None:
        if not 0 <= self.days <= _LONGEST_DAYS:
            raise InputError(f"Days are a number from 0 to {_LONGEST_DAYS:,}.", field="days")

    def told(self) -> str:
        """Return the rules as a sentence."""
        recent = {0: "Keep the newest version", 1: "Keep all of the last day"}.get(
            self.days, f"Keep all of the last {self.days} days"
        )
        beyond = f", then one a {self.then}" if self.then is not None else ""
        return f"{recent}{beyond}, always the labelled and the pinned."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version as the rules look at it; `size` in bytes, `created_at` in the server's time.

    One that `collapsed` (most of its boxes are gone) never stands for its stretch: the whole one before it
    is what somebody will want back, which is why the one that is `before_collapse` always stays.
    """

    id: BundleId
    project_id: ProjectId | None
    version: int | None
    size: int
    created_at: datetime | None
    label: str | None = None
    pinned: bool = False
    collapsed: bool = False
    before_collapse: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of one version."""

    candidate: Candidate
    keeps: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What the rules say of every version, in the order in which they were given."""

    rules: RetentionRules
    decisions: tuple[Decision, ...]

    @property
    def kept(self) -> tuple[Candidate, ...]:
        """Return the versions that stay."""
        return tuple(decision.candidate for decision in self.decisions if decision.keeps)

    @property
    def removed(self) -> tuple[Candidate, ...]:
        """Return the versions that may go."""
        return tuple(decision.candidate for decision in self.decisions if not decision.keeps)

    @property
    def freed(self) -> int:
        """Return the bytes of what may go."""
        return sum(candidate.size for candidate in self.removed)


def plan_retention(rules: RetentionRules, candidates: Sequence[Candidate], now: datetime) -> RetentionPlan:
    """Decide on each version by the rules; `now` is the server's time, as `created_at` is.

    Versions of several projects are decided on project by project.
    """
    by_project: dict[ProjectId | None, list[Candidate]] = {}
    for candidate in candidates:
        by_project.setdefault(candidate.project_id, []).append(candidate)
    decided: dict[BundleId, Decision] = {}
    for versions in by_project.values():
        for decision in _decide(rules, versions, now):
            decided[decision.candidate.id] = decision
    return RetentionPlan(rules, tuple(decided[candidate.id] for candidate in candidates))


def _decide(rules: RetentionRules, versions: Sequence[Candidate], now: datetime) -> Iterable[Decision]:
    """Go through one project's versions, the newest first: the first of a stretch is its last."""
    oldest_recent = now - timedelta(days=rules.days)
    newest = max(versions, key=_age_key)
    stretches: set[tuple[int, ...]] = set()
    for candidate in sorted(versions, key=_age_key, reverse=True):
        reason = _protection(candidate, newest)
        if reason is None:
            assert candidate.created_at is not None
            if candidate.created_at >= oldest_recent:
                reason = Reason.RECENT
            elif rules.then is None:
                reason = Reason.TOO_OLD
            elif _stretch(candidate.created_at, rules.then) in stretches:
                reason = Reason.SUPERSEDED
            else:
                reason = Reason.LAST_OF_ITS_STRETCH
        if rules.then is not None and candidate.created_at is not None and not candidate.collapsed:
            stretches.add(_stretch(candidate.created_at, rules.then))
        yield Decision(candidate, reason not in {Reason.SUPERSEDED, Reason.TOO_OLD}, reason)


def _protection(candidate: Candidate, newest: Candidate) -> Reason | None:
    if candidate is newest:
        return Reason.NEWEST
    if candidate.label:
        return Reason.LABELLED
    if candidate.pinned:
        return Reason.PINNED
    if candidate.before_collapse:
        return Reason.BEFORE_COLLAPSE
    return Reason.UNDATED if candidate.created_at is None else None


def _age_key(candidate: Candidate) -> tuple[int, datetime, int]:
    """Order by number, then time, then id: the number is what the services call the newest by."""
    return (
        -1 if candidate.version is None else candidate.version,
        candidate.created_at or datetime.min,  # noqa: DTZ901  # the server's times carry no zone
        candidate.id,
    )


def _stretch(at: datetime, interval: Interval) -> tuple[int, ...]:
    if interval is Interval.DAY:
        return (at.year, at.month, at.day)
    if interval is Interval.WEEK:
        year, week, _day = at.isocalendar()
        return (year, week)
    return (at.year, at.month) if interval is Interval.MONTH else (at.year,)
