"""`bundle`, for scripts: what versions hold, what differs, and files in and out."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest

from syncsphere_desktop.database import bundle_writer
from syncsphere_desktop.settings import ConnectionTarget
from tests.bundle_maker import DATA, published_graph, sample_bundle
from tests.cli.conftest import Command
from tests.servers import execute

V1, V2 = DATA / "studio-project-v1.odb", DATA / "studio-project-v2.odb"


@pytest.fixture
def project(command: Command, people: list[int]) -> int:
    """A project without a version."""
    added = command("projects", "add", "Night train", "--owner", "ada", "--json").document
    return int(added["id"])


def test_a_file_is_inspected_without_a_database(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCSPHERE_DATABASE_URL")
    told = command("bundle", "inspect", str(V2), "--json").document
    assert list(told)[:4] == ["kind", "version", "uuid", "meta"]
    published = published_graph("v2")
    assert {box["uuid"]: box["name"] for box in told["boxes"]} == {
        uuid: box["name"] for uuid, box in published.items()
    }
    assert (told["kind"], told["version"], told["tempo"], told["signature"]) == ("bundle", "1", 122, [4, 4])
    unit = next(unit for unit in told["units"] if unit["name"] == "Lead Synth (doubled)")
    assert [(track["kind"], track["index"]) for track in unit["tracks"]] == [("notes", 0), ("automation", 1)]
    assert [(sample["name"], sample["bytes"] > 0) for sample in told["samples"]] == [("vox take 1.wav", True)]
    assert "radioToken" not in str(told)
    people = command("bundle", "inspect", str(V2)).out
    assert "122 bpm 4/4" in people
    assert "Lead Synth (doubled)" in people


def test_what_is_no_bundle_is_told_for_what_it_is(command: Command, tmp_path: Path) -> None:
    odd = tmp_path / "odd.odb"
    odd.write_bytes(b"")
    assert command("bundle", "inspect", str(odd), "--json").document["kind"] == "empty"
    odd.write_bytes(sample_bundle("v1")[:5000])
    assert command("bundle", "inspect", str(odd), "--json").document["kind"] == "damaged"
    missing = command("bundle", "inspect", str(tmp_path / "gone.odb"), "--json")
    assert (missing.code, missing.error["code"]) == (1, "file")
    assert command("bundle", "inspect").code == 2
    assert command("bundle", "inspect", str(odd), "--id", "1").code == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_refused_and_never_waited_on(command: Command, project: int, tmp_path: Path) -> None:
    pipe = str(tmp_path / "pipe.odb")
    os.mkfifo(pipe)
    for words in (("inspect", pipe), ("diff", str(V1), pipe), ("import", pipe, "--project", str(project))):
        told = command("bundle", *words, "--json")
        assert (told.code, told.error["code"]) == (1, "file")
        assert "no regular file" in told.error["message"]


def test_versions_go_in_and_come_out_byte_by_byte(command: Command, project: int, tmp_path: Path) -> None:
    first = command("bundle", "import", str(V1), "--project", "Night train", "--json").document
    second = command("bundle", "import", str(V2), "--project", str(project), "--as", "bob", "--json").document
    assert (first["version"], second["version"], second["created_by"]) == (1, 2, "bob")
    listed = command("bundle", "list", "--project", "Night train", "--json").document
    assert [row["size"] for row in listed["rows"]] == [V1.stat().st_size, V2.stat().st_size]
    assert "Night train" in command("bundle", "list").out

    file = tmp_path / "out.odb"
    (out,) = command("bundle", "export", str(second["id"]), "--to", str(file), "--json").document["files"]
    assert out == {
        "path": str(file),
        "size": V2.stat().st_size,
        "sha256": hashlib.sha256(V2.read_bytes()).hexdigest(),
    }
    assert file.read_bytes() == V2.read_bytes()
    again = command("bundle", "export", str(second["id"]), "--to", str(file), "--json")
    assert (again.code, again.error["code"]) == (1, "file")
    assert command("bundle", "export", str(first["id"]), "--to", str(file), "--overwrite").code == 0
    assert file.read_bytes() == V1.read_bytes()
    both = command("bundle", "export", str(first["id"]), f"id:{second['id']}", "--to", str(tmp_path))
    assert both.code == 0
    names = sorted(path.name for path in tmp_path.glob("*.odb"))
    assert names == [f"Night train v1 ({first['id']}).odb", f"Night train v2 ({second['id']}).odb", "out.odb"]
    assert command("bundle", "export", "1", "2", "--to", str(file)).code == 2
    assert command("bundle", "export", "4711", "--to", str(tmp_path), "--json").error["code"] == "not_found"


def test_what_differs_is_told_of_files_and_stored_versions(command: Command, project: int) -> None:
    stored = command("bundle", "import", str(V1), "--project", "Night train", "--json").document
    of_files = command("bundle", "diff", str(V1), str(V2), "--json").document
    mixed = command("bundle", "diff", f"id:{stored['id']}", str(V2), "--json").document
    assert of_files == mixed
    assert list(of_files)[:6] == ["units", "tracks", "regions", "samples", "tempo", "mixer"]
    for part in ("units", "tracks", "regions", "samples", "tempo", "mixer"):
        assert set(of_files[part]) == {"added", "removed", "changed"}
    assert of_files["tempo"]["changed"] == [{"field": "tempo", "before": 118, "after": 122}]
    assert [track["kind"] for track in of_files["tracks"]["added"]] == ["automation"]
    people = command("bundle", "diff", str(V1), str(V2)).out
    assert "~ Lead Synth (doubled): renamed from “Lead Synth”" in people
    assert command("bundle", "diff", str(V1), str(V1)).out == "Nothing differs.\n"


def test_what_can_not_be_read_is_not_told_to_be_the_same(command: Command, tmp_path: Path) -> None:
    cut, empty = tmp_path / "cut.odb", tmp_path / "empty.odb"
    cut.write_bytes(sample_bundle("v1")[:9000])
    empty.write_bytes(b"")
    told = command("bundle", "diff", str(cut), str(empty)).out
    assert f"{cut}: It is a ZIP without its end" in told
    assert "Nothing differs in what could be read." in told
    problems = command("bundle", "diff", str(V1), str(empty), "--json").document["problems"]
    assert problems == [f"{empty}: It is empty."]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a file that is no regular one")
def test_a_tempo_that_is_not_there_is_told_as_none(command: Command, tmp_path: Path) -> None:
    odd = tmp_path / "odd.odb"
    odd.write_bytes(b"")
    assert "tempo 122 bpm → none," in command("bundle", "diff", str(V2), str(odd)).out


def test_an_export_replaces_nothing_but_a_file(command: Command, project: int, tmp_path: Path) -> None:
    stored = command("bundle", "import", str(V1), "--project", str(project), "--json").document["id"]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    refused = command("bundle", "export", str(stored), "--to", str(pipe), "--overwrite", "--json")
    assert (refused.code, refused.error["code"]) == (1, "file")
    assert pipe.is_fifo()
    too_long = command("bundle", "export", str(stored), "--to", str(tmp_path / ("a" * 300)), "--json")
    assert (too_long.code, too_long.error["code"]) == (1, "file")


def test_what_is_odd_is_stored_only_when_that_is_wished(
    command: Command, project: int, tmp_path: Path, target: ConnectionTarget
) -> None:
    odd = tmp_path / "odd.odb"
    odd.write_bytes(b"a letter to my aunt")
    refused = command("bundle", "import", str(odd), "--project", "Night train", "--force", "--json")
    assert (refused.code, refused.error["code"]) == (1, "invalid_input")
    odd.write_bytes(sample_bundle("v1")[:100_000])
    careful = command("bundle", "import", str(odd), "--project", "Night train", "--json")
    assert careful.code == 2
    assert execute(target, "SELECT count(*) FROM project_bundles") == [(0,)]
    forced = command("bundle", "import", str(odd), "--project", "Night train", "--force", "--json")
    assert forced.document["warnings"]
    assert execute(target, "SELECT count(*) FROM project_bundles") == [(1,)]


def test_a_bundle_of_another_project_is_warned_of(command: Command, project: int, tmp_path: Path) -> None:
    command("bundle", "import", str(V1), "--project", "Night train")
    other = tmp_path / "other.odb"
    with ZipFile(V1) as old, ZipFile(other, "w") as new:
        for name in old.namelist():
            new.writestr(name, UUID(int=9).bytes if name == "uuid" else old.read(name))
    warned = command("bundle", "import", str(other), "--project", "Night train", "--json")
    assert warned.code == 2
    assert "another project" in warned.error["message"]


def test_too_large_for_the_database_is_told_before_anything_is_sent(
    command: Command, project: int, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.odb"
    with huge.open("wb") as file:
        file.truncate(bundle_writer.LARGEST_BUNDLE + 1)
    refused = command("bundle", "import", str(huge), "--project", "Night train", "--json")
    assert (refused.code, refused.error["field"]) == (1, "size")
