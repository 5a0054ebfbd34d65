"""Which tracks an act can be about, from what is selected: those, a person's, a project's."""

from __future__ import annotations

from collections.abc import Sequence

from syncsphere_desktop.domain.humane import counted
from syncsphere_desktop.domain.ids import UserId
from syncsphere_desktop.domain.ownership import BoxOwnership
from syncsphere_desktop.domain.project import Project
from syncsphere_desktop.studio.ownership.acting import ActScope
from syncsphere_desktop.ui.ownership.act_dialog import Choice
from syncsphere_desktop.ui.ownership.values import Held, Person, Track


def grid_choices(
    project: Project, chosen: Sequence[tuple[Track, Held]], person: Person | None
) -> list[Choice]:
    """Return the choices over the grid of a project; `person` is whose tracks may be meant."""
    found = []
    if chosen:
        words = chosen[0][0].name if len(chosen) == 1 else f"The {counted(len(chosen), 'selected track')}"
        boxes = tuple(track.box_uuid for track, _held in chosen)
        found.append(Choice(words, ActScope(project.id, boxes=boxes)))
    if person is not None:
        found += person_choices(person.id, person.name, project)
    found.append(Choice(f"All tracks of {project.name}", ActScope(project.id)))
    return found


def person_choices(user: UserId, name: str, project: Project | None) -> list[Choice]:
    """Return the choices of all that somebody holds, in a project and everywhere."""
    found = [Choice(f"All tracks of {name} in every project", ActScope(owner_id=user))]
    if project is not None:
        found.insert(0, Choice(f"All tracks of {name} in {project.name}", ActScope(project.id, user)))
    return found


def row_choices(rows: Sequence[BoxOwnership]) -> list[Choice]:
    """Return the choices over rows of the flat list."""
    if not rows:
        return []
    words = "The selected track" if len(rows) == 1 else f"The {counted(len(rows), 'selected track')}"
    found = [Choice(words, ActScope(row_ids=tuple(row.id for row in rows)))]
    owners = {row.owner_id: row.owner_name for row in rows if row.owner_id is not None}
    if len(owners) == 1:
        user, name = next(iter(owners.items()))
        found += person_choices(user, name or f"User {user}", None)
    projects = {row.project_id: row.project_name for row in rows if row.project_id is not None}
    if len(projects) == 1:
        project_id, title = next(iter(projects.items()))
        found.append(Choice(f"All tracks of {title}", ActScope(project_id)))
    return found
