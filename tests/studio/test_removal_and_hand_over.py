"""What a removal or a hand-over will touch is said first, in one sentence."""

from __future__ import annotations

import pytest

from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.domain.hand_over import Part
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.project import ProjectDraft
from syncsphere_desktop.domain.user import User, UserDraft
from syncsphere_desktop.errors import InputError, InUseError
from syncsphere_desktop.studio import hand_over, remove_projects, remove_users
from tests.fakes.collaborators import InMemoryCollaborators
from tests.fakes.projects import InMemoryProjects
from tests.fakes.studio import InMemoryStudio
from tests.fakes.users import InMemoryUsers


class Studio:
    def __init__(self) -> None:
        self.rows = InMemoryStudio()
        self.users = InMemoryUsers(self.rows)
        self.projects = InMemoryProjects(self.rows)
        self.people = InMemoryCollaborators(self.rows)

    async def user(self, name: str) -> User:
        return await self.users.add(UserDraft(name, f"{name}@x", "-"))


@pytest.fixture
def studio() -> Studio:
    return Studio()


async def test_a_release_says_what_it_leaves(studio: Studio) -> None:
    ada, bob = await studio.user("ada"), await studio.user("bob")
    project = await studio.projects.add(ProjectDraft("tape", bob.id))
    await studio.people.set_role(project.id, ada.id, Role.EDITOR)
    studio.rows.uploads[ada.id] = 12
    studio.rows.boxes[ada.id] = 7
    plan = await remove_users.plan_removal(studio.users, [ada], release=True)
    assert plan.sentence == (
        "Removing ada releases 7 tracks, leaves 12 audio files without an uploader, ends 1 collaboration."
    )
    plan.check()
    assert await remove_users.carry_out(studio.users, plan) == plan.impact
    assert await studio.users.find("ada") is None


async def test_a_removal_with_a_receiver_says_who_gets_what(studio: Studio) -> None:
    ada, bob = await studio.user("ada"), await studio.user("bob")
    await studio.projects.add(ProjectDraft("tape", ada.id))
    studio.rows.bundles[ada.id] = 2
    plan = await remove_users.plan_removal(studio.users, [ada], receiver=bob)
    assert plan.sentence == (
        "Removing ada hands 1 project, 2 bundle versions and 1 collaboration over to bob."
    )
    plan.check()
    await remove_users.carry_out(studio.users, plan)
    found = await studio.projects.find("tape")
    assert found is not None
    assert found.owner_name == "bob"


async def test_a_removal_that_would_be_refused_says_so_before_it_is_tried(studio: Studio) -> None:
    ada = await studio.user("ada")
    await studio.projects.add(ProjectDraft("tape", ada.id))
    plan = await remove_users.plan_removal(studio.users, [ada])
    with pytest.raises(InUseError, match="leave 1 project and 1 collaboration behind"):
        plan.check()
    plan = await remove_users.plan_removal(studio.users, [ada], release=True)
    assert "leaves 1 project without an owner" in plan.sentence
    with pytest.raises(InUseError, match="1 project must be handed over"):
        plan.check()


async def test_many_are_named_shortly(studio: Studio) -> None:
    chosen = [await studio.user(name) for name in ("a", "b", "c", "d", "e")]
    plan = await remove_users.plan_removal(studio.users, chosen)
    assert plan.sentence == "Removing a, b, c and 2 others touches nothing else."
    with pytest.raises(InputError):
        await remove_users.plan_removal(studio.users, chosen, receiver=chosen[0])
    with pytest.raises(InputError):
        await remove_users.plan_removal(studio.users, chosen[:1], receiver=chosen[1], release=True)


async def test_a_hand_over_counts_the_chosen_parts_alone(studio: Studio) -> None:
    ada, bob = await studio.user("ada"), await studio.user("bob")
    await studio.projects.add(ProjectDraft("tape", ada.id))
    studio.rows.uploads[ada.id], studio.rows.boxes[ada.id] = 3, 4
    plan = await hand_over.plan_hand_over(studio.users, ada, bob, {Part.AUDIO})
    assert plan.sentence == "bob receives 3 audio files of ada."
    counts, sentence = await hand_over.carry_out(studio.users, plan)
    assert (counts.audio_files, counts.boxes, sentence) == (3, 0, "bob received 3 audio files.")
    nothing = await hand_over.plan_hand_over(studio.users, ada, bob, {Part.BUNDLES})
    assert nothing.sentence == "bob receives nothing of ada."
    everything = await hand_over.plan_hand_over(studio.users, ada, bob)
    assert everything.sentence == "bob receives 1 project, 4 tracks and 1 collaboration of ada."
    with pytest.raises(InputError):
        await hand_over.plan_hand_over(studio.users, ada, ada)


async def test_removing_projects_says_what_goes_with_them(studio: Studio) -> None:
    ada = await studio.user("ada")
    chosen = [await studio.projects.add(ProjectDraft(name, ada.id)) for name in ("a", "b", "c", "d")]
    plan = await remove_projects.plan_removal(studio.projects, chosen)
    assert plan.sentence == "Removing a, b, c and 1 other takes 4 collaborations with them."
    for row in list(studio.rows.collaborators):
        studio.rows.collaborators.drop(row.id)
    plan = await remove_projects.plan_removal(studio.projects, chosen[:1])
    assert plan.sentence == "Removing a takes nothing else with it."


async def test_a_million_seeded_users_cost_nothing_until_they_are_looked_at() -> None:
    studio = InMemoryStudio()
    studio.seed_users(1_000_000)
    studio.seed_projects(1_000_000, UserId(1))
    from syncsphere_desktop.domain.listing import ListQuery, Sort

    users = InMemoryUsers(studio)
    query = ListQuery(Sort("username", descending=True))
    assert (await users.rows.prepare(query)).value == 1_000_000
    page = await users.rows.page(query, 999_999, 10)
    assert [row.username for row in page.rows if row] == ["user00000001"]
    assert list(await users.rows.ids(query, 0, 2)) == [1_000_000, 999_999]
