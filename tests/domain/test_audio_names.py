"""What the name of an audio file may hold, as it is kept in its row."""

from __future__ import annotations

import pytest

from syncsphere_desktop.domain.audio import checked_audio_changes


@pytest.mark.parametrize("mark", ["\u202e", "\u202a", "\u2066", "\u2069", "\u200f", "\u061c"])
def test_what_turns_the_direction_of_writing_is_replaced(mark: str) -> None:
    assert checked_audio_changes({"filename": f"song{mark}gpj.wav"}) == {"filename": "song_gpj.wav"}


def test_names_in_any_writing_stay_as_they_are() -> None:
    for name in ("Kick.wav", "شارة البداية.wav", "שיר.wav", "木.wav"):
        assert checked_audio_changes({"filename": name}) == {"filename": name}


def test_paths_of_other_services_stay_as_they_are() -> None:
    assert checked_audio_changes({"file_path": "a\u202eb.wav"}) == {"file_path": "a\u202eb.wav"}
