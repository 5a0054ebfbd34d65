"""What every `ProjectStore` keeps to."""

from __future__ import annotations

import pytest

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.impact import ProjectImpact
from syncsphere_desktop.domain.listing import FilterValue, ListQuery, Sort
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.errors import ConflictError, DuplicateError, InputError, NotFoundError
from tests.contracts.conftest import Stores


async def test_a_new_project_has_its_owner_as_collaborator(stores: Stores) -> None:
    ada = await stores.user("ada")
    draft = ProjectDraft(" Tape ", ada.id, description="", room_id=" ", is_public=True)
    project = await stores.projects.add(draft)
    assert (project.name, project.description, project.room_id) == ("Tape", None, None)
    assert (project.owner_id, project.owner_name, project.is_public) == (ada.id, "ada", True)
    assert project.collaborators == 1
    people = await stores.collaborators.of_project(project.id)
    assert [(row.username, row.role) for row in people] == [("ada", "owner")]
    assert await stores.projects.get(project.id) == project


async def test_a_project_is_found_by_id_or_unique_name(stores: Stores) -> None:
    ada = await stores.user("ada")
    tape = await stores.project("tape", ada)
    await stores.project("twice", ada)
    await stores.project("twice", ada)
    assert await stores.projects.find("tape") == tape
    assert await stores.projects.find(str(tape.id)) == tape
    assert await stores.projects.find("none") is None
    assert await stores.projects.find("\0") is None
    with pytest.raises(InputError, match="several"):
        await stores.projects.find("twice")
    await stores.project(str(tape.id), ada)
    assert await stores.projects.find(f"id:{tape.id}") == tape


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\0"}, "name"),
        ({"room_id": "x" * 101}, "room_id"),
        ({"room_id": "a\tb"}, "room_id"),
        ({"description": "a\0"}, "description"),
        ({"description": "\ud800"}, "description"),
    ],
)
async def test_bad_values_are_told_beside_the_field(
    stores: Stores, values: dict[str, str], field: str
) -> None:
    ada = await stores.user("ada")
    project = await stores.project("tape", ada)
    with pytest.raises(InputError) as caught:
        await stores.projects.update(project, values)
    assert caught.value.field == field
    with pytest.raises(InputError) as caught:
        await stores.projects.add(
            ProjectDraft(
                values.get("name", "new"),
                ada.id,
                description=values.get("description"),
                room_id=values.get("room_id"),
            )
        )
    assert caught.value.field == field


async def test_a_taken_room_id_is_told_beside_the_field(stores: Stores) -> None:
    ada = await stores.user("ada")
    await stores.projects.add(ProjectDraft("one", ada.id, room_id="room"))
    two = await stores.project("two", ada)
    with pytest.raises(DuplicateError) as caught:
        await stores.projects.update(two, {"room_id": "room"})
    assert caught.value.field == "room_id"
    with pytest.raises(DuplicateError):
        await stores.projects.add(ProjectDraft("three", ada.id, room_id="room"))
    assert (await stores.projects.rows.prepare(ListQuery(Sort("id")))).value == 2


async def test_an_edit_writes_and_clears_columns(stores: Stores) -> None:
    ada = await stores.user("ada")
    project = await stores.project("tape", ada)
    changed = await stores.projects.update(
        project, {"description": "Line one\nline two 🎚", "room_id": "r", "is_public": True}
    )
    assert (changed.description, changed.room_id, changed.is_public) == ("Line one\nline two 🎚", "r", True)
    cleared = await stores.projects.update(changed, {"description": None, "room_id": None})
    assert (cleared.description, cleared.room_id) == (None, None)
    assert await stores.projects.update(cleared, {"name": "tape"}) == cleared


async def test_an_edit_of_a_changed_project_is_a_conflict(stores: Stores) -> None:
    ada = await stores.user("ada")
    project = await stores.project("tape", ada)
    await stores.projects.update(project, {"name": "theirs"})
    with pytest.raises(ConflictError) as caught:
        await stores.projects.update(project, {"name": "mine"})
    assert caught.value.theirs["name"] == "theirs"
    assert caught.value.mine["name"] == "mine"
    with pytest.raises(ConflictError):
        await stores.projects.transfer(project, (await stores.user("bob")).id)


