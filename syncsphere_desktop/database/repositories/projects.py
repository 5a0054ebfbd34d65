"""The studio's projects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select

from syncsphere_desktop.database.belongings import make_editor, make_owner
from syncsphere_desktop.database.connection import Database
from syncsphere_desktop.database.paging import ListReader, ListSpec
from syncsphere_desktop.database.repositories.records import (
    BULK,
    Records,
    id_in,
    row_version,
)
from syncsphere_desktop.database.repositories.users import USERS
from syncsphere_desktop.database.tables import (
    audio_files,
    box_ownership,
    project_bundles,
    project_collaborators,
    projects,
    users,
)
from syncsphere_desktop.domain.audit import Action, Entity
from syncsphere_desktop.domain.ids import ProjectId, UserId
from syncsphere_desktop.domain.impact import ProjectImpact
from syncsphere_desktop.domain.listing import FilterValue
from syncsphere_desktop.domain.project import (
    PROJECT_FIELDS,
    Project,
    ProjectDraft,
    checked_description,
    checked_project_changes,
    checked_project_name,
    checked_room_id,
)
from syncsphere_desktop.domain.text import can_be_stored
from syncsphere_desktop.errors import InputError, NotFoundError


def _project(row: Any) -> Project:
    return Project(**row._mapping)


def _described(project: Project) -> str:
    return f"The project “{project.name}”"


def _with_collaborator(value: FilterValue) -> ColumnElement[bool]:
    return exists().where(
        project_collaborators.c.project_id == projects.c.id, project_collaborators.c.user_id == value
    )


_COLLABORATORS = (
    select(func.count())
    .select_from(project_collaborators)
    .where(project_collaborators.c.project_id == projects.c.id)
    .scalar_subquery()
)

PROJECTS: Records[Project] = Records(
    spec=ListSpec(
        table=projects,
        columns=(
            projects.c.id,
            projects.c.name,
            projects.c.description,
            projects.c.owner_id,
            users.c.username.label("owner_name"),
            projects.c.room_id,
            projects.c.is_public,
            projects.c.created_at,
            projects.c.updated_at,
            row_version(projects),
            _COLLABORATORS.label("collaborators"),
        ),
        source=projects.outerjoin(users, users.c.id == projects.c.owner_id),
        row=_project,
        sort_keys={
            "name": projects.c.name,
            "owner": users.c.username,
            "room_id": projects.c.room_id,
            "is_public": projects.c.is_public,
            "created_at": projects.c.created_at,
            "updated_at": projects.c.updated_at,
            "id": projects.c.id,
            "collaborators": _COLLABORATORS,
        },
        search=(projects.c.name, projects.c.description, projects.c.room_id, users.c.username),
        filters={
            "owner_id": lambda value: projects.c.owner_id == value,
            "user_id": _with_collaborator,
            "is_public": lambda value: projects.c.is_public == value,
        },
    ),
    entity=Entity.PROJECT,
    fields=PROJECT_FIELDS,
    described=_described,
)


class ProjectRepository:
    """Reads and changes projects. `actor` is who the audit log names."""

    def __init__(self, database: Database, actor: str) -> None:
        self._database = database
        self._actor = actor
        self.rows: ListReader[Project] = ListReader(database, PROJECTS.spec)

    async def get(self, project_id: ProjectId) -> Project:
        """Return a project; raises NotFoundError."""
        project = await self._database.run(lambda connection: PROJECTS.read(connection, project_id))
        if project is None:
            raise NotFoundError(f"There is no project with the id {project_id}.")
        return project

    async def find(self, text: str) -> Project | None:
        """Return the project with this id (`42` or `id:42`) or name; None where there is none.

        Raises InputError where several have the name, or one has it as its id and another as its name.
        """
        if not can_be_stored(text):
            return None
        names = [projects.c.name == text]
        if (project_id := id_in(text)) is not None:
            names.append(projects.c.id == project_id)
        if text.startswith("id:") and project_id is not None:
            names = [projects.c.id == project_id]
        statement = (
            select(*PROJECTS.spec.columns)
            .select_from(PROJECTS.spec.source)
            .where(or_(*names))
            .order_by(projects.c.id)
            .limit(10)
        )
        found = await self._database.run(lambda connection: connection.execute(statement).all())
        if len(found) > 1:
            several = ", ".join(f"id:{row.id}" for row in found)
            raise InputError(f"“{text}” names several projects: {several}.", field="project")
        return _project(found[0]) if found else None

    async def add(self, draft: ProjectDraft) -> Project:
        """Add a project, with its owner as the first collaborator.

        Raises InputError, DuplicateError (field `room_id`), NotFoundError when the owner is gone.
        """
        values = draft_values(draft)
        return await self._database.write(
            lambda connection: insert_project(connection, self._actor, draft, values)
        )

    async def update(
        self, base: Project, changes: Mapping[str, object], *, undoes: int | None = None
    ) -> Project:
        """Write the changed columns and return the row; nothing is written where all are equal.

        Raises InputError, DuplicateError, NotFoundError, and ConflictError when others changed the row since
        `base` was read. `undoes` is the audit entry that this change takes back.
        """
        checked = checked_project_changes(changes)
        return await self._database.write(
            lambda connection: PROJECTS.change(connection, self._actor, base, checked, undoes=undoes)
        )

    async def transfer(self, base: Project, new_owner: UserId) -> Project:
        """Make another user the owner, with the role owner; the former owner stays on as editor.

        Raises NotFoundError, and ConflictError when others changed the row since `base` was read.
        """

        def work(connection: Connection) -> Project:
            _require_user(connection, new_owner)
            former = PROJECTS.locked(connection, base.id)
            changed = PROJECTS.change(
                connection, self._actor, base, {"owner_id": new_owner}, action=Action.TRANSFER
            )
            make_owner(connection, self._actor, [base.id], new_owner)
            if former is not None and former.owner_id is not None and former.owner_id != new_owner:
                make_editor(connection, self._actor, [base.id], former.owner_id)
            return _reread(connection, changed)

        return await self._database.write(work)

    async def impact(self, ids: Sequence[ProjectId]) -> ProjectImpact:
        """Count what goes with these projects when they are removed."""
        return await self._database.run(lambda connection: _count(connection, ids), timeouts=BULK)

    async def remove(self, ids: Sequence[ProjectId]) -> ProjectImpact:
        """Remove projects with everything in them, in one transaction; return what went with them.

        Raises NotFoundError, and removes nothing, when one of them is gone already.
        """

        def work(connection: Connection) -> ProjectImpact:
            PROJECTS.lock(connection, ids, against_references=True)
            present = set(
                connection.execute(
                    select(projects.c.id).where(projects.c.id == func.any(list(ids)))
                ).scalars()
            )
            if missing := [project_id for project_id in ids if project_id not in present]:
                raise NotFoundError(
                    f"There is no project with the id {', '.join(map(str, missing))}; nothing was removed."
                )
            impact = _count(connection, ids)
            PROJECTS.delete(connection, self._actor, ids)
            return impact

        return await self._database.write(work, timeouts=BULK)


def draft_values(draft: ProjectDraft) -> dict[str, object]:
    """Return the columns of a new project; raises InputError."""
    return {
        "name": checked_project_name(draft.name),
        "description": checked_description(draft.description),
        "room_id": checked_room_id(draft.room_id),
        "is_public": draft.is_public,
        "owner_id": draft.owner_id,
    }


def insert_project(
    connection: Connection, actor: str, draft: ProjectDraft, values: Mapping[str, object]
) -> Project:
    """Add a project with its audit entry and its owner as the first collaborator, and return it."""
    _require_user(connection, draft.owner_id)
    project = PROJECTS.insert(connection, actor, values)
    make_owner(connection, actor, [project.id], draft.owner_id)
    return _reread(connection, project)


def _reread(connection: Connection, project: Project) -> Project:
    again = PROJECTS.read(connection, project.id)
    assert again is not None
    return again


def _require_user(connection: Connection, user_id: UserId) -> None:
    if USERS.read(connection, user_id) is None:
        raise NotFoundError(f"There is no user with the id {user_id}.")


def _count(connection: Connection, ids: Sequence[ProjectId]) -> ProjectImpact:
    def of(table: Any, counted: ColumnElement[Any]) -> ColumnElement[Any]:
        counting = select(counted).select_from(table).where(table.c.project_id == func.any(list(ids)))
        return counting.scalar_subquery()

    if not ids:
        return ProjectImpact()
    bundle_bytes = func.coalesce(func.sum(func.octet_length(project_bundles.c.bundle_data)), 0)
    row = connection.execute(
        select(
            of(project_collaborators, func.count()).label("collaborators"),
            of(audio_files, func.count()).label("audio_files"),
            of(audio_files, func.coalesce(func.sum(audio_files.c.file_size), 0)).label("audio_bytes"),
            of(project_bundles, func.count()).label("bundles"),
            of(project_bundles, bundle_bytes).label("bundle_bytes"),
            of(box_ownership, func.count()).label("boxes"),
        )
    ).one()
    return ProjectImpact(**{name: int(value) for name, value in row._mapping.items()})
