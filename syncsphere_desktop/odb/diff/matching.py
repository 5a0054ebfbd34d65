"""Which thing of one bundle is which of another."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
Key: TypeAlias = Callable[[T], Hashable | None]
Keys: TypeAlias = tuple[Key[T], Key[T]]
"""How to tell a thing of the earlier side, and one of the later side."""


@dataclass(frozen=True, slots=True)
class Matching(Generic[T]):
    """What is in both, in the order of the later one; what is in the earlier or the later alone."""

    pairs: tuple[tuple[T, T], ...]
    removed: tuple[T, ...]
    added: tuple[T, ...]


def match(before: Sequence[T], after: Sequence[T], *keys: Keys[T]) -> Matching[T]:
    """Pair things by the first key, what is left by the second, and so on.

    A key is two functions, for the earlier and the later side; None stands for no key. Of several with one
    key the first is paired with the first.
    """
    partner: dict[int, int] = {}
    left = list(range(len(before)))
    open_after = list(range(len(after)))
    for key_before, key_after in keys:
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for place in reversed(left):
            key = key_before(before[place])
            if key is not None:
                waiting[key].append(place)
        for place in open_after:
            key = key_after(after[place])
            if key is not None and waiting.get(key):
                partner[place] = waiting[key].pop()
        taken = set(partner.values())
        left = [place for place in left if place not in taken]
        open_after = [place for place in open_after if place not in partner]
    return Matching(
        pairs=tuple(
            (before[partner[place]], after[place]) for place in range(len(after)) if place in partner
        ),
        removed=tuple(before[place] for place in left),
        added=tuple(after[place] for place in open_after),
    )


def both(key: Key[T]) -> Keys[T]:
    """Return a key that is the same for both sides."""
    return key, key


def moved(places: Sequence[int]) -> frozenset[int]:
    """Return which entries left their order, by their position in `places`: as few as can be.

    `places` are the former places of things in the order they have now. What was pushed aside by something
    new has not moved.
    """
    tails: list[int] = []
    tail_at: list[int] = []
    previous: list[int] = []
    for position, place in enumerate(places):
        length = bisect_left(tails, place)
        previous.append(tail_at[length - 1] if length else -1)
        tails[length : length + 1] = [place]
        tail_at[length : length + 1] = [position]
    stayed = set()
    position = tail_at[-1] if tail_at else -1
    while position >= 0:
        stayed.add(position)
        position = previous[position]
    return frozenset(range(len(places))) - stayed
