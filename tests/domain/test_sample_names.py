"""By what an audio file may be known in a project."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsphere_desktop.domain.sample_names import (
    LONGEST,
    comparable,
    names_in,
    project_in,
    stem,
    storable,
    uuids_in,
)

KICK = UUID("0f19a2be-ac48-4e17-98f7-c7a0f52a2f22")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Kick.wav", "kick"),
        ("kick.WAV ", "kick"),
        ("KICK.AIFF", "kick"),
        ("Take 1.5", "take 1.5"),
        ("Take 1.5.flac", "take 1.5"),
        ("mix.wav.mp3", "mix.wav"),
        ("Łucja.wav", "łucja"),
        ("u\u0308ber.ogg", "über"),
        ("STRASSE.wav", "strasse"),
        ("straße.wav", "strasse"),
        (".wav", ""),
        ("", ""),
    ],
)
def test_names_are_compared_without_case_form_and_suffix(name: str, expected: str) -> None:
    assert stem(name) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("projects/12/Kick-3f9a1c2e.wav", ("Kick.wav", "Kick-3f9a1c2e.wav")),
        ("a/b/kick.wav", ("kick.wav",)),
        ("C:\\takes\\kick.wav", ("kick.wav",)),
        ("kick-3f9a1c2e", ("kick", "kick-3f9a1c2e")),
        ("kick-12345678.9.wav", ("kick-12345678.9.wav",)),
        ("", ("",)),
    ],
)
def test_a_path_tells_the_names_a_file_may_have_had(path: str, expected: tuple[str, ...]) -> None:
    assert names_in(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("projects/12/kick.wav", 12),
        ("/srv/audio/projects/7/takes/kick.wav", 7),
        ("Project 3/kick.wav", 3),
        ("project-44\\kick.wav", 44),
        ("12/kick.wav", None),
        ("projects/kick.wav", None),
        ("projects/12", None),
        ("myprojects/12/kick.wav", None),
    ],
)
def test_a_path_tells_the_project_whose_folder_it_is_in(path: str, expected: int | None) -> None:
    assert project_in(path) == expected


def test_a_path_tells_the_uuids_in_it() -> None:
    assert uuids_in(f"samples/{KICK}/audio.wav") == (KICK,)
    assert uuids_in(f"{KICK.hex.upper()}-{KICK}.wav") == (KICK,)
    assert uuids_in("0123456789abcdef0123456789abcdef0") == ()
    assert uuids_in("kick.wav") == ()


@given(st.text(st.characters()))
def test_any_name_can_be_compared_and_stored(name: str) -> None:
    assert stem(comparable(name)) in {stem(name), stem(stem(name))}
    kept = storable(name)
    assert "\0" not in kept
    assert len(kept) <= LONGEST
    kept.encode("utf-8")
    uuids_in(name)
    project_in(name)
    assert names_in(name)
