"""What every `UserStore` keeps to."""

from __future__ import annotations

import pytest

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.hand_over import Part
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.impact import Leavings, UserImpact
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.domain.user import UserDraft
from syncsphere_desktop.errors import (
    ConflictError,
    DuplicateError,
    InputError,
    InUseError,
    NotFoundError,
    UsageError,
)
from tests.contracts.conftest import Stores

AWKWARD_NAMES = [
    'o\'hara "the" `bass`; DROP TABLE users;--',
    "100% %s %(x)s _ \\ {}",
    "Ådá 🎛️👩‍🎤",
    "مهندس الصوت",
    "שלום\u200f",
    "é" * 100,
]


async def test_an_added_user_is_found_by_id_name_and_email(stores: Stores) -> None:
    ada = await stores.user("ada")
    assert await stores.users.get(ada.id) == ada
    for text in (str(ada.id), f"id:{ada.id}", "ada", "ada@studio.example"):
        assert await stores.users.find(text) == ada
    assert await stores.users.find("nobody") is None
    assert await stores.users.find("²") is None


async def test_a_text_that_names_two_users_is_refused(stores: Stores) -> None:
    ada = await stores.user("ada")
    await stores.user(str(ada.id))
    with pytest.raises(InputError, match="several"):
        await stores.users.find(str(ada.id))
    assert await stores.users.find(f"id:{ada.id}") == ada


@pytest.mark.parametrize("text", ["\0", "\udcff", "9" * 30])
async def test_a_text_that_no_row_can_hold_finds_nothing(stores: Stores, text: str) -> None:
    assert await stores.users.find(text) is None


@pytest.mark.parametrize("name", AWKWARD_NAMES)
async def test_awkward_names_are_stored_as_they_are(stores: Stores, name: str) -> None:
    user = await stores.users.add(UserDraft(name, "x@y", "-"))
    assert user.username == name
    assert await stores.users.find(name) == user
    page, _ = await stores.users.rows.first_page(ListQuery(Sort("id"), search=name), 5)
    assert page.rows == (user,)


@pytest.mark.parametrize(
    ("name", "email", "field"),
    [
        ("", "x@y", "username"),
        ("  ", "x@y", "username"),
        ("x" * 101, "x@y", "username"),
        ("a\0b", "x@y", "username"),
        ("a\nb", "x@y", "username"),
        ("\udcff", "x@y", "username"),
        ("ada", "", "email"),
        ("ada", "no-at-sign", "email"),
        ("ada", "a\0@y", "email"),
        ("ada", "x" * 250 + "@studio", "email"),
    ],
)
async def test_bad_values_are_told_beside_the_field(
    stores: Stores, name: str, email: str, field: str
) -> None:
    with pytest.raises(InputError) as caught:
        await stores.users.add(UserDraft(name, email, "-"))
    assert caught.value.field == field
    user = await stores.user("bob")
    with pytest.raises(InputError) as caught:
        await stores.users.update(user, {"username": name, "email": email})
    assert caught.value.field == field
    assert await stores.users.get(user.id) == user


async def test_a_taken_name_or_email_is_told_beside_the_field(stores: Stores) -> None:
    ada = await stores.user("ada")
    bob = await stores.user("bob")
    with pytest.raises(DuplicateError) as caught:
        await stores.users.add(UserDraft("ada", "new@y", "-"))
    assert caught.value.field == "username"
    with pytest.raises(DuplicateError) as caught:
        await stores.users.update(bob, {"email": ada.email})
    assert caught.value.field == "email"
    assert await stores.users.get(bob.id) == bob


async def test_an_edit_changes_what_it_names_and_the_time(stores: Stores) -> None:
    ada = await stores.user("ada")
    changed = await stores.users.update(ada, {"username": "  augusta "})
    assert (changed.username, changed.email) == ("augusta", ada.email)
    assert changed.row_version != ada.row_version
    assert changed.updated_at != ada.updated_at
    assert changed.created_at == ada.created_at
    assert await stores.users.get(ada.id) == changed


async def test_an_edit_that_changes_nothing_writes_nothing(stores: Stores) -> None:
    ada = await stores.user("ada")
    assert await stores.users.update(ada, {"username": "ada", "email": ada.email}) == ada


