"""Numbers and times read as people write them, at the edges too."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsphere_desktop.domain import humane

NOW = datetime(2025, 3, 12, 14, 30)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (12_400_000, "12.4 MB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (9_994_999, "9.99 MB"),
        (9_995_000, "10.0 MB"),
        (1_073_741_824, "1.07 GB"),
        (10**15, "1.00 PB"),
        (10**19, "10000 PB"),
    ],
)
def test_sizes_have_three_figures_and_a_unit(count: int, text: str) -> None:
    assert humane.size(count) == text


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_a_size_is_never_longer_than_seven_characters(count: int) -> None:
    assert len(humane.size(count)) <= 7


def test_numbers_are_grouped_with_thin_spaces() -> None:
    assert humane.number(1234567) == "1\u202f234\u202f567"
    assert humane.number(-1234) == "-1\u202f234"
    assert humane.number(999) == "999"


def test_nouns_follow_their_number() -> None:
    assert humane.counted(1, "project") == "1 project"
    assert humane.counted(0, "project") == "0 projects"
    assert humane.counted(2, "box", "boxes") == "2 boxes"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.25, "250 ms"),
        (1.25, "1.2 s"),
        (42, "42 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (90000, "1 d 1 h"),
        (-5, "−5.0 s"),
    ],
)
def test_durations_name_two_units_at_most(seconds: float, text: str) -> None:
    assert humane.duration(seconds) == text


def test_lengths_of_audio_read_as_a_clock() -> None:
    assert humane.clock(187) == "3:07"
    assert humane.clock(3729.4) == "1:02:09"
    assert humane.clock(0) == "0:00"


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2025, 3, 12, 14, 29, 40), "just now"),
        (datetime(2025, 3, 12, 14, 30, 50), "just now"),
        (datetime(2025, 3, 12, 14, 27), "3 min ago"),
        (datetime(2025, 3, 12, 11, 20), "3 h ago"),
        (datetime(2025, 3, 11, 9, 0), "yesterday"),
        (datetime(2025, 3, 9, 9, 0), "Sunday"),
        (datetime(2025, 3, 5, 9, 0), "5 Mar 2025"),
        (datetime(2019, 12, 31), "31 Dec 2019"),
        (datetime(2025, 3, 12, 20, 5), "today at 20:05"),
        (datetime(2026, 1, 1), "1 Jan 2026"),
    ],
)
def test_times_are_told_from_now(moment: datetime, text: str) -> None:
    assert humane.ago(moment, NOW) == text


def test_an_hour_ago_is_not_yesterday_just_after_midnight() -> None:
    assert humane.ago(datetime(2025, 3, 11, 23, 15), datetime(2025, 3, 12, 0, 30)) == "1 h ago"


def test_the_exact_time_has_seconds() -> None:
    assert humane.exact(datetime(2025, 3, 5, 4, 3, 9)) == "5 Mar 2025, 04:03:09"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Mara Klein", "MK"),
        ("mara", "MA"),
        ("j.doe", "JD"),
        ("Ana María de la Cruz", "AC"),
        ("ß", "SS"),
        ("李雷", "李雷"),
        ("🎹", "?"),
        ("", "?"),
        ("x", "X"),
    ],
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    assert humane.initials(name) == letters


@given(st.text())
def test_initials_are_one_or_two_signs(name: str) -> None:
    assert 1 <= len(humane.initials(name)) <= 2


@given(st.text(), st.integers(min_value=0, max_value=50))
def test_elision_keeps_to_its_length_and_both_ends(text: str, length: int) -> None:
    short = humane.middle_elided(text, length)
    assert len(short) <= max(length, 0) or short == text
    if len(text) > length > 4:
        assert short[0] == text[0]
        assert short[-1] == text[-1]


def test_time_left_has_no_fractions_and_never_says_that_it_is_over() -> None:
    assert [humane.time_left(seconds) for seconds in (0.0, 0.7, 9.4, 61.0)] == [
        "1 s",
        "1 s",
        "9 s",
        "1 min 1 s",
    ]
