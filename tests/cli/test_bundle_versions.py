"""`bundle list|restore|copy|label|prune|verify`, for scripts."""

from __future__ import annotations

import pytest

from syncsphere_desktop.settings import ConnectionTarget
from tests.bundle_maker import DATA
from tests.cli.conftest import Command
from tests.servers import execute

V1, V2 = DATA / "studio-project-v1.odb", DATA / "studio-project-v2.odb"


@pytest.fixture
def ids(command: Command, people: list[int]) -> list[int]:
    """Two versions of a project, v1 and v2."""
    command("projects", "add", "Night train", "--owner", "ada")
    return [
        int(command("bundle", "import", str(file), "--project", "Night train", "--json").document["id"])
        for file in (V1, V2)
    ]


def test_a_version_is_restored_as_a_new_one(command: Command, ids: list[int]) -> None:
    old = str(ids[0])
    told = command("bundle", "restore", old, "--dry-run", "--json").document
    assert told["stored"] is None
    changed = next(unit for unit in told["impact"]["units"] if "Lead Synth" in unit["name"])
    assert changed["changes"]
    assert "becomes its newest version" in command("bundle", "restore", old, "--dry-run").out
    refused = command("bundle", "restore", old, "--json")
    assert (refused.code, refused.error["code"]) == (2, "usage")

    done = command("bundle", "restore", old, "--yes", "--as", "bob", "--json")
    assert done.code == 0
    stored = done.document["stored"]
    assert (stored["version"], stored["created_by"], stored["size"]) == (3, "bob", V1.stat().st_size)
    listed = command("bundle", "list", "--project", "Night train", "--json").document["rows"]
    assert [(row["version"], row["id"]) for row in listed[:2]] == [(1, ids[0]), (2, ids[1])]
    assert listed[2]["size_delta"] == V1.stat().st_size - V2.stat().st_size
    assert command("bundle", "restore", "4711", "--yes", "--json").error["code"] == "not_found"
    assert "restored as version 4" in command("bundle", "restore", old, "--yes").out


def test_a_version_without_a_number_is_named_by_its_id(
    command: Command, ids: list[int], target: ConnectionTarget
) -> None:
    execute(target, f"UPDATE project_bundles SET version = NULL WHERE id = {ids[0]}")
    told = command("bundle", "restore", str(ids[0]), "--dry-run").out
    assert told.startswith(f"Bundle {ids[0]} of “Night train” becomes")


def test_a_version_is_copied(command: Command, ids: list[int]) -> None:
    version = str(ids[0])
    new = command("bundle", "copy", version, "--new", "Spin-off", "--owner", "eve", "--json").document
    assert (new["project"], new["version"]) == ("Spin-off", 1)
    again = command("bundle", "copy", version, "--to", "Spin-off", "--json").document
    assert (again["project"], again["version"]) == ("Spin-off", 2)
    assert command("bundle", "copy", version).code == 2
    assert command("bundle", "copy", version, "--new", "X").code == 2
    assert command("bundle", "copy", version, "--to", "Nowhere").code == 1


def test_a_version_is_labelled_and_pinned(command: Command, ids: list[int]) -> None:
    version = str(ids[0])
    marked = command("bundle", "label", version, "Before the mix", "--pin", "--json").document
    assert (marked["label"], marked["pinned"]) == ("Before the mix", True)
    rows = command("bundle", "list", "--labelled", "--json").document["rows"]
    assert [row["id"] for row in rows] == [ids[0]]
    assert "Before the mix" in command("bundle", "list", "--pinned", "--sort", "label").out
    assert "is not pinned" in command("bundle", "label", version, "--unpin").out
    assert command("bundle", "label", version, "", "--json").document["label"] is None
    assert command("bundle", "label", version).code == 2
    assert command("bundle", "label", version, "two\nlines", "--json").error["field"] == "label"


def test_old_versions_are_pruned_after_a_question(
    command: Command, ids: list[int], target: ConnectionTarget
) -> None:
    execute(target, "UPDATE project_bundles SET created_at = '2024-03-04'")
    shown = command("bundle", "prune", "--days", "0", "--then", "none", "--dry-run", "--json").document
    assert (shown["would_free"], shown["keeps"], shown["applied"]) == (V1.stat().st_size, 1, False)
    assert {row["reason"] for row in shown["versions"]} == {"newest", "too old"}
    assert "would be removed" in command("bundle", "prune", "--days", "0", "--dry-run").out
    assert command("bundle", "prune", "--days", "0", "--json").code == 2
    assert execute(target, "SELECT count(*) FROM project_bundles") == [(2,)]

    done = command("bundle", "prune", "--days", "0", "--then", "none", "--yes", "--json").document
    assert (done["removed"], done["freed"], done["applied"]) == ([ids[0]], V1.stat().st_size, True)
    assert command("bundle", "prune", "--project", "Night train", "--yes").out == "Removed 0 versions, 0 B.\n"
    assert command("bundle", "prune", "--days", "99999", "--dry-run", "--json").error["field"] == "days"
    assert command("bundle", "prune", "--days", "-1").code == 2


def test_what_is_damaged_gives_exit_code_3(
    command: Command, ids: list[int], target: ConnectionTarget
) -> None:
    sound = command("bundle", "verify", "--json")
    assert (sound.code, sound.document["sound"], sound.document["is_sound"]) == (0, 2, True)
    execute(target, f"UPDATE project_bundles SET bundle_data = 'rubbish' WHERE id = {ids[0]}")
    found = command("bundle", "verify", "--project", "Night train", "--resume", "--json")
    assert (found.code, found.document["damaged"], found.document["resumed"]) == (3, 1, True)
    (finding,) = found.document["findings"]
    assert (finding["id"], finding["state"]) == (ids[0], "damaged")
    people = command("bundle", "verify")
    assert people.code == 3
    assert "neither a bundle nor a project" in people.out
    assert "damaged" in command("bundle", "list").out