async def test_an_edit_of_a_changed_user_is_a_conflict_and_can_then_overwrite(stores: Stores) -> None:
    ada = await stores.user("ada")
    theirs = await stores.users.update(ada, {"email": "theirs@x"})
    with pytest.raises(ConflictError) as caught:
        await stores.users.update(ada, {"username": "mine"})
    conflict = caught.value
    assert conflict.base == {"username": "ada", "email": "ada@studio.example"}
    assert conflict.theirs == {"username": "ada", "email": "theirs@x"}
    assert conflict.mine == {"username": "mine", "email": "ada@studio.example"}
    assert conflict.their_version == theirs.row_version
    overwritten = await stores.users.update(theirs, {"username": "mine"})
    assert (overwritten.username, overwritten.email) == ("mine", "theirs@x")


async def test_a_new_password_meanwhile_is_no_conflict(stores: Stores) -> None:
    ada = await stores.user("ada")
    await stores.users.set_password_hash(ada, "$2b$12$new")
    changed = await stores.users.update(ada, {"username": "mine"})
    assert changed.username == "mine"


async def test_wishing_what_another_wrote_already_is_no_conflict(stores: Stores) -> None:
    ada = await stores.user("ada")
    theirs = await stores.users.update(ada, {"username": "augusta"})
    assert await stores.users.update(ada, {"username": "augusta"}) == theirs


async def test_a_deleted_user_is_told_so(stores: Stores) -> None:
    ada = await stores.user("ada")
    await stores.users.remove([ada.id])
    with pytest.raises(NotFoundError, match="“ada” was deleted meanwhile"):
        await stores.users.update(ada, {"username": "mine"})
    with pytest.raises(NotFoundError, match="deleted meanwhile"):
        await stores.users.set_password_hash(ada, "-")
    with pytest.raises(NotFoundError):
        await stores.users.get(ada.id)
    with pytest.raises(NotFoundError):
        await stores.users.remove([ada.id])


async def test_a_user_who_owns_things_is_not_removed(stores: Stores) -> None:
    ada = await stores.user("ada")
    project = await stores.project("tape", ada)
    await stores.belongings.give(ada.id, project.id, audio=2, bundles=1, boxes=3)
    assert await stores.users.impact([ada.id]) == UserImpact(1, 1, 2, 1, 3)
    with pytest.raises(InUseError, match="1 project, 2 audio files, 1 bundle version, 3 tracks") as caught:
        await stores.users.remove([ada.id])
    assert caught.value.impact == {
        "projects_owned": 1,
        "collaborations": 1,
        "audio_files": 2,
        "bundles": 1,
        "boxes": 3,
    }
    with pytest.raises(InUseError, match="can't be left without an owner"):
        await stores.users.remove([ada.id], Leavings(release=True))
    assert await stores.users.get(ada.id) == ada


