"""How the grid's facts are told: in cells, in tooltips, to screen readers."""

from __future__ import annotations

from syncsphere_desktop.domain.humane import exact
from syncsphere_desktop.ui.ownership.clock import GridClock
from syncsphere_desktop.ui.ownership.people import People
from syncsphere_desktop.ui.ownership.values import Held, Person, Shown, Track

NOBODY_WORD = "Nobody"
CLAIMING = "claiming…"
RELEASING = "releasing…"
FREE_WORD = "free"
AWAY = "away"
STALE = "stale"
SHOWN_WORDS = {
    Shown.ALL: "All",
    Shown.HELD: "Held",
    Shown.FREE: "Unowned",
    Shown.STALE: "Stale",
    Shown.CONTESTED: "Contested",
}


def held_for(passed: float) -> str:
    """Return how long a track is held by its largest unit: `12 s`, `3 min`, `2 h`, `4 d`."""
    whole = int(max(0.0, passed))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600} h" if whole < 86400 else f"{whole // 86400} d"


def cell_words(held: Held, *, stale: bool, now: float) -> str:
    """Return what a holder's cell says, as in `3 min`, `2 h · stale` or `claiming…`."""
    if not held.confirmed:
        return CLAIMING
    passed = "" if held.since is None else held_for(now - held.since)
    if not stale:
        return passed
    return f"{passed} · {STALE}" if passed else STALE


def presence_words(person: Person, now: float) -> str:
    """Return whether somebody is present, or since when not."""
    if person.here is None:
        return "Presence is not known"
    if person.here:
        return "Present"
    if person.absent_since is None:
        return "Not present"
    return f"Not seen for {held_for(now - person.absent_since)}"


def holder_lines(held: Held, people: People, now: float) -> list[str]:
    """Return a line for each holder, as in `Held by Mira for 3 min`."""
    if not held.owners:
        return [
            "Nobody holds it" if held.confirmed else "Released, as the feed tells; the table has an owner yet"
        ]
    lines = []
    for owner in held.owners:
        line = f"Held by {people.name_of(owner)}"
        if held.since is not None:
            line += f" for {held_for(now - held.since)}"
        if people.is_stale(owner, held.since):
            person = people.find(owner)
            gone = None if person is None else person.absent_since
            line += ", who is away" if gone is None else f", not seen for {held_for(now - gone)}"
        lines.append(line)
    if held.is_contested:
        lines.append("Contested: the table has a row for each of them")
    if not held.confirmed:
        lines.append("Told by the feed, not in the table yet")
    return lines


def track_tip(track: Track, held: Held, people: People, clock: GridClock) -> str:
    """Return everything there is to know about a track and who holds it, a fact a line."""
    lines = [track.name, f"{track.kind} in {track.unit}" if track.unit else track.kind]
    lines += holder_lines(held, people, clock.now())
    if held.since is not None:
        lines.append(f"Since {exact(clock.shown(held.since))}")
    if not track.in_bundle:
        lines.append("The newest bundle has no such track")
    lines.append(str(track.box_uuid))
    return "\n".join(lines)


def person_tip(person: Person | None, holds: int, now: float) -> str:
    """Return what there is to know about a column."""
    if person is None:
        return f"Tracks that nobody holds: {holds}"
    role = (person.role or "no role").capitalize() if person.is_collaborator else "Not a collaborator"
    told = "1 track" if holds == 1 else f"{holds} tracks"
    return f"{person.name}\n{role}\n{presence_words(person, now)}\nHolds {told} here"


def spoken(track: Track, held: Held, person: Person | None, people: People, now: float) -> str:
    """Return what a screen reader says of the current cell."""
    told = ". ".join(holder_lines(held, people, now))
    unit = f", {track.unit}" if track.unit else ""
    return f"{track.name}{unit}. {told}. Column {NOBODY_WORD if person is None else person.name}"
