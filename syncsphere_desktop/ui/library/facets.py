"""By what the library is narrowed: each facet with its choices, and the words for what is on. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from syncsphere_desktop.domain.humane import number
from syncsphere_desktop.domain.listing import FilterValue
from syncsphere_desktop.domain.sound import AudioFormat, ContentState
from syncsphere_desktop.ui.library.words import STATE_WORDS, channel_words, format_words, rate_words

Filters = Mapping[str, FilterValue]

PROJECT, UPLOADER = "project_id", "user_id"
LONGER, SHORTER = "duration_min", "duration_max"
DUPLICATES, CONTENT, IMPORT = "duplicates", "sha256", "import_id"
IDS = "ids"
"""Rows that another view chose, as their ids joined by commas."""
_MOST_IDS = 1000
_FLAGS = ((DUPLICATES, "Duplicates"), (CONTENT, "Copies of one file"), (IMPORT, "Of one import"))
_RATES = (22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000)


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a facet: its words and the filters that it sets."""

    words: str
    filters: Filters


@dataclass(frozen=True, slots=True)
class Facet:
    """What can be chosen among a few values. `keys` are the filters that it owns."""

    title: str
    keys: tuple[str, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: its words, and the keys that go when it is dropped."""

    words: str
    keys: tuple[str, ...]


FACETS = (
    Facet(
        "State",
        ("state",),
        tuple(Choice(STATE_WORDS[state], {"state": state.value}) for state in ContentState),
    ),
    Facet(
        "Format",
        ("format",),
        tuple(Choice(format_words(kind.value), {"format": kind.value}) for kind in AudioFormat),
    ),
    Facet(
        "Sample rate",
        ("sample_rate",),
        tuple(Choice(rate_words(rate), {"sample_rate": rate}) for rate in _RATES),
    ),
    Facet(
        "Channels",
        ("channels",),
        tuple(Choice(channel_words(count), {"channels": count}) for count in (1, 2, 4, 6, 8)),
    ),
    Facet(
        "Length",
        (LONGER, SHORTER),
        (
            Choice("Under 2 s", {SHORTER: 2.0}),
            Choice("2 to 15 s", {LONGER: 2.0, SHORTER: 15.0}),
            Choice("15 s to 1 min", {LONGER: 15.0, SHORTER: 60.0}),
            Choice("1 to 10 min", {LONGER: 60.0, SHORTER: 600.0}),
            Choice("Over 10 min", {LONGER: 600.0}),
        ),
    ),
)


def ids_filter(ids: Iterable[int]) -> str:
    """Return the value of the filter that leaves these rows, as many of them as one list takes."""
    return ",".join(str(row_id) for row_id in islice(dict.fromkeys(ids), _MOST_IDS))


def with_choice(filters: Filters, facet: Facet, choice: Choice | None) -> dict[str, FilterValue]:
    """Return the filters with another choice of a facet, or with none."""
    return {**without(filters, facet.keys), **({} if choice is None else choice.filters)}


def without(filters: Filters, keys: tuple[str, ...]) -> dict[str, FilterValue]:
    """Return the filters but these."""
    return {key: value for key, value in filters.items() if key not in keys}


def chosen(filters: Filters, facet: Facet) -> Choice | None:
    """Return the choice of a facet that is on, or None."""
    on = {key: value for key, value in filters.items() if key in facet.keys}
    return next((choice for choice in facet.choices if dict(choice.filters) == on), None) if on else None


def chips(filters: Filters, *, project: str | None = None, uploader: str | None = None) -> list[Chip]:
    """Return the filters that are on, in words; `project` and `uploader` are the names behind their ids."""
    found: list[Chip] = []
    if IDS in filters:
        count = str(filters[IDS]).count(",") + 1
        found.append(Chip("One chosen file" if count == 1 else f"{number(count)} chosen files", (IDS,)))
    if PROJECT in filters:
        told = "Without a project" if filters[PROJECT] is None else f"Project: {project or 'one'}"
        found.append(Chip(told, (PROJECT,)))
    if UPLOADER in filters:
        told = "Without an uploader" if filters[UPLOADER] is None else f"Uploader: {uploader or 'one person'}"
        found.append(Chip(told, (UPLOADER,)))
    on = (facet for facet in FACETS if any(key in filters for key in facet.keys))
    found += [Chip(f"{facet.title}: {_words(filters, facet)}", facet.keys) for facet in on]
    return found + [Chip(words, (key,)) for key, words in _FLAGS if key in filters]


def _words(filters: Filters, facet: Facet) -> str:
    """Return a facet's choice, also of a value that the menu does not offer."""
    choice = chosen(filters, facet)
    if choice is not None:
        return choice.words
    value = filters.get(facet.keys[0])
    if facet.keys == ("sample_rate",) and isinstance(value, int):
        return rate_words(value)
    if facet.keys == ("channels",) and isinstance(value, int):
        return channel_words(value)
    if facet.keys == (LONGER, SHORTER):
        return f"{filters.get(LONGER) or 0:g} to {filters.get(SHORTER) or '…'} s"
    return "none" if value is None else str(value)
