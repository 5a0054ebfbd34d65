"""What names, emails, roles, passwords and numbers of the studio keep to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsphere_desktop.domain.audio import checked_audio_changes
from syncsphere_desktop.domain.collaborator import Role, checked_role
from syncsphere_desktop.domain.humane import THIN_SPACE, counted
from syncsphere_desktop.domain.impact import UserImpact, belongings_sentence
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.password import Strength, checked_password, report
from syncsphere_desktop.domain.project import checked_description, checked_project_changes, checked_room_id
from syncsphere_desktop.domain.text import can_be_stored
from syncsphere_desktop.domain.user import checked_email, checked_user_changes, checked_username
from syncsphere_desktop.errors import InputError


@given(st.text())
def test_a_checked_username_can_be_stored_and_is_checked_again_unchanged(text: str) -> None:
    refused: InputError | None = None
    name = ""
    try:
        name = checked_username(text)
    except InputError as error:
        refused = error
    if refused is not None:
        assert refused.field == "username"
        assert refused.message.endswith(".")
    else:
        assert 0 < len(name) <= 100
        assert can_be_stored(name)
        assert checked_username(name) == name


@pytest.mark.parametrize(("length", "fits"), [(0, False), (1, True), (100, True), (101, False)])
def test_a_username_has_1_to_100_characters(length: int, fits: bool) -> None:
    if fits:
        assert len(checked_username("é" * length)) == length
    else:
        with pytest.raises(InputError):
            checked_username("é" * length)


@pytest.mark.parametrize("email", ["a@b", "ada.l+x@studio.example", "\u202bא@ב", "o'hara@x"])
def test_an_email_may_be_anything_with_a_name_and_a_host(email: str) -> None:
    assert checked_email(f" {email} ") == email


@pytest.mark.parametrize("email", ["@b", "a@", "a b@c", "a@b@c", "a@b c"])
def test_an_email_without_a_name_or_a_host_is_refused(email: str) -> None:
    with pytest.raises(InputError) as caught:
        checked_email(email)
    assert caught.value.field == "email"


def test_empty_optional_texts_become_nothing() -> None:
    assert checked_room_id("  ") is None
    assert checked_room_id(None) is None
    assert checked_description("") is None
    assert checked_description(None) is None
    assert checked_description(" two\nlines ") == " two\nlines "


def test_roles_are_read_in_any_case_and_unknown_ones_refused() -> None:
    assert checked_role(" Owner ") is Role.OWNER
    with pytest.raises(InputError, match="owner, editor, viewer") as caught:
        checked_role("admin")
    assert caught.value.field == "role"


@pytest.mark.parametrize("check", [checked_user_changes, checked_project_changes, checked_audio_changes])
def test_a_column_that_can_not_be_edited_is_a_bug(check: object) -> None:
    assert callable(check)
    with pytest.raises(ValueError, match="password_hash"):
        check({"password_hash": "x"})


@pytest.mark.parametrize(
    ("password", "accepted"),
    [("x" * 72, True), ("x" * 73, False), ("é" * 36, True), ("é" * 37, False), ("seven77", False)],
)
def test_a_password_has_8_characters_to_72_bytes(password: str, accepted: bool) -> None:
    if accepted:
        assert checked_password(password) == password
    else:
        with pytest.raises(InputError):
            checked_password(password)


@pytest.mark.parametrize(
    ("password", "strength"),
    [
        ("", Strength.REFUSED),
        ("a\0aaaaaaaa", Strength.REFUSED),
        ("\udcffaaaaaaaa", Strength.REFUSED),
        ("Password", Strength.WEAK),
        ("ada-lovelace", Strength.WEAK),
        ("aaaaaaaaaaaaaaaaaaaaaa", Strength.WEAK),
        ("abcdefgh", Strength.WEAK),
        ("correcthorsex", Strength.FAIR),
        ("correct horse b", Strength.GOOD),
        ("Correct horse 2 battery staple", Strength.STRONG),
    ],
)
def test_a_password_is_judged_while_it_is_typed(password: str, strength: Strength) -> None:
    judged = report(password, username="ada-lovelace")
    assert judged.strength == strength
    assert judged.hint.endswith(".")


def test_the_bytes_of_a_password_are_told() -> None:
    assert report("éé").byte_length == 4


def test_counts_are_put_into_words() -> None:
    assert counted(1, "track") == "1 track"
    assert counted(1234, "track") == f"1{THIN_SPACE}234 tracks"
    assert counted(2, "person", "people") == "2 people"
    assert belongings_sentence(UserImpact()) == "nothing"
    assert belongings_sentence(UserImpact(boxes=1)) == "1 track"
    assert belongings_sentence(UserImpact(2, 0, 1, 0, 3)) == "2 projects, 1 audio file and 3 tracks"
    assert not UserImpact(collaborations=5).blocks_removal


def test_equal_queries_are_one_key() -> None:
    one = ListQuery(Sort("id"), "x", {"a": 1, "b": None})
    two = ListQuery(Sort("id"), "x", {"b": None, "a": 1})
    assert {one: 1}[two] == 1
    assert one != ListQuery(Sort("id"), "x", {"a": 2})
