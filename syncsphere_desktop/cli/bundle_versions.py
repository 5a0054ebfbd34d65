"""`bundle restore|copy|label`: a stored version again, elsewhere, or with a name to find it by."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from syncsphere_desktop.cli.bundle_list import version_document
from syncsphere_desktop.cli.bundle_reading import bundle_id
from syncsphere_desktop.cli.database import with_database
from syncsphere_desktop.cli.people import (
    add_yes_option,
    check_can_ask,
    confirmed,
    found_project,
    found_user,
)
from syncsphere_desktop.cli.run import tell, wants_json
from syncsphere_desktop.cli.text_table import printable
from syncsphere_desktop.errors import UsageError

if TYPE_CHECKING:
    from syncsphere_desktop.database.connection import Database
    from syncsphere_desktop.domain.bundle import BundleVersion
    from syncsphere_desktop.domain.ids import UserId
    from syncsphere_desktop.studio.bundles.restoring import RestoreImpact


def register(commands: Any, connection: argparse.ArgumentParser) -> None:
    """Add the commands."""
    restoring = commands.add_parser(
        "restore",
        parents=[connection],
        help="make an old version the newest one again",
        description="The old version's bytes become a new version of its project. Every version stays.",
    )
    restoring.add_argument("id", type=bundle_id, metavar="ID", help="the id of a stored version")
    restoring.add_argument("--as", dest="author", metavar="USER", help="who the version is told to be by")
    restoring.add_argument(
        "--dry-run", action="store_true", help="tell what would change, and change nothing"
    )
    add_yes_option(restoring)
    restoring.set_defaults(command=_restore)

    copying = commands.add_parser("copy", parents=[connection], help="store a version in another project")
    copying.add_argument("id", type=bundle_id, metavar="ID", help="the id of a stored version")
    copying.add_argument("--to", metavar="PROJECT", help="the project, by id or name")
    copying.add_argument("--new", metavar="NAME", help="a new project of this name")
    copying.add_argument("--owner", metavar="USER", help="whose the new project is")
    copying.add_argument("--as", dest="author", metavar="USER", help="who the version is told to be by")
    copying.set_defaults(command=_copy)

    labelling = commands.add_parser("label", parents=[connection], help="label or pin a version")
    labelling.add_argument("id", type=bundle_id, metavar="ID", help="the id of a stored version")
    labelling.add_argument("label", nargs="?", metavar="LABEL", help="the label; an empty one takes it away")
    pins = labelling.add_mutually_exclusive_group()
    pins.add_argument("--pin", action="store_true", default=None, help="never prune it")
    pins.add_argument("--unpin", dest="pin", action="store_false", help="it may be pruned again")
    labelling.set_defaults(command=_label)


def _restore(namespace: argparse.Namespace) -> int:
    if not namespace.dry_run:
        check_can_ask(namespace)

    async def work(database: Database) -> tuple[RestoreImpact, BundleVersion | None]:
        from syncsphere_desktop.database.bundle_copy import BundleCopier
        from syncsphere_desktop.studio.actor import current_actor
        from syncsphere_desktop.studio.bundles.restoring import restore_impact

        author = await _author(database, namespace)
        impact = await restore_impact(database, namespace.id)
        if namespace.dry_run or not confirmed(namespace, _impact_text(impact)):
            return impact, None
        copier = BundleCopier(database, current_actor())
        return impact, await copier.restore(namespace.id, created_by=author)

    impact, stored = with_database(namespace, work)
    document = {
        "impact": _impact_document(impact),
        "stored": None if stored is None else version_document(stored),
    }
    text = _impact_text(impact) if namespace.dry_run else "Nothing was changed."
    if stored is not None:
        text = f"{impact.version.title} is restored as {_named(stored)}."
    tell(document, as_json=wants_json(namespace), text=text)
    return 0 if stored is not None or namespace.dry_run else 1


def _copy(namespace: argparse.Namespace) -> int:
    if (namespace.to is None) == (namespace.new is None):
        raise UsageError("Where to? Give --to PROJECT or --new NAME.")
    if (namespace.new is None) != (namespace.owner is None):
        raise UsageError("A new project has an owner: --new NAME and --owner USER go together.")

    async def work(database: Database) -> BundleVersion:
        from syncsphere_desktop.database.bundle_copy import BundleCopier
        from syncsphere_desktop.database.repositories.projects import ProjectRepository
        from syncsphere_desktop.database.repositories.users import UserRepository
        from syncsphere_desktop.domain.project import ProjectDraft
        from syncsphere_desktop.studio.actor import current_actor

        actor = current_actor()
        author = await _author(database, namespace)
        copier = BundleCopier(database, actor)
        if namespace.new is None:
            project = await found_project(ProjectRepository(database, actor), namespace.to)
            return await copier.copy(namespace.id, project.id, created_by=author)
        owner = await found_user(UserRepository(database, actor), namespace.owner)
        draft = ProjectDraft(namespace.new, owner.id)
        return await copier.copy_to_new_project(namespace.id, draft, created_by=author)

    stored = with_database(namespace, work)
    tell(version_document(stored), as_json=wants_json(namespace), text=f"Stored as {_named(stored)}.")
    return 0


def _label(namespace: argparse.Namespace) -> int:
    if namespace.label is None and namespace.pin is None:
        raise UsageError("Nothing to change was given: a LABEL, --pin or --unpin.")

    async def work(database: Database) -> BundleVersion:
        from syncsphere_desktop.database.repositories.bundle_marks import BundleMarkRepository
        from syncsphere_desktop.studio.actor import current_actor

        marks = BundleMarkRepository(database, current_actor())
        return await marks.mark(namespace.id, label=namespace.label, pinned=namespace.pin)

    version = with_database(namespace, work)
    label = "has no label" if version.label is None else f"is labelled “{version.label}”"
    pinned = "pinned" if version.pinned else "not pinned"
    text = f"{version.title} of “{version.project_name or ''}” {label} and is {pinned}."
    tell(version_document(version), as_json=wants_json(namespace), text=printable(text))
    return 0


async def _author(database: Database, namespace: argparse.Namespace) -> UserId | None:
    from syncsphere_desktop.database.repositories.users import UserRepository
    from syncsphere_desktop.studio.actor import current_actor

    if namespace.author is None:
        return None
    return (await found_user(UserRepository(database, current_actor()), namespace.author)).id


def _named(version: BundleVersion) -> str:
    return f"version {version.version} of “{printable(version.project_name or '')}” (id {version.id})"


def _impact_text(impact: RestoreImpact) -> str:
    version = impact.version
    lines = [f"{version.title} of “{version.project_name or ''}” becomes its newest version."]
    if impact.newest is not None and impact.newest.id == version.id:
        lines.append("It is the newest version already.")
    elif impact.newest is not None and not impact.units:
        lines.append(f"Nothing differs from {impact.newest.title.lower()}, the newest one.")
    lines += [f"  {unit.paragraph.text}" for unit in impact.units]
    if impact.owners:
        lines.append(f"These tracks are held by {', '.join(impact.owners)}.")
    lines += impact.problems
    return "\n".join(map(printable, lines))


def _impact_document(impact: RestoreImpact) -> dict[str, object]:
    return {
        "version": version_document(impact.version),
        "newest": None if impact.newest is None else version_document(impact.newest),
        "units": [
            {
                "kind": unit.paragraph.kind.value,
                "name": unit.paragraph.subject,
                "uuid": None if unit.paragraph.unit is None else str(unit.paragraph.unit),
                "changes": list(unit.paragraph.parts),
                "owners": list(unit.owners),
            }
            for unit in impact.units
        ],
        "owners": list(impact.owners),
        "problems": list(impact.problems),
    }
