"""`projects` and `collaborators`, for scripts."""

from __future__ import annotations

import io
import sys

import pytest

from tests.cli.conftest import Command


def test_a_project_is_added_listed_and_changed(command: Command, people: list[int]) -> None:
    added = command(
        "projects", "add", "Tape 🎛", "--owner", "ada", "--description", "two\nlines", "--public", "--json"
    ).document
    assert list(added) == [
        "id",
        "name",
        "description",
        "owner_id",
        "owner",
        "room_id",
        "is_public",
        "created_at",
        "updated_at",
        "collaborators",
    ]
    assert (added["owner"], added["is_public"], added["collaborators"]) == ("ada", True, 1)
    changed = command(
        "projects",
        "edit",
        "Tape 🎛",
        "--name",
        "Tape",
        "--room-id",
        "r1",
        "--private",
        "--description",
        "",
        "--json",
    ).document
    assert (changed["name"], changed["room_id"], changed["is_public"]) == ("Tape", "r1", False)
    assert changed["description"] is None
    listed = command("projects", "list", "--owner", "ada", "--json").document
    assert listed == {"rows": [changed], "total": 1}
    assert command("projects", "list", "--user", "bob", "--json").document["total"] == 0
    assert command("projects", "list", "--public", "--json").document["total"] == 0
    assert "Tape" in command("projects", "list", "--private").out
    assert command("projects", "edit", "Tape").code == 2


def test_a_taken_room_or_an_ambiguous_name_is_told(command: Command, people: list[int]) -> None:
    for _ in range(2):
        command("projects", "add", "twin", "--owner", "ada")
    first = command("projects", "list", "--sort", "id", "--json").document["rows"][0]["id"]
    ambiguous = command("projects", "edit", "twin", "--public", "--json")
    assert (ambiguous.code, ambiguous.error["field"]) == (1, "project")
    assert f"id:{first}" in ambiguous.error["message"]
    assert command("projects", "edit", f"id:{first}", "--room-id", "r").code == 0
    taken = command("projects", "add", "new", "--owner", "ada", "--room-id", "r", "--json")
    assert (taken.error["code"], taken.error["field"]) == ("duplicate", "room_id")


def test_a_project_is_transferred_and_its_former_owner_can_leave(command: Command, people: list[int]) -> None:
    command("projects", "add", "tape", "--owner", "ada")
    refused = command("collaborators", "remove", "tape", "ada", "--yes", "--json")
    assert (refused.code, refused.error["code"]) == (1, "in_use")
    assert "Transfer it" in refused.error["message"]
    moved = command("projects", "transfer", "tape", "--to", "bob", "--json").document
    assert (moved["owner"], moved["collaborators"]) == ("bob", 2)
    rows = command("collaborators", "list", "--project", "tape", "--sort", "username", "--json").document
    assert [(row["username"], row["role"]) for row in rows["rows"]] == [("ada", "editor"), ("bob", "owner")]
    assert list(rows["rows"][0]) == [
        "id",
        "project_id",
        "project",
        "user_id",
        "username",
        "email",
        "role",
        "joined_at",
    ]
    left = command("collaborators", "remove", "tape", "ada", "--yes", "--json").document
    assert left == {"removed": [rows["rows"][0]["id"]]}
    assert command("collaborators", "remove", "tape", "ada", "--yes").code == 1


def test_roles_are_set(command: Command, people: list[int]) -> None:
    command("projects", "add", "tape", "--owner", "ada")
    row = command("collaborators", "set", "tape", "eve", "Viewer", "--json").document
    assert (row["project"], row["username"], row["role"]) == ("tape", "eve", "viewer")
    assert "eve is editor of tape." in command("collaborators", "set", "tape", "eve", "editor").out
    assert command("collaborators", "list", "--role", "editor", "--json").document["total"] == 1
    assert command("collaborators", "list", "--user", "ada", "--json").document["total"] == 1
    wrong = command("collaborators", "set", "tape", "eve", "boss", "--json")
    assert (wrong.code, wrong.error["field"]) == (1, "role")
    assert command("collaborators", "set", "tape", "nobody", "editor").code == 1
    demoted = command("collaborators", "set", "tape", "ada", "editor", "--json")
    assert demoted.error["code"] == "in_use"


def test_projects_are_removed_after_a_question(
    command: Command, people: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        command("projects", "add", name, "--owner", "ada")

    def answer(text: str) -> None:
        stdin = io.StringIO(text)
        monkeypatch.setattr(stdin, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", stdin)

    answer("\n")
    declined = command("projects", "remove", "one")
    assert declined.code == 1
    assert "Removing one takes 1 collaboration with it." in declined.err
    answer("no\n")
    assert command("collaborators", "remove", "one", "ada").out == "Nothing was removed.\n"
    answer("yes\n")
    assert command("projects", "remove", "one").code == 0
    done = command("projects", "remove", "two", "--yes", "--json").document
    assert done["impact"]["collaborators"] == 1
    assert command("projects", "remove", "two", "--yes").code == 1
    assert command("projects", "list", "--json").document == {"rows": [], "total": 0}
