"""`users list|add|edit|set-password|hand-over|remove`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.listing import add_list_options, query_of, read_rows, require_changes, tell_rows
from syncsphere_desktop.cli.password_input import add_password_options, read_password
from syncsphere_desktop.cli.people import add_yes_option, check_can_ask, confirmed, found_user, iso
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable
from syncsphere_desktop.domain.hand_over import EVERYTHING, Part
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.domain.user import User

_SORT_KEYS = ("username", "email", "id", "created_at", "updated_at")
_COLUMNS = ("id", "username", "email", "created_at")


def register(groups: Any, shared: argparse.ArgumentParser, connection: argparse.ArgumentParser) -> None:
    """Add the commands about users."""
    del shared  # every command here works on a database
    group = groups.add_parser("users", parents=[connection], help="the people of the studio")
    commands = group.add_subparsers(title="commands", metavar="COMMAND", required=True)

    listing = commands.add_parser("list", parents=[connection], help="list users")
    add_list_options(listing, default_sort="username", sort_keys=_SORT_KEYS)
    listing.set_defaults(command=_list)

    adding = commands.add_parser("add", parents=[connection], help="add a user")
    adding.add_argument("username", metavar="USERNAME")
    adding.add_argument("email", metavar="EMAIL")
    add_password_options(adding)
    adding.set_defaults(command=_add)

    editing = commands.add_parser("edit", parents=[connection], help="change a username or email")
    _add_user_argument(editing)
    editing.add_argument("--username", metavar="NAME")
    editing.add_argument("--email", metavar="EMAIL")
    editing.set_defaults(command=_edit)

    password = commands.add_parser("set-password", parents=[connection], help="give a new password")
    _add_user_argument(password)
    add_password_options(password)
    password.set_defaults(command=_set_password)

    _register_hand_over(commands, connection)
    _register_remove(commands, connection)


def _register_hand_over(commands: Any, connection: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "hand-over", parents=[connection], help="give what a user owns, made or holds to another"
    )
    _add_user_argument(parser)
    parser.add_argument("--to", required=True, metavar="USER", help="who receives it")
    parser.add_argument(
        "--only",
        metavar="KINDS",
        help=f"some kinds alone, separated by commas: {', '.join(Part)} (default: all)",
    )
    parser.set_defaults(command=_hand_over)


def _register_remove(commands: Any, connection: argparse.ArgumentParser) -> None:
    parser = commands.add_parser(
        "remove", parents=[connection], help="remove users; refused while they own things"
    )
    parser.add_argument("users", nargs="+", metavar="USER", help="an id, a username or an email")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--hand-over-to", metavar="USER", help="first give all they own to this user")
    what.add_argument(
        "--release",
        action="store_true",
        help="release their tracks, and leave their files and versions without an uploader or creator",
    )
    add_yes_option(parser)
    parser.set_defaults(command=_remove)


def _add_user_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user", metavar="USER", help="an id, a username or an email")


def _store(database: Database) -> UserRepository:
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.studio.actor import current_actor

    return UserRepository(database, current_actor())


def _document(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "created_at": iso(user.created_at),
        "updated_at": iso(user.updated_at),
    }


def _tell_user(namespace: argparse.Namespace, user: User, done: str) -> None:
    text = f"{done} {user.username} <{user.email}>, id {user.id}."
    tell(_document(user), as_json=wants_json(namespace), text=printable(text))


def _list(namespace: argparse.Namespace) -> int:
    async def work(database: Database) -> tuple[list[User], int]:
        return await read_rows(_store(database).rows, query_of(namespace), namespace)

    rows, total = with_database(namespace, work)
    tell_rows(namespace, rows, total, document=_document, columns=_COLUMNS)
    return 0


def _add(namespace: argparse.Namespace) -> int:
    password = read_password(namespace)

    async def work(database: Database) -> User:
        from syncsphere_desktop.studio.passwords import add_user

        return await add_user(
            _store(database), username=namespace.username, email=namespace.email, password=password
        )

    _tell_user(namespace, with_database(namespace, work), "Added")
    return 0


def _edit(namespace: argparse.Namespace) -> int:
    given = {"username": namespace.username, "email": namespace.email}
    changes = {name: value for name, value in given.items() if value is not None}
    require_changes(changes)

    async def work(database: Database) -> User:
        users = _store(database)
        return await users.update(await found_user(users, namespace.user), changes)

    _tell_user(namespace, with_database(namespace, work), "Changed")
    return 0


def _set_password(namespace: argparse.Namespace) -> int:
    password = read_password(namespace)

    async def work(database: Database) -> User:
        from syncsphere_desktop.studio.passwords import set_password

        users = _store(database)
        return await set_password(users, await found_user(users, namespace.user), password)

    _tell_user(namespace, with_database(namespace, work), "New password for")
    return 0


def _hand_over(namespace: argparse.Namespace) -> int:
    parts = _parts(namespace.only)

    async def work(database: Database) -> tuple[dict[str, object], str]:
        from syncsphere_desktop.studio.hand_over import carry_out, plan_hand_over

        users = _store(database)
        source = await found_user(users, namespace.user)
        receiver = await found_user(users, namespace.to)
        plan = await plan_hand_over(users, source, receiver, parts)
        counts, sentence = await carry_out(users, plan)
        return {"from": source.id, "to": receiver.id, "handed_over": asdict(counts)}, sentence

    document, sentence = with_database(namespace, work)
    tell(document, as_json=wants_json(namespace), text=printable(sentence))
    return 0


def _parts(text: str | None) -> frozenset[Part]:
    if text is None:
        return EVERYTHING
    try:
        return frozenset(Part(name.strip()) for name in text.split(","))
    except ValueError:
        raise UsageError(f"--only takes some of: {', '.join(Part)}.") from None


def _remove(namespace: argparse.Namespace) -> int:
    check_can_ask(namespace)

    async def work(database: Database) -> dict[str, object] | None:
        from syncsphere_desktop.studio.remove_users import carry_out, plan_removal

        users = _store(database)
        chosen = {user.id: user for user in [await found_user(users, text) for text in namespace.users]}
        to = namespace.hand_over_to
        receiver = await found_user(users, to) if to is not None else None
        plan = await plan_removal(users, list(chosen.values()), receiver=receiver, release=namespace.release)
        plan.check()
        if not confirmed(namespace, plan.sentence):
            return None
        impact = await carry_out(users, plan)
        return {
            "removed": list(chosen),
            "impact": asdict(impact),
            "handed_over_to": receiver.id if receiver else None,
        }

    document = with_database(namespace, work)
    if document is None:
        tell({}, as_json=False, text="Nothing was removed.")
        return 1
    removed = document["removed"]
    assert isinstance(removed, list)
    tell(document, as_json=wants_json(namespace), text=f"Removed {len(removed):,} of the studio's users.")
    return 0
