"""`projects list|add|edit|transfer|remove`."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.listing import add_list_options, query_of, read_rows, require_changes, tell_rows
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

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.project import Project
    from syncsphere_desktop.studio.ports import ProjectStore, UserStore

_SORT_KEYS = (
    "name",
    "owner",
    "room_id",
    "is_public",
    "created_at",
    "updated_at",
    "id",
    "collaborators",
)
_COLUMNS = ("id", "name", "owner", "room_id", "is_public", "collaborators", "updated_at")


def register(groups: Any, shared: argparse.ArgumentParser, connection: argparse.ArgumentParser) -> None:
    """Add the commands about projects."""
    del shared  # every command here works on a database
    group = groups.add_parser("projects", parents=[connection], help="the studio's projects")
    commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)

    listing = commands.add_parser("list", parents=[connection], help="list projects")
    add_list_options(listing, default_sort="name", sort_keys=_SORT_KEYS)
    listing.add_argument("--owner", metavar="USER", help="projects that this user owns")
    listing.add_argument("--user", metavar="USER", help="projects that this user works on")
    _add_publicity(listing, "projects that are")
    listing.set_defaults(command=_list)

    adding = commands.add_parser("add", parents=[connection], help="add a project")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--owner", required=True, metavar="USER", help="an id, a username or an email")
    adding.add_argument("--description", metavar="TEXT")
    adding.add_argument("--room-id", metavar="ID")
    _add_publicity(adding, "make it")
    adding.set_defaults(command=_add)

    editing = commands.add_parser("edit", parents=[connection], help="change a project")
    _add_project_argument(editing)
    editing.add_argument("--name", metavar="NAME")
    editing.add_argument("--description", metavar="TEXT", help="an empty text clears it")
    editing.add_argument("--room-id", metavar="ID", help="an empty text clears it")
    _add_publicity(editing, "make it")
    editing.set_defaults(command=_edit)

    transfer = commands.add_parser(
        "transfer", parents=[connection], help="give a project to another; the former owner stays as editor"
    )
    _add_project_argument(transfer)
    transfer.add_argument("--to", required=True, metavar="USER", help="the new owner")
    transfer.set_defaults(command=_transfer)

    removing = commands.add_parser("remove", parents=[connection], help="remove projects with all in them")
    removing.add_argument("projects", nargs="+", metavar="PROJECT", help="an id or a unique name")
    add_yes_option(removing)
    removing.set_defaults(command=_remove)


def _add_project_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", help="an id or a unique name")


def _add_publicity(parser: argparse.ArgumentParser, what: str) -> None:
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--public", dest="is_public", action="store_const", const=True, help=f"{what} public")
    choice.add_argument(
        "--private", dest="is_public", action="store_const", const=False, help=f"{what} private"
    )


@dataclass(frozen=True, slots=True)
class _Stores:
    users: UserStore
    projects: ProjectStore


def _stores(database: Database) -> _Stores:
    from syncsphere_desktop.database.repositories.projects import ProjectRepository
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.studio.actor import current_actor

    actor = current_actor()
    return _Stores(UserRepository(database, actor), ProjectRepository(database, actor))


def _document(project: Project) -> dict[str, object]:
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "owner_id": project.owner_id,
        "owner": project.owner_name,
        "room_id": project.room_id,
        "is_public": project.is_public,
        "created_at": iso(project.created_at),
        "updated_at": iso(project.updated_at),
        "collaborators": project.collaborators,
    }


def _tell_project(namespace: argparse.Namespace, project: Project, done: str) -> None:
    text = f"{done} {project.name}, id {project.id}, owned by {project.owner_name or 'nobody'}."
    tell(_document(project), as_json=wants_json(namespace), text=printable(text))


def _list(namespace: argparse.Namespace) -> int:
    async def work(database: Database) -> tuple[list[Project], int]:
        stores = _stores(database)
        filters: dict[str, int | bool] = {}
        if namespace.owner is not None:
            filters["owner_id"] = (await found_user(stores.users, namespace.owner)).id
        if namespace.user is not None:
            filters["user_id"] = (await found_user(stores.users, namespace.user)).id
        if namespace.is_public is not None:
            filters["is_public"] = namespace.is_public
        return await read_rows(stores.projects.rows, query_of(namespace, filters), namespace)

    rows, total = with_database(namespace, work)
    tell_rows(namespace, rows, total, document=_document, columns=_COLUMNS)
    return 0


def _add(namespace: argparse.Namespace) -> int:
    async def work(database: Database) -> Project:
        from syncsphere_desktop.domain.project import ProjectDraft

        stores = _stores(database)
        owner = await found_user(stores.users, namespace.owner)
        return await stores.projects.add(
            ProjectDraft(
                namespace.name,
                owner.id,
                description=namespace.description,
                room_id=namespace.room_id,
                is_public=bool(namespace.is_public),
            )
        )

    _tell_project(namespace, with_database(namespace, work), "Added")
    return 0


def _edit(namespace: argparse.Namespace) -> int:
    names = ("name", "description", "room_id", "is_public")
    given = {name: getattr(namespace, name) for name in names}
    changes = {name: value for name, value in given.items() if value is not None}
    require_changes(changes)

    async def work(database: Database) -> Project:
        projects = _stores(database).projects
        return await projects.update(await found_project(projects, namespace.project), changes)

    _tell_project(namespace, with_database(namespace, work), "Changed")
    return 0


def _transfer(namespace: argparse.Namespace) -> int:
    async def work(database: Database) -> Project:
        stores = _stores(database)
        project = await found_project(stores.projects, namespace.project)
        new_owner = await found_user(stores.users, namespace.to)
        return await stores.projects.transfer(project, new_owner.id)

    _tell_project(namespace, with_database(namespace, work), "Transferred")
    return 0


def _remove(namespace: argparse.Namespace) -> int:
    check_can_ask(namespace)

    async def work(database: Database) -> dict[str, object] | None:
        from syncsphere_desktop.studio.remove_projects import plan_removal

        projects = _stores(database).projects
        found = [await found_project(projects, text) for text in namespace.projects]
        chosen = list({project.id: project for project in found}.values())
        if not confirmed(namespace, (await plan_removal(projects, chosen)).sentence):
            return None
        impact = await projects.remove([project.id for project in chosen])
        return {"removed": [project.id for project in chosen], "impact": asdict(impact)}

    document = with_database(namespace, work)
    if document is None:
        tell({}, as_json=False, text="Nothing was removed.")
        return 1
    removed = document["removed"]
    assert isinstance(removed, list)
    tell(document, as_json=wants_json(namespace), text=f"Removed {len(removed):,} of the studio's projects.")
    return 0
