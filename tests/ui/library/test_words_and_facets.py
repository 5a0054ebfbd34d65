"""What filters and facts are called, and how peaks come to pixels."""

from __future__ import annotations

import pytest

from syncsphere_desktop.domain.sound import ContentState, Waveform
from syncsphere_desktop.ui.library.facets import FACETS, IDS, chips, chosen, ids_filter, with_choice, without
from syncsphere_desktop.ui.library.peaks import lanes
from syncsphere_desktop.ui.library.words import (
    STATE_SENTENCES,
    STATE_WORDS,
    channel_words,
    length_words,
    rate_words,
    short_channel_words,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "0:00.00"), (0.934, "0:00.93"), (59.999, "0:59.99"), (187.2, "3:07"), (3729.0, "1:02:09")],
)
def test_a_length_has_hundredths_below_a_minute(seconds: float, words: str) -> None:
    assert length_words(seconds) == words


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 1e12])
def test_a_length_that_is_none_is_a_dash(seconds: float) -> None:
    assert length_words(seconds) == "—"


def test_rates_and_channels_are_written_as_on_a_tin() -> None:
    assert [rate_words(rate) for rate in (44_100, 48_000, 22_050, 800)] == [
        "44.1 kHz",
        "48 kHz",
        "22.05 kHz",
        "800 Hz",
    ]
    assert [channel_words(count) for count in (1, 2, 6)] == ["Mono", "Stereo", "6 channels"]


def test_every_state_has_words() -> None:
    assert set(STATE_WORDS) == set(STATE_SENTENCES) == set(ContentState)


def test_each_choice_of_each_facet_is_told_by_a_chip_that_drops_it() -> None:
    for facet in FACETS:
        for choice in facet.choices:
            filters = with_choice({"project_id": 3}, facet, choice)
            assert chosen(filters, facet) == choice
            shown = chips(filters, project="Tape")
            assert [chip.words for chip in shown] == ["Project: Tape", f"{facet.title}: {choice.words}"]
            assert without(filters, shown[1].keys) == {"project_id": 3}


def test_a_new_choice_takes_the_place_of_the_one_before() -> None:
    length = next(facet for facet in FACETS if facet.title == "Length")
    first = with_choice({}, length, length.choices[2])
    assert first == {"duration_min": 15.0, "duration_max": 60.0}
    assert with_choice(first, length, length.choices[-1]) == {"duration_min": 600.0}
    assert with_choice(first, length, None) == {}


def test_values_that_no_menu_offers_are_told_too() -> None:
    told = [chip.words for chip in chips({"sample_rate": 11_025, "channels": 3, "format": "caf"})]
    assert told == ["Format: caf", "Sample rate: 11.025 kHz", "Channels: 3 channels"]


def test_what_is_without_a_project_is_told_so() -> None:
    filters = {"project_id": None, "user_id": 5, "duplicates": True}
    told = [chip.words for chip in chips(filters)]
    assert told == ["Without a project", "Uploader: one person", "Duplicates"]


def test_every_peak_is_seen_at_any_width() -> None:
    peaks = bytearray(2 * 1000)
    peaks[2 * 777], peaks[2 * 777 + 1] = 256 - 100, 90
    waveform = Waveform(1000, 1, bytes(peaks))
    for columns in (1, 7, 320, 999, 1000, 2400):
        (lane,) = lanes(waveform, columns)
        assert len(lane) == columns
        assert (-100, 90) in lane


def test_each_channel_has_a_lane_of_its_own() -> None:
    left, right = lanes(Waveform(2, 2, bytes([255, 1, 254, 2, 253, 3, 252, 4])), 2)
    assert left == [(-1, 1), (-3, 3)]
    assert right == [(-2, 2), (-4, 4)]


def test_peaks_that_end_early_are_silent_there() -> None:
    (lane,) = lanes(Waveform(4, 1, bytes([246, 10])), 4)
    assert lane == [(-10, 10), (0, 0), (0, 0), (0, 0)]


def test_chosen_rows_have_a_chip_that_says_how_many_they_are() -> None:
    assert [chip.words for chip in chips({IDS: ids_filter([4])})] == ["One chosen file"]
    assert [chip.words for chip in chips({IDS: ids_filter([4, 5, 4])})] == ["2 chosen files"]
    assert ids_filter(range(5000)).count(",") == 999


def test_channels_fit_their_column() -> None:
    assert [short_channel_words(count) for count in (1, 2, 6, 12)] == ["Mono", "Stereo", "6 ch", "12 ch"]
