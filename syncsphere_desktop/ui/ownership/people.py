"""The columns of the grid: who works on the project, who is present, who is gone for long."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.ui.ownership.values import NOBODY, Held, Person

STALE_AFTER_SECONDS = 600.0


class People:
    """The people with a column, in their order; after the last one stands the column of Nobody."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.stale_after = STALE_AFTER_SECONDS
        self._now = now
        self._people: list[Person] = []
        self._columns: dict[UserId, int] = {}
        self._absent: dict[UserId, float] = {}

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people)

    def __len__(self) -> int:
        return len(self._people)

    def at(self, column: int) -> Person | None:
        """Return the person of a column, or None for that of Nobody."""
        return self._people[column] if column < len(self._people) else None

    def find(self, user: UserId) -> Person | None:
        """Return who has that id, or None."""
        column = self._columns.get(user)
        return None if column is None else self._people[column]

    def name_of(self, user: UserId) -> str:
        """Return a person's name, or what stands for it."""
        found = self.find(user)
        return _stranger(user).name if found is None else found.name

    def column_of(self, user: UserId) -> int:
        """Return somebody's column; NOBODY has one, too. Raises KeyError for who has none."""
        return len(self._people) if user == NOBODY else self._columns[user]

    def columns_of(self, held: Held) -> tuple[int, ...]:
        """Return the columns in which a track's holders stand."""
        if not held.owners:
            return (len(self._people),)
        return tuple(self._columns[owner] for owner in held.owners)

    def replace(self, people: Iterable[Person], holding: Iterable[UserId]) -> None:
        """Have these columns; those who hold something without being among them come after."""
        found = {person.id: person for person in people}
        for owner in holding:
            if owner not in found:
                found[owner] = self.find(owner) or _stranger(owner)
        self._become(list(found.values()))

    def admit(self, owners: Iterable[UserId]) -> bool:
        """Give those a column who have none; return whether there were any."""
        new = [_stranger(owner) for owner in owners if owner not in self._columns]
        if new:
            self._become([*self._people, *new])
        return bool(new)

    def take_presence(self, here: Collection[UserId] | None, absent_since: Mapping[UserId, float]) -> bool:
        """Take who is present, None where that is not known, and since when the others are not.

        Returns whether anybody came, went or was gone for another time.
        """
        people = [
            replace(
                person,
                here=None if here is None else person.id in here,
                absent_since=None if here is None or person.id in here else absent_since.get(person.id),
            )
            for person in self._people
        ]
        if people == self._people:
            return False
        self._become(people)
        return True

    def is_stale(self, owner: UserId, since: float | None) -> bool:
        """Return whether a holder is known to be gone for long, counted from the claim at the earliest."""
        gone = self._absent.get(owner)
        return gone is not None and self._now() - max(gone, since or gone) > self.stale_after

    def any_stale(self, held: Held) -> bool:
        """Return whether any of a track's holders is gone for long."""
        return bool(self._absent) and any(self.is_stale(owner, held.since) for owner in held.owners)

    def _become(self, people: list[Person]) -> None:
        self._people = people
        self._columns = {person.id: column for column, person in enumerate(people)}
        self._absent = {one.id: one.absent_since for one in people if one.absent_since is not None}


def _stranger(owner: UserId) -> Person:
    return Person(owner, f"User {owner}", is_collaborator=False)
