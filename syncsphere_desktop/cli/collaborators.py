"""`collaborators list|set|remove`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.listing import add_list_options, query_of, read_rows, tell_rows
from syncsphere_desktop.cli.people import (
    add_yes_option,
    check_can_ask,
    confirmed,
    found_project,
    found_user,
    iso,
)
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable
from syncsphere_desktop.domain.collaborator import Role
from syncsphere_desktop.errors import NotFoundError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.collaborator import Collaborator
    from syncsphere_desktop.studio.ports import CollaboratorStore, ProjectStore, UserStore

_SORT_KEYS = ("project", "username", "email", "role", "joined_at", "id")
_COLUMNS = ("project", "username", "email", "role", "joined_at")


def register(groups: Any, shared: argparse.ArgumentParser, connection: argparse.ArgumentParser) -> None:
    """Add the commands about who works on which project."""
    del shared  # every command here works on a database
    group = groups.add_parser("collaborators", parents=[connection], help="who works on which project")
    commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)

    listing = commands.add_parser("list", parents=[connection], help="list collaborators")
    add_list_options(listing, default_sort="project", sort_keys=_SORT_KEYS)
    listing.add_argument("--project", metavar="PROJECT", help="of this project")
    listing.add_argument("--user", metavar="USER", help="of this user")
    listing.add_argument("--role", metavar="ROLE", help="with this role")
    listing.set_defaults(command=_list)

    setting = commands.add_parser("set", parents=[connection], help="let a user work on a project")
    _add_place(setting)
    setting.add_argument("role", metavar="ROLE", help=", ".join(Role))
    setting.set_defaults(command=_set)

    removing = commands.add_parser("remove", parents=[connection], help="let a user leave a project")
    _add_place(removing)
    add_yes_option(removing)
    removing.set_defaults(command=_remove)


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", help="an id or a unique name")
    parser.add_argument("user", metavar="USER", help="an id, a username or an email")


@dataclass(frozen=True, slots=True)
class _Stores:
    users: UserStore
    projects: ProjectStore
    collaborators: CollaboratorStore


def _stores(database: Database) -> _Stores:
    from syncsphere_desktop.database.repositories.collaborators import CollaboratorRepository
    from syncsphere_desktop.database.repositories.projects import ProjectRepository
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.studio.actor import current_actor

    actor = current_actor()
    return _Stores(
        UserRepository(database, actor),
        ProjectRepository(database, actor),
        CollaboratorRepository(database, actor),
    )


def _document(row: Collaborator) -> dict[str, object]:
    return {
        "id": row.id,
        "project_id": row.project_id,
        "project": row.project_name,
        "user_id": row.user_id,
        "username": row.username,
        "email": row.email,
        "role": row.role,
        "joined_at": iso(row.joined_at),
    }


def _list(namespace: argparse.Namespace) -> int:
    async def work(database: Database) -> tuple[list[Collaborator], int]:
        stores = _stores(database)
        filters: dict[str, int | str] = {}
        if namespace.project is not None:
            filters["project_id"] = (await found_project(stores.projects, namespace.project)).id
        if namespace.user is not None:
            filters["user_id"] = (await found_user(stores.users, namespace.user)).id
        if namespace.role is not None:
            filters["role"] = namespace.role
        return await read_rows(stores.collaborators.rows, query_of(namespace, filters), namespace)

    rows, total = with_database(namespace, work)
    tell_rows(namespace, rows, total, document=_document, columns=_COLUMNS)
    return 0


def _set(namespace: argparse.Namespace) -> int:
    from syncsphere_desktop.domain.collaborator import checked_role

    role = checked_role(namespace.role)

    async def work(database: Database) -> Collaborator:
        stores = _stores(database)
        project = await found_project(stores.projects, namespace.project)
        user = await found_user(stores.users, namespace.user)
        return await stores.collaborators.set_role(project.id, user.id, role)

    row = with_database(namespace, work)
    text = f"{row.username} is {row.role} of {row.project_name}."
    tell(_document(row), as_json=wants_json(namespace), text=printable(text))
    return 0


def _remove(namespace: argparse.Namespace) -> int:
    check_can_ask(namespace)

    async def work(database: Database) -> Collaborator | None:
        stores = _stores(database)
        project = await found_project(stores.projects, namespace.project)
        user = await found_user(stores.users, namespace.user)
        row = await stores.collaborators.find(project.id, user.id)
        if row is None:
            raise NotFoundError(f"“{user.username}” does not work on “{project.name}”.")
        if not confirmed(namespace, f"{user.username} will no longer work on {project.name}."):
            return None
        await stores.collaborators.remove([row.id])
        return row

    row = with_database(namespace, work)
    if row is None:
        tell({}, as_json=False, text="Nothing was removed.")
        return 1
    text = f"{row.username} no longer works on {row.project_name}."
    tell({"removed": [row.id]}, as_json=wants_json(namespace), text=printable(text))
    return 0