async def test_a_new_collaborator_is_no_conflict_for_the_project(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", ada)
    await stores.collaborators.set_role(project.id, bob.id, Role.EDITOR)
    assert (await stores.projects.update(project, {"name": "mine"})).collaborators == 2


async def test_a_transfer_makes_the_new_owner_and_keeps_the_former_as_editor(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", ada)
    changed = await stores.projects.transfer(project, bob.id)
    assert (changed.owner_id, changed.owner_name, changed.collaborators) == (bob.id, "bob", 2)
    people = await stores.collaborators.of_project(project.id)
    assert [(row.username, row.role) for row in people] == [("ada", "editor"), ("bob", "owner")]


async def test_a_transfer_to_the_owner_changes_nothing_but_a_broken_role(stores: Stores) -> None:
    ada = await stores.user("ada")
    project = await stores.project("tape", ada)
    assert await stores.projects.transfer(project, ada.id) == project
    await stores.belongings.break_roles(project.id)
    assert (await stores.projects.transfer(project, ada.id)).collaborators == 1


async def test_a_transfer_or_project_for_a_user_who_is_gone_is_refused(stores: Stores) -> None:
    ada = await stores.user("ada")
    project = await stores.project("tape", ada)
    with pytest.raises(NotFoundError, match="no user"):
        await stores.projects.transfer(project, UserId(999))
    with pytest.raises(NotFoundError, match="no user"):
        await stores.projects.add(ProjectDraft("new", UserId(999)))


async def test_a_removal_takes_everything_with_it_and_says_what(stores: Stores) -> None:
    ada = await stores.user("ada")
    project, other = await stores.project("tape", ada), await stores.project("other", ada)
    await stores.belongings.give(ada.id, project.id, audio=2, bundles=1, boxes=3)
    expected = ProjectImpact(1, 2, 200, 1, 5, 3)
    assert await stores.projects.impact([project.id]) == expected
    assert await stores.projects.impact([]) == ProjectImpact()
    assert await stores.projects.remove([project.id]) == expected
    assert await stores.projects.find("tape") is None
    assert await stores.projects.get(other.id) == other
    with pytest.raises(NotFoundError, match="deleted meanwhile"):
        await stores.projects.update(project, {"name": "x"})
    with pytest.raises(NotFoundError):
        await stores.projects.transfer(project, ada.id)
    with pytest.raises(NotFoundError):
        await stores.projects.get(project.id)


async def test_nothing_is_removed_when_one_of_them_is_gone(stores: Stores) -> None:
    project = await stores.project("tape", await stores.user("ada"))
    with pytest.raises(NotFoundError):
        await stores.projects.remove([project.id, ProjectId(999)])
    assert await stores.projects.get(project.id) == project


async def test_lists_are_filtered_and_sorted_by_every_key(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    one, two = await stores.project("one", ada), await stores.project("two", bob)
    one = await stores.projects.update(one, {"is_public": True, "room_id": "z"})
    await stores.collaborators.set_role(two.id, ada.id, Role.VIEWER)

    async def names(sort: str, *, descending: bool = False, **filters: FilterValue) -> list[str]:
        query = ListQuery(Sort(sort, descending), filters=filters)
        await stores.projects.rows.prepare(query)
        return [row.name for row in (await stores.projects.rows.page(query, 0, 10)).rows if row]

    assert await names("name") == ["one", "two"]
    assert await names("owner", descending=True) == ["two", "one"]
    assert await names("collaborators", descending=True) == ["two", "one"]
    assert await names("room_id") == await names("room_id", descending=True) == ["one", "two"]
    assert await names("is_public") == ["two", "one"]
    assert await names("created_at") == await names("id") == ["one", "two"]
    assert await names("name", owner_id=bob.id) == ["two"]
    assert await names("name", user_id=ada.id) == ["one", "two"]
    assert await names("name", is_public=True) == ["one"]