async def test_everything_is_handed_over_before_a_removal(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", ada)
    await stores.belongings.give(ada.id, project.id, audio=2, bundles=1, boxes=3)
    await stores.users.remove([ada.id], Leavings(hand_over_to=bob.id))
    assert await stores.users.find("ada") is None
    assert await stores.users.impact([bob.id]) == UserImpact(1, 1, 2, 1, 3)
    assert (await stores.projects.get(project.id)).owner_name == "bob"
    people = await stores.collaborators.of_project(project.id)
    assert [(row.username, row.role) for row in people] == [("bob", "owner")]


async def test_references_are_cleared_where_that_is_wished(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", bob)
    await stores.collaborators.set_role(project.id, ada.id, Role.EDITOR)
    await stores.belongings.give(ada.id, project.id, audio=2, bundles=1, boxes=3)
    impact = await stores.users.remove([ada.id], Leavings(release=True))
    assert impact == UserImpact(0, 1, 2, 1, 3)
    assert await stores.users.find("ada") is None
    assert [row.username for row in await stores.collaborators.of_project(project.id)] == ["bob"]


async def test_nothing_is_removed_when_one_of_them_is_gone(stores: Stores) -> None:
    ada = await stores.user("ada")
    with pytest.raises(NotFoundError):
        await stores.users.remove([ada.id, UserId(999)])
    assert await stores.users.get(ada.id) == ada


async def test_a_hand_over_of_projects_makes_roles_right(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    one, two = await stores.project("one", ada), await stores.project("two", ada)
    await stores.collaborators.set_role(two.id, bob.id, Role.VIEWER)
    counts = await stores.users.hand_over(ada.id, bob.id, {Part.PROJECTS})
    assert (counts.projects, counts.memberships) == (2, 0)
    for project in (one, two):
        people = await stores.collaborators.of_project(project.id)
        assert [(row.username, row.role) for row in people] == [("ada", "editor"), ("bob", "owner")]


async def test_memberships_merge_into_the_stronger_role(stores: Stores) -> None:
    ada, bob, eve = [await stores.user(name) for name in ("ada", "bob", "eve")]
    both, hers, kept = [await stores.project(name, eve) for name in ("both", "hers", "kept")]
    own = await stores.project("own", ada)
    await stores.collaborators.set_role(both.id, ada.id, Role.EDITOR)
    await stores.collaborators.set_role(both.id, bob.id, Role.VIEWER)
    await stores.collaborators.set_role(hers.id, ada.id, Role.VIEWER)
    await stores.collaborators.set_role(kept.id, ada.id, Role.VIEWER)
    await stores.collaborators.set_role(kept.id, bob.id, Role.EDITOR)
    counts = await stores.users.hand_over(ada.id, bob.id, {Part.MEMBERSHIPS})
    assert counts.memberships == 3

    async def role(project: ProjectId) -> list[tuple[str, str | None]]:
        return [(row.username, row.role) for row in await stores.collaborators.of_project(project)]

    assert await role(both.id) == [("bob", "editor"), ("eve", "owner")]
    assert await role(hers.id) == [("bob", "viewer"), ("eve", "owner")]
    assert await role(kept.id) == [("bob", "editor"), ("eve", "owner")]
    assert await role(own.id) == [("ada", "owner")]


async def test_only_the_chosen_parts_change_hands(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", ada)
    await stores.belongings.give(ada.id, project.id, audio=2, bundles=1, boxes=3)
    counts = await stores.users.hand_over(ada.id, bob.id, {Part.AUDIO, Part.BOXES})
    assert (counts.audio_files, counts.boxes, counts.bundles, counts.projects) == (2, 3, 0, 0)
    assert await stores.users.impact([ada.id]) == UserImpact(1, 1, 0, 1, 0)
    assert await stores.users.impact([bob.id]) == UserImpact(0, 0, 2, 0, 3)


async def test_a_hand_over_that_makes_no_sense_is_refused(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    with pytest.raises(InputError):
        await stores.users.hand_over(ada.id, ada.id)
    with pytest.raises(InputError):
        await stores.users.hand_over(ada.id, bob.id, [])
    with pytest.raises(NotFoundError):
        await stores.users.hand_over(ada.id, UserId(999))
    with pytest.raises(InputError):
        await stores.users.remove([ada.id, bob.id], Leavings(hand_over_to=bob.id))


async def test_a_list_is_searched_sorted_and_cut_into_pages(stores: Stores) -> None:
    for name in ("cleo", "ada", "bob", "abe"):
        await stores.user(name)
    rows = stores.users.rows
    query = ListQuery(Sort("username"))
    page, _ = await rows.first_page(query, 2)
    assert [row.username for row in page.rows if row] == ["abe", "ada"]
    assert (await rows.prepare(query)).value == 4
    assert [row.username for row in (await rows.page(query, 2, 10)).rows if row] == ["bob", "cleo"]
    assert (await rows.page(query, 9, 10)).rows == ()
    backwards = ListQuery(Sort("username", descending=True), search="a stud")
    assert [r.username for r in (await rows.page(backwards, 0, 9)).rows if r] == ["cleo", "bob", "ada", "abe"]
    assert (await rows.prepare(ListQuery(Sort("email"), search="BO"))).value == 1


async def test_a_row_removed_meanwhile_leaves_a_gap_in_its_page(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    query = ListQuery(Sort("username"))
    await stores.users.rows.prepare(query)
    await stores.users.remove([ada.id])
    assert (await stores.users.rows.page(query, 0, 10)).rows == (None, bob)
    assert list(await stores.users.rows.ids(query, 0, 10)) == [ada.id, bob.id]
    assert (await stores.users.rows.prepare(query)).value == 1
    assert (await stores.users.rows.page(query, 0, 10)).rows == (bob,)


async def test_an_unknown_sort_key_or_filter_is_a_usage_error(stores: Stores) -> None:
    with pytest.raises(UsageError):
        await stores.users.rows.prepare(ListQuery(Sort("password_hash")))
    with pytest.raises(UsageError):
        await stores.users.rows.prepare(ListQuery(Sort("id"), filters={"password_hash": "x"}))
