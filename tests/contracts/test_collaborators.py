"""What every `CollaboratorStore` keeps to."""

from __future__ import annotations

import pytest

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.ids import CollaboratorId, ProjectId, UserId
from syncsphere_desktop.domain.listing import ListQuery, Sort
from syncsphere_desktop.errors import ConflictError, InUseError, NotFoundError
from tests.contracts.conftest import Stores


async def test_a_role_is_given_and_changed(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", ada)
    added = await stores.collaborators.set_role(project.id, bob.id, Role.VIEWER)
    assert (added.username, added.email, added.project_name) == ("bob", bob.email, "tape")
    assert added.role == "viewer"
    changed = await stores.collaborators.set_role(project.id, bob.id, Role.EDITOR, base=added)
    assert (changed.id, changed.role) == (added.id, "editor")
    assert await stores.collaborators.set_role(project.id, bob.id, Role.EDITOR) == changed
    assert await stores.collaborators.get(added.id) == changed
    assert await stores.collaborators.find(project.id, bob.id) == changed


async def test_a_role_that_others_changed_is_a_conflict(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", ada)
    base = await stores.collaborators.set_role(project.id, bob.id, Role.VIEWER)
    await stores.collaborators.set_role(project.id, bob.id, Role.OWNER)
    with pytest.raises(ConflictError) as caught:
        await stores.collaborators.set_role(project.id, bob.id, Role.EDITOR, base=base)
    assert (caught.value.base["role"], caught.value.theirs["role"]) == ("viewer", "owner")
    await stores.collaborators.remove([base.id])
    with pytest.raises(NotFoundError, match="deleted meanwhile"):
        await stores.collaborators.set_role(project.id, bob.id, Role.EDITOR, base=base)


async def test_the_owner_of_a_project_keeps_the_role_until_it_is_transferred(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", ada)
    await stores.collaborators.set_role(project.id, bob.id, Role.OWNER)
    row = await stores.collaborators.find(project.id, ada.id)
    assert row is not None
    with pytest.raises(InUseError, match="Transfer it"):
        await stores.collaborators.set_role(project.id, ada.id, Role.EDITOR)
    with pytest.raises(InUseError, match="Transfer it"):
        await stores.collaborators.remove([row.id])
    await stores.projects.transfer(project, bob.id)
    assert await stores.collaborators.remove([row.id]) == 1
    assert [row.username for row in await stores.collaborators.of_project(project.id)] == ["bob"]


async def test_nobody_leaves_when_one_of_them_can_not(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", ada)
    await stores.collaborators.set_role(project.id, bob.id, Role.EDITOR)
    ids = [row.id for row in await stores.collaborators.of_project(project.id)]
    with pytest.raises(InUseError):
        await stores.collaborators.remove(ids)
    assert len(await stores.collaborators.of_project(project.id)) == 2


async def test_a_project_without_its_owner_is_repaired(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    project = await stores.project("tape", ada)
    await stores.belongings.break_roles(project.id)
    # Somebody else can still be let in, and the owner's row comes back by a repair or by setting it.
    await stores.collaborators.set_role(project.id, bob.id, Role.EDITOR)
    with pytest.raises(InUseError):
        await stores.collaborators.set_role(project.id, ada.id, Role.VIEWER)
    repaired = await stores.collaborators.repair(project.id)
    assert repaired is not None
    assert (repaired.username, repaired.role) == ("ada", "owner")
    assert await stores.collaborators.repair(project.id) == repaired
    await stores.belongings.break_roles(project.id)
    assert (await stores.collaborators.set_role(project.id, ada.id, Role.OWNER)).role == "owner"


async def test_what_is_gone_is_told(stores: Stores) -> None:
    ada = await stores.user("ada")
    project = await stores.project("tape", ada)
    with pytest.raises(NotFoundError, match="no user"):
        await stores.collaborators.set_role(project.id, UserId(999), Role.EDITOR)
    with pytest.raises(NotFoundError, match="no project"):
        await stores.collaborators.set_role(ProjectId(999), ada.id, Role.EDITOR)
    with pytest.raises(NotFoundError, match="no project"):
        await stores.collaborators.repair(ProjectId(999))
    with pytest.raises(NotFoundError):
        await stores.collaborators.remove([CollaboratorId(999)])
    with pytest.raises(NotFoundError):
        await stores.collaborators.get(CollaboratorId(999))
    assert await stores.collaborators.find(project.id, UserId(999)) is None


async def test_lists_are_filtered_by_project_user_and_role(stores: Stores) -> None:
    ada, bob = await stores.user("ada"), await stores.user("bob")
    one, two = await stores.project("one", ada), await stores.project("two", bob)
    await stores.collaborators.set_role(two.id, ada.id, Role.VIEWER)

    async def listed(**filters: int | str) -> list[tuple[str, str]]:
        query = ListQuery(Sort("project"), filters=filters)
        await stores.collaborators.rows.prepare(query)
        rows = (await stores.collaborators.rows.page(query, 0, 10)).rows
        return [(row.project_name, row.username) for row in rows if row]

    assert await listed(project_id=one.id) == [("one", "ada")]
    assert await listed(user_id=ada.id) == [("one", "ada"), ("two", "ada")]
    assert await listed(role="viewer") == [("two", "ada")]
